/*
 * Every failed attempt goes through the same questions, in this order: Is it a failure at all
 * (full disk; something that is simply requested differently)? Does it end the run, or was the run
 * stopped? Can another mirror be requested at once? Does the retry policy allow another round? Is
 * there a mirror whose host fails but was not given up? Otherwise the job fails.
 *
 * Rounds are counted, not attempts: a round is one attempt at each mirror that is not exhausted.
 * Progress starts the count again, so that a large file arrives through a gateway that cuts every
 * connection.  It is measured from the most bytes that the part has had, and small steps add up; a
 * part that is discarded and fetched again is no progress, however often.
 */
#include "engine/settle.h"

#include <errno.h>
#include <string.h>

/* Errors of the folder or its file system, which all other files would get too. */
bool fa_settle_stops_run(const struct fa_error *error)
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

/* 0 if the size is unknown: the pause then only checks that the disk has some space. */
uint64_t fa_settle_need(const struct fa_job *job)
{
    int64_t total = job->outcome.head.rep.total;
    return total > 0 && (uint64_t)total > job->part.bytes ? (uint64_t)total - job->part.bytes : 0;
}

static uint64_t job_mirror_key(const struct fa_job *job)
{
    return job->target.mirrors[job->target.mirror].key;
}

/* The bytes and what is known about them; inode and records stay. */
static void job_set_part(struct fa_job *job, uint64_t bytes, const struct fa_representation *rep)
{
    job->part.bytes = bytes;
    job->part.mirror = job_mirror_key(job);
    job->part.rep = *rep;
}

/* What a failed attempt has left of the part.  The representation is kept even if no bytes are
 * left, so that the next answer can be compared with it. */
static void job_take_part(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    uint64_t offset = job->attempt.offset;
    if (job->part.split)
        return; /* its map says what is there */
    if (!outcome->restart && (outcome->http == 0 || (offset > 0 && outcome->size == offset)))
        return; /* the part was not written to */
    job->part.bytes = 0;
    if (outcome->head.rep.validator.strong)
        job_set_part(job, outcome->size, &outcome->head.rep);
}

void fa_settle_crashed(struct fa_job *job, int64_t size)
{
    const struct fa_attempt *attempt = &job->attempt;
    if (job->part.split)
        return; /* its size says nothing */
    bool more = size > 0 && (uint64_t)size >= attempt->offset;
    if (more && attempt->has_head && attempt->head.rep.validator.strong)
        job_set_part(job, 0, &attempt->head.rep);
    else if (attempt->offset == 0 || attempt->unmarked)
        more = false; /* the worker may have restarted from byte 0: the part may be stale */
    job->part.bytes = more ? (uint64_t)size : 0;
}

/* A part of an earlier run is where the first attempt starts. */
static void job_measure_progress(struct fa_job *job)
{
    struct fa_tries *tries = &job->tries;
    if (tries->attempts <= 1 && job->attempt.offset > tries->reached)
        tries->reached = job->attempt.offset;
    tries->progress =
        job->part.rep.validator.strong && job->part.bytes >= tries->reached + FA_SETTLE_PROGRESS;
    if (tries->progress)
        tries->reached = job->part.bytes;
}

void fa_settle_attempt(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_attempt *attempt = &job->attempt;
    bool answered = outcome->http != 0 && !outcome->location;
    bool failed = outcome->error.class != FA_CLASS_NONE;
    if (attempt->offset > 0 && answered && outcome->head.kept != attempt->offset)
        job->part.stale = true;
    if (attempt->offset > 0 && outcome->restart && !failed)
        job->tries.restart = outcome->restart;
    if (attempt->whole && answered && !outcome->restart)
        job->tries.whole = false; /* the range was not the cause */
    job->tries.progress = false;
    if (answered)
        job->tries.draws = 0;
    if (failed && outcome->error.class != FA_CLASS_WORKER_CRASHED) {
        job_take_part(job);
        job_measure_progress(job);
    }
}

/* A part whose size was unknown until now is recorded again, with its size, before it is
 * renamed. */
bool fa_settle_complete(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool changed = job->part.head_recorded && outcome->head.rep.total < 0;
    job_set_part(job, outcome->size, &outcome->head.rep);
    job->part.rep.total = (int64_t)outcome->size;
    job->part.head_recorded &= !changed;
    job->place.size = (int64_t)outcome->size;
    return job->part.stale || changed;
}

bool fa_settle_unchanged(struct fa_job *job)
{
    enum fa_hash hash = job->entry->hash;
    const struct fa_known *known = job->place.known;
    job->place.unchanged = true;
    job->place.existing = true;
    job->place.size = known ? known->rep.total : -1;
    return hash && !(known && known->digest.hash == hash);
}

static bool part_is_resumable(const struct fa_job *job, const struct fa_settle_case *with)
{
    return with->has_state && job->part.bytes > 0 && job->part.rep.validator.strong &&
           !job->place.known;
}

