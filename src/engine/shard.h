/**
 * Shards: the parts of one list that several machines download.
 *
 * An entry belongs to the shard whose index is the hash of its origin ("https://example.org:443",
 * always with the port) modulo their number, so that all requests to a host come from one shard; or
 * the hash of its URL, without what signs it.  The hash is XXH3, 64 bits, seed 0.  Other programs
 * may compute it, so it is part of the interface.
 *
 * Shards that share a folder have one private folder each, DIR/.fetchall/shard-I-of-N, with a lock,
 * parts and a state.
 */
#ifndef FA_ENGINE_SHARD_H
#define FA_ENGINE_SHARD_H

#include "list/entry.h"

#include <fetchall/error.h>

#include <stdbool.h>

struct fa_shard {
    unsigned index;
    unsigned count; /**< 0: no shards. */
    bool by_url;
    const char *worker; /**< fa_config.worker: no shard, but it has a private folder, too. */
};

/** The longest name of a worker. */
#define FA_SHARD_WORKER_MAX 32

/** The name of its private folder in DIR/.fetchall: "shard-0-of-4", "worker-NAME", or "". */
#define FA_SHARD_NAME 40
/** The state that a merge writes, in DIR/.fetchall, until it is complete. */
#define FA_SHARD_MERGED "merge.db"
void fa_shard_name(const struct fa_shard *shard, char ret[FA_SHARD_NAME]);

/** The shard whose private folder has that name.  @return whether it is such a name */
bool fa_shard_from_name(const char *name, struct fa_shard *ret);

/** Whether an entry belongs to the shard: with count 0, each does.  An unreadable list, which is an
 * entry of line 0, belongs to all. */
bool fa_shard_has(const struct fa_shard *shard, const struct fa_entry *entry);

/**
 * Refuse a folder that was divided in another way, as its files would be downloaded again or taken
 * for those of other entries.
 *
 * @fd   Of DIR/.fetchall.  Borrowed.
 * @run  It is about to download, so that by_url must be the same, too.
 * @dir  For messages.
 */
int fa_shard_check(const struct fa_shard *shard, int fd, bool run, const char *dir,
                   struct fa_error *err);

/** Note in the private folder of a shard what divides its list, as long as it has no state.
 * @return 0, or -1 */
int fa_shard_mark(const struct fa_shard *shard, int own_fd, struct fa_error *err);

/** Remove that note, unless there is a state, so that an empty folder can be removed. */
void fa_shard_unmark(int own_fd);

#endif
