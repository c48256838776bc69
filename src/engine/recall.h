/**
 * What the state says about the path of a job when it is admitted: its file, or the part of it.
 */
#ifndef FA_ENGINE_RECALL_H
#define FA_ENGINE_RECALL_H

#include "engine/identity.h"
#include "engine/job.h"
#include "engine/ledger.h"

/** What the state knows about a path: one query for each entry. */
struct fa_recalled {
    bool found;
    bool own;        /**< The path belongs to the URL of the job. */
    enum fa_kin kin; /**< Else: whether the job may take it over. */
    uint64_t owner;  /**< Key of the URL that the path belongs to. */
    enum fa_standing standing;
    bool replaces;
    bool tried;
    bool unverified;
    struct fa_representation rep;
    struct fa_digest digest;
    uint64_t mirror;
    uint64_t synced;
    uint64_t run;
    enum fa_hook_standing hook;
    uint64_t archive;
    uint64_t offset;
    int64_t seen;   /**< Size of the file, which was there a moment ago; -1: look. */
    bool renamed;   /**< The file has another path, which its server chose: see fa_recall_name(). */
    uint64_t alias; /**< own: the key of the first name of the file, whose record describes it; 0:
                         this is its record. */
};

/** @key  Of a path of the job.  @return 0, or -1: the state cannot be read. */
int fa_recall_lookup(struct fa_ledger *ledger, const struct fa_job *job, uint64_t key,
                     struct fa_recalled *ret, struct fa_error *err);

/** Read the path of a file that a server has named.  @key  Of its record.  @ret  To be freed; NULL:
 * the path is invalid.  @return 0, or -1 */
int fa_recall_name(struct fa_ledger *ledger, uint64_t key, char **ret, struct fa_error *err);

/** What a recalled record means for a job. */
enum fa_recall {
    FA_RECALL_NOTHING, /**< No file is known; job->part is set if there is a part. */
    FA_RECALL_DONE,    /**< The file is complete, and has the recorded size. */
    FA_RECALL_OTHER,   /**< The file was complete, and has another size now. */
    FA_RECALL_SKIP,    /**< Not in this run, which retries failed entries only. */
    FA_RECALL_ERROR,   /**< No memory. */
};

/** Whether an entry is not one of this run, which retries failed entries only. */
bool fa_recall_skips(const struct fa_ledger *ledger, const struct fa_recalled *record);

/** @size  Of the existing file; -1: no file. */
enum fa_recall fa_recall_job(const struct fa_ledger *ledger, struct fa_job *job,
                             const struct fa_recalled *record, int64_t size);

/** Whether to hash an existing file, for the manifest or for the state. */
bool fa_recall_wants_digest(const struct fa_ledger *ledger, const struct fa_job *job);

#endif