/* Keep the part if the error is transient, the run was interrupted, or only a URL is missing. */
static bool part_is_worth_keeping(const struct fa_job *job, const struct fa_settle_case *with)
{
    const struct fa_outcome *outcome = &job->outcome;
    return part_is_resumable(job, with) &&
           (outcome->retryable == FA_RETRYABLE_NOW || outcome->error.class == FA_CLASS_CANCELLED ||
            outcome->error.class == FA_CLASS_LOCAL_IO || job->tries.unrefreshed);
}

static struct fa_settled settled_fail(struct fa_job *job, const struct fa_settle_case *with,
                                      struct fa_settled settled)
{
    enum fa_retryability retryable = job->outcome.retryable;
    settled.what = FA_SETTLED_FAILED;
    settled.record_part = part_is_worth_keeping(job, with);
    settled.drop_part = !settled.record_part;
    if (settled.drop_part)
        job->part.bytes = 0;
    settled.transient = retryable == FA_RETRYABLE_NOW || retryable == FA_RETRYABLE_LATER ||
                        job->outcome.error.class == FA_CLASS_CANCELLED;
    return settled;
}

/* Some servers, CDNs among them, answer a range with an error status although they have the
 * file. */
static bool outcome_is_refusal(const struct fa_job *job)
{
    return job->attempt.offset > 0 && !job->attempt.whole && job->outcome.http >= 400 &&
           job->outcome.error.class == FA_CLASS_HTTP;
}

/* Do not discard a large part for one answer of an overloaded server. */
static bool refusal_is_sure(struct fa_job *job)
{
    job->tries.refusals += outcome_is_refusal(job);
    return !fa_outage_is_overload(&job->outcome) || job->tries.refusals > 1;
}

/* Request the whole file once; this is not a failure.  The part is kept until an answer replaces
 * it. */
static bool job_may_request_whole(struct fa_job *job)
{
    if (!outcome_is_refusal(job) || job->tries.whole_requested || job->tries.refreshes > 0)
        return false;
    job->tries.whole = job->tries.whole_requested = true;
    return true;
}

/* Requests that are not failures, each once: with an answer to a challenge, on a connection of its
 * own, over HTTP/1.1, and from byte 0 if the bytes of earlier attempts turn out to be unusable. */
static bool job_may_request_again(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    struct fa_tries *tries = &job->tries;
    if (outcome->digest && !job->target.digest) {
        job->target.digest = true;
        fa_job_take_cookies(job);
        return true;
    }
    if (outcome->idle && !tries->fresh) {
        tries->fresh = true;
        return true;
    }
    if (outcome->doubtful && !tries->http1) {
        tries->http1 = true;
        return true;
    }
    if (outcome->restart && !tries->restart) {
        tries->restart = outcome->restart;
        return true;
    }
    return refusal_is_sure(job) && job_may_request_whole(job);
}

/* Behind a redirect to another host, a permanent failure may be that of a mirror: another redirect
 * may lead to a better one.  A missing file is believed at the second time. */
static enum fa_retryability job_retryability(const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_target *target = &job->target;
    int http = outcome->http;
    if (outcome->retryable != FA_RETRYABLE_NEVER || target->hops == 0 || outcome->location ||
        strcmp(target->url->host, target->mirrors[target->mirror].url.host) == 0)
        return outcome->retryable;
    switch (outcome->error.class) {
    case FA_CLASS_DNS:
    case FA_CLASS_TLS:
        return FA_RETRYABLE_NOW;
    case FA_CLASS_HTTP:
        return http == 403 || http == 404 || http == 410 ? FA_RETRYABLE_ONCE : FA_RETRYABLE_NEVER;
    default:
        return FA_RETRYABLE_NEVER;
    }
}

/* Whether a new URL may help.  Behind a redirect to another host, the listed URL may lead to a
 * valid one, which costs less. */
static bool job_wants_refresh(const struct fa_job *job, const struct fa_settle_case *with)
{
    const struct fa_outcome *outcome = &job->outcome;
    int http = outcome->http;
    enum fa_retryability retryable = job_retryability(job);
    bool final = retryable == FA_RETRYABLE_NEVER ||
                 (retryable == FA_RETRYABLE_ONCE && job->tries.once + 1 >= FA_RETRY_ONCE_MAX);
    return with->refreshes && final && outcome->error.class == FA_CLASS_HTTP &&
           (http == 401 || http == 403 || http == 410) && !job->tries.unrefreshed &&
           (job->target.digest || !outcome->digest);
}

/* @return whether to ask for a new URL */
static bool job_may_refresh(struct fa_job *job, const struct fa_settle_case *with)
{
    if (!job_wants_refresh(job, with))
        return false;
    if (job->tries.refreshes < FA_SETTLE_REFRESHES) {
        ++job->tries.refreshes;
        return true;
    }
    job->tries.unrefreshed = true;
    fa_job_explain_status(job, "also for the %d new URLs of --refresh", FA_SETTLE_REFRESHES);
    return false;
}

