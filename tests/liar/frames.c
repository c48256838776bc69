/* Answers as frames of HTTP/2 (RFC 9113), made by hand so that they can be wrong. */

#include "liar/draft.h"
#include "liar/word_lists.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENDLESS (64u << 20)

enum {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION
};

enum { END_STREAM = 1, END_HEADERS = 4, PADDED = 8 };

static void frame_add(struct liar_bytes *out, unsigned type, unsigned flags, unsigned stream,
                      const void *payload, size_t len)
{
    const unsigned char head[9] = {
        (unsigned char)(len >> 16),    (unsigned char)(len >> 8),    (unsigned char)len,
        (unsigned char)type,           (unsigned char)flags,         (unsigned char)(stream >> 24),
        (unsigned char)(stream >> 16), (unsigned char)(stream >> 8), (unsigned char)stream,
    };
    liar_bytes_add(out, head, sizeof(head));
    liar_bytes_add(out, payload, len);
}

/* A string of HPACK without Huffman coding. */
static void hpack_string(struct liar_bytes *out, const char *text, size_t len)
{
    unsigned char prefix[8] = {(unsigned char)(len < 127 ? len : 127)};
    size_t count = 1;
    for (size_t rest = len - 127; len >= 127; rest >>= 7) {
        prefix[count++] = (unsigned char)(rest & 127) | (rest > 127 ? 128 : 0);
        if (rest <= 127) {
            break;
        }
    }
    liar_bytes_add(out, prefix, count);
    liar_bytes_add(out, text, len);
}

static void hpack_field(struct liar_bytes *out, const char *name, size_t name_len,
                        const char *value, size_t value_len)
{
    liar_bytes_add(out, "\0", 1); /* literal, never indexed by either side */
    hpack_string(out, name, name_len);
    hpack_string(out, value, value_len);
}

/* Lines of a head as fields; what has no colon is a name without a value. */
static void hpack_lines(struct liar_bytes *out, const struct liar_bytes *lines)
{
    const char *end = lines->at + lines->len;
    for (const char *at = lines->at; at && at < end;) {
        const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
        line_end = line_end ? line_end : end;
        size_t len = (size_t)(line_end - at);
        const char *colon = memchr(at, ':', len);
        size_t name_len = colon ? (size_t)(colon - at) : len;
        char name[128];
        for (size_t i = 0; i < name_len && i < sizeof(name); i++) {
            name[i] = (char)tolower((unsigned char)at[i]);
        }
        const char *value = colon ? colon + 1 : line_end;
        value += value < line_end && *value == ' ';
        hpack_field(out, name, name_len < sizeof(name) ? name_len : sizeof(name), value,
                    (size_t)(line_end - value));
        at = line_end + 2;
    }
}

static void draft_block(const struct liar_draft *draft, struct liar_bytes *out)
{
    char number[24];
    int len = snprintf(number, sizeof(number), "%d", draft->status);
    hpack_field(out, ":status", 7, number, (size_t)len);
    if (draft->framing == LIAR_BY_LENGTH && !draft->unframed && !draft->no_body) {
        len = snprintf(number, sizeof(number), "%llu",
                       (unsigned long long)(draft->body.len && !draft->coded ? draft->body.len
                                                                             : draft->declared));
        hpack_field(out, "content-length", 14, number, (size_t)len);
    }
    struct liar_bytes lines = {0};
    liar_draft_lines(draft, &lines);
    liar_bytes_add(&lines, draft->late.at, draft->late.len);
    hpack_lines(out, &lines);
    if (draft->flood == LIAR_FLOOD_HEAD) {
        for (unsigned i = 0; i < 2000; i++) {
            hpack_field(out, "x-many", 6, "one of many", 11);
        }
    }
    liar_bytes_fini(&lines);
}

#define FRAME_MAX 16384

