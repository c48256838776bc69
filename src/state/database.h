/**
 * Opens and checks the SQLite database of a state.
 *
 * The file is untrusted: triggers, views and symbolic links are disabled.
 */
#ifndef FA_STATE_DATABASE_H
#define FA_STATE_DATABASE_H

#include "state/state.h"

#include <sqlite3.h>

/** See fa_state_open(); close with fa_database_close().  ret_file is set on success to its
 * resolved name, to be released with free(3). */
sqlite3 *fa_database_open(const char *file, const char *dir, enum fa_state_open how, bool durable,
                          char **ret_file, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err);

/** Write the WAL back and close.  All statements must be finalized.  NULL is ignored. */
void fa_database_close(sqlite3 *db);

/** The last run of the state; id 0: none.  @return 0, or -1 with the error left in db. */
int fa_database_last_run(sqlite3 *db, struct fa_state_run *ret);

/** Identifies a boot of the machine; "" if unknown. */
#define FA_BOOT_MAX 40
void fa_database_boot(char ret[FA_BOOT_MAX]);

#endif
