/**
 * What the file system of a folder can do, found out before the first byte is fetched.
 *
 * File systems that are reached through FUSE or a network often lack hard links, rename flags,
 * modes, or stable inode numbers, and some say that an operation has worked when nothing was done.
 * A local file system of a known type is not probed.
 */
#ifndef FA_ENGINE_MOUNT_H
#define FA_ENGINE_MOUNT_H

#include <fetchall/error.h>

#include <stdbool.h>

/** Size of a text of fa_mount_describe(). */
#define FA_MOUNT_TEXT 480

struct fa_mount {
    bool known;          /**< It was not probed: it has everything. */
    bool modes;          /**< chmod(2) changes modes, so that parts can be marked as stale. */
    bool inodes;         /**< The number of an inode is kept. */
    bool exclusive;      /**< A file can be renamed, or linked, to a name that must be free. */
    unsigned long links; /**< Of a file with one name. */
};

/** One that has everything. */
void fa_mount_init(struct fa_mount *mount);

/**
 * Find out what is missing.  Call it under the lock of the folder.
 *
 * @at     The folder for parts.
 * @dir    The folder that is downloaded to, for messages.
 * @return 0, or -1: files cannot be created or renamed, so nothing can be downloaded there.
 */
int fa_mount_probe(struct fa_mount *mount, int at, const char *dir, struct fa_error *err);

/**
 * Whether names in a folder that differ only in case mean one file.  Local file systems may have
 * such folders, too (ext4, XFS, ZFS), so this is found out on all of them.  Changes nothing.
 *
 * @name  Of an existing folder in it, in lower case.
 */
bool fa_mount_folds(int at, const char *name);

/**
 * Say what is missing, and what follows from that.
 *
 * @by_name  The lock of the folder is a file: there is no flock(2).
 * @return   Whether there is anything to say.
 */
bool fa_mount_describe(const struct fa_mount *mount, bool by_name, const char *dir,
                       char ret[FA_MOUNT_TEXT]);

#endif
