/*
 * The lines of the header are collected, with a flag for each irregularity (two lengths, two entity
 * tags, a folded line, an unknown coding).  What that means for the file is decided at the empty
 * line, by judge.c, because fields come in any order.
 */
#include "transfer/response.h"

#include "base/http_field.h"
#include "base/media_type.h"
#include "transfer/classify.h"
#include "transfer/disposition.h"
#include "transfer/guard.h"
#include "transfer/judge.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOCATION_MAX (16 * 1024)

void fa_response_fini(struct fa_response *response)
{
    free(response->location);
    free(response->name);
    response->location = response->name = NULL;
}

/* Each header section starts anew: what a 1xx response says does not apply to the final one. */
static void response_reset(struct fa_response *response)
{
    fa_response_fini(response);
    *response = (struct fa_response){
        .asked = response->asked,
        .head = {.rep = fa_representation_none},
        .length = -1,
        .retry_after = -1,
        .after = fa_retry_after_none,
        .modified = -1,
        .date = -1,
    };
    fa_rate_limit_init(&response->rate_limit);
}

void fa_response_init(struct fa_response *response, const struct fa_asked *asked)
{
    static const struct fa_asked whole = {.rep = &fa_representation_none};
    response->asked = asked ? *asked : whole;
    response->location = response->name = NULL;
    response_reset(response);
}

/* RFC 9112, 4: "HTTP/1.1 200 OK"; libcurl reports "HTTP/2 200" for HTTP/2. */
static void response_begin(struct fa_response *response, const char *line, size_t len)
{
    response_reset(response);
    response->in_head = true;
    response->http2 = len > 5 && line[5] == '2';
    const char *space = memchr(line, ' ', len);
    const char *end = line + len;
    bool good = len >= 5 && strncasecmp(line, "HTTP/", 5) == 0 && space && end - space > 3;
    for (int i = 1; good && i <= 3; ++i) {
        good = space[i] >= '0' && space[i] <= '9';
        response->status = response->status * 10 + (space[i] - '0');
    }
    good = good && (end - space == 4 || space[4] == ' ') && response->status >= 100;
    if (!good)
        response->status = 0;
    response->bad_head = !good;
}

/* RFC 9112, 6.3: digits only, and several fields must agree. */
static void response_read_one_length(struct fa_response *response, const char *value, size_t len)
{
    int64_t length = 0;
    for (size_t i = 0; i < len; ++i) {
        if (value[i] < '0' || value[i] > '9' || length > (INT64_MAX - 9) / 10) {
            response->bad_length = true;
            return;
        }
        length = length * 10 + (value[i] - '0');
    }
    if (len == 0 || (response->length >= 0 && response->length != length))
        response->bad_length = true;
    response->length = length;
}

/* RFC 9110, 8.6: a list of the same number, as proxies make of several fields, is that number. */
static void response_read_length(struct fa_response *response, const char *value, size_t len)
{
    const char *end = value + len;
    for (;;) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        size_t one = (size_t)((comma ? comma : end) - value);
        fa_http_trim(&value, &one);
        response_read_one_length(response, value, one);
        if (!comma)
            return;
        value = comma + 1;
    }
}

/* Some servers send an empty entity tag with every version of every file, in place of none. */
static bool etag_is_empty(const char *value, size_t len)
{
    return (len == 2 && memcmp(value, "\"\"", 2) == 0) ||
           (len == 4 && memcmp(value, "W/\"\"", 4) == 0);
}

/* Two entity tags that differ are worse than none: no other validator may replace them. */
static void response_read_etag(struct fa_response *response, const char *value, size_t len)
{
    char *etag = response->etag;
    if (etag_is_empty(value, len))
        return;
    if (!fa_etag_is_good(value, len) ||
        (etag[0] && (strlen(etag) != len || memcmp(etag, value, len) != 0))) {
        response->bad_etag = true;
    } else {
        memcpy(etag, value, len);
        etag[len] = '\0';
    }
}

static bool value_begins(const char *value, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && strncasecmp(value, with, n) == 0;
}

