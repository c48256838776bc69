/*
 * Redirects and content codings are left to us: libcurl must not follow a redirect, because each
 * origin has its own limits and secrets, and must not decode, because the file is stored as it is
 * sent.
 */
#include "transfer/setup.h"

#include "transfer/trust.h"

#include <fetchall/version.h>

/* Certificates come from trust.c: libcurl would parse the bundle for each connection. */
static void setup_tls(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    /* OpenSSL 3 has TLS before 1.2 at this level only, which is one for all uses of a key. */
    if (s->tls_min < FA_TLS_1_2)
        curl_easy_setopt(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
    if (s->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (s->cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, s->cert);
    if (s->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, s->key);
    /* Without this OpenSSL asks for a pass phrase on the terminal, in each thread and process. */
    if (s->cert)
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
    /* libcurl would copy its own paths for each transfer. */
    struct fa_trust_places places = {0};
    if (fa_settings_use_proxy(s))
        places = fa_trust_find(NULL);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, places.file);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, places.folders);
}

static const char *settings_agent(const struct fa_settings *s)
{
    return s->user_agent ? s->user_agent : "fetchall/" FA_VERSION;
}

static void setup_http(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    if (fa_settings_use_proxy(s))
        curl_easy_setopt(easy, CURLOPT_USERAGENT, settings_agent(s));
}

/* NOSIGNAL saves the system calls that would block SIGPIPE around each call.  Without QUICK_EXIT,
 * curl_multi_remove_handle(3) joins the thread that resolves a name: seconds, if DNS is down. */
static void setup_connection(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->connect_timeout * 1000));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(s->timeout * 1000));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)FA_SETUP_KEEPIDLE);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 15L);
    /* For a handle without a multi handle, which has its own limit. */
    curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 2L);
    /* With a time-out each transfer would scan the whole DNS cache; transfer.c removes old
     * entries. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    if (s->family != FA_FAMILY_ANY)
        curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
                         (long)(s->family == FA_FAMILY_V4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6));
    if (s->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, s->proxy);
    /* Without this each transfer looks for five variables in the environment. */
    if (!fa_settings_use_proxy(s))
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
}

void fa_setup_apply(CURL *easy, const struct fa_settings *settings)
{
    setup_connection(easy, settings);
    setup_http(easy, settings);
    setup_tls(easy, settings);
}

/* libcurl formats the value of CURLOPT_USERAGENT once more than a line of CURLOPT_HTTPHEADER, and
 * slowly.  Only the option applies to CONNECT requests, too. */
const char *fa_setup_agent(const struct fa_settings *settings)
{
    return fa_settings_use_proxy(settings) ? NULL : settings_agent(settings);
}
