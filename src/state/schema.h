/**
 * The tables of a state, and the migrations between their versions.
 *
 * All functions leave SQLite's error in the connection.
 */
#ifndef FA_STATE_SCHEMA_H
#define FA_STATE_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/** application_id of our databases: "ftch". */
#define FA_SCHEMA_APPLICATION 0x66746368

/** The version that this program reads and writes.  A database stores its own as user_version. */
extern const int64_t fa_schema_newest;

/** Get the first column of the first row of a query.  @return 1; 0 if there is no row; or -1. */
int fa_schema_ask_text(sqlite3 *db, const char *sql, char *ret, size_t room);

/** The same as a number.  @return 0 or -1. */
int fa_schema_ask(sqlite3 *db, const char *sql, int64_t *ret);

/**
 * Migrate an empty or older database to the newest schema in one transaction, and record this
 * program's version.
 *
 * @return 0; or -1: nothing has changed, and the connection can only be closed.
 */
int fa_schema_migrate(sqlite3 *db);

/** Whether the tables are those of a schema.  @return 1, 0 or -1. */
int fa_schema_check(sqlite3 *db, int64_t schema);

#endif
