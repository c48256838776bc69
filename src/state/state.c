/*
 * Changes are kept in memory (changes.h) and applied by fa_state_commit() in one transaction.  So
 * only a commit can fail for lack of disk space, and one that SQLite has rolled back can simply be
 * applied again.
 *
 * Reads look at the pending changes first, then at what was read ahead, then at the database.  A
 * writer keeps a read transaction open across many reads, which saves taking the locks for each; a
 * commit ends it.
 *
 * A commit may be repeated, even if it is unclear whether the previous one took effect, because
 * each change says what a record is, not how it changes.
 */
#include "state/state.h"

#include "base/clock.h"
#include "state/ahead.h"
#include "state/changes.h"
#include "state/database.h"
#include "state/failure.h"
#include "state/row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Number of runs that are kept. */
#define RUNS "20"

enum statement {
    S_BEGIN,
    S_COMMIT,
    S_ROLLBACK,
    S_GET,
    S_AHEAD,
    S_PUT,
    S_REMOVE,
    S_EACH,
    S_EACH_OF,
    S_RUN_BEGIN,
    S_RUN_PRUNE,
    S_RUN_PROGRESS,
    S_LIMITS,
    S_LIMIT_PUT,
    S_LIMIT_PRUNE,
    S_ARCHIVES,
    S_ARCHIVE_PUT,
    STATEMENTS
};

/* ON CONFLICT keeps the row and its seq, unlike INSERT OR REPLACE: fa_state_each() returns records
 * in the order in which they were first put. */
static const char *const statement_texts[STATEMENTS] = {
    [S_BEGIN] = "BEGIN",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_GET] = "SELECT " FA_ROW_COLUMNS ", seq FROM record WHERE key=?1",
    [S_AHEAD] = FA_AHEAD_SQL,
    [S_PUT] =
        "INSERT INTO record(" FA_ROW_COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
        " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25,"
        " ?26, ?27, ?28, ?29, ?30) ON CONFLICT(key) DO UPDATE SET"
        " standing=?2, url=?3, path=?4, text=?5, line=?6, class=?7, may_pass=?8, secret=?9,"
        " http=?10, error=?11, size=?12, durable=?13, mirror=?14, etag=?15, modified=?16,"
        " strong=?17, hash=?18, digest=?19, run=?20, owner=?21, replaces=?22, coding=?23, tried=?24,"
        " slice=?25, unverified=?26, hook=?27, archive=?28, offset=?29, alias=?30",
    [S_REMOVE] = "DELETE FROM record WHERE key=?1",
    [S_EACH] = "SELECT " FA_ROW_COLUMNS " FROM record ORDER BY seq",
    [S_EACH_OF] = "SELECT " FA_ROW_COLUMNS " FROM record WHERE standing=?1 ORDER BY seq",
    [S_RUN_BEGIN] = "INSERT INTO run(began, ended, mode, boot, entries, done, lists_final)"
                    " VALUES(?1, 0, ?2, ?3, 0, 0, 0)",
    [S_RUN_PRUNE] = "DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - " RUNS,
    [S_RUN_PROGRESS] = "UPDATE run SET ended=?2, entries=?3, done=?4, lists_final=?5 WHERE id=?1",
    [S_LIMITS] = "SELECT key, at, per_host FROM origin WHERE at > ?1 AND per_host > 0"
                 " ORDER BY at DESC LIMIT ?2",
    [S_LIMIT_PUT] = "INSERT OR REPLACE INTO origin(key, at, per_host) VALUES(?1, ?2, ?3)",
    [S_LIMIT_PRUNE] = "DELETE FROM origin WHERE at <= ?1 OR key NOT IN (SELECT key FROM origin"
                      " ORDER BY at DESC LIMIT ?2)",
    [S_ARCHIVES] = "SELECT id, name, bytes, files, open FROM archive ORDER BY id",
    [S_ARCHIVE_PUT] = "INSERT OR REPLACE INTO archive(id, name, bytes, files, open)"
                      " VALUES(?1, ?2, ?3, ?4, ?5)",
};

