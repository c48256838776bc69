/* Lies in the status, redirects, and answers to requests with a Range. */

#include "liar/draft.h"
#include "liar/word_lists.h"

#include "support/fail.h"
#include "support/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Its own short text as the body. */
static void draft_error(struct liar_draft *draft, int status)
{
    draft->status = status;
    draft->bare = true;
    draft->range[0] = '\0';
    liar_bytes_printf(&draft->body, "This is the status %d\n", status);
}

static void say_status(struct liar_draft *draft, unsigned param)
{
    static const int all[] = {404, 403, 500, 503, 400, 401, 407, 408, 410, 416, 429, 502, 504, 599};
    draft_error(draft, all[param % 14]);
}

/* The truth under a status that gives no file. */
static void say_status_true(struct liar_draft *draft, unsigned param)
{
    static const int all[] = {404, 500, 300, 302, 204, 205, 304, 401, 101, 199, 600, 999};
    draft->status = all[param % 12];
    draft->end = LIAR_CLOSE;
}

static void say_status_odd(struct liar_draft *draft, unsigned param)
{
    static const int all[] = {201, 202, 203, 207, 226, 299};
    draft->status = all[param % 6];
}

/* Nothing, where there should be something. */
static void say_nothing(struct liar_draft *draft, unsigned param)
{
    static const int all[] = {204, 205, 304};
    draft->status = all[param % 3];
    draft->no_body = true;
}

static void say_error_flood(struct liar_draft *draft, unsigned param)
{
    draft_error(draft, param & 1 ? 500 : 404);
    draft->framing = param & 2 ? LIAR_BY_CLOSE : LIAR_BY_CHUNKS;
    draft->end = LIAR_CLOSE;
    for (unsigned i = 0; i < 30000; i++) {
        liar_bytes_text(&draft->body, "There is a lot to say about this error, and no end to it\n");
    }
}

/* A range that nobody asked for: all of it, half of it. */
static void say_range_whole(struct liar_draft *draft, unsigned param)
{
    unsigned long long size = draft->size;
    draft->status = param & 1 ? 206 : 200;
    snprintf(draft->range, sizeof(draft->range), "bytes 0-%llu/%llu", size ? size - 1 : 0, size);
}

static void say_range_half(struct liar_draft *draft, unsigned param)
{
    draft->status = param & 1 ? 206 : 200;
    if (draft->ask->ranged || draft->size < 2) {
        return;
    }
    draft->to = draft->declared = draft->size / 2;
    snprintf(draft->range, sizeof(draft->range), "bytes 0-%llu/%llu",
             (unsigned long long)draft->to - 1, (unsigned long long)draft->size);
}

const struct liar_word liar_status_words[] = {
    {"status", LIAR_STATUS, say_status, NULL, 8},
    {"status_true", LIAR_STATUS, say_status_true, NULL, 0},
    {"status_odd", LIAR_STATUS, say_status_odd, NULL, 2},
    {"nothing", LIAR_STATUS, say_nothing, NULL, 0},
    {"error_flood", LIAR_STATUS, say_error_flood, NULL, 1},
    {"range_whole", LIAR_STATUS, say_range_whole, NULL, 0},
    {"range_half", LIAR_STATUS, say_range_half, NULL, 8},
};
const size_t liar_status_count = sizeof(liar_status_words) / sizeof(liar_status_words[0]);

static void draft_redirect(struct liar_draft *draft, unsigned param, const char *to)
{
    static const int all[] = {301, 302, 303, 307, 308, 300, 305, 399};
    draft_error(draft, all[param % (param & 16 ? 8 : 5)]);
    liar_bytes_printf(&draft->late, "Location: %s\r\n", to);
}

/* To the same file at another of our servers, or the same. */
static void say_away(struct liar_draft *draft, unsigned param)
{
    const struct liar_ask *ask = draft->ask;
    unsigned host = param % LIAR_HOSTS;
    bool tls = param & 8 ? ask->entry->tls : (param & 4) != 0;
    char to[128];
    snprintf(to, sizeof(to), "%s://%s127.0.0.%u:%u/r/f%u%s", tls ? "https" : "http",
             param & 64 ? "user:word@" : "", host + 1, ask->places->ports[host][tls],
             ask->entry->id, param & 32 ? "?a=b#c" : "");
    draft_redirect(draft, param >> 7, to);
}

static void say_away_relative(struct liar_draft *draft, unsigned param)
{
    static const char *const forms[] = {"/r/f%u",       "f%u",          "../../../f%u?x",
                                        "./././r/f%u",  "?f%u",         "/r//..//f%u#/f0",
                                        "\t /r/f%u \t", "/%%2e%%2e/f%u"};
    const char *form = forms[param % 8];
    const char *percent = strstr(form, "%u");
    char to[128];
    snprintf(to, sizeof(to), "%.*s%u%s", (int)(percent - form), form, draft->ask->entry->id,
             percent + 2);
    draft_redirect(draft, param >> 3, to);
}

