/**
 * A component of a URL in a handle of libcurl's parser (libcurl-url(3)).
 */
#ifndef FA_TRANSFER_COMPONENT_H
#define FA_TRANSFER_COMPONENT_H

#include <curl/curl.h>

#include <stddef.h>

/** @flags  As of curl_url_get(3).
 * @return A copy, to be released with curl_free(3); NULL: the URL does not have it, or there is no
 * memory. */
static inline char *fa_component_get(CURLU *handle, CURLUPart what, unsigned flags)
{
    char *part = NULL;
    return curl_url_get(handle, what, &part, flags) == CURLUE_OK ? part : NULL;
}

#endif