struct fa_state {
    sqlite3 *db;
    char *file;
    bool write;
    bool fresh;
    sqlite3_stmt *stmts[STATEMENTS];
    struct fa_changes changes;
    struct fa_ahead ahead;
    bool in_order;  /* use it */
    bool row_found; /* fa_state_get() has returned a row of the database */
    struct fa_state_run last;
    struct fa_state_run run; /* the current run; id 0: not begun */
    bool run_changed;
    int code; /* errno of the last statement */
};

/* The errno of the failed statement is needed to recognise a full disk. */
static int state_fail(struct fa_state *state, const char *what, struct fa_error *err)
{
    return fa_failure_set(state->db, state->code, what, state->file, err);
}

static double clock_realtime(void)
{
    return fa_clock_read(CLOCK_REALTIME);
}

/* SQLite does not report the errno of a failed write reliably, so take it here. */
static int state_step(struct fa_state *state, sqlite3_stmt *stmt)
{
    errno = 0;
    int rc = sqlite3_step(stmt);
    state->code = errno;
    return rc;
}

/* Execute a statement without result rows.  @return whether it succeeded. */
static bool state_run(struct fa_state *state, enum statement which)
{
    int rc = state_step(state, state->stmts[which]);
    sqlite3_reset(state->stmts[which]);
    return rc == SQLITE_DONE;
}

/* End the use of the row that fa_state_get() returned. */
static void state_release_row(struct fa_state *state)
{
    if (state->row_found)
        sqlite3_reset(state->stmts[S_GET]);
    state->row_found = false;
}

/* SQLite may have rolled back by itself after an error such as a full disk. */
static void state_roll_back(struct fa_state *state)
{
    if (!sqlite3_get_autocommit(state->db))
        state_run(state, S_ROLLBACK);
}

/* All statements are prepared at once, which also proves that the tables have all columns. */
static int state_prepare(struct fa_state *state, struct fa_error *err)
{
    for (int i = 0; i < STATEMENTS; ++i)
        if (sqlite3_prepare_v3(state->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &state->stmts[i], NULL))
            return state_fail(state, "open", err);
    fa_ahead_init(&state->ahead, state->stmts[S_AHEAD]);
    int rc = state_step(state, state->stmts[S_EACH]);
    state->fresh = rc == SQLITE_DONE;
    sqlite3_reset(state->stmts[S_EACH]);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        return state_fail(state, "read", err);
    return fa_database_last_run(state->db, &state->last) ? state_fail(state, "read", err) : 0;
}

struct fa_state *fa_state_open(const char *file, const char *dir, enum fa_state_open how,
                               bool durable, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err)
{
    struct fa_state *state = calloc(1, sizeof(*state));
    ret_notice[0] = '\0';
    if (!state) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open '%s'", file);
        return NULL;
    }
    fa_changes_init(&state->changes);
    state->write = how == FA_STATE_WRITE;
    state->db = fa_database_open(file, dir, how, durable, &state->file, ret_notice, err);
    if (!state->db || state_prepare(state, err)) {
        fa_state_close(state);
        return NULL;
    }
    return state;
}

/* sqlite3_close(3) refuses to close a connection that has statements, so they are finalized
 * first. */
void fa_state_close(struct fa_state *state)
{
    if (!state)
        return;
    fa_ahead_fini(&state->ahead);
    for (int i = 0; i < STATEMENTS; ++i)
        sqlite3_finalize(state->stmts[i]);
    if (state->db && !sqlite3_get_autocommit(state->db))
        sqlite3_exec(state->db, "ROLLBACK", NULL, NULL, NULL);
    fa_database_close(state->db);
    fa_changes_fini(&state->changes);
    free(state->file);
    free(state);
}

bool fa_state_is_fresh(const struct fa_state *state)
{
    return state->fresh;
}

void fa_state_last_run(const struct fa_state *state, struct fa_state_run *ret)
{
    *ret = state->last;
}

void fa_state_read_ahead(struct fa_state *state, fa_state_look look, void *ctx)
{
    state->ahead.look = look;
    state->ahead.ctx = ctx;
    state->in_order = true;
}

/* End a read transaction, before any use of the database but a lookup. */
static int state_stop_reading(struct fa_state *state, const char *what, struct fa_error *err)
{
    fa_ahead_hold(&state->ahead);
    state_release_row(state);
    if (!sqlite3_get_autocommit(state->db) && !state_run(state, S_COMMIT))
        return state_fail(state, what, err);
    return 0;
}

