/* Answers whose framing lies, or that are not HTTP at all. */

#include "bad_paths.h"
#include "bad_reply.h"
#include "pattern.h"

#include <inttypes.h>
#include <string.h>

#define BIG_LINES 100
#define BIG_LINE  4096

struct kind {
    const char *name;
    const char *text;
};

static const char *kind_text(const struct kind *kinds, const char *name)
{
    while (kinds->name && strcmp(kinds->name, name) != 0) {
        kinds++;
    }
    return kinds->text;
}

static void serve_excess(struct fa_bad_conn *conn, const char *const *arg)
{
    fa_bad_reply_path(conn, fa_bad_number(arg[0]));
    conn->answer.tail = "EXCESS-EXCESS-EXCESS-EXCESS-EXCESS-EXCESS-EXCESS-E"
                        "XCESS-EXCESS-EXCESS-EXCESS-EXCESS-EXCESS-EXCESS-EX";
}

static void two_lengths(struct fa_bad_conn *conn, uint64_t first, uint64_t second)
{
    fa_bad_reply_head(conn, 200, "Content-Length: %" PRIu64 "\r\nContent-Length: %" PRIu64 "\r\n",
                      first, second);
    fa_bad_conn_body(conn, conn->request->path, 0, first);
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_two_lengths(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t size = fa_bad_number(arg[0]);
    two_lengths(conn, size, size + 1);
}

static void serve_same_lengths(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t size = fa_bad_number(arg[0]);
    two_lengths(conn, size, size);
}

static void serve_bad_length(struct fa_bad_conn *conn, const char *const *arg)
{
    static const struct kind kinds[] = {
        {"negative", "-5"},
        {"text", "many"},
        {"huge", "100000000000000000000000"},
        {"exabyte", "1152921504606846976"},
        {"list", "1024, 1024"},
        {"lists", "1024, 1025"},
        {"empty", ""},
        {"hex", "0x400"},
        {"plus", "+1024"},
        {NULL, "unknown kind"},
    };
    fa_bad_reply_head(conn, 200, "Content-Length: %s\r\n", kind_text(kinds, arg[0]));
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_lower(struct fa_bad_conn *conn, const char *const *arg)
{
    uint64_t size = fa_bad_number(arg[0]);
    fa_bad_conn_say(conn, "http/1.1 200 ok\r\ncontent-length: %" PRIu64 "\r\n\r\n", size);
    fa_bad_conn_body(conn, conn->request->path, 0, size);
}

static void serve_bad_chunk(struct fa_bad_conn *conn, const char *const *arg)
{
    static const struct kind kinds[] = {
        {"huge", "fffffffffffffffff0"},
        {"text", "xyz"},
        {"negative", "-5"},
        {NULL, "unknown kind"},
    };
    fa_bad_reply_head(conn, 200, "Transfer-Encoding: chunked\r\n");
    fa_bad_conn_say(conn, "5\r\nhello\r\n%s\r\n", kind_text(kinds, arg[0]));
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_http09(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_conn_say(conn, "a body without a head\n");
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_garbage(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    static const unsigned char alert[] = {0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28};
    evbuffer_add(conn->text, alert, sizeof(alert));
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_empty(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    conn->answer.then = FA_BAD_CLOSE;
}

static void serve_nul(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    static const char head[] = "HTTP/1.1 200 OK\r\nX-Bad: a\0b\r\nContent-Length: 1024\r\n\r\n";
    evbuffer_add(conn->text, head, sizeof(head) - 1);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void serve_bare_cr(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(conn, 200, "X-Bad: a\rContent-Length: 7\r\nContent-Length: %d\r\n",
                      FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void serve_big_head(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_conn_say(conn, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < BIG_LINES; i++) {
        fa_bad_conn_say(conn, "X-Big-%d: %0*d\r\n", i, BIG_LINE, 0);
    }
    fa_bad_conn_say(conn, "Content-Length: %d\r\n\r\n", FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void serve_big_line(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(conn, 200, "X-Big: %0*d\r\nContent-Length: %d\r\n", BIG_LINES * BIG_LINE, 0,
                      FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

static void serve_interim(struct fa_bad_conn *conn, const char *const *arg)
{
    static const char *const interim[] = {
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\nContent-Length: 3\r\n\r\n",
    };
    uint64_t count = fa_bad_number(arg[0]);
    for (uint64_t i = 0; i < count; i++) {
        fa_bad_conn_say(conn, "%s", interim[i % 3]);
    }
    fa_bad_reply_small(conn);
}

static void serve_trailers(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(conn, 200,
                      "Transfer-Encoding: chunked\r\nTrailer: X-Sum, Content-Length\r\n");
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
    conn->answer.chunked = true;
    conn->answer.tail = "0\r\nX-Sum: 1\r\nContent-Length: 3\r\nETag: \"trailer\"\r\n\r\n";
}

static void serve_folded(struct fa_bad_conn *conn, const char *const *arg)
{
    (void)arg;
    fa_bad_reply_head(conn, 200,
                      "X-Folded: one\r\n two\r\n\tContent-Length: 3\r\n"
                      "Content-Length: %d\r\n",
                      FA_PATTERN_SMALL);
    fa_bad_conn_body(conn, conn->request->path, 0, FA_PATTERN_SMALL);
}

const struct fa_bad_behaviour fa_bad_framings[] = {
    {"excess", 1, serve_excess},
    {"twocl", 1, serve_two_lengths},
    {"samecl", 1, serve_same_lengths},
    {"badcl", 1, serve_bad_length},
    {"lower", 1, serve_lower},
    {"badchunk", 1, serve_bad_chunk},
    {"http09", 0, serve_http09},
    {"garbage", 0, serve_garbage},
    {"empty", 0, serve_empty},
    {"nul", 0, serve_nul},
    {"barecr", 0, serve_bare_cr},
    {"bighead", 0, serve_big_head},
    {"bigline", 0, serve_big_line},
    {"1xx", 1, serve_interim},
    {"trailers", 0, serve_trailers},
    {"folded", 0, serve_folded},
    {NULL, 0, NULL},
};
