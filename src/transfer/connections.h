/**
 * The sockets of one libcurl multi handle, and which transfer uses which.
 *
 * libcurl 7.88 reports the socket of a transfer too late for three purposes:
 *  - Reusing a connection: bytes that are already waiting on it are an unsolicited response, which
 *    libcurl before 8.0 takes for the next one.  Such a connection is shut down; libcurl notices
 *    that it is dead, and opens another.
 *  - Hanging: the watchdog shuts down a connection that keeps libcurl from returning.
 *  - Reporting: the transfer that used such a connection must know.
 *
 * All functions must be called on the thread that drives the multi handle, except those for the
 * watchdog.  Sockets are identified by their addresses and ports, which CURLOPT_PREREQFUNCTION(3)
 * passes.
 */
#ifndef FA_TRANSFER_CONNECTIONS_H
#define FA_TRANSFER_CONNECTIONS_H

#include <fetchall/error.h>
#include <fetchall/event.h>

#include <curl/curl.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct fa_connection;
struct fa_connections;
struct fa_models;
struct fa_watchdog;

/** A transfer's use of a connection.  Zero but for .shared when an attempt begins. */
struct fa_lease {
    struct fa_connection *connection; /**< NULL: none yet. */
    unsigned tls;                     /**< TLS sessions started on new connections. */
    bool shared;                      /**< HTTP/2 may be used, with other transfers at once. */
    bool cut;                         /**< The watchdog has shut down the connection. */
    bool kept;                        /**< The connection has had another request before. */
    struct fa_tcp tcp;                /**< Of the connection, after fa_connections_done(). */
    bool refused;                     /**< It is in the list of fa_connections_refused(). */
    LIST_ENTRY(fa_lease) in_refused;
    LIST_HEAD(fa_opened, fa_connection) opened; /**< Sockets that are not used yet. */
};

/** The two ends of a connection, as passed to CURLOPT_PREREQFUNCTION(3). */
struct fa_endpoints {
    const char *ip, *local_ip;
    int port, local_port;
};

/** @watchdog  Borrowed until fa_connections_free().  @return NULL when memory ran out. */
struct fa_connections *fa_connections_new(struct fa_watchdog *watchdog, struct fa_error *err);

/** After curl_multi_cleanup(3), which closes the sockets, and after the easy handles. */
void fa_connections_free(struct fa_connections *connections);

/** Call this for each socket: after it is opened, and before it is closed. */
void fa_connections_observe(struct fa_connections *connections,
                            void (*changed)(void *arg, int fd, bool open), void *arg);

/** For CURLOPT_SHARE(3): the TLS sessions of these connections. */
CURLSH *fa_connections_share(const struct fa_connections *connections);

/** A transfer has ended by itself: let its handle, which is still in the multi handle, forget the
 * connection that it leaves for others.  Removing it takes longer otherwise. */
void fa_connections_forget(struct fa_connections *connections, CURL *easy);

/** The prepared handles of the transfers that use these connections. */
struct fa_models *fa_connections_models(struct fa_connections *connections);

/** For CURLOPT_OPENSOCKETFUNCTION(3).  @return a socket, or -1 with errno. */
int fa_connections_open(struct fa_connections *connections, struct fa_lease *lease,
                        const struct curl_sockaddr *address);

/** For CURLOPT_CLOSESOCKETFUNCTION(3). */
void fa_connections_close(struct fa_connections *connections, int fd);

/** The transfers of which a socket was closed before it was used, since the last call: another
 *  address may be left.  @return one of them after the other, then NULL */
struct fa_lease *fa_connections_refused(struct fa_connections *connections);

/**
 * A transfer has its connection and is about to send its request.  Shuts the connection down if
 * bytes are waiting on it.  Costs one system call.
 *
 * @ssl  The SSL of the transfer, or NULL.
 */
void fa_connections_use(struct fa_connections *connections, struct fa_lease *lease,
                        const struct fa_endpoints *ends, void *ssl);

/** The attempt is over.
 *
 * @http2  HTTP/2 was used: frames may rightly be waiting on the connection. */
void fa_connections_done(struct fa_connections *connections, struct fa_lease *lease, bool http2);

/**
 * Call before and after each libcurl function that may read; the other way round inside a libcurl
 * callback, around slow work of our own, so that the watchdog does not count it.
 *
 * @fd      The socket that libcurl is called for, or -1.
 * @return  The fd of the call that is left.
 */
void fa_connections_enter(struct fa_connections *connections, int fd);
int fa_connections_leave(struct fa_connections *connections);

/** For the watchdog: a counter that changes whenever libcurl is entered or left. */
uint64_t fa_connections_turn(struct fa_connections *connections);
bool fa_connections_is_inside(uint64_t turn);

/** For the watchdog: shut down the connection that libcurl is busy with.
 *
 * @all  Shut down every connection with waiting bytes, because the first guess was wrong. */
void fa_connections_cut(struct fa_connections *connections, bool all);

#endif
