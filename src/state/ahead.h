/**
 * Records that are read in the order in which they were first put.  Lists are mostly looked up in
 * that order again, and the next row costs less than the search for a key: in a large database,
 * that reads a page of the index for each key.
 */
#ifndef FA_STATE_AHEAD_H
#define FA_STATE_AHEAD_H

#include "state/changes.h"

#include <sqlite3.h>

/** The rows that are read on, from the one that was added after row ?1. */
#define FA_AHEAD_SQL "SELECT " FA_ROW_COLUMNS ", seq FROM record WHERE seq > ?1 ORDER BY seq"
/** The column of seq, after those of fa_row_read(). */
#define FA_AHEAD_SEQ 30

/** Rows that were passed on the way to another one. */
struct fa_ahead_window {
    struct fa_changes rows;
    unsigned unused; /**< Not looked up yet. */
};

struct fa_ahead {
    sqlite3_stmt *stmt;                /**< Borrowed; the caller resets it to end a transaction. */
    int64_t seq;                       /**< The last row that was read. */
    unsigned credit;                   /**< Rows that may be read in search of others. */
    struct fa_ahead_window windows[2]; /**< The second one is older. */
};

/** @stmt  Of FA_AHEAD_SQL.  Borrowed until the end. */
void fa_ahead_init(struct fa_ahead *ahead, sqlite3_stmt *stmt);

/** Accepts a struct that is zeroed only. */
void fa_ahead_fini(struct fa_ahead *ahead);

/** Forget the rows that were read, as they may change. */
void fa_ahead_reset(struct fa_ahead *ahead);

/**
 * Look for a record among the next rows.  An error is none here: the record is not found.
 *
 * @ret  Its strings are borrowed until the next call.
 */
bool fa_ahead_find(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret);

/** The caller has found the row by its key: read on from there, if that is worth it. */
void fa_ahead_found(struct fa_ahead *ahead, int64_t seq);

#endif
