/**
 * What the turn does with robots.txt (--robots obey): see engine/robots.h.
 */
#ifndef FA_ENGINE_OBEYING_H
#define FA_ENGINE_OBEYING_H

#include "engine/engine.h"

/**
 * A job of state ACTIVE is about to be requested.  If the robots.txt of its origin is not known, it
 * goes back to its queue, and that file is requested in its place.
 *
 * @job    The one to start, in and out.
 * @return whether to start it; else it has been dealt with.
 */
bool fa_obeying_starts(struct fa_session *s, struct fa_job **job, double now);

/** A robots.txt has arrived.  The job is freed. */
void fa_obeying_fetched(struct fa_session *s, struct fa_job *job, double now);

/** A robots.txt cannot be fetched: job->outcome.error says why.  The job is freed. */
void fa_obeying_failed(struct fa_session *s, struct fa_job *job, double now);

#endif
