/**
 * What the verdicts of settle do in a session.  Single-threaded, like the session.
 */
#ifndef FA_ENGINE_SETTLING_H
#define FA_ENGINE_SETTLING_H

#include "engine/engine.h"

/** The job has failed with its outcome's error: request it again, as far as settle.h allows, or end
 * it. */
void fa_settling_failure(struct fa_session *s, struct fa_job *job, double now);

/** The job fails with its outcome's error.  @transient  A later run may succeed. */
void fa_settling_give_up(struct fa_session *s, struct fa_job *job, bool transient);

/** Retry after `wait` seconds, from that mirror on. */
void fa_settling_retry(struct fa_session *s, struct fa_job *job, unsigned mirror, double wait,
                       double now);

/** Request the file from that mirror next, without waiting. */
void fa_settling_request_mirror(struct fa_session *s, struct fa_job *job, unsigned mirror,
                                double now);

#endif
