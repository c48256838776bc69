/*
 * A lookup, an ended attempt or a timer changes one origin, and fa_scheduler_review() then
 * computes its ring from scratch (origin_ring()).  So there is one place that decides whether an
 * origin can start something, and fa_scheduler_next() only takes the first origin of a ring: its
 * cost does not depend on the number of origins.
 *
 * Each outage has a number, and a job remembers the outage in which it was found to have no
 * mirror.  The jobs of an origin that is down are therefore examined once for each failure of the
 * host: each of its lines is rotated until `held` equals the length of the line.
 */
#include "engine/queues.h"

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
    fa_shares_fini(&scheduler->shares);
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

void fa_scheduler_set_limits(const struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    const struct fa_schedule_policy *policy = &scheduler->policy;
    const struct fa_host_limits *whole =
        origin->rule > 0 ? &policy->rule_limits[origin->rule - 1] : &policy->limits;
    fa_shares_limit(&scheduler->shares, whole, origin);
}

/* The options of a host do not change during a run, but its share of them may. */
static void origin_set_rule(const struct fa_scheduler *scheduler, struct fa_origin *origin,
                            const struct fa_url *url)
{
    const struct fa_schedule_policy *policy = &scheduler->policy;
    if (origin->ruled)
        return;
    origin->rule = policy->rules ? fa_host_rules_find(policy->rules, url) : 0;
    fa_scheduler_set_limits(scheduler, origin);
    origin->ruled = true;
}

/* For a new origin, or one that was forgotten. */
static void origin_recall_limit(const struct fa_scheduler *scheduler, struct fa_origin *origin)
{
    struct fa_concurrency_policy policy = fa_origin_concurrency(origin);
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

struct fa_origin *fa_scheduler_find(struct fa_scheduler *scheduler, const struct fa_url *url,
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
    job->target.origin = fa_scheduler_find(scheduler, job->target.url, job->target.origin_key);
    return job->target.origin;
}

/* A backlog that is not empty comes first: later entries must not overtake it. */
bool fa_scheduler_has_window(const struct fa_scheduler *scheduler, const struct fa_origin *origin)
{
    return origin->backlog.count == 0 && fa_origin_queued(origin) < FA_WINDOW_ORIGIN &&
           scheduler->queued < FA_WINDOW;
}

/* @more  1: the job was added to a line of the origin; -1: removed. */
static void origin_count_queued(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                const struct fa_job *job, int more)
{
    scheduler->queued += (size_t)more;
    if (origin->down)
        scheduler->stuck += (size_t)more;
    if (job->robots)
        origin->robots += (unsigned)more;
}

static enum fa_line job_line(const struct fa_job *job)
{
    if (!job->tries.failed || job->robots)
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
    origin_count_queued(scheduler, origin, job, 1);
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
    origin_count_queued(scheduler, origin, job, 1);
}

void fa_scheduler_put_held(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           struct fa_job *job)
{
    enum fa_line line = job_line(job);
    job->tries.outage = origin->outage;
    ++origin->held[line];
    fa_job_queue_push(&origin->lines[line], job);
    origin_count_queued(scheduler, origin, job, 1);
}

struct fa_job *fa_scheduler_take(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                 enum fa_line line)
{
    struct fa_job *job = line < FA_LINES ? fa_job_queue_pop(&origin->lines[line]) : NULL;
    if (!job)
        return NULL;
    origin_count_queued(scheduler, origin, job, -1);
    origin->held[line] -= origin->held[line] > 0 && job->tries.outage == origin->outage;
    return job;
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
void fa_scheduler_recall(struct fa_scheduler *scheduler, const struct fa_origin *origin, double now)
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

enum fa_line fa_origin_unexamined_line(const struct fa_origin *origin)
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
    return fa_origin_unexamined_line(origin) < FA_LINES ||
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

static bool origin_waits_for_robots(const struct fa_origin *origin)
{
    return origin->closed && origin->robots == 0;
}

/* Memory for the timer is there as soon as any was set; without it, the next event reviews. */
void fa_scheduler_open(struct fa_scheduler *scheduler, struct fa_origin *origin, double now)
{
    origin->closed = false;
    (void)fa_timers_set(&scheduler->host_timers, &origin->timer, now);
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
    if (origin->active >= fa_origin_limit(origin) || origin_waits_for_login(origin) ||
        origin_waits_for_robots(origin))
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

bool fa_scheduler_is_free(const struct fa_scheduler *scheduler)
{
    return scheduler->active < scheduler->slots.now &&
           fa_bucket_allows(&scheduler->bucket, scheduler->active);
}

/* The first request for HTTP Digest only gets the challenge. */
void fa_scheduler_count_request(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                double now)
{
    ++origin->active;
    ++scheduler->active;
    fa_spacing_start(&origin->spacing, origin->limits.host_rate, origin->digest ? 2 : 1, now);
    fa_bucket_start(&scheduler->bucket);
}
