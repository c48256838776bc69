/**
 * The CPU stage: computes digests of downloaded files in worker processes, in threads, or inline on
 * the event loop.
 *
 * Small files are sent to a worker in batches; with FA_HASH_WITH_AUTO, those in the page cache are
 * hashed inline.  Belongs to the thread of the loop.
 */
#ifndef FA_STAGE_STAGE_H
#define FA_STAGE_STAGE_H

#include "pool/pool.h"
#include "stage/running.h"
#include "stage/digest.h"

#include <fetchall/event.h>

struct fa_stage;

/** The result for one file. */
struct fa_stage_result {
    struct fa_error error; /**< FA_CLASS_NONE, or why there are no digests. */
    bool lost;             /**< The worker died: retry the file alone. */
    struct fa_digest digests[FA_HASHES];
    size_t n_digests;
};

struct fa_stage_env {
    struct event_base *base;    /**< Borrowed. */
    struct fa_nursery *nursery; /**< Borrowed; needed if fa_stage_has_processes(). */
    enum fa_hash_with with;
    unsigned jobs;
    bool confined;       /**< Confine worker processes: they keep only their descriptors. */
    unsigned open_files; /**< Maximum number of descriptors held. */
    /** Called on the loop, never from inside fa_stage_submit(). */
    void (*done)(void *ctx, void *tag, const struct fa_stage_result *result);
    void *ctx;
};

/** How a file is to be hashed. */
enum fa_stage_how {
    FA_STAGE_BATCH,  /**< By a worker. */
    FA_STAGE_ALONE,  /**< By a worker, in a batch of its own. */
    FA_STAGE_CACHED, /**< It is in the page cache: inline, if that is cheaper than a worker. */
};

/** Whether a model needs worker processes. */
bool fa_stage_has_processes(enum fa_hash_with with);

struct fa_stage *fa_stage_new(const struct fa_stage_env *env, struct fa_error *err);

/** Files without a result are dropped without calling done. */
void fa_stage_free(struct fa_stage *stage);

/** Whether a file submitted now would only wait. */
bool fa_stage_full(const struct fa_stage *stage);

/**
 * Submit a file.
 *
 * @fd     Open for reading; taken.
 * @size   Decides which files share a batch, and which are hashed inline.
 * @hashes enum fa_hash bits.
 */
int fa_stage_submit(struct fa_stage *stage, int fd, uint64_t size, unsigned hashes,
                    enum fa_stage_how how, void *tag, struct fa_error *err);

/** In place of an offset: the whole file. */
#define FA_STAGE_WHOLE UINT64_MAX

/** The same for a part of a file.  @range  From FA_STAGE_WHOLE: all of it. */
int fa_stage_submit_member(struct fa_stage *stage, int fd, const struct fa_digest_range *range,
                           unsigned hashes, enum fa_stage_how how, void *tag, struct fa_error *err);

/**
 * Hash a small file at once, in the calling thread, if FA_HASH_WITH_AUTO would hash it inline.
 *
 * @fd     Open for reading, and in the page cache; borrowed.
 * @return Whether ret has its digests, or an error.  If not, submit it.
 */
bool fa_stage_hash_now(struct fa_stage *stage, int fd, uint64_t size, unsigned hashes,
                       struct fa_stage_result *ret);

/** Get digests of a file that is going to be written, if FA_HASH_WITH_AUTO.  @return NULL: none. */
struct fa_running_digest *fa_stage_running_get(struct fa_stage *stage);

/** Give them back, for another file.  Those that are not are to be freed. */
void fa_stage_running_put(struct fa_stage *stage, struct fa_running_digest *running);

/** Send submitted files to idle workers, and hash the others soon. */
void fa_stage_flush(struct fa_stage *stage);

#endif
