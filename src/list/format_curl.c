/*
 * Config files of curl(1), as of --config: each url is an entry.
 *
 * As with curl, the n-th output of a section belongs to its n-th url, in whatever order the lines
 * are, and `next` begins another section.  So entries wait until the next one begins, in a queue.
 * It is bounded: when it is full, the oldest url has no output, and no later output can be its own.
 * Headers belong to a whole section; one after the first entry of it has been read is refused,
 * because that entry would lack it.
 *
 * What would make something else of a download than a GET (data, request) makes its entries bad.
 */
#include "list/format.h"

#include "list/curl_option.h"
#include "list/record.h"

#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WAITING_MAX 64

struct item {
    uint64_t line;
    char *url, *out;      /* Owned; NULL: not given yet. */
    bool remote;          /* remote-name: its output is given. */
    struct fa_entry *bad; /* Owned; not NULL: a bad line, which waits for its turn. */
};

struct curl {
    struct item items[WAITING_MAX + 1];
    size_t count;
    bool flush;     /* The section has ended. */
    bool delivered; /* An entry of the section was read. */
    bool loose;     /* One of them had no output when the queue was full. */
    bool remote_all, globoff;
    struct fa_buf headers;             /* Of the section: lines. */
    char *dir, *range;                 /* Of the section. */
    const struct fa_curl_row *refused; /* An option of the section; NULL: none. */
    struct fa_record record;
    char text[FA_LIST_LINE_MAX + 1]; /* The current line. */
};

static bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool text_is_url(const char *text)
{
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

/* Text has no such line: "url" is followed by a URL, an option begins with "--", or "=" follows its
 * name. */
static enum fa_format_match curl_detect(const struct fa_format_look *look)
{
    const char *at;
    size_t len;
    enum fa_format_match match = fa_format_first_line(look, &at, &len);
    if (match != FA_FORMAT_YES)
        return match;
    if (len > 2 && memcmp(at, "--", 2) == 0 && islower((unsigned char)at[2]))
        return FA_FORMAT_YES;
    if (fa_curl_option_begins(at, len))
        return FA_FORMAT_YES;
    bool url = len > 4 && memcmp(at, "url", 3) == 0 && strchr(" =:", at[3]) && at[3];
    return url && memmem(at, len, "://", 3) ? FA_FORMAT_YES : FA_FORMAT_NO;
}

/* One call of curl_next(). */
struct reading {
    struct fa_format_reader *reader;
    struct curl *curl;
    struct fa_line line;
    struct fa_entry **ret;
    struct fa_error *err;
};

static const char *reading_list_name(const struct reading *r)
{
    return fa_source_name(r->reader->lines->source);
}

/* Bad lines wait, too, so that entries come in the order of their lines.
 * @return whether memory ran out, and NULL was delivered */
static bool line_refuse(struct reading *r, const char *why)
{
    struct fa_error error;
    struct curl *curl = r->curl;
    size_t len = fa_utf8_cut(r->line.at, r->line.len, FA_LIST_SHOWN_MAX);
    fa_error_set(&error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    struct fa_entry *bad =
        fa_entry_bad(reading_list_name(r), r->line.number, r->line.at, len, &error, r->err);
    if (!bad) {
        *r->ret = NULL;
        return true;
    }
    curl->items[curl->count++] = (struct item){.line = r->line.number, .bad = bad};
    return false;
}

static bool string_set(struct reading *r, char **to, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        return line_refuse(r, "memory ran out");
    free(*to);
    *to = copy;
    return false;
}

static bool item_has_output(const struct curl *curl, const struct item *item)
{
    return item->out || item->remote || (curl->remote_all && item->url);
}

/* The first item that lacks its URL, or its output; a new one if there is none. */
static struct item *items_find(struct curl *curl, bool url, uint64_t line)
{
    for (size_t i = 0; i < curl->count; ++i) {
        const struct item *item = &curl->items[i];
        if (!item->bad && (url ? !item->url : !item->out && !item->remote))
            return &curl->items[i];
    }
    struct item *item = &curl->items[curl->count++];
    *item = (struct item){.line = line};
    return item;
}

static bool curl_take_output(struct reading *r, const char *name)
{
    struct curl *curl = r->curl;
    if (curl->loose)
        return line_refuse(r, "an output after more than 64 URLs without one");
    struct item *item = items_find(curl, false, r->line.number);
    item->remote = !name;
    return name && string_set(r, &item->out, name);
}

static bool curl_take_header(struct reading *r, const char *name, const char *value)
{
    struct fa_buf *headers = &r->curl->headers;
    if (r->curl->delivered)
        return line_refuse(r, "an option after URLs that it applies to: put it before them");
    if (*value == '@')
        return line_refuse(r, "headers from a file are not supported here: use --header @FILE");
    if (headers->len + strlen(name) + strlen(value) > FA_LIST_LINE_MAX)
        return line_refuse(r, "the headers are longer than 65536 bytes");
    fa_buf_put(headers, name, strlen(name));
    fa_buf_put(headers, value, strlen(value));
    fa_buf_put_u8(headers, '\n');
    return headers->failed && line_refuse(r, "memory ran out");
}

/* Of a whole section, like a header. */
static bool curl_take_section(struct reading *r, char **to, const char *value)
{
    if (r->curl->delivered)
        return line_refuse(r, "an option after URLs that it applies to: put it before them");
    return string_set(r, to, value);
}

/* Why, but for the hint. */
static const char *row_refusal(const struct fa_curl_row *row)
{
    return row->action == FA_CURL_REFUSE ? "is not one of a download"
           : row->hint                   ? "is not supported here: use "
                                         : "is not supported here";
}

static bool curl_refuse_section(struct reading *r, const struct fa_curl_option *option)
{
    struct curl *curl = r->curl;
    const struct fa_curl_row *row = option->row;
    char why[160];
    curl->refused = curl->refused ? curl->refused : row;
    snprintf(why, sizeof(why), "the option %s%s", row_refusal(row), row->hint ? row->hint : "");
    return curl->delivered && line_refuse(r, why);
}

/* A value without "=" is the name of a file. */
static bool curl_take_cookie(struct reading *r, const struct fa_curl_option *option)
{
    return strchr(option->value, '=') ? curl_take_header(r, "Cookie: ", option->value)
                                      : curl_refuse_section(r, option);
}

static bool curl_take_known(struct reading *r, const struct fa_curl_option *option)
{
    struct curl *curl = r->curl;
    const char *value = option->value;
    switch (option->row->action) {
    case FA_CURL_URL:
        return string_set(r, &items_find(curl, true, r->line.number)->url, value);
    case FA_CURL_OUTPUT:
        return curl_take_output(r, value);
    case FA_CURL_REMOTE:
        return curl_take_output(r, NULL);
    case FA_CURL_REMOTE_ALL:
        curl->remote_all = true;
        return false;
    case FA_CURL_DIR:
        return curl_take_section(r, &curl->dir, value);
    case FA_CURL_RANGE:
        return curl_take_section(r, &curl->range, value);
    case FA_CURL_HEADER:
        return curl_take_header(r, "", value);
    case FA_CURL_AGENT:
        return curl_take_header(r, "User-Agent: ", value);
    case FA_CURL_REFERER:
        return curl_take_header(r, "Referer: ", value);
    case FA_CURL_GLOBOFF:
        curl->globoff = true;
        return false;
    case FA_CURL_NEXT:
        curl->flush = true;
        return false;
    case FA_CURL_REFUSE:
    case FA_CURL_REFUSE_WAY:
        return curl_refuse_section(r, option);
    case FA_CURL_COOKIE:
        return curl_take_cookie(r, option);
    case FA_CURL_BEARER:
        return curl_take_header(r, "Authorization: Bearer ", value);
    case FA_CURL_IGNORE:
        fa_record_add_unknown(&curl->record, option->name, strlen(option->name));
        break;
    case FA_CURL_NONE:
        break;
    }
    return false;
}

/* A line that is a URL is one: no option has such a name.  @return as line_refuse() */
static bool curl_take_line(struct reading *r)
{
    struct curl *curl = r->curl;
    struct fa_line *line = &r->line;
    fa_line_skip_mark(line);
    while (line->len > 0 && byte_is_space(*line->at))
        ++line->at, --line->len;
    if (line->len == 0 || *line->at == '#')
        return false;
    if (line->too_long)
        return line_refuse(r, "the line is longer than 65536 bytes");
    if (memchr(line->at, '\0', line->len))
        return line_refuse(r, "control byte 0x00 in the line");
    memcpy(curl->text, line->at, line->len);
    curl->text[line->len] = '\0';
    if (text_is_url(curl->text)) {
        curl->text[strcspn(curl->text, " \t\r")] = '\0';
        return string_set(r, &items_find(curl, true, line->number)->url, curl->text);
    }
    struct fa_curl_option option;
    if (fa_curl_option_parse(curl->text, &option))
        return curl_take_known(r, &option);
    fa_record_add_unknown(&curl->record, option.name, strlen(option.name));
    return false;
}

static void item_free(struct item *item)
{
    free(item->url);
    free(item->out);
    fa_entry_free(item->bad);
}

/* Patterns are what curl would expand; brackets of an IPv6 address are none. */
static bool url_has_pattern(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *path = authority ? strchr(authority + 3, '/') : url;
    return path && strpbrk(path, "[{");
}

static void record_take_item(struct curl *curl, const struct item *item)
{
    struct fa_record *record = &curl->record;
    const struct {
        unsigned part;
        const char *value;
    } values[] = {
        {FA_COLUMN_URL, item->url},
        {FA_COLUMN_OUT, item->out},
        {FA_COLUMN_DIR, curl->dir},
        {FA_COLUMN_RANGE, curl->range},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); ++i)
        if (values[i].value)
            fa_record_add(record, values[i].part, "", 0, values[i].value, strlen(values[i].value));
    if (curl->headers.len > 0)
        fa_record_add(record, FA_COLUMN_HEADER, "", 0, (const char *)curl->headers.data,
                      curl->headers.len);
    if (!item->url)
        fa_record_fail(record, "an output without a URL");
    else if (curl->refused)
        fa_record_fail(record, "the option '%s' %s%s", curl->refused->name,
                       row_refusal(curl->refused), curl->refused->hint ? curl->refused->hint : "");
    else if (!curl->globoff && url_has_pattern(item->url))
        fa_record_fail(record, "patterns in URLs are not expanded: if it is none, add globoff");
    else if (item->out && strcmp(item->out, "-") == 0)
        fa_record_fail(record, "standard output is not a file");
}

/* Deliver the first item that waits. */
static void curl_deliver(struct reading *r)
{
    struct curl *curl = r->curl;
    struct item item = curl->items[0];
    memmove(curl->items, curl->items + 1, --curl->count * sizeof(item));
    *r->ret = item.bad;
    if (item.bad)
        return;
    fa_record_reset(&curl->record);
    curl->record.unknown_are = "curl option";
    record_take_item(curl, &item);
    const char *shown = item.url ? item.url : item.out ? item.out : "";
    *r->ret = fa_record_entry(&curl->record, reading_list_name(r), item.line, shown, strlen(shown),
                              r->err);
    curl->delivered = true;
    curl->loose |= !item_has_output(curl, &item);
    item_free(&item);
}

/* Whether the first item has all of its lines: the next one has begun, or the section is over. */
static bool curl_is_ready(const struct curl *curl)
{
    const struct item *first = &curl->items[0];
    if (curl->count == 0)
        return false;
    if (curl->flush || first->bad || curl->count >= WAITING_MAX)
        return true;
    bool next = curl->count > 1;
    return next && first->url && (curl->loose || item_has_output(curl, first));
}

static void section_end(struct curl *curl)
{
    free(curl->dir);
    free(curl->range);
    curl->dir = curl->range = NULL;
    fa_buf_reset(&curl->headers);
    curl->refused = NULL;
    curl->flush = curl->delivered = curl->loose = curl->remote_all = curl->globoff = false;
}

static enum fa_list_what curl_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                   struct fa_error *err)
{
    struct curl *curl = reader->state;
    struct reading r = {.reader = reader, .curl = curl, .ret = ret, .err = err};
    for (;;) {
        if (curl_is_ready(curl)) {
            curl_deliver(&r);
            return FA_LIST_ENTRY;
        }
        if (curl->flush)
            section_end(curl);
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &r.line);
        if (what == FA_SOURCE_AGAIN)
            return FA_LIST_AGAIN;
        if (what != FA_SOURCE_SOME && curl->count == 0)
            return FA_LIST_END;
        if (what != FA_SOURCE_SOME) {
            curl->flush = true;
            continue;
        }
        bool failed = curl_take_line(&r);
        fa_lines_use(reader->lines);
        if (failed)
            return FA_LIST_ENTRY;
    }
}

static void curl_fini(void *state)
{
    struct curl *curl = state;
    for (size_t i = 0; i < curl->count; ++i)
        item_free(&curl->items[i]);
    free(curl->dir);
    free(curl->range);
    fa_buf_fini(&curl->headers);
    fa_record_fini(&curl->record);
}

const struct fa_format fa_format_curl = {
    .name = "curl",
    .id = FA_LIST_FORMAT_CURL,
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct curl),
    .detect = curl_detect,
    .next_record = curl_next,
    .fini = curl_fini,
};
