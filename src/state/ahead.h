/**
 * Records that a thread reads in the order in which they were first put.  Lists are mostly looked up
 * in that order again, and the next row costs less than the search for a key: in a large database,
 * that reads a page of the index for each key.  The thread also looks at the files of the records.
 *
 * The thread uses the connection of the caller, but only while that looks for a record here: the
 * caller takes it back before any other use, by fa_ahead_hold().
 */
#ifndef FA_STATE_AHEAD_H
#define FA_STATE_AHEAD_H

#include "state/changes.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

/** The rows that are read on, from the one that was added after row ?1. */
#define FA_AHEAD_SQL "SELECT " FA_ROW_COLUMNS ", seq FROM record WHERE seq > ?1 ORDER BY seq"
/** The column of seq, after those of fa_row_read(). */
#define FA_AHEAD_SEQ 30

/** Rows of a block. */
#define FA_AHEAD_ROWS 256u
/** Blocks that are kept for lookups, and that wait to be. */
#define FA_AHEAD_HELD  8u
#define FA_AHEAD_READY 2u

/** Rows that follow each other. */
struct fa_ahead_block {
    struct fa_changes rows;
    unsigned unused; /**< Not looked up yet. */
    int64_t seq;     /**< Of the last one. */
    double looked;   /**< When the first file was looked at: fa_clock_now(). */
    bool last;       /**< No other row can be read. */
};

struct fa_ahead {
    sqlite3_stmt *stmt; /**< Borrowed. */
    fa_state_look look; /**< NULL: do not look at files. */
    void *ctx;
    int64_t seq;     /**< The last row of the blocks that are held. */
    unsigned credit; /**< Rows that may be read in search of others. */
    bool ended;      /**< The last row is held. */
    bool running;    /**< There is a thread. */
    pthread_t thread;

    pthread_mutex_t lock; /**< Of all that follows. */
    pthread_cond_t work;
    pthread_cond_t changed; /**< For the caller. */
    bool stop;
    atomic_bool lent; /**< The thread may use the connection. */
    bool reading;     /**< It uses it. */
    bool filling;     /**< The block after those that are ready is filled in part. */
    bool done;        /**< A block that is ready, or held, has the last row. */
    int64_t next;     /**< The last row of the blocks that are ready. */
    unsigned first;   /**< The oldest block that is held; the others follow in a circle. */
    unsigned held;
    unsigned ready;
    struct fa_ahead_block blocks[FA_AHEAD_HELD + FA_AHEAD_READY];
};

/** @stmt  Of FA_AHEAD_SQL.  Borrowed until the end. */
void fa_ahead_init(struct fa_ahead *ahead, sqlite3_stmt *stmt);

/** Accepts a struct that is zeroed only. */
void fa_ahead_fini(struct fa_ahead *ahead);

/** Take back the connection, until the next call of fa_ahead_find().  No row is being read then. */
void fa_ahead_hold(struct fa_ahead *ahead);

/** Changes were committed: forget the records that they replace.  Call fa_ahead_hold() before. */
void fa_ahead_forget(struct fa_ahead *ahead, const struct fa_changes *changes);

/**
 * Look for a record among the next rows.  An error is none here: the record is not found.
 *
 * @ret  Its strings are borrowed until the next call.
 */
bool fa_ahead_find(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret);

/** The caller has found the row by its key: read on from there, if that is worth it.  Call
 * fa_ahead_hold() before. */
void fa_ahead_found(struct fa_ahead *ahead, int64_t seq);

#endif