/* To what is no place to go. */
static void say_away_odd(struct liar_draft *draft, unsigned param)
{
    static const char *const all[] = {
        "",
        "file:///etc/passwd",
        "ftp://127.0.0.1:1/f1",
        "gopher://127.0.0.1:1/_x",
        "data:,x",
        "javascript:x",
        "ws://127.0.0.1:1/",
        "http://",
        "http:///f1",
        "https:f1",
        "http://[::1",
        "http://127.0.0.1:99999/f1",
        "http://127.0.0.1:0/f1",
        "http://127.0.0.1:-1/",
        "//",
        "///f1",
        "http://a b/f1",
        "scp://127.0.0.1/x",
        "dict://127.0.0.1:1/x",
        "HTTP://\x01/",
        "http://127.0.0.1:1@127.0.0.1:2/",
        "http://%31/",
        "\xff\xfe",
        "tftp://127.0.0.1/x",
    };
    draft_redirect(draft, param / 24, all[param % 24]);
}

static void say_away_loop(struct liar_draft *draft, unsigned param)
{
    char to[64];
    snprintf(to, sizeof(to), "/loop/f%u", draft->ask->entry->id);
    draft_redirect(draft, param, to);
}

static void say_away_long(struct liar_draft *draft, unsigned param)
{
    struct liar_bytes to = {0};
    liar_bytes_text(&to, "/r/");
    for (unsigned i = 0; i < 500 + param % 30000; i++) {
        liar_bytes_text(&to, "x/");
    }
    liar_bytes_printf(&to, "f%u", draft->ask->entry->id);
    draft_redirect(draft, param, to.at);
    liar_bytes_fini(&to);
}

static void say_away_two(struct liar_draft *draft, unsigned param)
{
    draft_redirect(draft, param >> 1, "");
    liar_bytes_printf(&draft->late, "Location: %s%u\r\n", param & 1 ? "/r/f" : "f",
                      draft->ask->entry->id);
}

const struct liar_word liar_away_words[] = {
    {"away", LIAR_AWAY, say_away, NULL, 10},
    {"away_relative", LIAR_AWAY, say_away_relative, NULL, 0},
    {"away_odd", LIAR_AWAY, say_away_odd, NULL, 0},
    {"away_loop", LIAR_AWAY, say_away_loop, NULL, 2},
    {"away_long", LIAR_AWAY, say_away_long, NULL, 2},
    {"away_two", LIAR_AWAY, say_away_two, NULL, 2},
};
const size_t liar_away_count = sizeof(liar_away_words) / sizeof(liar_away_words[0]);

static void draft_range(struct liar_draft *draft, uint64_t from, uint64_t last, uint64_t total)
{
    snprintf(draft->range, sizeof(draft->range), "bytes %llu-%llu/%llu", (unsigned long long)from,
             (unsigned long long)last, (unsigned long long)total);
}

/* 200 with all of it, as if the Range had not been there. */
static void say_r200(struct liar_draft *draft, unsigned param)
{
    (void)param;
    draft->status = 200;
    draft->range[0] = '\0';
    draft->from = 0;
    draft->declared = draft->to = draft->size;
}

/* 200 with the rest only, which Content-Range tells. */
static void say_r200_rest(struct liar_draft *draft, unsigned param)
{
    draft->status = 200;
    if (param & 1) {
        draft->framing = param & 2 ? LIAR_BY_CHUNKS : LIAR_BY_CLOSE;
    }
}

/* All of it under the same strong ETag, but shorter or longer than the client has been told. */
static void say_r200_other(struct liar_draft *draft, unsigned param)
{
    say_r200(draft, param);
    if (!draft->ask->announced || !draft->ask->entry->etag || draft->size < 4) {
        return;
    }
    uint64_t other = param & 1 ? draft->size / 2 : draft->size + 1 + param % 1000;
    char key[LIAR_TRUTH_SIZE];
    liar_bytes_pattern(&draft->body, liar_truth(draft->ask->of, draft->ask->entry->id, key), 0,
                       other);
    if (param & 2) {
        draft->framing = LIAR_BY_CHUNKS;
    }
}

/* The same strong ETag again, without a length, cut: only TLS or the memory of the length tells. */
static void say_r200_cut(struct liar_draft *draft, unsigned param)
{
    say_r200(draft, param);
    if (!draft->ask->announced || !draft->ask->entry->etag) {
        return;
    }
    char key[LIAR_TRUTH_SIZE];
    liar_bytes_pattern(&draft->body, liar_truth(draft->ask->of, draft->ask->entry->id, key), 0,
                       draft->size * (param % 100) / 100);
    draft->framing = LIAR_BY_CLOSE;
}

