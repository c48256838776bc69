/*
 * A host can be well and still answer some of its URLs with 503.  What tells them apart is whether
 * it answers others: a failure counts against a job as soon as the host has served another one
 * since the job's first failure, and against the host alone before.  A host that says nothing but
 * overload is probed with URLs that were never requested, until one is served.  If it says when to
 * come back (Retry-After), engine/scope.h decides who waits.
 *
 * A host that is given up fails all of its jobs, those that wait for a retry included, and at
 * once: waiting would only delay the end of the run.
 */
#include "engine/health.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Jobs of a host that is down do not count as work at hand, so that reading the list continues. */
static void origin_mark_down(struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    bool was = origin->down, is = fa_breaker_waits(&origin->breaker);
    fa_hosts_set_waited(&scheduler->hosts, origin, is || origin->breaker.asked);
    if (was == is)
        return;
    origin->down = is;
    size_t queued = fa_origin_queued(origin);
    scheduler->stuck += is ? queued : -queued;
}

/* Examine every job of an origin that cannot be requested: another mirror may be back by now, and
 * another redirect may lead elsewhere. */
static void origin_examine_again(struct fa_origin *origin)
{
    ++origin->outage;
    memset(origin->held, 0, sizeof(origin->held));
}

/* Update what depends on the state of the breaker, and report the change. */
static void origin_follow_breaker(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                  enum fa_breaker_change change, double now)
{
    origin_mark_down(scheduler, origin);
    if (change == FA_BREAKER_SAME)
        return;
    if (change == FA_BREAKER_PAUSED)
        fa_scope_paused(&origin->scope, origin->breaker.until);
    origin_examine_again(origin);
    if (change == FA_BREAKER_OPENED)
        return;
    fa_emit_host(scheduler->emitter, origin,
                 change == FA_BREAKER_PAUSED ? FA_HOST_PAUSED : FA_HOST_GIVEN_UP,
                 origin->breaker.until - now, 0);
    origin->outage_reported = change == FA_BREAKER_GAVE_UP;
    if (change == FA_BREAKER_GAVE_UP)
        fa_scheduler_recall(scheduler, origin, now);
}

/* The last error is kept for the jobs that are rejected later without a request of their own. */
static void origin_failed(struct fa_scheduler *scheduler, struct fa_origin *origin,
                          const struct fa_error *error, struct fa_breaker_failure failure)
{
    failure.random = fa_jitter_next(scheduler->random);
    origin->last_error = *error;
    origin->name_unknown = false;
    origin_follow_breaker(scheduler, origin, fa_breaker_fail(&origin->breaker, &failure),
                          failure.now);
}

/* Any answer ends the outage of all: see engine/breaker.h. */
static void origin_succeeded(struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    bool reported = origin->outage_reported || origin->breaker.asked;
    if (fa_breaker_succeed(&origin->breaker) && reported)
        fa_emit_host(scheduler->emitter, origin, FA_HOST_BACK, 0, 0);
    origin->outage_reported = false; /* a pause may continue, but it is not an outage */
    origin_mark_down(scheduler, origin);
}

void fa_scheduler_keep_pause(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_outcome *outcome, double now)
{
    if (fa_outage_is_overload(outcome) && outcome->retry_after > 0)
        origin_failed(scheduler, origin, &outcome->error,
                      (struct fa_breaker_failure){.now = now,
                                                  .retry_after = outcome->retry_after,
                                                  .failures = UINT_MAX,
                                                  .pauses = UINT_MAX});
}

int fa_scheduler_pause(struct fa_scheduler *scheduler, const struct fa_url *url, uint64_t key,
                       double until, bool asked, double now, struct fa_error *err)
{
    struct fa_origin *origin = fa_hosts_get(&scheduler->hosts, url, key);
    if (!origin) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep a table of origins");
        return -1;
    }
    const struct fa_breaker *breaker = &origin->breaker;
    bool closed = breaker->state == FA_BREAKER_CLOSED;
    bool paused = breaker->state == FA_BREAKER_OPEN && breaker->asked && breaker->until < until;
    if ((closed && (breaker->failures == 0 || asked)) || (paused && asked)) {
        fa_breaker_resume(&origin->breaker, until, asked, now);
        if (asked)
            fa_scope_paused(&origin->scope, until);
        origin_mark_down(scheduler, origin);
        origin_examine_again(origin);
    }
    fa_scheduler_review(scheduler, origin, now);
    return 0;
}

