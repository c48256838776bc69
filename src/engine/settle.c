#include "engine/session.h"

#include "base/clock.h"
#include "engine/retry.h"

#include <errno.h>
#include <string.h>

void fa_settle_done(void *ctx, struct fa_attempt *attempt, struct fa_outcome *outcome)
{
    struct fa_session *s = ctx;
    struct fa_job *job =
        (struct fa_job *)(void *)((char *)attempt - offsetof(struct fa_job, attempt));
    job->outcome = *outcome;
    fa_job_queue_push(&s->ended, job);
    fa_session_wake(s);
}

static void unlink_active(struct fa_session *s, struct fa_job *job)
{
    if (job->older)
        job->older->newer = job->newer;
    else
        s->oldest = job->newer;
    if (job->newer)
        job->newer->older = job->older;
    else
        s->newest = job->older;
}

/* The answers of a server, or of what stands before it, that has too much to do. */
static bool is_overload(const struct fa_outcome *outcome)
{
    int status = outcome->http;
    bool busy = status == 429 || (status >= 502 && status <= 504);
    return outcome->error.class == FA_CLASS_HTTP && outcome->retryable == FA_RETRYABLE_NOW &&
           (busy || outcome->retry_after > 0);
}

/* Some versions of libcurl fail with HTTP/2 where they do not with HTTP/1.1, and a stream that ended
 * badly may have spoilt the connection for others. */
static bool is_failure_of_http2(const struct fa_session *s, const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return s->config.http == FA_HTTP_2 && !job->attempt.http1 &&
           (class == FA_CLASS_PROTOCOL || class == FA_CLASS_TRUNCATED || class == FA_CLASS_STALLED);
}

/* Whether what ended the attempt is ours, and says nothing about the origin. */
static bool is_ours(const struct fa_session *s, const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return class == FA_CLASS_LOCAL_IO || class == FA_CLASS_CANCELLED ||
           class == FA_CLASS_WORKER_CRASHED || is_failure_of_http2(s, job);
}

/* No connection: that is no single file's fault. */
static bool is_unconnected(const struct fa_outcome *outcome)
{
    enum fa_class class = outcome->error.class;
    return outcome->http == 0 && !outcome->ip[0] &&
           (class == FA_CLASS_CONNECT || class == FA_CLASS_TIMEOUT || class == FA_CLASS_DNS);
}

/* Whether the origin was there after it had begun to fail, if it has.  A refused certificate is an
 * answer, too; a body that breaks off proves no more than its head did. */
static bool is_sign_of_life(const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_breaker *breaker = &job->origin->breaker;
    if (outcome->http == 0)
        return outcome->error.class == FA_CLASS_TLS && outcome->retryable == FA_RETRYABLE_NEVER;
    bool broken = outcome->error.class == FA_CLASS_STALLED ||
                  outcome->error.class == FA_CLASS_TIMEOUT ||
                  outcome->error.class == FA_CLASS_TRUNCATED;
    return !broken || breaker->failures == 0 ||
           job->started_at + outcome->time.ttfb > breaker->since;
}

static void count_origin_failure(struct fa_session *s, struct fa_job *job, bool probe, double now)
{
    struct fa_origin *origin = job->origin;
    const struct fa_outcome *outcome = &job->outcome;
    bool patient = s->config.host_wait > 0, unconnected = is_unconnected(outcome);
    bool nameless = outcome->error.class == FA_CLASS_DNS; /* that of the proxy */
    struct fa_breaker_failure failure = {
        .now = now,
        .probe = probe,
        .retry_after = outcome->retry_after,
        .failures = FA_BREAKER_FAILURES,
        .patience = s->config.host_wait,
        /* One that answers has the patience of one file, at least. */
        .probes = !patient && (outcome->http != 0 || nameless) ? s->config.retries : 0,
    };
    if (nameless || (unconnected && patient && origin->active == 0))
        failure.failures = 1; /* all that was under way has failed */
    if (unconnected && origin->known_at < now - 1)
        origin->known_at = -FA_ADDRESS_LIFE; /* its addresses may be stale */
    fa_outage_failed(s, origin, &outcome->error, failure);
}

/* What an outcome says about its origin, as opposed to its one file.
 * @return whether a failure is the host's, and not to be counted as the job's */
