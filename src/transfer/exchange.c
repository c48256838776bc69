/*
 * Connects libcurl's callbacks with the parts that decide: each header line goes to response.c,
 * which reaches a verdict at the end of the header; the body of a file goes to body.c; any other
 * body is discarded, up to DROP_MAX so that the connection can be reused.
 *
 * If one of our parts ends a transfer, its callback returns an error, and libcurl reports only that
 * a callback failed.  So the reason is kept in ->stop, and takes precedence over the CURLcode.
 */
#include "transfer/exchange.h"

#include "base/clock.h"
#include "transfer/cookies.h"
#include "transfer/library.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#define DROP_MAX (64 * 1024)
/* Limit for all header and trailer bytes of an attempt: libcurl before 8.14 does not limit
 * trailers. */
#define HEADERS_MAX (400 * 1024)

#define NOT_MODIFIED 304

bool fa_exchange_is_stopped(const struct fa_exchange *x)
{
    return x->stop.error.class != FA_CLASS_NONE;
}

/* The SSL of the transfer's connection, or NULL. */
static void *exchange_ssl(const struct fa_exchange *x)
{
    struct curl_tlssessioninfo *session = NULL;
    curl_easy_getinfo(x->easy, CURLINFO_TLS_SSL_PTR, &session);
    return session && session->backend == CURLSSLBACKEND_OPENSSL ? session->internals : NULL;
}