/* Parse a field that describes the representation or its range.  @return whether it is one */
static bool response_read_entity_field(struct fa_response *response, const char *name,
                                       size_t name_len, const char *value, size_t len)
{
    bool exact;
    if (fa_http_is(name, name_len, "ETag")) {
        response_read_etag(response, value, len);
    } else if (fa_http_is(name, name_len, "Last-Modified")) {
        response->modified = fa_date_read(value, len, &exact);
        response->odd_date = !exact;
    } else if (fa_http_is(name, name_len, "Date")) {
        response->date = fa_date_read(value, len, &exact);
    } else if (fa_http_is(name, name_len, "Content-Range")) {
        ++response->ranges;
        response->byte_range |= value_begins(value, len, "bytes");
        response->bad_range |= fa_range_parse(value, len, &response->range) != 0;
    } else if (fa_http_is(name, name_len, "Content-Encoding")) {
        response->odd_coding |= fa_coding_append(response->coding, value, len) != 0;
    } else if (fa_http_is(name, name_len, "Content-Type")) {
        response->multipart |= value_begins(value, len, "multipart/byteranges");
        response->page |= fa_guard_is_page(value, len);
        response->typed = true;
        if (response->asked.types && !fa_media_types_have(response->asked.types, value, len)) {
            response->unfit = true;
            fa_media_type_show(value, len, response->type);
        }
    } else if (response->asked.respect && fa_http_is(name, name_len, "X-Robots-Tag")) {
        (void)fa_robots_tags_have(response->asked.respect, value, len, "fetchall",
                                  response->opt_out);
    } else {
        return fa_http_digests_field(&response->digests, name, name_len, value, len);
    }
    return true;
}

/* RFC 9112, 6.1: a list of codings that may span several fields.  The body is framed by chunks
 * only if the last one is chunked.  "identity" (RFC 2616) means none.  libcurl can undo other
 * codings only together with content codings, which belong to the file. */
static void response_read_codings(struct fa_response *response, const char *value, size_t len)
{
    static const char gap[] = ", \t";
    const char *end = value + len;
    while (value < end) {
        size_t n = 0;
        while (value + n < end && !strchr(gap, value[n]))
            ++n;
        /* libcurl decodes chunks if chunked is anywhere in the list. */
        response->bad_coding |= n > 0 && response->chunked;
        if (fa_http_is(value, n, "chunked"))
            response->chunked = true;
        else
            response->bad_coding |= n > 0 && !fa_http_is(value, n, "identity");
        value += n + 1;
    }
}

static void response_read_field(struct fa_response *response, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    response->matters = colon != NULL;
    if (!colon)
        return;
    size_t name = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t size = len - name - 1;
    fa_http_trim(&value, &size);

    if (fa_http_is(line, name, "Content-Length")) {
        response_read_length(response, value, size);
    } else if (fa_http_is(line, name, "Transfer-Encoding")) {
        response_read_codings(response, value, size);
    } else if (fa_http_is(line, name, "Retry-After")) {
        response->after = fa_retry_after_parse(value, size);
    } else if (fa_http_is(line, name, "Location") && !response->location) {
        response->far = size > LOCATION_MAX;
        response->location = response->far ? NULL : strndup(value, size);
        response->failed |= !response->location && !response->far;
    } else if (fa_http_is(line, name, "WWW-Authenticate")) {
        response->digest |= fa_http_has_challenge(value, size, "Digest");
        response->matters = false;
    } else if (fa_http_is(line, name, "Content-Disposition")) {
        if (response->asked.named && !response->name)
            response->name = fa_disposition_name(value, size);
        response->matters = false;
    } else if (fa_rate_limit_field(&response->rate_limit, line, name, value, size) ||
               fa_cached_field(&response->cached, line, name, value, size)) {
        response->matters = false;
    } else {
        response->matters = response_read_entity_field(response, line, name, value, size);
    }
}

bool fa_response_continues(const struct fa_response *response)
{
    return fa_status_is_redirect(response->status) || response->status == 401;
}

/* RFC 9112, 5.2: a line that starts with a space continues the previous field.  libcurl 7.88
 * takes the first line as the value, so a folded field is ambiguous. */
static bool line_is_folded(const char *line, size_t len)
{
    return len > 0 && (line[0] == ' ' || line[0] == '\t');
}

/* Only the server's own clock tells how far away its dates are: ours may be an hour off. */
static double response_wait(const struct fa_response *response, time_t now)
{
    int64_t server = response->date >= 0 ? response->date : now;
    double wait = fa_retry_after_wait(&response->after, server);
    return wait >= 0 ? wait : fa_rate_limit_wait(&response->rate_limit, response->status, server);
}

/* 101 is final for us: we never request an upgrade, and what follows would not be HTTP. */
static void response_end_header(struct fa_response *response, time_t now)
{
    bool interim = response->status >= 100 && response->status < 200 && response->status != 101;
    response->in_head = false;
    response->retry_after = interim ? -1 : response_wait(response, now);
    if (!interim || response->bad_head)
        fa_judge(response);
}

/* Everything after the verdict is a trailer: it may not change what has been decided. */
void fa_response_line(struct fa_response *response, const char *line, size_t len, time_t now)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        --len;
    if (response->verdict != FA_VERDICT_NONE)
        return; /* ignore trailers */
    if (!response->in_head)
        response_begin(response, line, len);
    else if (len == 0)
        response_end_header(response, now);
    else if (line_is_folded(line, len))
        response->bad_head |= response->matters;
    else
        response_read_field(response, line, len);
}
