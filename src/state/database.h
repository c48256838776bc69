/**
 * The SQLite database that a state lives in: opened with care, and of the right schema.
 *
 * What may have been written by anyone is not trusted: no triggers, no views, no symbolic links.
 */
#ifndef FA_STATE_DATABASE_H
#define FA_STATE_DATABASE_H

#include "state/state.h"

#include <sqlite3.h>

/** As fa_state_open(); close with fa_database_close().  ret_file is its resolved name, which
 * free(3) releases, set on success only. */
sqlite3 *fa_database_open(const char *file, const char *dir, enum fa_state_open how, bool durable,
                          char **ret_file, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err);

/** Writes the WAL back; all statements have been finalized.  NULL is fine. */
void fa_database_close(sqlite3 *db);

/** Fill in err from the last error of a connection.
 * @code  The errno that a call left, if it is an error of input or output; 0: ask SQLite, which
 *        does not know it after a failed COMMIT.
 * @return -1 */
int fa_database_failed(sqlite3 *db, int code, const char *what, const char *file,
                       struct fa_error *err);

/** The last run in it; id 0: there is none.  @return 0 or -1, with the error left in db. */
int fa_database_last_run(sqlite3 *db, struct fa_state_run *ret);

/** What tells one boot of the machine from another; "" if it is not known. */
#define FA_BOOT_MAX 40
void fa_database_boot(char ret[FA_BOOT_MAX]);

#endif
