/**
 * The folder that files are downloaded to: its lock, the part files, and publishing.
 *
 * A file is written as DIR/.fetchall/KEY.part with mode 0600, and is renamed to its final name
 * once it is complete, so that a program that reads DIR never sees half a file.  DIR may be shared
 * with other users; DIR/.fetchall must belong to the effective user, and nobody else may write to
 * it.
 */
#ifndef FA_ENGINE_STORE_H
#define FA_ENGINE_STORE_H

#include "engine/folder.h"
#include "engine/mount.h"
#include "engine/shard.h"
#include "transfer/attempt.h"

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct fa_store;

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

/** Take the parts of a shard, whose records have been merged, and remove its state.  Can be
 * repeated after an error.  @return 0, or -1 */
int fa_store_absorb(struct fa_store *store, struct fa_store *shard, struct fa_error *err);

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

/**
 * Open a part for writing.
 *
 * @stale    Mark a new part as stale: the state may still have a record of the previous part.
 * @offset   In: how many bytes to keep; the rest is truncated.  Out: 0 if the part is shorter than
 *           that, or missing: then a new, empty part is opened.
 * @return   A descriptor, or -1.
 */
int fa_store_part_write(struct fa_store *store, uint64_t key, bool stale, uint64_t *offset,
                        struct fa_error *err);

/** @return the size of a part that is not stale, or -1. */
int64_t fa_store_part_size(struct fa_store *store, uint64_t key);

/** The identity of a file, whatever its name. */
struct fa_inode {
    dev_t device;
    ino_t number; /**< 0: none. */
};

/** The identity of an open part.  The number stays 0 where the file system does not keep it: then a
 * part is identified by its name.  @return whether it could be read */
bool fa_store_inode(const struct fa_store *store, int fd, struct fa_inode *ret);

/**
 * Open a file without a name for writing and reading, instead of a part.
 *
 * @return A descriptor; or -1: use fa_store_part_write().
 */
int fa_store_unnamed(const struct fa_store *store);

/** Make an open file without a name a part, so that it can be resumed.  @ret  Its identity. */
int fa_store_part_name(struct fa_store *store, uint64_t key, int fd, struct fa_inode *ret,
                       struct fa_error *err);

/** The state has a record of the part as it is now: clear its stale mark.  @inode  Of the file that
 * was written. */
int fa_store_part_know(struct fa_store *store, uint64_t key, const struct fa_inode *inode);

/**
 * Make a part one that several attempts write to: it gets the size and the mode of a split part.
 *
 * @inode  Of the file that is being written.
 * @size   Of the complete file.
 * @return A descriptor for writing, or -1: the file system has no modes or no space.
 */
int fa_store_part_split(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                        uint64_t size);

/** Open a split part for writing.  @inode  0: of any file; it is set.  @return a descriptor, or
 * -1 */
int fa_store_part_join(struct fa_store *store, uint64_t key, struct fa_inode *inode,
                       struct fa_error *err);

/** Open a split part of an earlier run to read its map.  @return a descriptor, or -1 */
int fa_store_part_map(struct fa_store *store, uint64_t key);

/**
 * A split part is complete: make it a plain one.
 *
 * @fd     Open for writing.
 * @stale  The record of the part is about other bytes.
 */
int fa_store_part_unite(struct fa_store *store, int fd, uint64_t size, bool stale,
                        struct fa_error *err);

/** Remove the parts that keeps() rejects.  @keeps  NULL: remove all. */
void fa_store_purge(struct fa_store *store, bool (*keeps)(void *arg, uint64_t key), void *arg);

/**
 * Open the part of a hedge: a second file for the same key.  Its bytes are never resumed, and a
 * later run removes what a kill has left of it.
 *
 * @return A descriptor, or -1.
 */
int fa_store_hedge_open(struct fa_store *store, uint64_t key, struct fa_error *err);

/** Make the part of a hedge the part of the key.  It is still marked as stale.  @inode  Of the file
 * that was written.  @return 0, or -1 */
int fa_store_hedge_adopt(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                         struct fa_error *err);

void fa_store_hedge_remove(struct fa_store *store, uint64_t key);

/** Open a part for reading.  @inode  Of the file that was written.  @return a descriptor, or -1. */
int fa_store_part_open(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                       struct fa_error *err);

/** Open a part for reading, whichever file it is.  @return a descriptor, or -1. */
int fa_store_part_read(struct fa_store *store, uint64_t key, struct fa_error *err);

void fa_store_part_remove(struct fa_store *store, uint64_t key);

/** Returned by fa_store_publish() if only the path is to blame: the folder below DIR that it is in,
 * or the length of its name. */
#define FA_STORE_FOLDER_CLOSED (-2)

/**
 * Rename a part to its final name, and create the folders of that name.
 *
 * @inode    Of the file that was written and hashed: no other file is published.
 * @replace  Replace an existing regular file; else it is an error (FA_CLASS_REFUSED).
 * @return   0, -1, or FA_STORE_FOLDER_CLOSED: other paths may work.
 */
int fa_store_publish(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                     const char *path, bool replace, struct fa_error *err);

/** The same for an open file without a name, which replaces none. */
int fa_store_publish_unnamed(struct fa_store *store, int fd, const char *path,
                             struct fa_error *err);

/** Protect a file, by its inode, from being replaced; a missing file needs none.  @return 0, or -1:
 * no memory. */
int fa_store_keep(struct fa_store *store, const char *file);

/** Whether a file is protected from being replaced. */
bool fa_store_keeps(const struct fa_store *store, const struct stat *st);

/** Free bytes that are required to continue after the disk was full. */
#define FA_STORE_SPACE (1 << 20)

/** Whether FA_STORE_SPACE bytes can be written.  @need  Bytes that must be free besides. */
bool fa_store_has_space(struct fa_store *store, uint64_t need);

/** Bytes reserved for the state, so that its last commit succeeds on a full disk. */
#define FA_STORE_SPARE (256 << 10)

/** Free the reserved bytes.  @return whether there were any. */
bool fa_store_give_spare(struct fa_store *store);

#endif
