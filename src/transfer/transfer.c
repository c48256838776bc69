/*
 * Connects libcurl's callbacks with the parts that decide: each header line goes to response.c,
 * which reaches a verdict at the end of the header; the body of a file goes to body.c; any other
 * body is discarded, up to DROP_MAX so that the connection can be reused.
 *
 * If one of our parts ends a transfer, its callback returns an error, and libcurl reports only that
 * a callback failed.  So the reason is kept in ->stop, and takes precedence over the CURLcode.
 *
 * Handles are copies of prepared ones (models.h).  With FA_FAULT_LAST_HEADER each attempt uses
 * another copy, else one handle is used again and reset from time to time.
 */
#include "transfer/encode.h"
#include "transfer/transfer.h"

#include "base/clock.h"
#include "transfer/body.h"
#include "transfer/classify.h"
#include "transfer/cookies.h"
#include "transfer/library.h"
#include "transfer/models.h"
#include "transfer/pace.h"
#include "transfer/request.h"
#include "transfer/response.h"
#include "transfer/setup.h"
#include "transfer/url_handle.h"
#include "transfer/watchdog.h"
#include "transfer/zone.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DROP_MAX (64 * 1024)
/* Close to libcurl's own limit for a whole response header. */
#define HEAD_MAX (200 * 1024)
/* Limit for all header and trailer bytes of an attempt: libcurl before 8.14 does not limit
 * trailers. */
#define HEADERS_MAX (400 * 1024)

/* Answers to challenges in one attempt: the second one is for a nonce that the server calls
 * stale. */
#define CHALLENGES_MAX 2

#define RESET_EVERY     3
#define NOT_MODIFIED    304
#define REQUEST_TIMEOUT 408

struct fa_transfer {
    CURL *easy;
    const struct fa_settings *all;      /* of all hosts */
    const struct fa_settings *prepared; /* those of the handle and of `lines` */
    bool single_use;                    /* see FA_FAULT_LAST_HEADER */
    unsigned uses;
    bool fresh; /* the handle has not been used: its options are those that all attempts share */
    bool spent; /* it keeps a challenge or the nonce of an origin, and would use it for others */
    const struct fa_settings *settings; /* of the host of the attempt */
    struct fa_trust *trust;
    struct fa_connections *connections;
    char *known_host; /* the host that we have added to libcurl's DNS cache */
    struct fa_request_lines lines;
    struct curl_slist *resolve;
    struct fa_url_handle url;
    char text[CURL_ERROR_SIZE];

    /* State of the current attempt. */
    struct fa_attempt *attempt;
    struct fa_response response;
    struct fa_outcome stop; /* our own reason to stop; empty if error.class is not set */
    struct fa_body body;
    struct fa_pace pace;
    struct fa_lease lease;
    enum fa_login_source login;
    bool can_answer;     /* a challenge, with that login */
    unsigned challenges; /* that libcurl may still answer */
    uint64_t dropped;
    size_t headers_size; /* of all header sections and trailers */
    bool connected;
    bool collects; /* cookies of the response */
    struct fa_close_notify
        *close_notify; /* set if only close_notify proves that the body is complete */

    void (*on_connect)(struct fa_attempt *attempt, void *arg);
    void *on_connect_arg;
};

CURL *fa_transfer_easy(struct fa_transfer *transfer)
{
    return transfer->easy;
}

struct fa_transfer *fa_transfer_of(CURL *easy)
{
    char *transfer = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    return (struct fa_transfer *)(void *)transfer;
}

void fa_transfer_watch(struct fa_transfer *t, void (*connected)(struct fa_attempt *, void *),
                       void *arg)
{
    t->on_connect = connected;
    t->on_connect_arg = arg;
}

struct fa_attempt *fa_transfer_attempt(struct fa_transfer *transfer)
{
    return transfer->attempt;
}

static bool transfer_is_stopped(const struct fa_transfer *t)
{
    return t->stop.error.class != FA_CLASS_NONE;
}

