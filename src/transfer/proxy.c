#include "transfer/proxy.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
#define VARIABLES (sizeof(variables) / sizeof(*variables))

/* What a variable names; NULL: nothing. */
static const char *value_of(size_t variable)
{
    const char *value = getenv(variables[variable]);
    return value && value[0] ? value : NULL;
}

static bool is_known(const char *scheme)
{
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); ++i)
        if (strcasecmp(scheme, schemes[i]) == 0)
            return true;
    return false;
}

/* A part, decoded as libcurl will decode it; one that is not there is fine. */
static CURLUcode check_part(CURLU *handle, CURLUPart what, CURLUcode none)
{
    char *part = NULL;
    CURLUcode code = curl_url_get(handle, what, &part, CURLU_URLDECODE);
    curl_free(part);
    return code == none ? CURLUE_OK : code;
}

static CURLUcode check_parts(CURLU *handle, const char *proxy)
{
    CURLUcode code =
        curl_url_set(handle, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
    if (code == CURLUE_OK)
        code = check_part(handle, CURLUPART_HOST, CURLUE_OK);
    if (code == CURLUE_OK)
        code = check_part(handle, CURLUPART_USER, CURLUE_NO_USER);
    if (code == CURLUE_OK)
        code = check_part(handle, CURLUPART_PASSWORD, CURLUE_NO_PASSWORD);
    return code;
}

static int check(const char *whose, const char *proxy, struct fa_error *err)
{
    CURLU *handle = curl_url();
    char *scheme = NULL;
    CURLUcode code = handle ? check_parts(handle, proxy) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0);
    bool known = scheme && is_known(scheme);
    if (code != CURLUE_OK)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s is no URL of a proxy: %s",
                     whose, curl_url_strerror(code));
    else if (!known)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "%s knows http, https, socks4, socks4a, socks5 and socks5h, not '%s'", whose,
                     scheme);
    curl_free(scheme);
    curl_url_cleanup(handle);
    return known ? 0 : -1;
}

int fa_proxy_check(const char *proxy, struct fa_error *err)
{
    return proxy && proxy[0] ? check("--proxy", proxy, err) : 0;
}

int fa_proxy_check_environment(struct fa_error *err)
{
    for (size_t i = 0; i < VARIABLES; ++i) {
        const char *value = value_of(i);
        if (value && check(variables[i], value, err))
            return -1;
    }
    return 0;
}

bool fa_proxy_in_environment(void)
{
    for (size_t i = 0; i < VARIABLES; ++i)
        if (value_of(i))
            return true;
    return false;
}
