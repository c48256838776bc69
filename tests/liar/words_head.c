/* Lies in and around the head. */

#include "liar/draft.h"
#include "liar/word_lists.h"

#include <string.h>

#define MANY    5000
#define ENDLESS (64u << 20) /* bytes of what has no end; more than any client should read */

static void word_flood(struct liar_draft *draft, enum liar_flood where, const char *unit,
                       size_t times)
{
    draft->flood = where;
    liar_bytes_text(&draft->unit, unit);
    draft->flood_count = times;
}

static void say_early(struct liar_draft *draft, unsigned param)
{
    for (unsigned i = 0; i <= param % 4; i++) {
        liar_bytes_text(&draft->before, "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n"
                                        "Content-Length: 5\r\nETag: \"early\"\r\n\r\n");
    }
}

static void say_continue(struct liar_draft *draft, unsigned param)
{
    (void)param;
    liar_bytes_text(&draft->before, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void say_continue_flood(struct liar_draft *draft, unsigned param)
{
    static const char unit[] = "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n";
    word_flood(draft, LIAR_FLOOD_BEFORE, unit, param % 2 ? MANY : ENDLESS / sizeof(unit));
}

static void say_switch(struct liar_draft *draft, unsigned param)
{
    (void)param;
    liar_bytes_text(&draft->before, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
                                    "Connection: Upgrade\r\n\r\n");
}

static void say_blank(struct liar_draft *draft, unsigned param)
{
    liar_bytes_text(&draft->before, param % 2 ? "\r\n" : "\n\n\n");
}

static void say_junk(struct liar_draft *draft, unsigned param)
{
    static const char *const junk[] = {"garbage\r\n", "X: y\r\n", "HTTP/1.1\r\n", "HTTP\r\n\r\n"};
    liar_bytes_text(&draft->before, junk[param % 4]);
}

/* No head at all, as HTTP/0.9. */
static void say_bodily(struct liar_draft *draft, unsigned param)
{
    (void)param;
    draft->line = "";
    draft->end = LIAR_CLOSE;
}

static void say_line(struct liar_draft *draft, unsigned param)
{
    static const char *const lines[] = {
        "HTTP/1.0 200 OK",       "HTTP/1.1 200",     "ICY 200 OK",        "HTTP/3 200 OK",
        "HTTP/1.1 2000 OK",      "HTTP/1.1 20 OK",   "HTTP/1.1 -200 OK",  "HTTP/9.9 200 OK",
        "HTTP/1.1 200 \x01\x7f", "HTTP/1.1  200 OK", "http/1.1 200 OK",   "HTTP/1.1 099 OK",
        "HTTP/1.1 999 OK",       "HTTP/1.1 2 00 OK", "RTSP/1.0 200 OK",   "HTTP/2 200",
        "HTTP/1.1 101 X",        "HTTP/1.1 600 Odd", "HTTP/1.1 0x200 OK", " HTTP/1.1 200 OK",
    };
    draft->line = lines[param % (sizeof(lines) / sizeof(lines[0]))];
}

const struct liar_word liar_pre_words[] = {
    {"early", LIAR_PRE, say_early, NULL, 0},
    {"continue", LIAR_PRE, say_continue, NULL, 0},
    {"continue_flood", LIAR_PRE, say_continue_flood, NULL, 1},
    {"switch", LIAR_PRE, say_switch, NULL, 0},
    {"blank", LIAR_PRE, say_blank, NULL, 2},
    {"junk", LIAR_PRE, say_junk, NULL, 0},
    {"bodily", LIAR_PRE, say_bodily, NULL, 2},
    {"line", LIAR_PRE, say_line, NULL, 8},
};
const size_t liar_pre_count = sizeof(liar_pre_words) / sizeof(liar_pre_words[0]);

static void say_fold_first(struct liar_draft *draft, unsigned param)
{
    static const char *const folds[] = {" f: x\r\n", "\tf\r\n", " \r\n", "  Content-Length: 3\r\n"};
    liar_bytes_text(&draft->first, folds[param % 4]);
}

static void say_fold_flood(struct liar_draft *draft, unsigned param)
{
    static const char unit[] = " folded on and on and on\r\n";
    liar_bytes_text(&draft->late, "X-Long: x\r\n");
    word_flood(draft, LIAR_FLOOD_HEAD, unit, param % 2 ? 100 : ENDLESS / sizeof(unit));
}

static void say_endless_line(struct liar_draft *draft, unsigned param)
{
    liar_bytes_text(&draft->late, "X-Long: ");
    word_flood(draft, LIAR_FLOOD_HEAD, "0123456789abcdef", param % 2 ? MANY : ENDLESS / 16);
}

static void say_many_lines(struct liar_draft *draft, unsigned param)
{
    static const char unit[] = "X-Many: one of many\r\n";
    word_flood(draft, LIAR_FLOOD_HEAD, unit, param % 2 ? MANY : ENDLESS / sizeof(unit));
}

static void say_nul(struct liar_draft *draft, unsigned param)
{
    static const char in_value[] = "X-Nul: a\0b\r\n";
    static const char in_name[] = "X-N\0ul: a\r\n";
    liar_bytes_add(param & 4 ? &draft->first : &draft->late, param & 1 ? in_name : in_value,
                   sizeof(in_value) - 1);
}

/*
 * A line that begins with NUL. libcurl 7.88 takes the NUL for the end of what it has read: it drops
 * the rest of that read, and an empty line after it, cut in two, ends the head too early.
 */
static void say_nul_line(struct liar_draft *draft, unsigned param)
{
    (void)param;
    liar_bytes_add(&draft->late, "\0\r\n", 3);
}

static void say_length_two(struct liar_draft *draft, unsigned param)
{
    draft->two_lengths = true;
    unsigned long long half = (draft->to - draft->from) / 2;
    liar_bytes_printf(param & 1 ? &draft->first : &draft->late, "%s: %llu\r\n",
                      param & 2 ? "content-length" : "Content-Length", half);
}

/* A status line inside of a head. */
static void say_second_line(struct liar_draft *draft, unsigned param)
{
    static const char *const lines[] = {"HTTP/1.1 200 OK: x\r\n", "HTTP/1.1 200 OK\r\n",
                                        "HTTP/1.1 404 No: x\r\n", "HTTP/1.0 200: x\r\n"};
    liar_bytes_text(param & 8 ? &draft->first : &draft->late, lines[param % 4]);
}

static void say_retry_after(struct liar_draft *draft, unsigned param)
{
    static const char *const values[] = {
        "0", "-1", "", "x", "1e0", "Wed, 21 Oct 2015 07:28:00 GMT", "0.1", "1;2"};
    draft->status = param & 8 ? 429 : 503;
    liar_bytes_printf(&draft->late, "Retry-After: %s\r\n", values[param % 8]);
}

static void say_etag(struct liar_draft *draft, unsigned param)
{
    static const char *const tags[] = {
        "\"another\"",  "W/\"weak\"", "unquoted", "\"\"",         "\"a\\\"b\"",
        "\"x\", \"y\"", "\"open",     "W/",       "\"\xff\xfe\"", "*"};
    draft->etag = tags[param % 10];
}

static void say_bare(struct liar_draft *draft, unsigned param)
{
    (void)param;
    draft->bare = true;
}

#define LINE(name, lines)               \
    {                                   \
        name, LIAR_HEAD, NULL, lines, 0 \
    }

const struct liar_word liar_head_words[] = {
    {"fold_first", LIAR_HEAD, say_fold_first, NULL, 8},
    {"fold_flood", LIAR_HEAD, say_fold_flood, NULL, 1},
    {"endless_line", LIAR_HEAD, say_endless_line, NULL, 1},
    {"many_lines", LIAR_HEAD, say_many_lines, NULL, 1},
    {"nul", LIAR_HEAD, say_nul, NULL, 6},
    {"nul_line", LIAR_HEAD, say_nul_line, NULL, LIAR_NEVER},
    {"length_two", LIAR_HEAD, say_length_two, NULL, 8},
    {"second_line", LIAR_HEAD, say_second_line, NULL, 12},
    {"retry_after", LIAR_HEAD, say_retry_after, NULL, 0},
    {"etag", LIAR_HEAD, say_etag, NULL, 0},
    {"bare", LIAR_HEAD, say_bare, NULL, 0},
    LINE("fold_mid", "X-Fold: a\r\n b\r\n\tc\r\n"),
    LINE("no_colon", "this line has no colon\r\n"),
    LINE("space_colon", "X-Space : y\r\n"),
    LINE("empty_name", ": y\r\n"),
    LINE("lf_only", "X-Lf: y\nX-Lf2: z\n"),
    LINE("cr_only", "X-Cr: y\rX-Cr2: z\r\n"),
    LINE("high_bytes", "X-\xc3\xa9: \xff\xfe\r\n"),
    LINE("cookie", "Set-Cookie: a=b; Domain=.0.0.1; Path=/\r\nSet-Cookie: =\r\nSet-Cookie:\r\n"
                   "Set-Cookie: __Host-x=y; Secure; Max-Age=99999999999999999999\r\n"),
    LINE("alt_svc", "Alt-Svc: h3=\":1\"; ma=3600, h2=\"127.0.0.9:1\"\r\nAlt-Svc: clear\r\n"),
    LINE("hsts", "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"),
    LINE("refresh", "Refresh: 0; url=/r/f0\r\nLocation: /r/f0\r\n"),
    LINE("disposition", "Content-Disposition: attachment; filename=\"../../evil\"\r\n"),
    LINE("close", "Connection: close\r\n"),
    LINE("keep", "Connection: keep-alive, Upgrade\r\nKeep-Alive: timeout=0, max=0\r\n"),
    LINE("upgrade", "Upgrade: h2c\r\nConnection: upgrade\r\n"),
    LINE("auth", "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Digest realm=\"x\r\n"
                 "Proxy-Authenticate: NTLM AAAA\r\n"),
    LINE("digest", "Digest: sha-256=AAAA\r\nContent-MD5: AAAA\r\nTrailer: X-End\r\n"),
    LINE("ranges_none", "Accept-Ranges: none\r\n"),
    LINE("date", "Last-Modified: Thu, 99 Foo 99999 99:99:99 GMT\r\nDate: x\r\nAge: -1\r\n"),
    LINE("expect", "Expect: 100-continue\r\nTE: trailers\r\n"),
};
const size_t liar_head_count = sizeof(liar_head_words) / sizeof(liar_head_words[0]);

static void say_chunked(struct liar_draft *draft, unsigned param)
{
    draft->framing = LIAR_BY_CHUNKS;
    draft->param ^= param;
}

static void say_chunk_line(struct liar_draft *draft, unsigned param)
{
    draft->framing = LIAR_BY_CHUNKS;
    draft->chunk = 1 + param % (LIAR_CHUNK_KINDS - 1);
}

static void say_trailers(struct liar_draft *draft, unsigned param)
{
    static const char *const trailers[] = {
        "X-End: y\r\n",
        "Content-Length: 3\r\n",
        "HTTP/1.1 200 OK: x\r\n",
        " f: x\r\n",
        "ETag: \"other\"\r\nContent-Range: bytes 0-1/2\r\n",
        "Location: /\r\nno colon\r\n",
    };
    draft->framing = LIAR_BY_CHUNKS;
    liar_bytes_text(&draft->trailers, trailers[param % 6]);
}

static void say_trailer_flood(struct liar_draft *draft, unsigned param)
{
    static const char unit[] = "X-End: and no end to it\r\n";
    draft->framing = LIAR_BY_CHUNKS;
    word_flood(draft, LIAR_FLOOD_TRAILERS, unit,
               param % 4 == 0 ? MANY : 4 * ENDLESS / sizeof(unit));
}

static void say_until_close(struct liar_draft *draft, unsigned param)
{
    draft->framing = LIAR_BY_CLOSE;
    if (param & 1) {
        liar_bytes_text(&draft->late, "Connection: close\r\n");
    }
}

/* Codings of the transfer that do not frame the body: it lasts until the connection ends. */
static void say_coding(struct liar_draft *draft, unsigned param)
{
    static const char *const lines[] = {
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: ,\r\n",
        "transfer-encoding:  identity ;q=1\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
    };
    draft->framing = LIAR_BY_CLOSE;
    liar_bytes_text(&draft->late, lines[param & 8 ? 0 : param % 8]);
}

static void say_both(struct liar_draft *draft, unsigned param)
{
    draft->framing = LIAR_BY_CHUNKS;
    liar_bytes_printf(param & 1 ? &draft->first : &draft->late, "Content-Length: %u\r\n",
                      param & 2 ? 0 : (unsigned)draft->size);
}

static void say_chunked_twice(struct liar_draft *draft, unsigned param)
{
    draft->framing = LIAR_BY_CHUNKS;
    liar_bytes_text(&draft->late, param & 1 ? "Transfer-Encoding: chunked\r\n"
                                            : "Transfer-Encoding: identity, chunked\r\n");
}

/* Lengths that are none, of a whole body; the connection ends after it. */
static void say_length_odd(struct liar_draft *draft, unsigned param)
{
    static const char *const forms[] = {"%llu, %llu",
                                        "+%llu",
                                        "-%llu",
                                        "%llux",
                                        "0x%llx",
                                        " %llu ; q",
                                        "1844674407370955161%llu",
                                        "%llu.0",
                                        "99999999999999999999999%llu",
                                        "0000000000%llu",
                                        "\"%llu\""};
    unsigned long long length = draft->size;
    draft->unframed = true;
    draft->end = LIAR_CLOSE;
    liar_bytes_text(&draft->late, "Content-Length: ");
    switch (param % 11) {
    case 0:
        liar_bytes_printf(&draft->late, "%llu, %llu", length, length / (param & 16 ? 1 : 2));
        break;
    default: {
        const char *form = forms[param % 11];
        const char *percent = strchr(form, '%');
        liar_bytes_add(&draft->late, form, (size_t)(percent - form));
        liar_bytes_printf(&draft->late, percent[3] == 'x' ? "%llx" : "%llu", length);
        liar_bytes_text(&draft->late, percent + 4);
    }
    }
    liar_bytes_text(&draft->late, "\r\n");
}

const struct liar_word liar_length_words[] = {
    {"chunked", LIAR_LENGTH, say_chunked, NULL, 0},
    {"chunk_line", LIAR_LENGTH, say_chunk_line, NULL, 8},
    {"trailers", LIAR_LENGTH, say_trailers, NULL, 0},
    {"trailer_flood", LIAR_LENGTH, say_trailer_flood, NULL, 1},
    {"until_close", LIAR_LENGTH, say_until_close, NULL, 0},
    {"coding", LIAR_LENGTH, say_coding, NULL, 8},
    {"both", LIAR_LENGTH, say_both, NULL, 0},
    {"chunked_twice", LIAR_LENGTH, say_chunked_twice, NULL, 0},
    {"length_odd", LIAR_LENGTH, say_length_odd, NULL, 8},
};
const size_t liar_length_count = sizeof(liar_length_words) / sizeof(liar_length_words[0]);
