#include "virtual_answer.h"

#include "fail.h"
#include "pattern.h"

#include "transfer/classify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum verdict { VERDICT_FILE, VERDICT_COMPLETE, VERDICT_UNCHANGED, VERDICT_OTHER };

/* How a server answers, before the first byte of the body. */
struct answer {
    enum verdict verdict;
    int http;
    uint64_t kept;
    enum fa_restart restart;
    struct fa_representation rep;
};

static void make_rep(const struct fa_reply *reply, struct fa_representation *ret)
{
    char etag[FA_ETAG_MAX];
    *ret = fa_representation_none;
    snprintf(etag, sizeof(etag), "%s\"%s\"", reply->weak ? "W/" : "", reply->version);
    fa_validator_make(&ret->validator, etag, -1, -1);
    ret->total = reply->no_length ? -1 : (int64_t)reply->size + reply->lies;
}

static bool is_same(const struct fa_attempt *attempt, const struct answer *answer)
{
    return attempt->rep.validator.strong &&
           strcmp(attempt->rep.validator.etag, answer->rep.validator.etag) == 0;
}

static bool is_range(const struct fa_attempt *attempt)
{
    return (attempt->offset > 0 || attempt->end) && !attempt->whole;
}

static struct answer begin_file(const struct fa_reply *reply, const struct fa_attempt *attempt)
{
    struct answer answer = {.verdict = VERDICT_FILE, .http = reply->http};
    make_rep(reply, &answer.rep);
    bool same = is_same(attempt, &answer);
    if (is_range(attempt) && reply->deny) {
        answer.verdict = VERDICT_OTHER;
        answer.http = reply->deny;
    } else if (is_range(attempt) && reply->refuse) {
        answer.verdict = VERDICT_OTHER;
        answer.http = 416;
        answer.restart = FA_RESTART_REFUSED;
    } else if (is_range(attempt) && same && !reply->no_range) {
        bool all = !attempt->end && attempt->offset == reply->size;
        answer.verdict = all ? VERDICT_COMPLETE : VERDICT_FILE;
        answer.http = all ? 416 : 206;
        answer.kept = attempt->offset;
    } else if (attempt->end) {
        answer.verdict = VERDICT_OTHER;
        answer.restart = same ? FA_RESTART_IGNORED : FA_RESTART_CHANGED;
    } else if (same && attempt->conditional) {
        answer.verdict = VERDICT_UNCHANGED;
        answer.http = 304;
        answer.rep = attempt->rep;
    } else if (same && attempt->rep.total >= 0 && answer.rep.total >= 0 &&
               attempt->rep.total != answer.rep.total) {
        answer.verdict = VERDICT_OTHER;
        answer.restart = FA_RESTART_DISPUTED;
    } else if (attempt->offset > 0) {
        answer.restart = attempt->whole ? FA_RESTART_DENIED
                         : same         ? FA_RESTART_IGNORED
                                        : FA_RESTART_CHANGED;
    }
    return answer;
}

static uint64_t end_of(const struct fa_reply *reply, const struct fa_attempt *attempt)
{
    uint64_t end = reply->kind == FA_REPLY_STATUS ? reply->size : reply->at;
    return attempt->end && attempt->end < end ? attempt->end : end;
}

uint64_t fa_answer_bytes(const struct fa_reply *reply, const struct fa_attempt *attempt)
{
    if (reply->http != 200)
        return 0;
    struct answer answer = begin_file(reply, attempt);
    uint64_t end = end_of(reply, attempt);
    return answer.verdict == VERDICT_FILE && end > answer.kept ? end - answer.kept : 0;
}

static void fail(struct fa_outcome *ret, enum fa_class class, enum fa_retryability retryable,
                 const char *text)
{
    fa_error_set(&ret->error, FA_DOMAIN_FETCHALL, 0, class, "%s", text);
    ret->retryable = retryable;
}

static void fail_system(struct fa_outcome *ret, int code, enum fa_retryability retryable)
{
    fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, code, "cannot write the part");
    ret->retryable = retryable;
}

static void connected(struct fa_outcome *ret)
{
    strcpy(ret->ip, "192.0.2.1");
}

static void write_body(const struct fa_reply *reply, struct fa_attempt *attempt, uint64_t from,
                       uint64_t end)
{
    unsigned char *bytes = malloc(end > from ? end - from : 1);
    if (!bytes)
        fa_test_fail("out of memory");
    fa_pattern_fill(reply->version, from, bytes, end > from ? end - from : 0);
    if (end > from && pwrite(attempt->fd, bytes, end - from, (off_t)from) < 0)
        fa_test_fail("cannot write to the part: %s", strerror(errno));
    free(bytes);
}