static void render_headers(const struct liar_draft *draft, bool end, struct liar_bytes *out)
{
    struct liar_bytes block = {0};
    draft_block(draft, &block);
    unsigned stream = draft->ask->stream + (draft->frame_lies & LIAR_WRONG_STREAM ? 2 : 0);
    size_t piece = draft->frame_lies & LIAR_CONTINUED ? 1 + draft->param % 20 : FRAME_MAX;
    for (size_t at = 0; at < block.len;) {
        size_t len = piece < block.len - at ? piece : block.len - at;
        bool last = at + len == block.len;
        frame_add(out, at ? CONTINUATION : HEADERS,
                  (last ? END_HEADERS : 0) | (end && !at ? END_STREAM : 0), stream, block.at + at,
                  len);
        at += len;
    }
    liar_bytes_fini(&block);
}

static void render_data(const struct liar_draft *draft, const char *at, size_t len, bool last,
                        struct liar_bytes *out)
{
    unsigned flags = last && !(draft->frame_lies & LIAR_NEVER_ENDED) ? END_STREAM : 0;
    if (!(draft->frame_lies & LIAR_PADDED)) {
        frame_add(out, DATA, flags, draft->ask->stream, at, len);
        return;
    }
    unsigned char pad = (unsigned char)draft->param;
    struct liar_bytes payload = {0};
    liar_bytes_add(&payload, &pad, 1);
    liar_bytes_add(&payload, at, len);
    for (unsigned i = 0; i < pad; i++) {
        liar_bytes_add(&payload, "\0", 1);
    }
    frame_add(out, DATA, flags | PADDED, draft->ask->stream, payload.at, payload.len);
    liar_bytes_fini(&payload);
}

static void script_send(const struct liar_draft *draft, struct liar_bytes *bytes,
                        struct liar_script *out)
{
    if (bytes->len) {
        struct liar_step *step = liar_script_take(out, LIAR_SEND, bytes);
        step->piece = draft->piece;
        step->ms = draft->pause;
    }
}

/* The frames of a lie, if their place is here. */
static void render_more(const struct liar_draft *draft, enum liar_frames_at at,
                        struct liar_bytes *bytes, struct liar_script *out)
{
    if (draft->frames && draft->frames_at == at) {
        script_send(draft, bytes, out);
        draft->frames(draft, out);
    }
}

void liar_frames_render(const struct liar_draft *draft, struct liar_script *out)
{
    struct liar_bytes bytes = {0};
    struct liar_bytes body = {0};
    liar_draft_body(draft, &body);
    bool cut = draft->to < draft->from + draft->declared;
    /* Without a length, only what comes after can tell that it was cut. */
    bool ended = !cut || (draft->framing == LIAR_BY_LENGTH && !draft->unframed);
    bool early =
        draft->frame_lies & LIAR_ENDED_EARLY ||
        (!body.len && ended && !(draft->frame_lies & (LIAR_WRONG_STREAM | LIAR_NEVER_ENDED)));
    render_more(draft, LIAR_AT_START, &bytes, out);
    if (draft->frame_lies & LIAR_DATA_FIRST) {
        render_data(draft, body.at, body.len < 10 ? body.len : 10, false, &bytes);
    }
    render_headers(draft, early, &bytes);
    render_more(draft, LIAR_AFTER_HEAD, &bytes, out);
    for (size_t at = 0; at < body.len;) {
        size_t len = body.len - at < FRAME_MAX / 2 ? body.len - at : FRAME_MAX / 2;
        render_data(draft, body.at + at, len, ended && at + len == body.len, &bytes);
        if (at == 0) {
            render_more(draft, LIAR_AMID_DATA, &bytes, out);
        }
        at += len;
    }
    if (draft->frame_lies & LIAR_TWO_HEADS) {
        render_headers(draft, false, &bytes);
    }
    render_more(draft, LIAR_AT_END, &bytes, out);
    script_send(draft, &bytes, out);
    liar_bytes_fini(&body);
}

