/*
 * CSV (RFC 4180) and TSV with a header: each record is an entry, and the header names its columns.
 *
 * A quoted field may have line ends in it, so a record is one or more lines.  They are collected
 * until no quote is open, and then split in place.  A quote inside a field that does not begin with
 * one is an ordinary byte, and so is text after a closing quote: titles have such.
 *
 * A record whose number of fields is not that of the header is bad: a quote or a line end is
 * missing somewhere, and its fields would be those of other columns.
 */
#include "list/format.h"
#include "list/record.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COLUMNS_MAX 4096

struct csv {
    struct fa_record record;
    struct fa_buf text; /* The lines of the record. */
    uint64_t line;      /* Of its beginning. */
    bool begun, open;   /* There are some; a quote is open at their end. */
    bool dropping;      /* The rest of a field that is too long. */
    bool has_header;
    char delimiter;
    size_t n_columns;
    uint16_t parts[COLUMNS_MAX]; /* enum fa_column bits */
    struct fa_buf names;         /* Of the columns that are kept; each ends with a zero. */
    uint32_t kept[COLUMNS_MAX];  /* Where in names, from 1; 0: not kept. */
};

/* Pass over the text, at the beginning of a field, or inside quotes if *open.  Return the end of
 * the field: the delimiter, or end. */
static const char *field_skip(const char *at, const char *end, char delimiter, bool *open)
{
    if (!*open && at < end && *at == '"') {
        *open = true;
        ++at;
    }
    while (*open && at < end) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at)
            return end;
        *open = end - at > 1 && at[1] == '"';
        at += *open ? 2 : 1;
    }
    const char *stop = at < end ? memchr(at, delimiter, (size_t)(end - at)) : NULL;
    return stop ? stop : end;
}

/* Remove the quotes of a field, in place.  @return its length */
static size_t field_unquote(char *field, size_t len)
{
    if (len == 0 || *field != '"')
        return len;
    char *to = field;
    bool open = true;
    for (const char *from = field + 1, *end = field + len; from < end; ++from) {
        if (open && *from == '"') {
            open = end - from > 1 && from[1] == '"';
            if (!open)
                continue;
            ++from;
        }
        *to++ = *from;
    }
    return (size_t)(to - field);
}

/* Calls visit with each field of the record.  @return how many there are, without empty ones after
 * the n-th */
static size_t csv_split(struct csv *csv, size_t n,
                        void (*visit)(struct csv *csv, size_t column, const char *field, size_t len,
                                      const char *columns),
                        const char *columns)
{
    char *at = (char *)csv->text.data, *end = at + csv->text.len;
    size_t count = 0, last = 0;
    for (;; ++at) {
        bool open = false;
        char *stop = at + (field_skip(at, end, csv->delimiter, &open) - at);
        size_t len = field_unquote(at, (size_t)(stop - at));
        if (count < n)
            visit(csv, count, at, len, columns);
        ++count;
        if (count <= n || len > 0)
            last = count;
        at = stop;
        if (at == end)
            return last;
    }
}

static void header_visit(struct csv *csv, size_t column, const char *field, size_t len,
                         const char *columns)
{
    while (len > 0 && *field == ' ')
        ++field, --len;
    while (len > 0 && field[len - 1] == ' ')
        --len;
    csv->parts[column] = (uint16_t)fa_columns_find(columns, field, len);
    csv->n_columns = column + 1;
    if (fa_record_keeps(&csv->record, csv->parts[column], field, len)) {
        csv->kept[column] = (uint32_t)csv->names.len + 1;
        fa_buf_put(&csv->names, field, len);
        fa_buf_put_u8(&csv->names, 0);
    } else if (!csv->parts[column] && len > 0) {
        fa_record_add_unknown(&csv->record, field, len);
    }
}

static void record_visit(struct csv *csv, size_t column, const char *field, size_t len,
                         const char *columns)
{
    (void)columns;
    if (csv->parts[column])
        fa_record_add(&csv->record, csv->parts[column], "", 0, field, len);
    if (csv->kept[column] && !csv->names.failed) {
        const char *name = (const char *)csv->names.data + csv->kept[column] - 1;
        fa_record_keep(&csv->record, name, strlen(name), field, len);
    }
}

static enum fa_list_what csv_refuse(struct fa_format_reader *reader, const char *why)
{
    struct fa_error error;
    fa_error_set(&error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "cannot read the list '%s': %s",
                 fa_source_name(reader->lines->source), why);
    fa_lines_fail(reader->lines, &error);
    return FA_LIST_END;
}

/* @return FA_LIST_AGAIN: go on */
static enum fa_list_what csv_take_header(struct fa_format_reader *reader)
{
    struct csv *csv = reader->state;
    char why[128];
    unsigned found = 0;
    const char *columns = reader->options->columns;
    csv->has_header = true;
    if (csv_split(csv, COLUMNS_MAX, header_visit, columns) > COLUMNS_MAX)
        return csv_refuse(reader, "its header has too many columns");
    for (size_t i = 0; i < csv->n_columns; ++i)
        found |= csv->parts[i];
    for (unsigned i = 0; i < FA_COLUMNS; ++i) {
        unsigned part = 1u << i;
        if (found & part || !(part == FA_COLUMN_URL || fa_columns_mapped(columns) & part))
            continue;
        snprintf(why, sizeof(why),
                 "its header has no column for '%s': name it with --columns %s=NAME",
                 fa_column_name(part), fa_column_name(part));
        return csv_refuse(reader, why);
    }
    return FA_LIST_AGAIN;
}