/* The SSL of the transfer's connection, or NULL. */
static void *transfer_ssl(const struct fa_transfer *t)
{
    struct curl_tlssessioninfo *session = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_TLS_SSL_PTR, &session);
    return session && session->backend == CURLSSLBACKEND_OPENSSL ? session->internals : NULL;
}

/* If only the end of the connection marks the end of the file, watch for close_notify. */
static int transfer_watch_end(struct fa_transfer *t)
{
    if (t->response.http2 || t->response.chunked || t->response.head.rep.total >= 0)
        return 0;
    void *ssl = transfer_ssl(t);
    if (!ssl)
        return 0;
    t->close_notify = fa_trust_watch(ssl);
    if (t->close_notify)
        return 0;
    fa_error_system(&t->stop.error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot watch a connection");
    return -1;
}

/* Without a length, only libcurl knows whether an HTTP/2 stream ended properly.  With a length of
 * 0 it ignores any bytes that arrive. */
static bool response_is_doubtful(const struct fa_response *response)
{
    return response->http2 && response->verdict == FA_VERDICT_FILE &&
           response->head.rep.total <= 0 && fa_library_has(FA_FAULT_HTTP2_ENDS);
}

/* Prepare the part file for the body, and publish the header for observers of the attempt. */
static int transfer_begin_body(struct fa_transfer *t)
{
    const struct fa_response *response = &t->response;
    bool expect_length = t->settings->expect_length;
    if (response_is_doubtful(response)) {
        fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "ambiguous end of an HTTP/2 response without a length (a fault of libcurl %s)",
                     curl_version_info(CURLVERSION_NOW)->version);
        t->stop.retryable = FA_RETRYABLE_NOW;
        t->stop.doubtful = true;
        return -1;
    }
    if (fa_body_open(&t->body, &response->head, expect_length, &t->stop))
        return -1;
    if (response->verdict == FA_VERDICT_FILE) {
        if (transfer_watch_end(t))
            return -1;
        t->attempt->head = response->head;
        t->attempt->has_head = true;
    }
    return 0;
}

static int transfer_refuse_headers(struct fa_transfer *t)
{
    fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "more than %d bytes of header and trailer fields", HEADERS_MAX);
    t->stop.retryable = FA_RETRYABLE_ONCE;
    return -1;
}

/* The header is complete, and there is a verdict.  A file that is known needs no body: closing the
 * connection is all that stops a server that ignores conditions. */
static int transfer_end_header(struct fa_transfer *t, double now)
{
    enum fa_verdict verdict = t->response.verdict;
    if (verdict == FA_VERDICT_UNCHANGED && t->response.status != NOT_MODIFIED)
        return -1;
    fa_pace_set_phase(&t->pace, verdict == FA_VERDICT_FILE ? FA_PHASE_BODY : FA_PHASE_DROP, now);
    return verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE ? transfer_begin_body(t)
                                                                        : 0;
}

/* Unless they are shared, only cookies of responses that another request follows are of any use.
 * Called for the status line, before libcurl sees the first field. */
static void transfer_collect_cookies(struct fa_transfer *t)
{
    if (t->collects || (!t->settings->cookies && !fa_response_continues(&t->response)))
        return;
    t->collects = true;
    fa_cookies_collect(t->easy);
}

/* libcurl calls this for each line of every header section, including trailers, and takes a return
 * value other than len for an error. */
static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_transfer *t = arg;
    double now = fa_clock_now();
    fa_pace_bytes_arrived(&t->pace, now);
    t->headers_size += len;
    if (t->headers_size > HEADERS_MAX)
        return transfer_refuse_headers(t) ? 0 : len;
    bool decided = t->response.verdict != FA_VERDICT_NONE;
    fa_response_line(&t->response, line, len, time(NULL));
    transfer_collect_cookies(t);
    if (!decided && t->response.verdict != FA_VERDICT_NONE)
        return transfer_end_header(t, now) ? 0 : len;
    return len;
}

