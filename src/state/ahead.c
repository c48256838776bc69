/*
 * Files are recorded in the order in which they were complete, which is that of the list but for
 * the files that were in progress together.  So the rows that are passed in search of one are kept
 * for the next lookups.
 *
 * The search pays for itself: each row that is read costs credit, and each record that is found
 * among them earns some.  With a list in another order the credit is soon gone, and nothing is read
 * until two lookups by key find rows that are near each other.
 */
#include "state/ahead.h"

#include "state/row.h"

#define CREDIT_FIRST 512u
#define CREDIT_MAX   1024u
#define CREDIT_EARN  2u
/* Rows of a window.  Older ones are dropped: their entries may not be in the list. */
#define WINDOW_ROWS 1024u
/* Rows that wait for their lookup, at most: fewer than would be dropped. */
#define UNUSED_MAX 512u
/* How far after the last row that was read a row is near. */
#define NEAR 1024

void fa_ahead_init(struct fa_ahead *ahead, sqlite3_stmt *stmt)
{
    *ahead = (struct fa_ahead){.stmt = stmt, .credit = CREDIT_FIRST};
    for (int i = 0; i < 2; ++i)
        fa_changes_init(&ahead->windows[i].rows);
}

void fa_ahead_fini(struct fa_ahead *ahead)
{
    for (int i = 0; i < 2; ++i)
        fa_changes_fini(&ahead->windows[i].rows);
}

static void ahead_move(struct fa_ahead *ahead, int64_t seq)
{
    for (int i = 0; i < 2; ++i) {
        fa_changes_reset(&ahead->windows[i].rows);
        ahead->windows[i].unused = 0;
    }
    sqlite3_reset(ahead->stmt);
    ahead->seq = seq;
}

void fa_ahead_reset(struct fa_ahead *ahead)
{
    ahead_move(ahead, ahead->seq);
}

static void ahead_earn(struct fa_ahead *ahead)
{
    unsigned left = CREDIT_MAX - ahead->credit;
    ahead->credit += left < CREDIT_EARN ? left : CREDIT_EARN;
}

static bool ahead_recall(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret)
{
    for (int i = 0; i < 2; ++i) {
        struct fa_ahead_window *window = &ahead->windows[i];
        bool removed;
        if (!fa_changes_find(&window->rows, key, &removed, ret))
            continue;
        window->unused -= window->unused > 0;
        return true;
    }
    return false;
}

/* At the end, or if a row cannot be read, there is nothing to search any more. */
static bool ahead_step(struct fa_ahead *ahead, struct fa_record *ret)
{
    struct fa_error why;
    if (!sqlite3_stmt_busy(ahead->stmt))
        sqlite3_bind_int64(ahead->stmt, 1, ahead->seq);
    if (sqlite3_step(ahead->stmt) == SQLITE_ROW && fa_row_read(ahead->stmt, "", ret, &why) == 0) {
        ahead->seq = sqlite3_column_int64(ahead->stmt, FA_AHEAD_SEQ);
        return true;
    }
    sqlite3_reset(ahead->stmt);
    ahead->credit = 0;
    return false;
}

/* A row for which there is no memory is found by its key. */
static void ahead_keep(struct fa_ahead *ahead, const struct fa_record *record)
{
    struct fa_ahead_window *windows = ahead->windows;
    if (fa_changes_pending(&windows[0].rows) >= WINDOW_ROWS) {
        struct fa_ahead_window old = windows[1];
        windows[1] = windows[0];
        windows[0] = old;
        windows[0].unused = 0;
        fa_changes_reset(&windows[0].rows);
    }
    windows[0].unused += fa_changes_put(&windows[0].rows, record) == 0;
}

static bool ahead_is_full(const struct fa_ahead *ahead)
{
    return ahead->windows[0].unused + ahead->windows[1].unused >= UNUSED_MAX;
}

/* Half of the credit remains, as one record that is not near does not say that others are not. */
bool fa_ahead_find(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret)
{
    bool found = ahead_recall(ahead, key, ret);
    unsigned left = ahead->credit / 2;
    while (!found && ahead->credit > left && !ahead_is_full(ahead)) {
        --ahead->credit;
        if (!ahead_step(ahead, ret))
            return false;
        found = ret->key == key;
        if (!found)
            ahead_keep(ahead, ret);
    }
    if (found)
        ahead_earn(ahead);
    return found;
}

/* One row that is far away is that of a file that took longer than the others. */
void fa_ahead_found(struct fa_ahead *ahead, int64_t seq)
{
    bool near = seq > ahead->seq && seq - ahead->seq <= NEAR;
    if (near)
        ahead_earn(ahead);
    else
        ahead->credit /= 2;
    if (near ? ahead->credit <= CREDIT_EARN || ahead_is_full(ahead) : ahead->credit == 0)
        ahead_move(ahead, seq);
}
