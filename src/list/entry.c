/*
 * Building an entry: all strings are copied into one block (`room`) that is reserved in advance, so
 * that adding fields cannot fail.  A field that is invalid sets entry->error and leaves the rest
 * alone: a bad entry is still an entry, which is reported with its line number.
 *
 * Messages never repeat URLs and header values: they may contain secrets.
 *
 * The block holds the struct, its arrays and its strings, so that an entry is one allocation: lists
 * have millions.  A format first counts upper bounds of all parts (struct fa_entry_need), then adds
 * them.
 */
#include "list/entry.h"

#include "base/hex.h"
#include "base/media_type.h"
#include "base/utf8.h"
#include "list/pieces.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Some bytes of the entry's block.  A zero may be written after them. */
struct span {
    char *at;
    size_t len;
};

/* Cut off the bytes before the first c, and the c. */
static struct span span_cut(struct span *rest, char c)
{
    char *end = memchr(rest->at, c, rest->len);
    struct span head = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = head.len + (end ? 1 : 0);
    rest->at += used;
    rest->len -= used;
    return head;
}

static const char *span_string(struct span span)
{
    span.at[span.len] = '\0';
    return span.at;
}

static bool span_is(struct span span, const char *name)
{
    return span.len == strlen(name) && memcmp(span.at, name, span.len) == 0;
}

#define bad(entry, ...) \
    fa_error_set(&(entry)->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, __VA_ARGS__)

/* A control byte could end a header line in a request or command a terminal that shows the entry.
 * Invalid UTF-8 could not be written as JSON. */
static int entry_check_bytes(struct fa_entry *entry, struct span span)
{
    const unsigned char *p = (const unsigned char *)span.at;
    const unsigned char *end = p + span.len;
    while (p < end) {
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f) {
            bad(entry, "control byte 0x%02x in the line%s", *p,
                *p == '\r' ? " (lines end with LF or CR LF; convert CR with: tr '\\r' '\\n')" : "");
            return -1;
        }
        uint32_t character;
        size_t len = *p < 0x80 ? 1 : fa_utf8_get(p, (size_t)(end - p), &character);
        if (len == 0) {
            bad(entry, "the line is not valid UTF-8: byte 0x%02x", *p);
            return -1;
        }
        p += len;
    }
    return 0;
}

/* Spaces are percent-encoded when the URL is parsed, but those between two URLs are a mistake. */
static bool span_has_second_url(struct span url)
{
    return memchr(url.at, ' ', url.len) &&
           (memmem(url.at, url.len, " http://", 8) || memmem(url.at, url.len, " https://", 9));
}

/* URLs are not in messages: they may contain passwords.  After the first error all other fields are
 * ignored, so that an entry is reported once. */
void fa_entry_add_url(struct fa_entry *entry, char *at, size_t len)
{
    struct span url = {at, len};
    while (url.len > 0 && *url.at == ' ')
        ++url.at, --url.len;
    while (url.len > 0 && url.at[url.len - 1] == ' ')
        --url.len;
    if (entry->error.class != FA_CLASS_NONE || url.len == 0 || entry_check_bytes(entry, url))
        return;
    if (memchr(url.at, '\t', url.len))
        bad(entry, "TAB in a URL: write %%09");
    else if (span_has_second_url(url))
        bad(entry, "a space before a second URL: write a TAB before a mirror");
    else
        entry->urls[entry->n_urls++] = span_string(url);
}

/* `hash` is set last: a checksum that is not 0 is complete. */
static void entry_parse_checksum(struct fa_entry *entry, struct span value)
{
    struct span hex = value;
    struct span name = span_cut(&hex, '=');
    enum fa_hash hash = fa_hash_from_name(name.at, name.len);
    if (!hash) {
        bad(entry, "unknown digest in checksum '%.40s'", span_string(name));
        return;
    }
    size_t size = fa_hash_size(hash);
    if (hex.len != 2 * size) {
        bad(entry, "a %s checksum has %zu hex digits, not %zu", fa_hash_name(hash), 2 * size,
            hex.len);
        return;
    }
    for (size_t i = 0; i < size; ++i) {
        int byte = fa_hex_byte(hex.at + 2 * i);
        if (byte < 0) {
            bad(entry, "the checksum of %s is not hexadecimal", fa_hash_name(hash));
            return;
        }
        entry->hash_bytes[i] = (unsigned char)byte;
    }
    entry->hash = hash;
}

void fa_entry_set_checksum(struct fa_entry *entry, enum fa_hash hash, const unsigned char *bytes)
{
    memcpy(entry->hash_bytes, bytes, fa_hash_size(hash));
    entry->hash = hash;
}

