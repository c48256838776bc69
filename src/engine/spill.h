/**
 * Jobs that wait in the backlog instead of memory, as records with everything that was found out
 * about them, so that nothing is parsed or looked up twice.
 */
#ifndef FA_ENGINE_SPILL_H
#define FA_ENGINE_SPILL_H

#include "engine/engine.h"

/**
 * Write a job that was never started to the backlog of the origin of its target.
 *
 * @return whether that succeeded: then the job is freed.
 */
bool fa_spill_job(struct fa_session *s, struct fa_job *job, double now);

/** Read some jobs of an origin back.  An error stops the run. */
void fa_spill_refill(struct fa_session *s, struct fa_origin *origin, double now);

/**
 * Take all entries of an origin from the backlog without creating jobs.
 *
 * @left  Called for each entry; NULL: no memory for it.
 */
void fa_spill_drain(struct fa_session *s, struct fa_origin *origin,
                    void (*left)(void *ctx, const struct fa_entry *entry, const char *path,
                                 const char *origin),
                    void *ctx);

#endif
