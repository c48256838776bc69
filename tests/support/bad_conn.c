#include "bad_conn.h"

#include "bad_paths.h"
#include "pattern.h"

#include <event2/bufferevent_ssl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_HIGH (256u * 1024) /* bytes waiting for the socket at most */
#define OUT_LOW  (64u * 1024)
#define PIECE    (16u * 1024)
#define RESET_MS 1 /* how often to look whether a reset may be sent */

static void pump(struct fa_bad_conn *conn);

static void end_request(struct fa_bad_conn *conn)
{
    if (conn->request && !conn->control) {
        fa_bad_log_end(&conn->server->log, conn->request);
    }
    fa_bad_request_free(conn->request);
    conn->request = NULL;
    conn->answer = (struct fa_bad_answer){.hold_at = UINT64_MAX};
    evbuffer_drain(conn->text, evbuffer_get_length(conn->text));
}

void fa_bad_conn_free(struct fa_bad_conn *conn)
{
    end_request(conn);
    if (conn->counted) {
        fa_bad_log_close(&conn->server->log);
    }
    LIST_REMOVE(conn, link);
    event_free(conn->timer);
    event_free(conn->speak);
    evbuffer_free(conn->text);
    bufferevent_free(conn->bev);
    free(conn);
}

static void begin_request(struct fa_bad_conn *conn, struct fa_bad_request *request)
{
    struct fa_bad_log *log = &conn->server->log;
    conn->request = request;
    conn->control = strncmp(request->path, "/_", 2) == 0;
    if (conn->control) {
        return;
    }
    if (!conn->counted) {
        conn->counted = true;
        fa_bad_log_open(log);
    }
    fa_bad_log_begin(log, conn->id, conn->peer, request);
}

/* May free the connection. */
static void serve_next(struct fa_bad_conn *conn)
{
    struct fa_bad_request *request;
    switch (fa_bad_request_take(bufferevent_get_input(conn->bev), &request)) {
    case FA_BAD_NOT_YET:
        return;
    case FA_BAD_NONSENSE:
        fa_bad_conn_free(conn);
        return;
    case FA_BAD_TAKEN:
        break;
    }
    begin_request(conn, request);
    if (conn->doomed) {
        fa_bad_conn_free(conn);
        return;
    }
    fa_bad_paths_serve(conn);
    if (strcmp(request->method, "HEAD") == 0) {
        conn->answer.at = conn->answer.end;
        conn->answer.chunked = false;
        conn->answer.tail = NULL;
    }
    const char *connection = fa_bad_request_header(request, "Connection");
    if (conn->answer.then == FA_BAD_KEEP && connection && strcasecmp(connection, "close") == 0) {
        conn->answer.then = FA_BAD_CLOSE;
    }
    pump(conn);
}

static void wait_for(struct fa_bad_conn *conn, unsigned ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    conn->waiting = true;
    evtimer_add(conn->timer, &delay);
}

static void close_tls(struct fa_bad_conn *conn)
{
    SSL *ssl = bufferevent_openssl_get_ssl(conn->bev);
    if (ssl) {
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
        SSL_shutdown(ssl);
    }
}

/* A reset throws away what the kernel still has to send, so all of that must be gone first. */
static void reset_when_sent(struct fa_bad_conn *conn)
{
    int fd = bufferevent_getfd(conn->bev);
    int unsent = 0;
    if (ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent > 0) {
        conn->ending = true;
        wait_for(conn, RESET_MS);
        return;
    }
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fa_bad_conn_free(conn);
}

static void on_speak(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct fa_bad_conn *conn = arg;
    bufferevent_write(conn->bev, conn->unasked, strlen(conn->unasked));
    conn->unasked = NULL;
}

/* What follows an answer on a connection that is kept. */
static void follow_up(struct fa_bad_conn *conn)
{
    SSL *ssl = conn->ticket ? bufferevent_openssl_get_ssl(conn->bev) : NULL;
    if (ssl && SSL_new_session_ticket(ssl) == 1) {
        SSL_do_handshake(ssl);
    }
    conn->ticket = false;
    if (conn->unasked && !evtimer_pending(conn->speak, NULL)) {
        struct timeval delay = {.tv_sec = conn->unasked_ms / 1000,
                                .tv_usec = (suseconds_t)(conn->unasked_ms % 1000) * 1000};
        evtimer_add(conn->speak, &delay);
    }
}

/* All is sent. May free the connection. */
static void finish(struct fa_bad_conn *conn)
{
    switch (conn->answer.then) {
    case FA_BAD_KEEP:
        end_request(conn);
        follow_up(conn);
        serve_next(conn);
        return;
    case FA_BAD_CLOSE:
        close_tls(conn);
        fa_bad_conn_free(conn);
        return;
    case FA_BAD_RUDE:
        fa_bad_conn_free(conn);
        return;
    case FA_BAD_RESET:
        reset_when_sent(conn);
        return;
    case FA_BAD_HANG:
        return;
    }
}

static void send_text(struct fa_bad_conn *conn, struct evbuffer *out)
{
    unsigned ms = conn->answer.text_ms;
    evbuffer_remove_buffer(conn->text, out, ms ? 1 : PIECE);
    if (ms) {
        wait_for(conn, ms);
    }
}

