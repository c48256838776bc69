/*
 * The status and the request select one of six judges: whole file, range, segment, slice, not
 * modified, error.
 *
 * The rule is to accept bytes only if the response proves that they belong to the file.  In doubt
 * the answer is FA_VERDICT_ERROR, with `restart` set if the bytes that we already have are to
 * blame: then the engine requests the whole file.
 */
#include "transfer/judge.h"

#include "transfer/classify.h"

#include <string.h>

/* A digest that an earlier answer declared for the same version counts until there is another. */
static void response_set_digest(const struct fa_response *response, bool whole,
                                struct fa_representation *ret)
{
    struct fa_digest digest = fa_http_digests_choose(&response->digests, response->coding, whole);
    if (digest.hash && !response->odd_coding)
        ret->digest = digest;
}

static void response_representation(const struct fa_response *response,
                                    struct fa_representation *ret)
{
    /* If-Range needs the very text that the server sent, which an odd date cannot restore. */
    int64_t date = response->odd_date ? -1 : response->date;
    *ret = fa_representation_none;
    fa_validator_make(&ret->validator, response->etag, response->modified, date);
    ret->validator.strong &= !response->bad_etag;
    memcpy(ret->coding, response->coding, sizeof(ret->coding));
    if (response->odd_coding)
        *ret = fa_representation_none; /* unknown: a later response cannot be compared with it */
    ret->total = response->chunked ? -1 : response->length;
    if (response->byte_range)
        ret->total = response->range.total;
}

/* Whether the response is of another version than the request asked for. */
static bool response_has_changed(const struct fa_response *response)
{
    const struct fa_validator *asked = &response->asked.rep->validator;
    if (asked->etag[0] &&
        (response->bad_etag || (response->etag[0] && strcmp(asked->etag, response->etag) != 0)))
        return true;
    return asked->modified >= 0 && response->modified >= 0 && asked->modified != response->modified;
}

/* Whether the end of the body can be determined.  With chunked, Content-Length does not count (RFC
 * 9112, 6.3). */
static bool response_is_framed(const struct fa_response *response)
{
    return !response->bad_coding && (response->chunked || !response->bad_length);
}

/* Whether the Content-Range of a 200, where it has no meaning, at least contradicts nothing.
 * Ignore units other than bytes.  In response to a range request the body may be the range after
 * all. */
static bool response_is_whole(const struct fa_response *response)
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

/* Why a response with the whole file makes the existing bytes useless. */
static enum fa_restart response_restart(const struct fa_response *response,
                                        const struct fa_representation *rep)
{
    const struct fa_asked *asked = &response->asked;
    if (asked->part_bytes == 0)
        return FA_RESTART_NONE;
    if (asked->offset == 0)
        return FA_RESTART_DENIED;
    return fa_validator_same(&asked->rep->validator, &rep->validator) ? FA_RESTART_IGNORED
                                                                      : FA_RESTART_CHANGED;
}

/* Servers that ignore conditions still say which version they send.  Only a strong entity tag
 * proves that the existing file is that version. */
static bool response_is_known_version(const struct fa_response *response,
                                      const struct fa_representation *rep)
{
    const struct fa_representation *known = response->asked.rep;
    return response->asked.conditional && rep->validator.etag[0] && rep->validator.strong &&
           known->validator.strong && strcmp(rep->validator.etag, known->validator.etag) == 0 &&
           rep->total >= 0 && rep->total == known->total && strcmp(rep->coding, known->coding) == 0;
}

