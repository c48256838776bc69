/*
 * Values are collected first, because the URL may come after its mirrors, and because an entry has
 * to know the number and size of its parts in advance.
 *
 * Unknown columns are kept only if the options say so: a list of a museum has fifty of them, and
 * each entry in the state would repeat all.  The names of the others are reported with the first
 * good entry, because a bad one has no other report than its error.
 */
#include "list/record.h"

#include "list/sum.h"
#include "list/template.h"

#include "base/key.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of one value of a column that is kept, and of all of them together, about. */
#define VALUE_MAX   4096
#define COLUMNS_MAX 32768

void fa_record_init(struct fa_record *record)
{
    *record = (struct fa_record){0};
    fa_buf_init(&record->values);
    fa_buf_init(&record->unknown);
    fa_buf_init(&record->columns);
}

void fa_record_fini(struct fa_record *record)
{
    fa_buf_fini(&record->values);
    fa_buf_fini(&record->unknown);
    fa_buf_fini(&record->columns);
}

void fa_record_reset(struct fa_record *record)
{
    fa_buf_reset(&record->values);
    fa_buf_reset(&record->columns);
    record->n_urls = record->n_options = record->n_bytes = record->n_columns = 0;
    record->error.class = FA_CLASS_NONE;
}

static bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void record_put(struct fa_record *record, unsigned part, const char *value, size_t len)
{
    bool name = part == FA_COLUMN_OUT || part == FA_COLUMN_DIR; /* which may have such spaces */
    while (!name && len > 0 && byte_is_space(*value))
        ++value, --len;
    while (!name && len > 0 && byte_is_space(value[len - 1]))
        --len;
    if (len == 0)
        return;
    if (part == FA_COLUMN_URL || part == FA_COLUMN_MIRROR)
        ++record->n_urls;
    else
        ++record->n_options;
    record->n_bytes += len + sizeof("checksum=blake2b=");
    fa_buf_put_u32(&record->values, part);
    fa_buf_put_u32(&record->values, (uint32_t)len);
    fa_buf_put(&record->values, value, len);
}

/* Each line of the value. */
static void record_put_lines(struct fa_record *record, unsigned part, const char *value, size_t len)
{
    const char *end = value + len;
    while (value < end) {
        const char *lf = memchr(value, '\n', (size_t)(end - value));
        record_put(record, part, value, (size_t)((lf ? lf : end) - value));
        value = lf ? lf + 1 : end;
    }
}

void fa_record_add(struct fa_record *record, unsigned parts, const char *name, size_t name_len,
                   const char *value, size_t len)
{
    if (fa_record_keeps(record, parts, name, name_len))
        fa_record_keep(record, name, name_len, value, len);
    else if (!parts)
        fa_record_add_unknown(record, name, name_len);
    for (unsigned i = 0; i < FA_COLUMNS; ++i) {
        unsigned part = parts & 1u << i;
        if (part == FA_COLUMN_MIRROR || part == FA_COLUMN_HEADER)
            record_put_lines(record, part, value, len);
        else if (part)
            record_put(record, part, value, len);
    }
    if (parts & FA_COLUMN_PIECES)
        record_put(record, FA_COLUMN_PIECES, value, len);
}

bool fa_record_keeps(const struct fa_record *record, unsigned parts, const char *name, size_t len)
{
    const struct fa_list_options *options = record->options;
    return options && len > 0 &&
           ((options->keep_columns && !parts) || fa_template_has_column(options->name, name, len));
}

/* What is kept of a crawl with the text of a page in each line must stay small. */
void fa_record_keep(struct fa_record *record, const char *name, size_t name_len, const char *value,
                    size_t len)
{
    bool named = fa_template_has_column(record->options->name, name, name_len);
    if (len == 0 || (!named && record->columns.len > COLUMNS_MAX))
        return;
    name_len = fa_utf8_cut(name, name_len, FA_TEMPLATE_COLUMN_MAX);
    len = fa_utf8_cut(value, len, VALUE_MAX);
    fa_buf_put_u32(&record->columns, (uint32_t)name_len);
    fa_buf_put_u32(&record->columns, (uint32_t)len);
    fa_buf_put(&record->columns, name, name_len);
    fa_buf_put(&record->columns, value, len);
    ++record->n_columns;
}

/* Only what stays the name of an option without a value when the entry is packed: up to an "=", and
 * without what an entry must not hold. */
static void unknown_put(struct fa_record *record, const char *name, size_t len)
{
    const char *equals = memchr(name, '=', len);
    len = equals ? (size_t)(equals - name) : len;
    len = fa_utf8_cut(name, len, 100);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c;
        n = fa_utf8_get(name + i, len - i, &c);
        bool good = n > 0 && c >= 0x20 && c != 0x7f;
        n = n > 0 ? n : 1;
        fa_buf_put(&record->unknown, good ? name + i : "?", good ? n : 1);
    }
    if (len == 0)
        fa_buf_put_u8(&record->unknown, '?');
    fa_buf_put_u8(&record->unknown, 0);
    ++record->n_unknown;
}

