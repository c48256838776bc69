#ifndef FETCHALL_SUPPORT_BAD_SERVER_H
#define FETCHALL_SUPPORT_BAD_SERVER_H

/* The state of the process fa_bad_server; one thread, one loop. */

#include "bad_log.h"

#include <event2/event.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

struct fa_bad_conn;

struct fa_bad_server {
    struct event_base *base;
    SSL_CTX *tls; /* NULL: plain HTTP */
    struct fa_bad_log log;
    LIST_HEAD(fa_bad_conns, fa_bad_conn) conns;
    unsigned last_conn; /* the number of the newest connection */
    char *robots;       /* what /robots.txt is; NULL: there is none */
    unsigned version;   /* of what is below /version, counted up by /_bump */
};

#endif
