/*
 * These requests only make a file arrive sooner, so they are the first to go without: no host
 * that fails or pauses gets one, and none is made while the run ends.  One that is refused only
 * ends requests of its kind there.
 */
#include "engine/extra.h"

/* Only where another request is welcome: the host works, has not asked for fewer, and is below its
 * limit. */
static bool origin_takes_hedge(const struct fa_origin *origin, double now)
{
    return !origin->refused && !origin->gate.leader && !origin->name_unknown &&
           origin->breaker.failures == 0 && origin->active < fa_origin_limit(origin) &&
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
        struct fa_origin *origin = fa_scheduler_find(scheduler, &mirror->url, mirror->origin);
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
    if (scheduler->stopped || !fa_scheduler_is_free(scheduler))
        return NULL;
    struct fa_origin *origin = job_find_hedge(scheduler, job, now, ret_mirror);
    if (!origin)
        return NULL;
    fa_scheduler_count_request(scheduler, origin, now);
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
    origin->refused |= fa_outage_is_overload(outcome);
    fa_scheduler_keep_pause(scheduler, origin, outcome, now);
}

/* The limit that is searched for is one for whole files, and starts low.  A number of segments that
 * the user gave may exceed it, until the origin has shown that it has a limit. */
static unsigned origin_segments(const struct fa_origin *origin, bool given)
{
    const struct fa_concurrency *concurrency = &origin->concurrency;
    bool shown = concurrency->bounded || concurrency->cut_at > 0;
    return given && !shown ? origin->limits.per_host : fa_origin_limit(origin);
}

bool fa_scheduler_has_slot(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                           bool given, double now)
{
    return !scheduler->stopped && fa_scheduler_is_free(scheduler) && !origin->gate.leader &&
           fa_origin_waiting(origin) == 0 && origin->active < origin_segments(origin, given) &&
           origin->breaker.state == FA_BREAKER_CLOSED && fa_breaker_allows(&origin->breaker, now) &&
           fa_spacing_wait(&origin->spacing, now) <= 0;
}

bool fa_scheduler_is_short(const struct fa_scheduler *scheduler, const struct fa_origin *origin)
{
    bool full = origin->active >= fa_origin_limit(origin);
    return (scheduler->active >= scheduler->slots.now && fa_scheduler_is_ready(scheduler)) ||
           (full && fa_origin_waiting(origin) > 0 && origin->breaker.state == FA_BREAKER_CLOSED);
}

/* A refused segment does not count against its host, but a pause that the host asks for is kept. */
void fa_scheduler_end_segment(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now)
{
    --origin->active;
    --scheduler->active;
    fa_scheduler_keep_pause(scheduler, origin, outcome, now);
}
