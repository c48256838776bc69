/* Good answers, slow answers and transfers that break off. */

#include "bad_paths.h"
#include "bad_reply.h"
#include "pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void serve_ok(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[0]));
}

static void serve_version(struct fa_bad_conn *conn, const char *const *arg)
{
    size_t room = strlen(conn->request->path) + 16;
    char *seed = malloc(room);
    if (seed) {
        snprintf(seed, room, "%s#%u", conn->request->path, conn->server->version);
        fa_bad_reply_file(conn, seed, fa_bad_number(arg[0]));
    }
    free(seed);
}

static void serve_chunked(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_head(conn, 200, "Transfer-Encoding: chunked\r\n");
    fa_bad_conn_body(conn, conn->request->path, 0, fa_bad_number(arg[0]));
    conn->answer.chunked = true;
    conn->answer.tail = "0\r\n\r\n";
}

/* /fields/LINES/SIZE: SIZE bytes of the pattern, with the encoded header lines. */
static void serve_fields(struct fa_bad_conn *conn, const char *const *arg)
{
    char *lines = fa_bad_decode(arg[0]);
    uint64_t size = fa_bad_number(arg[1]);
    fa_bad_reply_head(conn, 200, "%s\r\nContent-Length: %" PRIu64 "\r\n", lines ? lines : "", size);
    fa_bad_conn_body(conn, conn->request->path, 0, size);
    free(lines);
}

static void serve_close(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_head(conn, 200, "Connection: close\r\n");
    fa_bad_conn_body(conn, conn->request->path, 0, fa_bad_number(arg[0]));
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_rude(struct fa_bad_conn *conn, const char *const *arg)
{
    serve_close(conn, arg);
    conn->answer.then = FA_BAD_RUDE;
}

static void serve_gzip(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    size_t size = 0;
    unsigned char *body = fa_pattern_gzip(conn->request->path, FA_PATTERN_SMALL, &size);
    fa_bad_reply_head(conn, 200, "Content-Encoding: gzip\r\nContent-Length: %zu\r\n", size);
    if (body && strcmp(conn->request->method, "HEAD") != 0) {
        evbuffer_add(conn->text, body, size);
    }
    free(body);
}

static void serve_echo(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    const struct fa_bad_request *request = conn->request;
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "%s %s\n", request->method, request->target);
    for (size_t i = 0; i < request->header_count; i++) {
        evbuffer_add_printf(body, "%s: %s\n", request->headers[i].name, request->headers[i].value);
    }
    fa_bad_reply_head(conn, 200, "Content-Length: %zu\r\n", evbuffer_get_length(body));
    evbuffer_add_buffer(conn->text, body);
    evbuffer_free(body);
}

static void serve_auth(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    const char *sent = fa_bad_request_header(conn->request, "Authorization");
    if (sent && strcmp(sent, "Basic dXNlcjpwYXNz") == 0) { /* user:pass */
        fa_bad_reply_small(conn);
    } else {
        fa_bad_reply_status(conn, 401, "WWW-Authenticate: Basic realm=\"test\"\r\n");
    }
}

static void serve_disposition(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(
        conn, 200,
        "Content-Disposition: attachment; filename=\"../../\x1b[2Jevil\\\"\xe2\x80\xae"
        "txt.exe\"; filename*=x-none''..%%2f%%1b[31mworse\r\nContent-Length: %d\r\n",
        FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void serve_drip(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    conn->answer.body_ms = fa_bad_ms(arg[0]);
    conn->answer.body_piece = 1;
}

static void serve_trickle(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[2]));
    conn->answer.body_ms = fa_bad_ms(arg[0]);
    conn->answer.body_piece = fa_bad_number(arg[1]);
}

static void serve_slow_version(struct fa_bad_conn *conn, const char *const *arg)
{
    serve_version(conn, arg + 2);
    conn->answer.body_ms = fa_bad_ms(arg[0]);
    conn->answer.body_piece = fa_bad_number(arg[1]);
}

static void serve_slow_headers(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_small(conn);
    conn->answer.text_ms = fa_bad_ms(arg[0]);
}