/* libcurl has accepted a body although we saw no header before it. */
static int transfer_refuse_body(struct fa_transfer *t)
{
    fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "a response body without a header");
    t->stop.retryable = FA_RETRYABLE_ONCE;
    return -1;
}

/* Suspend the watchdog: a slow disk does not mean that libcurl hangs. */
static int transfer_put_body(struct fa_transfer *t, const char *data, size_t len, double now)
{
    int fd = fa_connections_leave(t->connections);
    int result = fa_body_put(&t->body, data, len, now, &t->stop);
    fa_connections_enter(t->connections, fd);
    return result;
}

/* The body of an error or a redirect is read up to DROP_MAX, because a short one costs less than
 * a new connection. */
static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_transfer *t = arg;
    double now = fa_clock_now();
    fa_pace_bytes_arrived(&t->pace, now);
    t->attempt->received += len;
    if (t->response.verdict == FA_VERDICT_NONE)
        return transfer_refuse_body(t) ? 0 : len;
    if (t->response.verdict == FA_VERDICT_FILE)
        return transfer_put_body(t, data, len, now) ? 0 : len;
    t->dropped += len;
    return t->dropped > DROP_MAX ? 0 : len;
}

/* libcurl repeats a request by itself if a kept connection is dead, and if HTTP/2 refuses a
 * stream, even in the middle of its body; and to answer a challenge. */
static int transfer_begin_request(struct fa_transfer *t)
{
    if (!t->connected)
        return 0; /* the first request of the attempt */
    struct fa_asked asked = t->response.asked;
    bool answers = t->response.status == 401 && t->challenges > 0;
    t->challenges -= answers;
    if (t->response.verdict == FA_VERDICT_NONE || answers) {
        fa_response_fini(&t->response);
        fa_response_init(&t->response, &asked);
        return 0;
    }
    fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "the server aborted its response and requires a new request");
    t->stop.retryable = FA_RETRYABLE_NOW;
    t->stop.doubtful = true;
    return -1;
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct fa_transfer *t = arg;
    struct fa_endpoints ends = {
        .ip = ip, .local_ip = local_ip, .port = port, .local_port = local_port};
    fa_connections_use(t->connections, &t->lease, &ends, transfer_ssl(t));
    if (transfer_begin_request(t))
        return CURL_PREREQFUNC_ABORT;
    t->connected = true;
    fa_pace_set_phase(&t->pace, FA_PHASE_HEAD, fa_clock_now());
    if (t->on_connect)
        t->on_connect(t->attempt, t->on_connect_arg);
    return CURL_PREREQFUNC_OK;
}

/* Called for each TLS handshake, so twice on the way through an HTTPS proxy: `tls` counts the
 * layers, because only the outer one can be seen on the socket. */
static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct fa_transfer *t = arg;
    ++t->lease.tls;
    if (t->settings->insecure)
        return CURLE_OK;
    return fa_trust_install(t->trust, ssl_ctx, &t->stop.error) ? CURLE_SSL_CACERT_BADFILE
                                                               : CURLE_OK;
}

/* Report descriptor exhaustion ourselves: libcurl would report only a failure to connect. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct fa_transfer *t = arg;
    int sock = fa_connections_open(t->connections, &t->lease, address);
    if (sock < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        fa_error_system(&t->stop.error, FA_CLASS_LOCAL_IO, errno, "cannot open a connection");
        t->stop.retryable = FA_RETRYABLE_NOW;
    }
    return sock < 0 ? CURL_SOCKET_BAD : sock;
}

/* A connection may outlive the transfer that opened it. */
static int on_close_socket(void *connections, curl_socket_t sock)
{
    fa_connections_close(connections, sock);
    return 0;
}