static enum fa_verdict response_judge_whole(struct fa_response *response)
{
    const struct fa_asked *asked = &response->asked;
    struct fa_representation rep;
    if (!response_is_framed(response) || response->failed)
        return FA_VERDICT_ERROR;
    response->partial = !response_is_whole(response);
    if (response->partial) {
        response->restart = asked->offset > 0 ? FA_RESTART_REFUSED : FA_RESTART_NONE;
        return FA_VERDICT_ERROR;
    }
    response_representation(response, &rep);
    if (response_is_known_version(response, &rep)) {
        response->head.rep = rep;
        return FA_VERDICT_UNCHANGED;
    }
    enum fa_likeness likeness = fa_representation_compare(asked->rep, &rep);
    if (likeness == FA_LIKENESS_DISPUTED) {
        response->restart = FA_RESTART_DISPUTED;
        return FA_VERDICT_ERROR;
    }
    if (likeness == FA_LIKENESS_SAME && rep.total < 0)
        rep.total = asked->rep->total;
    response->restart = response_restart(response, &rep);
    response_set_digest(response, true, &rep);
    response->head.rep = rep;
    return FA_VERDICT_FILE;
}

/* Whether the response declares another total size than the one known. */
static bool response_has_other_total(const struct fa_response *response)
{
    int64_t known = response->asked.rep->total;
    return response->ranges == 1 && !response->bad_range && response->range.total >= 0 &&
           known >= 0 && response->range.total != known;
}

/* RFC 9110, 14.1.2: a range is one of the coded bytes. */
static bool response_has_other_coding(const struct fa_response *response)
{
    return response->odd_coding || strcmp(response->coding, response->asked.rep->coding) != 0;
}

static bool response_is_range(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    if (response->ranges != 1 || response->bad_range || !range->satisfied || range->total < 0)
        return false;
    uint64_t end = response->asked.end ? response->asked.end : (uint64_t)range->total;
    bool length_fits = response->chunked || response->length < 0 ||
                       (uint64_t)response->length == end - range->first;
    return range->first == response->asked.offset && range->last == end - 1 && length_fits &&
           response_is_framed(response) && !response_has_other_coding(response) &&
           !response->multipart && !response->failed;
}

/* RFC 9110, 15.3.7: a 206 must repeat the entity tag that a 200 would have.  A server that does
 * not has probably ignored our If-Range. */
static bool response_has_version(const struct fa_response *response)
{
    return !response->asked.rep->validator.etag[0] || response->etag[0];
}

/* Whether a 416 proves that the part file is complete: its total must be the declared size,
 * because some servers merely repeat the requested offset. */
static bool response_is_complete(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    return response->ranges == 1 && !response->bad_range && !range->satisfied &&
           range->total == response->asked.rep->total &&
           (uint64_t)range->total == response->asked.offset;
}

/* Keep the validator of the earlier response: a 206 need not repeat all fields. */
static void response_keep_part(struct fa_response *response)
{
    response->head.rep = *response->asked.rep;
    response->head.rep.total = response->range.total;
    response_set_digest(response, false, &response->head.rep);
    response->head.kept = response->asked.offset;
}

/* Why the response to a range request is not that range. */
static enum fa_restart response_refusal(const struct fa_response *response)
{
    if (response_has_changed(response) || response_has_other_total(response))
        return FA_RESTART_CHANGED;
    if (response->status != 206 || !response_is_range(response))
        return FA_RESTART_REFUSED;
    return response_has_version(response) ? FA_RESTART_NONE : FA_RESTART_UNPROVEN;
}

/* A 206 must continue our bytes exactly.  A 416 is accepted only as "nothing more to send". */
static enum fa_verdict response_judge_range(struct fa_response *response)
{
    enum fa_restart refusal = response_refusal(response);
    bool complete =
        refusal == FA_RESTART_REFUSED && response->status == 416 && response_is_complete(response);
    if (refusal == FA_RESTART_NONE || complete) {
        response_keep_part(response);
        return complete ? FA_VERDICT_COMPLETE : FA_VERDICT_FILE;
    }
    response->restart = refusal;
    return FA_VERDICT_ERROR;
}

