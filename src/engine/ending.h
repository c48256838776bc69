/**
 * The end of a job: its result, its record, its event.
 */
#ifndef FA_ENGINE_ENDING_H
#define FA_ENGINE_ENDING_H

#include "engine/engine.h"

/**
 * A job has ended.  Frees it, and may stop the run (--halt).
 *
 * @error      With FA_STATUS_FAILED.
 * @transient  A later run may succeed.
 */
void fa_ending_job(struct fa_session *s, struct fa_job *job, enum fa_status status,
                   const struct fa_error *error, bool transient);

/** The same for a job with digests: job->hashed. */
void fa_ending_hashed(struct fa_session *s, struct fa_job *job, enum fa_status status);

/** After a run that was stopped: every entry that was read and has not ended is reported. */
void fa_ending_left(struct fa_session *s);

#endif
