#include "list/list.h"

#include "base/utf8.h"
#include "list/source.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Fills of the buffer in one call, so that a call ends even if the list never does. */
#define FILLS_MAX 64

_Static_assert(FA_SOURCE_SIZE <= FA_LIST_LINE_MAX, "a URL that can be opened fits a line");

/* What stands above the current line, so whose options could follow. */
enum above {
    ABOVE_NONE,
    ABOVE_OPEN, /* an entry that waits in list->entry */
    ABOVE_BAD,  /* one that was told of as bad: its options are dropped with it */
    ABOVE_LATE, /* one that silence has completed */
};

struct line {
    bool there; /* Read, and not used yet. */
    const char *at;
    size_t len;
    size_t used; /* Bytes of the buffer it takes up, line end included. */
    bool too_long;
};

struct fa_list {
    struct fa_source *source;  /* Owned. */
    enum fa_source_what ended; /* FA_SOURCE_SOME while it has not. */
    struct fa_error error;
    bool told;    /* The error has been returned. */
    bool waiting; /* The last call ended because the source had nothing. */
    double wake_at;
    unsigned fills;

    struct line line;
    uint64_t number;
    bool skipping; /* Inside a line that was too long. */
    enum above above;
    uint64_t entry_line;
    size_t entry_len;
    struct fa_error item_error;

    size_t start, end; /* What of buf is to be used. */
    size_t scanned;    /* Bytes behind start that hold no line end. */
    char buf[FA_LIST_LINE_MAX + FA_SOURCE_SIZE];
    char entry[FA_LIST_ENTRY_MAX];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct fa_list *fa_list_open(const char *name, struct fa_error *err)
{
    struct fa_list *list = calloc(1, sizeof(*list));
    if (!list) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'", name);
        return NULL;
    }
    list->wake_at = INFINITY;
    list->source = fa_source_open(name, err);
    if (!list->source) {
        fa_list_free(list);
        return NULL;
    }
    return list;
}

void fa_list_free(struct fa_list *list)
{
    if (!list)
        return;
    fa_source_free(list->source);
    free(list);
}

/* Get more bytes behind those in the buffer, which are less than a line may have. */
static enum fa_source_what fill(struct fa_list *list, double now)
{
    if (list->fills++ == FILLS_MAX)
        return FA_SOURCE_AGAIN;
    if (list->start > 0) {
        memmove(list->buf, list->buf + list->start, list->end - list->start);
        list->end -= list->start;
        list->start = 0;
    }
    size_t len = 0;
    enum fa_source_what what = fa_source_read(list->source, list->buf + list->end,
                                              sizeof(list->buf) - list->end, now, &len);
    list->end += len;
    if (what == FA_SOURCE_ERROR)
        fa_source_explain(list->source, list->number, &list->error);
    if (what == FA_SOURCE_END || what == FA_SOURCE_ERROR)
        list->ended = what;
    list->waiting = what == FA_SOURCE_AGAIN;
    return what;
}

