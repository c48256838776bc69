/*
 * A lookup, an ended attempt or a timer changes one origin, and fa_scheduler_review() then
 * computes its ring from scratch (origin_ring()).  So there is one place that decides whether an
 * origin can start something, and fa_scheduler_next() only takes the first origin of a ring: its
 * cost does not depend on the number of origins.
 *
 * Each outage has a number, and a job remembers the outage in which it was found to have no
 * mirror.  The jobs of an origin that is down are therefore examined once for each failure of the
 * host: each of its lines is rotated until `held` equals the length of the line.
 *
 * A host can be well and still answer some of its URLs with 503.  What tells them apart is whether
 * it answers others: a failure counts against a job as soon as the host has served another one
 * since the job's first failure, and against the host alone before.  A host that says nothing but
 * overload is probed with URLs that were never requested, until one is served.  If it says when to
 * come back (Retry-After), engine/scope.h decides who waits.
 *
 * A host that is given up fails all of its jobs, those that wait for a retry included, and at
 * once: waiting would only delay the end of the run.
 */
#include "engine/scheduler.h"

#include "base/key.h"
#include "engine/retry.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int fa_scheduler_init(struct fa_scheduler *scheduler, const struct fa_schedule_policy *policy,
                      const struct fa_emitter *emitter, struct fa_jitter *random,
                      struct fa_error *err)
{
    *scheduler = (struct fa_scheduler){.policy = *policy, .emitter = emitter, .random = random};
    return fa_hosts_init(&scheduler->hosts, err);
}

/* Jobs belong to the session, which frees them whichever queue they are in. */
void fa_scheduler_fini(struct fa_scheduler *scheduler)
{
    fa_hosts_fini(&scheduler->hosts);
    fa_timers_fini(&scheduler->job_timers);
    fa_timers_fini(&scheduler->host_timers);
}

void fa_scheduler_stop(struct fa_scheduler *scheduler)
{
    scheduler->stopped = true;
}

/* --resolve HOST:PORT:ADDR; the last line for a host wins, and "*" is any host without a line. */
static const char *policy_fixed_address(const struct fa_schedule_policy *policy,
                                        const char *host_port)
{
    const char *any = NULL, *port = strrchr(host_port, ':');
    size_t len = strlen(host_port), port_len = strlen(port);
    for (size_t i = policy->n_resolve; i > 0; --i) {
        const char *line = policy->resolve[i - 1];
        line += *line == '+';
        if (strncasecmp(line, host_port, len) == 0 && line[len] == ':')
            return line + len + 1;
        if (!any && *line == '*' && strncmp(line + 1, port, port_len) == 0 &&
            line[1 + port_len] == ':')
            any = line + 1 + port_len + 1;
    }
    return any;
}

static struct fa_concurrency_policy origin_concurrency(const struct fa_origin *origin)
{
    return (struct fa_concurrency_policy){origin->limits.per_host, origin->limits.search};
}

/* The options of a host do not change during a run. */
static void origin_set_rule(const struct fa_scheduler *scheduler, struct fa_origin *origin,
                            const struct fa_url *url)
{
    const struct fa_schedule_policy *policy = &scheduler->policy;
    if (origin->ruled)
        return;
    origin->rule = policy->rules ? fa_host_rules_find(policy->rules, url) : 0;
    origin->limits = origin->rule > 0 ? policy->rule_limits[origin->rule - 1] : policy->limits;
    origin->ruled = true;
}

/* For a new origin, or one that was forgotten. */
static void origin_recall_limit(const struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    struct fa_concurrency_policy policy = origin_concurrency(origin);
    if (!policy.search || origin->concurrency.limit > 0)
        return;
    unsigned limit = fa_learned_get(&scheduler->learned, origin->hash);
    if (limit > 0)
        fa_concurrency_learned(&origin->concurrency, &policy, limit);
}

static void origin_learn_limit(struct fa_scheduler *scheduler, const struct fa_origin *origin,
                               double now)
{
    unsigned limit = fa_concurrency_found(&origin->concurrency);
    if (origin->limits.search && limit > 0)
        fa_learned_put(&scheduler->learned, &(struct fa_state_limit){
                                                .key = origin->hash,
                                                .at = scheduler->policy.epoch + now,
                                                .per_host = limit,
                                            });
}

struct learning {
    struct fa_scheduler *scheduler;
    double now;
};

static void learn_from_origin(void *ctx, const struct fa_origin *origin)
{
    const struct learning *learning = ctx;
    origin_learn_limit(learning->scheduler, origin, learning->now);
}

