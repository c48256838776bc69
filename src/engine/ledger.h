/**
 * What the session records in the state; what it reads from it is for recall.h.
 *
 * A record is put when the head of an answer has arrived, so that a later run can resume the part,
 * and when a job has ended: always after the fact, so that a crash in between loses a record and
 * never makes one wrong.
 *
 * The bytes of a part can change before the state is updated: when an attempt starts at byte 0, or
 * the server sends another version.  Such a part is marked as stale (transfer/attempt.h) until the
 * record of its new bytes is committed; a later run does not resume a stale part.  Where parts
 * cannot be marked, the record is withdrawn before.
 *
 * The first error of a record is stored in fa_ledger.failure and ends the run; nothing is put
 * after it.  Errors of a commit are returned: the disk may be full, and a later commit may
 * succeed.
 */
#ifndef FA_ENGINE_LEDGER_H
#define FA_ENGINE_LEDGER_H

#include "engine/counts.h"
#include "engine/emit.h"
#include "engine/job.h"
#include "engine/learned.h"
#include "engine/store.h"
#include "engine/volumes.h"
#include "state/state.h"

#include <fetchall/config.h>

struct fa_ledger {
    const struct fa_config *config; /**< Borrowed. */
    struct fa_store *store;         /**< Borrowed. */
    struct fa_state *state;         /**< NULL: no state. */
    struct fa_folder ahead;         /**< That of the store, for the thread of the state; dir is NULL
                                         if it is not open. */
    struct fa_volumes volumes;      /**< The archives of the state. */
    struct fa_state_run last_run;   /**< The previous run. */
    double committed;               /**< Time of the last commit. */
    bool urgent;                    /**< The next turn commits. */
    struct fa_error failure;        /**< FA_CLASS_NONE: none. */
};

/**
 * Open the state, and remove the parts that it has no record of.  Set config and store before.
 *
 * @mode   The name of the strategy.
 * @began  When the run began, in seconds since 1970; 0: now.
 */
int fa_ledger_open(struct fa_ledger *ledger, const char *mode, double began,
                   const struct fa_emitter *emitter, struct fa_error *err);
void fa_ledger_close(struct fa_ledger *ledger);

/** Whether a record describes a part: a failed one may, too, if it has a strong validator and no
 * existing file. */
bool fa_ledger_has_part(enum fa_standing standing, bool strong, bool replaces);

/** Record the end of a job. */
void fa_ledger_put_end(struct fa_ledger *ledger, const struct fa_job *job,
                       const struct fa_result *result);

/** Record the part of an active job, if the head of its answer has arrived. */
void fa_ledger_put_head(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts);

/** Record the part as job->part describes it: it is complete, or an attempt has ended. */
void fa_ledger_put_part(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts);

/**
 * An attempt is about to write to the part.  Where parts cannot be marked as stale, withdraw the
 * record of its bytes first; the head of the answer brings the next one.
 */
int fa_ledger_withdraw(struct fa_ledger *ledger, struct fa_job *job, const struct fa_counts *counts,
                       struct fa_error *err);

/** Record an archive.  @volume  NULL: nothing. */
void fa_ledger_put_volume(struct fa_ledger *ledger, const struct fa_volume *volume);

/** Put that a path is a second name of the file of a job, whose path is the first one.  @key  Of
 * the second.  The caller commits it. */
int fa_ledger_put_alias(struct fa_ledger *ledger, const struct fa_job *job, uint64_t key,
                        struct fa_error *err);

/** A file is about to get its name, and a later run has to know it, or that a command has to run
 * for it: record that, and commit. */
int fa_ledger_put_pending(struct fa_ledger *ledger, struct fa_job *job,
                          const struct fa_counts *counts, struct fa_error *err);

/** A known file is about to be replaced: withdraw what the state claims about it, as the process
 * may be killed before the new file is recorded. */
int fa_ledger_disown(struct fa_ledger *ledger, const struct fa_job *job,
                     const struct fa_counts *counts, struct fa_error *err);

/** Read the limits of origins from the state.  Leaves them empty if there is no state. */
int fa_ledger_recall_limits(struct fa_ledger *ledger, struct fa_learned *ret, struct fa_error *err);

/** Record the limits of origins, if they have changed. */
int fa_ledger_put_limits(struct fa_ledger *ledger, const struct fa_learned *learned,
                         struct fa_error *err);

/** Whether a commit is due. */
bool fa_ledger_is_due(const struct fa_ledger *ledger, double now);

/** Whether everything that was put is committed. */
bool fa_ledger_is_saved(const struct fa_ledger *ledger);

/** Commit the pending records, if any. */
int fa_ledger_commit(struct fa_ledger *ledger, const struct fa_counts *counts, double now,
                     struct fa_error *err);

/** Make the last commit of a run.  @complete  Every entry has ended. */
int fa_ledger_finish(struct fa_ledger *ledger, const struct fa_counts *counts, bool complete,
                     struct fa_error *err);

#endif
