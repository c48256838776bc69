/**
 * A folder, and what lies below it.
 *
 * All paths are relative to one descriptor of the folder, are walked a folder at a time, and no
 * symbolic link is followed on the way: what is not a folder, or is not a plain file at the end,
 * is refused and left alone.  So is a path that is absolute, or that has a segment "." or "..".
 */
#ifndef FA_ENGINE_FOLDER_H
#define FA_ENGINE_FOLDER_H

#include <fetchall/error.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fa_folder {
    char *dir;    /**< As the user named it, for messages. */
    int fd;       /**< -1: it is missing. */
    int made;     /**< Folders that were made for it, itself included, and are not synced yet. */
    bool empty;   /**< It was, when it was opened: there is nothing to look for. */
    char *parent; /**< The folder below it that was used last, and its descriptor. */
    int parent_fd;
};

/**
 * Open a folder.
 *
 * @make    It and those above it are made; else it may be missing.
 * @return  0, or -1; fini is due either way.
 */
int fa_folder_init(struct fa_folder *folder, const char *dir, bool make, struct fa_error *err);

void fa_folder_fini(struct fa_folder *folder);

/** Look into it again, even if it was empty when it was opened. */
void fa_folder_renew(struct fa_folder *folder);

/** What stands under a name. */
enum fa_there {
    FA_THERE_NOTHING,
    FA_THERE_FILE,    /**< A regular file. */
    FA_THERE_REFUSED, /**< Something else; err says what (FA_CLASS_REFUSED). */
};

/** @ret_size  Of the file. */
enum fa_there fa_folder_look(struct fa_folder *folder, const char *path, int64_t *ret_size,
                             struct fa_error *err);

/** Open a regular file for reading.  @return a descriptor, or -1. */
int fa_folder_file(struct fa_folder *folder, const char *path, struct fa_error *err);

/**
 * The folder that a path lies in, walked anew unless it was the last one used.
 *
 * @make    Folders that are missing on the way.
 * @return  A descriptor that stays the folder's, or -1; ENOENT in err: it is not there.
 */
int fa_folder_parent(struct fa_folder *folder, const char *path, const char **ret_name, bool make,
                     struct fa_error *err);

/** Have on the disk what was done to a path's folder; NULL: all that was written to the file
 * system. */
int fa_folder_sync(struct fa_folder *folder, const char *path, struct fa_error *err);

/** The absolute name, to be freed by the caller; NULL when memory ran out. */
char *fa_folder_path(const struct fa_folder *folder);

/** What is in the folder of a descriptor; NULL if it cannot be read. */
DIR *fa_folder_list(int fd);

/** What stands in the way of a file, by its mode: "is a folder". */
const char *fa_folder_kind(mode_t mode);

/** Always -1: a path is left alone, and why. */
int fa_folder_refuse(struct fa_error *err, const char *path, const char *why);

/** Always -1: what could not be done with a path; errno says why. */
int fa_folder_failed(struct fa_error *err, const char *what, const char *path);

#endif
