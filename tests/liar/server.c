#include "liar/conn.h"

#include "support/fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENERS (2 * LIAR_HOSTS + 1)
#define PROXY     (LISTENERS - 1)
#define BACKLOG   256
#define STACK     (512 * 1024)
#define MODIFIED  "Wed, 01 Jan 2020 00:00:00 GMT"

struct liar_server {
    const struct liar_case *of;
    SSL_CTX *tls;
    bool verbose;
    int fds[LISTENERS];
    struct liar_places places;
    unsigned short proxy;
    int wake[2];
    pthread_t acceptor;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t left;
    LIST_HEAD(, liar_conn) conns;
    unsigned connects;
    unsigned long requests;
    struct {
        unsigned asked;
        bool announced;
        bool raced;
    } entries[LIAR_ENTRIES + 1]; /* by id */
};

static int alpn_choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *arg)
{
    (void)arg;
    const struct liar_server *server = SSL_get_app_data(ssl);
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    const unsigned char *ours = server->of->http2 ? both : both + 3;
    unsigned len = server->of->http2 ? 12 : 9;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, ours, len, in, in_len) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *liar_server_tls(const char *cert, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        fa_test_fail("cannot use \"%s\"", cert);
    }
    SSL_CTX_set_alpn_select_cb(tls, alpn_choose, NULL);
    return tls;
}

SSL_CTX *liar_server_context(const struct liar_server *server)
{
    return server->tls;
}

void liar_server_race(struct liar_server *server, unsigned id)
{
    pthread_mutex_lock(&server->lock);
    if (id <= LIAR_ENTRIES) {
        server->entries[id].raced = true;
    }
    pthread_mutex_unlock(&server->lock);
}

bool liar_server_raced(struct liar_server *server, unsigned id)
{
    pthread_mutex_lock(&server->lock);
    bool raced = server->entries[id].raced;
    pthread_mutex_unlock(&server->lock);
    return raced;
}

unsigned long liar_server_requests(struct liar_server *server)
{
    pthread_mutex_lock(&server->lock);
    unsigned long requests = server->requests;
    pthread_mutex_unlock(&server->lock);
    return requests;
}

static void server_log(const struct liar_server *server, const struct liar_ask *ask,
                       const struct liar_answer *answer, unsigned number)
{
    if (server->verbose) {
        fprintf(stderr, "liar: f%u%s%s request %u from %llu:", ask->entry->id,
                ask->tls ? " tls" : "", ask->stream ? " h2" : "", number,
                (unsigned long long)ask->from);
        for (size_t i = 0; answer && i < answer->count; i++) {
            fprintf(stderr, " %s:%x", answer->said[i].word->name, answer->said[i].param);
        }
        fputc('\n', stderr);
    }
}

/* A range counts if its validator is one of the entry's. */
static bool range_holds(const struct liar_entry *entry, const struct liar_request *request)
{
    char etag[32];
    snprintf(etag, sizeof(etag), "%s\"%u\"", entry->weak ? "W/" : "", entry->id);
    return request->ranged && (!request->if_range[0] || strcmp(request->if_range, MODIFIED) == 0 ||
                               strcmp(request->if_range, etag) == 0);
}

static void answer_unknown(unsigned stream, struct liar_script *out)
{
    struct liar_step *step = liar_script_add(out, stream ? LIAR_CLOSE : LIAR_SEND);
    if (!stream) {
        liar_bytes_text(&step->bytes, "HTTP/1.1 404 None\r\nContent-Length: 5\r\n\r\nnone\n");
    }
}

void liar_server_answer(struct liar_server *server, const struct liar_conn *conn,
                        const struct liar_request *request, unsigned stream,
                        struct liar_script *out)
{
    const struct liar_entry *entry =
        request->known ? liar_case_entry(server->of, request->id) : NULL;
    if (!entry) {
        answer_unknown(stream, out);
        return;
    }
    struct liar_ask ask = {.of = server->of,
                           .entry = entry,
                           .places = &server->places,
                           .ranged = range_holds(entry, request),
                           .loop = request->loop,
                           .tls = conn->ssl != NULL,
                           .stream = stream};
    ask.from = ask.ranged ? request->from : 0;
    pthread_mutex_lock(&server->lock);
    server->requests++;
    unsigned number = server->entries[entry->id].asked;
    server->entries[entry->id].asked += !request->loop;
    const struct liar_answer *answer = number < entry->count ? &entry->answers[number] : NULL;
    ask.announced = server->entries[entry->id].announced;
    int announces = liar_draft_announces(&ask, answer);
    if (announces >= 0) {
        server->entries[entry->id].announced = announces;
    }
    pthread_mutex_unlock(&server->lock);
    server_log(server, &ask, answer, number);
    liar_draft_script(&ask, answer, out);
}

