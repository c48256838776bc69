/**
 * What the verdicts of settle and finish do: the one place where a job goes on after an attempt, or
 * after the CPU stage.
 */
#ifndef FA_ENGINE_APPLY_H
#define FA_ENGINE_APPLY_H

#include "engine/engine.h"

/** An attempt has ended: job->outcome says how. */
void fa_apply_outcome(struct fa_session *s, struct fa_job *job, double now);

/** A hedge has ended. */
void fa_apply_hedge(struct fa_session *s, struct fa_hedge *hedge, double now);

/** The last segment of a job in state SPLIT has ended. */
void fa_apply_joined(struct fa_session *s, struct fa_job *job, double now);

/** The host of a job is down: the attempt does not count, and the job waits for the host. */
void fa_apply_hold(struct fa_session *s, struct fa_job *job, double now);

/** A file has come back from the CPU stage. */
void fa_apply_hashed(struct fa_session *s, struct fa_job *job, enum fa_hashed hashed, double now);

/** The job has failed with its outcome's error: request it again, as far as settle.h allows, or end
 * it. */
void fa_apply_retry_or_fail(struct fa_session *s, struct fa_job *job, double now);

/** The job fails with its outcome's error.  @transient  A later run may succeed. */
void fa_apply_failure(struct fa_session *s, struct fa_job *job, bool transient);

/** Handle a job that is a member of an archive now, or has failed to become one. */
void fa_apply_packed(struct fa_session *s, struct fa_job *job, enum fa_packed packed,
                     const struct fa_error *err, double now);

#endif
