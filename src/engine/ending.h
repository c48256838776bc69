/**
 * The end of a job: its result goes to the state and to the observer.
 */
#ifndef FA_ENGINE_ENDING_H
#define FA_ENGINE_ENDING_H

#include "engine/engine.h"

/**
 * End a job: report its result, free it, and stop the run if --halt says so.
 *
 * @error      With FA_STATUS_FAILED.
 * @transient  A later run may succeed.
 */
void fa_ending_job(struct fa_session *s, struct fa_job *job, enum fa_status status,
                   const struct fa_error *error, bool transient);

/** End a job that has digests: job->hashed. */
void fa_ending_hashed(struct fa_session *s, struct fa_job *job, enum fa_status status);

/** After a run that was stopped: report every entry that was read and has not ended. */
void fa_ending_left(struct fa_session *s);

#endif
