/*
 * Mirrors are requested in the order of the list, once each in a round of attempts
 * (engine/settle.c), but for those that are exhausted: they have refused the file for good.  The
 * health of a host decides which of the others may be requested now; a host that nobody has
 * requested yet is fine.
 */
#include "engine/mirrors.h"

#include "engine/retry.h"

#include <math.h>

/* From best to worst: they are compared. */
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

int fa_scheduler_working_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now)
{
    return job_find_mirror(scheduler, job, HEALTH_FINE, HEALTH_FAILS, now);
}

/* The last resort before a job fails: a mirror that fails may work by now. */
int fa_scheduler_failing_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now)
{
    return job_find_mirror(scheduler, job, HEALTH_FAILS, HEALTH_DOWN, now);
}

bool fa_job_may_draw(const struct fa_job *job)
{
    return job->target.hops > 0 && job->tries.draws < FA_DRAWS_MAX;
}

/* A redirect leads to another host the next time, perhaps, so the wait is not that of this host.  A
 * job that has drawn often enough waits in its queue: redrawing would only load the redirector. */
static void hold_redirected(struct fa_hold *hold, const struct fa_scheduler *scheduler,
                            struct fa_job *job, double now)
{
    double base = scheduler->policy.outage.retry_wait;
    if (!hold->rejected && fa_job_may_draw(job))
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
        fa_scheduler_report_outage(scheduler, origin, now);
    return hold;
}

/* As if the request had been made and failed like the last one to that host. */
void fa_scheduler_fail_redirected(const struct fa_origin *origin, struct fa_job *job)
{
    struct fa_outcome *outcome = &job->outcome;
    fa_outcome_fini(outcome);
    *outcome = fa_outcome_none;
    outcome->error = origin->last_error;
    outcome->retryable = origin->name_unknown ? FA_RETRYABLE_NEVER : FA_RETRYABLE_NOW;
}
