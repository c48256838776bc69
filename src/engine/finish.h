/**
 * The last steps of a complete file: the CPU stage hashes it, then it gets its name.
 */
#ifndef FA_ENGINE_FINISH_H
#define FA_ENGINE_FINISH_H

#include "engine/job.h"
#include "engine/store.h"
#include "engine/volumes.h"
#include "stage/stage.h"

#include <fetchall/config.h>

/** Files that may wait for the stage; with more, no download starts. */
#define FA_FINISH_MAX 8192

struct fa_finish {
    struct fa_store *store;           /**< Borrowed. */
    const struct fa_volumes *volumes; /**< Borrowed. */
    struct fa_stage *stage;           /**< Owned. */
    unsigned hash;                    /**< fa_config.hash */
    bool remote_time;                 /**< fa_config.remote_time */
    bool http_digest;                 /**< Check digests of servers. */
    bool follows;                     /**< Hash files while they are written. */
    struct fa_job_queue fetched;      /**< For the stage. */
    struct fa_job_queue hashed;       /**< Back from the stage. */
    unsigned staged;                  /**< Jobs in the queues and in the stage. */
    void (*wake)(void *ctx);          /**< Called when a file has been hashed, outside of a turn. */
    void *ctx;
};

/** store, hash, wake and ctx are set.  @env  done and ctx are filled in here. */
int fa_finish_init(struct fa_finish *finish, struct fa_stage_env *env, struct fa_error *err);
void fa_finish_fini(struct fa_finish *finish);

/** The digest that the server declares of the file of a job, if it counts; or NULL. */
const struct fa_digest *fa_finish_declared(const struct fa_finish *finish,
                                           const struct fa_job *job);

/** Whether a file has to be hashed before it can get its name. */
bool fa_finish_needs_hash(const struct fa_finish *finish, const struct fa_job *job);

/** An attempt is going to start: have its file hashed while it is written, if that is possible. */
void fa_finish_follow(const struct fa_finish *finish, struct fa_job *job);

/** Hash the file of a job. */
void fa_finish_put(struct fa_finish *finish, struct fa_job *job, double now);

/** Submit waiting files to the stage.  @active  Transfers in progress, which will free
 * descriptors. */
void fa_finish_flush(struct fa_finish *finish, unsigned active);

enum fa_hashed {
    FA_HASHED_NONE,     /**< No job is back. */
    FA_HASHED_GOOD,     /**< Every digest matches. */
    FA_HASHED_MISMATCH, /**< A digest differs from that of the list, of the state, or of the
                             server. */
    FA_HASHED_AGAIN,    /**< The worker crashed: put the job again. */
    FA_HASHED_FAILED,   /**< See job->hashed->error; job->hashed NULL: no memory. */
};

/**
 * Get the digests of a file that was hashed while it was written, or hash one at once that is small
 * and has no name yet.
 *
 * @return FA_HASHED_NONE: it was not hashed; else as fa_finish_take().
 */
enum fa_hashed fa_finish_now(struct fa_finish *finish, struct fa_job *job, double now);

/** Take the next job that is back from the stage.  job->hashed has its digests. */
enum fa_hashed fa_finish_take(struct fa_finish *finish, struct fa_job **ret, double now);

/**
 * Rename a part to a final name, with the time of the server if that is set.
 *
 * @replace  Replace an existing file; a part without a name cannot.
 * @return   As fa_store_publish().
 */
int fa_finish_publish(struct fa_finish *finish, struct fa_job *job, const char *path, bool replace,
                      bool sync, struct fa_error *err);

#endif