void fa_scheduler_learn(struct fa_scheduler *scheduler, double now)
{
    struct learning learning = {scheduler, now};
    fa_hosts_each(&scheduler->hosts, learn_from_origin, &learning);
}

static struct fa_origin *scheduler_origin(struct fa_scheduler *scheduler, const struct fa_url *url,
                                          uint64_t key)
{
    struct fa_origin *origin = fa_hosts_get(&scheduler->hosts, url, key);
    if (origin) {
        origin_set_rule(scheduler, origin, url);
        origin_recall_limit(scheduler, origin);
    }
    if (!origin || origin->lookup != FA_LOOKUP_NEEDED || origin->addresses)
        return origin;
    const char *fixed = policy_fixed_address(&scheduler->policy, url->host_port);
    if (fixed) {
        origin->addresses = strdup(fixed);
        if (!origin->addresses)
            return NULL;
    }
    if (fixed || origin->numeric || !origin->limits.lookups) {
        origin->lookup = FA_LOOKUP_KNOWN;
        origin->known_at = INFINITY;
    }
    return origin;
}

struct fa_origin *fa_scheduler_origin(struct fa_scheduler *scheduler, struct fa_job *job)
{
    job->target.origin = scheduler_origin(scheduler, job->target.url, job->target.origin_key);
    return job->target.origin;
}

/* A backlog that is not empty comes first: later entries must not overtake it. */
bool fa_scheduler_has_window(const struct fa_scheduler *scheduler, const struct fa_origin *origin)
{
    return origin->backlog.count == 0 && fa_origin_queued(origin) < FA_WINDOW_ORIGIN &&
           scheduler->queued < FA_WINDOW;
}

/* @more  Jobs added to the queue of an origin; negative: removed. */
static void origin_count_queued(struct fa_scheduler *scheduler, const struct fa_origin *origin,
                                int more)
{
    scheduler->queued += (size_t)more;
    if (origin->down)
        scheduler->stuck += (size_t)more;
}

static enum fa_line job_line(const struct fa_job *job)
{
    if (!job->tries.failed)
        return FA_LINE_FRESH;
    return job->tries.attempts > 0 ? FA_LINE_FAILED : FA_LINE_EARLIER;
}

/* The mark of the last outage is removed, because the job may have come from another origin. */
int fa_scheduler_put(struct fa_scheduler *scheduler, struct fa_job *job, bool front, double now)
{
    struct fa_origin *origin = fa_scheduler_origin(scheduler, job);
    if (!origin)
        return -1;
    job->tries.outage = 0;
    fa_job_set_state(job, FA_JOB_QUEUED);
    job->timing.queued = now;
    if (front)
        fa_job_queue_push_front(&origin->lines[FA_LINE_FRESH], job);
    else
        fa_job_queue_push(&origin->lines[job_line(job)], job);
    origin_count_queued(scheduler, origin, 1);
    fa_scheduler_review(scheduler, origin, now);
    return 0;
}

/* The job is in no line meanwhile, so it takes no place in the window. */
int fa_scheduler_put_at(struct fa_scheduler *scheduler, struct fa_job *job, double at)
{
    if (fa_timers_set(&scheduler->job_timers, &job->timer, at))
        return -1;
    fa_job_set_state(job, FA_JOB_WAITING);
    ++scheduler->waiting;
    return 0;
}

void fa_scheduler_put_back(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           struct fa_job *job)
{
    fa_job_set_state(job, FA_JOB_QUEUED);
    job->target.origin = origin;
    job->tries.again = true;
    fa_job_queue_push(&origin->lines[FA_LINE_FRESH], job);
    origin_count_queued(scheduler, origin, 1);
}

/* The time of a retry has come, or waiting for it is pointless. */
static void job_end_wait(struct fa_scheduler *scheduler, struct fa_job *job, double now)
{
    fa_timers_clear(&scheduler->job_timers, &job->timer);
    --scheduler->waiting;
    if (fa_scheduler_put(scheduler, job, !job->tries.failed, now) == 0)
        return;
    /* No memory for its origin: wait a little longer.  The heap still has a place for the timer. */
    (void)fa_timers_set(&scheduler->job_timers, &job->timer, now + 1);
    ++scheduler->waiting;
}

/* Jobs that wait for a retry would only learn later that their origin was given up.  A job with
 * several mirrors goes on waiting, as it may wait for another one. */
