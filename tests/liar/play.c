#include "liar/conn.h"

#include "support/process.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SPLIT_MAX 1500 /* bytes of a step that come one by one */
#define LATE_MAX  30   /* writes of a step that are a while apart */
#define FLOOD     65536

bool liar_conn_write(struct liar_conn *conn, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = conn->ssl ? SSL_write(conn->ssl, bytes, len > 1 << 20 ? 1 << 20 : (int)len)
                                : send(conn->fd, bytes, len, MSG_NOSIGNAL);
        if (put <= 0 && !(errno == EINTR && !conn->ssl)) {
            return false;
        }
        bytes += put > 0 ? put : 0;
        len -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

bool liar_conn_read(struct liar_conn *conn)
{
    char piece[16384];
    ssize_t got;
    do {
        got = conn->ssl ? SSL_read(conn->ssl, piece, sizeof(piece))
                        : recv(conn->fd, piece, sizeof(piece), 0);
    } while (got < 0 && !conn->ssl && errno == EINTR);
    if (got <= 0) {
        return false;
    }
    liar_bytes_add(&conn->in, piece, (size_t)got);
    return true;
}

unsigned liar_conn_idle_ms(const struct liar_conn *conn)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info.tcpi_last_data_recv;
}

/* Waits until something comes, the client leaves, or MS are over. Returns whether it came. */
static bool conn_wait(const struct liar_conn *conn, unsigned ms)
{
    struct pollfd at = {.fd = conn->fd, .events = POLLIN | POLLRDHUP};
    return poll(&at, 1, (int)ms) > 0;
}

static void pause_ms(unsigned ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static bool play_send(struct liar_conn *conn, const struct liar_step *step)
{
    const struct liar_bytes *bytes = &step->bytes;
    size_t piece = step->piece ? step->piece : bytes->len;
    size_t split = step->ms || !step->piece ? bytes->len : SPLIT_MAX;
    if (step->ms && piece < bytes->len / LATE_MAX) {
        piece = bytes->len / LATE_MAX;
    }
    for (size_t at = 0; at < bytes->len;) {
        size_t len = at < split && piece < bytes->len - at ? piece : bytes->len - at;
        if (!liar_conn_write(conn, bytes->at + at, len)) {
            return false;
        }
        at += len;
        pause_ms(step->ms);
    }
    return true;
}

static bool play_flood(struct liar_conn *conn, const struct liar_step *step)
{
    struct liar_bytes block = {0};
    uint64_t units = 0;
    while (units < step->number && block.len < FLOOD) {
        liar_bytes_add(&block, step->bytes.at, step->bytes.len);
        units++;
    }
    bool good = true;
    for (uint64_t done = 0; good && done + units <= step->number && units; done += units) {
        good = liar_conn_write(conn, block.at, block.len);
    }
    liar_bytes_fini(&block);
    return good;
}

static bool play_poison(struct liar_conn *conn, const struct liar_step *step)
{
    if (conn_wait(conn, 0)) {
        return true; /* a request, to which this would be an answer */
    }
    bool good = liar_conn_write(conn, step->bytes.at, step->bytes.len);
    conn->poisoned = fa_now();
    return good;
}

static void play_end(struct liar_conn *conn, const struct liar_step *step)
{
    const struct linger now = {1, 0};
    if (step->op == LIAR_CLOSE && conn->ssl) {
        SSL_shutdown(conn->ssl);
    } else if (step->op == LIAR_RESET) {
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    } else if (step->op == LIAR_HALF) {
        shutdown(conn->fd, SHUT_WR);
        conn_wait(conn, step->ms);
    }
}

bool liar_conn_play(struct liar_conn *conn, const struct liar_script *script)
{
    bool good = true;
    for (size_t i = 0; good && i < script->count; i++) {
        const struct liar_step *step = &script->steps[i];
        switch (step->op) {
        case LIAR_SEND:
            good = play_send(conn, step);
            break;
        case LIAR_FLOOD:
            good = play_flood(conn, step);
            break;
        case LIAR_WAIT:
            conn_wait(conn, step->ms);
            break;
        case LIAR_POISON:
            good = play_poison(conn, step);
            break;
        case LIAR_NOTIFY:
            if (conn->ssl && !conn_wait(conn, 0)) {
                SSL_shutdown(conn->ssl);
            }
            break;
        default:
            play_end(conn, step);
            good = false;
        }
    }
    return good;
}
