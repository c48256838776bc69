/**
 * Entries of engine/repeats.h whose path is free are admitted as if they were in the list of a next
 * run, but for the file of the earlier entry: it is compared with what they say of it.
 */
#ifndef FA_ENGINE_RECHECK_H
#define FA_ENGINE_RECHECK_H

#include "engine/engine.h"

/** Admit those that wait for a path that is free. */
void fa_recheck_review(struct fa_session *s, double now);

/** End a job: the file of the earlier entry is not what its entry says. */
void fa_recheck_mismatch(struct fa_session *s, struct fa_job *job);

#endif