/* Check that the state is writable, and release a row in use. */
static int state_check_write(struct fa_state *state, struct fa_error *err)
{
    state_release_row(state);
    if (state->write)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, EROFS, "cannot write '%s'", state->file);
    return -1;
}

/* Old runs are pruned in the same transaction, so that the table does not grow forever. */
int fa_state_begin(struct fa_state *state, const char *mode, double began, struct fa_error *err)
{
    char boot[FA_BOOT_MAX];
    struct fa_state_run begun = {.began = began > 0 ? began : clock_realtime(), .same_boot = true};
    if (state_check_write(state, err) || state_stop_reading(state, "begin a run in", err))
        return -1;
    fa_database_boot(boot);
    snprintf(begun.mode, sizeof(begun.mode), "%s", mode);
    sqlite3_stmt *stmt = state->stmts[S_RUN_BEGIN];
    sqlite3_bind_double(stmt, 1, begun.began);
    sqlite3_bind_text(stmt, 2, begun.mode, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 3, boot, -1, SQLITE_STATIC);
    bool good = state_run(state, S_BEGIN) && state_run(state, S_RUN_BEGIN);
    begun.id = (uint64_t)sqlite3_last_insert_rowid(state->db);
    good = good && state_run(state, S_RUN_PRUNE) && state_run(state, S_COMMIT);
    int result = good ? 0 : state_fail(state, "begin a run in", err);
    sqlite3_clear_bindings(stmt);
    state_roll_back(state);
    if (good)
        state->run = begun;
    return result;
}

/* Nothing changes if the numbers are the same, so that an idle run does not write. */
int fa_state_progress(struct fa_state *state, uint64_t entries, uint64_t done, bool lists_final,
                      bool ended, struct fa_error *err)
{
    struct fa_state_run *r = &state->run;
    if (state_check_write(state, err))
        return -1;
    if (r->id == 0 || (r->entries == entries && r->done == done && r->lists_final == lists_final &&
                       (r->ended > 0) == ended))
        return 0;
    r->entries = entries;
    r->done = done;
    r->lists_final = lists_final;
    r->ended = ended ? clock_realtime() : 0;
    state->run_changed = true;
    return 0;
}

/* The statement is not reset after a row was found: the strings of the record point into it.  A
 * writer keeps the transaction open, to save locks; a reader does not, to see new commits. */
static int state_look_up(struct fa_state *state, uint64_t key, struct fa_record *ret,
                         struct fa_error *err)
{
    sqlite3_stmt *stmt = state->stmts[S_GET];
    fa_ahead_hold(&state->ahead);
    if (state->write && sqlite3_get_autocommit(state->db) && !state_run(state, S_BEGIN))
        return state_fail(state, "read", err);
    sqlite3_bind_int64(stmt, 1, (int64_t)key);
    int rc = state_step(state, stmt);
    state->row_found = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW && state->in_order)
        fa_ahead_found(&state->ahead, sqlite3_column_int64(stmt, FA_AHEAD_SEQ));
    if (rc == SQLITE_ROW)
        return fa_row_read(stmt, state->file, ret, err) ? -1 : 1;
    int result = rc == SQLITE_DONE ? 0 : state_fail(state, "read", err);
    sqlite3_reset(stmt);
    return result;
}

int fa_state_get(struct fa_state *state, uint64_t key, struct fa_record *ret, struct fa_error *err)
{
    bool removed;
    state_release_row(state);
    if (fa_changes_find(&state->changes, key, &removed, ret))
        return !removed;
    if (state->in_order && fa_ahead_find(&state->ahead, key, ret))
        return 1;
    return state_look_up(state, key, ret, err);
}

static int state_no_memory(struct fa_state *state, struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot record a change for '%s'", state->file);
    return -1;
}

/* The record is copied into the log, so the caller's strings need not live on. */
int fa_state_put(struct fa_state *state, const struct fa_record *record, struct fa_error *err)
{
    struct fa_record copy = *record;
    if (state_check_write(state, err))
        return -1;
    copy.run = state->run.id;
    return fa_changes_put(&state->changes, &copy) ? state_no_memory(state, err) : 0;
}