static void job_count_failure(struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    enum fa_retryability retryable = job_retryability(job);
    job->tries.once += retryable == FA_RETRYABLE_ONCE;
    if (outcome->error.class == FA_CLASS_WORKER_CRASHED)
        ++job->tries.crashes;
    else if (outcome->error.class == FA_CLASS_INTEGRITY)
        ++job->tries.mismatches;
    else if (!fa_retryable_is_now(retryable))
        job->target.exhausted |= 1ull << job->target.mirror;
}

/* Forget the failures so far; job_decide_retry() does not count this one.  Crashes have a limit of
 * their own, and without retries there is nothing to renew. */
static void job_renew_patience(struct fa_job *job, const struct fa_settle_case *with)
{
    struct fa_tries *tries = &job->tries;
    tries->progress &= with->policy.retries > 0;
    if (!tries->progress)
        return;
    tries->rounds = tries->crashes;
    tries->once = tries->refusals = 0;
}

/* Another mirror starts at byte 0, so resuming comes first; but not at a mirror that has made us
 * wait. */
static bool job_stays(const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return job->tries.progress && class != FA_CLASS_STALLED && class != FA_CLASS_TIMEOUT &&
           fa_retryable_is_now(job->outcome.retryable);
}

/* Behind a redirect, the wait that a host asks for is kept by its pause: the next redirect may lead
 * to another host. */
static double job_retry_after(const struct fa_job *job, const struct fa_settle_case *with)
{
    return job->target.hops > 0 && with->host_pauses ? -1 : job->outcome.retry_after;
}

static struct fa_retry_verdict job_decide_retry(struct fa_job *job,
                                                const struct fa_settle_case *with)
{
    const struct fa_outcome *outcome = &job->outcome;
    struct fa_retry_policy policy = {.retries = with->policy.retries,
                                     .wait = with->policy.retry_wait};
    struct fa_retry_case failed = {
        .class = outcome->error.class,
        .retryable = job_retryability(job),
        .attempts = job->tries.rounds += !job->tries.progress,
        .crashes = job->tries.crashes,
        .integrity = job->tries.mismatches,
        .once = job->tries.once,
        .retry_after = job_retry_after(job, with),
        .random = with->random,
    };
    /* Another mirror may have the file; fa_job_target_from() finds out whether one is left. */
    if (job->entry->n_urls > 1 && !fa_retryable_is_now(failed.retryable) &&
        failed.class != FA_CLASS_INTEGRITY)
        failed.retryable = FA_RETRYABLE_NOW;
    return fa_retry_decide(&policy, &failed);
}

/* Whether another mirror might succeed after the last attempt. */
static bool class_is_about_mirror(enum fa_class class)
{
    return class != FA_CLASS_INTEGRITY && class != FA_CLASS_WORKER_CRASHED;
}

struct fa_settled fa_settle_failure(struct fa_job *job, const struct fa_settle_case *with)
{
    enum fa_class class = job->outcome.error.class;
    struct fa_settled settled = {.what = FA_SETTLED_REQUEST};
    if (with->paused) {
        settled.record_part = true;
        return settled;
    }
    if (!with->stopped && job_may_refresh(job, with)) {
        settled.what = FA_SETTLED_REFRESH;
        settled.record_part = part_is_resumable(job, with);
        return settled;
    }
    if (!with->stopped && job_may_request_again(job))
        return settled;
    settled.http2_failed = fa_outage_is_http2(job);
    job->tries.http1 |= settled.http2_failed;
    bool closed = job->place.folder_closed; /* whichever mirror the file comes from */
    settled.stops_run = !closed && fa_settle_stops_run(&job->outcome.error);
    if (with->stopped || settled.stops_run || closed || class == FA_CLASS_CANCELLED)
        return settled_fail(job, with, settled);
    job_renew_patience(job, with);
    job_count_failure(job);
    bool stays = job_stays(job);
    if (class != FA_CLASS_WORKER_CRASHED && !stays && with->next_mirror >= 0) {
        settled.what = FA_SETTLED_MIRROR;
        settled.mirror = (unsigned)with->next_mirror;
        settled.retry = true;
        return settled;
    }
    struct fa_retry_verdict verdict = job_decide_retry(job, with);
    if (!verdict.again && job_may_request_whole(job))
        return settled;
    if (!verdict.again && class_is_about_mirror(class) && with->failing_mirror >= 0) {
        job->target.exhausted |= 1ull << job->target.mirror;
        settled.what = FA_SETTLED_MIRROR;
        settled.mirror = (unsigned)with->failing_mirror;
        return settled;
    }
    if (!verdict.again || fa_job_is_exhausted(job))
        return settled_fail(job, with, settled);
    settled.what = FA_SETTLED_RETRY;
    settled.mirror = stays ? job->target.mirror : 0;
    settled.wait = verdict.wait;
    settled.retry = true;
    return settled;
}
