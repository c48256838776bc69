#include "liar/draft.h"

#include "support/fail.h"
#include "support/pattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MAX   8000
#define MODIFIED    "Wed, 01 Jan 2020 00:00:00 GMT"
#define UNSPLIT_END "\r\n"

static void draft_begin(struct liar_draft *draft, const struct liar_ask *ask)
{
    uint64_t size = ask->entry->size;
    *draft = (struct liar_draft){.ask = ask, .status = 200, .size = size, .to = size, .end = -1};
    draft->param = ask->entry->id;
    if (ask->ranged && ask->from < size) {
        draft->status = 206;
        draft->from = ask->from;
        snprintf(draft->range, sizeof(draft->range), "bytes %llu-%llu/%llu",
                 (unsigned long long)ask->from, (unsigned long long)size - 1,
                 (unsigned long long)size);
    } else if (ask->ranged) {
        draft->status = 416;
        draft->no_body = true;
        snprintf(draft->range, sizeof(draft->range), "bytes */%llu", (unsigned long long)size);
    }
    draft->declared = draft->to - draft->from;
}

static void draft_say(struct liar_draft *draft, const struct liar_said *said)
{
    const struct liar_word *word = said->word;
    if (word->group == LIAR_FRAMES && !draft->ask->stream) {
        return;
    }
    if (word->group == LIAR_RANGE && draft->status != 206) {
        /* There has to be a part before there can be lies about it. */
        word = draft->ask->ranged ? NULL : liar_word_named("cut", 3);
    }
    if (word && word->say) {
        word->say(draft, said->param);
    } else if (word) {
        liar_bytes_text(&draft->late, word->text);
    }
}

bool liar_draft_is_short(const struct liar_draft *draft)
{
    return !draft->body.len && !draft->no_body && draft->to < draft->from + draft->declared;
}

/* Chunks that promise more than there is; what comes after them would be taken for it. */
static bool draft_is_long(const struct liar_draft *draft)
{
    return draft->chunk == LIAR_CHUNK_HUGE || draft->chunk == LIAR_CHUNK_BIG;
}

/* Whether what is sent is less than there is; with a coding, less than that. */
static bool draft_is_cut(const struct liar_draft *draft)
{
    return draft->to < draft->from + draft->declared;
}

/* What is sent in gzip has another size. */
static void draft_code(struct liar_draft *draft)
{
    char key[LIAR_TRUTH_SIZE];
    size_t size = 0;
    unsigned char *gzip = fa_pattern_gzip(liar_truth(draft->ask->of, draft->ask->entry->id, key),
                                          (size_t)draft->size, &size);
    if (!gzip) {
        fa_test_fail("out of memory");
    }
    uint64_t to = liar_draft_is_short(draft) && draft->to < size ? draft->to : size;
    draft->from = draft->from < size ? draft->from : size;
    to = to < draft->from ? draft->from : to;
    liar_bytes_add(&draft->body, gzip + draft->from, (size_t)(to - draft->from));
    if (draft->range[0] && draft->from < size) {
        snprintf(draft->range, sizeof(draft->range), "bytes %llu-%zu/%zu",
                 (unsigned long long)draft->from, size - 1, size);
    }
    draft->declared = size - draft->from;
    draft->to = to;
    free(gzip);
}

/* In HTTP/2 a stream that ends is whole, unless a length says otherwise. */
static void draft_mend_frames(struct liar_draft *draft, bool cut)
{
    if (draft->frame_lies & LIAR_ENDED_EARLY) {
        draft->framing = LIAR_BY_LENGTH;
        draft->unframed = false;
    }
    if (cut && (draft->framing != LIAR_BY_LENGTH || draft->unframed) && draft->end < 0) {
        draft->end = LIAR_CUT;
    }
}

