/*
 * Splits a stream into lines in one buffer of max + FA_SOURCE_SIZE bytes: a line that fits is
 * always contiguous there, and is lent without copying.  A longer line is reported as too long, and
 * skipped up to its end without being stored.
 *
 * Before a fill the unused bytes are moved to the start of the buffer.  They are at most one line,
 * so there is always space for a whole read.
 *
 * Bytes that contain no LF are counted in `scanned`.  Otherwise a line that arrives in small pieces
 * would be searched from its start for each of them, which takes quadratic time.
 */
#include "list/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Limit of fills per call, so that a call returns even if the list never ends. */
#define FILLS_MAX 64

int fa_lines_init(struct fa_lines *lines, const char *name, size_t max, struct fa_error *err)
{
    *lines = (struct fa_lines){.ended = FA_SOURCE_SOME, .separator = '\n'};
    lines->source = fa_source_open(name, err);
    if (!lines->source)
        return -1;
    if (fa_lines_set_max(lines, max, err) == 0)
        return 0;
    fa_lines_fini(lines);
    return -1;
}

void fa_lines_fini(struct fa_lines *lines)
{
    fa_source_free(lines->source);
    free(lines->buf);
}

/* The bytes that fa_lines_peek() has read stay in the buffer. */
int fa_lines_set_max(struct fa_lines *lines, size_t max, struct fa_error *err)
{
    char *buf = realloc(lines->buf, max + FA_SOURCE_SIZE);
    if (!buf) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'",
                        fa_source_name(lines->source));
        return -1;
    }
    lines->buf = buf;
    lines->max = max;
    return 0;
}

void fa_lines_set_separator(struct fa_lines *lines, char separator)
{
    lines->separator = separator;
}

void fa_lines_begin_call(struct fa_lines *lines)
{
    lines->fills = 0;
    lines->waiting = false;
}

/* Read more bytes after those in the buffer, which are shorter than the maximum line. */
static enum fa_source_what lines_fill(struct fa_lines *lines, double now)
{
    if (lines->fills++ == FILLS_MAX)
        return FA_SOURCE_AGAIN;
    if (lines->start > 0) {
        memmove(lines->buf, lines->buf + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    size_t len = 0;
    enum fa_source_what what = fa_source_read(lines->source, lines->buf + lines->end,
                                              lines->max + FA_SOURCE_SIZE - lines->end, now, &len);
    lines->end += len;
    if (what == FA_SOURCE_ERROR)
        fa_source_explain(lines->source, lines->number, &lines->error);
    if (what == FA_SOURCE_END || what == FA_SOURCE_ERROR)
        lines->ended = what;
    lines->waiting = what == FA_SOURCE_AGAIN;
    return what;
}

enum fa_source_what fa_lines_peek(struct fa_lines *lines, size_t least, double now,
                                  const char **ret, size_t *ret_len)
{
    while (lines->end - lines->start < least && lines->ended == FA_SOURCE_SOME)
        if (lines_fill(lines, now) == FA_SOURCE_AGAIN)
            return FA_SOURCE_AGAIN;
    *ret = lines->buf + lines->start;
    *ret_len = lines->end - lines->start;
    return FA_SOURCE_SOME;
}

void fa_lines_take(struct fa_lines *lines, size_t len)
{
    const char *at = lines->buf + lines->start, *end = at + len;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        ++at;
        ++lines->number;
    }
    lines->start += len;
    lines->scanned = 0;
}

/* `used` includes the LF, if there is one; `len` does not. */
static void lines_found(struct fa_lines *lines, size_t len, size_t used)
{
    lines->have = true;
    lines->used = used;
    lines->line = (struct fa_line){
        .at = lines->buf + lines->start,
        .len = len,
        .number = ++lines->number,
        .too_long = len > lines->max,
    };
}

/* A line ends with its LF, with the limit (then the rest is skipped), or with the source.  After an
 * error the last bytes are not a line: they may be cut off anywhere. */
enum fa_source_what fa_lines_next(struct fa_lines *lines, double now, struct fa_line *ret)
{
    while (!lines->have) {
        size_t len = lines->end - lines->start;
        const char *at = lines->buf + lines->start;
        const char *lf = memchr(at + lines->scanned, lines->separator, len - lines->scanned);
        size_t used = lf ? (size_t)(lf - at) + 1 : len;
        lines->scanned = len;
        if (lines->skipping) {
            lines->start += used;
            lines->scanned = 0;
            lines->skipping = !lf;
        } else if (lf) {
            lines_found(lines, used - 1, used);
        } else if (len > lines->max) {
            lines_found(lines, len, used);
            lines->skipping = true;
        } else if (lines->ended == FA_SOURCE_END && len > 0) {
            lines_found(lines, len, used);
        }
        if (lf || lines->have)
            continue;
        if (lines->ended != FA_SOURCE_SOME)
            return lines->ended;
        if (lines_fill(lines, now) == FA_SOURCE_AGAIN)
            return FA_SOURCE_AGAIN;
    }
    *ret = lines->line;
    return FA_SOURCE_SOME;
}

void fa_line_skip_mark(struct fa_line *line)
{
    while (line->len >= 3 && memcmp(line->at, "\xef\xbb\xbf", 3) == 0) {
        line->at += 3;
        line->len -= 3;
    }
}

void fa_lines_use(struct fa_lines *lines)
{
    lines->start += lines->used;
    lines->scanned = 0;
    lines->have = false;
}

/* The number is that of the next line, so that it is given out again. */
void fa_lines_split(struct fa_lines *lines, const char *at)
{
    size_t len = (size_t)(at - lines->line.at);
    if (len < lines->line.len) {
        lines->line.len = lines->used = len;
        lines->number--;
    }
}

void fa_lines_fail(struct fa_lines *lines, const struct fa_error *err)
{
    lines->error = *err;
    lines->ended = FA_SOURCE_ERROR;
    lines->start = lines->end;
    lines->scanned = 0;
}

/* The rest of a line that is too long counts as nothing. */
char fa_lines_begun(const struct fa_lines *lines)
{
    return lines->start < lines->end && !lines->skipping ? lines->buf[lines->start] : '\n';
}