/* Pause and resume: else libcurl finishes the pause that it computed for the old rate. */
static void transfer_set_rate(struct fa_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)t->pace.rate);
    if (t->connected) {
        curl_easy_pause(t->easy, CURLPAUSE_RECV);
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
}

bool fa_transfer_check(struct fa_transfer *t, double now)
{
    if (t->attempt->cancelled) {
        fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "cancelled");
        return false;
    }
    if (!fa_pace_check(&t->pace, now, &t->stop))
        return false;
    if (fa_pace_follow(&t->pace, now))
        transfer_set_rate(t);
    return true;
}

static struct fa_transfer *lease_transfer(struct fa_lease *lease)
{
    return (struct fa_transfer *)(void *)((char *)lease - offsetof(struct fa_transfer, lease));
}

/* libcurl 7.88 chooses the next address, and connects only when it is called again: at half of the
 * time-out for connections.  The end of a pause makes it ask to be called at once. */
void fa_transfer_skip_refused(struct fa_connections *connections)
{
    struct fa_lease *lease;
    while ((lease = fa_connections_refused(connections))) {
        const struct fa_transfer *t = lease_transfer(lease);
        if (t->connected)
            continue;
        curl_easy_pause(t->easy, CURLPAUSE_RECV);
        curl_easy_pause(t->easy, CURLPAUSE_CONT);
    }
}

/* What is the same for all transfers that use the connections. */
static void handle_set_functions(const struct fa_transfer *t, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->connections);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
}

static void handle_set_owner(struct fa_transfer *t, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->text);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t);
}

struct fa_transfer *fa_transfer_new(const struct fa_settings *settings, struct fa_trust *trust,
                                    struct fa_connections *connections, struct fa_error *err)
{
    struct fa_transfer *t = calloc(1, sizeof(*t));
    if (!t) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a transfer");
        return NULL;
    }
    fa_response_init(&t->response, NULL);
    t->settings = t->all = settings;
    t->trust = trust;
    t->connections = connections;
    t->single_use = fa_library_has(FA_FAULT_LAST_HEADER);
    return t;
}

void fa_transfer_free(struct fa_transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    fa_request_lines_fini(&t->lines);
    curl_slist_free_all(t->resolve);
    fa_connections_done(t->connections, &t->lease, false);
    fa_close_notify_put(t->close_notify);
    fa_response_fini(&t->response);
    fa_url_handle_fini(&t->url);
    free(t->known_host);
    fa_body_fini(&t->body);
    free(t);
}

/* The options that no attempt changes: all others are set by transfer_set_up(). */
static void handle_prepare(const struct fa_transfer *t, CURL *easy)
{
    fa_setup_apply(easy, t->settings);
    handle_set_functions(t, easy);
}

/* Copying takes half as long as preparing, but leaves out the share. */
static CURL *transfer_copy_model(struct fa_transfer *t)
{
    struct fa_models *models = fa_connections_models(t->connections);
    CURL *model = fa_models_find(models, t->settings);
    if (!model) {
        model = curl_easy_init();
        if (!model)
            return NULL;
        handle_prepare(t, model);
        fa_models_put(models, t->settings, model);
    }
    return curl_easy_duphandle(model);
}

static int transfer_make_handle(struct fa_transfer *t)
{
    t->easy = transfer_copy_model(t);
    if (!t->easy)
        return -1;
    handle_set_owner(t, t->easy);
    curl_easy_setopt(t->easy, CURLOPT_SHARE, fa_connections_share(t->connections));
    t->fresh = true;
    return 0;
}

static void transfer_drop_handle(struct fa_transfer *t)
{
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}

/* A handle that was prepared for a host with other options is of no use. */
static void transfer_drop_prepared(struct fa_transfer *t)
{
    if (t->prepared == t->settings)
        return;
    transfer_drop_handle(t);
    fa_request_lines_fini(&t->lines);
    t->lines.agent = fa_setup_agent(t->settings);
    t->prepared = t->settings;
}

