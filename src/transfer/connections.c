/*
 * A connection is in two hash tables: by descriptor from socket(2) to close(2), and by the key of
 * its endpoints once a transfer uses it.  Until then it has no key, and is in the list of the lease
 * of the transfer that opened it.
 *
 * libcurl may open several sockets for one transfer (RFC 8305, Happy Eyeballs) and keep the one
 * that connects.  CURLOPT_PREREQFUNCTION(3) names that one only by its addresses, so it is found
 * among the sockets of the lease by its local port.
 *
 * TLS sessions are kept in a share, because an easy handle keeps its own only as long as it lives:
 * without one, each further connection to an origin would verify the same certificates again.  The
 * share belongs to the thread of the multi handle, so it needs no locks.  It has space for 8
 * sessions in libcurl 7.88.
 *
 * curl_multi_remove_handle(3) walks through all connections if the handle has left one, in search
 * of those of CURLOPT_CONNECT_ONLY(3): with 6,000 connections, two fifths of the CPU time.  A
 * handle that cannot find its last connection counts as one that has left none, so a look into the
 * cache of another share, which is always empty, avoids the walk.
 *
 * A closed connection is freed once no lease refers to it.  The counter `turn` is odd while libcurl
 * is running, so that the watchdog can read it without the lock.
 */
#include "transfer/connections.h"

#include "base/key.h"
#include "transfer/library.h"
#include "transfer/models.h"
#include "transfer/tcp.h"
#include "transfer/trust.h"
#include "transfer/watchdog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUCKETS 256
/* With fewer connections than this, the walk costs less than what avoids it. */
#define WALK_AVOIDED 128

struct fa_connection {
    int fd;                  /* -1: closed, kept alive by leases */
    uint64_t key;            /* of its endpoints; 0: not used yet */
    struct fa_lease *opener; /* the transfer that opened it, until it is used */
    unsigned users;
    bool nested; /* TLS inside the TLS of a proxy */
    bool http2;
    bool cut;
    struct fa_tcp_meter tcp;
    LIST_ENTRY(fa_connection) in_fd;  /* in a bucket of by_fd */
    LIST_ENTRY(fa_connection) in_key; /* in a bucket of by_key, in its opener's list, or in lost */
};

LIST_HEAD(connection_list, fa_connection);

struct fa_connections {
    struct fa_watchdog *watchdog;
    CURLSH *share;
    CURLSH *nothing; /* its cache of connections is empty */
    unsigned count;  /* of sockets */
    struct fa_models models;
    void (*changed)(void *arg, int fd, bool open); /* may be NULL */
    void *changed_arg;
    bool peeks;                              /* this libcurl has FA_FAULT_UNASKED_ANSWER */
    LIST_HEAD(lease_list, fa_lease) refused; /* for the thread that drives libcurl */
    _Atomic uint64_t turn;
    atomic_int busy;
    pthread_mutex_t lock; /* guards the fields below, shared with the watchdog */
    struct connection_list by_fd[BUCKETS];
    struct connection_list by_key[BUCKETS];
    struct connection_list lost; /* those without a key whose opener has ended */
};

