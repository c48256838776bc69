/*
 * The version in which each fault was fixed is compared with the libcurl that is loaded, not the
 * one that we were built with: a distribution may update the library alone.
 */
#include "transfer/library.h"

#include <fetchall/version.h>

#include <curl/curl.h>
#include <stddef.h>

int fa_library_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

bool fa_library_http2(void)
{
    return (curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) != 0;
}

bool fa_library_has(enum fa_fault fault)
{
    static const unsigned ended[] = {
        [FA_FAULT_UNASKED_ANSWER] = 0x080000,
        [FA_FAULT_LAST_HEADER] = 0x080100,
        [FA_FAULT_HTTP2_ENDS] = 0x080400,
    };
    return curl_version_info(CURLVERSION_NOW)->version_num < ended[fault];
}

const char *fa_version_libcurl(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

const char *fa_version_fault(unsigned index)
{
    static const struct {
        enum fa_fault fault;
        const char *text;
    } faults[] = {
        {FA_FAULT_UNASKED_ANSWER, "takes bytes that wait on a connection for an answer (8.0.0)"},
        {FA_FAULT_LAST_HEADER, "keeps a pointer to the last header (8.1.0)"},
        {FA_FAULT_HTTP2_ENDS, "takes an aborted HTTP/2 stream for complete (8.4.0)"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); ++i)
        if (fa_library_has(faults[i].fault) && index-- == 0)
            return faults[i].text;
    return NULL;
}

const char *fa_version(void)
{
    return "fetchall " FA_VERSION " (built with libcurl " LIBCURL_VERSION ")";
}
