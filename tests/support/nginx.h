#ifndef FETCHALL_SUPPORT_NGINX_H
#define FETCHALL_SUPPORT_NGINX_H

/*
 * Debian's nginx serving a folder, for tests against a good server and for benches. It writes
 * only below its scratch. Errors fail the test.
 */

#include "scratch.h"

#include <stdbool.h>
#include <sys/types.h>

struct fa_nginx_options {
    const char *root;   /* the folder, absolute */
    const char *listen; /* an address; NULL: 127.0.0.1; "0.0.0.0" answers on all of 127/8 */
    const char *cert;   /* with key: TLS, PEM files */
    const char *key;
    bool http2;         /* with TLS */
    bool access_log;    /* write access.log */
    int workers;        /* 0: one process that does all */
    const char *server; /* more directives for the server block; NULL: none */
};

struct fa_nginx {
    pid_t pid;
    int port;
    const char *access_log; /* path, as long as the scratch lives */
};

/* Returns when it accepts connections. SCRATCH is borrowed until fa_nginx_stop(). */
void fa_nginx_start(struct fa_nginx *nginx, struct fa_scratch *scratch,
                    const struct fa_nginx_options *options);
void fa_nginx_stop(struct fa_nginx *nginx);

/*
 * For another to start it: writes the configuration, and a script for sh that becomes an nginx in
 * the foreground. Returns the script's path, as fa_scratch_path() does. PORT must be free there.
 */
const char *fa_nginx_script(struct fa_scratch *scratch, const struct fa_nginx_options *options,
                            int port);

#endif
