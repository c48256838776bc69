/*
 * serve: an HTTP server on one event loop, to have something to download from.
 *
 *     serve [FOLDER]
 *
 * It listens on a free port of 127.0.0.1, prints "PORT n", and ends with SIGTERM or SIGINT.  The
 * path says what is answered.  NAME is free and may be left out, and the bytes are a function of
 * the whole path:
 *
 *     /bytes/N/NAME              N bytes
 *     /chunked/N/NAME            N bytes, without a Content-Length
 *     /slow/MS/N/NAME            N bytes (1000), spread over so many milliseconds
 *     /status/CODE/NAME          that status
 *     /flaky/TIMES/CODE/N/NAME   CODE at the first TIMES requests (0: a reset), then N bytes
 *     anything else              a file of FOLDER, with an ETag
 *
 * One thread is enough for thousands of connections, as it never waits for any of them: a callback
 * does what can be done now, some microseconds of work, and libevent calls the next one when a
 * socket is ready or a timer is due.  A large body goes out piece by piece, the next one when the
 * last has left, so that memory does not grow with its size.
 *
 *     wrk -t1 -c100 -d10 http://127.0.0.1:PORT/bytes/1000
 *
 *     cc serve.c $(pkg-config --cflags --libs libevent_extra libevent_core)
 */
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/http.h>

#define PIECE       65536
#define SLOW_PIECES 20
#define IDLE_S      3600 /* libevent considers a client that only listens as idle */
#define COUNTERS    4096
#define BACKLOG     4096

struct server {
    struct event_base *base;
    int dir;                       /* -1: none */
    unsigned char asked[COUNTERS]; /* number of requests for /flaky, by the hash of the path */
};

/* A body that is being sent. */
struct stream {
    struct evhttp_request *req;
    struct event timer; /* for the next chunk, after the previous one has been sent */
    struct timeval pause;
    uint64_t piece, key, at, size;
};

static void *must(void *made)
{
    if (made)
        return made;
    perror("serve");
    exit(EXIT_FAILURE);
}

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; ++text)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

/* Eight bytes of the body (splitmix64, whose state is a counter): any part of any body can be
 * generated without the bytes before it. */
static uint64_t pattern_at(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Append a part of a body to the output.  OFFSET is a multiple of 8. */
static struct evbuffer *add_pattern(struct evhttp_request *req, uint64_t key, uint64_t offset,
                                    uint64_t len)
{
    struct evbuffer *buffer = evhttp_request_get_output_buffer(req);
    struct evbuffer_iovec room;
    must(evbuffer_reserve_space(buffer, (ev_ssize_t)len + 8, &room, 1) == 1 ? buffer : NULL);
    for (uint64_t i = 0; i < len; i += 8) {
        uint64_t block = pattern_at(key, (offset + i) / 8);
        memcpy((char *)room.iov_base + i, &block, 8);
    }
    room.iov_len = len;
    evbuffer_commit_space(buffer, &room, 1);
    return buffer;
}

static void on_written(struct evhttp_connection *conn, void *arg)
{
    struct stream *stream = arg;
    (void)conn;
    evtimer_add(&stream->timer, &stream->pause);
}

/* The client or the server closes.  What its connection still holds of the request is freed
 * with the connection. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct stream *stream = arg;
    (void)conn;
    if (!evhttp_request_get_connection(stream->req))
        evhttp_request_free(stream->req);
    evtimer_del(&stream->timer);
    free(stream);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;
    uint64_t left = stream->size - stream->at;
    uint64_t len = left < stream->piece ? left : stream->piece;
    (void)fd, (void)what;
    if (len > 0) {
        struct evbuffer *piece = add_pattern(stream->req, stream->key, stream->at, len);
        stream->at += len;
        evhttp_send_reply_chunk_with_cb(stream->req, piece, on_written, stream);
    } else {
        evhttp_connection_set_closecb(evhttp_request_get_connection(stream->req), NULL, NULL);
        evhttp_send_reply_end(stream->req);
        free(stream);
    }
}

/* libevent sets it for short bodies, but not for HEAD. */
static void add_length(struct evhttp_request *req, uint64_t size)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, size);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Length", text);
}

/* Send short bodies at once; long and slow ones chunk by chunk. */
static void send_body(struct server *server, struct evhttp_request *req, const char *path,
                      uint64_t size, uint64_t ms, bool chunked)
{
    uint64_t key = hash_text(path), pieces = size / PIECE + (ms ? SLOW_PIECES : 1);
    uint64_t us = ms * 1000 / pieces;
    bool head = evhttp_request_get_command(req) == EVHTTP_REQ_HEAD;
    if (!chunked)
        add_length(req, size);
    if (head || (pieces == 1 && !chunked)) {
        if (!head)
            add_pattern(req, key, 0, size);
        evhttp_send_reply(req, HTTP_OK, NULL, NULL);
        return;
    }
    struct stream *stream = must(calloc(1, sizeof(*stream)));
    *stream = (struct stream){.req = req, .key = key, .size = size};
    stream->piece = (size / pieces + 8) / 8 * 8;
    stream->pause = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    evtimer_assign(&stream->timer, server->base, on_timer, stream);
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, stream);
    evhttp_send_reply_start(req, HTTP_OK, NULL);
    on_written(NULL, stream);
}

