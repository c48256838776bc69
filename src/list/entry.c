#include "list/entry.h"

#include "base/hex.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A part of the entry's working copy of its text.  A zero may be put at its end. */
struct span {
    char *at;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span span)
{
    while (span.len > 0 && is_blank(span.at[span.len - 1]))
        span.len--;
    while (span.len > 0 && is_blank(*span.at)) {
        span.at++;
        span.len--;
    }
    return span;
}

/* Cut off what stands before the first byte c, and the c. */
static struct span cut(struct span *rest, char c)
{
    char *end = memchr(rest->at, c, rest->len);
    struct span head = {rest->at, end ? (size_t)(end - rest->at) : rest->len};
    size_t used = head.len + (end ? 1 : 0);
    rest->at += used;
    rest->len -= used;
    return head;
}

static const char *as_string(struct span span)
{
    span.at[span.len] = '\0';
    return span.at;
}

static bool is(struct span span, const char *name)
{
    return span.len == strlen(name) && memcmp(span.at, name, span.len) == 0;
}

#define bad(entry, ...) \
    fa_error_set(&(entry)->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, __VA_ARGS__)

static int check_bytes(struct fa_entry *entry)
{
    const unsigned char *p = (const unsigned char *)entry->text;
    const unsigned char *end = p + entry->text_len;
    while (p < end) {
        if ((*p < 0x20 && *p != '\t' && *p != '\n') || *p == 0x7f) {
            bad(entry, "a control byte (0x%02x) stands in the line", *p);
            return -1;
        }
        uint32_t character;
        size_t len = fa_utf8_get(p, (size_t)(end - p), &character);
        if (len == 0) {
            bad(entry, "the line is not UTF-8: byte 0x%02x makes no character", *p);
            return -1;
        }
        p += len;
    }
    return 0;
}

/* The URLs themselves are in no message: they may hold passwords. */
static void parse_urls(struct fa_entry *entry, struct span line)
{
    while (line.len > 0) {
        struct span url = trim(cut(&line, '\t'));
        if (url.len == 0)
            continue;
        if (memchr(url.at, ' ', url.len)) {
            bad(entry, "a blank stands inside a URL: write %%20, or a TAB before a mirror");
            return;
        }
        entry->urls[entry->n_urls++] = url.at;
        /* The byte behind is a blank, a TAB, a line's end or the text's, all of them used up. */
        as_string(url);
    }
    if (entry->n_urls == 0)
        bad(entry, "the line holds no URL");
}

static void parse_checksum(struct fa_entry *entry, struct span value)
{
    struct span hex = value;
    struct span name = cut(&hex, '=');
    enum fa_hash hash = fa_hash_from_name(name.at, name.len);
    if (!hash) {
        bad(entry, "checksum '%.40s' names no digest that is known here", as_string(name));
        return;
    }
    size_t size = fa_hash_size(hash);
    if (hex.len != 2 * size) {
        bad(entry, "a checksum of %s has %zu hex digits, not %zu", fa_hash_name(hash), 2 * size,
            hex.len);
        return;
    }
    for (size_t i = 0; i < size; ++i) {
        int byte = fa_hex_byte(hex.at + 2 * i);
        if (byte < 0) {
            bad(entry, "the checksum of %s is not made of hex digits", fa_hash_name(hash));
            return;
        }
        entry->hash_bytes[i] = (unsigned char)byte;
    }
    entry->hash = hash;
}

static void parse_size(struct fa_entry *entry, struct span value)
{
    int64_t size = 0;
    for (size_t i = 0; i < value.len; ++i) {
        int digit = value.at[i] - '0';
        if (digit < 0 || digit > 9 || size > (INT64_MAX - digit) / 10) {
            bad(entry, "size '%.40s' is no number of bytes", as_string(value));
            return;
        }
        size = size * 10 + digit;
    }
    if (value.len == 0)
        bad(entry, "size is empty");
    entry->size = size;
}

