/**
 * Entries become jobs: a job gets its name, and a file that exists already is not fetched again.
 */
#ifndef FA_ENGINE_ADMIT_H
#define FA_ENGINE_ADMIT_H

#include "engine/engine.h"

/** Admit one entry.  @return whether there may be another one now. */
bool fa_admit_next(struct fa_session *s, double now);

/** Queue a job at its target, in memory or in the backlog. */
void fa_admit_queue(struct fa_session *s, struct fa_job *job, double now);

/** Queue a job at its target, in memory.  @front  Before the others. */
void fa_admit_put(struct fa_session *s, struct fa_job *job, bool front, double now);

#endif
