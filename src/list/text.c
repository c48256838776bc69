/*
 * The first line of an entry holds its URLs, separated by TABs; each further line is an option,
 * "name=value".
 *
 * Parsing happens in the entry's copy of the text: fields are trimmed and terminated in place, so
 * that a field needs no allocation of its own.
 */
#include "list/text.h"

#include "base/buf.h"
#include "list/aria2.h"
#include "list/list.h"

#include <stdbool.h>
#include <string.h>

static size_t text_count_byte(const char *text, size_t len, char c)
{
    size_t n = 0;
    const char *end = text + len;
    while ((text = memchr(text, c, (size_t)(end - text)))) {
        ++text;
        ++n;
    }
    return n;
}

static bool byte_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The bytes from *at up to the first c or the end, without spaces around them; *at moves past
 * the c. */
static char *text_next_field(char **at, char *end, char c, size_t *ret_len)
{
    char *begin = *at;
    char *stop = memchr(begin, c, (size_t)(end - begin));
    *at = stop ? stop + 1 : end;
    if (!stop)
        stop = end;
    while (stop > begin && byte_is_blank(stop[-1]))
        --stop;
    while (begin < stop && byte_is_blank(*begin))
        ++begin;
    *ret_len = (size_t)(stop - begin);
    return begin;
}

/* Spreadsheets and scripts write quotes around a URL, mails write "<" and ">" (RFC 3986, C).  No
 * URL may have them in it.  All pairs are removed, so that an entry that is written again stays the
 * same. */
static char *text_unquote(char *url, size_t *len)
{
    static const char open[] = "\"'<", shut[] = "\"'>";
    while (*len > 2 && *url) {
        if (byte_is_blank(*url)) {
            ++url, --*len;
            continue;
        }
        if (byte_is_blank(url[*len - 1])) {
            --*len;
            continue;
        }
        const char *quote = strchr(open, *url);
        if (!quote || url[*len - 1] != shut[quote - open])
            break;
        *len -= 2;
        ++url;
    }
    return url;
}

static void text_parse_urls(struct fa_entry *entry, char *at, char *end)
{
    while (at < end) {
        size_t len;
        char *url = text_next_field(&at, end, '\t', &len);
        url = text_unquote(url, &len);
        if (len > 0)
            fa_entry_add_url(entry, url, len);
    }
}

/* The room that the lines of options need besides their own. */
static size_t text_count_room(const char *at, const char *end)
{
    size_t room = 0;
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        while (at < end && byte_is_blank(*at))
            ++at;
        room += fa_aria2_room(at, (size_t)((lf ? lf : end) - at));
        at = lf ? lf + 1 : end;
    }
    return room;
}

static void text_parse_options(struct fa_entry *entry, char *at, char *end, char *room)
{
    struct fa_aria2_login login = {0};
    while (at < end) {
        size_t len;
        char *option = text_next_field(&at, end, '\n', &len);
        if (len > 0)
            room += fa_aria2_add_option(entry, &login, option, len, room);
    }
    fa_aria2_add_login(entry, &login, room);
}

/* The numbers of TABs and line ends are upper bounds: empty fields are skipped.  text may be a null
 * pointer if len is 0, which memchr(3) does not permit. */
struct fa_entry *fa_text_parse(const char *list, uint64_t line, const char *text, size_t len,
                               struct fa_error *err)
{
    const char *lf = len > 0 ? memchr(text, '\n', len) : NULL;
    size_t first = lf ? (size_t)(lf - text) : len;
    struct fa_entry_need need = {
        .urls = (len > 0 ? text_count_byte(text, first, '\t') : 0) + 1,
        .options = lf ? text_count_byte(lf, len - first, '\n') : 0,
        .bytes = len + 1 + (lf ? text_count_room(lf + 1, text + len) : 0),
    };
    char *at;
    struct fa_entry *entry = fa_entry_new(list, line, &need, &at, err);
    if (!entry)
        return NULL;
    if (len > 0)
        memcpy(at, text, len);
    char *end = at + len;
    text_parse_urls(entry, at, at + first);
    text_parse_options(entry, at + first + (lf ? 1 : 0), end, end + 1);
    fa_entry_finish(entry, text, len);
    return entry;
}

static void buf_put_text(struct fa_buf *buf, const char *text)
{
    fa_buf_put(buf, text, strlen(text));
}

static void text_put_option(void *ctx, const char *name, const char *value)
{
    struct fa_buf *buf = ctx;
    if (value && strlen(value) > FA_LIST_LINE_MAX / 2)
        return; /* digests of pieces: the list could not be read */
    buf_put_text(buf, "\n ");
    buf_put_text(buf, name);
    if (!value)
        return;
    buf_put_text(buf, "=");
    buf_put_text(buf, value);
}

char *fa_text_write(const struct fa_entry *entry, const char *out)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    for (size_t i = 0; i < entry->n_urls; ++i) {
        buf_put_text(&buf, i > 0 ? "\t" : "");
        buf_put_text(&buf, entry->urls[i]);
    }
    fa_entry_each_option(entry, out, text_put_option, &buf);
    fa_buf_put_u8(&buf, 0);
    if (buf.failed)
        fa_buf_fini(&buf);
    return (char *)buf.data;
}