/* 206 that starts or ends elsewhere than its head says, or was asked for. */
static void say_r206_moved(struct liar_draft *draft, unsigned param)
{
    uint64_t from = draft->from;
    uint64_t size = draft->size;
    uint64_t last = size ? size - 1 : 0;
    switch (param % 8) {
    case 0: /* all of it */
        draft->from = 0;
        draft->declared = size;
        draft_range(draft, 0, last, size);
        break;
    case 1:
        draft->from = from + 1 < size ? from + 1 : from;
        draft->declared = size - draft->from;
        draft_range(draft, draft->from, last, size);
        break;
    case 2: /* the total is another */
        draft_range(draft, from, last, size + 5);
        break;
    case 3:
        draft->range[0] = '\0';
        break;
    case 4:
        snprintf(draft->range, sizeof(draft->range), "items %llu-%llu/%llu",
                 (unsigned long long)from, (unsigned long long)last, (unsigned long long)size);
        break;
    case 5: /* total unknown */
        snprintf(draft->range, sizeof(draft->range), "bytes %llu-%llu/*", (unsigned long long)from,
                 (unsigned long long)last);
        break;
    case 6: /* a part of what was asked for, which is allowed */
        draft->to = draft->from + (draft->to - draft->from) / 2;
        draft->declared = draft->to - draft->from;
        draft_range(draft, from, draft->to ? draft->to - 1 : 0, size);
        break;
    default:
        draft_range(draft, from, from, size);
        break;
    }
}

static void say_r206_multipart(struct liar_draft *draft, unsigned param)
{
    char key[LIAR_TRUTH_SIZE];
    liar_bytes_text(&draft->first, "Content-Type: multipart/byteranges; boundary=X\r\n");
    liar_bytes_printf(&draft->body, "--X\r\nContent-Range: %s\r\n\r\n", draft->range);
    liar_bytes_pattern(&draft->body, liar_truth(draft->ask->of, draft->ask->entry->id, key),
                       draft->from, draft->to);
    liar_bytes_text(&draft->body, "\r\n--X--\r\n");
    if (param & 1) {
        draft->range[0] = '\0';
    }
}

/* The rest of another file, which the validator tells. */
static void say_r206_changed(struct liar_draft *draft, unsigned param)
{
    const struct liar_entry *entry = draft->ask->entry;
    if (!entry->etag) {
        return;
    }
    static const char *const tags[] = {"\"changed\"", "W/\"1\"", "\"changed", ""};
    draft->etag = tags[param % 4];
    draft->seed = draft->etag[0] ? "changed" : NULL;
}

/* gzip in front, then something else behind it; or the same. */
static void say_r206_coded(struct liar_draft *draft, unsigned param)
{
    (void)param;
    draft->coded = true;
}

static void say_r416(struct liar_draft *draft, unsigned param)
{
    if (!draft->ask->announced) {
        return;
    }
    unsigned long long from = draft->from;
    draft_error(draft, 416);
    const char *const forms[] = {"bytes */%llu", "bytes */*", "", "bytes 0-0/%llu"};
    const char *form = forms[param & 4 ? 0 : param % 4];
    snprintf(draft->range, sizeof(draft->range), form, from);
    draft->bare = (param & 8) != 0;
}

static void say_refused(struct liar_draft *draft, unsigned param)
{
    static const int all[] = {500, 503, 403, 400, 501, 404, 412, 405};
    draft_error(draft, all[param % 8]);
}

const struct liar_word liar_range_words[] = {
    {"r200", LIAR_RANGE, say_r200, NULL, 0},
    {"r200_rest", LIAR_RANGE, say_r200_rest, NULL, 0},
    {"r200_other", LIAR_RANGE, say_r200_other, NULL, 0},
    {"r200_cut", LIAR_RANGE, say_r200_cut, NULL, 0},
    {"r206_moved", LIAR_RANGE, say_r206_moved, NULL, 8},
    {"r206_multipart", LIAR_RANGE, say_r206_multipart, NULL, 2},
    {"r206_changed", LIAR_RANGE, say_r206_changed, NULL, 0},
    {"r206_coded", LIAR_RANGE, say_r206_coded, NULL, 0},
    {"r416", LIAR_RANGE, say_r416, NULL, 0},
    {"refused", LIAR_RANGE, say_refused, NULL, 0},
};
const size_t liar_range_count = sizeof(liar_range_words) / sizeof(liar_range_words[0]);
