/**
 * The folder that files go to: parts, publishing, and what may stand in the way.
 *
 * A file is written as DIR/.fetchall/KEY.part, mode 0600, and gets its name by rename(2) when it
 * is complete.  DIR may be shared with others; DIR/.fetchall belongs to the effective user, and
 * nobody else may write to it.
 */
#ifndef FA_ENGINE_STORE_H
#define FA_ENGINE_STORE_H

#include "engine/folder.h"
#include "transfer/attempt.h"

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fa_store;

/**
 * Open the folder, and lock it against a second fetchall.
 *
 * @plan  Only look: make nothing, lock nothing.  The folder may be missing.
 */
struct fa_store *fa_store_new(const char *dir, bool plan, struct fa_error *err);

/** Removes DIR/.fetchall if it is empty by then. */
void fa_store_free(struct fa_store *store);

/** Whether the file system lets others write to all files of DIR, as it is mounted. */
bool fa_store_is_open(const struct fa_store *store);

/** The process that is at work in the folder; 0: none; -1: it is not known. */
int64_t fa_store_holder(const struct fa_store *store);

/** The name of the state's database in it, to be freed; NULL when memory ran out. */
char *fa_store_state(const struct fa_store *store);

/** A folder for unlinked temporary files. */
int fa_store_scratch(const struct fa_store *store);

/** DIR itself: what stands there, and what lies below. */
struct fa_folder *fa_store_folder(struct fa_store *store);

/**
 * Open a part for writing.
 *
 * @stale    Mark a new part as stale: the state may still have a record of its predecessor.
 * @offset   In: how many bytes of it are good; others are cut off.  Out: 0 if it has not as many;
 *           then it is empty.
 * @return   A descriptor, or -1.
 */
int fa_store_part_write(struct fa_store *store, uint64_t key, bool stale, uint64_t *offset,
                        struct fa_error *err);

/** @return the bytes of a part that may be trusted, or -1. */
int64_t fa_store_part_size(struct fa_store *store, uint64_t key);

/** A file by itself, whatever its name. */
struct fa_inode {
    dev_t device;
    ino_t number; /**< 0: none. */
};

/** The state tells of the part as it is now.  @inode  Of what was written. */
int fa_store_part_know(struct fa_store *store, uint64_t key, const struct fa_inode *inode);

/** Remove all parts but those that keeps() tells to keep.  @keeps  NULL: all. */
void fa_store_purge(struct fa_store *store, bool (*keeps)(void *arg, uint64_t key), void *arg);

/** Open a part for reading.  @inode  Of what was written.  @return a descriptor, or -1. */
int fa_store_part_open(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                       struct fa_error *err);

void fa_store_part_remove(struct fa_store *store, uint64_t key);

/**
 * Give a part its name; folders on the way are made.
 *
 * @inode    Of what was written and hashed: nothing else gets the name.
 * @replace  A plain file that stands there goes; else that is an error (FA_CLASS_REFUSED).
 */
int fa_store_publish(struct fa_store *store, uint64_t key, const struct fa_inode *inode,
                     const char *path, bool replace, struct fa_error *err);

/** Keep a file, by its inode, from being replaced; one that is missing is none.  @return 0, or -1
 * when memory ran out. */
int fa_store_keep(struct fa_store *store, const char *file);

/** Bytes that make it worth going on after the disk was full. */
#define FA_STORE_ROOM (1 << 20)

/** Whether there are FA_STORE_ROOM bytes that we may write.  @need  And so many that are free. */
bool fa_store_has_room(struct fa_store *store, uint64_t need);

/** Bytes that are held back for the state, so that what is kept on a full disk can be told. */
#define FA_STORE_SPARE (256 << 10)

/** Give them back to the disk.  @return whether there were any. */
bool fa_store_give_spare(struct fa_store *store);

#endif
