/**
 * The CPU stage: digests of files that have been downloaded, by worker processes, threads, or here.
 *
 * Small files travel to a worker together, in one message.  Belongs to the loop's thread.
 */
#ifndef FA_STAGE_STAGE_H
#define FA_STAGE_STAGE_H

#include "pool/pool.h"

#include <fetchall/event.h>

/** The task type behind it; ends with a row without name. */
extern const struct fa_task_type fa_digest_tasks[];

struct fa_stage;

/** What came of one file. */
struct fa_stage_result {
    struct fa_error error; /**< FA_CLASS_NONE, or why there are no digests. */
    bool lost;             /**< The worker died; try again, alone. */
    struct fa_digest digests[FA_HASHES];
    size_t n_digests;
};

struct fa_stage_env {
    struct event_base *base;    /**< Borrowed. */
    struct fa_nursery *nursery; /**< Borrowed; needed for processes. */
    enum fa_hash_with with;
    unsigned jobs;
    bool confined;       /**< Worker processes keep nothing but their descriptors. */
    unsigned open_files; /**< At most that many descriptors are held. */
    /** Called on the loop, never from inside fa_stage_submit(). */
    void (*done)(void *ctx, void *tag, const struct fa_stage_result *result);
    void *ctx;
};

struct fa_stage *fa_stage_new(const struct fa_stage_env *env, struct fa_error *err);

/** Files without a result are dropped, done is not called for them. */
void fa_stage_free(struct fa_stage *stage);

/** Whether fa_stage_submit() would have the file only wait. */
bool fa_stage_full(const struct fa_stage *stage);

/**
 * Hash a file.
 *
 * @fd     Open for reading; taken.
 * @size   Decides what travels together.
 * @hashes enum fa_hash bits.
 * @alone  In a message of its own.
 */
int fa_stage_submit(struct fa_stage *stage, int fd, uint64_t size, unsigned hashes, bool alone,
                    void *tag, struct fa_error *err);

/** Send what was submitted, as workers are free. */
void fa_stage_flush(struct fa_stage *stage);

#endif
