/*
 * serve: an HTTP server on one event loop, to have something to download from.
 *
 *     serve [-l ADDRESS] [-p PORT] [-d DIR]
 *
 * It prints "PORT n" once it listens: on 127.0.0.1, and a port that is free, unless told otherwise.
 * SIGTERM and SIGINT end it.  The path says what is answered; NAME is free and may be left out, and
 * the bytes are a function of the whole path:
 *
 *     /bytes/N/NAME              N bytes
 *     /chunked/N/NAME            N bytes, without a Content-Length
 *     /slow/MS/N/NAME            N bytes (1000), spread over so many milliseconds
 *     /status/CODE/NAME          that status
 *     /flaky/TIMES/CODE/N/NAME   CODE at the first TIMES requests (0: a reset), then N bytes
 *     anything else              a file of DIR, with an ETag
 *
 * One thread is enough for thousands of connections, as it never waits for any of them: a callback
 * does what can be done now, some microseconds of work, and libevent calls the next one when a
 * socket is ready or a timer is due.  So nothing here may block, and a large body goes out piece
 * by piece, the next one when the last has left: memory does not grow with the size.  (Files are
 * read from the disk by sendfile(2), which does block: another thread would be the place for them
 * if the disk were slow.)
 *
 *     wrk -t1 -c100 -d10 http://127.0.0.1:PORT/bytes/1000
 *
 *     cc serve.c $(pkg-config --cflags --libs libevent_extra libevent_core)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#define PIECE       65536
#define SLOW_PIECES 10
#define IDLE_S      3600 /* libevent takes a client that only listens for an idle one */
#define COUNTERS    4096
#define BACKLOG     4096

struct server {
    struct event_base *base;
    struct evhttp *http;
    int dir;                       /* -1: none */
    unsigned char asked[COUNTERS]; /* times that /flaky was asked, by the path's hash */
};

/* A body under way. */
struct stream {
    struct evhttp_request *req;
    struct evbuffer *piece;
    struct event *timer; /* for the next piece, once the last has left */
    struct timeval pause;
    size_t piece_size;
    uint64_t key;
    uint64_t at;
    uint64_t size;
};

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; ++text)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

/* Eight bytes of the body (splitmix64, whose state is a counter): any part of any body can be made
 * without what stands before it. */
static uint64_t pattern_at(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/* Writes into the memory of the buffer itself.  OFFSET is a multiple of 8. */
static int add_pattern(struct evbuffer *buffer, uint64_t key, uint64_t offset, size_t len)
{
    struct evbuffer_iovec room;
    if (evbuffer_reserve_space(buffer, (ev_ssize_t)(len + 8), &room, 1) < 1)
        return -1;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t block = pattern_at(key, (offset + i) / 8);
        memcpy((char *)room.iov_base + i, &block, 8);
    }
    room.iov_len = len;
    return evbuffer_commit_space(buffer, &room, 1);
}

static void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->piece)
        evbuffer_free(stream->piece);
    if (stream->timer)
        event_free(stream->timer);
    free(stream);
}

/* The client has gone, or the server goes.  What its connection still holds of the request is freed
 * with the connection. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct stream *stream = arg;
    (void)conn;
    if (!evhttp_request_get_connection(stream->req))
        evhttp_request_free(stream->req);
    stream_free(stream);
}

static void on_written(struct evhttp_connection *conn, void *arg)
{
    struct stream *stream = arg;
    (void)conn;
    evtimer_add(stream->timer, &stream->pause);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;
    struct evhttp_connection *conn = evhttp_request_get_connection(stream->req);
    uint64_t left = stream->size - stream->at;
    size_t len = left < stream->piece_size ? (size_t)left : stream->piece_size;
    (void)fd, (void)what;
    if (len == 0) {
        evhttp_connection_set_closecb(conn, NULL, NULL);
        evhttp_send_reply_end(stream->req);
        stream_free(stream);
    } else if (add_pattern(stream->piece, stream->key, stream->at, len)) {
        evhttp_connection_free(conn); /* a body that cannot be ended is cut */
    } else {
        stream->at += len;
        evhttp_send_reply_chunk_with_cb(stream->req, stream->piece, on_written, stream);
    }
}

