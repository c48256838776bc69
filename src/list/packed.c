/*
 * Fields are separated by TABs, and the few bytes that have a meaning are escaped with a backslash.
 * So a packed entry is one line of text that survives any entry, and reads back as the same entry.
 */
#include "list/packed.h"

#include "list/text.h"

#include <stdbool.h>
#include <string.h>

/* The escaped bytes; letters[] has the letter for each. */
static const char escaped[] = "\\\t\n\r";
static const char letters[] = "\\tnr";

static void buf_put_escaped(struct fa_buf *buf, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, escaped);
        fa_buf_put(buf, text, len);
        text += len;
        if (!*text)
            return;
        fa_buf_put_u8(buf, '\\');
        fa_buf_put_u8(buf, (uint8_t)letters[strchr(escaped, *text) - escaped]);
        ++text;
    }
}

/* An option without "=" stays one without: its value is a null pointer, not "". */
static void packed_put_option(void *ctx, const char *name, const char *value)
{
    struct fa_buf *buf = ctx;
    fa_buf_put_u8(buf, '\t');
    buf_put_escaped(buf, name);
    if (!value)
        return;
    fa_buf_put_u8(buf, '=');
    buf_put_escaped(buf, value);
}

void fa_entry_pack(const struct fa_entry *entry, const char *out, struct fa_buf *buf)
{
    for (size_t i = 0; i < entry->n_urls; ++i) {
        fa_buf_put_u8(buf, '\t');
        buf_put_escaped(buf, entry->urls[i]);
    }
    fa_buf_put_u8(buf, '\t');
    fa_entry_each_option(entry, out, packed_put_option, buf);
    if (entry->n_columns > 0)
        fa_buf_put_u8(buf, '\t');
    for (size_t i = 0; i < entry->n_columns; ++i) {
        packed_put_option(buf, entry->columns[i].name, NULL);
        packed_put_option(buf, entry->columns[i].value, NULL);
    }
}

/* Unescape in place: the result is never longer.  An unknown escape is copied as it is.
 * @return the new length */
static size_t unescape(char *at, size_t len)
{
    char *to = at;
    for (const char *from = at, *end = at + len; from < end; ++from) {
        const char *letter =
            *from == '\\' && end - from > 1 && from[1] ? strchr(letters, from[1]) : NULL;
        *to++ = letter ? escaped[letter - letters] : *from;
        from += letter ? 1 : 0;
    }
    return (size_t)(to - at);
}

static size_t text_count_tabs(const char *data, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; ++i)
        n += data[i] == '\t';
    return n;
}

/* The section of a packed entry, and in that of columns the name whose value comes next. */
struct unpacking {
    enum { SECTION_URLS, SECTION_OPTIONS, SECTION_COLUMNS } section;
    char *name;
    size_t name_len;
};

static void entry_add_field(struct fa_entry *entry, struct unpacking *u, char *at, size_t len)
{
    if (len == 0 && u->section != SECTION_COLUMNS) {
        ++u->section;
        return;
    }
    size_t plain = unescape(at, len);
    if (u->section == SECTION_URLS) {
        fa_entry_add_url(entry, at, plain);
    } else if (u->section == SECTION_OPTIONS) {
        fa_entry_add_option(entry, at, plain);
    } else if (u->name) {
        fa_entry_add_column(entry, u->name, u->name_len, at, plain);
        u->name = NULL;
    } else {
        u->name = at;
        u->name_len = plain;
    }
}

/* Every field is preceded by a TAB, so len bytes have space for all strings and their zeros.
 * Fields are split before they are unescaped: a TAB inside a field is still "\t" then. */
struct fa_entry *fa_entry_unpack(const char *list, uint64_t line, const char *data, size_t len,
                                 struct fa_error *err)
{
    if (len == 0 || *data != '\t')
        return fa_text_parse(list, line, data, len, err);
    size_t fields = text_count_tabs(data, len);
    struct fa_entry_need need = {
        .urls = fields, .options = fields, .columns = fields, .bytes = len};
    char *at;
    struct fa_entry *entry = fa_entry_new(list, line, &need, &at, err);
    if (!entry)
        return NULL;
    memcpy(at, data + 1, len - 1);
    char *end = at + len - 1;
    struct unpacking unpacking = {.section = SECTION_URLS};
    while (at <= end) {
        char *tab = memchr(at, '\t', (size_t)(end - at));
        size_t field = (size_t)((tab ? tab : end) - at);
        entry_add_field(entry, &unpacking, at, field);
        at += field + 1;
    }
    fa_entry_finish(entry, data + 1, len - 1);
    return entry;
}