/* Whether the limit or the list rejects a file of that size. */
static bool refuse(const struct fa_reply *reply, const struct fa_attempt *attempt,
                   struct fa_outcome *ret)
{
    bool large = attempt->max_size && reply->size > attempt->max_size;
    bool wrong = attempt->size >= 0 && reply->size != (uint64_t)attempt->size;
    if (large)
        fail(ret, FA_CLASS_TOO_LARGE, FA_RETRYABLE_NEVER, "too large");
    else if (wrong)
        fail(ret, FA_CLASS_INTEGRITY, FA_RETRYABLE_NEVER, "of another size");
    return large || wrong;
}

static void explain(const struct fa_reply *reply, struct fa_outcome *ret)
{
    if (reply->kind == FA_REPLY_STALL)
        fail(ret, FA_CLASS_STALLED, FA_RETRYABLE_NOW, "stalled");
    else if (reply->kind == FA_REPLY_CUT)
        fail(ret, FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW, "cut");
    else if (reply->kind == FA_REPLY_FULL)
        fail_system(ret, ENOSPC, FA_RETRYABLE_NEVER);
    else if (reply->kind == FA_REPLY_EIO)
        fail_system(ret, EIO, FA_RETRYABLE_NEVER);
}

static void put_head(const struct answer *answer, struct fa_attempt *attempt)
{
    attempt->head = (struct fa_head){.rep = answer->rep, .kept = answer->kept};
    attempt->has_head = true;
}

static void send_file(const struct fa_reply *reply, const struct answer *answer,
                      struct fa_attempt *attempt, double share, bool full, struct fa_outcome *ret)
{
    uint64_t end = end_of(reply, attempt), kept = answer->kept;
    if (kept != attempt->offset &&
        (fchmod(attempt->fd, FA_PART_STALE) || ftruncate(attempt->fd, (off_t)kept)))
        fa_test_fail("cannot truncate the part: %s", strerror(errno));
    ret->head = (struct fa_head){.rep = answer->rep, .kept = kept};
    if (refuse(reply, attempt, ret))
        return;
    end = end > kept ? end : kept;
    if (attempt->cancelled)
        end = kept + (uint64_t)(share * (double)(end - kept));
    else if (full && end > kept)
        end = kept;
    write_body(reply, attempt, kept, end);
    ret->received = end - kept;
    ret->size = end;
    if (full && !attempt->cancelled && fa_answer_bytes(reply, attempt) > 0)
        fail_system(ret, ENOSPC, FA_RETRYABLE_NEVER);
    else
        explain(reply, ret);
}

/* A worker that dies leaves its part, and no outcome. */
static void die(const struct fa_reply *reply, const struct answer *answer,
                struct fa_attempt *attempt, struct fa_outcome *ret)
{
    if (reply->at > 0) {
        struct fa_outcome unused = fa_outcome_none;
        send_file(reply, answer, attempt, 1, false, &unused);
        put_head(answer, attempt);
    }
    *ret = fa_outcome_none;
    fail(ret, FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NOW, "a worker died");
}

/* As in transfer.c: whatever the status, the server knows when to come back. */
static void classify_status(int http, double retry_after, struct fa_outcome *ret)
{
    fa_classify_http(http, ret);
    if (retry_after >= 0)
        ret->retryable = FA_RETRYABLE_NOW;
}

static void end_other(const struct fa_reply *reply, const struct answer *answer,
                      const struct fa_attempt *attempt, struct fa_outcome *ret)
{
    ret->size = answer->restart == FA_RESTART_NONE ? attempt->offset : 0;
    if (answer->restart == FA_RESTART_REFUSED)
        fail(ret, FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW, "nothing after the part");
    else if (answer->restart == FA_RESTART_IGNORED)
        fail(ret, FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW, "not the range");
    else if (answer->restart == FA_RESTART_CHANGED)
        fail(ret, FA_CLASS_CHANGED, FA_RETRYABLE_NOW, "another version");
    else if (answer->restart == FA_RESTART_DISPUTED)
        fail(ret, FA_CLASS_CHANGED, FA_RETRYABLE_NOW, "another length for the same version");
    else
        classify_status(answer->http, reply->retry_after, ret);
    ret->retry_after = reply->retry_after;
}

