/*
 * The primary key of a record is a number that counts up, not its key.  Keys are hashes: rows in
 * their order would be inserted at random places of the large table, and a page would be read and
 * written for each.  Instead, rows are appended, and only the small index is filled at random.
 */
#include "state/schema.h"

#include <fetchall/version.h>

#include <stdio.h>
#include <stdlib.h>

#define TEXT_OF(x)  #x
#define VALUE_OF(x) TEXT_OF(x)

/*
 * History of the schema: migrations[n] leads from schema n to schema n + 1.  A new database goes
 * through all migrations, an older one through those that it lacks, in one transaction.
 *
 * To change the schema, append a migration.  Never edit one that has been released: databases that
 * have passed it are not touched again.  A new column must get a value that is true for old rows.
 * Add a state of the old schema to tests/states/ (created with the program before the change);
 * state_test.c and resume_test.c open all of them.
 *
 * Standing, class and hash are the numbers of their enumerators: changing the order changes the
 * schema.
 */
static const struct migration {
    const char *sql;
    int64_t shape; /* the result of tables_measure() afterwards */
} migrations[] = {
    {"CREATE TABLE meta(k TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID;"
     "CREATE TABLE run(id INTEGER PRIMARY KEY, began REAL, ended REAL, mode TEXT, boot TEXT,"
     " entries INTEGER, done INTEGER, lists_final INTEGER);"
     "CREATE TABLE record(seq INTEGER PRIMARY KEY, key INTEGER NOT NULL, standing INTEGER,"
     " url TEXT, path TEXT, text TEXT, line INTEGER, class INTEGER, may_pass INTEGER,"
     " secret INTEGER, http INTEGER, error TEXT, size INTEGER, durable INTEGER, mirror INTEGER,"
     " etag TEXT, modified INTEGER, strong INTEGER, hash INTEGER, digest BLOB, run INTEGER,"
     " owner INTEGER, replaces INTEGER);"
     "CREATE UNIQUE INDEX record_key ON record(key);"
     "PRAGMA application_id=" VALUE_OF(FA_SCHEMA_APPLICATION),
     230821},
    /* Content coding, which schema 1 did not record.  A part with a declared length can still
     * be resumed, because a coded representation would have another length; one without a
     * length cannot (standing 0: a part; 2: failed, perhaps with one). */
    {"ALTER TABLE record ADD COLUMN coding TEXT;"
     "UPDATE record SET strong=NULL"
     " WHERE size=-1 AND (standing=0 OR (standing=2 AND replaces IS NULL))",
     240821},
    /* Whether a failed entry was requested at all.  Older programs did not record it, and most
     * were.  The range of the file, which was always the whole one. */
    {"ALTER TABLE record ADD COLUMN tried INTEGER;"
     "UPDATE record SET tried=1 WHERE standing=2;"
     "ALTER TABLE record ADD COLUMN slice TEXT",
     260821},
    /* The number of transfers that was found for an origin; its key is the hash of its name. */
    {"CREATE TABLE origin(key INTEGER PRIMARY KEY, at REAL, per_host INTEGER)", 3260821},
    /* Files that existed before anything was recorded.  Older programs did not mark them, and took
     * them for complete. */
    {"ALTER TABLE record ADD COLUMN unverified INTEGER", 3270821},
    /* Whether the command of --exec has to run for the file: enum fa_hook_standing. */
    {"ALTER TABLE record ADD COLUMN hook INTEGER", 3280821},
    /* Files that are members of an archive. */
    {"ALTER TABLE record ADD COLUMN archive INTEGER;"
     "ALTER TABLE record ADD COLUMN offset INTEGER;"
     "CREATE TABLE archive(id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER,"
     " files INTEGER, open INTEGER)",
     53300821},
    /* Second names of files. */
    {"ALTER TABLE record ADD COLUMN alias INTEGER", 53310821},
};

const int64_t fa_schema_newest = sizeof(migrations) / sizeof(*migrations);

/* 1 and 0 are distinguished, because a missing value is not an error. */
int fa_schema_ask_text(sqlite3 *db, const char *sql, char *ret, size_t room)
{
    sqlite3_stmt *stmt = NULL;
    ret[0] = '\0';
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(ret, room, "%s", text ? text : "");
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
}

int fa_schema_ask(sqlite3 *db, const char *sql, int64_t *ret)
{
    char text[32];
    if (fa_schema_ask_text(db, sql, text, sizeof(text)) < 0)
        return -1;
    *ret = strtoll(text, NULL, 10);
    return 0;
}

int fa_schema_migrate(sqlite3 *db)
{
    static const char signature[] =
        "INSERT OR REPLACE INTO meta VALUES('program', '" FA_VERSION "')";
    char sql[64];
    int64_t schema;
    /* Read inside the transaction: another process may have migrated it meanwhile. */
    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
        fa_schema_ask(db, "PRAGMA user_version", &schema) || schema > fa_schema_newest)
        return -1;
    for (int64_t i = schema; i < fa_schema_newest; ++i)
        if (sqlite3_exec(db, migrations[i].sql, NULL, NULL, NULL))
            return -1;
    snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", (int)fa_schema_newest);
    return sqlite3_exec(db, signature, NULL, NULL, NULL) ||
                   sqlite3_exec(db, sql, NULL, NULL, NULL) ||
                   sqlite3_exec(db, "COMMIT", NULL, NULL, NULL)
               ? -1
               : 0;
}

/* A checksum of the schema: the numbers of columns, and whether the index exists. */
static int tables_measure(sqlite3 *db, int64_t *ret)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM pragma_table_info('archive')) * 10000000 +"
        " (SELECT count(*) FROM pragma_table_info('origin')) * 1000000 +"
        " (SELECT count(*) FROM pragma_table_info('record')) * 10000 +"
        " (SELECT count(*) FROM pragma_table_info('run')) * 100 +"
        " (SELECT count(*) FROM pragma_table_info('meta')) * 10 +"
        " (SELECT count(*) FROM pragma_index_list('record') WHERE name='record_key')";
    return fa_schema_ask(db, sql, ret);
}

int fa_schema_check(sqlite3 *db, int64_t schema)
{
    int64_t shape;
    if (tables_measure(db, &shape))
        return -1;
    return shape == migrations[schema - 1].shape;
}
