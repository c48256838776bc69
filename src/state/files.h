/**
 * Checks the owner and mode of the files of a state.
 */
#ifndef FA_STATE_FILES_H
#define FA_STATE_FILES_H

#include <fetchall/error.h>

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
