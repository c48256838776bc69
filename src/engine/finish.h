/**
 * The way of a complete file through the CPU stage, and to its name.
 */
#ifndef FA_ENGINE_FINISH_H
#define FA_ENGINE_FINISH_H

#include "engine/job.h"
#include "engine/store.h"
#include "stage/stage.h"

#include <fetchall/config.h>

/** Files that wait for the stage before downloads wait for it. */
#define FA_FINISH_MAX 8192

struct fa_finish {
    struct fa_store *store;      /**< Borrowed. */
    struct fa_stage *stage;      /**< Owned. */
    unsigned hash;               /**< fa_config.hash */
    struct fa_job_queue fetched; /**< For the stage. */
    struct fa_job_queue hashed;  /**< Back from it. */
    unsigned staged;             /**< Jobs in all of that. */
    void (*news)(void *ctx);     /**< Called when something is hashed, outside of a turn. */
    void *ctx;
};

/** store, hash, news and ctx are set.  @env  done and ctx are filled in here. */
int fa_finish_init(struct fa_finish *finish, struct fa_stage_env *env, struct fa_error *err);
void fa_finish_fini(struct fa_finish *finish);

/** Whether a file has to be hashed before it can get its name. */
bool fa_finish_needs_hash(const struct fa_finish *finish, const struct fa_job *job);

/** Hash the file of a job. */
void fa_finish_put(struct fa_finish *finish, struct fa_job *job, double now);

/** Hand what waits to the stage.  @active  Transfers in progress, which will free descriptors. */
void fa_finish_flush(struct fa_finish *finish, unsigned active);

enum fa_hashed {
    FA_HASHED_NONE,     /**< Nothing has come back. */
    FA_HASHED_GOOD,     /**< Every digest is as it should be. */
    FA_HASHED_MISMATCH, /**< A digest differs from that of the list, or of the state. */
    FA_HASHED_AGAIN,    /**< The worker died: put it again. */
    FA_HASHED_FAILED,   /**< job->hashed->error, or if that is NULL, no memory. */
};

/** The next job that has come back.  job->hashed has its digests. */
enum fa_hashed fa_finish_take(struct fa_finish *finish, struct fa_job **ret, double now);

/** Give a part its name. */
int fa_finish_publish(struct fa_finish *finish, struct fa_job *job, bool sync,
                      struct fa_error *err);

#endif
