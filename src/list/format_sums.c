/*
 * Checksum files, as of sha256sum(1): their names are relative to --base, and those of the files.
 *
 * Lines end with LF, or all of them with a zero byte (sha256sum --zero): that of the first one
 * decides.
 *
 * A name that is a URL needs no base.  If there is no base for the first other one, the list is
 * refused with one message: otherwise each line would be a failed entry.
 */
#include "list/format.h"
#include "list/relative.h"
#include "list/sum.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct sums {
    bool begun;                      /* The end of the lines is known. */
    char line[FA_LIST_LINE_MAX + 1]; /* The parser writes into it. */
};

/* A checksum line does not begin with http, so it is no entry of text. */
static enum fa_format_match sums_detect(const struct fa_format_look *look)
{
    char line[4096 + 1];
    const char *at;
    size_t len;
    enum fa_format_match match = fa_format_first_line(look, &at, &len);
    if (match != FA_FORMAT_YES)
        return match;
    const char *zero = memchr(at, '\0', len);
    len = zero ? (size_t)(zero - at) : len;
    if (len >= sizeof(line))
        return FA_FORMAT_NO;
    memcpy(line, at, len);
    return fa_sum_detect(line, len) ? FA_FORMAT_YES : FA_FORMAT_NO;
}

/* Several algorithms have digests of one size; the name of the list may say which it is. */
static enum fa_hash sums_hash(const struct fa_sum *sum, const char *list)
{
    const char *name = strrchr(list, '/');
    name = name ? name + 1 : list;
    if (sum->hash)
        return sum->hash;
    enum fa_hash likely = 0;
    if (strcasestr(name, "b2sum") || strcasestr(name, "blake2") || strcasestr(name, ".b2"))
        likely = FA_HASH_BLAKE2B;
    else if (strcasestr(name, "xxh"))
        likely = FA_HASH_XXH128;
    return fa_sum_hash(sum->size, likely);
}

/* The file gets the name of the line, so that the list can be used to check it. */
static struct fa_entry *sums_entry(struct fa_format_reader *reader, const struct fa_line *line,
                                   const struct fa_sum *sum, struct fa_error *err)
{
    const char *list = fa_source_name(reader->lines->source);
    const char *base = sum->url ? "" : reader->options->base;
    size_t len = strlen(sum->name);
    struct fa_entry_need need = {
        .urls = 1,
        .options = 1,
        .bytes = fa_relative_max(base, len) + sizeof("out=") + len + line->len + 1,
    };
    char *at;
    struct fa_entry *entry = fa_entry_new(list, line->number, &need, &at, err);
    if (!entry)
        return NULL;
    size_t url = sum->url ? len : fa_relative_write(base, sum->name, len, at);
    if (sum->url)
        memcpy(at, sum->name, len);
    fa_entry_add_url(entry, at, url);
    at += url + 1;
    if (!sum->url)
        fa_entry_add_option(entry, at, (size_t)sprintf(at, "out=%s", sum->name));
    fa_entry_set_checksum(entry, sums_hash(sum, list), sum->bytes);
    fa_entry_finish(entry, line->at, line->len);
    return entry;
}

static enum fa_list_what sums_refuse(struct fa_format_reader *reader)
{
    struct fa_error why;
    fa_error_set(
        &why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
        "cannot read the list '%s': it has checksums of names: use --base URL to say where "
        "they are",
        fa_source_name(reader->lines->source));
    fa_lines_fail(reader->lines, &why);
    return FA_LIST_END;
}

/* The current line, which is then used.  @return FA_LIST_AGAIN: it is no entry */
static enum fa_list_what sums_read(struct fa_format_reader *reader, const struct fa_line *line,
                                   struct fa_entry **ret, struct fa_error *err)
{
    struct sums *sums = reader->state;
    const char *list = fa_source_name(reader->lines->source);
    struct fa_sum sum;
    struct fa_error why = {0};
    size_t shown = line->len;
    int found = -1;
    if (line->too_long) {
        shown = fa_utf8_cut(line->at, line->len, FA_LIST_SHOWN_MAX);
        fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "the line is longer than 65536 bytes");
    } else {
        memcpy(sums->line, line->at, line->len);
        found = fa_sum_parse_url(sums->line, line->len, &sum, &why);
        why.class = FA_CLASS_BAD_URL;
    }
    if (found == 0)
        return FA_LIST_AGAIN;
    if (found > 0 && !sum.url && !reader->options->base)
        return sums_refuse(reader);
    *ret = found > 0 ? sums_entry(reader, line, &sum, err)
                     : fa_entry_bad(list, line->number, line->at, shown, &why, err);
    return FA_LIST_ENTRY;
}

/* @return FA_SOURCE_AGAIN: the first line has not arrived yet */
static enum fa_source_what sums_begin(struct fa_format_reader *reader)
{
    struct sums *sums = reader->state;
    const char *at;
    size_t len = 0;
    while (!sums->begun) {
        size_t least = len + 1;
        if (fa_lines_peek(reader->lines, least, reader->now, &at, &len) == FA_SOURCE_AGAIN)
            return FA_SOURCE_AGAIN;
        const char *zero = memchr(at, '\0', len), *lf = memchr(at, '\n', len);
        sums->begun = zero || lf || len < least || len > FA_LIST_LINE_MAX;
        if (zero && (!lf || zero < lf))
            fa_lines_set_separator(reader->lines, '\0');
    }
    return FA_SOURCE_SOME;
}

static enum fa_list_what sums_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                   struct fa_error *err)
{
    struct fa_line line;
    if (sums_begin(reader) == FA_SOURCE_AGAIN)
        return FA_LIST_AGAIN;
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &line);
        if (what != FA_SOURCE_SOME)
            return what == FA_SOURCE_AGAIN ? FA_LIST_AGAIN : FA_LIST_END;
        fa_line_skip_mark(&line);
        enum fa_list_what read = sums_read(reader, &line, ret, err);
        if (read != FA_LIST_END)
            fa_lines_use(reader->lines);
        if (read != FA_LIST_AGAIN)
            return read;
    }
}

const struct fa_format fa_format_sums = {
    .name = "sums",
    .id = FA_LIST_FORMAT_SUMS,
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct sums),
    .detect = sums_detect,
    .next_record = sums_next,
};