/* Fields that a 304 does not repeat keep their values, as do those that are malformed. */
static enum fa_verdict response_judge_unchanged(struct fa_response *response)
{
    const struct fa_validator *asked = &response->asked.rep->validator;
    struct fa_validator *ret = &response->head.rep.validator;
    bool good = strchr(response->etag, '"') && !response->bad_etag;
    const char *etag = good ? response->etag : asked->etag;
    int64_t modified = response->modified >= 0 ? response->modified : asked->modified;
    bool odd = response->bad_etag || response->odd_date;
    fa_validator_make(ret, etag, modified, odd ? -1 : response->date);
    if (!ret->etag[0])
        ret->strong |= asked->strong && modified == asked->modified;
    memcpy(response->head.rep.coding, response->asked.rep->coding, FA_CODING_MAX);
    response->head.rep.total = response->asked.rep->total;
    return FA_VERDICT_UNCHANGED;
}

/* A 206 that nobody asked for, but which covers the whole file: some caches answer like that. */
static bool response_is_whole_range(const struct fa_response *response)
{
    return response->status == 206 && response->asked.offset == 0 && response->byte_range &&
           !response->multipart && response_is_whole(response);
}

/* Whether a 206 brings exactly the slice. */
static bool response_is_slice(const struct fa_response *response)
{
    const struct fa_range *range = &response->range;
    if (response->ranges != 1 || response->bad_range || !range->satisfied || response->multipart ||
        !fa_slice_is(&response->asked.slice, range->first, range->last, range->total))
        return false;
    return response->chunked || response->length < 0 ||
           (uint64_t)response->length == range->last - range->first + 1;
}

/* Whether the whole file is what was asked for, too.  Only "0-" can do without a length. */
static bool response_whole_is_slice(const struct fa_response *response)
{
    const struct fa_slice *slice = &response->asked.slice;
    if (slice->first == 0 && slice->last < 0)
        return true;
    return !response->chunked && !response->bad_length && response->length > 0 &&
           fa_slice_is(slice, 0, (uint64_t)response->length - 1, response->length);
}

/* The file is the slice, so that its size is that of the slice.  Its validator is kept for --sync,
 * but it is not strong: a part of a slice is never resumed. */
static enum fa_verdict response_judge_slice(struct fa_response *response)
{
    struct fa_representation rep;
    bool partial = response->status == 206;
    if (!response_is_framed(response) || response->failed)
        return FA_VERDICT_ERROR;
    response->unasked = partial ? !response_is_slice(response) : !response_whole_is_slice(response);
    response->partial = !partial && !response_is_whole(response);
    if (response->unasked || response->partial)
        return FA_VERDICT_ERROR;
    response_representation(response, &rep);
    if (partial)
        rep.total = (int64_t)(response->range.last - response->range.first) + 1;
    rep.validator.strong = false;
    response->head.rep = rep;
    return FA_VERDICT_FILE;
}

/* One range of several: anything else than that range, a 200 included, is of no use. */
static enum fa_verdict response_judge_segment(struct fa_response *response)
{
    enum fa_restart refusal = response_refusal(response);
    if (refusal == FA_RESTART_NONE) {
        response_keep_part(response);
        return FA_VERDICT_FILE;
    }
    bool whole = response->status == 200 || response->status == 203;
    response->restart = whole && refusal == FA_RESTART_REFUSED ? FA_RESTART_IGNORED : refusal;
    return FA_VERDICT_ERROR;
}

static enum fa_verdict response_judge(struct fa_response *response)
{
    const struct fa_asked *asked = &response->asked;
    if (response->bad_head)
        return FA_VERDICT_ERROR;
    if (fa_status_is_redirect(response->status) && response->location && response->location[0])
        return FA_VERDICT_REDIRECT;
    bool whole = response->status == 200 || response->status == 203;
    if (asked->slice.set && (whole || response->status == 206))
        return response_judge_slice(response);
    if (asked->end && (whole || response->status == 206 || response->status == 416))
        return response_judge_segment(response);
    if (whole)
        return response_judge_whole(response);
    if (response_is_whole_range(response))
        return response_judge_whole(response);
    if (asked->offset > 0 && (response->status == 206 || response->status == 416))
        return response_judge_range(response);
    if (asked->conditional && response->status == 304)
        return response_judge_unchanged(response);
    return FA_VERDICT_ERROR;
}

