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

/** The same for another queue of the backlog. */
bool fa_spill_put(struct fa_session *s, struct fa_job *job, struct fa_backlog_queue *queue);

/** Read the first job of such a queue back.  @return NULL: an error, which stops the run. */
struct fa_job *fa_spill_take(struct fa_session *s, struct fa_backlog_queue *queue, double now);

/** Read some jobs of an origin back.  An error stops the run. */
void fa_spill_refill(struct fa_session *s, struct fa_origin *origin, double now);

/**
 * Take all entries of a queue from the backlog without creating jobs.
 *
 * @origin  The name of their origin; NULL: they have several.
 * @left    Called for each entry; NULL: no memory for it.
 */
void fa_spill_drain(struct fa_session *s, struct fa_backlog_queue *queue, const char *origin,
                    void (*left)(void *ctx, const struct fa_entry *entry, const char *path,
                                 const char *origin),
                    void *ctx);

#endif
