/**
 * The tables of a state, and how they have grown.
 *
 * All functions leave the error of SQLite in the connection.
 */
#ifndef FA_STATE_SCHEMA_H
#define FA_STATE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/** Its application_id: "ftch". */
#define FA_SCHEMA_APPLICATION 0x66746368

/** The one that this program reads and writes; a database keeps its own as user_version. */
extern const int64_t fa_schema_newest;

/** The first column of the first row of a query.  @return 1; 0: there is no row; -1. */
int fa_schema_ask_text(sqlite3 *db, const char *sql, char *ret, size_t room);

/** The same as a number.  @return 0 or -1. */
int fa_schema_ask(sqlite3 *db, const char *sql, int64_t *ret);

/**
 * Take an empty database, or one of an earlier schema, to the newest one, in one transaction, and
 * sign it with the version of this program.
 *
 * @return 0; or -1: nothing has changed, and the connection is only good to be closed.
 */
int fa_schema_migrate(sqlite3 *db);

/** Whether the tables are those of a schema.  @return 1, 0 or -1. */
int fa_schema_check(sqlite3 *db, int64_t schema);

#endif