static void stream_start(struct server *server, struct evhttp_request *req, uint64_t key,
                         uint64_t size, uint64_t ms)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream || !(stream->piece = evbuffer_new()) ||
        !(stream->timer = evtimer_new(server->base, on_timer, stream))) {
        stream_free(stream);
        evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    stream->req = req;
    stream->key = key;
    stream->size = size;
    stream->piece_size = PIECE;
    if (ms > 0 && size < (uint64_t)PIECE * SLOW_PIECES)
        stream->piece_size = ((size_t)size / SLOW_PIECES + 8) & ~(size_t)7;
    uint64_t us = ms * 1000 / (size / stream->piece_size + 1);
    stream->pause = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close, stream);
    evhttp_send_reply_start(req, HTTP_OK, NULL);
    on_written(NULL, stream);
}

static void add_length(struct evkeyvalq *headers, uint64_t size)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, size);
    evhttp_add_header(headers, "Content-Length", text);
}

static void send_body(struct server *server, struct evhttp_request *req, const char *path,
                      uint64_t size, uint64_t ms, bool chunked)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    struct evbuffer *body = evhttp_request_get_output_buffer(req);
    evhttp_add_header(headers, "Content-Type", "application/octet-stream");
    if (!chunked)
        add_length(headers, size);
    if (evhttp_request_get_command(req) == EVHTTP_REQ_HEAD)
        evhttp_send_reply(req, HTTP_OK, NULL, NULL);
    else if (chunked || ms > 0 || size > PIECE)
        stream_start(server, req, hash_text(path), size, ms);
    else if (add_pattern(body, hash_text(path), 0, (size_t)size))
        evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
    else
        evhttp_send_reply(req, HTTP_OK, NULL, NULL);
}

static void send_status(struct evhttp_request *req, unsigned code)
{
    if (code < 200 || code > 599)
        code = HTTP_BADREQUEST;
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "text/plain");
    evbuffer_add_printf(evhttp_request_get_output_buffer(req), "%u\n", code);
    evhttp_send_reply(req, (int)code, NULL, NULL);
}

/* To connect a socket to nothing sends RST (connect(2), AF_UNSPEC). */
static void send_reset(struct evhttp_request *req)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    struct sockaddr nothing = {.sa_family = AF_UNSPEC};
    (void)connect(bufferevent_getfd(evhttp_connection_get_bufferevent(conn)), &nothing,
                  sizeof(nothing));
    evhttp_connection_free(conn);
}

/* Whether this request is one of the first TIMES. */
static bool is_early(struct server *server, const char *path, unsigned times)
{
    unsigned char *asked = &server->asked[hash_text(path) % COUNTERS];
    return *asked < times && *asked < UINT8_MAX && ++*asked;
}

/* Whether a path goes up anywhere.  Symbolic links in DIR are followed: they are its owner's. */
static bool goes_up(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")); at += 2)
        if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
            return true;
    return false;
}

