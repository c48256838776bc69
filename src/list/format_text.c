/*
 * The text format, plain or as of aria2: list/text.h defines the entries.
 *
 * An entry is complete only when the next line is not one of its options.  From a pipe that may
 * take long, so a second of silence completes it, too; options that arrive later are an error.
 */
#include "list/format.h"
#include "list/text.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

_Static_assert(FA_SOURCE_SIZE <= FA_LIST_LINE_MAX, "a URL that can be opened fits a line");

/* The entry above the current line, whose options may follow. */
enum above {
    ABOVE_NONE,
    ABOVE_OPEN, /* Waiting in text->entry for options. */
    ABOVE_BAD,  /* Reported as bad: drop its options. */
    ABOVE_LATE, /* Completed by silence. */
};

struct text {
    enum above above;
    uint64_t line; /* Of the entry. */
    size_t len;
    char entry[FA_LIST_ENTRY_MAX];
};

/* One call of text_next(). */
struct reading {
    struct fa_format_reader *reader;
    struct text *text;
    struct fa_line line; /* The current one, trimmed. */
    struct fa_entry **ret;
    struct fa_error *err;
};

static bool byte_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The byte order mark in UTF-8, which editors on Windows write. */
static const char mark[] = "\xef\xbb\xbf";
#define MARK_LEN (sizeof(mark) - 1)

static bool bytes_are_mark(const char *at)
{
    return memcmp(at, mark, MARK_LEN) == 0;
}

/* Editors on Windows write CR LF. */
static void line_trim(struct fa_line *line)
{
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    while (line->len >= MARK_LEN && bytes_are_mark(line->at)) {
        line->at += MARK_LEN;
        line->len -= MARK_LEN;
    }
    for (;;) {
        if (line->len > 0 && byte_is_blank(line->at[line->len - 1]))
            line->len--;
        else if (line->len >= MARK_LEN && bytes_are_mark(line->at + line->len - MARK_LEN))
            line->len -= MARK_LEN;
        else
            return;
    }
}

/* Lists that were joined with cat(1) have a mark before the first line of each.  Where the list
 * before it has no last line end, a line ends there. */
static void line_split_at_mark(struct fa_lines *lines, struct fa_line *line)
{
    const char *at = line->at, *end = line->at + line->len;
    while (!line->too_long && (at = memmem(at, (size_t)(end - at), mark, MARK_LEN))) {
        const char *next = at + MARK_LEN;
        if (end - next > 4 && strncasecmp(next, "http", 4) == 0) {
            fa_lines_split(lines, at);
            line->len = (size_t)(at - line->at);
            line_trim(line);
            return;
        }
        at = next;
    }
}

static const char *reading_list_name(const struct reading *r)
{
    return fa_source_name(r->reader->lines->source);
}

/* The text is parsed only now: while its lines arrive, they are merely collected. */
static void entry_deliver(struct reading *r, enum above above)
{
    struct text *text = r->text;
    text->above = above;
    *r->ret = fa_text_parse(reading_list_name(r), text->line, text->entry, text->len, r->err);
}

