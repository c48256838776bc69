/**
 * Where a job goes whose host is down or pauses: to a mirror, back to the URL of the list, or into
 * the queue.
 *
 * A redirector may choose another host each time.  So a job whose redirect leads to a host that is
 * down, or that pauses, returns to the URL of the list after a back-off, FA_DRAWS_MAX times; then
 * it waits for the host.
 */
#ifndef FA_ENGINE_MIRRORS_H
#define FA_ENGINE_MIRRORS_H

#include "engine/health.h"

/** Redirects in a row to hosts that are down or pause, after which a job waits for such a host. */
#define FA_DRAWS_MAX 10

/** What to do with a job whose attempt failed with its host. */
struct fa_hold {
    int mirror;    /**< Request that mirror at once; -1: none. */
    bool rejected; /**< The host was given up: queue the job, so that it is rejected;
                        or, without `queue`, settle a failure. */
    bool queue;    /**< Wait in the queue of the origin; else for `wait` seconds. */
    double wait;   /**< Seconds. */
};
struct fa_hold fa_scheduler_hold(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** The next mirror of this round whose host is not down; -1: the round is over. */
int fa_scheduler_next_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                             double now);

/** A mirror whose host is not down, after the current one in a circle; -1: none. */
int fa_scheduler_working_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now);

/** A mirror whose host fails, but was not given up; -1: none. */
int fa_scheduler_failing_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now);

/** Whether a redirected job returns to the URL of the list instead of waiting. */
bool fa_job_may_draw(const struct fa_job *job);

/** Set the outcome of a job whose redirect leads to a host that cannot be requested now. */
void fa_scheduler_fail_redirected(const struct fa_origin *origin, struct fa_job *job);

#endif
