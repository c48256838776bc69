#ifndef FETCHALL_SUPPORT_SERVER_H
#define FETCHALL_SUPPORT_SERVER_H

/*
 * The misbehaving server, fa_bad_server, as a test uses it:
 *
 *     struct fa_server server;
 *     fa_server_start(&server, NULL);
 *     const char *list = fa_scratch_write(&scratch, "list", fa_server_url(&server, "/ok/9/a"));
 *     ...
 *     cr_assert_eq(fa_server_stat(&server, "peak_active"), 4);
 *     fa_server_stop(&server);
 *
 * bad_paths.h lists the paths. The server ends with the test. Errors fail the test.
 */

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#ifndef FA_BAD_SERVER
#define FA_BAD_SERVER "fa_bad_server"
#endif

struct fa_server {
    pid_t pid;
    int in; /* its standard input, whose end is its end */
    int port;
    int control; /* a plain port for the control paths */
    bool secure;
    char url[4096]; /* see fa_server_url() */
};

/* ARGS is ended by NULL, without the program's name; NULL: none. Returns when it listens. */
void fa_server_start(struct fa_server *server, const char *const *args);
void fa_server_stop(struct fa_server *server);

/* The server's URL of a path, on 127.0.0.1 or on HOST. Lives until the next call. */
const char *fa_server_url(struct fa_server *server, const char *path);
const char *fa_server_url_at(struct fa_server *server, const char *host, const char *path);

/* The body of a path, asked of the control port; free() it. */
char *fa_server_get(const struct fa_server *server, const char *path);

/* The log as an array of objects; the statistics. json_decref() them. */
json_t *fa_server_log(const struct fa_server *server);
json_t *fa_server_stats(const struct fa_server *server);

/* One number of the statistics. */
long long fa_server_stat(const struct fa_server *server, const char *name);

/* Waits until a number of the statistics is at least COUNT; fails the test when time is up. */
void fa_server_until(const struct fa_server *server, const char *name, long long count,
                     double timeout_s);

/* How many requests the log has for a path. */
size_t fa_server_requests(const struct fa_server *server, const char *path);

/* Lets go the held answers whose path ends in "/NAME"; all with NULL. */
void fa_server_release(const struct fa_server *server, const char *name);

/* Forgets the log and the counts. */
void fa_server_reset(const struct fa_server *server);

/*
 * The body that a plain GET of "http://127.0.0.1:PORT" PATH has; free() it. For any server that
 * closes a connection when asked to.
 */
char *fa_http_get(int port, const char *path, size_t *len);

/* Whether something accepts connections there. */
bool fa_port_accepts(int port);

/* A port of 127.0.0.1 that was free just now. */
int fa_port_free(void);

/* A port of HOST that listens, but whose queue is full until the test ends: connections hang. */
int fa_port_full(const char *host);

#endif