int fa_state_remove(struct fa_state *state, uint64_t key, struct fa_error *err)
{
    if (state_check_write(state, err))
        return -1;
    return fa_changes_remove(&state->changes, key) ? state_no_memory(state, err) : 0;
}

uint64_t fa_state_pending(const struct fa_state *state)
{
    return fa_changes_pending(&state->changes) + state->run_changed;
}

static bool state_apply_put(struct fa_state *state, const struct fa_record *record)
{
    fa_row_bind(state->stmts[S_PUT], record);
    return state_run(state, S_PUT);
}

/* The numbers of the run are committed together with the records that they count. */
static bool state_apply_run(struct fa_state *state)
{
    sqlite3_stmt *stmt = state->stmts[S_RUN_PROGRESS];
    sqlite3_bind_int64(stmt, 1, (int64_t)state->run.id);
    sqlite3_bind_double(stmt, 2, state->run.ended);
    sqlite3_bind_int64(stmt, 3, (int64_t)state->run.entries);
    sqlite3_bind_int64(stmt, 4, (int64_t)state->run.done);
    sqlite3_bind_int64(stmt, 5, state->run.lists_final);
    return state_run(state, S_RUN_PROGRESS);
}

/* Which limits of origins are kept. */
static void state_bind_limits(sqlite3_stmt *stmt)
{
    sqlite3_bind_double(stmt, 1, clock_realtime() - FA_STATE_LIMITS_AGE);
    sqlite3_bind_int(stmt, 2, FA_STATE_LIMITS_MAX);
}

