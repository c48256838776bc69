/* Statuses, transient failures, and redirects. */

#include "bad_paths.h"
#include "bad_reply.h"
#include "pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void serve_status(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[0]), "");
}

static void serve_204(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(conn, 204, "%s", "");
}

static void serve_escape(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    static const char evil[] = "\x1b[31mRed\x1b[2J\x1b]0;title\x07\x9b"
                               "1m";
    fa_bad_conn_say(conn, "HTTP/1.1 500 %s\r\nX-Evil: %s\r\nContent-Length: %zu\r\n\r\n%s", evil,
                    evil, strlen(evil), evil);
}

/* Whether this request is one of the first FAILS for its path. */
static bool fails_now(struct fa_bad_conn *conn, const char *fails)
{
    return fa_bad_log_count(&conn->server->log, conn->request->path) < fa_bad_number(fails);
}

static void serve_flaky(struct fa_bad_conn *conn, const char *const *arg)
{
    if (fails_now(conn, arg[0])) {
        fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[1]), "");
    } else {
        fa_bad_reply_path(conn, fa_bad_number(arg[2]));
    }
}

static void serve_slow_first(struct fa_bad_conn *conn, const char *const *arg)
{
    bool slow = fails_now(conn, arg[0]);
    fa_bad_reply_path(conn, fa_bad_number(arg[2]));
    if (slow) {
        conn->answer.body_ms = fa_bad_ms(arg[1]);
        conn->answer.body_piece = 1;
    }
}

static void serve_flaky_reset(struct fa_bad_conn *conn, const char *const *arg)
{
    if (fails_now(conn, arg[0])) {
        conn->answer.then = FA_BAD_RESET;
    } else {
        fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    }
}

/* The Retry-After of VALUE, which is literal unless it begins with "date". */
static void retry_after(const char *value, char *line, size_t room)
{
    char *text = fa_bad_decode(value);
    if (text && strncmp(text, "date", 4) == 0) {
        char date[FA_BAD_DATE];
        fa_bad_date(time(NULL) + strtol(text + 4, NULL, 10), date);
        snprintf(line, room, "Retry-After: %s\r\n", date);
    } else {
        snprintf(line, room, "Retry-After: %s\r\n", text ? text : "");
    }
    free(text);
}

static void serve_retry_after(struct fa_bad_conn *conn, const char *const *arg)
{
    if (!fails_now(conn, arg[0])) {
        fa_bad_reply_small(conn);
        return;
    }
    char line[256];
    retry_after(arg[1], line, sizeof(line));
    fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[2]), line);
}

/* /ratelimit/FAILS/KIND/STATUS: no request is left for two seconds (x) or one (ietf). */
static void serve_rate_limit(struct fa_bad_conn *conn, const char *const *arg)
{
    char line[128] = "RateLimit: \"all\";r=0;t=1\r\n";
    if (!fails_now(conn, arg[0])) {
        fa_bad_reply_small(conn);
        return;
    }
    if (strcmp(arg[1], "x") == 0) {
        snprintf(line, sizeof(line), "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: %lld\r\n",
                 (long long)time(NULL) + 2);
    }
    fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[2]), line);
}

static void serve_burst(struct fa_bad_conn *conn, const char *const *arg)
{
    char key[64];
    snprintf(key, sizeof(key), "burst %s", arg[0]);
    if (fa_bad_log_age(&conn->server->log, key) < fa_bad_number(arg[0])) {
        fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[1]), "");
    } else {
        fa_bad_reply_small(conn);
    }
}

static void serve_burst_of(struct fa_bad_conn *conn, const char *const *arg)
{
    char key[64];
    snprintf(key, sizeof(key), "burstn %s", arg[0]);
    if (fa_bad_log_count(&conn->server->log, key) < fa_bad_number(arg[0])) {
        fa_bad_reply_status(conn, (unsigned)fa_bad_number(arg[1]), "");
    } else {
        fa_bad_reply_small(conn);
    }
}