static void send_body(struct fa_bad_conn *conn, struct evbuffer *out)
{
    struct fa_bad_answer *answer = &conn->answer;
    uint64_t left = answer->end - answer->at;
    if (answer->hold_at > answer->at && answer->hold_at - answer->at < left) {
        left = answer->hold_at - answer->at;
    }
    uint64_t most = answer->body_ms ? answer->body_piece : PIECE;
    size_t len = (size_t)(left < most ? left : most);
    unsigned char piece[PIECE];
    len = len < sizeof(piece) ? len : sizeof(piece);
    fa_pattern_fill_key(answer->key, answer->at, piece, len);
    if (answer->chunked) {
        evbuffer_add_printf(out, "%zx\r\n", len);
    }
    evbuffer_add(out, piece, len);
    if (answer->chunked) {
        evbuffer_add(out, "\r\n", 2);
    }
    answer->at += len;
    if (answer->body_ms) {
        wait_for(conn, answer->body_ms);
    }
}

/* Gives the next bytes of the answer to OUT; false if there are none, or not now. */
static bool send_some(struct fa_bad_conn *conn, struct evbuffer *out)
{
    struct fa_bad_answer *answer = &conn->answer;
    if (answer->delay_ms) {
        wait_for(conn, answer->delay_ms);
        answer->delay_ms = 0;
    } else if (evbuffer_get_length(conn->text) > 0) {
        send_text(conn, out);
    } else if (answer->at == answer->hold_at) {
        conn->held = true;
    } else if (answer->at < answer->end) {
        send_body(conn, out);
    } else if (answer->tail) {
        evbuffer_add(out, answer->tail, strlen(answer->tail));
        answer->tail = NULL;
    } else if (answer->endless) {
        evbuffer_add(out, answer->endless, strlen(answer->endless));
    } else {
        return false;
    }
    return !conn->waiting && !conn->held;
}

/* Sends what may be sent now. May free the connection. */
static void pump(struct fa_bad_conn *conn)
{
    struct evbuffer *out = bufferevent_get_output(conn->bev);
    if (!conn->request || conn->waiting || conn->held) {
        return;
    }
    while (evbuffer_get_length(out) < OUT_HIGH && send_some(conn, out)) {
    }
    if (!conn->waiting && !conn->held && evbuffer_get_length(out) == 0) {
        finish(conn);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct fa_bad_conn *conn = arg;
    conn->waiting = false;
    if (conn->ending) {
        reset_when_sent(conn);
    } else {
        pump(conn);
    }
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    struct fa_bad_conn *conn = arg;
    if (!conn->request) {
        serve_next(conn);
    }
}

static void on_write(struct bufferevent *bev, void *arg)
{
    (void)bev;
    pump(arg);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        fa_bad_conn_free(arg);
    }
}

static struct bufferevent *new_bev(struct fa_bad_server *server, int fd, bool secure)
{
    if (!secure) {
        return bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    }
    SSL *ssl = SSL_new(server->tls);
    if (!ssl) {
        return NULL;
    }
    struct bufferevent *bev = bufferevent_openssl_socket_new(
        server->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!bev) {
        SSL_free(ssl);
    }
    return bev;
}

void fa_bad_conn_new(struct fa_bad_server *server, int fd, const char *peer, bool secure)
{
    struct fa_bad_conn *conn = calloc(1, sizeof(*conn));
    struct bufferevent *bev = conn ? new_bev(server, fd, secure) : NULL;
    if (!bev) {
        free(conn);
        close(fd);
        return;
    }
    conn->server = server;
    conn->bev = bev;
    conn->timer = evtimer_new(server->base, on_timer, conn);
    conn->speak = evtimer_new(server->base, on_speak, conn);
    conn->text = evbuffer_new();
    conn->answer.hold_at = UINT64_MAX;
    conn->id = ++server->last_conn;
    strncpy(conn->peer, peer, sizeof(conn->peer) - 1);
    LIST_INSERT_HEAD(&server->conns, conn, link);
    bufferevent_setcb(bev, on_read, on_write, on_event, conn);
    bufferevent_setwatermark(bev, EV_WRITE, OUT_LOW, 0);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

void fa_bad_conn_say(struct fa_bad_conn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    evbuffer_add_vprintf(conn->text, format, args);
    va_end(args);
}

void fa_bad_conn_body(struct fa_bad_conn *conn, const char *seed, uint64_t at, uint64_t end)
{
    conn->answer.key = fa_pattern_key(seed);
    conn->answer.at = at;
    conn->answer.end = end;
}

static bool released_by(const struct fa_bad_conn *conn, const char *gate, const char *name)
{
    if (!conn->held) {
        return false;
    }
    if (gate || conn->answer.gate) {
        return gate && conn->answer.gate && strcmp(gate, conn->answer.gate) == 0;
    }
    const char *slash = strrchr(conn->request->path, '/');
    return !name || (slash && strcmp(slash + 1, name) == 0);
}

unsigned fa_bad_conns_release(struct fa_bad_server *server, const char *gate, const char *name)
{
    unsigned released = 0;
    struct fa_bad_conn *conn;
    LIST_FOREACH (conn, &server->conns, link) {
        if (released_by(conn, gate, name)) {
            released++;
            conn->held = false;
            conn->answer.hold_at = UINT64_MAX;
            wait_for(conn, 0); /* the list must not change while it is walked */
        }
    }
    return released;
}

unsigned fa_bad_conns_held(const struct fa_bad_server *server)
{
    unsigned held = 0;
    const struct fa_bad_conn *conn;
    LIST_FOREACH (conn, &server->conns, link) {
        held += conn->held;
    }
    return held;
}
