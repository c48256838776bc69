#include "list/text.h"

#include "base/buf.h"

#include <stdbool.h>
#include <string.h>

static size_t count_byte(const char *text, size_t len, char c)
{
    size_t n = 0;
    const char *end = text + len;
    while ((text = memchr(text, c, (size_t)(end - text)))) {
        ++text;
        ++n;
    }
    return n;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The bytes from *at up to the first c or the end, without the blanks around; *at goes past the c.
 * The byte after them is a blank, c or the end, so that a zero may replace it. */
static char *next_field(char **at, char *end, char c, size_t *ret_len)
{
    char *begin = *at;
    char *stop = memchr(begin, c, (size_t)(end - begin));
    *at = stop ? stop + 1 : end;
    if (!stop)
        stop = end;
    while (stop > begin && is_blank(stop[-1]))
        --stop;
    while (begin < stop && is_blank(*begin))
        ++begin;
    *ret_len = (size_t)(stop - begin);
    return begin;
}

static void parse_urls(struct fa_entry *entry, char *at, char *end)
{
    while (at < end) {
        size_t len;
        char *url = next_field(&at, end, '\t', &len);
        if (len > 0)
            fa_entry_add_url(entry, url, len);
    }
}

struct fa_entry *fa_text_parse(const char *list, uint64_t line, const char *text, size_t len,
                               struct fa_error *err)
{
    const char *lf = len > 0 ? memchr(text, '\n', len) : NULL;
    size_t first = lf ? (size_t)(lf - text) : len;
    struct fa_entry_need need = {
        .urls = (len > 0 ? count_byte(text, first, '\t') : 0) + 1,
        .options = lf ? count_byte(lf, len - first, '\n') : 0,
        .bytes = len + 1,
    };
    char *at;
    struct fa_entry *entry = fa_entry_new(list, line, &need, &at, err);
    if (!entry)
        return NULL;
    if (len > 0)
        memcpy(at, text, len);
    char *end = at + len;
    parse_urls(entry, at, at + first);
    at += first + (lf ? 1 : 0);
    while (at < end) {
        size_t option_len;
        char *option = next_field(&at, end, '\n', &option_len);
        if (option_len > 0)
            fa_entry_add_option(entry, option, option_len);
    }
    fa_entry_finish(entry, text, len);
    return entry;
}

static void put_text(struct fa_buf *buf, const char *text)
{
    fa_buf_put(buf, text, strlen(text));
}

static void put_option(void *ctx, const char *name, const char *value)
{
    struct fa_buf *buf = ctx;
    put_text(buf, "\n ");
    put_text(buf, name);
    if (!value)
        return;
    put_text(buf, "=");
    put_text(buf, value);
}

char *fa_text_write(const struct fa_entry *entry, const char *out)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    for (size_t i = 0; i < entry->n_urls; ++i) {
        put_text(&buf, i > 0 ? "\t" : "");
        put_text(&buf, entry->urls[i]);
    }
    fa_entry_each_option(entry, out, put_option, &buf);
    fa_buf_put_u8(&buf, 0);
    if (buf.failed)
        fa_buf_fini(&buf);
    return (char *)buf.data;
}