static void origin_recall_waiting(struct fa_scheduler *scheduler, const struct fa_origin *origin,
                                  double now)
{
    const struct fa_timers *timers = &scheduler->job_timers;
    struct fa_job **jobs = calloc(timers->count + 1, sizeof(struct fa_job *));
    size_t n = 0;
    for (size_t i = 0; jobs && i < timers->count; ++i) {
        struct fa_job *job = (struct fa_job *)timers->heap[i];
        if (job->target.origin_key == origin->hash && job->entry->n_urls == 1)
            jobs[n++] = job;
    }
    for (size_t i = 0; i < n; ++i)
        job_end_wait(scheduler, jobs[i], now);
    free(jobs);
}

/* Jobs of a host that is down do not count as work at hand, so that reading the list continues. */
static void origin_mark_down(struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    bool was = origin->down, is = fa_breaker_waits(&origin->breaker);
    if (was == is)
        return;
    fa_hosts_set_down(&scheduler->hosts, origin, is);
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
        origin_recall_waiting(scheduler, origin, now);
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

int fa_scheduler_pause(struct fa_scheduler *scheduler, const struct fa_url *url, uint64_t key,
                       double until, bool asked, double now, struct fa_error *err)
{
    struct fa_origin *origin = fa_hosts_get(&scheduler->hosts, url, key);
    if (!origin) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep a table of origins");
        return -1;
    }
    if (origin->breaker.state == FA_BREAKER_CLOSED && origin->breaker.failures == 0) {
        fa_breaker_resume(&origin->breaker, until, asked, now);
        if (asked)
            fa_scope_paused(&origin->scope, until);
        origin_mark_down(scheduler, origin);
        origin_examine_again(origin);
    }
    fa_scheduler_review(scheduler, origin, now);
    return 0;
}

