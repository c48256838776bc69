#include "transfer/setup.h"

#include "transfer/trust.h"

#include <fetchall/version.h>

/* Certificates are given to each connection by transfer.c, and not read by libcurl. */
static void set_tls(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    if (s->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (s->cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, s->cert);
    if (s->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, s->key);
    /* OpenSSL would ask for a pass phrase on the terminal, in each thread and process. */
    if (s->cert)
        curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
    if (fa_settings_use_proxy(s))
        curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, fa_trust_system_bundle());
}

static void set_http(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(easy, CURLOPT_USERAGENT,
                     s->user_agent ? s->user_agent : "fetchall/" FA_VERSION);
}

static void set_connection(CURL *easy, const struct fa_settings *s)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->connect_timeout * 1000));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(s->timeout * 1000));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 15L);
    /* Of a handle that is driven by itself; a multi has its own limit. */
    curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 2L);
    /* A scan over all names known would follow each transfer; we drop old names ourselves. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    if (s->family != FA_FAMILY_ANY)
        curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
                         (long)(s->family == FA_FAMILY_V4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6));
    if (s->proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, s->proxy);
}

void fa_setup_apply(CURL *easy, const struct fa_settings *settings)
{
    set_connection(easy, settings);
    set_http(easy, settings);
    set_tls(easy, settings);
}