/* Not strtoll(3), which accepts spaces and signs. */
static void entry_parse_size(struct fa_entry *entry, struct span value)
{
    int64_t size = 0;
    for (size_t i = 0; i < value.len; ++i) {
        int digit = value.at[i] - '0';
        if (digit < 0 || digit > 9 || size > (INT64_MAX - digit) / 10) {
            bad(entry, "invalid size '%.40s': not a number of bytes", span_string(value));
            return;
        }
        size = size * 10 + digit;
    }
    if (value.len == 0)
        bad(entry, "size is empty");
    entry->size = size;
}

/* tchar of RFC 9110, 5.6.2 */
static bool text_is_token(const char *at, size_t len)
{
    for (size_t i = 0; i < len; ++i) {
        char c = at[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return len > 0;
}

static void entry_parse_type(struct fa_entry *entry, struct span value)
{
    const char *types = span_string(value);
    if (!fa_media_types_are_good(types))
        bad(entry, "invalid type '%.40s': not a media type such as image/png", types);
    entry->type = types;
}

static void entry_parse_pieces(struct fa_entry *entry, struct span value)
{
    struct fa_pieces pieces;
    if (fa_pieces_parse(value.at, value.len, &pieces))
        entry->pieces = span_string(value);
    else
        bad(entry, "invalid pieces: not ALGORITHM:LENGTH:DIGESTS");
}

static void entry_parse_range(struct fa_entry *entry, struct span value)
{
    struct fa_error why = {0};
    if (fa_slice_parse(value.at, value.len, &entry->slice, &why))
        entry->error = why;
}

/* The value of a header is not in messages: it may be a secret. */
static void entry_parse_header(struct fa_entry *entry, struct span value)
{
    char *colon = memchr(value.at, ':', value.len);
    if (!colon) {
        bad(entry, "missing colon in a header: write 'header=Name: value'");
        return;
    }
    if (!text_is_token(value.at, (size_t)(colon - value.at))) {
        bad(entry, "invalid name before the colon of a header (RFC 9110, 5.6.2)");
        return;
    }
    struct fa_error why = {0};
    if (!fa_slice_is_field(value.at, value.len))
        entry->headers[entry->n_headers++] = span_string(value);
    else if (fa_slice_parse_field(value.at, value.len, &entry->slice, &why))
        entry->error = why;
}

/* An unknown option may be one of aria2: it is kept, and reported as a warning. */
void fa_entry_add_option(struct fa_entry *entry, char *at, size_t len)
{
    struct span value = {at, len};
    if (entry->error.class != FA_CLASS_NONE || entry_check_bytes(entry, value))
        return;
    bool has_value = memchr(at, '=', len) != NULL;
    struct span name = span_cut(&value, '=');
    if (has_value && span_is(name, "out"))
        entry->out = span_string(value);
    else if (has_value && span_is(name, "dir"))
        entry->dir = span_string(value);
    else if (has_value && span_is(name, "checksum"))
        entry_parse_checksum(entry, value);
    else if (has_value && span_is(name, "size"))
        entry_parse_size(entry, value);
    else if (has_value && span_is(name, "pieces"))
        entry_parse_pieces(entry, value);
    else if (has_value && span_is(name, "range"))
        entry_parse_range(entry, value);
    else if (has_value && span_is(name, "type"))
        entry_parse_type(entry, value);
    else if (has_value && span_is(name, "header"))
        entry_parse_header(entry, value);
    else
        entry->unknown[entry->n_unknown++] =
            (struct fa_entry_option){span_string(name), has_value ? span_string(value) : NULL};
}

/* In place: a character is replaced byte by byte. */
static const char *span_clean(struct span span)
{
    for (size_t i = 0, n; i < span.len; i += n) {
        uint32_t c = 0;
        n = fa_utf8_get(span.at + i, span.len - i, &c);
        bool good = n > 0 && c != 0x7f && (c >= 0x20 || c == '\t' || c == '\n' || c == '\r');
        n = good ? n : 1;
        if (!good)
            span.at[i] = '?';
    }
    return span_string(span);
}

void fa_entry_add_column(struct fa_entry *entry, char *name, size_t name_len, char *value,
                         size_t len)
{
    entry->columns[entry->n_columns++] = (struct fa_list_column){
        span_clean((struct span){name, name_len}), span_clean((struct span){value, len})};
}

const char *fa_entry_column(const struct fa_entry *entry, const char *name, size_t len)
{
    for (size_t i = 0; i < entry->n_columns; ++i)
        if (strlen(entry->columns[i].name) == len && memcmp(entry->columns[i].name, name, len) == 0)
            return entry->columns[i].value;
    return NULL;
}

/* The parts of the block follow each other by decreasing alignment, so that no padding is
 * needed. */
struct fa_entry *fa_entry_new(const char *list, uint64_t line, const struct fa_entry_need *need,
                              char **ret_room, struct fa_error *err)
{
    size_t pointers = (need->urls + need->options) * sizeof(char *);
    size_t unknown = need->options * sizeof(struct fa_entry_option);
    size_t columns = need->columns * sizeof(struct fa_list_column);
    struct fa_entry *entry = malloc(sizeof(*entry) + pointers + unknown + columns + need->bytes);
    if (!entry) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep line %llu of '%s'",
                        (unsigned long long)line, list);
        return NULL;
    }
    const char **urls = (const char **)(entry + 1);
    const char **headers = urls + need->urls;
    *entry = (struct fa_entry){
        .list = list,
        .line = line,
        .urls = urls,
        .headers = headers,
        .unknown = (struct fa_entry_option *)(headers + need->options),
        .size = -1,
        .unknown_are = "option",
    };
    entry->columns = (struct fa_list_column *)(entry->unknown + need->options);
    entry->room = *ret_room = (char *)(entry->columns + need->columns);
    return entry;
}