int fa_state_limits(struct fa_state *state, struct fa_state_limit *ret, struct fa_error *err)
{
    sqlite3_stmt *stmt = state->stmts[S_LIMITS];
    int n = 0, rc;
    if (state_stop_reading(state, "read", err))
        return -1;
    state_bind_limits(stmt);
    while ((rc = state_step(state, stmt)) == SQLITE_ROW && n < FA_STATE_LIMITS_MAX) {
        int64_t per_host = sqlite3_column_int64(stmt, 2);
        ret[n++] = (struct fa_state_limit){
            .key = (uint64_t)sqlite3_column_int64(stmt, 0),
            .at = sqlite3_column_double(stmt, 1),
            .per_host = per_host < INT32_MAX ? (unsigned)per_host : INT32_MAX,
        };
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        n = state_fail(state, "read", err);
    sqlite3_reset(stmt);
    return n;
}

int fa_state_put_limits(struct fa_state *state, const struct fa_state_limit *limits, size_t n,
                        struct fa_error *err)
{
    if (state_check_write(state, err))
        return -1;
    return fa_changes_set_limits(&state->changes, limits, n) ? state_no_memory(state, err) : 0;
}

static bool state_apply_limits(struct fa_state *state)
{
    sqlite3_stmt *stmt = state->stmts[S_LIMIT_PUT];
    for (size_t i = 0; i < state->changes.n_limits; ++i) {
        const struct fa_state_limit *limit = &state->changes.limits[i];
        sqlite3_bind_int64(stmt, 1, (int64_t)limit->key);
        sqlite3_bind_double(stmt, 2, limit->at);
        sqlite3_bind_int64(stmt, 3, limit->per_host);
        if (limit->per_host > 0 && !state_run(state, S_LIMIT_PUT))
            return false;
    }
    state_bind_limits(state->stmts[S_LIMIT_PRUNE]);
    return state_run(state, S_LIMIT_PRUNE);
}

int fa_state_put_archive(struct fa_state *state, const struct fa_state_archive *archive,
                         struct fa_error *err)
{
    if (state_check_write(state, err))
        return -1;
    return fa_changes_put_archive(&state->changes, archive) ? state_no_memory(state, err) : 0;
}

static bool state_apply_archives(struct fa_state *state)
{
    sqlite3_stmt *stmt = state->stmts[S_ARCHIVE_PUT];
    for (size_t i = 0; i < state->changes.n_archives; ++i) {
        const struct fa_state_archive *archive = &state->changes.archives[i];
        sqlite3_bind_int64(stmt, 1, (int64_t)archive->id);
        fa_row_bind_text(stmt, 2, archive->name);
        sqlite3_bind_int64(stmt, 3, (int64_t)archive->bytes);
        sqlite3_bind_int64(stmt, 4, (int64_t)archive->files);
        fa_row_bind_number(stmt, 5, archive->open);
        if (!state_run(state, S_ARCHIVE_PUT))
            return false;
    }
    return true;
}

int fa_state_each_archive(struct fa_state *state,
                          int (*each)(void *arg, const struct fa_state_archive *archive), void *arg,
                          struct fa_error *err)
{
    sqlite3_stmt *stmt = state->stmts[S_ARCHIVES];
    int result = 0, rc;
    if (state_stop_reading(state, "read", err))
        return -1;
    while ((rc = state_step(state, stmt)) == SQLITE_ROW && result == 0) {
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        struct fa_state_archive archive = {
            .id = (uint64_t)sqlite3_column_int64(stmt, 0),
            .name = name ? name : "",
            .bytes = (uint64_t)sqlite3_column_int64(stmt, 2),
            .files = (uint64_t)sqlite3_column_int64(stmt, 3),
            .open = sqlite3_column_int(stmt, 4),
        };
        result = each(arg, &archive);
    }
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        result = state_fail(state, "read", err);
    sqlite3_reset(stmt);
    return result;
}

/* Begin a transaction and apply all changes.  The transaction is open afterwards, even on
 * failure, unless it could not begin. */
static bool state_apply(struct fa_state *state)
{
    struct fa_reader in;
    struct fa_record record;
    bool removed;
    if (!state_run(state, S_BEGIN))
        return false;
    fa_reader_init(&in, state->changes.log.data, state->changes.log.len);
    while (fa_changes_next(&in, &removed, &record)) {
        sqlite3_bind_int64(state->stmts[S_REMOVE], 1, (int64_t)record.key);
        if (!(removed ? state_run(state, S_REMOVE) : state_apply_put(state, &record)))
            return false;
    }
    return (!state->run_changed || state_apply_run(state)) &&
           (state->changes.n_limits == 0 || state_apply_limits(state)) &&
           state_apply_archives(state);
}

/* On failure the transaction is rolled back, and the changes stay in memory for the next
 * attempt. */
int fa_state_commit(struct fa_state *state, struct fa_error *err)
{
    if (fa_state_pending(state) == 0)
        return 0;
    if (state_stop_reading(state, "write", err))
        return -1;
    int result =
        state_apply(state) && state_run(state, S_COMMIT) ? 0 : state_fail(state, "write", err);
    state_roll_back(state);
    if (result == 0) {
        fa_ahead_forget(&state->ahead, &state->changes);
        fa_changes_reset(&state->changes);
        state->run_changed = false;
    }
    return result;
}

int fa_state_write_back(struct fa_state *state, struct fa_error *err)
{
    if (state_stop_reading(state, "write", err))
        return -1;
    errno = 0;
    int rc = sqlite3_wal_checkpoint_v2(state->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    state->code = errno;
    return rc == SQLITE_OK ? 0 : state_fail(state, "write", err);
}

int fa_state_each(struct fa_state *state, enum fa_standing standing,
                  bool (*each)(void *arg, const struct fa_record *record), void *arg,
                  struct fa_error *err)
{
    struct fa_record record;
    if (state_stop_reading(state, "read", err))
        return -1;
    /* Make pending changes visible in a transaction that is rolled back afterwards. */
    if (fa_state_pending(state) && !state_apply(state)) {
        state_fail(state, "read", err);
        state_roll_back(state);
        return -1;
    }
    sqlite3_stmt *stmt = state->stmts[standing == FA_STANDINGS ? S_EACH : S_EACH_OF];
    if (standing != FA_STANDINGS)
        sqlite3_bind_int64(stmt, 1, standing);
    int result = 0, rc;
    while ((rc = state_step(state, stmt)) == SQLITE_ROW)
        if ((result = fa_row_read(stmt, state->file, &record, err)) || !each(arg, &record))
            break;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        result = state_fail(state, "read", err);
    sqlite3_reset(stmt);
    state_roll_back(state);
    return result;
}
