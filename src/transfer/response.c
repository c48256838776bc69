#include "transfer/response.h"

#include "transfer/classify.h"
#include "transfer/retry_after.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LOCATION_MAX (16 * 1024)

static void forget(struct fa_response *response)
{
    free(response->location);
    *response = (struct fa_response){
        .asked = response->asked,
        .head = {.rep = fa_representation_none},
        .length = -1,
        .retry_after = -1,
        .modified = -1,
        .date = -1,
    };
}

void fa_response_init(struct fa_response *response, const struct fa_asked *asked)
{
    static const struct fa_asked whole = {.rep = &fa_representation_none};
    response->asked = asked ? *asked : whole;
    response->location = NULL;
    forget(response);
}

void fa_response_fini(struct fa_response *response)
{
    forget(response);
}

/* RFC 9112, 4: "HTTP/1.1 200 OK"; libcurl writes "HTTP/2 200" for HTTP/2. */
static void begin(struct fa_response *response, const char *line, size_t len)
{
    forget(response);
    response->in_head = true;
    response->http2 = len > 5 && line[5] == '2';
    const char *blank = memchr(line, ' ', len);
    const char *end = line + len;
    bool good = len >= 5 && memcmp(line, "HTTP/", 5) == 0 && blank && end - blank > 3;
    for (int i = 1; good && i <= 3; ++i) {
        good = blank[i] >= '0' && blank[i] <= '9';
        response->status = response->status * 10 + (blank[i] - '0');
    }
    good = good && (end - blank == 4 || blank[4] == ' ') && response->status >= 100;
    if (!good)
        response->status = 0;
    response->bad_head = !good;
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

/* Two that differ are as good as none, and worse: nothing else may stand in for them. */
static void read_etag(struct fa_response *response, const char *value, size_t len)
{
    char *etag = response->etag;
    if (!fa_etag_is_good(value, len) ||
        (etag[0] && (strlen(etag) != len || memcmp(etag, value, len) != 0))) {
        response->bad_etag = true;
    } else {
        memcpy(etag, value, len);
        etag[len] = '\0';
    }
}

static bool begins(const char *value, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && strncasecmp(value, with, n) == 0;
}

/* What tells one version of the file, and one part of it, from another.  @return whether it does */
static bool read_entity_field(struct fa_response *response, const char *name, size_t name_len,
                              const char *value, size_t len)
{
    if (is("ETag", name, name_len)) {
        read_etag(response, value, len);
    } else if (is("Last-Modified", name, name_len)) {
        response->modified = fa_date_parse(value, len);
    } else if (is("Date", name, name_len)) {
        response->date = fa_date_parse(value, len);
    } else if (is("Content-Range", name, name_len)) {
        ++response->ranges;
        response->byte_range |= begins(value, len, "bytes");
        response->bad_range |= fa_range_parse(value, len, &response->range) != 0;
    } else if (is("Content-Encoding", name, name_len)) {
        response->odd_coding |= fa_coding_append(response->coding, value, len) != 0;
    } else if (is("Content-Type", name, name_len)) {
        response->multipart |= begins(value, len, "multipart/byteranges");
    } else {
        return false;
    }
    return true;
}

/* RFC 9112, 6.1: a list of codings, over all of its fields.  Only one that ends in chunked frames
 * the body.  "identity", of RFC 2616, is none.  libcurl would undo others only along with those of
 * the content, which are the file's own. */
static void read_codings(struct fa_response *response, const char *value, size_t len)
{
    static const char gap[] = ", \t";
    const char *end = value + len;
    while (value < end) {
        size_t n = 0;
        while (value + n < end && !strchr(gap, value[n]))
            ++n;
        /* libcurl takes any list with chunked in it for chunks. */
        response->bad_coding |= n > 0 && response->chunked;
        if (is("chunked", value, n))
            response->chunked = true;
        else
            response->bad_coding |= n > 0 && !is("identity", value, n);
        value += n + 1;
    }
}

static void read_field(struct fa_response *response, const char *line, size_t len, time_t now)
{
    const char *colon = memchr(line, ':', len);
    response->matters = colon != NULL;
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
        read_codings(response, value, size);
    } else if (is("Retry-After", line, name)) {
        response->retry_after = fa_retry_after_parse(value, size, now);
    } else if (is("Location", line, name) && !response->location && size <= LOCATION_MAX) {
        response->location = strndup(value, size);
        response->failed |= !response->location;
    } else {
        response->matters = read_entity_field(response, line, name, value, size);
    }
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void make_representation(const struct fa_response *response, struct fa_representation *ret)
{
    fa_validator_make(&ret->validator, response->etag, response->modified, response->date);
    ret->validator.strong &= !response->bad_etag;
    memcpy(ret->coding, response->coding, sizeof(ret->coding));
    if (response->odd_coding)
        *ret = fa_representation_none; /* nothing can be said of it later */
    ret->total = response->chunked ? -1 : response->length;
    if (response->byte_range)
        ret->total = response->range.total;
}

/* Whether the answer is of another version than was asked for. */
static bool has_changed(const struct fa_response *response)
{
    const struct fa_validator *asked = &response->asked.rep->validator;
    if (asked->etag[0] &&
        (response->bad_etag || (response->etag[0] && strcmp(asked->etag, response->etag) != 0)))
        return true;
    return asked->modified >= 0 && response->modified >= 0 && asked->modified != response->modified;
}

static bool is_framed(const struct fa_response *response)
{
    return !response->bad_coding && (response->chunked || !response->bad_length);
}

/* Whether the Content-Range of a 200, where it has no meaning, at least contradicts nothing.  Units
 * other than bytes are of the application.  A server that sends one in answer to a range may have
 * sent the range, whatever it says. */
static bool is_all(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    if (!response->byte_range)
        return true;
    if (response->asked.offset > 0 || response->ranges != 1 || response->bad_range ||
        !range->satisfied || range->total < 0)
        return false;
    bool length_fits =
        response->chunked || response->length < 0 || response->length == range->total;
    return range->first == 0 && range->last == (uint64_t)range->total - 1 && length_fits;
}

/* Why the bytes that stand are of no use for an answer with the whole file. */
static enum fa_restart restart_of(const struct fa_response *response,
                                  const struct fa_representation *rep)
{
    const struct fa_asked *asked = &response->asked;
    if (asked->stands == 0)
        return FA_RESTART_NONE;
    if (asked->offset == 0)
        return FA_RESTART_DENIED;
    return fa_validator_same(&asked->rep->validator, &rep->validator) ? FA_RESTART_IGNORED
                                                                      : FA_RESTART_CHANGED;
}

static enum fa_verdict judge_whole(struct fa_response *response)
{
    const struct fa_asked *asked = &response->asked;
    struct fa_representation rep;
    if (!is_framed(response) || response->failed)
        return FA_VERDICT_ERROR;
    response->partial = !is_all(response);
    if (response->partial) {
        response->restart = asked->offset > 0 ? FA_RESTART_REFUSED : FA_RESTART_NONE;
        return FA_VERDICT_ERROR;
    }
    make_representation(response, &rep);
    enum fa_likeness likeness = fa_representation_compare(asked->rep, &rep);
    if (likeness == FA_LIKENESS_DISPUTED) {
        response->restart = FA_RESTART_DISPUTED;
        return FA_VERDICT_ERROR;
    }
    if (likeness == FA_LIKENESS_SAME && rep.total < 0)
        rep.total = asked->rep->total;
    response->restart = restart_of(response, &rep);
    response->head.rep = rep;
    return FA_VERDICT_FILE;
}

/* Whether the total that the answer tells, if any, is not the one that was asked for. */
static bool has_other_total(const struct fa_response *response)
{
    int64_t known = response->asked.rep->total;
    return response->ranges == 1 && !response->bad_range && response->range.total >= 0 &&
           known >= 0 && response->range.total != known;
}

/* RFC 9110, 14.1.2: a range is one of the coded bytes. */
static bool has_other_coding(const struct fa_response *response)
{
    return response->odd_coding || strcmp(response->coding, response->asked.rep->coding) != 0;
}

static bool is_rest(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    if (response->ranges != 1 || response->bad_range || !range->satisfied || range->total < 0)
        return false;
    uint64_t total = (uint64_t)range->total;
    bool length_fits = response->chunked || response->length < 0 ||
                       (uint64_t)response->length == total - range->first;
    return range->first == response->asked.offset && range->last == total - 1 && length_fits &&
           is_framed(response) && !has_other_coding(response) && !response->multipart &&
           !response->failed;
}

/* RFC 9110, 15.3.7: a 206 has the entity tag that a 200 would have.  One without it is of a server
 * that has not looked at ours. */
static bool says_version(const struct fa_response *response)
{
    return !response->asked.rep->validator.etag[0] || response->etag[0];
}

/* The part is all of the file, as was declared before: a server that has only the offset of our
 * request to say does not know. */
static bool is_complete(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    return response->ranges == 1 && !response->bad_range && !range->satisfied &&
           range->total == response->asked.rep->total &&
           (uint64_t)range->total == response->asked.offset;
}

/* Its validator is that of the bytes before it: a 206 need not repeat all of it. */
static void keep_part(struct fa_response *response)
{
    response->head.rep = *response->asked.rep;
    response->head.rep.total = response->range.total;
    response->head.kept = response->asked.offset;
}

static enum fa_verdict judge_range(struct fa_response *response)
{
    bool changed = has_changed(response) || has_other_total(response);
    bool partial = response->status == 206;
    if (!changed &&
        (partial ? says_version(response) && is_rest(response) : is_complete(response))) {
        keep_part(response);
        return partial ? FA_VERDICT_FILE : FA_VERDICT_COMPLETE;
    }
    response->restart = changed ? FA_RESTART_CHANGED : FA_RESTART_REFUSED;
    return FA_VERDICT_ERROR;
}

/* What the answer does not repeat is as it was. */
static enum fa_verdict judge_unchanged(struct fa_response *response)
{
    const struct fa_validator *asked = &response->asked.rep->validator;
    struct fa_validator *ret = &response->head.rep.validator;
    const char *etag = response->etag[0] && !response->bad_etag ? response->etag : asked->etag;
    int64_t modified = response->modified >= 0 ? response->modified : asked->modified;
    fa_validator_make(ret, etag, modified, response->bad_etag ? -1 : response->date);
    if (!ret->etag[0])
        ret->strong |= asked->strong && modified == asked->modified;
    memcpy(response->head.rep.coding, response->asked.rep->coding, FA_CODING_MAX);
    response->head.rep.total = response->asked.rep->total;
    return FA_VERDICT_UNCHANGED;
}

static enum fa_verdict judge(struct fa_response *response)
{
    const struct fa_asked *asked = &response->asked;
    if (response->bad_head)
        return FA_VERDICT_ERROR;
    if (is_redirect(response->status) && response->location && response->location[0])
        return FA_VERDICT_REDIRECT;
    if (response->status == 200 || response->status == 203)
        return judge_whole(response);
    if (asked->offset > 0 && (response->status == 206 || response->status == 416))
        return judge_range(response);
    if (asked->conditional && response->status == 304)
        return judge_unchanged(response);
    return FA_VERDICT_ERROR;
}

/* RFC 9112, 5.2: a line that begins with a space continues the field before it.  libcurl 7.88 takes
 * the first line for the value: nobody can say what the field means. */
static bool is_fold(const char *line, size_t len)
{
    return len > 0 && (line[0] == ' ' || line[0] == '\t');
}

static void end_head(struct fa_response *response)
{
    bool interim = response->status >= 100 && response->status < 200 && response->status != 101;
    response->in_head = false;
    if (!interim || response->bad_head)
        response->verdict = judge(response);
}

void fa_response_line(struct fa_response *response, const char *line, size_t len, time_t now)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        --len;
    if (response->verdict != FA_VERDICT_NONE)
        return; /* a trailer */
    if (!response->in_head)
        begin(response, line, len);
    else if (len == 0)
        end_head(response);
    else if (is_fold(line, len))
        response->bad_head |= response->matters;
    else
        read_field(response, line, len, now);
}