/* If only the end of the connection marks the end of the file, watch for close_notify. */
static int exchange_watch_end(struct fa_exchange *x)
{
    if (x->response.http2 || x->response.chunked || x->response.head.rep.total >= 0)
        return 0;
    void *ssl = exchange_ssl(x);
    if (!ssl)
        return 0;
    x->close_notify = fa_trust_watch(ssl);
    if (x->close_notify)
        return 0;
    fa_error_system(&x->stop.error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot watch a connection");
    return -1;
}

/* Without a length, only libcurl knows whether an HTTP/2 stream ended properly.  With a length of
 * 0 it ignores any bytes that arrive. */
static bool response_is_doubtful(const struct fa_response *response)
{
    return response->http2 && response->verdict == FA_VERDICT_FILE &&
           response->head.rep.total <= 0 && fa_library_has(FA_FAULT_HTTP2_ENDS);
}

/* Publish the header for observers of the attempt. */
static void exchange_publish_head(struct fa_exchange *x)
{
    const struct fa_head *head = &x->response.head;
    x->attempt->head = *head;
    x->attempt->latency = x->pace.last_byte - x->asked_at;
    x->attempt->has_head = true;
    if (x->on_head)
        x->on_head(x->attempt, x->watch_arg);
    if (x->attempt->written && head->rep.digest.hash)
        x->attempt->declared(x->attempt->written_arg, head->rep.digest.hash);
}

/* Prepare the part file for the body. */
static int exchange_begin_body(struct fa_exchange *x)
{
    const struct fa_response *response = &x->response;
    bool expect_length = x->settings->expect_length;
    if (response_is_doubtful(response)) {
        fa_error_set(&x->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                     "ambiguous end of an HTTP/2 response without a length (a fault of libcurl %s)",
                     curl_version_info(CURLVERSION_NOW)->version);
        x->stop.retryable = FA_RETRYABLE_NOW;
        x->stop.doubtful = true;
        return -1;
    }
    if (fa_body_open(&x->body, &response->head, expect_length, &x->stop))
        return -1;
    if (response->verdict == FA_VERDICT_FILE) {
        if (exchange_watch_end(x))
            return -1;
        exchange_publish_head(x);
    }
    return 0;
}

static int exchange_refuse_headers(struct fa_exchange *x)
{
    fa_error_set(&x->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "more than %d bytes of header and trailer fields", HEADERS_MAX);
    x->stop.retryable = FA_RETRYABLE_ONCE;
    return -1;
}

/* The header is complete, and there is a verdict.  A file that is known needs no body: closing the
 * connection is all that stops a server that ignores conditions.  A response that is kept is never
 * continued by another one. */
static int exchange_end_header(struct fa_exchange *x, double now)
{
    enum fa_verdict verdict = x->response.verdict;
    if (verdict == FA_VERDICT_UNCHANGED && x->response.status != NOT_MODIFIED)
        return -1;
    if (x->capture)
        x->response.head.rep.validator.strong = false;
    fa_pace_set_phase(&x->pace, verdict == FA_VERDICT_FILE ? FA_PHASE_BODY : FA_PHASE_DROP, now);
    return verdict == FA_VERDICT_FILE || verdict == FA_VERDICT_COMPLETE ? exchange_begin_body(x)
                                                                        : 0;
}

/* Unless they are shared, only cookies of responses that another request follows are of any use.
 * Called for the status line, before libcurl sees the first field. */
static void exchange_collect_cookies(struct fa_exchange *x)
{
    if (x->collects || (!x->settings->cookies && !fa_response_continues(&x->response)))
        return;
    x->collects = true;
    fa_cookies_collect(x->easy);
}

/* libcurl calls this for each line of every header section, including trailers, and takes a return
 * value other than len for an error. */
static size_t on_header(char *line, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_exchange *x = arg;
    double now = fa_clock_now();
    fa_pace_bytes_arrived(&x->pace, now);
    x->headers_size += len;
    if (x->headers_size > HEADERS_MAX)
        return exchange_refuse_headers(x) ? 0 : len;
    bool decided = x->response.verdict != FA_VERDICT_NONE;
    if (x->capture && !decided)
        fa_capture_line(x->capture, line, len, !x->response.in_head);
    fa_response_line(&x->response, line, len, time(NULL));
    exchange_collect_cookies(x);
    if (!decided && x->response.verdict != FA_VERDICT_NONE)
        return exchange_end_header(x, now) ? 0 : len;
    return len;
}

/* libcurl has accepted a body although we saw no header before it. */
static int exchange_refuse_body(struct fa_exchange *x)
{
    fa_error_set(&x->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "a response body without a header");
    x->stop.retryable = FA_RETRYABLE_ONCE;
    return -1;
}

/* Suspend the watchdog: a slow disk does not mean that libcurl hangs. */
static int exchange_put_body(struct fa_exchange *x, const char *data, size_t len, double now)
{
    int fd = fa_connections_leave(x->connections);
    int result = fa_body_put(&x->body, data, len, now, &x->stop);
    fa_connections_enter(x->connections, fd);
    return result;
}

/* The body of an error or a redirect is read up to DROP_MAX, because a short one costs less than
 * a new connection. */
static size_t on_body(char *data, size_t one, size_t len, void *arg)
{
    (void)one;
    struct fa_exchange *x = arg;
    double now = fa_clock_now();
    fa_pace_bytes_arrived(&x->pace, now);
    x->attempt->received += len;
    if (x->response.verdict == FA_VERDICT_NONE)
        return exchange_refuse_body(x) ? 0 : len;
    if (x->response.verdict == FA_VERDICT_FILE)
        return exchange_put_body(x, data, len, now) ? 0 : len;
    if (x->capture && x->dropped < DROP_MAX)
        fa_buf_put(&x->capture->body, data, len);
    x->dropped += len;
    return x->dropped > DROP_MAX ? 0 : len;
}

/* Only the header of a request is sent: there is never a body. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t len, void *arg)
{
    (void)easy;
    struct fa_exchange *x = arg;
    if (x->capture && type == CURLINFO_HEADER_OUT)
        fa_capture_sent(x->capture, data, len, (int64_t)time(NULL));
    return 0;
}

/* libcurl repeats a request by itself if a kept connection is dead, and if HTTP/2 refuses a
 * stream, even in the middle of its body; and to answer a challenge. */
static int exchange_begin_request(struct fa_exchange *x)
{
    if (!x->connected)
        return 0; /* the first request of the attempt */
    struct fa_asked asked = x->response.asked;
    bool answers = x->response.status == 401 && x->challenges > 0;
    x->challenges -= answers;
    if (x->response.verdict == FA_VERDICT_NONE || answers) {
        fa_response_fini(&x->response);
        fa_response_init(&x->response, &asked);
        return 0;
    }
    fa_error_set(&x->stop.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "the server aborted its response and requires a new request");
    x->stop.retryable = FA_RETRYABLE_NOW;
    x->stop.doubtful = true;
    return -1;
}

static int on_connected(void *arg, char *ip, char *local_ip, int port, int local_port)
{
    struct fa_exchange *x = arg;
    struct fa_endpoints ends = {
        .ip = ip, .local_ip = local_ip, .port = port, .local_port = local_port};
    fa_connections_use(x->connections, &x->lease, &ends, exchange_ssl(x));
    if (exchange_begin_request(x))
        return CURL_PREREQFUNC_ABORT;
    x->connected = true;
    x->asked_at = fa_clock_now();
    fa_pace_set_phase(&x->pace, FA_PHASE_HEAD, x->asked_at);
    if (x->on_connect)
        x->on_connect(x->attempt, x->watch_arg);
    return CURL_PREREQFUNC_OK;
}

/* Called for each TLS handshake, so twice on the way through an HTTPS proxy: `tls` counts the
 * layers, because only the outer one can be seen on the socket. */
static CURLcode on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    struct fa_exchange *x = arg;
    ++x->lease.tls;
    if (x->settings->insecure)
        return CURLE_OK;
    return fa_trust_install(x->trust, ssl_ctx, &x->stop.error) ? CURLE_SSL_CACERT_BADFILE
                                                               : CURLE_OK;
}