static bool judge_origin(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->origin;
    const struct fa_outcome *outcome = &job->outcome;
    bool ours = is_ours(s, job), probe = job->probe;
    job->probe = false;
    s->probes -= probe;
    if (is_overload(outcome) ||
        (outcome->http == 0 && !ours && outcome->retryable != FA_RETRYABLE_NEVER)) {
        count_origin_failure(s, job, probe, now);
        return fa_breaker_waits(&origin->breaker) || fa_breaker_rejects(&origin->breaker, now) ||
               (s->config.host_wait > 0 && is_unconnected(outcome));
    }
    if (!ours && is_sign_of_life(job))
        fa_outage_succeeded(s, origin);
    else if (probe)
        fa_breaker_release(&origin->breaker, now);
    return false;
}

static bool stops_everything(const struct fa_error *error)
{
    if (error->class != FA_CLASS_LOCAL_IO || error->domain != FA_DOMAIN_SYSTEM)
        return false;
    switch (error->code) {
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EIO:
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
        return true;
    default:
        return false;
    }
}

/* What may pass may be resumed by a later run; so may what this one was stopped at. */
static bool is_worth_keeping(const struct fa_session *s, const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    return s->state && job->part.bytes > 0 && job->part.rep.validator.strong && !job->known &&
           (outcome->retryable == FA_RETRYABLE_NOW || outcome->error.class == FA_CLASS_CANCELLED ||
            outcome->error.class == FA_CLASS_LOCAL_IO);
}

static void fail(struct fa_session *s, struct fa_job *job)
{
    struct fa_error error = job->outcome.error;
    if (is_worth_keeping(s, job)) {
        fa_record_part(s, job);
    } else {
        job->part.bytes = 0;
        fa_store_part_remove(s->store, job->key);
    }
    enum fa_retryability retryable = job->outcome.retryable;
    bool may_pass = retryable == FA_RETRYABLE_NOW || retryable == FA_RETRYABLE_LATER ||
                    error.class == FA_CLASS_CANCELLED;
    fa_tell_end(s, job, FA_STATUS_FAILED, &error, may_pass);
}

bool fa_settle_elsewhere(struct fa_session *s, struct fa_job *job, double now)
{
    for (unsigned at = job->mirror + 1; at < job->entry->n_urls && at < FA_MIRRORS_MAX; ++at) {
        if (fa_outage_is_down(s, job->entry->urls[at], now) || fa_dispatch_aim_at(job, at, NULL))
            continue;
        fa_tell_retry(s, job, 0);
        fa_dispatch_queue(s, job, true);
        return true;
    }
    return false;
}

/* Whether another mirror could do better after the last try. */
static bool is_about_mirror(enum fa_class class)
{
    return class != FA_CLASS_INTEGRITY && class != FA_CLASS_WORKER_CRASHED;
}

static void count_failure(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    job->once += outcome->retryable == FA_RETRYABLE_ONCE;
    if (outcome->error.class == FA_CLASS_WORKER_CRASHED)
        ++job->crashes;
    else if (outcome->error.class == FA_CLASS_INTEGRITY)
        ++job->mismatches;
    else if (!fa_retryable_is_now(outcome->retryable))
        job->exhausted |= 1ull << job->mirror;
}

/* Once the bytes of earlier attempts turn out to be of no use, that is no failure. */
static bool begin_anew(struct fa_session *s, struct fa_job *job)
{
    if (!job->outcome.restart || job->restart || s->draining)
        return false;
    job->restart = job->outcome.restart;
    fa_dispatch_queue(s, job, true);
    return true;
}

static void count_http2_failure(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->origin;
    if (!is_failure_of_http2(s, job))
        return;
    job->http1 = true;
    if (job->started_at < origin->http2_failed_at)
        return;
    origin->http2_failed_at = now;
    if (++origin->http2_failures == FA_HTTP2_FAILURES)
        fa_tell_notice(s, job->entry, "%s fails with HTTP/2: HTTP/1.1 from now on", origin->name);
}

static void count_http2_success(struct fa_job *job)
{
    struct fa_origin *origin = job->origin;
    if (!job->attempt.http1 && origin->http2_failures < FA_HTTP2_FAILURES)
        origin->http2_failures = 0;
}