/* Reduce a bad entry to what is reported: its first line. */
static void entry_reduce_to_text(struct fa_entry *entry, const char *text, size_t len)
{
    char *room = entry->room;
    const char *lf = memchr(text, '\n', len);
    const char *end = lf ? lf : text + len;
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        --end;
    while (text < end && (*text == ' ' || *text == '\t'))
        ++text;
    struct span shown = {room, (size_t)(end - text)};
    memcpy(room, text, shown.len);
    for (size_t i = 0; i < shown.len; ++i)
        if (room[i] == '\0')
            room[i] = '?';
    entry->urls[0] = span_string(shown);
    entry->n_urls = 1;
    entry->n_headers = entry->n_unknown = entry->n_columns = 0;
    entry->out = entry->dir = entry->type = entry->pieces = NULL;
    entry->hash = 0;
    entry->size = -1;
    entry->slice = (struct fa_slice){0};
}

void fa_entry_finish(struct fa_entry *entry, const char *text, size_t len)
{
    if (entry->n_urls == 0 && entry->error.class == FA_CLASS_NONE)
        bad(entry, "no URL in the line");
    if (entry->error.class != FA_CLASS_NONE)
        entry_reduce_to_text(entry, text, len);
}

struct fa_entry *fa_entry_bad(const char *list, uint64_t line, const char *text, size_t len,
                              const struct fa_error *why, struct fa_error *err)
{
    struct fa_entry_need need = {.urls = 1, .bytes = len + 1};
    char *room;
    struct fa_entry *entry = fa_entry_new(list, line, &need, &room, err);
    if (!entry)
        return NULL;
    entry->error = *why;
    fa_entry_finish(entry, text, len);
    return entry;
}

/* The name is that of fa_hash_name(), whatever spelling the list had. */
static void entry_visit_checksum(const struct fa_entry *entry, fa_entry_option_fn visit, void *ctx)
{
    char value[16 + 2 * FA_DIGEST_MAX + 1];
    char *end = stpcpy(stpcpy(value, fa_hash_name(entry->hash)), "=");
    fa_hex_write(entry->hash_bytes, fa_hash_size(entry->hash), end);
    visit(ctx, "checksum", value);
}

/* The inverse of fa_entry_add_option(): adding each of them to an empty entry gives the same
 * entry. */
void fa_entry_each_option(const struct fa_entry *entry, const char *out, fa_entry_option_fn visit,
                          void *ctx)
{
    if (entry->dir && !out)
        visit(ctx, "dir", entry->dir);
    if (entry->hash)
        entry_visit_checksum(entry, visit, ctx);
    if (entry->size >= 0) {
        char size[24];
        snprintf(size, sizeof(size), "%lld", (long long)entry->size);
        visit(ctx, "size", size);
    }
    if (entry->pieces)
        visit(ctx, "pieces", entry->pieces);
    if (entry->type)
        visit(ctx, "type", entry->type);
    if (entry->slice.set) {
        char range[FA_SLICE_MAX];
        fa_slice_print(&entry->slice, range);
        visit(ctx, "range", range);
    }
    for (size_t i = 0; i < entry->n_headers; ++i)
        visit(ctx, "header", entry->headers[i]);
    for (size_t i = 0; i < entry->n_unknown; ++i)
        visit(ctx, entry->unknown[i].name, entry->unknown[i].value);
    if (out || entry->out)
        visit(ctx, "out", out ? out : entry->out);
}

bool fa_entry_is_plain(const struct fa_entry *entry)
{
    return entry->n_urls == 1 && !entry->out && !entry->dir && !entry->hash && entry->size < 0 &&
           !entry->type && !entry->pieces && !entry->slice.set && entry->n_headers == 0 &&
           entry->n_unknown == 0 && entry->n_columns == 0;
}

void fa_entry_free(struct fa_entry *entry)
{
    free(entry);
}