/* Makes the truth one that can be decided. */
static void draft_mend(struct liar_draft *draft)
{
    if (draft->line && (draft->body.len || draft->from > 0 || draft->no_body)) {
        draft->line = NULL; /* it says 200, and the body is not the whole */
    }
    if (draft->body.len) {
        draft->coded = false; /* what is in gzip is the truth, and nothing else */
    }
    if (draft->two_lengths && (draft->framing == LIAR_BY_CLOSE || draft->unframed)) {
        draft->framing = LIAR_BY_LENGTH; /* the wrong length must not be the only one */
        draft->unframed = false;
    }
    bool cut = liar_draft_is_short(draft);
    bool by_close = draft->framing == LIAR_BY_CLOSE || draft->unframed || draft->line;
    if (draft->ask->stream) {
        draft_mend_frames(draft, cut);
    } else if ((by_close || cut) && draft->end < 0) {
        draft->end = LIAR_CLOSE;
    }
    if (cut && by_close && !draft->ask->stream && draft->end != LIAR_RESET) {
        if (draft->ask->tls && !draft->unframed && !draft->line) {
            draft->end = LIAR_CUT;
        } else {
            draft->to = draft->from + draft->declared;
        }
    }
    if (draft->framing == LIAR_BY_CHUNKS && draft->end < 0 &&
        (draft_is_long(draft) || draft->chunk == LIAR_CHUNK_NO_LAST)) {
        draft->end = LIAR_CLOSE;
    }
    if (draft->end >= 0 || draft->no_body) {
        draft->has_post = false;
    }
    if (draft->coded) {
        draft_code(draft);
    }
}

void liar_draft_lines(const struct liar_draft *draft, struct liar_bytes *out)
{
    const struct liar_entry *entry = draft->ask->entry;
    liar_bytes_add(out, draft->first.at, draft->first.len);
    liar_bytes_text(out, "Content-Type: application/octet-stream\r\n");
    if (draft->etag && draft->etag[0]) {
        liar_bytes_printf(out, "ETag: %s\r\n", draft->etag);
    } else if (!draft->etag && !draft->bare && (entry->etag || entry->weak)) {
        liar_bytes_printf(out, "ETag: %s\"%u\"\r\n", entry->weak ? "W/" : "", entry->id);
    }
    if (!draft->bare && entry->modified) {
        liar_bytes_text(out, "Last-Modified: " MODIFIED "\r\n");
    }
    if (draft->range[0]) {
        liar_bytes_printf(out, "Content-Range: %s\r\n", draft->range);
    }
    if (draft->coded) {
        liar_bytes_text(out, "Content-Encoding: gzip\r\n");
    }
}

void liar_draft_body(const struct liar_draft *draft, struct liar_bytes *out)
{
    char key[LIAR_TRUTH_SIZE];
    if (draft->no_body) {
        return;
    }
    if (draft->body.len) {
        liar_bytes_add(out, draft->body.at, draft->body.len);
        return;
    }
    const char *seed =
        draft->seed ? draft->seed : liar_truth(draft->ask->of, draft->ask->entry->id, key);
    liar_bytes_pattern(out, seed, draft->from, draft->to);
}

/* The length line of a chunk of LEN bytes that ends in LAST. */
static void chunk_line(enum liar_chunk kind, size_t len, char last, struct liar_bytes *out)
{
    static const char *const forms[LIAR_CHUNK_KINDS] = {
        [LIAR_CHUNK_EXTENSION] = "%zx;name=\"va\\\"lue\";x\r\n",
        [LIAR_CHUNK_ZEROS] = "00000000%zx\r\n",
        [LIAR_CHUNK_SPACES] = "%zx \t \r\n",
        [LIAR_CHUNK_HEX] = "0x%zx\r\n",
        [LIAR_CHUNK_NEGATIVE] = "-%zx\r\n",
        [LIAR_CHUNK_HUGE] = "FFFFFFFFFFFFF%zx\r\n",
        [LIAR_CHUNK_LF] = "%zx\n",
    };
    bool lies = kind == LIAR_CHUNK_SMALL && len > 1 && last != '\r' && last != '\n';
    if (kind == LIAR_CHUNK_LONG_EXTENSION) {
        liar_bytes_printf(out, "%zx;%020000d\r\n", len, 0);
    } else if (forms[kind]) {
        const char *percent = strchr(forms[kind], '%');
        liar_bytes_add(out, forms[kind], (size_t)(percent - forms[kind]));
        liar_bytes_printf(out, "%zx%s", len, percent + strlen("%zx"));
    } else {
        liar_bytes_printf(out, "%zx\r\n", kind == LIAR_CHUNK_BIG ? len + 2 : len - lies);
    }
}

