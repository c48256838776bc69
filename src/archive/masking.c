/*
 * A request has fields of the user, whose meaning is not known: X-Api-Key is as secret as a cookie.
 * So those of a request are hidden unless they are listed here.  Those of a response are copied
 * unless they are listed, since the secrets of the user are not in them; but the session that a
 * login has begun is.
 */
#include "archive/masking.h"

#include "base/http_field.h"

#include <fetchall/redact.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HIDDEN "***"
#define HTTP1  "HTTP/1.1"
#define HTTP2  "HTTP/2"

static const char *const harmless[] = {
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Cache-Control",
    "Connection",
    "DNT",
    "From",
    "Host",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Pragma",
    "Range",
    "TE",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Via",
};
/* Fields whose values have URLs. */
static const char *const linking[] = {"Content-Location", "Link", "Location", "Refresh", "Referer"};
static const char *const secret[] = {"Set-Cookie", "Set-Cookie2"};

struct line {
    const char *text;
    size_t len; /* without its ending */
    size_t whole;
    size_t name; /* length of the name of the field */
};

static struct line line_at(const char *text, size_t left)
{
    const char *end = memchr(text, '\n', left);
    struct line line = {.text = text, .whole = end ? (size_t)(end - text) + 1 : left};
    line.len = line.whole;
    while (line.len > 0 && (text[line.len - 1] == '\n' || text[line.len - 1] == '\r'))
        --line.len;
    const char *colon = memchr(text, ':', line.len);
    line.name = colon ? (size_t)(colon - text) : line.len;
    return line;
}

static bool line_is_one_of(const struct line *line, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; ++i)
        if (fa_http_is(line->text, line->name, names[i]))
            return true;
    return false;
}

#define IS_ONE_OF(line, names) line_is_one_of(line, names, sizeof(names) / sizeof(*(names)))

/* The line with another text after its first bytes. */
static void put_changed(struct fa_buf *buf, const struct line *line, size_t kept, const char *text)
{
    fa_buf_put(buf, line->text, kept);
    fa_buf_put(buf, text, strlen(text));
    fa_buf_put(buf, line->text + line->len, line->whole - line->len);
}

static void put_hidden(struct fa_buf *buf, const struct line *line)
{
    put_changed(buf, line, line->name, line->name < line->len ? ": " HIDDEN : "");
}

static void put_redacted(struct fa_buf *buf, const struct line *line, const char *keys)
{
    char *text = strndup(line->text + line->name, line->len - line->name);
    char *redacted = text ? fa_redact_text(text, keys) : NULL;
    buf->failed |= !redacted;
    if (redacted)
        put_changed(buf, line, line->name, redacted);
    free(redacted);
    free(text);
}

/* @return NULL: there is none */
static const char *url_path(const char *url)
{
    const char *authority = strstr(url, "://");
    return authority ? strchr(authority + 3, '/') : NULL;
}

/* "GET /path HTTP/1.1": the URL is completed, so that its query is recognized.  A proxy gets a
 * whole URL, and its server a path. */
static void put_request_line(struct fa_buf *buf, const struct line *line, const char *keys)
{
    static const char origin[] = "http://x";
    const char *first = memchr(line->text, ' ', line->len);
    const char *last = memrchr(line->text, ' ', line->len);
    if (!first || first == last) {
        fa_buf_put(buf, line->text, line->whole);
        return;
    }
    const char *before = first[1] == '/' ? origin : "";
    size_t rest = (size_t)(line->text + line->len - last);
    bool http2 = fa_http_is(last, rest, " " HTTP2);
    char *url = NULL, *redacted = NULL, *text = NULL;
    if (asprintf(&url, "%s%.*s", before, (int)(last - first - 1), first + 1) < 0)
        url = NULL;
    redacted = url ? fa_redact_url(url, keys) : NULL;
    const char *path = redacted ? url_path(redacted) : NULL;
    if (redacted && asprintf(&text, "%s%.*s", path ? path : HIDDEN, http2 ? INT_MAX : (int)rest,
                             http2 ? " " HTTP1 : last) < 0)
        text = NULL;
    buf->failed |= !text;
    if (text)
        put_changed(buf, line, (size_t)(first + 1 - line->text), text);
    free(text);
    free(redacted);
    free(url);
}

bool fa_masking_is_http2(const void *header, size_t len)
{
    return len > strlen(HTTP2) && memcmp(header, HTTP2 " ", strlen(HTTP2) + 1) == 0;
}

static void put_status_line(struct fa_buf *buf, const struct line *line)
{
    size_t version = fa_masking_is_http2(line->text, line->len) ? strlen(HTTP2) : 0;
    if (version > 0)
        fa_buf_put(buf, HTTP1, strlen(HTTP1));
    fa_buf_put(buf, line->text + version, line->whole - version);
}

static bool line_is_for_proxy(const struct line *line)
{
    static const char start[] = "Proxy-";
    return line->name > strlen(start) && strncasecmp(line->text, start, strlen(start)) == 0;
}

/* @return whether lines that continue the field are hidden, too */
static bool put_field(struct fa_buf *buf, const struct line *line, bool request, const char *keys)
{
    if (request && line_is_for_proxy(line))
        return true;
    bool hidden = request ? !IS_ONE_OF(line, harmless) : IS_ONE_OF(line, secret);
    if (IS_ONE_OF(line, linking)) {
        put_redacted(buf, line, keys);
        return true;
    }
    if (hidden)
        put_hidden(buf, line);
    else
        fa_buf_put(buf, line->text, line->whole);
    return hidden;
}

static void put_header(struct fa_buf *buf, const char *text, size_t left, bool request,
                       const char *keys)
{
    bool hidden = false, first = true;
    while (left > 0) {
        struct line line = line_at(text, left);
        bool continues = line.len > 0 && (line.text[0] == ' ' || line.text[0] == '\t');
        if (first && request)
            put_request_line(buf, &line, keys);
        else if (first)
            put_status_line(buf, &line);
        else if (line.len == 0 || (continues && !hidden))
            fa_buf_put(buf, line.text, line.whole);
        else if (!continues)
            hidden = put_field(buf, &line, request, keys);
        first = false;
        text += line.whole;
        left -= line.whole;
    }
}

void fa_masking_put_request(struct fa_buf *buf, const void *header, size_t len, const char *keys)
{
    put_header(buf, header, len, true, keys);
}

void fa_masking_put_response(struct fa_buf *buf, const void *header, size_t len, const char *keys)
{
    put_header(buf, header, len, false, keys);
}

char *fa_masking_url(const char *url, const char *keys)
{
    const char *authority = strstr(url, "://");
    authority = authority ? authority + 3 : url;
    const char *end = authority + strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', (size_t)(end - authority));
    char *plain = NULL;
    if (asprintf(&plain, "%.*s%s", (int)(authority - url), url, at ? at + 1 : authority) < 0)
        return NULL;
    char *masked = fa_redact_url(plain, keys);
    free(plain);
    return masked;
}
