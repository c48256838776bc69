/**
 * Entries become jobs: a job gets its name, and a file that exists already is not fetched again.
 */
#ifndef FA_ENGINE_ADMIT_H
#define FA_ENGINE_ADMIT_H

#include "engine/engine.h"
#include "engine/recall.h"

/** Admit one entry.  @return whether there may be another one now. */
bool fa_admit_next(struct fa_session *s, double now);

/** Queue a job at its target, in memory or in the backlog. */
void fa_admit_queue(struct fa_session *s, struct fa_job *job, double now);

/** Queue a job at its target, in memory.  @front  Before the others. */
void fa_admit_put(struct fa_session *s, struct fa_job *job, bool front, double now);

/**
 * Whether an existing file is the one that the entry asks for, as far as that is known.
 *
 * @size    Of the file.
 * @return  1, 0, or -1: only its digest can tell.
 */
int fa_admit_is_wanted(const struct fa_job *job, int64_t size, enum fa_recall recall);

/**
 * Go on with a job by what exists at its path.
 *
 * @size     FA_THERE_FILE: of the file.
 * @refusal  FA_THERE_REFUSED: what is there.
 */
void fa_admit_at(struct fa_session *s, struct fa_job *job, enum fa_presence there, int64_t size,
                 enum fa_recall recall, const struct fa_error *refusal, double now);

/** End a job whose file, in an archive, is not the one that the list asks for. */
void fa_admit_refuse_packed(struct fa_session *s, struct fa_job *job);

/** Free a job that is none of this run.  @why  FA_RECALL_SKIP or FA_RECALL_ERROR */
void fa_admit_drop(struct fa_session *s, struct fa_job *job, enum fa_recall why);

#endif