static void draft_chunks(const struct liar_draft *draft, const struct liar_bytes *body,
                         struct liar_bytes *out)
{
    uint64_t state = draft->param;
    bool is_long = draft_is_long(draft);
    for (size_t at = 0; at < body->len;) {
        size_t len = 1 + liar_below(&state, CHUNK_MAX);
        len = len < body->len - at && !is_long ? len : body->len - at;
        chunk_line(draft->chunk, len, body->at[at + len - 1], out);
        liar_bytes_add(out, body->at + at, len);
        if (draft->chunk != LIAR_CHUNK_NO_CRLF && !is_long) {
            liar_bytes_text(out, draft->chunk == LIAR_CHUNK_LF ? "\n" : "\r\n");
        }
        at += len;
    }
}

static void script_send(struct liar_script *script, const struct liar_draft *draft,
                        struct liar_bytes *bytes)
{
    if (bytes->len) {
        struct liar_step *step = liar_script_take(script, LIAR_SEND, bytes);
        step->piece = draft->piece;
        step->ms = draft->pause;
    }
}

static void script_flood(struct liar_script *script, const struct liar_draft *draft)
{
    struct liar_step *step = liar_script_add(script, LIAR_FLOOD);
    liar_bytes_add(&step->bytes, draft->unit.at, draft->unit.len);
    step->number = draft->flood_count;
}

static void draft_framing(const struct liar_draft *draft, struct liar_bytes *out)
{
    uint64_t sent = draft->declared;
    if (draft->body.len && !draft->coded) {
        sent = draft->body.len;
    }
    if (draft->framing == LIAR_BY_CHUNKS) {
        liar_bytes_text(out, "Transfer-Encoding: chunked\r\n");
    } else if (draft->framing == LIAR_BY_LENGTH && !draft->unframed && draft->status != 204 &&
               draft->status != 304) {
        liar_bytes_printf(out, "Content-Length: %llu\r\n",
                          draft->no_body ? 0ULL : (unsigned long long)sent);
    }
}

static void render_head(const struct liar_draft *draft, struct liar_script *script)
{
    struct liar_bytes out = {0};
    liar_bytes_add(&out, draft->before.at, draft->before.len);
    if (draft->flood == LIAR_FLOOD_BEFORE) {
        script_flood(script, draft);
    }
    if (draft->line) {
        liar_bytes_printf(&out, "%s\r\n", draft->line);
    } else {
        liar_bytes_printf(&out, "HTTP/1.1 %d Said\r\n", draft->status);
    }
    liar_draft_lines(draft, &out);
    draft_framing(draft, &out);
    liar_bytes_add(&out, draft->late.at, draft->late.len);
    if (draft->flood == LIAR_FLOOD_HEAD) {
        script_send(script, draft, &out);
        script_flood(script, draft);
        if (draft->unit.at[draft->unit.len - 1] != '\n') {
            liar_bytes_text(&out, "\r\n");
        }
    }
    liar_bytes_text(&out, "\r\n");
    script_send(script, draft, &out);
}

