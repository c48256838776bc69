/*
 * Setting all options of a handle costs more than the rest of a small transfer, so a handle is a
 * copy of a prepared one.  With FA_FAULT_LAST_HEADER each attempt uses another copy, else one
 * handle is used again and reset from time to time.
 *
 * A handle that is used again has the options of the previous attempt.  So each option that differs
 * between attempts is set for each of them, unless the handle is fresh and the default will do.
 */
#include "transfer/handle.h"

#include "transfer/cookies.h"
#include "transfer/encode.h"
#include "transfer/library.h"
#include "transfer/models.h"
#include "transfer/setup.h"
#include "transfer/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Answers to challenges in one attempt: the second one is for a nonce that the server calls
 * stale. */
#define CHALLENGES_MAX 2

#define RESET_EVERY 3

void fa_handle_init(struct fa_handle *h, struct fa_exchange *exchange, void *owner)
{
    h->exchange = exchange;
    h->owner = owner;
    h->single_use = fa_library_has(FA_FAULT_LAST_HEADER);
}

void fa_handle_fini(struct fa_handle *h)
{
    curl_easy_cleanup(h->easy);
    fa_request_lines_fini(&h->lines);
    curl_slist_free_all(h->resolve);
    fa_url_handle_fini(&h->url);
    free(h->known_host);
}

/* The options that no attempt changes: all others are set by fa_handle_set_up(). */
static void handle_prepare(const struct fa_handle *h, CURL *easy)
{
    fa_setup_apply(easy, h->exchange->settings);
    fa_exchange_prepare(easy, h->exchange->connections);
}

static void handle_set_owner(struct fa_handle *h)
{
    curl_easy_setopt(h->easy, CURLOPT_PRIVATE, h->owner);
    curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->text);
    fa_exchange_attach(h->exchange, h->easy);
}

/* Copying takes half as long as preparing, but leaves out the share. */
static CURL *handle_copy_model(struct fa_handle *h)
{
    struct fa_models *models = fa_connections_models(h->exchange->connections);
    CURL *model = fa_models_find(models, h->exchange->settings);
    if (!model) {
        model = curl_easy_init();
        if (!model)
            return NULL;
        handle_prepare(h, model);
        fa_models_put(models, h->exchange->settings, model);
    }
    return curl_easy_duphandle(model);
}

static int handle_make(struct fa_handle *h)
{
    h->easy = handle_copy_model(h);
    if (!h->easy)
        return -1;
    handle_set_owner(h);
    curl_easy_setopt(h->easy, CURLOPT_SHARE, fa_connections_share(h->exchange->connections));
    h->fresh = true;
    return 0;
}

static void handle_drop(struct fa_handle *h)
{
    curl_easy_cleanup(h->easy);
    h->easy = NULL;
}

/* A handle that was prepared for a host with other options is of no use. */
static void handle_drop_prepared(struct fa_handle *h)
{
    if (h->prepared == h->exchange->settings)
        return;
    handle_drop(h);
    fa_request_lines_fini(&h->lines);
    h->lines.agent = fa_setup_agent(h->exchange->settings);
    h->prepared = h->exchange->settings;
}

/* Prepare a handle for the next attempt.  Reset a reused one every RESET_EVERY attempts: libcurl
 * 7.88 gives up after five internal retries in the life of a handle.  Resetting it for each
 * attempt would cost more than the rest of a small transfer's setup. */
int fa_handle_renew(struct fa_handle *h)
{
    handle_drop_prepared(h);
    if (h->single_use || h->spent)
        handle_drop(h);
    h->spent = false;
    if (!h->easy)
        return handle_make(h);
    h->fresh = false;
    if (++h->uses % RESET_EVERY == 0) {
        curl_easy_reset(h->easy);
        handle_prepare(h, h->easy);
        handle_set_owner(h);
    }
    return 0;
}

/* Whether the list of the previous attempt is one line, which says the same of the host. */
static bool resolve_is_same(const struct curl_slist *resolve, const char *host_port,
                            const char *addresses)
{
    size_t len = strlen(host_port);
    return resolve && !resolve->next && addresses && strncmp(resolve->data, host_port, len) == 0 &&
           resolve->data[len] == ':' && strcmp(resolve->data + len + 1, addresses) == 0;
}