static void end_file(const struct fa_reply *reply, struct fa_attempt *attempt, double share,
                     bool full, struct fa_outcome *ret)
{
    struct answer answer = begin_file(reply, attempt);
    if (reply->kind == FA_REPLY_CRASH && !attempt->cancelled) {
        die(reply, &answer, attempt, ret);
        return;
    }
    connected(ret);
    strcpy(ret->version, "1.1");
    ret->http = answer.http;
    if (answer.verdict == VERDICT_OTHER) {
        end_other(reply, &answer, attempt, ret);
    } else if (answer.verdict == VERDICT_FILE) {
        send_file(reply, &answer, attempt, share, full, ret);
    } else {
        ret->head = (struct fa_head){.rep = answer.rep, .kept = answer.kept};
        ret->size = answer.kept;
        ret->unchanged = answer.verdict == VERDICT_UNCHANGED;
    }
    ret->restart = answer.restart;
}

static void end_status(const struct fa_reply *reply, const struct fa_attempt *attempt,
                       struct fa_outcome *ret)
{
    ret->size = attempt->offset;
    connected(ret);
    strcpy(ret->version, "1.1");
    ret->http = reply->http;
    ret->retry_after = reply->retry_after;
    if (reply->http / 100 == 3 && reply->to[0] &&
        asprintf(&ret->location, "%s%s", strstr(reply->to, "://") ? "" : "http://", reply->to) < 0)
        fa_test_fail("out of memory");
    if (reply->cookies[0] && !(ret->cookies = strdup(reply->cookies)))
        fa_test_fail("out of memory");
    ret->digest = reply->digest && !attempt->digest;
    ret->idle = reply->idle && !attempt->fresh;
    if (!ret->location)
        classify_status(reply->http, reply->retry_after, ret);
}

/* An attempt that ends without an answer leaves the part as it is. */
static void end_silence(const struct fa_reply *reply, const struct fa_attempt *attempt,
                        struct fa_outcome *ret)
{
    ret->size = attempt->offset;
    switch (reply->kind) {
    case FA_REPLY_REFUSED:
        fail(ret, FA_CLASS_CONNECT, FA_RETRYABLE_NOW, "connection refused");
        break;
    case FA_REPLY_TIMEOUT:
        fail(ret, FA_CLASS_TIMEOUT, FA_RETRYABLE_NOW, "no connection in time");
        break;
    case FA_REPLY_RESET:
        connected(ret);
        fail(ret, FA_CLASS_CONNECT, FA_RETRYABLE_NOW, "connection reset");
        break;
    case FA_REPLY_TLS:
        connected(ret);
        fail(ret, FA_CLASS_TLS, FA_RETRYABLE_NEVER, "the certificate is not trusted");
        break;
    case FA_REPLY_GARBAGE:
        connected(ret);
        fail(ret, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, "this is not HTTP");
        break;
    case FA_REPLY_FILES:
        fa_error_system(&ret->error, FA_CLASS_LOCAL_IO, EMFILE, "cannot open a connection");
        ret->retryable = FA_RETRYABLE_NOW;
        break;
    case FA_REPLY_CRASH:
        fail(ret, FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NOW, "a worker died");
        break;
    default:
        fa_test_fail("a reply of kind %d has no end", (int)reply->kind);
    }
}

void fa_answer_progress(const struct fa_reply *reply, struct fa_attempt *attempt, double share)
{
    uint64_t bytes = fa_answer_bytes(reply, attempt);
    if (reply->http != 200 || reply->kind == FA_REPLY_CRASH || bytes == 0)
        return;
    struct answer answer = begin_file(reply, attempt);
    if (!attempt->has_head)
        put_head(&answer, attempt);
    uint64_t before = attempt->received, now = (uint64_t)(share * (double)bytes);
    if (attempt->shared && now > before)
        write_body(reply, attempt, answer.kept + before, answer.kept + now);
    attempt->received = now;
}

void fa_answer_end(const struct fa_reply *reply, struct fa_attempt *attempt, double share,
                   bool full, struct fa_outcome *ret)
{
    bool file = reply->http == 200 || reply->http == 203;
    if (attempt->cancelled && (!file || fa_answer_bytes(reply, attempt) == 0 || share <= 0))
        ret->size = attempt->offset;
    else if (file)
        end_file(reply, attempt, share, full, ret);
    else if (reply->http)
        end_status(reply, attempt, ret);
    else
        end_silence(reply, attempt, ret);
    if (attempt->cancelled)
        fail(ret, FA_CLASS_CANCELLED, FA_RETRYABLE_NEVER, "cancelled");
    attempt->received = ret->received;
}