void fa_record_add_unknown(struct fa_record *record, const char *name, size_t len)
{
    uint64_t key = fa_key(name, len);
    for (size_t i = 0; i < record->n_seen; ++i)
        if (record->seen[i] == key)
            return;
    if (record->n_seen == FA_RECORD_UNKNOWN_MAX)
        return;
    record->seen[record->n_seen++] = key;
    unknown_put(record, name, len);
}

/* The first reason is that of the entry: later ones may follow from it. */
void fa_record_fail(struct fa_record *record, const char *format, ...)
{
    if (record->error.class != FA_CLASS_NONE)
        return;
    char message[FA_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    fa_error_set(&record->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", message);
}

/* A checksum without a name of its algorithm is one of that size. */
static void entry_add_value(struct fa_entry *entry, unsigned part, const char *value, size_t len,
                            char **room)
{
    char *at = *room;
    if (part != FA_COLUMN_URL && part != FA_COLUMN_MIRROR) {
        *room += sprintf(*room, "%s=", fa_column_name(part));
        enum fa_hash hash = fa_sum_hash(len % 2 ? 0 : len / 2, 0);
        if (part == FA_COLUMN_CHECKSUM && hash && !memchr(value, '=', len))
            *room += sprintf(*room, "%s=", fa_hash_name(hash));
    }
    *room = mempcpy(*room, value, len);
    size_t all = (size_t)(*room - at);
    *(*room)++ = '\0';
    if (part == FA_COLUMN_URL || part == FA_COLUMN_MIRROR)
        fa_entry_add_url(entry, at, all);
    else
        fa_entry_add_option(entry, at, all);
}

/* @pass  0: URLs, 1: their mirrors, 2: the rest. */
static void entry_add_values(struct fa_entry *entry, const struct fa_record *record, int pass,
                             char **room)
{
    struct fa_reader reader;
    fa_reader_init(&reader, record->values.data, record->values.len);
    while (reader.at < reader.end) {
        unsigned part = fa_reader_u32(&reader);
        size_t len = fa_reader_u32(&reader);
        const char *value = fa_reader_get(&reader, len);
        int own = part == FA_COLUMN_URL ? 0 : part == FA_COLUMN_MIRROR ? 1 : 2;
        if (own == pass)
            entry_add_value(entry, part, value, len, room);
    }
}

static void entry_add_unknown(struct fa_entry *entry, struct fa_record *record, char **room)
{
    const char *name = (const char *)record->unknown.data;
    for (size_t i = 0; i < record->n_unknown; ++i) {
        size_t len = strlen(name);
        memcpy(*room, name, len + 1);
        fa_entry_add_option(entry, *room, len);
        *room += len + 1;
        name += len + 1;
    }
    entry->unknown_are = record->unknown_are ? record->unknown_are : "column";
}

/* The room has space for the zeros, too: 8 bytes of lengths precede each pair. */
static void entry_add_columns(struct fa_entry *entry, const struct fa_record *record, char **room)
{
    struct fa_reader reader;
    fa_reader_init(&reader, record->columns.data, record->columns.len);
    while (reader.at < reader.end) {
        size_t name_len = fa_reader_u32(&reader), len = fa_reader_u32(&reader);
        char *name = *room, *value = name + name_len + 1;
        memcpy(name, fa_reader_get(&reader, name_len), name_len);
        memcpy(value, fa_reader_get(&reader, len), len);
        fa_entry_add_column(entry, name, name_len, value, len);
        *room = value + len + 1;
    }
}

/* Room for everything is counted first: an entry is one block of memory. */
static struct fa_entry *record_build(struct fa_record *record, const char *list, uint64_t line,
                                     const char *text, size_t len, struct fa_error *err)
{
    struct fa_entry_need need = {
        .urls = record->n_urls + 1,
        .options = record->n_options + record->n_unknown,
        .columns = record->n_columns,
        .bytes = record->n_bytes + record->columns.len + record->unknown.len + len + 1,
    };
    char *room;
    struct fa_entry *entry = fa_entry_new(list, line, &need, &room, err);
    if (!entry)
        return NULL;
    for (int pass = 0; pass < 3; ++pass)
        entry_add_values(entry, record, pass, &room);
    if (entry->n_urls == 0 && entry->error.class == FA_CLASS_NONE)
        fa_error_set(&entry->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "the entry has no URL");
    if (entry->error.class == FA_CLASS_NONE)
        entry_add_unknown(entry, record, &room);
    if (entry->error.class == FA_CLASS_NONE)
        entry_add_columns(entry, record, &room);
    fa_entry_finish(entry, text, len);
    return entry;
}

/* The unknown columns stay until an entry could take them along. */
struct fa_entry *fa_record_entry(struct fa_record *record, const char *list, uint64_t line,
                                 const char *text, size_t len, struct fa_error *err)
{
    len = fa_utf8_cut(text, len, FA_LIST_SHOWN_MAX);
    if (record->values.failed || record->columns.failed || record->unknown.failed) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep line %llu of '%s'",
                        (unsigned long long)line, list);
        return NULL;
    }
    if (record->error.class != FA_CLASS_NONE)
        return fa_entry_bad(list, line, text, len, &record->error, err);
    struct fa_entry *entry = record_build(record, list, line, text, len, err);
    if (entry && entry->error.class == FA_CLASS_NONE) {
        fa_buf_reset(&record->unknown);
        record->n_unknown = 0;
    }
    return entry;
}