/* A range need not repeat the type (RFC 9110, 15.3.7). */
static bool response_has_other_type(const struct fa_response *response)
{
    return response->asked.types &&
           (response->unfit || (!response->typed && response->status != 206));
}

/* A web page, another type, or a wish of the owner says nothing about the bytes that are there:
 * they stay. */
static void response_guard(struct fa_response *response)
{
    response->guarded = response->asked.guard && response->page;
    response->mistyped = response_has_other_type(response);
    response->declined = response->opt_out[0] != '\0';
    if (response->verdict != FA_VERDICT_FILE)
        response->guarded = response->mistyped = response->declined = false;
    if (!response->guarded && !response->mistyped && !response->declined)
        return;
    response->verdict = FA_VERDICT_ERROR;
    response->restart = FA_RESTART_NONE;
    response->head = (struct fa_head){.rep = fa_representation_none};
}

void fa_judge(struct fa_response *response)
{
    response->verdict = response_judge(response);
    response_guard(response);
}

/* Explain why a response cannot continue the existing bytes. */
static void response_explain_restart(const struct fa_response *response, struct fa_outcome *outcome)
{
    bool changed =
        response->restart == FA_RESTART_CHANGED || response->restart == FA_RESTART_DISPUTED;
    const char *text =
        response->restart == FA_RESTART_DISPUTED
            ? "the declared length differs from an earlier one for the same version of the file"
        : changed ? "the file has changed since its first bytes"
        : response->restart == FA_RESTART_UNPROVEN
            ? "a range without the ETag that the file had, so that it may be of another version"
        : response->failed                    ? "out of memory"
        : response->partial                   ? "the response claims to be only part of the file"
        : response->multipart                 ? "the response has several ranges"
        : response->status == 416             ? "the server has no bytes after the offset"
        : response_has_other_coding(response) ? "the content coding has changed"
                                              : "the response is not the requested range";
    fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status,
                 changed ? FA_CLASS_CHANGED : FA_CLASS_PROTOCOL, "%d: %s", response->status, text);
    outcome->retryable = FA_RETRYABLE_NOW;
    outcome->restart = response->restart;
}

void fa_judge_explain(const struct fa_response *response, struct fa_outcome *outcome)
{
    bool wanted = response->status == 200 || response->status == 203;
    if (response->declined) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_REFUSED,
                     "%d: X-Robots-Tag: %s (see --respect)", response->status, response->opt_out);
        return;
    }
    if (response->guarded) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_CONTENT,
                     "%d: a web page instead of the file, as from a login", response->status);
        return;
    }
    if (response->mistyped) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_CONTENT,
                     "%d: the Content-Type of the answer is %s, not '%.100s'", response->status,
                     response->typed ? response->type : "missing", response->asked.types);
        return;
    }
    if (response->restart != FA_RESTART_NONE) {
        response_explain_restart(response, outcome);
        return;
    }
    if (wanted || response->status == 206 || response->status == 101 || response->bad_head) {
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_PROTOCOL, "%s",
                     response->failed       ? "out of memory"
                     : response->bad_head   ? "malformed response header"
                     : response->bad_coding ? "unsupported transfer coding in the response"
                     : response->unasked && wanted
                         ? "the server sent the whole file instead of the range"
                     : response->unasked       ? "206: the response is not the requested range"
                     : response->partial       ? "the response claims to be only part of the file"
                     : wanted                  ? "invalid or ambiguous Content-Length"
                     : response->status == 101 ? "101 Switching Protocols, without an upgrade"
                                               : "206 Partial Content, without a range");
        outcome->retryable = FA_RETRYABLE_ONCE;
        return;
    }
    fa_classify_http(response->status, outcome);
    if (fa_status_is_redirect(response->status))
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, response->status, FA_CLASS_REDIRECT,
                     "%d redirect %s", response->status,
                     response->far        ? "to a URL that is too long"
                     : response->location ? "with an empty Location header"
                                          : "without a Location header");
}