void fa_scheduler_report_outage(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                double now)
{
    const struct fa_breaker *breaker = &origin->breaker;
    if (origin->outage_reported ||
        (breaker->failures < FA_BREAKER_FAILURES && breaker->probes == 0))
        return;
    fa_emit_host(scheduler->emitter, origin, FA_HOST_BROKEN, breaker->until - now,
                 fa_scheduler_left(scheduler, origin, now));
    origin->outage_reported = origin->was_broken = true;
}

/* From the first failure, and not from the last, or a host that fails slowly would be waited for
 * longer. */
double fa_scheduler_left(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                         double now)
{
    return fmax(0, origin->breaker.since + scheduler->policy.outage.host_wait - now);
}

/* Without memory for the new addresses the old ones are used, if there are any. */
void fa_scheduler_resolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           const char *addresses, double seconds, double now)
{
    char *copy = strdup(addresses);
    if (copy) {
        free(origin->addresses);
        origin->addresses = copy;
    }
    origin->lookup_seconds = seconds;
    origin->lookup = origin->addresses ? FA_LOOKUP_KNOWN : FA_LOOKUP_NEEDED;
    origin->known_at = now;
    fa_scheduler_review(scheduler, origin, now);
}

/* Nobody can be requested without an address, so a lookup counts like an attempt of the host. */
void fa_scheduler_unresolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now)
{
    bool probe = fa_breaker_start(&origin->breaker); /* the lookup itself was the probe */
    origin->lookup = FA_LOOKUP_NEEDED;
    origin_failed(scheduler, origin, error,
                  fa_outage_of_lookup(&scheduler->policy.outage, error, final, probe, now));
    origin->name_unknown = final;
    fa_scheduler_review(scheduler, origin, now);
}

/* A failure that the breaker counts.  A failure without a connection also makes the addresses
 * expire, as the host may have moved. */
static void origin_failed_job(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              struct fa_job *job, bool probe, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool untried = fa_origin_has_untried(origin);
    if (fa_outage_is_unconnected(outcome) && origin->known_at < now - 1)
        origin->known_at = -FA_ADDRESS_LIFE;
    origin_failed(scheduler, origin, &outcome->error,
                  fa_outage_of_job(&scheduler->policy.outage, job, probe, untried, now));
}

/* @return whether the failure does not count against the job */
static bool origin_account_failure(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                   struct fa_job *job, bool probe, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool overload = fa_outage_is_overload(outcome);
    bool closed = origin->breaker.state == FA_BREAKER_CLOSED;
    job->tries.failed = true;
    if (overload)
        fa_scope_note(job, now);
    /* Only this job waits as long as it was asked to, and the others go on. */
    if (overload && outcome->retry_after > 0 && fa_scope_is_url(&origin->scope, job, closed)) {
        if (probe)
            fa_breaker_release(&origin->breaker, now);
        return false;
    }
    origin_failed_job(scheduler, origin, job, probe, now);
    if (overload && fa_scope_fails_alone(&origin->scope, job))
        return false;
    return fa_breaker_rejects(&origin->breaker, now) || fa_breaker_waits(&origin->breaker) ||
           fa_breaker_pauses(&origin->breaker, now) ||
           (scheduler->policy.outage.host_wait > 0 && fa_outage_is_unconnected(outcome));
}

/* @until  Since the start of the attempt. */
static double seconds_without_connecting(const struct fa_times *time, double until)
{
    return fmax(0, until - time->dns - time->connect - time->tls);
}

/* A host that is down fails whatever the limit is, so its failures say nothing about it.  One that
 * has served nothing yet, or has nothing else to serve, did not refuse a connection because there
 * are too many. */
static bool outcome_has_sign(const struct fa_job *job, enum fa_evidence evidence,
                             enum fa_concurrency_sign *ret)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_origin *origin = job->target.origin;
    enum fa_class class = outcome->error.class;
    bool broken =
        class == FA_CLASS_STALLED || class == FA_CLASS_TIMEOUT || class == FA_CLASS_TRUNCATED;
    if (evidence == FA_EVIDENCE_NONE)
        return false;
    *ret = FA_CONCURRENCY_GOOD;
    if (fa_outage_is_overload(outcome))
        *ret = FA_CONCURRENCY_REFUSED;
    else if (evidence == FA_EVIDENCE_FAILURE && origin->breaker.state != FA_BREAKER_CLOSED)
        return false;
    else if (evidence == FA_EVIDENCE_FAILURE || broken)
        *ret =
            fa_outage_is_unconnected(outcome) && origin->active > 0 && origin->scope.served_at > 0
                ? FA_CONCURRENCY_REFUSED
                : FA_CONCURRENCY_BROKEN;
    return true;
}

