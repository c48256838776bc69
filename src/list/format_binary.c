/*
 * The format of files that are not lists.  Read as text, each of their lines would be a failed
 * entry, whose message has the line: that of a file of passwords would reveal them.
 *
 * A list may have a few bad bytes, which cost a few entries.  So the first line decides whether the
 * rest is looked at, and then the share of bad bytes does, of as many bytes as are looked at in any
 * case: the answer must not depend on how the bytes of a pipe arrive.
 */
#include "base/utf8.h"
#include "list/format.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Bytes that are looked at. */
#define LOOKED_AT 4096
/* So many bad bytes, of which so many times as many bytes: not text. */
#define BAD_LEAST 16
#define BAD_SHARE 10

static const struct {
    const char *magic;
    size_t len;
    const char *name;
} magics[] = {
    {"SQLite format 3\0", 16, "not text but an SQLite database"},
    {"%PDF-", 5, "not text but a PDF document"},
    {"PK\x03\x04", 4, "not text but a ZIP archive"},
    {"BZh", 3, "not text but compressed with bzip2"},
    {"7z\xbc\xaf\x27\x1c", 6, "not text but a 7-Zip archive"},
    {"\x7f"
     "ELF",
     4, "not text but a program"},
    {"\x89PNG", 4, "not text but a PNG image"},
    {"\xff\xd8\xff", 3, "not text but a JPEG image"},
    {"# Netscape HTTP Cookie File", 27, "a cookie file: use --cookies FILE"},
};

#define MAGICS (sizeof(magics) / sizeof(*magics))

/* Beginnings of a first line that is not one of a list, in lower case. */
static const struct {
    const char *text;
    const char *name;
} beginnings[] = {
    {"machine ", "a netrc file: --netrc reads ~/.netrc"},
    {"-----begin ", "a key or a certificate: use --key, --cert or --cacert"},
    {"authorization:", "a file of headers: use --header @FILE"},
    {"cookie:", "a file of headers: use --header @FILE"},
};

#define BEGINNINGS (sizeof(beginnings) / sizeof(*beginnings))

static const char json[] = "a JSON array; write one object per line, as with: jq -c '.[]'";

/* Whether an array of objects or texts begins: all of it is one value, of which no line is an
 * entry. */
static bool text_is_json_array(const char *at, size_t len, bool *ret_more)
{
    size_t i = 1;
    if (len == 0 || *at != '[')
        return false;
    while (i < len && at[i] && strchr(" \t\r\n", at[i]))
        ++i;
    *ret_more = i == len;
    return i < len && (at[i] == '{' || at[i] == '"');
}

/* @return NULL: it is none of those */
static const char *beginning_find(const struct fa_format_look *look)
{
    const char *at;
    size_t len;
    if (fa_format_first_line(look, &at, &len) != FA_FORMAT_YES)
        return NULL;
    for (size_t i = 0; i < BEGINNINGS; ++i) {
        size_t n = strlen(beginnings[i].text);
        if (len >= n && strncasecmp(at, beginnings[i].text, n) == 0)
            return beginnings[i].name;
    }
    return NULL;
}

/* What the file is; NULL: perhaps a list.  *ret_more: it depends on more bytes. */
static const char *magic_find(const char *at, size_t len, bool *ret_more)
{
    *ret_more = false;
    if (text_is_json_array(at, len, ret_more))
        return json;
    for (size_t i = 0; i < MAGICS; ++i) {
        size_t compared = len < magics[i].len ? len : magics[i].len;
        if (memcmp(at, magics[i].magic, compared) != 0)
            continue;
        if (compared == magics[i].len)
            return magics[i].name;
        *ret_more = true;
    }
    return NULL;
}

/* The bytes of the first character.  @return whether it may be in a list */
static bool character_is_text(const char *at, size_t len, size_t *ret_len)
{
    unsigned char c = (unsigned char)*at;
    uint32_t character;
    *ret_len = c < 0x80 ? 1 : fa_utf8_get(at, len, &character);
    bool control = (c < 0x20 && !strchr("\t\n\f\r", c)) || c == 0x7f || c == 0;
    if (*ret_len > 0)
        return !control;
    *ret_len = 1;
    return false;
}

static size_t text_count_bad(const char *at, size_t len)
{
    size_t bad = 0;
    for (size_t i = 0, n; i < len; i += n)
        bad += !character_is_text(at + i, len - i, &n);
    return bad;
}

static enum fa_format_match binary_detect(const struct fa_format_look *look)
{
    bool more;
    const char *at = look->at;
    if (magic_find(at, look->len, &more) || beginning_find(look))
        return FA_FORMAT_YES;
    if (more && !look->ended)
        return FA_FORMAT_MORE;
    size_t len = look->len < LOOKED_AT ? look->len : LOOKED_AT;
    const char *lf = memchr(at, '\n', len);
    if (lf && text_count_bad(at, (size_t)(lf - at)) == 0)
        return FA_FORMAT_NO;
    if (len < LOOKED_AT && !look->ended)
        return FA_FORMAT_MORE;
    size_t bad = text_count_bad(at, len);
    return bad >= BAD_LEAST && bad * BAD_SHARE >= len ? FA_FORMAT_YES : FA_FORMAT_NO;
}

/* Nothing of it is an entry: reading fails. */
static enum fa_list_what binary_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                     struct fa_error *err)
{
    (void)ret, (void)err;
    struct fa_error why;
    const char *at;
    size_t len;
    bool more;
    fa_lines_peek(reader->lines, 1, reader->now, &at, &len);
    const struct fa_format_look look = {.at = at, .len = len, .ended = true};
    const char *name = magic_find(at, len, &more);
    name = name ? name : beginning_find(&look);
    fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                 "cannot read the list '%s': it is %s", fa_source_name(reader->lines->source),
                 name ? name : "not text");
    fa_lines_fail(reader->lines, &why);
    return FA_LIST_END;
}

const struct fa_format fa_format_binary = {
    .name = "binary",
    .line_max = FA_LIST_LINE_MAX,
    .detect = binary_detect,
    .next_record = binary_next,
};
