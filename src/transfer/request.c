/*
 * A range is always requested with If-Range (RFC 9110, 13.1.5) and a strong validator, so that a
 * changed file is sent as a whole instead of in mismatched ranges.  It uses CURLOPT_RANGE, because
 * CURLOPT_RESUME_FROM_LARGE makes libcurl accept some wrong responses as complete.
 *
 * A slice that the user asks for is requested without If-Range: only bytes of that slice are of any
 * use, and none of an earlier attempt are continued.
 *
 * Header fields of the user take precedence: a Range or If-Range of theirs disables ours, and so
 * for conditions.
 */
#include "transfer/request.h"

#include "base/buf.h"
#include "base/http_field.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COOKIE "Cookie"
#define AGENT  "User-Agent"

int fa_request_append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (!longer)
        return -1;
    *list = longer;
    return 0;
}

bool fa_request_has_field(const struct fa_attempt *a, const char *name)
{
    for (size_t i = 0; i < a->n_headers; ++i)
        if (fa_http_line_is(a->headers[i], name))
            return true;
    return false;
}

/* Whether the user's own header fields contain one of two. */
static bool attempt_has_field(const struct fa_attempt *a, const char *name, const char *other)
{
    return fa_request_has_field(a, name) || fa_request_has_field(a, other);
}

static int append_field(struct curl_slist **list, const char *name, const char *value)
{
    char *line;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return -1;
    int result = fa_request_append(list, line);
    free(line);
    return result;
}

/* Request the range from the offset, on condition that the file has not changed. */
static int request_set_range(CURL *easy, struct curl_slist **headers, const struct fa_asked *asked)
{
    char range[FA_SLICE_MAX], value[FA_ETAG_MAX];
    if (asked->slice.set) {
        fa_slice_print(&asked->slice, range);
        return curl_easy_setopt(easy, CURLOPT_RANGE, range) == CURLE_OK ? 0 : -1;
    }
    if (asked->offset == 0 && asked->end == 0) {
        curl_easy_setopt(easy, CURLOPT_RANGE, NULL);
        return 0;
    }
    int len = snprintf(range, sizeof(range), "%llu-", (unsigned long long)asked->offset);
    if (asked->end)
        snprintf(range + len, sizeof(range) - (size_t)len, "%llu",
                 (unsigned long long)asked->end - 1);
    fa_validator_if_range(&asked->rep->validator, value);
    if (curl_easy_setopt(easy, CURLOPT_RANGE, range) != CURLE_OK)
        return -1;
    return append_field(headers, "If-Range", value);
}

/* Both fields are sent if known: a server that does not support entity tags ignores the first, any
 * other one ignores the second (RFC 9110, 13.1.3). */
static int request_set_condition(struct curl_slist **headers, const struct fa_asked *asked)
{
    char date[FA_DATE_MAX];
    if (!asked->conditional)
        return 0;
    const struct fa_validator *validator = &asked->rep->validator;
    if (validator->etag[0] && append_field(headers, "If-None-Match", validator->etag))
        return -1;
    if (validator->modified < 0)
        return 0;
    fa_date_format(validator->modified, date);
    return append_field(headers, "If-Modified-Since", date);
}

/* A request has one Cookie field (RFC 6265, 5.4): libcurl joins the user's with those of the
 * chain. */
static int request_set_cookie(CURL *easy, const struct fa_attempt *a)
{
    struct fa_buf buf;
    curl_easy_setopt(easy, CURLOPT_COOKIE, NULL);
    if (!a->cookies)
        return 0;
    fa_buf_init(&buf);
    for (size_t i = 0; i < a->n_headers; ++i) {
        const char *value =
            fa_http_line_is(a->headers[i], COOKIE) ? strchr(a->headers[i], ':') : NULL;
        size_t len = value ? strlen(++value) : 0;
        if (len > 0)
            fa_http_trim(&value, &len);
        if (len > 0 && buf.len > 0)
            fa_buf_put(&buf, "; ", 2);
        if (len > 0)
            fa_buf_put(&buf, value, len);
    }
    fa_buf_put_u8(&buf, 0);
    CURLcode code = buf.failed ? CURLE_OUT_OF_MEMORY
                               : curl_easy_setopt(easy, CURLOPT_COOKIE,
                                                  buf.len > 1 ? (const char *)buf.data : NULL);
    fa_buf_fini(&buf);
    return code == CURLE_OK ? 0 : -1;
}

