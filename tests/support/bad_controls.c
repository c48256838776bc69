/* The control paths: what the tests ask of the server itself. */

#include "bad_paths.h"
#include "bad_reply.h"

#include <stdio.h>
#include <stdlib.h>

static void serve_log(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    struct evbuffer *lines = conn->server->log.lines;
    size_t size = evbuffer_get_length(lines);
    fa_bad_reply_head(conn, 200, "Content-Length: %zu\r\n", size);
    if (size > 0) {
        evbuffer_add(conn->text, evbuffer_pullup(lines, -1), size);
    }
}

static void serve_stats(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    char *stats = fa_bad_log_stats(&conn->server->log, fa_bad_conns_held(conn->server));
    fa_bad_reply_text(conn, 200, "Content-Type: application/json\r\n", stats ? stats : "");
    free(stats);
}

static void serve_reset(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_log_clear(&conn->server->log);
    fa_bad_reply_text(conn, 200, "", "ok\n");
}

static void serve_release(struct fa_bad_conn *conn, const char *const *arg)
{
    char text[32];
    snprintf(text, sizeof(text), "%u\n", fa_bad_conns_release(conn->server, NULL, arg[0]));
    fa_bad_reply_text(conn, 200, "", text);
}

static void serve_bump(struct fa_bad_conn *conn, const char *const *arg)
{
    char text[32];
    conn->server->version = arg[0] ? (unsigned)fa_bad_number(arg[0]) : conn->server->version + 1;
    snprintf(text, sizeof(text), "%u\n", conn->server->version);
    fa_bad_reply_text(conn, 200, "", text);
}

static void serve_set_robots(struct fa_bad_conn *conn, const char *const *arg)
{
    free(conn->server->robots);
    conn->server->robots = fa_bad_decode(arg[0]);
    fa_bad_reply_text(conn, 200, "", "ok\n");
}

const struct fa_bad_behaviour fa_bad_controls[] = {
    {"_robots", 1, serve_set_robots},
    {"_log", 0, serve_log},
    {"_stats", 0, serve_stats},
    {"_reset", 0, serve_reset},
    {"_release", 0, serve_release},
    {"_bump", 0, serve_bump},
    {NULL, 0, NULL},
};
