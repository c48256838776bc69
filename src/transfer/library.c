#include "transfer/library.h"

#include <fetchall/version.h>

#include <curl/curl.h>

int fa_library_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

const char *fa_version(void)
{
    return "fetchall " FA_VERSION " (built with libcurl " LIBCURL_VERSION ")";
}
