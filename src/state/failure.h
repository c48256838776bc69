/**
 * What an error of SQLite means: the errno behind it, and a text for the user.
 */
#ifndef FA_STATE_FAILURE_H
#define FA_STATE_FAILURE_H

#include <fetchall/error.h>

#include <sqlite3.h>

/** Set err from the last error of a connection.
 *
 * @code  The errno of a failed call, if it was an I/O error; 0: ask SQLite, which does not know it
 *        after a failed COMMIT.
 * @return -1 */
int fa_failure_set(sqlite3 *db, int code, const char *what, const char *file, struct fa_error *err);

#endif