static void csv_read_record(struct csv *csv)
{
    struct fa_record *record = &csv->record;
    if (csv->open)
        fa_record_fail(record, "a quoted field is not closed");
    if (record->error.class != FA_CLASS_NONE)
        return;
    size_t count = csv_split(csv, csv->n_columns, record_visit, NULL);
    if (count != csv->n_columns)
        fa_record_fail(record, "the record has %zu fields, and the header %zu", count,
                       csv->n_columns);
}

/* Spreadsheets write their empty rows, too. */
static bool csv_is_empty(const struct csv *csv)
{
    const char *at = (const char *)csv->text.data;
    size_t len = csv->text.len;
    bool good = !csv->open && csv->record.error.class == FA_CLASS_NONE;
    while (len > 0 && (at[len - 1] == csv->delimiter || at[len - 1] == '"'))
        --len;
    return len == 0 && (good || csv->text.len == 0);
}

/* The record is complete, or bad.  Its text is shown as it was, so it is copied before it is split.
 * @return FA_LIST_AGAIN: it is not an entry */
static enum fa_list_what csv_finish(struct fa_format_reader *reader, struct fa_entry **ret,
                                    struct fa_error *err)
{
    struct csv *csv = reader->state;
    struct fa_record *record = &csv->record;
    char shown[FA_LIST_SHOWN_MAX];
    size_t len = csv->text.len < sizeof(shown) ? csv->text.len : sizeof(shown);
    csv->begun = false;
    if (csv_is_empty(csv))
        return FA_LIST_AGAIN;
    if (csv->text.failed)
        fa_record_fail(record, "memory ran out");
    if (!csv->has_header && (csv->open || record->error.class != FA_CLASS_NONE))
        return csv_refuse(reader, "its header is malformed");
    if (!csv->has_header)
        return csv_take_header(reader);
    memcpy(shown, csv->text.data, len);
    csv_read_record(csv);
    csv->open = false;
    *ret =
        fa_record_entry(record, fa_source_name(reader->lines->source), csv->line, shown, len, err);
    return FA_LIST_ENTRY;
}

static void csv_begin(struct csv *csv, const struct fa_line *line)
{
    fa_buf_reset(&csv->text);
    fa_record_reset(&csv->record);
    csv->line = line->number;
    csv->begun = true;
    csv->open = false;
}

/* The first comma outside quotes decides, else the first semicolon, else a TAB: programs write any
 * of them, whatever the name of the file says. */
static char header_delimiter(const char *at, size_t len)
{
    static const char delimiters[] = ",;\t";
    for (const char *one = delimiters; *one; ++one) {
        bool quoted = false;
        for (size_t i = 0; i < len; ++i) {
            quoted ^= at[i] == '"';
            if (!quoted && at[i] == *one)
                return *one;
        }
    }
    return ',';
}

/* Pass over a line, from the beginning of a field or inside quotes. */
static void csv_scan(struct csv *csv, const struct fa_line *line)
{
    const char *at = line->at, *end = line->at + line->len;
    if (!csv->delimiter)
        csv->delimiter = header_delimiter(at, line->len);
    while ((at = field_skip(at, end, csv->delimiter, &csv->open)) < end)
        ++at;
}

/* Add a line to the record.  The rest of a field that is too long is dropped up to its closing
 * quote; of a line that is, the quotes are not known.
 * @return whether the record ends with it */
static bool csv_add_line(struct csv *csv, struct fa_line *line)
{
    if (!csv->begun)
        csv_begin(csv, line);
    else
        fa_buf_put_u8(&csv->text, '\n');
    csv_scan(csv, line);
    if (line->too_long || csv->text.len + line->len > FA_LIST_ENTRY_MAX) {
        fa_record_fail(&csv->record, "the record is longer than %d bytes", FA_LIST_ENTRY_MAX);
        fa_buf_put(&csv->text, line->at, line->len < 64 ? line->len : 64);
        csv->dropping = csv->open && !line->too_long;
        return true;
    }
    if (!csv->open && line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    fa_buf_put(&csv->text, line->at, line->len);
    return !csv->open;
}

/* @return whether a record ends with the line */
static bool csv_take_line(struct csv *csv, struct fa_line *line)
{
    if (csv->dropping) {
        csv->open = true;
        csv_scan(csv, line);
        csv->dropping = csv->open && !line->too_long;
        return false;
    }
    if (!csv->has_header && !csv->begun)
        fa_line_skip_mark(line);
    return csv_add_line(csv, line);
}

static enum fa_list_what csv_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                  struct fa_error *err)
{
    struct csv *csv = reader->state;
    struct fa_line line;
    csv->record.options = reader->options;
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &line);
        bool ended = what != FA_SOURCE_SOME && what != FA_SOURCE_AGAIN;
        if (what == FA_SOURCE_AGAIN)
            return FA_LIST_AGAIN;
        if (ended && !csv->begun)
            return FA_LIST_END;
        if (!ended) {
            bool complete = csv_take_line(csv, &line);
            fa_lines_use(reader->lines);
            if (!complete)
                continue;
        }
        enum fa_list_what finished = csv_finish(reader, ret, err);
        if (finished != FA_LIST_AGAIN)
            return finished;
    }
}

