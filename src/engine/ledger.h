/**
 * What the session tells the state, and what it learns from it.
 *
 * A record is put when the head of an answer has come (its part may then be resumed by a later run),
 * and when a job has ended: always after the fact, so that a kill in between loses a record and
 * never makes one wrong.
 *
 * The bytes of a part can change before the state hears of it: when an attempt starts anew, or the
 * server sends another version.  Such a part is marked as stale (transfer/attempt.h) until the record
 * of its new bytes is committed; a stale part that a later run finds is not resumed.
 *
 * The first error of a record is kept in fa_ledger.failure and ends the run; nothing is put after
 * it.  Errors of a commit are returned: the disk may be full, and a later commit may succeed.
 */
#ifndef FA_ENGINE_LEDGER_H
#define FA_ENGINE_LEDGER_H

#include "engine/counts.h"
#include "engine/emit.h"
#include "engine/job.h"
#include "engine/store.h"
#include "state/state.h"

#include <fetchall/config.h>

struct fa_ledger {
    const struct fa_config *config; /**< Borrowed. */
    struct fa_store *store;         /**< Borrowed. */
    struct fa_state *state;         /**< NULL: none is kept. */
    struct fa_state_run last_run;   /**< The run before this one. */
    double committed;               /**< When. */
    struct fa_error failure;        /**< FA_CLASS_NONE: none. */
};

/** Open the state, and remove the parts that it has no record of.  config and store are set.
 * @mode  The name of the strategy. */
int fa_ledger_open(struct fa_ledger *ledger, const char *mode, const struct fa_emitter *emitter,
                   struct fa_error *err);
void fa_ledger_close(struct fa_ledger *ledger);

/** What the state knows of a path: the one lookup of an entry. */
struct fa_recalled {
    bool found;
    uint64_t owner; /**< Key of the URL that the path belongs to. */
    enum fa_standing standing;
    bool replaces;
    struct fa_representation rep;
    struct fa_digest digest;
    uint64_t mirror;
    uint64_t synced;
    uint64_t run;
};

/** @return 0, or -1: the state cannot be read. */
int fa_ledger_lookup(struct fa_ledger *ledger, uint64_t key, struct fa_recalled *ret,
                     struct fa_error *err);

/** What a recalled record means for a job. */
enum fa_recall {
    FA_RECALL_NOTHING, /**< Nothing about a file; perhaps about its part, which the job has now. */
    FA_RECALL_DONE,    /**< The file, with that size, is complete. */
    FA_RECALL_OTHER,   /**< It was complete, and has another size now. */
    FA_RECALL_SKIP,    /**< It is not part of this run: only what failed is. */
    FA_RECALL_ERROR,   /**< No memory. */
};

/** @size  Of the existing file; -1: there is none. */
enum fa_recall fa_ledger_recall(const struct fa_ledger *ledger, struct fa_job *job,
                                const struct fa_recalled *record, int64_t size);

/** Whether an existing file is to be hashed, for the manifest or for the state. */
bool fa_ledger_wants_digest(const struct fa_ledger *ledger, const struct fa_job *job);

/** A job has ended. */
void fa_ledger_put_end(struct fa_ledger *ledger, const struct fa_job *job,
                       const struct fa_result *result);

/** The head of an active job's answer may have come. */
void fa_ledger_put_head(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts);

/** The part is complete, or an attempt has left it as job->part says. */
void fa_ledger_put_part(struct fa_ledger *ledger, struct fa_job *job,
                        const struct fa_counts *counts);

/** The file that the state has a record of is about to be replaced.  From now on the state claims
 * nothing about it, as a kill may come before it hears of the new file. */
int fa_ledger_disown(struct fa_ledger *ledger, const struct fa_job *job,
                     const struct fa_counts *counts, struct fa_error *err);

/** Whether a commit is due. */
bool fa_ledger_is_due(const struct fa_ledger *ledger, double now);

/** Commit what was put.  Nothing to commit is fine. */
int fa_ledger_commit(struct fa_ledger *ledger, const struct fa_counts *counts, double now,
                     struct fa_error *err);

/** The last commit of a run.  @complete  Every entry has ended. */
int fa_ledger_finish(struct fa_ledger *ledger, const struct fa_counts *counts, bool complete,
                     struct fa_error *err);

#endif