static void serve_delay(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    conn->answer.delay_ms = fa_bad_ms(arg[0]);
}

static void serve_loaded(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t most = fa_bad_number(arg[0]), active = conn->server->log.active;
    serve_delay(conn, arg + 1);
    if (most > 0 && active > most) {
        conn->answer.delay_ms = (unsigned)(conn->answer.delay_ms * active / most);
    }
}

static void serve_stall(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_small(conn);
    conn->answer.end = conn->answer.at;
    conn->answer.then = FA_BAD_HANG;
}

static void serve_mute(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    conn->answer.then = FA_BAD_HANG;
}

static void serve_hold(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_small(conn);
    conn->answer.hold_at = 1;
}

static void hold_at(struct fa_bad_conn *conn, uint64_t offset)
{
    conn->answer.hold_at = offset;
    if (conn->answer.at >= offset && conn->answer.at > 0) {
        conn->answer.hold_at = UINT64_MAX;
    }
}

static void serve_hold_at(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    hold_at(conn, fa_bad_number(arg[0]));
}

/* Writes the headers that distinguish the versions of a file, and its ETag. */
static void describe(const char *kind, const char *seed, uint64_t size, char etag[FA_BAD_ETAG],
                     char *validators, size_t room)
{
    char date[FA_BAD_DATE];
    *etag = *validators = '\0';
    static const char *const strong[] = {"strong", "bare", "gone", "deaf"};
    bool is_strong = false;
    for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++) {
        is_strong |= strcmp(kind, strong[i]) == 0;
    }
    if (is_strong) {
        fa_bad_etag(seed, size, etag);
        snprintf(validators, room, "ETag: %s\r\n", etag);
    } else if (strcmp(kind, "weak") == 0) {
        snprintf(etag, FA_BAD_ETAG, "W/\"same\"");
        snprintf(validators, room, "ETag: %s\r\n", etag);
    } else if (strcmp(kind, "unquoted") == 0) {
        snprintf(etag, FA_BAD_ETAG, "same-%" PRIu64, size);
        snprintf(validators, room, "ETag: %s\r\n", etag);
    } else if (strcmp(kind, "date") == 0) {
        snprintf(validators, room, "Last-Modified: %s\r\n", FA_BAD_MODIFIED);
    } else if (strcmp(kind, "olddate") == 0) {
        snprintf(validators, room, "Last-Modified: Sat, 1 Jan 2022 00:00:00 +0000\r\n");
    } else if (strcmp(kind, "young") == 0 || strcmp(kind, "future") == 0) {
        fa_bad_date(time(NULL) + (*kind == 'y' ? -20 : 86400), date);
        snprintf(validators, room, "Last-Modified: %s\r\n", date);
    }
}

/* A file with a validator of that kind, and the lines EXTRA in its head. */
static void serve_validated(struct fa_bad_conn *conn, const char *const *arg, const char *extra)
{
    char etag[FA_BAD_ETAG];
    char validators[1024];
    uint64_t size = fa_bad_number(arg[2]);
    size_t room = strlen(conn->request->path) + 16;
    char *seed = malloc(room);
    if (!seed) {
        return;
    }
    snprintf(seed, room, "%s#%u", conn->request->path, conn->server->version);
    describe(arg[0], seed, size, etag, validators, sizeof(validators));
    size_t len = strlen(validators);
    snprintf(validators + len, sizeof(validators) - len, "%s", extra);
    const char *match = fa_bad_request_header(conn->request, "If-None-Match");
    const char *since = fa_bad_request_header(conn->request, "If-Modified-Since");
    bool same = match ? *etag && strcmp(match, etag) == 0
                      : since && !*etag && strcmp(since, FA_BAD_MODIFIED) == 0;
    same &= strcmp(arg[0], "deaf") != 0;
    if (strcmp(arg[0], "gone") == 0 && conn->server->version > 0) {
        fa_bad_reply_status(conn, 404, "");
    } else if (same) {
        fa_bad_reply_head(conn, 304, "%s", strcmp(arg[0], "bare") == 0 ? "" : validators);
    } else {
        fa_bad_reply_ranges(conn, seed, size, etag, validators);
        hold_at(conn, fa_bad_number(arg[1]));
    }
    free(seed);
}

