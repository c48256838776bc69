/*
 * The fetch.txt of a bag (RFC 8493, 2.2.3): "URL LENGTH PATH" on each line.
 *
 * Every file of it is in the payload manifests, which have its digest: a file that is not cannot
 * make the bag complete, and its entry is bad.  The manifest with the longest digests is used.
 */
#include "list/bag.h"
#include "list/format.h"
#include "list/record.h"

#include <string.h>
#include <strings.h>

struct bagit {
    bool opened;
    struct fa_bag bag;
    struct fa_record record;
    char path[4096];
};

/* The fields of a line. */
struct fetch {
    const char *url, *size, *path;
    size_t url_len, size_len, path_len;
};

static bool byte_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *field_cut(const char **at, const char *end, size_t *ret_len)
{
    while (*at < end && byte_is_blank(**at))
        ++*at;
    const char *field = *at;
    while (*at < end && !byte_is_blank(**at))
        ++*at;
    *ret_len = (size_t)(*at - field);
    return field;
}

/* A path may have spaces. */
static bool fetch_parse(const char *at, size_t len, struct fetch *ret)
{
    const char *end = at + len;
    while (end > at && (end[-1] == '\r' || byte_is_blank(end[-1])))
        --end;
    ret->url = field_cut(&at, end, &ret->url_len);
    ret->size = field_cut(&at, end, &ret->size_len);
    while (at < end && byte_is_blank(*at))
        ++at;
    if (end - at > 2 && memcmp(at, "./", 2) == 0)
        at += 2;
    ret->path = at;
    ret->path_len = (size_t)(end - at);
    if (ret->size_len == 0 || ret->path_len < 6 || strncmp(ret->path, "data/", 5) != 0)
        return false;
    bool digits = true;
    for (size_t i = 0; i < ret->size_len; ++i)
        digits &= ret->size[i] >= '0' && ret->size[i] <= '9';
    return digits || (ret->size_len == 1 && *ret->size == '-');
}

/* The name of the list, its first line and the file next to it say so: text is none of that. */
static enum fa_format_match bagit_detect(const struct fa_format_look *look)
{
    const char *at, *name = strrchr(look->name, '/');
    size_t len;
    struct fetch fetch;
    if (strcmp(name ? name + 1 : look->name, "fetch.txt") != 0)
        return FA_FORMAT_NO;
    enum fa_format_match match = fa_format_first_line(look, &at, &len);
    if (match != FA_FORMAT_YES)
        return match;
    return fetch_parse(at, len, &fetch) && strncasecmp(fetch.url, "http", 4) == 0 &&
                   fa_bag_has(look->name)
               ? FA_FORMAT_YES
               : FA_FORMAT_NO;
}

/* Only line ends and "%" are encoded in a path.  @return whether it is short enough */
static bool path_decode(struct bagit *b, const char *path, size_t len)
{
    static const struct {
        const char *triple;
        char byte;
    } triples[] = {{"%0a", '\n'}, {"%0d", '\r'}, {"%25", '%'}};
    char *to = b->path;
    if (len >= sizeof(b->path))
        return false;
    for (const char *at = path, *end = path + len; at < end; ++at) {
        *to = *at;
        for (size_t i = 0; *at == '%' && end - at > 2 && i < 3; ++i)
            if (strncasecmp(at, triples[i].triple, 3) == 0) {
                *to = triples[i].byte;
                at += 2;
                break;
            }
        ++to;
    }
    *to = '\0';
    return true;
}

static void bagit_read(struct bagit *b, const struct fa_line *line)
{
    struct fa_record *record = &b->record;
    struct fetch fetch;
    char checksum[16 + FA_BAG_HEX_MAX], *hex = checksum;
    fa_record_reset(record);
    if (line->too_long || !fetch_parse(line->at, line->len, &fetch) ||
        !path_decode(b, fetch.path, fetch.path_len)) {
        fa_record_fail(record, "the line is not a URL, a length and a path below data/ (RFC 8493)");
        return;
    }
    hex = stpcpy(stpcpy(hex, fa_hash_name(b->bag.hash)), "=");
    if (!fa_bag_find(&b->bag, fetch.path, fetch.path_len, hex)) {
        fa_record_fail(record, "the file is not in '%.120s'", b->bag.path);
        return;
    }
    fa_record_add(record, FA_COLUMN_URL, "", 0, fetch.url, fetch.url_len);
    fa_record_add(record, FA_COLUMN_OUT, "", 0, b->path, strlen(b->path));
    fa_record_add(record, FA_COLUMN_CHECKSUM, "", 0, checksum, strlen(checksum));
    if (*fetch.size != '-')
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