enum how_many { ONCE, MANY, EVER };

static void more_send(struct liar_bytes *bytes, struct liar_script *out, enum how_many times)
{
    size_t len = bytes->len;
    struct liar_step *step = liar_script_take(out, LIAR_FLOOD, bytes);
    step->number = times == ONCE ? 1 : times == MANY ? ENDLESS / len : UINT64_MAX;
}

/* One frame, so many times. */
static void frame_send(struct liar_script *out, enum how_many times, unsigned type, unsigned flags,
                       unsigned stream, const void *payload, size_t len)
{
    struct liar_bytes bytes = {0};
    frame_add(&bytes, type, flags, stream, payload, len);
    more_send(&bytes, out, times);
}

/* The same of a payload that is released. */
static void frame_send_bytes(struct liar_script *out, enum how_many times, unsigned type,
                             unsigned flags, unsigned stream, struct liar_bytes *payload)
{
    frame_send(out, times, type, flags, stream, payload->at, payload->len);
    liar_bytes_fini(payload);
}

/* The word says frames that SEND makes of its param, at the place of the lowest bits of AT. */
static void say_frames(struct liar_draft *draft, unsigned param, unsigned at,
                       void (*send)(const struct liar_draft *draft, struct liar_script *out))
{
    draft->frames = send;
    draft->param = param;
    draft->frames_at = at & 3;
}

/* PING, SETTINGS, PRIORITY, empty DATA, WINDOW_UPDATE and unknown ones, once or without end. */
static void frames_noise(const struct liar_draft *draft, struct liar_script *out)
{
    static const struct {
        unsigned type, len;
        bool of_stream;
    } all[] = {{PING, 8, false},    {SETTINGS, 0, false},     {PRIORITY, 5, true},
               {DATA, 0, true},     {WINDOW_UPDATE, 4, true}, {WINDOW_UPDATE, 4, false},
               {0xfa, 9, true},     {RST_STREAM, 4, false},   {SETTINGS, 6, false},
               {PRIORITY, 5, false}};
    unsigned kind = draft->param % 10;
    unsigned char payload[16] = {0};
    payload[3] = (unsigned char)(draft->param >> 4 & 1); /* an increment, or none */
    payload[0] = draft->param >> 5 & 1 ? 0x7f : 0;
    bool ever = (draft->param >> 10 & 7) == 7;
    frame_send(out,
               !(draft->param >> 6 & 1) ? ONCE
               : ever                   ? EVER
                                        : MANY,
               all[kind].type, 0, all[kind].of_stream ? draft->ask->stream : 0, payload,
               all[kind].len);
}

static void say_noise(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, param >> 8, frames_noise);
}

static void frames_reset(const struct liar_draft *draft, struct liar_script *out)
{
    const unsigned char code[4] = {[3] = (unsigned char)(draft->param >> 2 & 15)};
    frame_send(out, ONCE, RST_STREAM, 0, draft->ask->stream, code, sizeof(code));
}

static void say_reset(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, param, frames_reset);
}

static void frames_goaway(const struct liar_draft *draft, struct liar_script *out)
{
    static const unsigned lasts[] = {0, 1, 0x7fffffff, 2};
    unsigned last = draft->param & 16 ? draft->ask->stream : lasts[draft->param >> 2 & 3];
    const unsigned char payload[12] = {
        (unsigned char)(last >> 24), (unsigned char)(last >> 16), (unsigned char)(last >> 8),
        (unsigned char)last, [7] = (unsigned char)(draft->param >> 5 & 15)};
    frame_send(out, ONCE, GOAWAY, 0, 0, payload, draft->param >> 9 & 1 ? 12 : 8);
}

static void say_goaway(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, param, frames_goaway);
}

