/**
 * The files that a state consists of: they belong to us, and nobody else may write to them.
 */
#ifndef FA_STATE_FILES_H
#define FA_STATE_FILES_H

#include <fetchall/error.h>

/**
 * Refuse a state that another user may have made: in a folder that is shared, the WAL of somebody
 * else would be read as ours.  To be asked before SQLite opens its files and after: in between,
 * others might have made one.
 *
 * @file    The database; its name has a slash.  Files that are missing are fine.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO.
 */
int fa_files_check(const char *file, struct fa_error *err);

#endif
