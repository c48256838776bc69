/**
 * A record as a row of the table "record".
 */
#ifndef FA_STATE_ROW_H
#define FA_STATE_ROW_H

#include "state/state.h"

#include <sqlite3.h>

/** The columns of fa_row_read(), and the parameters of fa_row_bind(), in their order. */
#define FA_ROW_COLUMNS                                                                           \
    "key, standing, url, path, text, line, class, may_pass, secret, http, error, size, durable," \
    " mirror, etag, modified, strong, hash, digest, run, owner, replaces, coding, tried,"        \
    " slice, unverified, hook, archive, offset, alias"

/** Read a row.  @file  For the error.  @ret  Its strings are the statement's, until its next
 * step. */
int fa_row_read(sqlite3_stmt *row, const char *file, struct fa_record *ret, struct fa_error *err);

/** Bind the parameters of a statement to a record, whose strings have to outlive the execution. */
void fa_row_bind(sqlite3_stmt *stmt, const struct fa_record *record);

/** Bind a text, which has to outlive the execution. */
void fa_row_bind_text(sqlite3_stmt *stmt, int at, const char *text);

/** Bind a number: zero is stored as NULL, which takes no space and is read as zero. */
void fa_row_bind_number(sqlite3_stmt *stmt, int at, int64_t value);

#endif