/* Prepare a handle for the next attempt.  Reset a reused one every RESET_EVERY attempts: libcurl
 * 7.88 gives up after five internal retries in the life of a handle.  Resetting it for each
 * attempt would cost more than the rest of a small transfer's setup. */
static int transfer_renew_handle(struct fa_transfer *t)
{
    transfer_drop_prepared(t);
    if (t->single_use || t->spent)
        transfer_drop_handle(t);
    t->spent = false;
    if (!t->easy)
        return transfer_make_handle(t);
    t->fresh = false;
    if (++t->uses % RESET_EVERY == 0) {
        curl_easy_reset(t->easy);
        handle_prepare(t, t->easy);
        handle_set_owner(t, t->easy);
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
static int transfer_pin_host(struct fa_transfer *t, const char *host_port, const char *addresses)
{
    bool moved = !t->known_host || strcmp(t->known_host, host_port) != 0;
    if (!moved && resolve_is_same(t->resolve, host_port, addresses)) {
        curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
        return 0;
    }
    curl_slist_free_all(t->resolve);
    t->resolve = NULL;
    char *line = NULL;
    int result = -1;
    if (moved && t->known_host) {
        if (asprintf(&line, "-%s", t->known_host) < 0 || fa_request_append(&t->resolve, line))
            goto out;
        free(line);
        line = NULL;
    }
    if (addresses && (asprintf(&line, "%s:%s", host_port, addresses) < 0 ||
                      fa_request_append(&t->resolve, line)))
        goto out;
    if (moved) {
        free(t->known_host);
        t->known_host = strdup(host_port);
        if (!t->known_host)
            goto out;
    }
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
    result = 0;
out:
    free(line);
    return result;
}

/* A handle may still have the value of the previous attempt, unless it is fresh. */
static void transfer_set_number(struct fa_transfer *t, CURLoption option, long value)
{
    if (value || !t->fresh)
        curl_easy_setopt(t->easy, option, value);
}

static int transfer_set_address(struct fa_transfer *t, const struct fa_attempt *a)
{
    unsigned zone = 0;
    char *addresses = NULL;
    bool zoned = a->addresses && strchr(a->addresses, '%');
    if (zoned && fa_zone_strip(a->addresses, &addresses, &zone))
        return -1;
    transfer_set_number(t, CURLOPT_ADDRESS_SCOPE, (long)zone);
    int result = transfer_pin_host(t, a->host_port, zoned ? addresses : a->addresses);
    free(addresses);
    return result;
}

/* libcurl 7.88 reuses an HTTP/2 connection for an HTTP/1.1 request unless the TLS settings
 * differ: so set an explicit maximum version for HTTP/2 only, which equals the default. */
static void transfer_set_version(struct fa_transfer *t, bool http2)
{
    static const long versions[] = {
        [FA_TLS_DEFAULT] = CURL_SSLVERSION_TLSv1_2, [FA_TLS_1_0] = CURL_SSLVERSION_TLSv1_0,
        [FA_TLS_1_1] = CURL_SSLVERSION_TLSv1_1,     [FA_TLS_1_2] = CURL_SSLVERSION_TLSv1_2,
        [FA_TLS_1_3] = CURL_SSLVERSION_TLSv1_3,
    };
    long tls = versions[t->settings->tls_min];
    if (http2)
        tls |= CURL_SSLVERSION_MAX_TLSv1_3;
    curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, tls);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
                     (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
}

/* Clear the state of the previous attempt. */
static void transfer_reset(struct fa_transfer *t)
{
    fa_response_fini(&t->response);
    fa_close_notify_put(t->close_notify);
    t->close_notify = NULL;
    t->stop = (struct fa_outcome){0};
    t->lease = (struct fa_lease){0};
    t->text[0] = '\0';
    t->dropped = 0;
    t->headers_size = 0;
    t->connected = false;
    t->collects = false;
}

/* A login of the URL is read by libcurl itself.  The null pointers remove that of the previous
 * attempt.  With Basic alone, libcurl sends the password at once; with Digest, it first makes a
 * request without, and then uses the better scheme that is offered. */
static int transfer_set_login(struct fa_transfer *t, const struct fa_attempt *a)
{
    struct fa_login login;
    enum fa_netrc_use netrc = t->settings->netrc ? a->netrc : FA_NETRC_NONE;
    if (fa_login_choose(a->url, a->host_port, netrc, &login))
        return -1;
    CURLcode code = CURLE_OK;
    if (login.user || !t->fresh)
        code = curl_easy_setopt(t->easy, CURLOPT_USERNAME, login.user);
    if (code == CURLE_OK && (login.password || !t->fresh))
        code = curl_easy_setopt(t->easy, CURLOPT_PASSWORD, login.password);
    t->login = login.source;
    t->can_answer = login.source != FA_LOGIN_NONE && !fa_request_has_field(a, "Authorization");
    t->challenges = t->can_answer && a->digest ? CHALLENGES_MAX : 0;
    t->spent = t->challenges > 0;
    curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH,
                     (long)(CURLAUTH_BASIC | (t->challenges ? CURLAUTH_DIGEST : 0)));
    fa_login_fini(&login);
    return code == CURLE_OK ? 0 : -1;
}

/* libcurl copies the text.  A URL that is plain needs no encoding. */
static int transfer_set_url(struct fa_transfer *t, const char *url)
{
    CURLU *plain = fa_url_handle_set(&t->url, url);
    curl_easy_setopt(t->easy, CURLOPT_CURLU, plain);
    char *encoded = !plain && fa_encode_is_needed(url) ? fa_encode_url(url) : NULL;
    CURLcode code = curl_easy_setopt(t->easy, CURLOPT_URL, encoded ? encoded : url);
    free(encoded);
    return code == CURLE_OK ? 0 : -1;
}

/* Each option here is set for each attempt, or has its default in a fresh handle. */
static int transfer_set_up(struct fa_transfer *t, const struct fa_attempt *a,
                           const struct fa_asked *asked)
{
    if (transfer_set_login(t, a))
        return -1;
    if ((a->cookies || !t->fresh) && fa_cookies_set(t->easy, a->cookies))
        return -1;
    t->lease.shared = t->settings->http2 && !a->http1;
    transfer_set_version(t, t->lease.shared);
    transfer_set_number(t, CURLOPT_FORBID_REUSE, a->close);
    transfer_set_number(t, CURLOPT_FRESH_CONNECT, a->fresh);
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)t->pace.buffer);
    if (t->pace.rate || !t->fresh)
        curl_easy_setopt(t->easy, CURLOPT_MAX_RECV_SPEED_LARGE, (curl_off_t)t->pace.rate);
    if (fa_request_set(t->easy, &t->lines, a, asked) || transfer_set_address(t, a))
        return -1;
    return transfer_set_url(t, a->url);
}

