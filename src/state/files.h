/**
 * The files of a state: where they are, who owns them, and what their file system can do.
 */
#ifndef FA_STATE_FILES_H
#define FA_STATE_FILES_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What SQLite adds to the name of a database for its files (https://sqlite.org/tempfiles.html).
 * The database itself is the last one: if the others go first, it is an older state at worst. */
#define FA_FILES 4
extern const char *const fa_files_suffixes[FA_FILES];

/**
 * The directory that a state at its default location belongs to: in its .fetchall, or in the folder
 * of a shard in that.
 *
 * @return  The length of the directory's path with its final slash, or 0: another location.
 */
size_t fa_files_home(const char *file);

/**
 * Reject a state that another user may have created: in a shared directory, somebody else's WAL
 * would be read as ours.  Call before SQLite opens its files and again afterwards, because one
 * could be created in between.
 *
 * @file    Path of the database; must contain a slash.  Missing files are accepted.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO.
 */
int fa_files_check(const char *file, struct fa_error *err);

/** The size of a file with that suffix; -1: it is missing. */
int64_t fa_files_size(const char *file, const char *suffix);

/** The state contains secrets: make it private.  A failure is ignored, as some file systems have no
 * modes. */
void fa_files_make_private(const char *file);

/**
 * Rename a damaged state.
 *
 * @why     What is wrong with it.
 * @notice  For the user.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO.
 */
int fa_files_set_aside(const char *file, const char *why, char notice[FA_MESSAGE_MAX],
                       struct fa_error *err);

/** The path of a state without symbolic links in its folder.  @return NULL on failure; to be
 * freed. */
char *fa_files_resolve(const char *file, struct fa_error *err);

/** What databases can expect of a file system. */
struct fa_files_traits {
    bool shares;   /**< Shared memory. */
    bool no_locks; /**< No locks of fcntl(2). */
    bool no_sync;  /**< No fsync(2). */
};

/** Ask the file system of a state.  @write  Also whether it can sync. */
void fa_files_probe(const char *file, bool write, struct fa_files_traits *ret);

#endif
