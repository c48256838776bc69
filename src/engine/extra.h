/**
 * Further requests for the file of an active job, which no queue waits for: hedges and segments.
 * They take slots and places at their origin like all others.
 */
#ifndef FA_ENGINE_EXTRA_H
#define FA_ENGINE_EXTRA_H

#include "engine/health.h"

/**
 * Choose where the file of an active job may be requested a second time: at a mirror whose host
 * works, or where it is requested now.
 *
 * @ret_mirror  Of the job.
 * @return      its origin, which counts the request as active now, and is looked up if it has to
 *              be; NULL: nowhere.
 */
struct fa_origin *fa_scheduler_hedge(struct fa_scheduler *scheduler, const struct fa_job *job,
                                     double now, unsigned *ret_mirror);

/** Whether the lookup for such a request has ended.  @ret_failed  Without an address. */
bool fa_scheduler_hedge_is_ready(const struct fa_origin *origin, bool *ret_failed);

/** Such a request has ended.  Review its origin then. */
void fa_scheduler_hedge_ended(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now);

/**
 * Whether an origin may get a connection that no job waits for.
 *
 * @given  The user gave the number of connections.
 */
bool fa_scheduler_has_slot(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                           bool given, double now);

/** Whether a job waits only because of the connections that there are. */
bool fa_scheduler_is_short(const struct fa_scheduler *scheduler, const struct fa_origin *origin);

/** A segment has ended.  Review its origin then. */
void fa_scheduler_end_segment(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now);

#endif