/* Replace the previous host in libcurl's DNS cache, so that the cache does not grow to all hosts
 * of the list. */
static int handle_pin_host(struct fa_handle *h, const char *host_port, const char *addresses)
{
    bool moved = !h->known_host || strcmp(h->known_host, host_port) != 0;
    if (!moved && resolve_is_same(h->resolve, host_port, addresses)) {
        curl_easy_setopt(h->easy, CURLOPT_RESOLVE, h->resolve);
        return 0;
    }
    curl_slist_free_all(h->resolve);
    h->resolve = NULL;
    char *line = NULL;
    int result = -1;
    if (moved && h->known_host) {
        if (asprintf(&line, "-%s", h->known_host) < 0 || fa_request_append(&h->resolve, line))
            goto out;
        free(line);
        line = NULL;
    }
    if (addresses && (asprintf(&line, "%s:%s", host_port, addresses) < 0 ||
                      fa_request_append(&h->resolve, line)))
        goto out;
    if (moved) {
        free(h->known_host);
        h->known_host = strdup(host_port);
        if (!h->known_host)
            goto out;
    }
    curl_easy_setopt(h->easy, CURLOPT_RESOLVE, h->resolve);
    result = 0;
out:
    free(line);
    return result;
}

/* A handle may still have the value of the previous attempt, unless it is fresh. */
static void handle_set_number(struct fa_handle *h, CURLoption option, long value)
{
    if (value || !h->fresh)
        curl_easy_setopt(h->easy, option, value);
}

static int handle_set_address(struct fa_handle *h, const struct fa_attempt *a)
{
    unsigned zone = 0;
    char *addresses = NULL;
    bool zoned = a->addresses && strchr(a->addresses, '%');
    if (zoned && fa_zone_strip(a->addresses, &addresses, &zone))
        return -1;
    handle_set_number(h, CURLOPT_ADDRESS_SCOPE, (long)zone);
    int result = handle_pin_host(h, a->host_port, zoned ? addresses : a->addresses);
    free(addresses);
    return result;
}

/* libcurl 7.88 reuses an HTTP/2 connection for an HTTP/1.1 request unless the TLS settings
 * differ: so set an explicit maximum version for HTTP/2 only, which equals the default. */
