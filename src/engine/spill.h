/**
 * Jobs that wait in the backlog, and not in memory: as records, with all that was found out about
 * them, so that nothing is parsed or looked up a second time when they come back.
 */
#ifndef FA_ENGINE_SPILL_H
#define FA_ENGINE_SPILL_H

#include "engine/engine.h"

/** Write a job that was never started to the backlog of its target's origin.
 * @return whether that was done: then the job is freed. */
bool fa_spill_job(struct fa_session *s, struct fa_job *job, double now);

/** Bring some jobs of an origin back.  An error stops the run. */
void fa_spill_refill(struct fa_session *s, struct fa_origin *origin, double now);

/**
 * Take all entries of an origin out of the backlog, without making jobs of them.
 *
 * @left  Called for each; entry is NULL if there was no memory for it.
 */
void fa_spill_drain(struct fa_session *s, struct fa_origin *origin,
                    void (*left)(void *ctx, const struct fa_entry *entry, const char *path,
                                 const char *origin),
                    void *ctx);

#endif
