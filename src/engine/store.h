/**
 * The folder that files are downloaded to, and the private folder in it: its lock, its file system
 * and its space.  Part files are for store_part.h, and final names for store_publish.h.
 *
 * A file is written as DIR/.fetchall/KEY.part with mode 0600, and is renamed to its final name
 * once it is complete, so that a program that reads DIR never sees half a file.  DIR may be shared
 * with other users; DIR/.fetchall must belong to the effective user, and nobody else may write to
 * it.
 */
#ifndef FA_ENGINE_STORE_H
#define FA_ENGINE_STORE_H

#include "base/owner.h"
#include "engine/folder.h"
#include "engine/lock.h"
#include "engine/mount.h"
#include "engine/shard.h"
#include "transfer/attempt.h"

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/** The identity of a file, whatever its name. */
struct fa_inode {
    dev_t device;
    ino_t number; /**< 0: none. */
};

/** For the files of the store; all others use functions. */
struct fa_store {
    struct fa_folder folder;
    struct fa_owner owner; /**< Of the files in the private folder. */
    struct fa_lock lock;   /**< Not held: plan. */
    struct fa_mount mount; /**< What its file system can do. */
    /** The private folder: .fetchall, or that of a shard in it. */
    char own[sizeof(".fetchall/") + FA_SHARD_NAME];
    int own_fd; /**< -1: plan. */
    int scratch_fd;
    mode_t mode;  /**< Of files, as the umask has it. */
    bool unnamed; /**< engine/unnamed.h works here. */
    int spare;    /**< An unlinked file of FA_STORE_SPARE bytes, or -1. */
    struct fa_inode *kept;
    size_t n_kept;
};

/**
 * Open the folder, and lock it against a second fetchall.
 *
 * @shard  Its lock, parts and state are in a private folder of their own; NULL: no shard.
 * @plan   Read only: create and lock nothing.  The folder may be missing.
 */
struct fa_store *fa_store_new(const char *dir, const struct fa_shard *shard, bool plan,
                              struct fa_error *err);

/** Also removes DIR/.fetchall if it is empty. */
void fa_store_free(struct fa_store *store);

/** Refuse a folder that is divided into shards in another way: see fa_shard_check(). */
int fa_store_check_shard(const struct fa_store *store, const struct fa_shard *shard,
                         struct fa_error *err);

/** Whether the mount options of the file system let other users write to all files of DIR. */
bool fa_store_is_open(const struct fa_store *store);

/** What the file system of DIR lacks, and what follows, for the user.  @return false: nothing. */
bool fa_store_describe(const struct fa_store *store, char ret[FA_MOUNT_TEXT]);

/** Whether parts can be marked as stale.  If not, the record of a part must be withdrawn, and that
 * be committed, before the bytes of the part may change. */
bool fa_store_marks_parts(const struct fa_store *store);

/** Check that files can be synced, as --fsync requires.  @return 0, or -1. */
int fa_store_check_sync(const struct fa_store *store, struct fa_error *err);

/** The PID of the fetchall that holds the lock; 0: none; -1: unknown. */
int64_t fa_store_holder(const struct fa_store *store);

/** The name of the state database in DIR, to be freed; NULL: no memory. */
char *fa_store_state(const struct fa_store *store);

/** A descriptor of a folder for unlinked temporary files; borrowed. */
int fa_store_scratch(const struct fa_store *store);

/** DIR itself; borrowed. */
struct fa_folder *fa_store_folder(struct fa_store *store);

/** Once the folder is removed, everything fails: let err say so, instead of what failed first.
 * @return -1 */
int fa_store_explain(const struct fa_store *store, struct fa_error *err);

/** Free bytes that are required to continue after the disk was full. */
#define FA_STORE_SPACE (1 << 20)

/** Whether FA_STORE_SPACE bytes can be written.  @need  Bytes that must be free besides. */
bool fa_store_has_space(struct fa_store *store, uint64_t need);

/** Bytes reserved for the state, so that its last commit succeeds on a full disk. */
#define FA_STORE_SPARE (256 << 10)

/** Free the reserved bytes.  @return whether there were any. */
bool fa_store_give_spare(struct fa_store *store);

#endif