/* 0: reset the connection, by lingering for no time (socket(7)). */
static void send_status(struct evhttp_request *req, unsigned code)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    struct linger none = {.l_onoff = 1};
    evbuffer_add_printf(evhttp_request_get_output_buffer(req), "%u\n", code);
    if (code > 0) {
        evhttp_send_reply(req, code < 200 || code > 599 ? HTTP_BADREQUEST : (int)code, NULL, NULL);
        return;
    }
    setsockopt(bufferevent_getfd(evhttp_connection_get_bufferevent(conn)), SOL_SOCKET, SO_LINGER,
               &none, sizeof(none));
    evhttp_connection_free(conn);
}

/* Whether this request is one of the first TIMES. */
static bool is_early(struct server *server, const char *path, unsigned times)
{
    unsigned char *asked = &server->asked[hash_text(path) % COUNTERS];
    return *asked < times && *asked < UINT8_MAX && ++*asked;
}

/* Send a regular file of the directory; the kernel rejects paths that leave it.  O_NONBLOCK: a
 * FIFO would wait for its writer.  (sendfile(2) blocks: with a slow disk it would need a
 * thread.) */
static void send_file(struct server *server, struct evhttp_request *req, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH};
    struct evbuffer *body = evhttp_request_get_output_buffer(req);
    const char *known = evhttp_find_header(evhttp_request_get_input_headers(req), "If-None-Match");
    struct stat st;
    char etag[64];
    char *name = must(evhttp_uridecode(path, 0, NULL));
    int fd = (int)syscall(SYS_openat2, server->dir, name + strspn(name, "/"), &how, sizeof(how));
    free(name);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        send_status(req, HTTP_NOTFOUND);
        return;
    }
    snprintf(etag, sizeof(etag), "\"%jx-%jx.%lx\"", (uintmax_t)st.st_size,
             (uintmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    evhttp_add_header(evhttp_request_get_output_headers(req), "ETag", etag);
    bool same = known && strcmp(known, etag) == 0;
    if (!same)
        add_length(req, (uint64_t)st.st_size);
    /* The buffer owns the descriptor once it has taken it; it rejects an empty file. */
    if (same || st.st_size == 0)
        close(fd);
    else
        must(evbuffer_add_file(body, fd, 0, st.st_size) == 0 ? body : NULL);
    evhttp_send_reply(req, same ? HTTP_NOTMODIFIED : HTTP_OK, NULL, NULL);
}

/* Parse the path.  The field widths prevent overflow. */
static void on_request(struct evhttp_request *req, void *arg)
{
    struct server *server = arg;
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
    unsigned ms, times, code;
    uint64_t size = 1000; /* for /slow/MS */
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type",
                      "application/octet-stream");
    if (sscanf(path, "/bytes/%12" SCNu64, &size) == 1)
        send_body(server, req, path, size, 0, false);
    else if (sscanf(path, "/chunked/%12" SCNu64, &size) == 1)
        send_body(server, req, path, size, 0, true);
    else if (sscanf(path, "/slow/%6u/%12" SCNu64, &ms, &size) >= 1)
        send_body(server, req, path, size, ms, false);
    else if (sscanf(path, "/status/%3u", &code) == 1)
        send_status(req, code);
    else if (sscanf(path, "/flaky/%3u/%3u/%12" SCNu64, &times, &code, &size) != 3)
        send_file(server, req, path);
    else if (is_early(server, path, times))
        send_status(req, code);
    else
        send_body(server, req, path, size, 0, false);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    event_base_loopbreak(arg);
}

/* @return the port.  Accepted sockets inherit TCP_NODELAY: otherwise the last chunk of a body
 *         may wait for
 * the client to acknowledge the previous one. */
static int start(struct evhttp *http)
{
    struct evhttp_bound_socket *bound = must(evhttp_bind_socket_with_handle(http, "127.0.0.1", 0));
    int fd = evhttp_bound_socket_get_fd(bound), yes = 1;
    struct sockaddr_in in = {0};
    getsockname(fd, (struct sockaddr *)&in, &(socklen_t){sizeof(in)});
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    listen(fd, BACKLOG); /* again, with a larger backlog than libevent uses */
    return ntohs(in.sin_port);
}

int main(int argc, char **argv)
{
    struct server server = {.dir = -1};
    if (argc > 2 || (argc == 2 && (server.dir = open(argv[1], O_PATH | O_DIRECTORY)) < 0)) {
        fprintf(stderr, "usage: serve [FOLDER]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files; /* a connection is a descriptor, and the soft limit is often 1024 */
    getrlimit(RLIMIT_NOFILE, &files);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){files.rlim_max, files.rlim_max});

    server.base = must(event_base_new());
    struct evhttp *http = must(evhttp_new(server.base));
    evhttp_set_gencb(http, on_request, &server);
    evhttp_set_timeout(http, IDLE_S);
    struct event *term = must(evsignal_new(server.base, SIGTERM, on_signal, server.base));
    struct event *intr = must(evsignal_new(server.base, SIGINT, on_signal, server.base));
    event_add(term, NULL);
    event_add(intr, NULL);
    printf("PORT %d\n", start(http));
    fflush(stdout);
    event_base_dispatch(server.base);

    event_free(term);
    event_free(intr);
    evhttp_free(http);
    event_base_free(server.base);
    return EXIT_SUCCESS;
}