/* Why an answer does not go with the ones before it. */
static void explain_restart(const struct fa_response *response, struct fa_outcome *outcome)
{
    bool changed =
        response->restart == FA_RESTART_CHANGED || response->restart == FA_RESTART_DISPUTED;
    const char *text =
        response->restart == FA_RESTART_DISPUTED
            ? "the length differs from the one declared before for the same version of the file"
        : changed                    ? "the file has changed since its first part came"
        : response->failed           ? "out of memory"
        : response->partial          ? "the answer says that it is a part of the file"
        : response->multipart        ? "the answer has several parts"
        : response->status == 416    ? "the server has nothing behind the first part"
        : has_other_coding(response) ? "the part is coded otherwise than the one before it"
                                     : "the answer is another part than was asked for";
    fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status,
                 changed ? FA_CLASS_CHANGED : FA_CLASS_PROTOCOL, "%d: %s", response->status, text);
    outcome->retryable = FA_RETRYABLE_NOW;
    outcome->restart = response->restart;
}

void fa_response_explain(const struct fa_response *response, struct fa_outcome *outcome)
{
    bool wanted = response->status == 200 || response->status == 203;
    if (response->restart != FA_RESTART_NONE) {
        explain_restart(response, outcome);
        return;
    }
    if (wanted || response->status == 206 || response->status == 101 || response->bad_head) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_PROTOCOL, "%s",
                     response->failed          ? "out of memory"
                     : response->bad_head      ? "malformed header in the answer"
                     : response->bad_coding    ? "the answer has a transfer coding besides chunked"
                     : response->partial       ? "the answer says that it is a part of the file"
                     : wanted                  ? "the answer has no usable Content-Length, or two"
                     : response->status == 101 ? "101 Switching Protocols, which nobody asked for"
                                               : "206 Partial Content, which nobody asked for");
        outcome->retryable = FA_RETRYABLE_ONCE;
        return;
    }
    fa_classify_http(response->status, outcome);
    if (is_redirect(response->status))
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_REDIRECT,
                     "%d without a Location", response->status);
}