static enum fa_list_what tsv_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                  struct fa_error *err)
{
    ((struct csv *)reader->state)->delimiter = '\t';
    return csv_next(reader, ret, err);
}

static void csv_fini(void *state)
{
    struct csv *csv = state;
    fa_buf_fini(&csv->names);
    fa_record_fini(&csv->record);
    fa_buf_fini(&csv->text);
}

/* Whether the name of the list says so, perhaps compressed: "x.csv.gz". */
static bool look_has_ending(const struct fa_format_look *look, const char *ending)
{
    const char *name = strrchr(look->name, '/');
    const char *at = strcasestr(name ? name : look->name, ending);
    return at && (!at[strlen(ending)] || at[strlen(ending)] == '.');
}

/* The number of fields of a line, and whether one of them is the URL; quoted names with a delimiter
 * in them are not looked for. */
static size_t header_count(const char *at, const char *end, char delimiter, const char *columns,
                           bool *ret_url)
{
    size_t count = 0;
    *ret_url = false;
    for (;; ++at) {
        const char *stop = memchr(at, delimiter, (size_t)(end - at));
        stop = stop ? stop : end;
        bool quoted = stop - at > 2 && *at == '"' && stop[-1] == '"';
        *ret_url |=
            fa_columns_find(columns, at + quoted, (size_t)(stop - at) - 2 * quoted) & FA_COLUMN_URL;
        ++count;
        at = stop;
        if (at == end)
            return count;
    }
}

/* Text has no such line: none of the fields is a URL, so it would be a bad entry.  Without a column
 * for the URL, the name of the list decides, unless a URL with another number of fields follows. */
static enum fa_format_match header_detect(const struct fa_format_look *look, char delimiter,
                                          const char *ending)
{
    const char *at;
    size_t len;
    enum fa_format_match match = fa_format_first_byte(look, &at, &len);
    if (match != FA_FORMAT_YES || *at == '#')
        return match == FA_FORMAT_MORE ? match : FA_FORMAT_NO;
    const char *lf = memchr(at, '\n', len);
    if (!lf && !look->ended)
        return FA_FORMAT_MORE;
    const char *end = lf ? lf : at + len;
    while (end > at && (end[-1] == '\r' || end[-1] == ' '))
        --end;
    if (delimiter != '\t' && header_delimiter(at, (size_t)(end - at)) != delimiter)
        return FA_FORMAT_NO;
    bool url, unused;
    const char *columns = look->options->columns;
    size_t count = header_count(at, end, delimiter, columns, &url);
    if (memmem(at, (size_t)(end - at), "://", 3) || count < 2)
        return FA_FORMAT_NO;
    if (url || !lf || !look_has_ending(look, ending))
        return url ? FA_FORMAT_YES : FA_FORMAT_NO;
    const char *second = lf + 1, *stop = at + len;
    size_t left = (size_t)(stop - second);
    const char *second_end = memchr(second, '\n', left);
    if (!second_end && !look->ended)
        return FA_FORMAT_MORE;
    bool text = left == 0 || (left > 4 && strncasecmp(second, "http", 4) == 0 &&
                              header_count(second, second_end ? second_end : stop, delimiter,
                                           columns, &unused) != count);
    return text ? FA_FORMAT_NO : FA_FORMAT_YES;
}

static enum fa_format_match csv_detect(const struct fa_format_look *look)
{
    enum fa_format_match match = header_detect(look, ',', ".csv");
    match = match == FA_FORMAT_NO ? header_detect(look, ';', ".csv") : match;
    bool named = look_has_ending(look, ".csv");
    return match == FA_FORMAT_NO && named ? header_detect(look, '\t', ".csv") : match;
}

static enum fa_format_match tsv_detect(const struct fa_format_look *look)
{
    return header_detect(look, '\t', ".tsv");
}

const struct fa_format fa_format_csv = {
    .name = "csv",
    .id = FA_LIST_FORMAT_CSV,
    .line_max = FA_LIST_ENTRY_MAX,
    .state_size = sizeof(struct csv),
    .detect = csv_detect,
    .next_record = csv_next,
    .fini = csv_fini,
};

const struct fa_format fa_format_tsv = {
    .name = "tsv",
    .id = FA_LIST_FORMAT_TSV,
    .line_max = FA_LIST_ENTRY_MAX,
    .state_size = sizeof(struct csv),
    .detect = tsv_detect,
    .next_record = tsv_next,
    .fini = csv_fini,
};