/* That is no failure, once. */
static bool ask_over_http1(struct fa_session *s, struct fa_job *job)
{
    if (!job->outcome.doubtful || job->http1 || s->draining)
        return false;
    job->http1 = true;
    fa_dispatch_queue(s, job, true);
    return true;
}

/* Salvage the part file of a crashed worker.  If the worker had restarted from byte 0, the part is
 * stale. */
static void take_lost_part(struct fa_session *s, struct fa_job *job)
{
    const struct fa_attempt *attempt = &job->attempt;
    int64_t size = fa_store_part_size(s->store, job->key);
    bool more = size > 0 && (uint64_t)size >= attempt->offset;
    if (more && attempt->has_head && attempt->head.rep.validator.strong)
        job->part = (struct fa_part){.mirror = job->mirror_key, .rep = attempt->head.rep};
    else if (attempt->offset == 0)
        more = false;
    job->part.bytes = more ? (uint64_t)size : 0;
}

/* What an attempt has left of the part.  What is known of it outlives its bytes. */
static void take_part(struct fa_session *s, struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_representation *rep = &outcome->head.rep;
    uint64_t bytes = outcome->size, offset = job->attempt.offset;
    if (outcome->error.class == FA_CLASS_WORKER_CRASHED) {
        take_lost_part(s, job);
        return;
    }
    if (!outcome->restart && (outcome->http == 0 || (offset > 0 && bytes == offset)))
        return; /* it has not been touched */
    job->part.bytes = 0;
    if (rep->validator.strong)
        job->part = (struct fa_part){.bytes = bytes, .mirror = job->mirror_key, .rep = *rep};
}

/* An error status may be all that a server has against a range (CDNs do that). */
static bool is_refusal(const struct fa_job *job)
{
    return job->attempt.offset > 0 && !job->attempt.whole &&
           job->outcome.error.class == FA_CLASS_HTTP;
}

/* Once, and that is no failure.  The part stays until an answer brings the file. */
static bool ask_for_whole(struct fa_session *s, struct fa_job *job)
{
    if (!is_refusal(job) || job->whole_asked || s->draining)
        return false;
    job->whole = job->whole_asked = true;
    fa_dispatch_queue(s, job, true);
    return true;
}

/* A large part is not given up for one answer of a server that has too much to do. */
static bool is_sure_refusal(struct fa_job *job)
{
    job->refusals += is_refusal(job);
    return !is_overload(&job->outcome) || job->refusals > 1;
}

/* Bytes that a job would still write, as far as that is known. */
static uint64_t needs(const struct fa_job *job)
{
    int64_t total = job->outcome.head.rep.total;
    return total > 0 && (uint64_t)total > job->part.bytes ? (uint64_t)total - job->part.bytes : 0;
}

void fa_settle_failure(struct fa_session *s, struct fa_job *job, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    if (fa_room_lacks(s, &outcome->error, needs(job), now)) {
        fa_record_part(s, job);
        fa_dispatch_queue(s, job, true);
        return;
    }
    if (ask_over_http1(s, job) || begin_anew(s, job))
        return;
    if (is_sure_refusal(job) && ask_for_whole(s, job))
        return;
    count_http2_failure(s, job, now);
    if (stops_everything(&outcome->error))
        fa_session_end(s, FA_END_LOCAL, &outcome->error);
    if (s->draining || outcome->error.class == FA_CLASS_CANCELLED) {
        fail(s, job);
        return;
    }
    count_failure(job);
    if (outcome->error.class != FA_CLASS_WORKER_CRASHED && fa_settle_elsewhere(s, job, now))
        return;

    struct fa_retry_policy policy = {.retries = s->config.retries, .wait = s->config.retry_wait};
    struct fa_retry_case failed = {
        .class = outcome->error.class,
        .retryable = outcome->retryable,
        .attempts = ++job->rounds,
        .crashes = job->crashes,
        .integrity = job->mismatches,
        .once = job->once,
        .retry_after = outcome->retry_after,
        .random = fa_session_random(s),
    };
    if (job->entry->n_urls > 1 && !fa_retryable_is_now(failed.retryable) &&
        failed.class != FA_CLASS_INTEGRITY)
        failed.retryable = FA_RETRYABLE_NOW; /* retry at another mirror: aim() chooses it */
    struct fa_retry_verdict verdict = fa_retry_decide(&policy, &failed);
    if (!verdict.again && ask_for_whole(s, job))
        return;
    if (!verdict.again && is_about_mirror(failed.class) && fa_outage_shelter(s, job, now))
        return;
    if (!verdict.again || fa_dispatch_aim(job, 0, NULL) ||
        fa_timers_set(&s->job_timers, &job->timer, now + verdict.wait)) {
        fail(s, job);
        return;
    }
    fa_tell_retry(s, job, verdict.wait);
    fa_job_set_state(job, FA_JOB_WAITING);
    ++s->waiting;
}

