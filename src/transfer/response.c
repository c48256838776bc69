#include "transfer/response.h"

#include "transfer/classify.h"
#include "transfer/retry_after.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOCATION_MAX (16 * 1024)

void fa_response_init(struct fa_response *response)
{
    *response = (struct fa_response){.length = -1, .retry_after = -1};
}

void fa_response_fini(struct fa_response *response)
{
    free(response->location);
    fa_response_init(response);
}

static void begin(struct fa_response *response, const char *line, size_t len)
{
    fa_response_fini(response);
    const char *blank = memchr(line, ' ', len);
    const char *end = line + len;
    for (int i = 0; blank && i < 3; ++i) {
        const char *digit = blank + 1 + i;
        if (digit >= end || *digit < '0' || *digit > '9') {
            response->status = 0;
            return;
        }
        response->status = response->status * 10 + (*digit - '0');
    }
}

/* RFC 9112, 6.3: only digits, and all of several fields must agree. */
static void read_length(struct fa_response *response, const char *value, size_t len)
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

static bool is(const char *name, const char *line, size_t len)
{
    return strlen(name) == len && strncasecmp(name, line, len) == 0;
}

static void read_field(struct fa_response *response, const char *line, size_t len, time_t now)
{
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return;
    size_t name = (size_t)(colon - line);
    const char *value = colon + 1;
    const char *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        ++value;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        --end;
    size_t size = (size_t)(end - value);

    if (is("Content-Length", line, name)) {
        read_length(response, value, size);
    } else if (is("Transfer-Encoding", line, name)) {
        response->chunked = true;
    } else if (is("Retry-After", line, name)) {
        response->retry_after = fa_retry_after_parse(value, size, now);
    } else if (is("Location", line, name) && !response->location && size <= LOCATION_MAX) {
        response->location = strndup(value, size);
        response->failed |= !response->location;
    }
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static enum fa_verdict judge(const struct fa_response *response)
{
    if (is_redirect(response->status) && response->location && response->location[0])
        return FA_VERDICT_REDIRECT;
    bool framed = response->chunked || !response->bad_length;
    if ((response->status == 200 || response->status == 203) && framed && !response->failed)
        return FA_VERDICT_FILE;
    return FA_VERDICT_ERROR;
}

void fa_response_line(struct fa_response *response, const char *line, size_t len, time_t now)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        --len;
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        begin(response, line, len);
    } else if (response->verdict == FA_VERDICT_NONE) {
        if (len > 0)
            read_field(response, line, len, now);
        else if (response->status >= 200)
            response->verdict = judge(response);
    }
}

void fa_response_explain(const struct fa_response *response, struct fa_outcome *outcome)
{
    bool wanted = response->status == 200 || response->status == 203;
    if (wanted || response->status == 206) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_PROTOCOL, "%s",
                     response->failed ? "out of memory"
                     : wanted         ? "the answer has no usable Content-Length, or two"
                                      : "206 Partial Content, which nobody asked for");
        outcome->hope = FA_HOPE_ONCE;
        return;
    }
    fa_classify_http(response->status, outcome);
    if (is_redirect(response->status))
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_REDIRECT,
                     "%d without a Location", response->status);
}
