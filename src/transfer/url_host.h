/**
 * The host of a URL in a handle of libcurl's parser: checked, and in the one form that is the key
 * of its origin.
 */
#ifndef FA_TRANSFER_URL_HOST_H
#define FA_TRANSFER_URL_HOST_H

#include <curl/curl.h>

/**
 * Normalise the host, also in the handle: lower case, punycode, IPv4 addresses in their usual form.
 *
 * @ret     Without the brackets and the zone of an IPv6 address.  To be released with curl_free(3),
 *          also on failure.
 * @return  NULL: it is valid; or why it is not, for a message.
 */
const char *fa_url_host_normalise(CURLU *handle, char **ret);

#endif
