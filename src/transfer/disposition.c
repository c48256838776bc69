/*
 * Servers write this field in many ways, so the reader accepts more than RFC 6266 does: a parameter
 * without a disposition before it, and quotes around an extended value.  What it cannot read is
 * skipped, not guessed: a file without a name from the server has that of its URL.
 */
#include "transfer/disposition.h"

#include "base/buf.h"
#include "base/hex.h"
#include "base/http_field.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct param {
    const char *name;
    size_t name_len;
    struct fa_buf value; /* Without quotes and escapes. */
};

static bool text_is_utf8(const unsigned char *text, size_t len)
{
    uint32_t c;
    for (size_t n; len > 0; text += n, len -= n)
        if ((n = fa_utf8_get(text, len, &c)) == 0)
            return false;
    return true;
}

static void buf_put_latin1(struct fa_buf *buf, const unsigned char *text, size_t len)
{
    for (size_t i = 0; i < len; ++i) {
        if (text[i] >= 0x80)
            fa_buf_put_u8(buf, (uint8_t)(0xc0 | text[i] >> 6));
        fa_buf_put_u8(buf, (uint8_t)(text[i] >= 0x80 ? 0x80 | (text[i] & 0x3f) : text[i]));
    }
}

/* RFC 9110, 5.6.4.  @return the end of the string, or NULL: it has none */
static const char *buf_put_quoted(struct fa_buf *buf, const char *at, const char *end)
{
    for (; at < end && *at != '"'; ++at) {
        if (*at == '\\' && at + 1 < end)
            ++at;
        fa_buf_put(buf, at, 1);
    }
    return at < end ? at + 1 : NULL;
}

static const char *text_find(const char *at, const char *end, char c)
{
    const char *found = memchr(at, c, (size_t)(end - at));
    return found ? found : end;
}

/* Read one parameter, or the disposition, which has no value.  @return what follows it; NULL: the
 * rest is malformed */
static const char *param_read(struct param *param, const char *at, const char *end)
{
    const char *stop = text_find(at, end, ';'), *equals = text_find(at, stop, '=');
    param->name = at;
    param->name_len = (size_t)(equals - at);
    fa_http_trim(&param->name, &param->name_len);
    fa_buf_reset(&param->value);
    if (equals == stop)
        return stop;
    const char *value = equals + 1;
    size_t len = (size_t)(end - value);
    fa_http_trim(&value, &len);
    if (len > 0 && *value == '"') {
        const char *after = buf_put_quoted(&param->value, value + 1, end);
        return after ? text_find(after, end, ';') : NULL;
    }
    value = equals + 1;
    len = (size_t)(stop - value);
    fa_http_trim(&value, &len);
    fa_buf_put(&param->value, value, len);
    return stop;
}

/* RFC 8187, 3.2.1: charset'language'value, percent-encoded.  @return whether it is well-formed */
static bool buf_put_extended(struct fa_buf *buf, const struct fa_buf *value)
{
    const char *at = (const char *)value->data, *end = at + value->len;
    const char *quote = text_find(at, end, '\''), *second = quote;
    bool utf8 = fa_http_is(at, (size_t)(quote - at), "UTF-8");
    bool latin1 = fa_http_is(at, (size_t)(quote - at), "ISO-8859-1");
    if (quote < end)
        second = text_find(quote + 1, end, '\'');
    if (second == end || !(utf8 || latin1))
        return false;
    for (at = second + 1; at < end; at += *at == '%' ? 3 : 1) {
        int byte = *at != '%' ? (unsigned char)*at : end - at > 2 ? fa_hex_byte(at + 1) : -1;
        unsigned char one = (unsigned char)byte;
        if (byte < 0)
            return false;
        if (latin1)
            buf_put_latin1(buf, &one, 1);
        else
            fa_buf_put_u8(buf, one);
    }
    return text_is_utf8(buf->data, buf->len);
}

static bool buf_put_plain(struct fa_buf *buf, const struct fa_buf *value)
{
    if (text_is_utf8(value->data, value->len))
        fa_buf_put(buf, value->data, value->len);
    else
        buf_put_latin1(buf, value->data, value->len);
    return true;
}

/* The last component of a path, which must not have a zero byte.  NULL: there is none */
static char *text_last_component(const struct fa_buf *text)
{
    if (text->len == 0 || memchr(text->data, '\0', text->len))
        return NULL;
    const char *start = (const char *)text->data, *end = start + text->len;
    for (const char *at = start; at < end; ++at)
        if (*at == '/' || *at == '\\')
            start = at + 1;
    return start < end ? strndup(start, (size_t)(end - start)) : NULL;
}

/* Take the name of a parameter, unless there is one of that kind. */
static void param_take(const struct param *param, struct fa_buf names[2])
{
    bool extended = fa_http_is(param->name, param->name_len, "filename*");
    struct fa_buf *name = &names[extended];
    if (name->len > 0 || param->value.len == 0 ||
        !(extended || fa_http_is(param->name, param->name_len, "filename")))
        return;
    if (!(extended ? buf_put_extended : buf_put_plain)(name, &param->value))
        fa_buf_reset(name);
}

char *fa_disposition_name(const char *value, size_t len)
{
    struct fa_buf names[2]; /* of filename, and of filename* */
    struct param param = {0};
    const char *at = value, *end = value + len;
    if (len > FA_DISPOSITION_MAX)
        return NULL;
    fa_buf_init(&names[0]);
    fa_buf_init(&names[1]);
    fa_buf_init(&param.value);
    while (at && at < end) {
        at = param_read(&param, at, end);
        if (at)
            param_take(&param, names);
        if (at && at < end)
            ++at;
    }
    bool failed = names[0].failed || names[1].failed || param.value.failed;
    char *name = failed ? NULL : text_last_component(&names[1]);
    if (!name && !failed)
        name = text_last_component(&names[0]);
    fa_buf_fini(&names[0]);
    fa_buf_fini(&names[1]);
    fa_buf_fini(&param.value);
    return name;
}
