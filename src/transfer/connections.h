/**
 * The sockets of one libcurl multi: which connection a transfer uses, and whether it may.
 *
 * Three things need them, and libcurl 7.88 names the socket of a transfer too late for all three:
 *  - Before a kept connection is used again, bytes that wait on it are an answer that nobody asked
 *    for (libcurl before 8.0 takes it for the next one).  Such a connection is shut down, and
 *    libcurl, which finds a kept connection dead, opens another one by itself.
 *  - A connection that keeps libcurl from returning is shut down by the watchdog.
 *  - The transfer of such a connection has to know.
 *
 * All functions are for the thread that drives the multi, but for those of the watchdog.  Sockets
 * are told apart by their addresses and ports, which CURLOPT_PREREQFUNCTION(3) gets.
 */
#ifndef FA_TRANSFER_CONNECTIONS_H
#define FA_TRANSFER_CONNECTIONS_H

#include <fetchall/error.h>

#include <curl/curl.h>

#include <stdbool.h>
#include <stdint.h>

struct fa_connection;
struct fa_connections;
struct fa_watchdog;

/** A transfer's hold on its connection.  All zero before an attempt begins. */
struct fa_lease {
    struct fa_connection *connection; /**< NULL: none yet. */
    unsigned tls;                     /**< TLS sessions that it has begun on new connections. */
    bool cut;                         /**< The watchdog has shut it down. */
};

/** The two ends of a connection, as CURLOPT_PREREQFUNCTION(3) has them. */
struct fa_endpoints {
    const char *ip, *local_ip;
    int port, local_port;
};

/** @watchdog  Borrowed until fa_connections_free().  @return NULL when memory ran out. */
struct fa_connections *fa_connections_new(struct fa_watchdog *watchdog, struct fa_error *err);

/** After curl_multi_cleanup(3), which closes the sockets. */
void fa_connections_free(struct fa_connections *connections);

/** For CURLOPT_OPENSOCKETFUNCTION(3).  @return a socket, or -1 with errno. */
int fa_connections_open(struct fa_connections *connections, struct fa_lease *lease,
                        const struct curl_sockaddr *address);

/** For CURLOPT_CLOSESOCKETFUNCTION(3). */
void fa_connections_close(struct fa_connections *connections, int fd);

/**
 * A transfer has its connection, and is about to send its request.  One that has bytes waiting is
 * shut down.  Costs one system call.
 *
 * @ssl  The SSL of the transfer, or NULL.
 */
void fa_connections_use(struct fa_connections *connections, struct fa_lease *lease,
                        const struct fa_endpoints *ends, void *ssl);

/** The attempt is over.  @http2  Frames may wait on its connection by right. */
void fa_connections_done(struct fa_connections *connections, struct fa_lease *lease, bool http2);

/** Call before and after each call of libcurl that may read.  @fd  What it was called for, or -1. */
void fa_connections_enter(struct fa_connections *connections, int fd);
void fa_connections_leave(struct fa_connections *connections);

/** Inside a callback of libcurl: what follows may take long, and is not libcurl's fault. */
void fa_connections_suspend(struct fa_connections *connections);
void fa_connections_resume(struct fa_connections *connections);

/** For the watchdog's thread: a number that changes whenever libcurl is entered or left. */
uint64_t fa_connections_turn(struct fa_connections *connections);
bool fa_connections_is_inside(uint64_t turn);

/** For the watchdog's thread: shut down what libcurl is busy with.  @all  Every connection that has
 * bytes waiting, as it was not the one that libcurl was called for. */
void fa_connections_cut(struct fa_connections *connections, bool all);

#endif
