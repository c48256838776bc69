/**
 * Requests stragglers a second time at the end of a batch: see engine/stragglers.h and
 * engine/hedge.h.
 */
#ifndef FA_ENGINE_HEDGING_H
#define FA_ENGINE_HEDGING_H

#include "engine/engine.h"

/** A job has fetched its file: compare others with it. */
void fa_hedging_note(struct fa_session *s, const struct fa_job *job, double now);

/** Look for stragglers.  Call it from time to time. */
void fa_hedging_review(struct fa_session *s, double now);

/** A hedge has the file, and the job's own attempt has ended without it: the outcome, part and
 * target of the job become those of the hedge, which has no job then. */
void fa_hedging_adopt(struct fa_session *s, struct fa_job *job);

/** Free a hedge that has ended.  Review its origin then. */
void fa_hedging_end(struct fa_session *s, struct fa_hedge *hedge, double now);

#endif
