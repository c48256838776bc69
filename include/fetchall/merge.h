/**
 * Join the states of shards into one: see fa_config.shards.
 */
#ifndef FETCHALL_MERGE_H
#define FETCHALL_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** What a merge has found. */
enum fa_merge_finding {
    FA_MERGE_MISSING,    /**< No state of a shard. */
    FA_MERGE_UNFINISHED, /**< A shard whose last run did not handle its lists to the end. */
    FA_MERGE_DOUBLE,     /**< A file that two states have, and agree about. */
    FA_MERGE_DISAGREES,  /**< A file that two states have, with different URLs or contents. */
    FA_MERGE_FINDINGS
};

/** The stable name of a finding ("missing").  Can be called from any thread. */
const char *fa_merge_finding_name(enum fa_merge_finding finding);

/** Valid until the handler returns. */
struct fa_merge_found {
    enum fa_merge_finding finding;
    const char *name; /**< A shard ("2/4"), a state, or the path of a file. */
    const char *why;
};

/** Called on the thread that called fa_merge_run(). */
typedef void (*fa_merge_handler)(void *ctx, const struct fa_merge_found *found);

/** The result as a whole. */
struct fa_merge_summary {
    size_t size;      /**< Set by the caller: sizeof(struct fa_merge_summary). */
    uint64_t states;  /**< Number of states. */
    uint64_t records; /**< Number of files in the result. */
};

/**
 * Join states into the state of a folder.
 *
 * The shards of the folder are replaced by the result: their parts are kept, their states removed.
 * If it is killed, call it again.  Memory does not grow with the number of files.
 *
 * @states  States of shards of other folders, whose files are below dir already: these are only
 *          read.  A folder stands for its state, or for those of its shards.  n of them; 0: the
 *          shards of dir.
 * @return  0, or -1 with FA_CLASS_REFUSED if there is nothing to merge or dir has a state already,
 *          and with FA_CLASS_LOCAL_IO otherwise.
 */
int fa_merge_run(const char *dir, const char *const *states, size_t n, fa_merge_handler handler,
                 void *ctx, struct fa_merge_summary *ret, struct fa_error *err);

FA_API_END

#endif