/* Opens a plain file of the folder; O_NONBLOCK, as a FIFO would wait for its writer. */
static int open_file(const struct server *server, const char *path, struct stat *st)
{
    size_t len;
    char *name = evhttp_uridecode(path, 0, &len);
    int fd = -1;
    if (name && strlen(name) == len && !goes_up(name))
        fd = openat(server->dir, name + strspn(name, "/"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    free(name);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void serve_file(struct server *server, struct evhttp_request *req, const char *path)
{
    struct stat st;
    int fd = server->dir >= 0 ? open_file(server, path, &st) : -1;
    if (fd < 0) {
        send_status(req, HTTP_NOTFOUND);
        return;
    }
    char etag[80];
    snprintf(etag, sizeof(etag), "\"%jx-%jx-%jx.%lx\"", (uintmax_t)st.st_ino, (uintmax_t)st.st_size,
             (uintmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    const char *known = evhttp_find_header(evhttp_request_get_input_headers(req), "If-None-Match");
    evhttp_add_header(headers, "ETag", etag);
    evhttp_add_header(headers, "Content-Type", "application/octet-stream");
    int code = known && strcmp(known, etag) == 0 ? HTTP_NOTMODIFIED : HTTP_OK;
    if (code == HTTP_OK)
        add_length(headers, (uint64_t)st.st_size);
    /* The buffer owns the descriptor once it has taken it; it takes no empty file. */
    struct evbuffer *body = evhttp_request_get_output_buffer(req);
    if (code == HTTP_NOTMODIFIED || st.st_size == 0 ||
        evbuffer_add_file(body, fd, 0, st.st_size) != 0)
        close(fd);
    if (code == HTTP_OK && evbuffer_get_length(body) < (size_t)st.st_size)
        evhttp_send_error(req, HTTP_SERVUNAVAIL, NULL);
    else
        evhttp_send_reply(req, code, NULL, NULL);
}

/* What the path says.  The widths keep the numbers from overflowing. */
static void on_request(struct evhttp_request *req, void *arg)
{
    struct server *server = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri && evhttp_uri_get_path(uri) ? evhttp_uri_get_path(uri) : "/";
    uint32_t ms;
    unsigned times;
    unsigned code;
    uint64_t size = 1000;
    if (sscanf(path, "/bytes/%12" SCNu64, &size) == 1)
        send_body(server, req, path, size, 0, false);
    else if (sscanf(path, "/chunked/%12" SCNu64, &size) == 1)
        send_body(server, req, path, size, 0, true);
    else if (sscanf(path, "/slow/%6" SCNu32 "/%12" SCNu64, &ms, &size) >= 1)
        send_body(server, req, path, size, ms, false);
    else if (sscanf(path, "/status/%3u", &code) == 1)
        send_status(req, code);
    else if (sscanf(path, "/flaky/%3u/%3u/%12" SCNu64, &times, &code, &size) != 3)
        serve_file(server, req, path);
    else if (!is_early(server, path, times))
        send_body(server, req, path, size, 0, false);
    else if (code == 0)
        send_reset(req);
    else
        send_status(req, code);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)number, (void)what;
    event_base_loopbreak(arg);
}

/* Returns the port, or -1.  Accepted sockets inherit TCP_NODELAY: without it the last piece of a
 * body may wait for the client's acknowledgement of the piece before. */
static int server_listen(struct server *server, const char *address, uint16_t port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof(in);
    int yes = 1;
    if (inet_pton(AF_INET, address, &in.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    struct evconnlistener *listener = evconnlistener_new_bind(
        server->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        BACKLOG, (struct sockaddr *)&in, sizeof(in));
    if (!listener)
        return -1;
    evutil_socket_t fd = evconnlistener_get_fd(listener);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (getsockname(fd, (struct sockaddr *)&in, &len) != 0 ||
        !evhttp_bind_listener(server->http, listener)) {
        evconnlistener_free(listener);
        return -1;
    }
    return ntohs(in.sin_port);
}

static int run(struct server *server, const char *address, uint16_t port)
{
    struct event *ends[] = {evsignal_new(server->base, SIGTERM, on_signal, server->base),
                            evsignal_new(server->base, SIGINT, on_signal, server->base)};
    int status = EXIT_FAILURE;
    evhttp_set_gencb(server->http, on_request, server);
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_timeout(server->http, IDLE_S);
    int bound = server_listen(server, address, port);
    if (bound < 0) {
        fprintf(stderr, "serve: cannot listen on \"%s\": %s\n", address, strerror(errno));
    } else if (!ends[0] || !ends[1] || event_add(ends[0], NULL) || event_add(ends[1], NULL)) {
        fprintf(stderr, "serve: cannot wait for signals\n");
    } else {
        printf("PORT %d\n", bound);
        fflush(stdout);
        status = event_base_dispatch(server->base) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    for (size_t i = 0; i < 2; ++i)
        if (ends[i])
            event_free(ends[i]);
    return status;
}

/* A connection is a descriptor, and the soft limit is often 1024. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    const char *address = "127.0.0.1";
    const char *dir = NULL;
    unsigned long port = 0;
    char *end = NULL;
    for (int option; (option = getopt(argc, argv, "l:p:d:")) != -1;) {
        if (option == 'l')
            address = optarg;
        else if (option == 'd')
            dir = optarg;
        else if (option != 'p' || (port = strtoul(optarg, &end, 10)) > UINT16_MAX || *end)
            optind = argc + 1;
    }
    if (optind != argc) {
        fprintf(stderr, "usage: serve [-l ADDRESS] [-p PORT] [-d DIR]\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    struct server server = {.dir = -1};
    int status = EXIT_FAILURE;
    if (dir && (server.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        fprintf(stderr, "serve: cannot open \"%s\": %s\n", dir, strerror(errno));
    else if (!(server.base = event_base_new()) || !(server.http = evhttp_new(server.base)))
        fprintf(stderr, "serve: out of memory\n");
    else
        status = run(&server, address, (uint16_t)port);
    if (server.http)
        evhttp_free(server.http);
    if (server.base)
        event_base_free(server.base);
    if (server.dir >= 0)
        close(server.dir);
    return status;
}