void fa_request_lines_fini(struct fa_request_lines *lines)
{
    curl_slist_free_all(lines->list);
    *lines = (struct fa_request_lines){.agent = lines->agent};
}

/* The user's own lines, without cookies that request_set_cookie() joins with those of the chain. */
static int lines_add_own(struct fa_request_lines *lines, const struct fa_attempt *a)
{
    for (size_t i = 0; i < a->n_headers; ++i) {
        bool joined = a->cookies && fa_http_line_is(a->headers[i], COOKIE);
        if (!joined && fa_request_append(&lines->list, a->headers[i]))
            return -1;
    }
    return 0;
}

/* Identity is requested by default: a coded body could not be resumed or checked by its digest. */
static int lines_add_usual(struct fa_request_lines *lines, const struct fa_attempt *a)
{
    if (!fa_request_has_field(a, "Accept-Encoding") &&
        fa_request_append(&lines->list, "Accept-Encoding: identity"))
        return -1;
    if (!lines->agent || !lines->agent[0] || fa_request_has_field(a, AGENT))
        return 0;
    return append_field(&lines->list, AGENT, lines->agent);
}

/* Most requests have no lines of their own: then the list of the previous one is right. */
int fa_request_set(CURL *easy, struct fa_request_lines *lines, const struct fa_attempt *a,
                   const struct fa_asked *asked)
{
    bool usual = a->n_headers == 0 && asked->offset == 0 && asked->end == 0 && !asked->conditional;
    if (!usual || !lines->usual) {
        fa_request_lines_fini(lines);
        if (lines_add_own(lines, a) || lines_add_usual(lines, a))
            return -1;
    }
    if (request_set_cookie(easy, a) || request_set_range(easy, &lines->list, asked) ||
        request_set_condition(&lines->list, asked))
        return -1;
    lines->usual = usual;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines->list);
    return 0;
}

/* Whether the bytes of an earlier attempt can be resumed.  Without a value for If-Range a changed
 * file would be continued with bytes of another version. */
static bool attempt_can_resume(const struct fa_attempt *a)
{
    char value[FA_ETAG_MAX];
    struct stat st;
    fa_validator_if_range(&a->rep.validator, value);
    return value[0] && !a->slice.set && !attempt_has_field(a, "Range", "If-Range") &&
           fstat(a->fd, &st) == 0 && st.st_size >= 0 && (uint64_t)st.st_size >= a->offset;
}

/* A range among others of the same part: it is requested as it is, or not at all. */
static int request_choose_segment(const struct fa_attempt *a, struct fa_asked *ret,
                                  struct fa_error *err)
{
    ret->offset = ret->part_bytes = a->offset;
    ret->end = a->end;
    if (a->offset < a->end && a->rep.total >= 0 && a->end <= (uint64_t)a->rep.total &&
        attempt_can_resume(a))
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_PROTOCOL,
                 "a range of this file cannot be requested");
    return -1;
}

/* With `whole` the part file keeps its bytes while the whole file is requested: the server may
 * answer with an error, and then a later attempt can still resume. */
int fa_request_choose(const struct fa_attempt *a, struct fa_asked *ret, struct fa_error *err)
{
    const struct fa_validator *validator = &a->rep.validator;
    *ret = (struct fa_asked){.rep = &a->rep,
                             .slice = a->slice,
                             .guard = a->guard,
                             .types = a->types,
                             .named = a->named,
                             .respect = a->respect};
    if (a->end)
        return request_choose_segment(a, ret, err);
    if (a->offset > 0) {
        if (attempt_can_resume(a)) {
            ret->offset = a->whole ? 0 : a->offset;
            ret->part_bytes = a->offset;
        }
        if ((ret->part_bytes == 0 && fa_attempt_mark_stale(a)) ||
            ftruncate(a->fd, (off_t)ret->part_bytes)) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot truncate the part file");
            return -1;
        }
    }
    ret->conditional = a->conditional && ret->part_bytes == 0 &&
                       (validator->etag[0] || validator->modified >= 0) &&
                       !attempt_has_field(a, "If-None-Match", "If-Modified-Since");
    return 0;
}
