/**
 * Part files: files that are being written, by the key of their path.
 *
 * A part is private (0600) and identified by its inode, as a name proves nothing in a folder that
 * others may write to.
 */
#ifndef FA_ENGINE_STORE_PART_H
#define FA_ENGINE_STORE_PART_H

#include "engine/store.h"

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

/** Take the parts of a shard, whose records have been merged, and remove its state.  Can be
 * repeated after an error.  @return 0, or -1 */
int fa_store_absorb(struct fa_store *store, struct fa_store *shard, struct fa_error *err);

/** Bytes for the name of a part. */
#define FA_PART_NAME 32

/** The name of a part in the private folder. */
const char *fa_part_name(const struct fa_store *store, uint64_t key, char name[FA_PART_NAME]);

/** Whether it is a regular file of our own with one link. */
bool fa_part_is_ours(const struct fa_store *store, const struct stat *st);

bool fa_inode_is_same(const struct fa_inode *inode, const struct stat *st);

/** Whether it is the part that was written, as far as the file system can say. */
bool fa_part_is_same(const struct fa_store *store, const struct fa_inode *inode,
                     const struct stat *st);

/**
 * Open the part that was written, not another file that has its name by now.
 *
 * @how     O_RDONLY or O_WRONLY: the mode of a stale part allows no more.
 * @return  A descriptor, or -1.
 */
int fa_part_open_same(const struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                      int how, struct fa_error *err);

#endif
