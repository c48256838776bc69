/*
 * The checks use libcurl's own URL parser with the flags that libcurl applies to a proxy, so that
 * both agree on what is valid.  Error texts name the option or the variable, never its value.
 */
#include "transfer/proxy.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* http_proxy has no upper-case form: a CGI program gets HTTP_PROXY from a header of its client's
 * request, so libcurl ignores it (libcurl-env(3)). */
static const char *const variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};
#define VARIABLES (sizeof(variables) / sizeof(*variables))

/* The value of a variable; NULL if unset or empty. */
static const char *variable_value(size_t variable)
{
    const char *value = getenv(variables[variable]);
    return value && value[0] ? value : NULL;
}

static bool scheme_is_known(const char *scheme)
{
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); ++i)
        if (strcasecmp(scheme, schemes[i]) == 0)
            return true;
    return false;
}

/* Get a component, decoded as libcurl will decode it; a missing one is fine. */
static CURLUcode proxy_check_component(CURLU *handle, CURLUPart what, CURLUcode none)
{
    char *part = NULL;
    CURLUcode code = curl_url_get(handle, what, &part, CURLU_URLDECODE);
    curl_free(part);
    return code == none ? CURLUE_OK : code;
}

static CURLUcode proxy_check_components(CURLU *handle, const char *proxy)
{
    CURLUcode code =
        curl_url_set(handle, CURLUPART_URL, proxy, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
    if (code == CURLUE_OK)
        code = proxy_check_component(handle, CURLUPART_HOST, CURLUE_OK);
    if (code == CURLUE_OK)
        code = proxy_check_component(handle, CURLUPART_USER, CURLUE_NO_USER);
    if (code == CURLUE_OK)
        code = proxy_check_component(handle, CURLUPART_PASSWORD, CURLUE_NO_PASSWORD);
    return code;
}

static int proxy_check(const char *whose, const char *proxy, struct fa_error *err)
{
    CURLU *handle = curl_url();
    char *scheme = NULL;
    CURLUcode code = handle ? proxy_check_components(handle, proxy) : CURLUE_OUT_OF_MEMORY;
    if (code == CURLUE_OK)
        code = curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0);
    bool known = scheme && scheme_is_known(scheme);
    if (code != CURLUE_OK)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "invalid proxy URL in %s: %s",
                     whose, curl_url_strerror(code));
    else if (!known)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "unsupported proxy scheme in %s: '%s' is not http, https or socks4, 4a, 5, 5h",
                     whose, scheme);
    curl_free(scheme);
    curl_url_cleanup(handle);
    return known ? 0 : -1;
}

/* An empty text is valid: it disables the proxies of the environment (CURLOPT_PROXY(3)). */
int fa_proxy_check(const char *proxy, struct fa_error *err)
{
    return proxy && proxy[0] ? proxy_check("--proxy", proxy, err) : 0;
}

/* All variables are checked, not only the one that applies: the schemes of later URLs are
 * unknown. */
int fa_proxy_check_environment(struct fa_error *err)
{
    for (size_t i = 0; i < VARIABLES; ++i) {
        const char *value = variable_value(i);
        if (value && proxy_check(variables[i], value, err))
            return -1;
    }
    return 0;
}

bool fa_proxy_in_environment(void)
{
    for (size_t i = 0; i < VARIABLES; ++i)
        if (variable_value(i))
            return true;
    return false;
}
