#ifndef FETCHALL_LIAR_CONN_H
#define FETCHALL_LIAR_CONN_H

/* A connection of the server, within its own thread. */

#include "liar/server.h"

#include <pthread.h>
#include <sys/queue.h>

struct liar_conn {
    LIST_ENTRY(liar_conn) link;
    struct liar_server *server;
    int fd;
    bool is_proxy;
    bool begins_tls;
    SSL *ssl;
    struct liar_bytes in; /* read, and not used yet */
    double poisoned;      /* when; 0: it is not */
};

struct liar_request {
    bool known; /* it is for an entry */
    unsigned id;
    bool loop;
    bool ranged;
    uint64_t from;
    char if_range[64];
};

/* play.c: plain or TLS. Writing is all or nothing: false when the client has left. */
bool liar_conn_write(struct liar_conn *conn, const char *bytes, size_t len);

/* Adds what comes to conn->in; false at the end. */
bool liar_conn_read(struct liar_conn *conn);

/* Plays a script; false if the connection is not to be used after it. */
bool liar_conn_play(struct liar_conn *conn, const struct liar_script *script);

/* Milliseconds since the last byte came, as the kernel has it. */
unsigned liar_conn_idle_ms(const struct liar_conn *conn);

/* conn.c: the requests of a connection, until it ends. */
void liar_conn_serve(struct liar_conn *conn);
void liar_request_path(struct liar_request *request, const char *path, size_t len);
void liar_request_range(struct liar_request *request, const char *value, size_t len);

/* session.c: the same for HTTP/2. */
void liar_session_serve(struct liar_conn *conn);

/* server.c: the script for a request, which is for STREAM of HTTP/2; 0: not HTTP/2. */
void liar_server_answer(struct liar_server *server, const struct liar_conn *conn,
                        const struct liar_request *request, unsigned stream,
                        struct liar_script *out);
void liar_server_connect(struct liar_server *server, struct liar_script *out, bool *tunnel);
void liar_server_race(struct liar_server *server, unsigned id);
SSL_CTX *liar_server_context(const struct liar_server *server);

#endif