/* Report descriptor exhaustion ourselves: libcurl would report only a failure to connect. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    struct fa_exchange *x = arg;
    int sock = fa_connections_open(x->connections, &x->lease, address);
    if (sock < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        fa_error_system(&x->stop.error, FA_CLASS_LOCAL_IO, errno, "cannot open a connection");
        x->stop.retryable = FA_RETRYABLE_NOW;
    }
    return sock < 0 ? CURL_SOCKET_BAD : sock;
}

/* A connection may outlive the transfer that opened it. */
static int on_close_socket(void *connections, curl_socket_t sock)
{
    fa_connections_close(connections, sock);
    return 0;
}

void fa_exchange_prepare(CURL *easy, struct fa_connections *connections)
{
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, connections);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_tls);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
}

void fa_exchange_attach(struct fa_exchange *x, CURL *easy)
{
    x->easy = easy;
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, x);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, x);
}

void fa_exchange_reset(struct fa_exchange *x)
{
    fa_response_fini(&x->response);
    fa_capture_free(x->capture);
    fa_close_notify_put(x->close_notify);
    x->capture = NULL;
    x->close_notify = NULL;
    x->stop = (struct fa_outcome){0};
    x->lease = (struct fa_lease){0};
    x->dropped = 0;
    x->headers_size = 0;
    x->connected = false;
    x->collects = false;
}

void fa_exchange_fini(struct fa_exchange *x)
{
    fa_connections_done(x->connections, &x->lease, false);
    fa_close_notify_put(x->close_notify);
    fa_response_fini(&x->response);
    fa_capture_free(x->capture);
    fa_body_fini(&x->body);
}

static struct fa_exchange *lease_exchange(struct fa_lease *lease)
{
    return (struct fa_exchange *)(void *)((char *)lease - offsetof(struct fa_exchange, lease));
}

/* libcurl 7.88 chooses the next address, and connects only when it is called again: at half of the
 * time-out for connections.  The end of a pause makes it ask to be called at once. */
void fa_exchange_skip_refused(struct fa_connections *connections)
{
    struct fa_lease *lease;
    while ((lease = fa_connections_refused(connections))) {
        const struct fa_exchange *x = lease_exchange(lease);
        if (x->connected)
            continue;
        curl_easy_pause(x->easy, CURLPAUSE_RECV);
        curl_easy_pause(x->easy, CURLPAUSE_CONT);
    }
}