static void render_end(const struct liar_draft *draft, struct liar_script *script)
{
    if (draft->end >= 0) {
        liar_script_add(script, (enum liar_op)draft->end)->ms = draft->post_ms;
    } else if (draft->has_post) {
        liar_script_add(script, LIAR_WAIT)->ms = draft->post_ms;
        struct liar_step *post = liar_script_add(script, draft->post);
        liar_bytes_add(&post->bytes, draft->poison.at, draft->poison.len);
    }
}

static void draft_render(const struct liar_draft *draft, struct liar_script *script)
{
    struct liar_bytes body = {0};
    struct liar_bytes out = {0};
    if (!draft->line || draft->line[0]) {
        render_head(draft, script);
    }
    liar_draft_body(draft, &body);
    if (draft->framing == LIAR_BY_CHUNKS) {
        draft_chunks(draft, &body, &out);
        if (!draft_is_cut(draft) && draft->chunk != LIAR_CHUNK_NO_LAST && !draft_is_long(draft)) {
            liar_bytes_printf(&out, "0\r\n%s", draft->trailers.len ? draft->trailers.at : "");
            liar_bytes_text(&out, draft->flood == LIAR_FLOOD_TRAILERS ? "" : UNSPLIT_END);
        }
    } else {
        liar_bytes_add(&out, body.at, body.len);
    }
    script_send(script, draft, &out);
    if (draft->flood == LIAR_FLOOD_TRAILERS) {
        script_flood(script, draft);
        if (draft->framing == LIAR_BY_CHUNKS) {
            liar_bytes_text(&out, UNSPLIT_END);
            script_send(script, draft, &out);
        }
    }
    render_end(draft, script);
    liar_bytes_fini(&body);
}

static void draft_fini(struct liar_draft *draft)
{
    struct liar_bytes *all[] = {&draft->before, &draft->first,    &draft->late,  &draft->unit,
                                &draft->body,   &draft->trailers, &draft->poison};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        liar_bytes_fini(all[i]);
    }
}

static void draft_make(struct liar_draft *draft, const struct liar_ask *ask,
                       const struct liar_answer *answer)
{
    draft_begin(draft, ask);
    for (size_t i = 0; answer && i < answer->count; i++) {
        draft_say(draft, &answer->said[i]);
    }
    if (ask->loop) {
        draft_say(draft, &(struct liar_said){.word = liar_word_named("away_loop", 9)});
    }
    draft_mend(draft);
}

void liar_draft_script(const struct liar_ask *ask, const struct liar_answer *answer,
                       struct liar_script *out)
{
    struct liar_draft draft;
    draft_make(&draft, ask, answer);
    if (ask->stream) {
        liar_frames_render(&draft, out);
        render_end(&draft, out);
    } else {
        draft_render(&draft, out);
    }
    draft_fini(&draft);
}

int liar_draft_announces(const struct liar_ask *ask, const struct liar_answer *answer)
{
    struct liar_draft draft;
    draft_make(&draft, ask, answer);
    bool plain = !draft.coded && !draft.body.len && draft.framing == LIAR_BY_LENGTH;
    for (size_t i = 0; answer && i < answer->count; i++) {
        enum liar_group group = answer->said[i].word->group;
        plain = plain && (group == LIAR_RANGE || group == LIAR_BODY || group == LIAR_END ||
                          group == LIAR_POST || group == LIAR_STYLE);
    }
    int announces = draft.status != 200 ? -1 : plain;
    draft_fini(&draft);
    return announces;
}

void liar_connect_script(const struct liar_answer *answer, struct liar_script *out, bool *tunnel)
{
    struct liar_draft draft = {.end = -1};
    for (size_t i = 0; answer && i < answer->count; i++) {
        answer->said[i].word->say(&draft, answer->said[i].param);
    }
    if (!draft.body.len) {
        liar_bytes_text(&draft.body, "HTTP/1.1 200 Connection established\r\n\r\n");
    }
    draft.line = "";
    *tunnel = draft.end < 0;
    draft_render(&draft, out);
    draft_fini(&draft);
}
