/* Lies in the body, at its end and after it, and those of a proxy. */

#include "liar/draft.h"
#include "liar/word_lists.h"

#define ENDLESS (64u << 20)

/* PARAM in the low 7 bits: how much of it comes, in percent; then how it ends. */
static void say_cut(struct liar_draft *draft, unsigned param)
{
    static const int ends[] = {LIAR_CUT, LIAR_CLOSE, LIAR_RESET, LIAR_HALF};
    uint64_t whole = draft->to - draft->from;
    draft->to = draft->from + whole * (param % 128 % 100) / 100;
    draft->end = ends[param / 128 % 4];
}

/* gzip, cut. */
static void say_coded_cut(struct liar_draft *draft, unsigned param)
{
    draft->coded = true;
    draft->framing = LIAR_BY_CHUNKS;
    say_cut(draft, param);
}

/* All but the last byte, which never comes, on a connection that stays. */
static void say_stall(struct liar_draft *draft, unsigned param)
{
    draft->to -= draft->to > draft->from;
    draft->end = LIAR_HALF;
    draft->post_ms = 1000 + param % 3000;
}

const struct liar_word liar_body_words[] = {
    {"cut", LIAR_BODY, say_cut, NULL, 12},
    {"coded_cut", LIAR_BODY, say_coded_cut, NULL, 3},
    {"stall", LIAR_BODY, say_stall, NULL, 1},
};
const size_t liar_body_count = sizeof(liar_body_words) / sizeof(liar_body_words[0]);

static void say_end(struct liar_draft *draft, unsigned param)
{
    static const int ends[] = {LIAR_CLOSE, LIAR_CUT, LIAR_RESET, LIAR_HALF};
    draft->end = ends[param % 4];
    draft->post_ms = 200;
}

const struct liar_word liar_end_words[] = {
    {"end", LIAR_END, say_end, NULL, 0},
};
const size_t liar_end_count = sizeof(liar_end_words) / sizeof(liar_end_words[0]);

static void draft_poison(struct liar_draft *draft, unsigned param, const char *text)
{
    draft->has_post = true;
    draft->post = LIAR_POISON;
    draft->post_ms = param % 64;
    liar_bytes_text(&draft->poison, text);
}

/* A second answer, whole, to no request. */
static void say_unasked(struct liar_draft *draft, unsigned param)
{
    static const char *const tags[] = {"", "ETag: \"1\"\r\n", "Connection: keep-alive\r\n"};
    draft_poison(draft, param, "HTTP/1.1 200 OK\r\n");
    liar_bytes_printf(&draft->poison, "%sContent-Length: 700\r\n\r\n", tags[param / 64 % 3]);
    liar_bytes_pattern(&draft->poison, "poison", 0, 700);
}

static void say_unasked_odd(struct liar_draft *draft, unsigned param)
{
    static const char *const texts[] = {
        "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwrong\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/5\r\n\r\nwrong",
        "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "\r\n\r\n",
        "junk",
        "HTTP/1.1 302 Found\r\nLocation: /r/f0\r\nContent-Length: 0\r\n\r\n",
    };
    draft_poison(draft, param, texts[param / 64 % 8]);
}

/* The end of TLS, after a while, on a connection that stays. */
static void say_bye(struct liar_draft *draft, unsigned param)
{
    draft->has_post = true;
    draft->post = LIAR_NOTIFY;
    draft->post_ms = param % 256;
}

const struct liar_word liar_post_words[] = {
    {"unasked", LIAR_POST, say_unasked, NULL, 8},
    {"unasked_odd", LIAR_POST, say_unasked_odd, NULL, 6},
    {"bye", LIAR_POST, say_bye, NULL, 3},
};
const size_t liar_post_count = sizeof(liar_post_words) / sizeof(liar_post_words[0]);

static void say_split(struct liar_draft *draft, unsigned param)
{
    draft->piece = 1 + param % 32;
}

static void say_late(struct liar_draft *draft, unsigned param)
{
    draft->piece = 100 + param % 5000;
    draft->pause = 1 + param % 20;
}

const struct liar_word liar_style_words[] = {
    {"split", LIAR_STYLE, say_split, NULL, 0},
    {"late", LIAR_STYLE, say_late, NULL, 0},
};
const size_t liar_style_count = sizeof(liar_style_words) / sizeof(liar_style_words[0]);

#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n"

static void say_connect_status(struct liar_draft *draft, unsigned param)
{
    static const char *const lines[] = {
        "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n",
        "HTTP/1.1 502 No\r\nContent-Length: 0\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /r/f0\r\n",
        "HTTP/1.1 101 Switching\r\n",
        "HTTP/1.1 204 Fine\r\n",
        "junk\r\n",
        "HTTP/1.1 2\r\n",
        "HTTP/0.9 200 OK\r\n",
    };
    draft->line = "";
    draft->end = LIAR_CLOSE;
    liar_bytes_printf(&draft->body, "%s\r\n", lines[param % 8]);
}

/* A body that never ends. */
static void say_connect_flood(struct liar_draft *draft, unsigned param)
{
    static const char *const lines[] = {
        "HTTP/1.1 407 No\r\nContent-Length: 9999999999\r\n",
        "HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 502 No\r\n",
        "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n",
    };
    draft->line = "";
    draft->end = LIAR_CLOSE;
    liar_bytes_printf(&draft->body, "%s\r\n", lines[param % 4]);
    draft->flood = LIAR_FLOOD_TRAILERS;
    liar_bytes_text(&draft->unit, param % 4 == 1 ? "1\r\nx\r\n" : "There is no end. ");
    draft->flood_count = UINT64_MAX;
}

static void say_connect_head(struct liar_draft *draft, unsigned param)
{
    draft->end = LIAR_CLOSE;
    draft->line = "";
    liar_bytes_text(&draft->body, ESTABLISHED);
    draft->flood = LIAR_FLOOD_TRAILERS;
    liar_bytes_text(&draft->unit, param & 1 ? "X-Many: one of many\r\n" : "endless");
    draft->flood_count = ENDLESS / 20;
}

/* There is a tunnel, but more was said than should be. */
static void say_connect_extra(struct liar_draft *draft, unsigned param)
{
    static const char *const texts[] = {
        ESTABLISHED "Content-Length: 10\r\n\r\n0123456789",
        ESTABLISHED "Transfer-Encoding: chunked\r\n\r\n5\r\nwrong\r\n0\r\n\r\n",
        ESTABLISHED "\r\nextra",
        ESTABLISHED "\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong",
        "HTTP/1.1 100 Continue\r\n\r\n" ESTABLISHED "\r\n",
        ESTABLISHED " f: x\r\n\r\n",
        ESTABLISHED "Content-Length: 10\r\n\r\n",
        "HTTP/1.1 299 Odd\r\nX: y\r\n\r\n",
    };
    draft->line = "";
    liar_bytes_text(&draft->body, texts[param % 8]);
}

const struct liar_word liar_connect_words[] = {
    {"connect_status", LIAR_CONNECT, say_connect_status, NULL, 0},
    {"connect_flood", LIAR_CONNECT, say_connect_flood, NULL, 1},
    {"connect_head", LIAR_CONNECT, say_connect_head, NULL, 1},
    {"connect_extra", LIAR_CONNECT, say_connect_extra, NULL, 8},
};
const size_t liar_connect_count = sizeof(liar_connect_words) / sizeof(liar_connect_words[0]);
