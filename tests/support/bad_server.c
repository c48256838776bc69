/*
 * fa_bad_server [--listen ADDR]... [--tls CERT KEY] [--old-tls]
 *
 * An HTTP server that misbehaves as the path of each request tells it to (bad_paths.h). It
 * listens on one port of its choice on every ADDR (default 127.0.0.1), with --tls in TLS (with
 * --old-tls in TLS 1.0 only), and on a second port on 127.0.0.1 that is never TLS, for the
 * control paths. Once it is ready it prints "PORT <n>" and "CONTROL <n>", each on a line. It ends
 * when its standard input, a pipe, reaches its end, and so never outlives its test.
 */

#include "bad_conn.h"

#include <arpa/inet.h>
#include <event2/listener.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define LISTEN_MAX 64
#define BACKLOG    4096
#define TRIES      20 /* for a port that is free on every address */

struct listening {
    struct fa_bad_server *server;
    struct evconnlistener *listener;
    bool control;
};

struct options {
    const char *addresses[LISTEN_MAX];
    size_t address_count;
    const char *cert;
    const char *key;
    bool old_tls;
    uint16_t port; /* 0: any */
};

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *arg)
{
    (void)listener;
    struct listening *at = arg;
    char address[INET6_ADDRSTRLEN + IF_NAMESIZE];
    char port[8];
    char peer[80];
    getnameinfo(from, (socklen_t)len, address, sizeof(address), port, sizeof(port),
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(peer, sizeof(peer), "%s:%s", address, port);
    if (!at->control) {
        at->server->log.accepted++;
    }
    fa_bad_conn_new(at->server, fd, peer, at->server->tls && !at->control);
}

/* Listens on ADDRESS; *PORT 0 asks for any and is set to the one got. */
static int listen_at(struct listening *at, const char *address, uint16_t *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(*port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
    bool v6 = inet_pton(AF_INET6, address, &in6.sin6_addr) == 1;
    struct sockaddr *to = v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
    socklen_t len = v6 ? sizeof(in6) : sizeof(in);
    if (!v6 && inet_pton(AF_INET, address, &in.sin_addr) != 1) {
        return -1;
    }
    at->listener = evconnlistener_new_bind(
        at->server->base, on_accept, at,
        LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, to, (int)len);
    if (!at->listener || getsockname(evconnlistener_get_fd(at->listener), to, &len) != 0) {
        return -1;
    }
    *port = ntohs(v6 ? in6.sin6_port : in.sin_port);
    return 0;
}

static void stop_listening(struct listening *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].listener) {
            evconnlistener_free(all[i].listener);
            all[i].listener = NULL;
        }
    }
}

static int listen_everywhere(struct listening *all, const struct options *options, uint16_t *port)
{
    for (int i = 0; i < TRIES; i++) {
        *port = options->port;
        size_t done = 0;
        while (done < options->address_count &&
               listen_at(&all[done], options->addresses[done], port) == 0) {
            done++;
        }
        if (done == options->address_count) {
            return 0;
        }
        stop_listening(all, options->address_count);
    }
    return -1;
}

static SSL_CTX *new_tls(const struct options *options)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_certificate_chain_file(tls, options->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, options->key, SSL_FILETYPE_PEM) != 1) {
        SSL_CTX_free(tls);
        return NULL;
    }
    if (options->old_tls) {
        SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
        SSL_CTX_set_max_proto_version(tls, TLS1_VERSION);
        SSL_CTX_set_cipher_list(tls, "ALL:@SECLEVEL=0");
    }
    return tls;
}

static int read_options(struct options *options, char **argv)
{
    for (argv++; *argv; argv++) {
        if (strcmp(*argv, "--listen") == 0 && argv[1] && options->address_count < LISTEN_MAX) {
            options->addresses[options->address_count++] = *++argv;
        } else if (strcmp(*argv, "--tls") == 0 && argv[1] && argv[2]) {
            options->cert = *++argv;
            options->key = *++argv;
        } else if (strcmp(*argv, "--port") == 0 && argv[1]) {
            options->port = (uint16_t)atoi(*++argv);
        } else if (strcmp(*argv, "--old-tls") == 0) {
            options->old_tls = true;
        } else {
            return -1;
        }
    }
    if (options->address_count == 0) {
        options->addresses[options->address_count++] = "127.0.0.1";
    }
    return 0;
}

static void on_stdin(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    char ignored[256];
    if (read(fd, ignored, sizeof(ignored)) <= 0) {
        event_base_loopbreak(arg);
    }
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(struct fa_bad_server *server, const struct options *options)
{
    struct listening all[LISTEN_MAX + 1];
    for (size_t i = 0; i <= LISTEN_MAX; i++) {
        all[i] = (struct listening){.server = server, .control = i == options->address_count};
    }
    uint16_t port;
    uint16_t control = 0;
    struct event *input =
        event_new(server->base, STDIN_FILENO, EV_READ | EV_PERSIST, on_stdin, server->base);
    int status = EXIT_FAILURE;
    if (listen_everywhere(all, options, &port) != 0 ||
        listen_at(&all[options->address_count], "127.0.0.1", &control) != 0) {
        fprintf(stderr, "fa_bad_server: cannot listen\n");
    } else if (!input || event_add(input, NULL) != 0) {
        fprintf(stderr, "fa_bad_server: standard input must be a pipe\n");
    } else {
        printf("PORT %u\nCONTROL %u\n", (unsigned)port, (unsigned)control);
        fflush(stdout);
        event_base_dispatch(server->base);
        status = EXIT_SUCCESS;
    }
    if (input) {
        event_free(input);
    }
    stop_listening(all, LISTEN_MAX + 1);
    return status;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct options options = {0};
    if (read_options(&options, argv) != 0) {
        fprintf(stderr, "usage: fa_bad_server [--listen ADDR]... [--port PORT] [--tls CERT KEY] "
                        "[--old-tls]\n");
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    struct fa_bad_server server = {.base = event_base_new()};
    LIST_INIT(&server.conns);
    int status = EXIT_FAILURE;
    if (!server.base || fa_bad_log_init(&server.log) != 0) {
        fprintf(stderr, "fa_bad_server: out of memory\n");
    } else if (options.cert && !(server.tls = new_tls(&options))) {
        fprintf(stderr, "fa_bad_server: cannot use \"%s\" and \"%s\"\n", options.cert, options.key);
    } else {
        status = run(&server, &options);
    }
    while (!LIST_EMPTY(&server.conns)) {
        fa_bad_conn_free(LIST_FIRST(&server.conns));
    }
    fa_bad_log_fini(&server.log);
    SSL_CTX_free(server.tls);
    if (server.base) {
        event_base_free(server.base);
    }
    return status;
}