/* tchar of RFC 9110, 5.6.2 */
static bool is_token(const char *at, size_t len)
{
    for (size_t i = 0; i < len; ++i) {
        char c = at[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return len > 0;
}

/* A header's value is in no message: it may be a secret. */
static void parse_header(struct fa_entry *entry, struct span value)
{
    char *colon = memchr(value.at, ':', value.len);
    if (!colon) {
        bad(entry, "a header has no colon: it is written 'header=Name: value'");
        return;
    }
    if (!is_token(value.at, (size_t)(colon - value.at))) {
        bad(entry, "what stands before the colon of a header is no name (RFC 9110, 5.6.2)");
        return;
    }
    entry->headers[entry->n_headers++] = as_string(value);
}

static void parse_option(struct fa_entry *entry, struct span line)
{
    struct span value = trim(line);
    if (value.len == 0)
        return;
    bool has_value = memchr(value.at, '=', value.len) != NULL;
    struct span name = cut(&value, '=');
    if (has_value && is(name, "out")) {
        entry->out = as_string(value);
    } else if (has_value && is(name, "dir")) {
        entry->dir = as_string(value);
    } else if (has_value && is(name, "checksum")) {
        parse_checksum(entry, value);
    } else if (has_value && is(name, "size")) {
        parse_size(entry, value);
    } else if (has_value && is(name, "header")) {
        parse_header(entry, value);
    } else if (entry->n_unknown++ == 0) {
        entry->unknown = as_string(name);
    }
}

/* How often a piece of text occurs: a bound for the arrays. */
static size_t occurrences(const char *text, size_t len, const char *piece)
{
    size_t n = 0;
    const char *end = text + len;
    size_t step = strlen(piece);
    while ((text = memmem(text, (size_t)(end - text), piece, step))) {
        text += step;
        n++;
    }
    return n;
}

/* The block: the struct, the arrays, the text, and the copy of it that is taken apart. */
static struct fa_entry *entry_new(const char *list, uint64_t line, const char *text, size_t len,
                                  struct span *ret_work, struct fa_error *err)
{
    if (!text)
        text = "";
    size_t n_urls = occurrences(text, len, "\t") + 1;
    size_t n_headers = occurrences(text, len, "header=");
    size_t arrays = (n_urls + n_headers) * sizeof(char *);
    struct fa_entry *entry = malloc(sizeof(*entry) + arrays + 2 * (len + 1));
    if (!entry) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep line %llu of '%s'",
                        (unsigned long long)line, list);
        return NULL;
    }
    const char **urls = (const char **)(entry + 1);
    char *copy = (char *)(urls + n_urls + n_headers);
    *entry = (struct fa_entry){
        .list = list,
        .line = line,
        .text = copy,
        .text_len = len,
        .urls = urls,
        .headers = urls + n_urls,
        .size = -1,
    };
    *ret_work = (struct span){copy + len + 1, len};
    memcpy(copy, text, len);
    memcpy(ret_work->at, text, len);
    copy[len] = '\0';
    ret_work->at[len] = '\0';
    return entry;
}

/* Leave of a bad entry only what is shown: its first line. */
static void show_only(struct fa_entry *entry, struct span work)
{
    memcpy(work.at, entry->text, work.len);
    struct span line = trim(cut(&work, '\n'));
    for (size_t i = 0; i < line.len; ++i)
        if (line.at[i] == '\0')
            line.at[i] = '?';
    entry->urls[0] = as_string(line);
    entry->n_urls = 1;
    entry->n_headers = 0;
    entry->out = entry->dir = entry->unknown = NULL;
    entry->n_unknown = 0;
    entry->hash = 0;
    entry->size = -1;
}

struct fa_entry *fa_entry_parse(const char *list, uint64_t line, const char *text, size_t len,
                                struct fa_error *err)
{
    struct span work;
    struct fa_entry *entry = entry_new(list, line, text, len, &work, err);
    if (!entry)
        return NULL;
    struct span rest = work;
    if (check_bytes(entry) == 0)
        parse_urls(entry, cut(&rest, '\n'));
    while (rest.len > 0 && entry->error.class == FA_CLASS_NONE)
        parse_option(entry, cut(&rest, '\n'));
    if (entry->error.class != FA_CLASS_NONE)
        show_only(entry, work);
    return entry;
}

struct fa_entry *fa_entry_bad(const char *list, uint64_t line, const char *text, size_t len,
                              const struct fa_error *why, struct fa_error *err)
{
    struct span work;
    struct fa_entry *entry = entry_new(list, line, text, len, &work, err);
    if (!entry)
        return NULL;
    entry->error = *why;
    show_only(entry, work);
    return entry;
}

static bool names_file(const char *line, size_t len)
{
    for (; len > 0 && is_blank(*line); --len)
        ++line;
    return len >= 4 && (memcmp(line, "out=", 4) == 0 || memcmp(line, "dir=", 4) == 0);
}

char *fa_entry_rename(const char *text, const char *out)
{
    static const char option[] = "\n out=";
    char *copy = malloc(strlen(text) + sizeof(option) + strlen(out));
    if (!copy)
        return NULL;
    char *end = copy;
    for (const char *line = text;;) {
        size_t len = strcspn(line, "\n");
        if (line == text || !names_file(line, len)) {
            if (line != text)
                *end++ = '\n';
            end = mempcpy(end, line, len);
        }
        if (!line[len])
            break;
        line += len + 1;
    }
    stpcpy(stpcpy(end, option), out);
    return copy;
}

void fa_entry_free(struct fa_entry *entry)
{
    free(entry);
}
