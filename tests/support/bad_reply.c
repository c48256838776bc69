#include "bad_reply.h"

#include "pattern.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *fa_bad_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

void fa_bad_date(time_t when, char date[FA_BAD_DATE])
{
    struct tm utc;
    strftime(date, FA_BAD_DATE, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&when, &utc));
}

void fa_bad_etag(const char *seed, uint64_t size, char etag[FA_BAD_ETAG])
{
    snprintf(etag, FA_BAD_ETAG, "\"%016" PRIx64 "\"", fa_pattern_key(seed) ^ size);
}

void fa_bad_reply_head(struct fa_bad_conn *conn, unsigned status, const char *extra, ...)
{
    char date[FA_BAD_DATE];
    fa_bad_date(time(NULL), date);
    fa_bad_conn_say(conn, "HTTP/1.1 %u %s\r\nServer: fa_bad_server\r\nDate: %s\r\n", status,
                    fa_bad_reason(status), date);
    va_list args;
    va_start(args, extra);
    evbuffer_add_vprintf(conn->text, extra, args);
    va_end(args);
    fa_bad_conn_say(conn, "\r\n");
}

void fa_bad_reply_text(struct fa_bad_conn *conn, unsigned status, const char *headers,
                       const char *text)
{
    fa_bad_reply_head(conn, status, "%sContent-Length: %zu\r\n", headers, strlen(text));
    if (strcmp(conn->request->method, "HEAD") != 0) {
        fa_bad_conn_say(conn, "%s", text);
    }
}

void fa_bad_reply_status(struct fa_bad_conn *conn, unsigned status, const char *headers)
{
    if (status < 200 || status == 204 || status == 304) { /* these have no body */
        fa_bad_reply_head(conn, status, "%s", headers);
        return;
    }
    char page[128];
    char lines[512];
    snprintf(page, sizeof(page), "<html><body><h1>%u %s</h1></body></html>\n", status,
             fa_bad_reason(status));
    snprintf(lines, sizeof(lines), "Content-Type: text/html\r\n%s", headers);
    fa_bad_reply_text(conn, status, lines, page);
}

enum fa_bad_asked fa_bad_span_read(const char *value, uint64_t size, struct fa_bad_span *span)
{
    static const char unit[] = "bytes=";
    *span = (struct fa_bad_span){0, size};
    if (!value || strncmp(value, unit, sizeof(unit) - 1) != 0 || strchr(value, ',')) {
        return FA_BAD_WHOLE;
    }
    value += sizeof(unit) - 1;
    char *end;
    if (*value == '-') {
        uint64_t last = strtoull(value + 1, &end, 10);
        span->at = last < size ? size - last : 0;
        return last > 0 && size > 0 ? FA_BAD_PART : FA_BAD_UNSATISFIABLE;
    }
    span->at = strtoull(value, &end, 10);
    if (end == value || *end != '-') {
        span->at = 0;
        return FA_BAD_WHOLE;
    }
    if (isdigit((unsigned char)end[1])) {
        uint64_t last = strtoull(end + 1, NULL, 10);
        span->end = last < size ? last + 1 : size;
    }
    return span->at < span->end ? FA_BAD_PART : FA_BAD_UNSATISFIABLE;
}

static bool not_modified(const struct fa_bad_request *request, const char *etag)
{
    const char *match = fa_bad_request_header(request, "If-None-Match");
    const char *since = fa_bad_request_header(request, "If-Modified-Since");
    if (match) {
        return strcmp(match, "*") == 0 || strstr(match, etag);
    }
    return since && strcmp(since, FA_BAD_MODIFIED) == 0;
}

static const char *range_of(const struct fa_bad_request *request, const char *etag)
{
    const char *condition = fa_bad_request_header(request, "If-Range");
    if (condition && strcmp(condition, etag) != 0 && strcmp(condition, FA_BAD_MODIFIED) != 0) {
        return NULL;
    }
    return fa_bad_request_header(request, "Range");
}

void fa_bad_reply_file(struct fa_bad_conn *conn, const char *seed, uint64_t size)
{
    char etag[FA_BAD_ETAG];
    char validators[128];
    fa_bad_etag(seed, size, etag);
    snprintf(validators, sizeof(validators), "ETag: %s\r\nLast-Modified: %s\r\n", etag,
             FA_BAD_MODIFIED);
    if (not_modified(conn->request, etag)) {
        fa_bad_reply_head(conn, 304, "%s", validators);
        return;
    }
    fa_bad_reply_ranges(conn, seed, size, etag, validators);
}

void fa_bad_reply_ranges(struct fa_bad_conn *conn, const char *seed, uint64_t size,
                         const char *etag, const char *validators)
{
    struct fa_bad_span span;
    switch (fa_bad_span_read(range_of(conn->request, etag), size, &span)) {
    case FA_BAD_UNSATISFIABLE:
        fa_bad_reply_head(conn, 416,
                          "%sContent-Range: bytes */%" PRIu64 "\r\nContent-Length: 0\r\n",
                          validators, size);
        return;
    case FA_BAD_PART:
        fa_bad_reply_head(conn, 206,
                          "%sContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
                          "\r\nContent-Length: %" PRIu64 "\r\n",
                          validators, span.at, span.end - 1, size, span.end - span.at);
        break;
    case FA_BAD_WHOLE:
        fa_bad_reply_head(conn, 200, "%sAccept-Ranges: bytes\r\nContent-Length: %" PRIu64 "\r\n",
                          validators, size);
        break;
    }
    fa_bad_conn_body(conn, seed, span.at, span.end);
}

void fa_bad_reply_path(struct fa_bad_conn *conn, uint64_t size)
{
    fa_bad_reply_file(conn, conn->request->path, size);
}

void fa_bad_reply_small(struct fa_bad_conn *conn)
{
    fa_bad_reply_path(conn, FA_PATTERN_SMALL);
}

uint64_t fa_bad_number(const char *text)
{
    return isdigit((unsigned char)text[0]) ? strtoull(text, NULL, 10) : 0;
}

unsigned fa_bad_ms(const char *text)
{
    uint64_t ms = fa_bad_number(text);
    return ms < 3600000 ? (unsigned)ms : 3600000;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

char *fa_bad_decode(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    char *to = out;
    for (; out && *text; text++) {
        int high = *text == '%' ? hex_digit(text[1]) : -1;
        int low = high >= 0 ? hex_digit(text[2]) : -1;
        if (low >= 0) {
            *to++ = (char)(high * 16 + low);
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    if (out) {
        *to = '\0';
    }
    return out;
}