static void found_line(struct fa_list *list, size_t len, size_t used)
{
    struct line *line = &list->line;
    *line = (struct line){
        .there = true,
        .at = list->buf + list->start,
        .len = len,
        .used = used,
        .too_long = len > FA_LIST_LINE_MAX,
    };
    if (++list->number == 1 && len >= 3 && memcmp(line->at, "\xef\xbb\xbf", 3) == 0) {
        line->at += 3;
        line->len -= 3;
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    while (line->len > 0 && is_blank(line->at[line->len - 1]))
        line->len--;
}

static void use_line(struct fa_list *list)
{
    list->start += list->line.used;
    list->scanned = 0;
    list->line.there = false;
}

/* Have the next line in list->line. */
static enum fa_source_what get_line(struct fa_list *list, double now)
{
    while (!list->line.there) {
        size_t len = list->end - list->start;
        const char *at = list->buf + list->start;
        const char *lf = memchr(at + list->scanned, '\n', len - list->scanned);
        size_t used = lf ? (size_t)(lf - at) + 1 : len;
        list->scanned = len;
        if (list->skipping) {
            list->start += used;
            list->scanned = 0;
            list->skipping = !lf;
        } else if (lf) {
            found_line(list, used - 1, used);
        } else if (len > FA_LIST_LINE_MAX) {
            found_line(list, len, used);
            list->skipping = true;
        } else if (list->ended == FA_SOURCE_END && len > 0) {
            found_line(list, len, used);
        }
        if (lf || list->line.there)
            continue;
        if (list->ended != FA_SOURCE_SOME)
            return list->ended;
        if (fill(list, now) == FA_SOURCE_AGAIN)
            return FA_SOURCE_AGAIN;
    }
    return FA_SOURCE_SOME;
}

static void deliver(struct fa_list *list, struct fa_list_item *ret, enum above above)
{
    list->above = above;
    *ret = (struct fa_list_item){
        .text = list->entry, .len = list->entry_len, .line = list->entry_line};
}

static void deliver_bad(struct fa_list *list, struct fa_list_item *ret, enum above above,
                        const char *why)
{
    deliver(list, ret, above);
    fa_error_set(&list->item_error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    ret->error = &list->item_error;
}

/* Make the line the entry's text. */
static void begin_entry(struct fa_list *list)
{
    struct line *line = &list->line;
    list->entry_len =
        line->too_long ? fa_utf8_cut(line->at, line->len, FA_LIST_SHOWN_MAX) : line->len;
    list->entry_line = list->number;
    memcpy(list->entry, line->at, list->entry_len);
    use_line(list);
}

/* A URL that is indented is no option: the blanks before it go. */
static void cut_indent(struct line *line)
{
    const char *end = line->at + line->len;
    const char *url = line->at;
    while (url < end && is_blank(*url))
        ++url;
    const char *at = url;
    while (at < end && isalnum((unsigned char)*at))
        ++at;
    if (at == url || end - at < 3 || memcmp(at, "://", 3) != 0)
        return;
    line->at = url;
    line->len = (size_t)(end - url);
}

/* A line of options.  Return whether *ret is filled in. */
static bool add_option(struct fa_list *list, struct fa_list_item *ret)
{
    struct line *line = &list->line;
    const char *why = NULL;
    if (list->above == ABOVE_NONE || list->above == ABOVE_LATE) {
        bool late = list->above == ABOVE_LATE;
        begin_entry(list);
        deliver_bad(list, ret, list->above,
                    late ? "an option that came more than a second after its entry"
                         : "an option with no entry above it");
        return true;
    }
    if (list->above == ABOVE_OPEN && line->too_long)
        why = "an option's line is longer than 65536 bytes";
    else if (list->above == ABOVE_OPEN && list->entry_len + 1 + line->len > FA_LIST_ENTRY_MAX)
        why = "the entry and its options are longer than 262144 bytes";
    if (why)
        deliver_bad(list, ret, ABOVE_BAD, why);
    if (list->above == ABOVE_OPEN) {
        list->entry[list->entry_len] = '\n';
        memcpy(list->entry + list->entry_len + 1, line->at, line->len);
        list->entry_len += 1 + line->len;
    }
    use_line(list);
    return why != NULL;
}

/* Return whether *ret is filled in; then the line may still be there. */
static bool add_line(struct fa_list *list, struct fa_list_item *ret)
{
    struct line *line = &list->line;
    if (line->len == 0 || *line->at == '#') {
        use_line(list);
        return false;
    }
    if (is_blank(*line->at))
        cut_indent(line);
    if (is_blank(*line->at))
        return add_option(list, ret);
    if (list->above == ABOVE_OPEN) {
        deliver(list, ret, ABOVE_NONE);
        return true;
    }
    bool too_long = line->too_long;
    begin_entry(list);
    list->above = ABOVE_OPEN;
    if (too_long)
        deliver_bad(list, ret, ABOVE_BAD, "the line is longer than 65536 bytes");
    return too_long;
}

/* Nothing more can be read now: has the entry that waits all of its options? */
static enum fa_list_what on_pause(struct fa_list *list, double now, struct fa_list_item *ret)
{
    if (!list->waiting) {
        list->wake_at = 0;
        return FA_LIST_AGAIN;
    }
    if (list->above != ABOVE_OPEN)
        return FA_LIST_AGAIN;

    /* The line that has begun may say; a writer's buffer can end in the middle of any. */
    char next = list->start < list->end && !list->skipping ? list->buf[list->start] : '\n';
    bool entry_next = !is_blank(next) && !strchr("\n\r#", next);
    double heard = fa_source_heard(list->source);
    if (is_blank(next))
        return FA_LIST_AGAIN;
    if (entry_next || now - heard >= FA_LIST_SILENCE) {
        deliver(list, ret, ABOVE_LATE);
        return FA_LIST_ENTRY;
    }
    list->wake_at = heard + FA_LIST_SILENCE;
    return FA_LIST_AGAIN;
}

static enum fa_list_what on_end(struct fa_list *list, struct fa_list_item *ret,
                                struct fa_error *err)
{
    bool failed = list->ended == FA_SOURCE_ERROR;
    if (list->above == ABOVE_OPEN) {
        if (failed && list->start < list->end && is_blank(list->buf[list->start]))
            deliver_bad(list, ret, ABOVE_NONE, "the list breaks off in the options of this entry");
        else
            deliver(list, ret, ABOVE_NONE);
        return FA_LIST_ENTRY;
    }
    if (!failed || list->told)
        return FA_LIST_END;
    list->told = true;
    if (err)
        *err = list->error;
    return FA_LIST_ERROR;
}

enum fa_list_what fa_list_next(struct fa_list *list, double now, struct fa_list_item *ret,
                               struct fa_error *err)
{
    list->fills = 0;
    list->waiting = false;
    list->wake_at = INFINITY;
    for (;;) {
        enum fa_source_what what = get_line(list, now);
        if (what == FA_SOURCE_AGAIN)
            return on_pause(list, now, ret);
        if (what != FA_SOURCE_SOME)
            return on_end(list, ret, err);
        if (add_line(list, ret))
            return FA_LIST_ENTRY;
    }
}

int fa_list_fd(const struct fa_list *list)
{
    return list->waiting ? fa_source_fd(list->source) : -1;
}

double fa_list_wake_at(const struct fa_list *list)
{
    return list->wake_at;
}

const char *fa_list_name(const struct fa_list *list)
{
    return fa_source_name(list->source);
}