void liar_server_connect(struct liar_server *server, struct liar_script *out, bool *tunnel)
{
    pthread_mutex_lock(&server->lock);
    unsigned number = server->connects++;
    pthread_mutex_unlock(&server->lock);
    size_t count = server->of->connect_count;
    liar_connect_script(count ? &server->of->connect[number % count] : NULL, out, tunnel);
}

static void *conn_run(void *arg)
{
    struct liar_conn *conn = arg;
    struct liar_server *server = conn->server;
    liar_conn_serve(conn);
    pthread_mutex_lock(&server->lock);
    LIST_REMOVE(conn, link);
    close(conn->fd);
    SSL_free(conn->ssl);
    liar_bytes_fini(&conn->in);
    free(conn);
    pthread_cond_signal(&server->left);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

static void server_accept(struct liar_server *server, int listener)
{
    int fd = accept4(server->fds[listener], NULL, NULL, SOCK_CLOEXEC);
    struct liar_conn *conn = fd >= 0 ? calloc(1, sizeof(*conn)) : NULL;
    if (!conn) {
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    *conn = (struct liar_conn){.server = server,
                               .fd = fd,
                               .is_proxy = listener == PROXY,
                               .begins_tls = listener % 2 && listener != PROXY};
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_mutex_lock(&server->lock);
    LIST_INSERT_HEAD(&server->conns, conn, link);
    if (pthread_create(&thread, &attr, conn_run, conn) != 0) {
        LIST_REMOVE(conn, link);
        close(fd);
        free(conn);
    }
    pthread_mutex_unlock(&server->lock);
    pthread_attr_destroy(&attr);
}

static void *acceptor_run(void *arg)
{
    struct liar_server *server = arg;
    struct pollfd at[LISTENERS + 1];
    for (int i = 0; i < LISTENERS; i++) {
        at[i] = (struct pollfd){.fd = server->fds[i], .events = POLLIN};
    }
    at[LISTENERS] = (struct pollfd){.fd = server->wake[0], .events = POLLIN};
    while (poll(at, LISTENERS + 1, -1) >= 0 && !at[LISTENERS].revents) {
        for (int i = 0; i < LISTENERS; i++) {
            if (at[i].revents) {
                server_accept(server, i);
            }
        }
    }
    return NULL;
}

static int listen_at(unsigned host, unsigned short *port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host)};
    socklen_t len = sizeof(in);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
        fa_test_fail("cannot listen: %s", strerror(errno));
    }
    *port = ntohs(in.sin_port);
    return fd;
}

struct liar_server *liar_server_new(const struct liar_case *of, SSL_CTX *tls, bool verbose)
{
    struct liar_server *server = calloc(1, sizeof(*server));
    if (!server || pipe2(server->wake, O_CLOEXEC) != 0) {
        fa_test_fail("cannot make a server");
    }
    server->of = of;
    server->tls = tls;
    server->verbose = verbose;
    LIST_INIT(&server->conns);
    for (int i = 0; i < PROXY; i++) {
        server->fds[i] = listen_at(1 + (unsigned)i / 2, &server->places.ports[i / 2][i % 2]);
    }
    server->fds[PROXY] = listen_at(LIAR_HOSTS + 1, &server->proxy);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->left, NULL);
    if (pthread_create(&server->acceptor, NULL, acceptor_run, server) != 0) {
        fa_test_fail("cannot make a thread");
    }
    return server;
}

void liar_server_free(struct liar_server *server)
{
    close(server->wake[1]);
    pthread_join(server->acceptor, NULL);
    close(server->wake[0]);
    for (int i = 0; i < LISTENERS; i++) {
        close(server->fds[i]);
    }
    pthread_mutex_lock(&server->lock);
    while (!LIST_EMPTY(&server->conns)) {
        struct liar_conn *conn;
        LIST_FOREACH (conn, &server->conns, link) {
            shutdown(conn->fd, SHUT_RDWR);
        }
        pthread_cond_wait(&server->left, &server->lock);
    }
    pthread_mutex_unlock(&server->lock);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->left);
    free(server);
}

const struct liar_places *liar_server_places(const struct liar_server *server)
{
    return &server->places;
}

unsigned short liar_server_proxy(const struct liar_server *server)
{
    return server->proxy;
}