static void handle_set_version(struct fa_handle *h, bool http2)
{
    static const long versions[] = {
        [FA_TLS_DEFAULT] = CURL_SSLVERSION_TLSv1_2, [FA_TLS_1_0] = CURL_SSLVERSION_TLSv1_0,
        [FA_TLS_1_1] = CURL_SSLVERSION_TLSv1_1,     [FA_TLS_1_2] = CURL_SSLVERSION_TLSv1_2,
        [FA_TLS_1_3] = CURL_SSLVERSION_TLSv1_3,
    };
    long tls = versions[h->exchange->settings->tls_min];
    if (http2)
        tls |= CURL_SSLVERSION_MAX_TLSv1_3;
    curl_easy_setopt(h->easy, CURLOPT_SSLVERSION, tls);
    curl_easy_setopt(h->easy, CURLOPT_HTTP_VERSION,
                     (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
}

/* A connection for one request ends before the kernel asks for the first time, if stalls are
 * shorter: not to set that up saves three system calls. */
static void handle_set_keepalive(struct fa_handle *h, const struct fa_attempt *a)
{
    double stall = h->exchange->settings->stall_timeout;
    bool useless = a->close && stall > 0 && stall <= FA_SETUP_KEEPIDLE;
    if (useless || !h->fresh)
        curl_easy_setopt(h->easy, CURLOPT_TCP_KEEPALIVE, (long)!useless);
}

/* A login of the URL is read by libcurl itself.  The null pointers remove that of the previous
 * attempt.  With Basic alone, libcurl sends the password at once; with Digest, it first makes a
 * request without, and then uses the better scheme that is offered. */
static int handle_set_login(struct fa_handle *h, const struct fa_attempt *a)
{
    struct fa_login login;
    enum fa_netrc_use netrc = h->exchange->settings->netrc ? a->netrc : FA_NETRC_NONE;
    if (fa_login_choose(a->url, a->host_port, netrc, &login))
        return -1;
    CURLcode code = CURLE_OK;
    if (login.user || !h->fresh)
        code = curl_easy_setopt(h->easy, CURLOPT_USERNAME, login.user);
    if (code == CURLE_OK && (login.password || !h->fresh))
        code = curl_easy_setopt(h->easy, CURLOPT_PASSWORD, login.password);
    h->exchange->login = login.source;
    h->exchange->can_answer =
        login.source != FA_LOGIN_NONE && !fa_request_has_field(a, "Authorization");
    h->exchange->challenges = h->exchange->can_answer && a->digest ? CHALLENGES_MAX : 0;
    h->spent = h->exchange->challenges > 0;
    curl_easy_setopt(h->easy, CURLOPT_HTTPAUTH,
                     (long)(CURLAUTH_BASIC | (h->exchange->challenges ? CURLAUTH_DIGEST : 0)));
    fa_login_fini(&login);
    return code == CURLE_OK ? 0 : -1;
}

/* libcurl copies the text.  A URL that is plain needs no encoding. */
static int handle_set_url(struct fa_handle *h, const char *url)
{
    CURLU *plain = fa_url_handle_set(&h->url, url);
    curl_easy_setopt(h->easy, CURLOPT_CURLU, plain);
    char *encoded = !plain && fa_encode_is_needed(url) ? fa_encode_url(url) : NULL;
    CURLcode code = curl_easy_setopt(h->easy, CURLOPT_URL, encoded ? encoded : url);
    free(encoded);
    return code == CURLE_OK ? 0 : -1;
}

/* Each option here is set for each attempt, or has its default in a fresh handle. */
int fa_handle_set_up(struct fa_handle *h, const struct fa_attempt *a, const struct fa_asked *asked)
{
    if (handle_set_login(h, a))
        return -1;
    if ((a->cookies || !h->fresh) && fa_cookies_set(h->easy, a->cookies))
        return -1;
    h->exchange->lease.shared = h->exchange->settings->http2 && !a->http1;
    handle_set_version(h, h->exchange->lease.shared);
    handle_set_number(h, CURLOPT_VERBOSE, a->capture);
    handle_set_number(h, CURLOPT_FORBID_REUSE, a->close);
    handle_set_number(h, CURLOPT_FRESH_CONNECT, a->fresh);
    handle_set_keepalive(h, a);
    curl_easy_setopt(h->easy, CURLOPT_BUFFERSIZE, (long)h->exchange->pace.buffer);
    if (h->exchange->pace.rate || !h->fresh)
        curl_easy_setopt(h->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)h->exchange->pace.rate);
    if (fa_request_set(h->easy, &h->lines, a, asked) || handle_set_address(h, a))
        return -1;
    return handle_set_url(h, a->url);
}

/* Pause and resume: else libcurl finishes the pause that it computed for the old rate. */
void fa_handle_set_rate(const struct fa_handle *h)
{
    curl_easy_setopt(h->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)h->exchange->pace.rate);
    if (h->exchange->connected) {
        curl_easy_pause(h->easy, CURLPAUSE_RECV);
        curl_easy_pause(h->easy, CURLPAUSE_CONT);
    }
}

static double seconds_between(curl_off_t from, curl_off_t to)
{
    return to > from ? (double)(to - from) / 1e6 : 0;
}

/* libcurl counts each phase from the start; reports show the length of each phase. */
static void easy_read_times(CURL *easy, struct fa_times *time)
{
    curl_off_t lookup = 0, connect = 0, tls = 0, first = 0, total = 0;
    curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &lookup);
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
    time->dns = seconds_between(0, lookup);
    time->connect = seconds_between(lookup, connect);
    time->tls = seconds_between(connect, tls);
    time->ttfb = seconds_between(0, first);
    time->total = seconds_between(0, total);
}

static void easy_read_connection(CURL *easy, struct fa_outcome *ret)
{
    char *ip = NULL;
    long version = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    if (ip)
        strncpy(ret->ip, ip, sizeof(ret->ip) - 1);
    const char *name = version == CURL_HTTP_VERSION_1_0   ? "1.0"
                       : version == CURL_HTTP_VERSION_1_1 ? "1.1"
                       : version == CURL_HTTP_VERSION_2_0 ? "2"
                                                          : "";
    strncpy(ret->version, name, sizeof(ret->version) - 1);
}

void fa_handle_read(const struct fa_handle *h, struct fa_outcome *ret)
{
    easy_read_times(h->easy, &ret->time);
    easy_read_connection(h->easy, ret);
}
