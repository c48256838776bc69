/*
 * The fetch.txt of a bag (RFC 8493, 2.2.3): "URL LENGTH PATH" on each line.
 *
 * Every file of it is in the payload manifests, which have its digest: a file that is not cannot
 * make the bag complete, and its entry is bad.  The manifest with the longest digests is used.
 */
#include "base/hex.h"
#include "list/bag.h"
#include "list/format.h"
#include "list/record.h"

#include <string.h>
#include <strings.h>

struct bagit {
    bool opened;
    struct fa_bag bag;
    struct fa_record record;
};

/* The name of the list, its first line and the file next to it say so: text is none of that. */
static enum fa_format_match bagit_detect(const struct fa_format_look *look)
{
    const char *at, *name = strrchr(look->name, '/');
    size_t len;
    struct fa_bag_fetch fetch;
    if (strcmp(name ? name + 1 : look->name, "fetch.txt") != 0)
        return FA_FORMAT_NO;
    enum fa_format_match match = fa_format_first_line(look, &at, &len);
    if (match != FA_FORMAT_YES)
        return match;
    return fa_bag_parse_fetch(at, len, true, &fetch) && strncasecmp(fetch.url, "http", 4) == 0 &&
                   fa_bag_has(look->name)
               ? FA_FORMAT_YES
               : FA_FORMAT_NO;
}

static void bagit_read(struct bagit *b, const struct fa_line *line)
{
    struct fa_record *record = &b->record;
    struct fa_bag_fetch fetch;
    unsigned char digest[FA_DIGEST_MAX];
    char checksum[16 + 2 * FA_DIGEST_MAX + 1], *hex = checksum;
    fa_record_reset(record);
    if (line->too_long || !fa_bag_parse_fetch(line->at, line->len, b->bag.percent, &fetch)) {
        fa_record_fail(record, "the line is not a URL, a length and a path below data/ (RFC 8493)");
        return;
    }
    if (!fa_bag_find(&b->bag, fetch.path, strlen(fetch.path), digest, NULL)) {
        fa_record_fail(record, "the file is not in '%.120s'", b->bag.path);
        return;
    }
    hex = stpcpy(stpcpy(hex, fa_hash_name(b->bag.hash)), "=");
    fa_hex_write(digest, fa_hash_size(b->bag.hash), hex);
    fa_record_add(record, FA_COLUMN_URL, "", 0, fetch.url, fetch.url_len);
    fa_record_add(record, FA_COLUMN_OUT, "", 0, fetch.path, strlen(fetch.path));
    fa_record_add(record, FA_COLUMN_CHECKSUM, "", 0, checksum, strlen(checksum));
    if (fetch.bytes >= 0)
        fa_record_add(record, FA_COLUMN_SIZE, "", 0, fetch.size, fetch.size_len);
}

/* @return whether the manifest has been read; else *ret_what is what to return */
static bool bagit_prepare(struct bagit *b, struct fa_format_reader *reader,
                          enum fa_list_what *ret_what)
{
    struct fa_error why;
    int read = 0;
    if (!b->opened)
        read = fa_bag_open(&b->bag, fa_source_name(reader->lines->source), &why);
    b->opened = true;
    if (read == 0)
        read = b->bag.done ? 1 : fa_bag_read(&b->bag, &why);
    if (read < 0)
        fa_lines_fail(reader->lines, &why);
    *ret_what = read < 0 ? FA_LIST_END : FA_LIST_AGAIN;
    return read > 0;
}

static enum fa_list_what bagit_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                    struct fa_error *err)
{
    struct bagit *b = reader->state;
    struct fa_line line;
    enum fa_list_what what;
    if (reader->lines->ended == FA_SOURCE_ERROR)
        return FA_LIST_END;
    if (!bagit_prepare(b, reader, &what))
        return what;
    for (;;) {
        enum fa_source_what next = fa_lines_next(reader->lines, reader->now, &line);
        if (next != FA_SOURCE_SOME)
            return next == FA_SOURCE_AGAIN ? FA_LIST_AGAIN : FA_LIST_END;
        fa_line_skip_mark(&line);
        if (line.len > 0 && !(line.len == 1 && *line.at == '\r'))
            break;
        fa_lines_use(reader->lines);
    }
    bagit_read(b, &line);
    *ret = fa_record_entry(&b->record, fa_source_name(reader->lines->source), line.number, line.at,
                           line.len, err);
    fa_lines_use(reader->lines);
    return FA_LIST_ENTRY;
}

static void bagit_fini(void *state)
{
    struct bagit *b = state;
    if (b->opened)
        fa_bag_close(&b->bag);
    fa_record_fini(&b->record);
}

const struct fa_format fa_format_bagit = {
    .name = "bagit",
    .id = FA_LIST_FORMAT_BAGIT,
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct bagit),
    .detect = bagit_detect,
    .next_record = bagit_next,
    .fini = bagit_fini,
};