static int check_redirect(const struct fa_job *job, const struct fa_url *to, struct fa_error *err)
{
    const char *why = NULL;
    if (job->hops >= FA_HOPS_MAX)
        why = "more redirects than are followed";
    else if (job->secure && !to->secure)
        why = "a redirect leads from https to http";
    if (why)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REDIRECT, "%s", why);
    return why ? -1 : 0;
}

static void redirect(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_url to;
    struct fa_error err = {0};
    if (fa_url_parse(&to, job->outcome.location, job->target.whole, &err)) {
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REDIRECT,
                     "a redirect leads astray: %.100s", err.msg);
        fa_settle_failure(s, job, now);
        return;
    }
    if (check_redirect(job, &to, &job->outcome.error)) {
        fa_url_fini(&to);
        fa_settle_failure(s, job, now);
        return;
    }
    if (strcmp(to.origin, job->target.origin) != 0)
        job->leg = FA_LEG_FOREIGN;
    fa_url_fini(&job->target);
    job->target = to;
    job->secure = to.secure;
    ++job->hops;
    fa_dispatch_queue(s, job, true);
}

/* The part is complete, and may be resumed as such if we are ended before it has its name. */
static void complete(struct fa_session *s, struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool news = job->told && outcome->head.rep.total < 0;
    job->part = (struct fa_part){
        .bytes = outcome->size, .mirror = job->mirror_key, .rep = outcome->head.rep};
    job->part.rep.total = (int64_t)outcome->size;
    job->told &= !news;
    if (job->stale || news)
        fa_record_part(s, job);
}

/* Whether the list asks for a digest that the state does not know of the file. */
static bool is_unproven(const struct fa_job *job)
{
    enum fa_hash hash = job->entry->hash;
    return hash && !(job->known && job->known->digest.hash == hash);
}

static void unchanged(struct fa_session *s, struct fa_job *job, double now)
{
    fa_store_part_remove(s->store, job->key);
    job->unchanged = true;
    job->existing = true;
    job->size = job->known ? job->known->rep.total : -1;
    if (is_unproven(job) || fa_record_wants_digest(s, job))
        fa_staging_take(s, job, now);
    else
        fa_tell_end(s, job, FA_STATUS_UNCHANGED, NULL, false);
}

static void settle(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->origin;
    struct fa_outcome *outcome = &job->outcome;
    unlink_active(s, job);
    --origin->active;
    --s->active;
    job->bytes += outcome->received;
    s->bytes += outcome->received;
    job->attempt.received = 0;
    bool host_failed = judge_origin(s, job, now);
    if (job->attempt.offset > 0 && outcome->http != 0 && !outcome->location &&
        outcome->head.kept != job->attempt.offset)
        job->stale = true;
    if (job->attempt.offset > 0 && outcome->restart && outcome->error.class == FA_CLASS_NONE)
        job->restart = outcome->restart;
    if (job->attempt.whole && outcome->http != 0 && !outcome->location && !outcome->restart)
        job->whole = false; /* it was not because of the range */
    if (outcome->error.class != FA_CLASS_NONE) {
        take_part(s, job);
        if (host_failed && !s->draining)
            fa_outage_hold(s, job, now);
        else
            fa_settle_failure(s, job, now);
    } else if (outcome->location) {
        redirect(s, job, now);
    } else if (outcome->unchanged) {
        unchanged(s, job, now);
    } else {
        job->size = (int64_t)outcome->size;
        count_http2_success(job);
        complete(s, job);
        fa_staging_take(s, job, now);
    }
    fa_dispatch_review(s, origin, now);
}

void fa_settle(struct fa_session *s, double now)
{
    struct fa_job *job;
    while ((job = fa_job_queue_pop(&s->ended)))
        settle(s, job, now);
}
