/*
 * Hosts wait in rings, and each turn of a ring gives each host one request: a host with many
 * entries cannot keep the others waiting.  Everything that changes whether a host has something to
 * do ends with fa_scheduler_review(), which puts it into its ring or takes it out.
 */
#include "engine/scheduler.h"

#include "base/key.h"

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
    struct fa_concurrency_policy concurrency = fa_origin_concurrency(origin);
    fa_job_set_state(job, FA_JOB_ACTIVE);
    fa_scheduler_count_request(scheduler, origin, now);
    job->tries.round =
        fa_concurrency_started(&origin->concurrency, &concurrency, origin->active, now);
    job->tries.counted = 0;
    job->tries.probe = fa_breaker_start(&origin->breaker);
    scheduler->probes += job->tries.probe;
}

/* The host of a job is down: move the job to a mirror, or hold it in the queue; during a pause,
 * hold it. */
static enum fa_next scheduler_move_or_hold(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                           struct fa_job *job, double now)
{
    bool waits = fa_breaker_waits(&origin->breaker);
    int mirror = !waits || job->tries.outage == origin->outage
                     ? -1
                     : fa_scheduler_working_mirror(scheduler, job, now);
    if (mirror >= 0 && fa_job_target(job, (unsigned)mirror) == 0)
        return FA_NEXT_MOVED;
    fa_scheduler_put_held(scheduler, origin, job);
    if (waits)
        fa_scheduler_report_outage(scheduler, origin, now);
    return FA_NEXT_AGAIN;
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
    if (origin->closed)
        return FA_LINE_FRESH;
    if (origin->breaker.state == FA_BREAKER_CLOSED)
        for (; line > FA_LINE_FRESH; --line)
            if (line_is_due(&origin->lines[line], now))
                return line;
    for (line = FA_LINE_FRESH; line < FA_LINE_FAILED && origin->lines[line].count == 0;)
        ++line;
    return line;
}

/* An origin that is closed starts a job for robots.txt: that comes first. */
static void origin_promote_robots(struct fa_origin *origin)
{
    struct fa_job_list *fresh = &origin->lines[FA_LINE_FRESH].jobs;
    struct fa_job *job;
    if (!origin->closed || origin->robots == 0)
        return;
    TAILQ_FOREACH (job, fresh, queued)
        if (job->robots)
            break;
    TAILQ_REMOVE(fresh, job, queued);
    TAILQ_INSERT_HEAD(fresh, job, queued);
}

/* An origin in the ring READY may also be down or given up: then its jobs are moved, held or
 * rejected, which requires no slot. */
enum fa_next fa_scheduler_next(struct fa_scheduler *scheduler, double now, struct fa_job **ret_job,
                               struct fa_origin **ret_origin)
{
    if (scheduler->stopped)
        return FA_NEXT_NONE;
    bool slot = fa_scheduler_is_free(scheduler);
    enum fa_ring ring = scheduler_next_ring(scheduler, slot);
    struct fa_origin *origin = fa_hosts_first(&scheduler->hosts, ring);
    if (!origin)
        return FA_NEXT_NONE;
    bool rejects = fa_breaker_rejects(&origin->breaker, now);
    bool starts = !rejects && fa_breaker_allows(&origin->breaker, now);
    if (starts && !slot)
        return FA_NEXT_NONE;
    bool empty =
        starts ? fa_origin_queued(origin) == 0 : fa_origin_unexamined_line(origin) == FA_LINES;
    *ret_origin = origin;
    if (empty && origin->backlog.count > 0)
        return FA_NEXT_REFILL;
    fa_hosts_next(&scheduler->hosts, ring);
    enum fa_next next = FA_NEXT_AGAIN;
    bool probe_due = ring == FA_RING_READY && origin->breaker.state != FA_BREAKER_CLOSED;
    if (starts)
        origin_promote_robots(origin);
    enum fa_line line = starts ? origin_start_line(origin, now) : fa_origin_unexamined_line(origin);
    struct fa_job *job = starts && probe_due ? NULL : fa_scheduler_take(scheduler, origin, line);
    *ret_job = job;
    if (job && !starts && job->target.hops > 0 && (rejects || fa_job_may_draw(job))) {
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

int fa_scheduler_put_shares(struct fa_scheduler *scheduler, const struct fa_share *shares,
                            unsigned parts, double now)
{
    if (fa_shares_put(&scheduler->shares, shares, parts))
        return -1;
    for (size_t i = 0; i < scheduler->hosts.n_buckets; ++i)
        for (struct fa_origin *at = scheduler->hosts.buckets[i], *next; at; at = next) {
            next = at->next_same;
            if (!at->ruled)
                continue;
            fa_scheduler_set_limits(scheduler, at);
            fa_scheduler_review(scheduler, at, now); /* may free it */
        }
    return 0;
}

/* A smaller share ends no transfer, so others may use it only once enough of them have ended. */
bool fa_scheduler_keeps_share(const struct fa_scheduler *scheduler, unsigned part)
{
    for (size_t i = 0; i < scheduler->hosts.n_buckets; ++i)
        for (const struct fa_origin *at = scheduler->hosts.buckets[i]; at; at = at->next_same)
            if (fa_shares_has(&scheduler->shares, part, at) && at->active > at->limits.per_host)
                return false;
    return true;
}