static void origin_judge_limit(struct fa_origin *origin, const struct fa_job *job,
                               enum fa_evidence evidence, double now)
{
    struct fa_concurrency_policy policy = fa_origin_concurrency(origin);
    const struct fa_times *time = &job->outcome.time;
    bool by_header = fa_concurrency_is_by_header((int64_t)job->outcome.size);
    struct fa_concurrency_answer answer = {
        .now = now,
        .started = job->timing.started,
        .round = job->tries.round,
        .active = origin->active,
        .latency = seconds_without_connecting(time, time->ttfb),
        .time = seconds_without_connecting(time, by_header ? time->ttfb : time->total),
        .bytes = job->outcome.received > job->tries.counted
                     ? job->outcome.received - job->tries.counted
                     : 0,
        .busy = fa_origin_waiting(origin) > 0,
    };
    if (!outcome_has_sign(job, evidence, &answer.sign))
        return;
    origin->refused |= answer.sign == FA_CONCURRENCY_REFUSED;
    fa_concurrency_ended(&origin->concurrency, &policy, &answer);
}

void fa_scheduler_received(struct fa_job *job)
{
    uint64_t received = job->attempt.received;
    if (received > job->tries.counted)
        fa_concurrency_received(&job->target.origin->concurrency, received - job->tries.counted);
    job->tries.counted = received;
}

void fa_scheduler_check_limit(struct fa_scheduler *scheduler, const struct fa_job *job, double now)
{
    struct fa_concurrency_policy policy = fa_origin_concurrency(job->target.origin);
    if (fa_concurrency_check(&job->target.origin->concurrency, &policy, now))
        fa_scheduler_review(scheduler, job->target.origin, now);
}

void fa_scheduler_headed(struct fa_scheduler *scheduler, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    struct fa_concurrency_policy policy = fa_origin_concurrency(origin);
    if (fa_concurrency_is_by_header(job->attempt.head.rep.total) && fa_origin_waiting(origin) > 0 &&
        fa_concurrency_headed(&origin->concurrency, &policy, job->attempt.latency, now,
                              &job->tries.round))
        fa_scheduler_review(scheduler, origin, now);
}

bool fa_scheduler_ended(struct fa_scheduler *scheduler, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    bool probe = job->tries.probe;
    --origin->active;
    --scheduler->active;
    scheduler->probes -= probe;
    job->tries.probe = false;
    origin->digest |= job->outcome.digest;
    enum fa_evidence evidence = fa_outage_evidence(job);
    origin_judge_limit(origin, job, evidence, now);
    switch (evidence) {
    case FA_EVIDENCE_FAILURE:
        return origin_account_failure(scheduler, origin, job, probe, now);
    case FA_EVIDENCE_SUCCESS:
        fa_scope_served(&origin->scope, job);
        origin_succeeded(scheduler, origin);
        return false;
    case FA_EVIDENCE_NONE:
        break;
    }
    if (probe)
        fa_breaker_release(&origin->breaker, now);
    return false;
}

bool fa_scheduler_pauses(const struct fa_scheduler *scheduler, const struct fa_job *job, double now)
{
    const struct fa_target *target = &job->target;
    const struct fa_origin *origin =
        fa_hosts_find(&scheduler->hosts, target->url, target->origin_key);
    return origin && fa_breaker_pauses(&origin->breaker, now);
}

bool fa_scheduler_http2_failed(const struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    /* Concurrent attempts count once, as they may share a connection. */
    if (job->timing.started < origin->http2_failed_at)
        return false;
    origin->http2_failed_at = now;
    return ++origin->http2_failures == FA_HTTP2_FAILURES;
}

/* Once an origin is on HTTP/1.1 it stays there for this run. */
void fa_scheduler_http2_succeeded(const struct fa_job *job)
{
    struct fa_origin *origin = job->target.origin;
    if (!job->attempt.http1 && origin->http2_failures < FA_HTTP2_FAILURES)
        origin->http2_failures = 0;
}
