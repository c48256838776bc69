#include "transfer/library.h"

#include <fetchall/version.h>

#include <curl/curl.h>

/* Before, an aborted stream may look like one that has come to its end. */
#define HTTP2_ENDS 0x080400

int fa_library_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

bool fa_library_http2(void)
{
    return (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) != 0;
}

bool fa_library_http2_ends(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= HTTP2_ENDS;
}

const char *fa_version(void)
{
    return "fetchall " FA_VERSION " (built with libcurl " LIBCURL_VERSION ")";
}
