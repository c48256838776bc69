/**
 * What the verdicts of settle do: the one place where a job goes on after an attempt.
 */
#ifndef FA_ENGINE_APPLY_H
#define FA_ENGINE_APPLY_H

#include "engine/engine.h"

/** Called from the loop between turns: the attempt of a job has its header.  It changes the origin
 * only, and requests a turn if another job can start. */
void fa_apply_header(void *session, struct fa_job *job);

/** An attempt has ended: job->outcome says how. */
void fa_apply_outcome(struct fa_session *s, struct fa_job *job, double now);

/** A hedge has ended. */
void fa_apply_hedge(struct fa_session *s, struct fa_hedge *hedge, double now);

/** The last segment of a job in state SPLIT has ended. */
void fa_apply_joined(struct fa_session *s, struct fa_job *job, double now);

/** The host of a job is down: the attempt does not count, and the job waits for the host. */
void fa_apply_hold(struct fa_session *s, struct fa_job *job, double now);

#endif