static void entry_deliver_bad(struct reading *r, enum above above, const char *why)
{
    struct text *text = r->text;
    struct fa_error error;
    fa_error_set(&error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    text->above = above;
    *r->ret =
        fa_entry_bad(reading_list_name(r), text->line, text->entry, text->len, &error, r->err);
}

/* Start an entry with this line.  It is copied, because the buffer of the lines moves on while
 * options are awaited. */
static void entry_begin(struct reading *r)
{
    struct text *text = r->text;
    const struct fa_line *line = &r->line;
    text->len = line->too_long ? fa_utf8_cut(line->at, line->len, FA_LIST_SHOWN_MAX) : line->len;
    text->line = line->number;
    memcpy(text->entry, line->at, text->len);
    fa_lines_use(r->reader->lines);
}

/* An indented URL is not an option: skip the spaces before it. */
static void line_skip_indent(struct fa_line *line)
{
    const char *end = line->at + line->len;
    const char *url = line->at;
    while (url < end && byte_is_blank(*url))
        ++url;
    const char *at = url + (url < end && strchr("\"'<", *url));
    while (at < end && isalnum((unsigned char)*at))
        ++at;
    if (at == url || end - at < 3 || memcmp(at, "://", 3) != 0)
        return;
    line->at = url;
    line->len = (size_t)(end - url);
}

/* Add a line of options.  Those of an entry that is bad already are dropped: one report is enough.
 * @return whether an entry has been delivered */
static bool option_add(struct reading *r)
{
    struct text *text = r->text;
    const struct fa_line *line = &r->line;
    const char *why = NULL;
    if (text->above == ABOVE_NONE || text->above == ABOVE_LATE) {
        bool late = text->above == ABOVE_LATE;
        entry_begin(r);
        entry_deliver_bad(r, text->above,
                          late ? "an option more than a second after its entry"
                               : "an option without an entry above it");
        return true;
    }
    if (text->above == ABOVE_OPEN && line->too_long)
        why = "an option's line is longer than 65536 bytes";
    else if (text->above == ABOVE_OPEN && text->len + 1 + line->len > FA_LIST_ENTRY_MAX)
        why = "the entry and its options are longer than 262144 bytes";
    if (why)
        entry_deliver_bad(r, ABOVE_BAD, why);
    if (text->above == ABOVE_OPEN) {
        text->entry[text->len] = '\n';
        memcpy(text->entry + text->len + 1, line->at, line->len);
        text->len += 1 + line->len;
    }
    fa_lines_use(r->reader->lines);
    return why != NULL;
}

/* @return whether an entry has been delivered; the line may then remain the current one */
static bool line_add(struct reading *r)
{
    struct fa_line *line = &r->line;
    line_trim(line);
    line_split_at_mark(r->reader->lines, line);
    if (line->len == 0 || *line->at == '#') {
        fa_lines_use(r->reader->lines);
        return false;
    }
    if (byte_is_blank(*line->at))
        line_skip_indent(line);
    if (byte_is_blank(*line->at))
        return option_add(r);
    if (r->text->above == ABOVE_OPEN) {
        entry_deliver(r, ABOVE_NONE);
        return true;
    }
    entry_begin(r);
    r->text->above = ABOVE_OPEN;
    if (line->too_long)
        entry_deliver_bad(r, ABOVE_BAD, "the line is longer than 65536 bytes");
    return line->too_long;
}

/* No more input is available: decide whether the waiting entry has all of its options. */
static enum fa_list_what text_on_pause(struct reading *r)
{
    const struct fa_lines *lines = r->reader->lines;
    if (!lines->waiting || r->text->above != ABOVE_OPEN)
        return FA_LIST_AGAIN;

    /* If a line has begun, its first byte decides, unless it may be that of a byte order mark; a
     * writer's buffer may end in the middle of any line. */
    char next = fa_lines_begun(lines);
    bool entry_next = !byte_is_blank(next) && next != mark[0] && !strchr("\n\r#", next);
    double heard = fa_source_heard(lines->source);
    if (byte_is_blank(next))
        return FA_LIST_AGAIN;
    if (entry_next || r->reader->now - heard >= FA_LIST_SILENCE) {
        entry_deliver(r, ABOVE_LATE);
        return FA_LIST_ENTRY;
    }
    *r->reader->wake_at = heard + FA_LIST_SILENCE;
    return FA_LIST_AGAIN;
}

/* If reading failed inside the options, the entry may lack its checksum or its name: it must not be
 * downloaded without them. */
static enum fa_list_what text_on_end(struct reading *r)
{
    const struct fa_lines *lines = r->reader->lines;
    if (r->text->above != ABOVE_OPEN)
        return FA_LIST_END;
    bool cut = lines->ended == FA_SOURCE_ERROR && lines->start < lines->end &&
               byte_is_blank(lines->buf[lines->start]);
    if (cut)
        entry_deliver_bad(r, ABOVE_NONE, "the list is cut off in the options of this entry");
    else
        entry_deliver(r, ABOVE_NONE);
    return FA_LIST_ENTRY;
}

static enum fa_list_what text_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                   struct fa_error *err)
{
    struct reading r = {.reader = reader, .text = reader->state, .ret = ret, .err = err};
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &r.line);
        if (what == FA_SOURCE_AGAIN)
            return text_on_pause(&r);
        if (what != FA_SOURCE_SOME)
            return text_on_end(&r);
        if (line_add(&r))
            return FA_LIST_ENTRY;
    }
}

/* Asked only if another format follows: see format.c. */
static enum fa_format_match text_detect(const struct fa_format_look *look)
{
    (void)look;
    return FA_FORMAT_YES;
}

const struct fa_format fa_format_text = {
    .name = "text",
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct text),
    .id = FA_LIST_FORMAT_TEXT,
    .detect = text_detect,
    .next_record = text_next,
};
