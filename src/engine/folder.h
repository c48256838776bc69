/**
 * A folder, and the paths below it.
 *
 * All paths are relative to one descriptor of the folder.  They are opened one component at a time
 * without following symbolic links: a component that is not a folder, or a file that is not a
 * regular file, is refused and left alone.  So is a path that is absolute, or has a component "."
 * or "..".
 */
#ifndef FA_ENGINE_FOLDER_H
#define FA_ENGINE_FOLDER_H

#include "engine/parents.h"

#include <fetchall/error.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fa_folder {
    char *dir;  /**< As the user named it, for messages. */
    int fd;     /**< -1: the folder is missing. */
    int made;   /**< Folders created for it, itself included, and not synced yet. */
    bool empty; /**< It was empty when it was opened, so every lookup can be skipped. */
    bool folds; /**< Names that differ only in case mean one file: fa_mount_folds(). */
    struct fa_parents parents; /**< Below it; "checked": files can be renamed to it. */
};

/**
 * Open a folder.
 *
 * @make    Create it, and the folders above it; else it may be missing.
 * @return  0, or -1; call fa_folder_fini() either way.
 */
int fa_folder_init(struct fa_folder *folder, const char *dir, bool make, struct fa_error *err);

/** Open the same folder for another thread, with parents of its own.  @return 0; or -1, and nothing
 * to release: dir is NULL. */
int fa_folder_again(struct fa_folder *folder, const struct fa_folder *other, struct fa_error *err);

void fa_folder_fini(struct fa_folder *folder);

/** Forget that the folder was empty when it was opened. */
void fa_folder_renew(struct fa_folder *folder);

/** What exists at a path. */
enum fa_presence {
    FA_THERE_NOTHING,
    FA_THERE_FILE,    /**< A regular file. */
    FA_THERE_REFUSED, /**< Anything else; err says what (FA_CLASS_REFUSED). */
};

/** @ret_size  Of the file. */
enum fa_presence fa_folder_look(struct fa_folder *folder, const char *path, int64_t *ret_size,
                                struct fa_error *err);

/** The same after files of the run may be there. */
enum fa_presence fa_folder_look_again(struct fa_folder *folder, const char *path, int64_t *ret_size,
                                      struct fa_error *err);

/** Open a regular file for reading.  @return a descriptor, or -1. */
int fa_folder_file(struct fa_folder *folder, const char *path, struct fa_error *err);

/**
 * Open the folder that contains a path; the last ones are kept open.
 *
 * @make    Create missing folders.
 * @return  A descriptor, borrowed until the next call, or -1; ENOENT in err: the folder does not
 *          exist.
 */
int fa_folder_parent(struct fa_folder *folder, const char *path, const char **ret_name, bool make,
                     struct fa_error *err);

/** Forget the folder of a path, as it may be gone: it is looked up again, and made. */
void fa_folder_forget(struct fa_folder *folder, const char *path);

/**
 * Check whether a file could be created in the folder of a path, or the folder itself.  DIR is not
 * checked.
 *
 * @return 0, or -1.
 */
int fa_folder_check(struct fa_folder *folder, const char *path, struct fa_error *err);

/** Sync the folder of a path, and the folders above it that are new; NULL: the file system. */
int fa_folder_sync(struct fa_folder *folder, const char *path, struct fa_error *err);

/** The absolute name, to be freed by the caller; NULL: no memory. */
char *fa_folder_path(const struct fa_folder *folder);

/** Bytes of a name that the file system allows, as it says itself; 0: unknown. */
size_t fa_folder_name_max(const struct fa_folder *folder);

/** Open a folder for readdir(3) by its descriptor; NULL: it cannot be read. */
DIR *fa_folder_list(int fd);

/** Describe something that is not a regular file by its mode: "is a folder". */
const char *fa_folder_kind(mode_t mode);

/** Set the error of a path that is refused.  @return -1 */
int fa_folder_refuse(struct fa_error *err, const char *path, const char *why);

/** Set the error of an operation on a path from errno.  @return -1 */
int fa_folder_failed(struct fa_error *err, const char *what, const char *path);

/**
 * As fa_folder_failed(), for a file or folder that could not be created: the message says whether
 * space or inodes are lacking.
 *
 * @at, name  As for openat(2).
 */
int fa_folder_not_made(struct fa_error *err, int at, const char *name, const char *what,
                       const char *path);

#endif
