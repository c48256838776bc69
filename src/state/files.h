/**
 * Checks the owner and mode of the files of a state.
 */
#ifndef FA_STATE_FILES_H
#define FA_STATE_FILES_H

#include <fetchall/error.h>

#include <stddef.h>

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

#endif