struct fa_connections *fa_connections_new(struct fa_watchdog *watchdog, struct fa_error *err)
{
    struct fa_connections *c = calloc(1, sizeof(*c));
    CURLSH *share = curl_share_init(), *nothing = curl_share_init();
    if (!c || !share || !nothing ||
        curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK ||
        curl_share_setopt(nothing, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
        curl_share_cleanup(share);
        curl_share_cleanup(nothing);
        free(c);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
        return NULL;
    }
    c->share = share;
    c->nothing = nothing;
    c->watchdog = watchdog;
    c->peeks = fa_library_has(FA_FAULT_UNASKED_ANSWER);
    c->busy = -1;
    pthread_mutex_init(&c->lock, NULL);
    fa_watchdog_add(watchdog, c);
    return c;
}

void fa_connections_free(struct fa_connections *c)
{
    if (!c)
        return;
    fa_watchdog_remove(c->watchdog, c);
    for (size_t i = 0; i < BUCKETS; ++i) {
        while (!LIST_EMPTY(&c->by_fd[i])) {
            struct fa_connection *connection = LIST_FIRST(&c->by_fd[i]);
            LIST_REMOVE(connection, in_fd);
            free(connection);
        }
    }
    fa_models_fini(&c->models);
    curl_share_cleanup(c->share);
    curl_share_cleanup(c->nothing);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void fa_connections_observe(struct fa_connections *c, void (*changed)(void *arg, int fd, bool open),
                            void *arg)
{
    c->changed = changed;
    c->changed_arg = arg;
}

CURLSH *fa_connections_share(const struct fa_connections *c)
{
    return c->share;
}

void fa_connections_forget(struct fa_connections *c, CURL *easy)
{
    curl_socket_t none;
    if (c->count >= WALK_AVOIDED && curl_easy_setopt(easy, CURLOPT_SHARE, c->nothing) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &none);
}

struct fa_models *fa_connections_models(struct fa_connections *c)
{
    return &c->models;
}

/* The connection is allocated before the socket, so that no socket exists without one: the watchdog
 * would not see it. */
int fa_connections_open(struct fa_connections *c, struct fa_lease *lease,
                        const struct curl_sockaddr *address)
{
    struct fa_connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        return -1;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
        int saved = errno;
        free(connection);
        errno = saved;
        return -1;
    }
    connection->fd = fd;
    connection->opener = lease;
    ++c->count;
    pthread_mutex_lock(&c->lock);
    LIST_INSERT_HEAD(&c->by_fd[(unsigned)fd % BUCKETS], connection, in_fd);
    LIST_INSERT_HEAD(&lease->opened, connection, in_key);
    pthread_mutex_unlock(&c->lock);
    if (c->changed)
        c->changed(c->changed_arg, fd, true);
    return fd;
}

static struct fa_connection *connection_find_fd(struct fa_connections *c, int fd)
{
    struct fa_connection *at;
    LIST_FOREACH (at, &c->by_fd[(unsigned)fd % BUCKETS], in_fd)
        if (at->fd == fd)
            return at;
    return NULL;
}

static void connections_note_refusal(struct fa_connections *c, struct fa_lease *lease)
{
    if (!lease->refused)
        LIST_INSERT_HEAD(&c->refused, lease, in_refused);
    lease->refused = true;
}

static void lease_forget_refusal(struct fa_lease *lease)
{
    if (lease->refused)
        LIST_REMOVE(lease, in_refused);
    lease->refused = false;
}

struct fa_lease *fa_connections_refused(struct fa_connections *c)
{
    struct fa_lease *lease = LIST_FIRST(&c->refused);
    if (lease)
        lease_forget_refusal(lease);
    return lease;
}

/* close(2) happens under the lock: as soon as the number is free, another thread may get it, and
 * the watchdog would shut down the wrong socket. */
void fa_connections_close(struct fa_connections *c, int fd)
{
    if (c->changed)
        c->changed(c->changed_arg, fd, false);
    pthread_mutex_lock(&c->lock);
    struct fa_connection *connection = connection_find_fd(c, fd);
    if (connection) {
        --c->count;
        LIST_REMOVE(connection, in_fd);
        LIST_REMOVE(connection, in_key);
        if (connection->opener) {
            connection->opener->cut |= connection->cut;
            connections_note_refusal(c, connection->opener);
        }
        connection->fd = -1;
        if (connection->users == 0)
            free(connection);
        else
            fa_tcp_meter_read(&connection->tcp, fd);
    }
    close(fd);
    pthread_mutex_unlock(&c->lock);
}

/* A closed connection is kept until its last lease has seen whether it was cut. */
static void lease_drop(struct fa_lease *lease)
{
    struct fa_connection *connection = lease->connection;
    lease->connection = NULL;
    if (!connection)
        return;
    lease->cut |= connection->cut;
    if (--connection->users == 0 && connection->fd < 0)
        free(connection);
}

/* 0 means that a connection has no key yet. */
static uint64_t endpoints_key(const struct fa_endpoints *ends)
{
    uint64_t parts[] = {fa_key_pair(ends->local_ip, ends->ip), (uint64_t)ends->local_port,
                        (uint64_t)ends->port};
    uint64_t key = fa_key(parts, sizeof(parts));
    return key ? key : 1;
}

static int socket_local_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {0};
    socklen_t len = sizeof(name);
    if (getsockname(fd, &name.any, &len))
        return -1;
    return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

/* Of the sockets that a transfer has opened, find the one that connected.  Mostly there is only
 * one, which need not be asked for its port. */
static struct fa_connection *lease_find_opened(const struct fa_lease *lease, int port)
{
    struct fa_connection *at = LIST_FIRST(&lease->opened);
    if (at && !LIST_NEXT(at, in_key))
        return at;
    LIST_FOREACH (at, &lease->opened, in_key)
        if (socket_local_port(at->fd) == port)
            return at;
    return NULL;
}

static struct fa_connection *connection_find_key(struct fa_connections *c, uint64_t key)
{
    struct fa_connection *at;
    LIST_FOREACH (at, &c->by_key[key % BUCKETS], in_key)
        if (at->key == key)
            return at;
    return NULL;
}

/* Bytes of TLS may also be a session ticket or a close_notify: only OpenSSL can tell. */
static bool connection_has_waiting(const struct fa_connection *connection, void *ssl)
{
    char byte;
    if (ssl && fa_trust_has_read(ssl))
        return true;
    if (recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
        return false;
    return !ssl || connection->nested || fa_trust_has_data(ssl, connection->fd);
}

/* From now on it is found by its endpoints, also by other transfers. */
static void connection_name(struct fa_connections *c, struct fa_connection *connection,
                            uint64_t key, const struct fa_lease *lease)
{
    LIST_REMOVE(connection, in_key);
    LIST_INSERT_HEAD(&c->by_key[key % BUCKETS], connection, in_key);
    connection->key = key;
    connection->opener = NULL;
    connection->nested = lease->tls > 1;
}

/* The same endpoints as before mean a kept connection; HTTP/2 frames of other streams may wait on
 * it at any time, so only an HTTP/1.1 connection is checked for waiting bytes.  libcurl may give it
 * to the next transfer before it has said that the previous one is done. */
void fa_connections_use(struct fa_connections *c, struct fa_lease *lease,
                        const struct fa_endpoints *ends, void *ssl)
{
    uint64_t key = endpoints_key(ends);
    pthread_mutex_lock(&c->lock);
    lease_drop(lease);
    struct fa_connection *connection = connection_find_key(c, key);
    bool kept = connection != NULL;
    if (!kept && (connection = lease_find_opened(lease, ends->local_port)))
        connection_name(c, connection, key, lease);
    bool alone = kept && !connection->http2 && (connection->users == 0 || !lease->shared);
    lease->kept = kept;
    if (connection) {
        lease->connection = connection;
        ++connection->users;
    }
    pthread_mutex_unlock(&c->lock);
    if (alone && c->peeks && connection_has_waiting(connection, ssl))
        shutdown(connection->fd, SHUT_RDWR);
}

/* Of a closed connection, what was read before it was closed. */
static void lease_measure(struct fa_lease *lease)
{
    struct fa_connection *connection = lease->connection;
    if (connection->fd >= 0)
        fa_tcp_meter_refresh(&connection->tcp, connection->fd);
    lease->tcp = fa_tcp_meter_take(&connection->tcp);
}

/* Sockets that lost the race of Happy Eyeballs may still be open: they must not refer to a lease
 * that ends. */
void fa_connections_done(struct fa_connections *c, struct fa_lease *lease, bool http2)
{
    pthread_mutex_lock(&c->lock);
    if (lease->connection) {
        lease->connection->http2 |= http2;
        lease_measure(lease);
    }
    lease_drop(lease);
    lease_forget_refusal(lease);
    struct fa_connection *at;
    while ((at = LIST_FIRST(&lease->opened))) {
        lease->cut |= at->cut;
        at->opener = NULL;
        LIST_REMOVE(at, in_key);
        LIST_INSERT_HEAD(&c->lost, at, in_key);
    }
    pthread_mutex_unlock(&c->lock);
}

/* The descriptor is stored first: a watchdog that reads the new turn also reads its descriptor. */
void fa_connections_enter(struct fa_connections *c, int fd)
{
    c->busy = fd;
    ++c->turn;
}

int fa_connections_leave(struct fa_connections *c)
{
    ++c->turn;
    return c->busy;
}

uint64_t fa_connections_turn(struct fa_connections *c)
{
    return c->turn;
}

/* The counter is incremented on the way in and on the way out, so an odd value means inside. */
bool fa_connections_is_inside(uint64_t turn)
{
    return turn % 2;
}

/* The flag tells the transfer later why its connection broke: see transfer_check_cut(). */
static void connection_cut(struct fa_connection *connection)
{
    connection->cut = true;
    shutdown(connection->fd, SHUT_RDWR);
}

/* First shut down the socket that libcurl was called for; if that is unknown or did not help, all
 * sockets that have bytes waiting, because one of those feeds the loop. */
void fa_connections_cut(struct fa_connections *c, bool all)
{
    int busy = c->busy;
    pthread_mutex_lock(&c->lock);
    if (busy >= 0 && !all) {
        struct fa_connection *connection = connection_find_fd(c, busy);
        if (connection)
            connection_cut(connection);
    }
    for (size_t i = 0; (busy < 0 || all) && i < BUCKETS; ++i) {
        struct fa_connection *at;
        LIST_FOREACH (at, &c->by_fd[i], in_fd) {
            int waiting = 0;
            if (ioctl(at->fd, FIONREAD, &waiting) == 0 && waiting > 0)
                connection_cut(at);
        }
    }
    pthread_mutex_unlock(&c->lock);
}