int fa_transfer_start(struct fa_transfer *t, struct fa_attempt *a, struct fa_error *err)
{
    struct fa_asked asked;
    if (fa_request_choose(a, &asked, err))
        return -1;
    transfer_reset(t);
    t->settings = fa_settings_of(t->all, (unsigned)a->rule);
    fa_response_init(&t->response, &asked);
    fa_body_begin(&t->body, a, asked.part_bytes);
    fa_pace_begin(&t->pace, t->settings, a, fa_clock_now());
    t->attempt = a;
    a->received = 0;
    if (transfer_renew_handle(t) == 0 && transfer_set_up(t, a, &asked) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
    return -1;
}

static double seconds_between(curl_off_t from, curl_off_t to)
{
    return to > from ? (double)(to - from) / 1e6 : 0;
}

/* libcurl counts each phase from the start; reports show the length of each phase. */
static void handle_read_times(CURL *easy, struct fa_times *time)
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

static void handle_read_connection(CURL *easy, struct fa_outcome *ret)
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

/* The kernel only says that an argument is invalid. */
static void transfer_explain_zone(const struct fa_transfer *t, CURLcode code,
                                  struct fa_outcome *ret)
{
    const char *host = t->attempt->host_port;
    char *zone = fa_zone_missing(host);
    if (zone)
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT,
                     "there is no network interface '%s'", zone);
    else if (fa_zone_is_needed(host))
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT,
                     "a link-local address requires its interface: http://[fe80::1%%25eth0]/");
    free(zone);
}