/* A head that goes on and on, in frames that may be empty. */
static void frames_continuation(const struct liar_draft *draft, struct liar_script *out)
{
    struct liar_bytes status = {0}, field = {0};
    hpack_field(&status, ":status", 7, "200", 3);
    frame_send_bytes(out, ONCE, HEADERS, 0, draft->ask->stream, &status);
    if (draft->param & 1) {
        hpack_field(&field, "x", 1, "y", 1);
    }
    frame_send_bytes(out, MANY, CONTINUATION, 0, draft->ask->stream, &field);
}

static void say_continuation(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, LIAR_AT_START, frames_continuation);
}

static void frames_push(const struct liar_draft *draft, struct liar_script *out)
{
    struct liar_bytes payload = {0};
    const unsigned char promised[4] = {0, 0, 0, 2};
    liar_bytes_add(&payload, promised, sizeof(promised));
    hpack_field(&payload, ":method", 7, "GET", 3);
    hpack_field(&payload, ":path", 5, "/f1", 3);
    frame_send_bytes(out, ONCE, PUSH_PROMISE, END_HEADERS, draft->ask->stream, &payload);
}

static void say_push(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, draft->param, param, frames_push);
}

/* Blocks of fields that no decoder can take, or no client should. */
static void frames_fields(const struct liar_draft *draft, struct liar_script *out)
{
    static const char *const names[] = {":status",           ":path", "X-Upper", "connection", "",
                                        "transfer-encoding", "x\ny",  ":odd"};
    static const char *const values[] = {"103", "/", "y", "close", "y", "chunked", "z", "y"};
    unsigned kind = draft->param % 10;
    struct liar_bytes payload = {0};
    if (kind == 8) {
        liar_bytes_add(&payload, "\xff\xff\xff\xff\xff\x7f", 6); /* an index out of range */
    } else if (kind == 9) {
        liar_bytes_add(&payload, "\x3f\xff\xff\xff\x7f", 5); /* a table of 256 MB */
    } else {
        if (kind) {
            hpack_field(&payload, ":status", 7, "103", 3);
        }
        hpack_field(&payload, names[kind], strlen(names[kind]), values[kind], strlen(values[kind]));
    }
    frame_send_bytes(out, draft->param >> 5 & 1 ? MANY : ONCE, HEADERS, END_HEADERS,
                     draft->ask->stream + (draft->param >> 4 & 1) * 2, &payload);
}

static void say_fields(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, param >> 8, frames_fields);
}

/* Not frames, or ones of impossible size. */
static void frames_junk(const struct liar_draft *draft, struct liar_script *out)
{
    struct liar_bytes bytes = {0};
    if (draft->param & 1) {
        liar_bytes_text(&bytes, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
    } else {
        liar_bytes_add(&bytes, "\xff\xff\xff\0\0\0\0\0\1", 9);
    }
    more_send(&bytes, out, ONCE);
}

static void say_frame_junk(struct liar_draft *draft, unsigned param)
{
    say_frames(draft, param, param >> 1, frames_junk);
}

static void say_frame_lie(struct liar_draft *draft, unsigned param)
{
    draft->frame_lies = 1u << param % 7;
    draft->param = param >> 3;
}

const struct liar_word liar_frame_words[] = {
    {"noise", LIAR_FRAMES, say_noise, NULL, 6},
    {"rst_stream", LIAR_FRAMES, say_reset, NULL, 0},
    {"goaway", LIAR_FRAMES, say_goaway, NULL, 0},
    {"continuation", LIAR_FRAMES, say_continuation, NULL, 1},
    {"push", LIAR_FRAMES, say_push, NULL, 1},
    {"fields", LIAR_FRAMES, say_fields, NULL, 0},
    {"frame_junk", LIAR_FRAMES, say_frame_junk, NULL, 1},
    {"frame_lie", LIAR_FRAMES, say_frame_lie, NULL, 8},
};
const size_t liar_frame_count = sizeof(liar_frame_words) / sizeof(liar_frame_words[0]);