/* The request itself is in service. */
static void serve_at_most(struct fa_bad_conn *conn, const char *const *arg)
{
    if (conn->server->log.active > fa_bad_number(arg[0])) {
        fa_bad_reply_status(conn, 429, "");
        return;
    }
    fa_bad_reply_path(conn, fa_bad_number(arg[2]));
    conn->answer.delay_ms = fa_bad_ms(arg[1]);
}

static void redirect(struct fa_bad_conn *conn, unsigned status, const char *target)
{
    fa_bad_reply_head(conn, status, "Location: %s\r\nContent-Length: 0\r\n", target);
}

static void serve_redirect(struct fa_bad_conn *conn, const char *const *arg)
{
    char *target = fa_bad_decode(arg[1]);
    redirect(conn, (unsigned)fa_bad_number(arg[0]), target ? target : "");
    free(target);
}

/* A mirror for each request, in an order without a pattern: that many per cent get the first. */
static void serve_draw(struct fa_bad_conn *conn, const char *const *arg)
{
    uint32_t random = (uint32_t)fa_bad_log_count(&conn->server->log, "draw") * 2654435761u;
    bool first = (random >> 8) % 100 < fa_bad_number(arg[0]);
    const char *const redirect_arg[] = {"302", first ? arg[1] : arg[2]};
    serve_redirect(conn, redirect_arg);
}

static void serve_slow_redirect(struct fa_bad_conn *conn, const char *const *arg)
{
    const char *const redirect_arg[] = {"302", arg[1]};
    serve_redirect(conn, redirect_arg);
    conn->answer.delay_ms = fa_bad_ms(arg[0]);
}

static void serve_hops(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t left = fa_bad_number(arg[0]);
    if (left == 0) {
        fa_bad_reply_small(conn);
        return;
    }
    const char *name = conn->request->path + strlen("/hops/") + strlen(arg[0]);
    fa_bad_reply_head(conn, 302, "Location: /hops/%" PRIu64 "%s\r\nContent-Length: 0\r\n", left - 1,
                      name);
}

static void serve_loop(struct fa_bad_conn *conn, const char *const *arg)
{
    redirect(conn, 302, strcmp(arg[0], "a") == 0 ? "/loop/b" : "/loop/a");
}

static void serve_self(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    redirect(conn, 302, conn->request->path);
}

/* "=STATUS" is an answer without a file, "=STATUS URL" a redirect. */
static void serve_robots(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    const char *text = conn->server->robots, *to = text ? strchr(text, ' ') : NULL;
    if (!text || *text != '=')
        fa_bad_reply_text(conn, text ? 200 : 404, "Content-Type: text/plain\r\n", text ? text : "");
    else if (to)
        redirect(conn, (unsigned)strtoul(text + 1, NULL, 10), to + 1);
    else
        fa_bad_reply_status(conn, (unsigned)fa_bad_number(text + 1), "");
}

const struct fa_bad_behaviour fa_bad_statuses[] = {
    {"robots.txt", 0, serve_robots},
    {"status", 1, serve_status},
    {"204", 0, serve_204},
    {"esc", 0, serve_escape},
    {"flaky", 3, serve_flaky},
    {"flakyreset", 2, serve_flaky_reset},
    {"slowfirst", 3, serve_slow_first},
    {"retryafter", 3, serve_retry_after},
    {"ratelimit", 3, serve_rate_limit},
    {"burst", 2, serve_burst},
    {"burstn", 2, serve_burst_of},
    {"atmost", 3, serve_at_most},
    {"redir", 2, serve_redirect},
    {"draw", 3, serve_draw},
    {"slowredir", 2, serve_slow_redirect},
    {"hops", 1, serve_hops},
    {"loop", 1, serve_loop},
    {"self", 0, serve_self},
    {NULL, 0, NULL},
};