/* libcurl names the host that it tried, but does not say that it is the proxy. */
static void transfer_explain_proxy(const struct fa_transfer *t, CURLcode code,
                                   struct fa_outcome *ret)
{
    static const char begin[] = "Failed to connect to ";
    const char *colon = strrchr(t->attempt->host_port, ':');
    if (code != CURLE_COULDNT_CONNECT || !colon || !fa_settings_use_proxy(t->settings) ||
        strncmp(t->text, begin, sizeof(begin) - 1) != 0)
        return;
    char own[320];
    snprintf(own, sizeof(own), "%.*s port %s ", (int)(colon - t->attempt->host_port),
             t->attempt->host_port, colon + 1);
    if (strncmp(t->text + sizeof(begin) - 1, own, strlen(own)) != 0)
        fa_error_set(&ret->error, FA_DOMAIN_CURL, (int)code, FA_CLASS_CONNECT, "the proxy: %s",
                     t->text);
}

/* Collect what libcurl's CURLcode alone does not say. */
static void transfer_explain_curl(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    long system = 0, proxy = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &system);
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
    struct fa_ending ending = {
        .curl = (int)code,
        .system = (int)system,
        .connected = t->connected,
        .answered = t->response.status != 0,
        .long_head =
            t->response.verdict == FA_VERDICT_NONE && t->connected && t->headers_size > HEAD_MAX,
        .proxy_status = (int)proxy,
        .tls_min = t->settings->tls_min,
        .text = t->text,
    };
    fa_classify_curl(&ending, ret);
    if (ret->error.class == FA_CLASS_CONNECT) {
        transfer_explain_proxy(t, code, ret);
        transfer_explain_zone(t, code, ret);
    }
}

/* A response without a length ends with the connection, so over TLS only close_notify shows that
 * nothing is missing. */
static void transfer_check_complete(struct fa_transfer *t, struct fa_outcome *ret)
{
    if (!t->close_notify || fa_close_notify_received(t->close_notify)) {
        fa_body_close(&t->body, ret);
        return;
    }
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                 "the TLS connection ended without close_notify, and the length is unknown");
    ret->retryable = FA_RETRYABLE_NOW;
}

/* A server that says when to come back means that coming back helps, whatever its status.  That
 * time may be over: 0 seconds, or a date that has passed. */
static void transfer_read_wait(const struct fa_transfer *t, struct fa_outcome *ret)
{
    ret->retry_after = t->response.retry_after;
    ret->limited = t->response.rate_limit.spent;
    bool listed = fa_status_is_listed(t->settings->retry_on, t->response.status);
    if (ret->error.class == FA_CLASS_HTTP && (ret->retry_after >= 0 || listed))
        ret->retryable = FA_RETRYABLE_NOW;
}

static void transfer_redirect(struct fa_transfer *t, struct fa_outcome *ret)
{
    if (fa_cookies_get(t->easy, &ret->cookies)) {
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot follow a redirect");
        return;
    }
    ret->location = t->response.location;
    t->response.location = NULL;
}

/* libcurl keeps a challenge even if it was not to be answered, and newer versions then take the
 * next one for a rejected password. */
