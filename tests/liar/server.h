#ifndef FETCHALL_LIAR_SERVER_H
#define FETCHALL_LIAR_SERVER_H

/*
 * The servers of a case: 127.0.0.1 to .3, plain and TLS, and a proxy at 127.0.0.4 that is all of
 * them at once. A thread for each connection plays scripts; a case runs in one process with them.
 */

#include "liar/draft.h"

#include <openssl/ssl.h>

struct liar_server;

/* TLS may offer HTTP/2. OF is borrowed until the server is freed. */
struct liar_server *liar_server_new(const struct liar_case *of, SSL_CTX *tls, bool verbose);

/* Ends all connections and threads. */
void liar_server_free(struct liar_server *server);

const struct liar_places *liar_server_places(const struct liar_server *server);
unsigned short liar_server_proxy(const struct liar_server *server);

/*
 * Whether what is ok of this entry may be wrong: an answer that nobody asked for crossed with the
 * request, which no client can know.
 */
bool liar_server_raced(struct liar_server *server, unsigned id);

/* How many requests for entries have come. */
unsigned long liar_server_requests(struct liar_server *server);

/* A context for the servers with this certificate and key. */
SSL_CTX *liar_server_tls(const char *cert, const char *key);

#endif