static void serve_by(struct fa_bad_conn *conn, const char *const *arg)
{
    serve_validated(conn, arg, "");
}

static void serve_named(struct fa_bad_conn *conn, const char *const *arg)
{
    char line[800];
    const char *const version[] = {"strong", arg[1], arg[2]};
    char *value = fa_bad_decode(arg[0]);
    snprintf(line, sizeof(line), "Content-Disposition: %s\r\n", value ? value : "");
    serve_validated(conn, version, line);
    free(value);
}

static void serve_gate(struct fa_bad_conn *conn, const char *const *arg)
{
    char key[64];
    snprintf(key, sizeof(key), "gate %s", arg[0]);
    fa_bad_reply_small(conn);
    if (fa_bad_log_count(&conn->server->log, key) + 1 >= fa_bad_number(arg[0])) {
        fa_bad_conns_release(conn->server, arg[0], NULL);
    } else {
        conn->answer.hold_at = conn->answer.at;
        conn->answer.gate = arg[0];
    }
}

/* Answers as for a file, but sends no more than SENT bytes of it. */
static void cut_short(struct fa_bad_conn *conn, const char *const *arg, enum fa_bad_end then)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[1]));
    struct fa_bad_answer *answer = &conn->answer;
    uint64_t sent = fa_bad_number(arg[0]);
    if (sent < answer->end - answer->at) {
        answer->end = answer->at + sent;
        answer->then = then;
    }
}

static void serve_truncate(struct fa_bad_conn *conn, const char *const *arg)
{
    cut_short(conn, arg, FA_BAD_CLOSE);
}

static void serve_rude_cut(struct fa_bad_conn *conn, const char *const *arg)
{
    cut_short(conn, arg, FA_BAD_RUDE);
}

static void serve_reset(struct fa_bad_conn *conn, const char *const *arg)
{
    cut_short(conn, arg, FA_BAD_RESET);
}

static void serve_truncated_chunk(struct fa_bad_conn *conn, const char *const *arg)
{
    serve_chunked(conn, arg);
    conn->answer.tail = "1000\r\nhalf a chunk";
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_idle_close(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_small(conn);
    conn->doomed = true;
}

static void serve_idle_408(struct fa_bad_conn *conn, const char *const *arg)
{
    if (!conn->idled) {
        conn->idled = true;
        fa_bad_reply_path(conn, fa_bad_number(arg[0]));
        return;
    }
    fa_bad_reply_status(conn, 408, "Connection: close\r\n");
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_keep_close(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_small(conn);
    conn->answer.then = FA_BAD_CLOSE;
}

const struct fa_bad_behaviour fa_bad_bodies[] = {
    {"ok", 1, serve_ok},
    {"version", 1, serve_version},
    {"chunked", 1, serve_chunked},
    {"close", 1, serve_close},
    {"fields", 2, serve_fields},
    {"rude", 1, serve_rude},
    {"gzip", 0, serve_gzip},
    {"ae", 0, serve_echo},
    {"auth", 0, serve_auth},
    {"cd", 0, serve_disposition},
    {"drip", 2, serve_drip},
    {"trickle", 3, serve_trickle},
    {"slowversion", 3, serve_slow_version},
    {"slowheaders", 1, serve_slow_headers},
    {"delay", 2, serve_delay},
    {"stall", 0, serve_stall},
    {"mute", 0, serve_mute},
    {"loaded", 3, serve_loaded},
    {"hold", 0, serve_hold},
    {"holdat", 2, serve_hold_at},
    {"by", 3, serve_by},
    {"named", 3, serve_named},
    {"gate", 1, serve_gate},
    {"truncate", 2, serve_truncate},
    {"rudecut", 2, serve_rude_cut},
    {"reset", 2, serve_reset},
    {"truncchunk", 2, serve_truncated_chunk},
    {"idleclose", 0, serve_idle_close},
    {"idle408", 1, serve_idle_408},
    {"keepclose", 0, serve_keep_close},
    {NULL, 0, NULL},
};