static void transfer_read_challenge(struct fa_transfer *t, struct fa_outcome *ret)
{
    t->spent |= t->response.digest;
    ret->digest = t->response.status == 401 && t->response.digest && t->can_answer &&
                  !t->attempt->digest && fa_cookies_get(t->easy, &ret->cookies) == 0;
}

/* Prefer a status to the way in which its discarded body ended. */
static void transfer_judge(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    if (transfer_is_stopped(t)) {
        ret->error = t->stop.error;
        ret->retryable = t->stop.retryable;
        ret->restart = t->stop.restart;
        ret->doubtful = t->stop.doubtful;
    } else if (t->response.verdict == FA_VERDICT_ERROR) {
        fa_response_explain(&t->response, ret);
        transfer_read_wait(t, ret);
        transfer_read_challenge(t, ret);
        ret->idle = t->response.status == REQUEST_TIMEOUT && t->lease.kept && !t->response.http2;
    } else if (t->response.verdict == FA_VERDICT_REDIRECT) {
        transfer_redirect(t, ret);
    } else if (t->response.verdict == FA_VERDICT_UNCHANGED) {
        ret->unchanged = true;
    } else if (t->response.verdict == FA_VERDICT_COMPLETE) {
        fa_body_close(&t->body, ret);
    } else if (code != CURLE_OK) {
        transfer_explain_curl(t, code, ret);
    } else if (t->response.verdict == FA_VERDICT_FILE) {
        transfer_check_complete(t, ret);
    } else {
        fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "the response has no status line");
        ret->retryable = FA_RETRYABLE_ONCE;
    }
}

/* Decide how much of the part file is valid for a later attempt. */
static void transfer_settle_part(struct fa_transfer *t, struct fa_outcome *ret)
{
    enum fa_class class = ret->error.class;
    enum fa_verdict verdict = t->response.verdict;
    if (verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE ||
        verdict == FA_VERDICT_UNCHANGED)
        ret->head = t->response.head;
    if (verdict == FA_VERDICT_FILE && class != FA_CLASS_NONE && class != FA_CLASS_LOCAL_IO)
        fa_body_save(&t->body);
    /* restart with an error: the part file is refused.  restart alone: it has been replaced. */
    bool useless = class == FA_CLASS_INTEGRITY || class == FA_CLASS_TOO_LARGE ||
                   ret->restart != FA_RESTART_NONE || ret->doubtful ||
                   (verdict == FA_VERDICT_ERROR && t->response.restart != FA_RESTART_NONE);
    ret->size = useless ? 0 : t->body.written;
    if (ret->restart == FA_RESTART_NONE)
        ret->restart = t->response.restart;
}

/* If the watchdog has shut down the connection, libcurl's error is misleading. */
static void transfer_check_cut(struct fa_transfer *t, CURLcode code)
{
    if (!t->lease.cut || code == CURLE_OK || transfer_is_stopped(t))
        return;
    fa_error_set(&t->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_STALLED,
                 "the connection blocked libcurl for more than %d s", FA_WATCHDOG_SECONDS);
    t->stop.retryable = FA_RETRYABLE_NOW;
}

/* The order matters: the lease tells whether the watchdog intervened, the judge needs that, and
 * the part file can be valued only after the judge has set the error. */
void fa_transfer_finish(struct fa_transfer *t, CURLcode code, struct fa_outcome *ret)
{
    *ret = fa_outcome_none;
    fa_connections_done(t->connections, &t->lease, t->response.http2);
    transfer_check_cut(t, code);
    transfer_judge(t, code, ret);
    if (t->settings->cookies && !ret->cookies)
        (void)fa_cookies_get(t->easy, &ret->cookies);
    ret->http = t->response.status;
    ret->login = t->login;
    ret->received = t->attempt->received;
    transfer_settle_part(t, ret);
    handle_read_times(t->easy, &ret->time);
    handle_read_connection(t->easy, ret);
    if (ret->time.total <= 0)
        ret->time.total = fa_clock_now() - t->pace.started;
    t->attempt = NULL;
}