/* Report an outage once it is more than a few failures. */
static void origin_report_outage(struct fa_scheduler *scheduler, struct fa_origin *origin,
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

/* A line with jobs that have not been examined yet in this outage; FA_LINES: none. */
static enum fa_line origin_unexamined_line(const struct fa_origin *origin)
{
    enum fa_line line = FA_LINE_FRESH;
    while (line < FA_LINES && origin->lines[line].count <= origin->held[line])
        ++line;
    return line;
}

/* Whether some jobs of an origin that is down or pauses have not been examined yet in this outage.
 * A pause is only of interest to jobs that were redirected, and none of those is in the backlog. */
static bool origin_has_unexamined(const struct fa_scheduler *scheduler,
                                  const struct fa_origin *origin)
{
    return origin_unexamined_line(origin) < FA_LINES ||
           (fa_breaker_waits(&origin->breaker) && origin->backlog.count > 0 &&
            fa_origin_queued(origin) < FA_WINDOW_ORIGIN && scheduler->queued < FA_WINDOW);
}

/* The timer also keeps an idle origin in memory, so that its next request is not too early. */
static bool origin_waits_for_rate(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                  double now)
{
    return fa_spacing_wait(&origin->spacing, now) > 0 &&
           fa_timers_set(&scheduler->host_timers, &origin->timer, origin->spacing.next) == 0;
}

/* Only the job that logs in may be requested meanwhile. */
static bool origin_waits_for_login(const struct fa_origin *origin)
{
    const struct fa_job *leader = origin->gate.leader;
    return leader && (leader->state != FA_JOB_QUEUED || leader->target.origin != origin);
}

/* The one place that decides whether an origin can start a job.  Looking up its name is requested
 * here, so only origins with work are looked up. */
static enum fa_ring origin_ring(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                double now)
{
    if (fa_origin_waiting(origin) == 0) {
        origin_waits_for_rate(scheduler, origin, now);
        return FA_RING_NONE;
    }
    if (origin->lookup == FA_LOOKUP_KNOWN && now - origin->known_at > FA_ADDRESS_LIFE)
        origin->lookup = FA_LOOKUP_NEEDED;
    if (fa_breaker_rejects(&origin->breaker, now))
        return FA_RING_READY; /* its jobs are rejected */
    if (scheduler->stopped)
        return FA_RING_NONE;
    if (!fa_breaker_allows(&origin->breaker, now)) {
        if (origin->breaker.state == FA_BREAKER_OPEN)
            fa_timers_set(&scheduler->host_timers, &origin->timer, origin->breaker.until);
        return origin_has_unexamined(scheduler, origin) ? FA_RING_READY : FA_RING_NONE;
    }
    struct fa_concurrency_policy concurrency = origin_concurrency(origin);
    if (origin->active >= fa_concurrency_limit(&origin->concurrency, &concurrency) ||
        origin_waits_for_login(origin))
        return FA_RING_NONE;
    if (origin->lookup == FA_LOOKUP_NEEDED)
        fa_hosts_want_lookup(&scheduler->hosts, origin);
    if (origin->lookup != FA_LOOKUP_KNOWN || origin_waits_for_rate(scheduler, origin, now))
        return FA_RING_NONE;
    return origin->breaker.state == FA_BREAKER_CLOSED ? FA_RING_READY : FA_RING_PROBES;
}

void fa_scheduler_review(struct fa_scheduler *scheduler, struct fa_origin *origin, double now)
{
    fa_hosts_set_ring(&scheduler->hosts, origin, origin_ring(scheduler, origin, now));
    if (origin->active == 0 && fa_origin_waiting(origin) == 0)
        origin_learn_limit(scheduler, origin, now);
    fa_hosts_forget(&scheduler->hosts, origin);
}

struct fa_origin *fa_scheduler_lookup(struct fa_scheduler *scheduler)
{
    return fa_hosts_next_lookup(&scheduler->hosts);
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

static double outcome_latency(const struct fa_outcome *outcome)
{
    const struct fa_times *time = &outcome->time;
    return fmax(0, time->ttfb - time->dns - time->connect - time->tls);
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
    struct fa_concurrency_policy policy = origin_concurrency(origin);
    struct fa_concurrency_answer answer = {
        .now = now,
        .started = job->timing.started,
        .round = job->tries.round,
        .active = origin->active,
        .latency = outcome_latency(&job->outcome),
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
    struct fa_concurrency_policy policy = origin_concurrency(job->target.origin);
    if (fa_concurrency_check(&job->target.origin->concurrency, &policy, now))
        fa_scheduler_review(scheduler, job->target.origin, now);
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

bool fa_scheduler_redirected(struct fa_job *job, const struct fa_url *to, double now)
{
    struct fa_origin *origin = job->target.origin, *home = job->tries.leads;
    uint64_t key = fa_key_str(to->origin);
    if (home && home != origin) {
        if (key == home->hash)
            fa_gate_return(&home->gate);
        return false;
    }
    if (origin->hash != job->target.mirrors[job->target.mirror].origin)
        return false;
    struct fa_gate_case redirect = {job, origin->hash, key, job->timing.started, now};
    switch (fa_gate_redirect(&origin->gate, &redirect)) {
    case FA_GATE_WAIT:
        return true;
    case FA_GATE_LEAD:
        job->tries.leads = origin;
        return false;
    case FA_GATE_OPENED:
        job->tries.leads = NULL;
        return false;
    case FA_GATE_FOLLOW:
        break;
    }
    return false;
}

void fa_scheduler_end_login(struct fa_scheduler *scheduler, struct fa_job *job, bool good,
                            double now)
{
    struct fa_origin *origin = job->tries.leads;
    if (!origin)
        return;
    job->tries.leads = NULL;
    fa_gate_end(&origin->gate, good, now);
    /* The caller reviews that of the request. */
    if (origin != job->target.origin)
        fa_scheduler_review(scheduler, origin, now);
}

enum health { HEALTH_FINE, HEALTH_FAILS, HEALTH_DOWN, HEALTH_GIVEN_UP };

static enum health mirror_health(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                 unsigned at, double now)
{
    const struct fa_mirror *mirror = &job->target.mirrors[at];
    const struct fa_origin *origin = fa_hosts_find(&scheduler->hosts, &mirror->url, mirror->origin);
    if (!origin || origin->breaker.failures == 0 || origin->breaker.asked)
        return HEALTH_FINE;
    if (fa_breaker_rejects(&origin->breaker, now))
        return HEALTH_GIVEN_UP;
    /* No job will probe a host that none waits for, so this one has to. */
    bool due = fa_breaker_allows(&origin->breaker, now) && fa_origin_waiting(origin) == 0;
    return fa_breaker_waits(&origin->breaker) && !due ? HEALTH_DOWN : HEALTH_FAILS;
}

/* The next mirror, in a circle, with a health in that range; -1: none. */
static int job_find_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                           enum health least, enum health most, double now)
{
    const struct fa_target *target = &job->target;
    for (unsigned i = 1; i < target->n_mirrors; ++i) {
        unsigned at = (target->mirror + i) % target->n_mirrors;
        if (target->exhausted & 1ull << at)
            continue;
        enum health health = mirror_health(scheduler, job, at, now);
        if (health >= least && health <= most)
            return (int)at;
    }
    return -1;
}

/* Only mirrors after the current one: then the round is over, and the retry policy decides. */
int fa_scheduler_next_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                             double now)
{
    const struct fa_target *target = &job->target;
    for (unsigned at = target->mirror + 1; at < target->n_mirrors; ++at)
        if (!(target->exhausted & 1ull << at) &&
            mirror_health(scheduler, job, at, now) < HEALTH_DOWN)
            return (int)at;
    return -1;
}

/* The last resort before a job fails: a mirror that fails may work by now. */
int fa_scheduler_failing_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now)
{
    return job_find_mirror(scheduler, job, HEALTH_FAILS, HEALTH_DOWN, now);
}

bool fa_scheduler_pauses(const struct fa_scheduler *scheduler, const struct fa_job *job, double now)
{
    const struct fa_target *target = &job->target;
    const struct fa_origin *origin =
        fa_hosts_find(&scheduler->hosts, target->url, target->origin_key);
    return origin && fa_breaker_pauses(&origin->breaker, now);
}

static bool job_may_draw(const struct fa_job *job)
{
    return job->target.hops > 0 && job->tries.draws < FA_DRAWS_MAX;
}

/* A redirect leads to another host the next time, perhaps, so the wait is not that of this host.  A
 * job that has drawn often enough waits in its queue: redrawing would only load the redirector. */
static void hold_redirected(struct fa_hold *hold, const struct fa_scheduler *scheduler,
                            struct fa_job *job, double now)
{
    double base = scheduler->policy.outage.retry_wait;
    if (!hold->rejected && job_may_draw(job))
        hold->wait =
            fmin(fa_retry_back_off(base, ++job->tries.draws, fa_jitter_next(scheduler->random)),
                 FA_BREAKER_PROBE_WAIT);
    else
        hold->queue = !hold->rejected && !fa_breaker_allows(&job->target.origin->breaker, now);
}

/* A mirror that is up is better than waiting. */
struct fa_hold fa_scheduler_hold(struct fa_scheduler *scheduler, struct fa_job *job, double now)
{
    const struct fa_outage_policy *policy = &scheduler->policy.outage;
    struct fa_origin *origin = job->target.origin;
    const struct fa_breaker *breaker = &origin->breaker;
    bool waits = fa_breaker_waits(breaker);
    struct fa_hold hold = {.mirror = -1, .rejected = fa_breaker_rejects(breaker, now)};
    if (!hold.rejected)
        hold.mirror = fa_scheduler_next_mirror(scheduler, job, now);
    if (hold.mirror >= 0)
        return hold;
    hold.wait = fa_retry_back_off(policy->retry_wait, 1, fa_jitter_next(scheduler->random));
    hold.wait = fmin(hold.wait, fa_scheduler_left(scheduler, origin, now));
    bool pauses = fa_breaker_pauses(breaker, now);
    if (waits || pauses)
        hold.wait = fmax(0, breaker->until - now);
    if (job->target.hops > 0)
        hold_redirected(&hold, scheduler, job, now);
    else
        hold.queue = hold.rejected || waits || pauses;
    if (waits && !hold.queue)
        origin_report_outage(scheduler, origin, now);
    return hold;
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

/* Probes take at most a quarter of the slots while other hosts have work. */
static enum fa_ring scheduler_next_ring(const struct fa_scheduler *scheduler, bool slot)
{
    unsigned slots = scheduler->slots.now, probes = scheduler->probes;
    bool few = probes < slots / 4 || probes == 0;
    bool others = fa_hosts_first(&scheduler->hosts, FA_RING_READY);
    return slot && fa_hosts_first(&scheduler->hosts, FA_RING_PROBES) && (few || !others)
               ? FA_RING_PROBES
               : FA_RING_READY;
}

/* The breaker decides whether this request is a probe, as only one may be in progress. */
static void scheduler_start_job(struct fa_scheduler *scheduler, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    struct fa_concurrency_policy concurrency = origin_concurrency(origin);
    fa_job_set_state(job, FA_JOB_ACTIVE);
    ++origin->active;
    ++scheduler->active;
    job->tries.round =
        fa_concurrency_started(&origin->concurrency, &concurrency, origin->active, now);
    job->tries.counted = 0;
    job->tries.probe = fa_breaker_start(&origin->breaker);
    scheduler->probes += job->tries.probe;
    /* The first request for HTTP Digest only gets the challenge. */
    fa_spacing_start(&origin->spacing, origin->limits.host_rate, origin->digest ? 2 : 1, now);
    fa_bucket_start(&scheduler->bucket);
}

/* The host of a job is down: move the job to a mirror, or hold it in the queue; during a pause,
 * hold it. */
static enum fa_next scheduler_move_or_hold(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                           struct fa_job *job, double now)
{
    bool waits = fa_breaker_waits(&origin->breaker);
    int mirror = !waits || job->tries.outage == origin->outage
                     ? -1
                     : job_find_mirror(scheduler, job, HEALTH_FINE, HEALTH_FAILS, now);
    if (mirror >= 0 && fa_job_target(job, (unsigned)mirror) == 0)
        return FA_NEXT_MOVED;
    job->tries.outage = origin->outage;
    ++origin->held[job_line(job)];
    fa_job_queue_push(&origin->lines[job_line(job)], job);
    origin_count_queued(scheduler, origin, 1);
    if (waits)
        origin_report_outage(scheduler, origin, now);
    return FA_NEXT_AGAIN;
}

void fa_scheduler_fail_redirected(const struct fa_origin *origin, struct fa_job *job)
{
    struct fa_outcome *outcome = &job->outcome;
    fa_outcome_fini(outcome);
    *outcome = fa_outcome_none;
    outcome->error = origin->last_error;
    outcome->retryable = origin->name_unknown ? FA_RETRYABLE_NEVER : FA_RETRYABLE_NOW;
}

/* The host of a job was given up: move the job to a mirror, or fail it. */
static enum fa_next scheduler_reject(const struct fa_origin *origin, struct fa_job *job)
{
    struct fa_outcome *outcome = &job->outcome;
    struct fa_error why = origin->last_error;
    job->target.exhausted |= 1ull << job->target.mirror;
    if (fa_job_target_from(job, job->target.mirror + 1) == 0)
        return FA_NEXT_MOVED;
    bool looked_up = why.class == FA_CLASS_DNS || why.class == FA_CLASS_LOCAL_IO;
    job->tries.attempts += looked_up && job->tries.attempts == 0;
    outcome->error = why;
    outcome->retryable = origin->name_unknown ? FA_RETRYABLE_NEVER : FA_RETRYABLE_LATER;
    if (job->tries.attempts == 0)
        fa_error_set(&outcome->error, why.domain, why.code, why.class,
                     "not tried, as its host only fails: %s", why.msg);
    return FA_NEXT_REJECT;
}

static bool line_is_due(const struct fa_job_queue *line, double now)
{
    const struct fa_job *first = TAILQ_FIRST(&line->jobs);
    return first &&
           (now - first->timing.queued > FA_FAILED_WAIT || line->count > FA_WINDOW_ORIGIN / 2);
}

/* Jobs that have failed with the host come last: one of them may be what made it fail.  But they
 * neither wait for the end of a long list nor fill the window.  A probe is a job that was not
 * requested in this run, as long as there is one. */
static enum fa_line origin_start_line(const struct fa_origin *origin, double now)
{
    enum fa_line line = FA_LINE_FAILED;
    if (origin->breaker.state == FA_BREAKER_CLOSED)
        for (; line > FA_LINE_FRESH; --line)
            if (line_is_due(&origin->lines[line], now))
                return line;
    for (line = FA_LINE_FRESH; line < FA_LINE_FAILED && origin->lines[line].count == 0;)
        ++line;
    return line;
}

static struct fa_job *scheduler_take_job(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                         bool starts, double now)
{
    enum fa_line line = starts ? origin_start_line(origin, now) : origin_unexamined_line(origin);
    struct fa_job *job = line < FA_LINES ? fa_job_queue_pop(&origin->lines[line]) : NULL;
    if (!job)
        return NULL;
    origin_count_queued(scheduler, origin, -1);
    origin->held[line] -= origin->held[line] > 0 && job->tries.outage == origin->outage;
    return job;
}

/* Only where another request is welcome: the host works, has not asked for fewer, and is below its
 * limit. */
static bool origin_takes_hedge(const struct fa_origin *origin, double now)
{
    struct fa_concurrency_policy concurrency = origin_concurrency(origin);
    return !origin->refused && !origin->gate.leader && !origin->name_unknown &&
           origin->breaker.failures == 0 &&
           origin->active < fa_concurrency_limit(&origin->concurrency, &concurrency) &&
           fa_breaker_allows(&origin->breaker, now) && fa_spacing_wait(&origin->spacing, now) <= 0;
}

/* A mirror at the same host is as good as the URL itself, but not better. */
static struct fa_origin *job_find_hedge(struct fa_scheduler *scheduler, const struct fa_job *job,
                                        double now, unsigned *ret_mirror)
{
    const struct fa_target *target = &job->target;
    for (unsigned i = 1; i < target->n_mirrors; ++i) {
        unsigned at = (target->mirror + i) % target->n_mirrors;
        const struct fa_mirror *mirror = &target->mirrors[at];
        *ret_mirror = at;
        if (target->exhausted & 1ull << at || mirror->origin == target->origin->hash)
            continue;
        struct fa_origin *origin = scheduler_origin(scheduler, &mirror->url, mirror->origin);
        if (origin && origin_takes_hedge(origin, now))
            return origin;
        if (origin)
            fa_hosts_forget(&scheduler->hosts, origin);
    }
    *ret_mirror = target->mirror;
    return origin_takes_hedge(target->origin, now) ? target->origin : NULL;
}

struct fa_origin *fa_scheduler_hedge(struct fa_scheduler *scheduler, const struct fa_job *job,
                                     double now, unsigned *ret_mirror)
{
    if (scheduler->stopped || scheduler->active >= scheduler->slots.now ||
        !fa_bucket_allows(&scheduler->bucket, scheduler->active))
        return NULL;
    struct fa_origin *origin = job_find_hedge(scheduler, job, now, ret_mirror);
    if (!origin)
        return NULL;
    ++origin->active;
    ++scheduler->active;
    fa_spacing_start(&origin->spacing, origin->limits.host_rate, origin->digest ? 2 : 1, now);
    fa_bucket_start(&scheduler->bucket);
    if (origin->lookup == FA_LOOKUP_NEEDED)
        fa_hosts_want_lookup(&scheduler->hosts, origin);
    return origin;
}

bool fa_scheduler_hedge_is_ready(const struct fa_origin *origin, bool *ret_failed)
{
    *ret_failed = origin->lookup == FA_LOOKUP_NEEDED;
    return *ret_failed || origin->lookup == FA_LOOKUP_KNOWN;
}

/* A hedge is no evidence that a host is down, but what the host asks for holds. */
void fa_scheduler_hedge_ended(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now)
{
    --origin->active;
    --scheduler->active;
    if (!fa_outage_is_overload(outcome))
        return;
    origin->refused = true;
    if (outcome->retry_after > 0)
        origin_failed(scheduler, origin, &outcome->error,
                      (struct fa_breaker_failure){.now = now,
                                                  .retry_after = outcome->retry_after,
                                                  .failures = UINT_MAX,
                                                  .pauses = UINT_MAX});
}

/* The limit that is searched for is one for whole files, and starts low.  A number of segments that
 * the user gave may exceed it, until the origin has shown that it has a limit. */
static unsigned origin_segments(const struct fa_origin *origin, bool given)
{
    struct fa_concurrency_policy policy = origin_concurrency(origin);
    const struct fa_concurrency *concurrency = &origin->concurrency;
    bool shown = concurrency->bounded || concurrency->cut_at > 0;
    return given && !shown ? origin->limits.per_host : fa_concurrency_limit(concurrency, &policy);
}

bool fa_scheduler_has_slot(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                           bool given, double now)
{
    return !scheduler->stopped && scheduler->active < scheduler->slots.now &&
           fa_bucket_allows(&scheduler->bucket, scheduler->active) &&
           fa_origin_waiting(origin) == 0 && origin->active < origin_segments(origin, given) &&
           origin->breaker.state == FA_BREAKER_CLOSED && fa_breaker_allows(&origin->breaker, now) &&
           fa_spacing_wait(&origin->spacing, now) <= 0;
}

bool fa_scheduler_is_short(const struct fa_scheduler *scheduler, const struct fa_origin *origin)
{
    struct fa_concurrency_policy policy = origin_concurrency(origin);
    bool full = origin->active >= fa_concurrency_limit(&origin->concurrency, &policy);
    return (scheduler->active >= scheduler->slots.now && fa_scheduler_is_ready(scheduler)) ||
           (full && fa_origin_waiting(origin) > 0 && origin->breaker.state == FA_BREAKER_CLOSED);
}

void fa_scheduler_add_segment(struct fa_scheduler *scheduler, struct fa_origin *origin, double now)
{
    ++origin->active;
    ++scheduler->active;
    fa_spacing_start(&origin->spacing, origin->limits.host_rate, origin->digest ? 2 : 1, now);
    fa_bucket_start(&scheduler->bucket);
}

/* A refused segment does not count against its host, but a pause that the host asks for is kept. */
void fa_scheduler_end_segment(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now)
{
    --origin->active;
    --scheduler->active;
    if (fa_outage_is_overload(outcome) && outcome->retry_after > 0)
        origin_failed(scheduler, origin, &outcome->error,
                      (struct fa_breaker_failure){.now = now,
                                                  .retry_after = outcome->retry_after,
                                                  .failures = UINT_MAX,
                                                  .pauses = UINT_MAX});
}

/* An origin in the ring READY may also be down or given up: then its jobs are moved, held or
 * rejected, which requires no slot. */
enum fa_next fa_scheduler_next(struct fa_scheduler *scheduler, double now, struct fa_job **ret_job,
                               struct fa_origin **ret_origin)
{
    if (scheduler->stopped)
        return FA_NEXT_NONE;
    bool slot = scheduler->active < scheduler->slots.now &&
                fa_bucket_allows(&scheduler->bucket, scheduler->active);
    enum fa_ring ring = scheduler_next_ring(scheduler, slot);
    struct fa_origin *origin = fa_hosts_first(&scheduler->hosts, ring);
    if (!origin)
        return FA_NEXT_NONE;
    bool rejects = fa_breaker_rejects(&origin->breaker, now);
    bool starts = !rejects && fa_breaker_allows(&origin->breaker, now);
    if (starts && !slot)
        return FA_NEXT_NONE;
    bool empty =
        starts ? fa_origin_queued(origin) == 0 : origin_unexamined_line(origin) == FA_LINES;
    *ret_origin = origin;
    if (empty && origin->backlog.count > 0)
        return FA_NEXT_REFILL;
    fa_hosts_next(&scheduler->hosts, ring);
    enum fa_next next = FA_NEXT_AGAIN;
    bool probe_due = ring == FA_RING_READY && origin->breaker.state != FA_BREAKER_CLOSED;
    struct fa_job *job =
        starts && probe_due ? NULL : scheduler_take_job(scheduler, origin, starts, now);
    *ret_job = job;
    if (job && !starts && job->target.hops > 0 && (rejects || job_may_draw(job))) {
        fa_scheduler_fail_redirected(origin, job);
        return FA_NEXT_BACK; /* the caller reviews the origin */
    }
    if (job && rejects) {
        next = scheduler_reject(origin, job);
    } else if (job && starts) {
        scheduler_start_job(scheduler, job, now);
        next = FA_NEXT_START;
    } else if (job) {
        next = scheduler_move_or_hold(scheduler, origin, job, now);
    }
    fa_scheduler_review(scheduler, origin, now);
    return next;
}

/* Jobs first: one of them may be the probe that its host is due for. */
void fa_scheduler_advance(struct fa_scheduler *scheduler, double now)
{
    struct fa_timer *timer;
    while ((timer = fa_timers_next(&scheduler->job_timers)) && timer->at <= now)
        job_end_wait(scheduler, (struct fa_job *)timer, now);
    while ((timer = fa_timers_next(&scheduler->host_timers)) && timer->at <= now) {
        fa_timers_clear(&scheduler->host_timers, timer);
        fa_scheduler_review(scheduler, (struct fa_origin *)timer, now);
    }
}

bool fa_scheduler_is_ready(const struct fa_scheduler *scheduler)
{
    return fa_hosts_first(&scheduler->hosts, FA_RING_READY) ||
           fa_hosts_first(&scheduler->hosts, FA_RING_PROBES);
}

/* The debt of the bucket matters only if a job could start. */
double fa_scheduler_alarm(const struct fa_scheduler *scheduler, double now)
{
    const struct fa_timer *job = fa_timers_next(&scheduler->job_timers);
    const struct fa_timer *host = fa_timers_next(&scheduler->host_timers);
    double debt = fa_bucket_wait(&scheduler->bucket);
    double at = fmin(job ? job->at : INFINITY, host ? host->at : INFINITY);
    return debt > 0 && fa_scheduler_is_ready(scheduler) ? fmin(at, now + debt) : at;
}

/* Jobs that start soon have their share reserved, so that the rate is not exceeded when they do. */
uint64_t fa_scheduler_share(const struct fa_scheduler *scheduler)
{
    size_t soon = scheduler->active + scheduler->queued, most = scheduler->slots.now;
    return fa_bucket_share(&scheduler->bucket, (unsigned)(soon < most ? soon : most));
}
