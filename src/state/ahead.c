/*
 * Files are recorded in the order in which they were complete, which is that of the list but for
 * the files that were in progress together.  So the last blocks of rows are kept for the next
 * lookups.
 *
 * The search pays for itself: each row that is read costs credit, and each record that is found
 * among them earns some.  With a list in another order the credit is soon gone, and nothing is read
 * until enough records that were found by key are near each other.
 *
 * A block belongs to the thread until it is ready, and to the caller once that holds it.  The thread
 * stops after each row to see whether the caller wants the connection.
 */
#include "state/ahead.h"

#include "base/clock.h"
#include "base/thread.h"
#include "state/row.h"

#define CREDIT_FIRST (8 * FA_AHEAD_ROWS)
#define CREDIT_MAX   (16 * FA_AHEAD_ROWS)
#define CREDIT_EARN  2u
#define CREDIT_FAR   4u
/* Rows that wait for their lookup, at most: fewer than would be dropped. */
#define UNUSED_MAX (4 * FA_AHEAD_ROWS)
/* How far from the last row that was read a row is near. */
#define NEAR 1024u
/* Seconds after which a file has to be looked at again, as a run may wait for hours. */
#define LOOKED_MAX 1.0

#define BLOCKS (FA_AHEAD_HELD + FA_AHEAD_READY)

void fa_ahead_init(struct fa_ahead *ahead, sqlite3_stmt *stmt)
{
    *ahead = (struct fa_ahead){.stmt = stmt, .credit = CREDIT_FIRST};
    for (unsigned i = 0; i < BLOCKS; ++i)
        fa_changes_init(&ahead->blocks[i].rows);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->work, NULL);
    pthread_cond_init(&ahead->changed, NULL);
}

void fa_ahead_fini(struct fa_ahead *ahead)
{
    fa_ahead_hold(ahead);
    if (ahead->running) {
        pthread_mutex_lock(&ahead->lock);
        ahead->stop = true;
        pthread_cond_signal(&ahead->work);
        pthread_mutex_unlock(&ahead->lock);
        pthread_join(ahead->thread, NULL);
    }
    for (unsigned i = 0; i < BLOCKS; ++i)
        fa_changes_fini(&ahead->blocks[i].rows);
    pthread_mutex_destroy(&ahead->lock);
    pthread_cond_destroy(&ahead->work);
    pthread_cond_destroy(&ahead->changed);
}

/* The n-th block from the oldest one on. */
static struct fa_ahead_block *ahead_block(struct fa_ahead *ahead, unsigned n)
{
    return &ahead->blocks[(ahead->first + n) % BLOCKS];
}

/* ------------------------------------------------------------------ the thread */

/* At the end, or if a row cannot be read, there is nothing to search any more. */
static void ahead_read_row(struct fa_ahead *ahead, struct fa_ahead_block *block)
{
    struct fa_record record;
    struct fa_error why;
    block->last =
        sqlite3_step(ahead->stmt) != SQLITE_ROW || fa_row_read(ahead->stmt, "", &record, &why) != 0;
    if (block->last)
        return;
    block->seq = sqlite3_column_int64(ahead->stmt, FA_AHEAD_SEQ);
    if (ahead->look && record.standing == FA_STANDING_DONE && record.path)
        record.seen = ahead->look(ahead->ctx, record.path, &record.seen_size);
    block->last = fa_changes_put(&block->rows, &record) != 0;
    block->unused += !block->last;
}

static bool block_is_full(const struct fa_ahead_block *block)
{
    return block->last || fa_changes_pending(&block->rows) >= FA_AHEAD_ROWS;
}

/* Without the lock, which is not needed for a block that is not ready. */
static void ahead_read_rows(struct fa_ahead *ahead, struct fa_ahead_block *block)
{
    sqlite3_bind_int64(ahead->stmt, 1, block->seq);
    while (!block_is_full(block) && atomic_load(&ahead->lent))
        ahead_read_row(ahead, block);
    sqlite3_reset(ahead->stmt);
}

static void block_reset(struct fa_ahead_block *block, int64_t seq)
{
    fa_changes_reset(&block->rows);
    block->unused = 0;
    block->seq = seq;
    block->looked = fa_clock_now();
    block->last = false;
}

static void ahead_fill(struct fa_ahead *ahead)
{
    struct fa_ahead_block *block = ahead_block(ahead, ahead->held + ahead->ready);
    if (!ahead->filling)
        block_reset(block, ahead->next);
    ahead->filling = true;
    ahead->reading = true;
    pthread_mutex_unlock(&ahead->lock);
    ahead_read_rows(ahead, block);
    pthread_mutex_lock(&ahead->lock);
    ahead->reading = false;
    if (block_is_full(block)) {
        ahead->filling = false;
        ahead->next = block->seq;
        ahead->done = block->last;
        ++ahead->ready;
    }
    pthread_cond_signal(&ahead->changed);
}

static bool ahead_has_work(const struct fa_ahead *ahead)
{
    return atomic_load(&ahead->lent) && !ahead->done && ahead->ready < FA_AHEAD_READY;
}

static void *ahead_main(void *arg)
{
    struct fa_ahead *ahead = arg;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->stop)
        if (ahead_has_work(ahead))
            ahead_fill(ahead);
        else
            pthread_cond_wait(&ahead->work, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* ------------------------------------------------------------------ the caller */

void fa_ahead_hold(struct fa_ahead *ahead)
{
    if (!atomic_load(&ahead->lent))
        return;
    pthread_mutex_lock(&ahead->lock);
    atomic_store(&ahead->lent, false);
    while (ahead->reading)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    pthread_mutex_unlock(&ahead->lock);
}

/* With the lock. */
static void ahead_lend(struct fa_ahead *ahead)
{
    atomic_store(&ahead->lent, true);
    if (ahead_has_work(ahead))
        pthread_cond_signal(&ahead->work);
}

/* Drop all rows, and read on after that one. */
static void ahead_move(struct fa_ahead *ahead, int64_t seq)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->held = ahead->ready = 0;
    ahead->filling = ahead->done = false;
    ahead->next = seq;
    pthread_mutex_unlock(&ahead->lock);
    ahead->ended = false;
    ahead->seq = seq;
}

/* Hold the next block, which is waited for.  @return it, or NULL: there is none, or no thread */
static struct fa_ahead_block *ahead_take(struct fa_ahead *ahead)
{
    if (!ahead->running)
        ahead->running = fa_thread_start(&ahead->thread, NULL, ahead_main, ahead) == 0;
    if (!ahead->running || ahead->ended)
        return NULL;
    pthread_mutex_lock(&ahead->lock);
    ahead_lend(ahead);
    while (ahead->ready == 0)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    --ahead->ready;
    if (ahead->held < FA_AHEAD_HELD)
        ++ahead->held;
    else
        ahead->first = (ahead->first + 1) % BLOCKS;
    ahead_lend(ahead); /* There is room for another one. */
    struct fa_ahead_block *block = ahead_block(ahead, ahead->held - 1);
    pthread_mutex_unlock(&ahead->lock);
    ahead->ended = block->last;
    ahead->seq = block->seq;
    return block;
}

static bool ahead_is_full(struct fa_ahead *ahead)
{
    unsigned unused = 0;
    for (unsigned i = 0; i < ahead->held; ++i)
        unused += ahead_block(ahead, i)->unused;
    return unused >= UNUSED_MAX;
}

static bool ahead_may_read(const struct fa_ahead *ahead)
{
    return ahead->credit >= FA_AHEAD_ROWS;
}

static bool block_recall(struct fa_ahead_block *block, uint64_t key, struct fa_record *ret)
{
    bool removed = false;
    if (!fa_changes_find(&block->rows, key, &removed, ret) || removed)
        return false;
    block->unused -= block->unused > 0;
    ret->seen = ret->seen && fa_clock_now() - block->looked < LOOKED_MAX;
    return true;
}

/* The newest block first, as most lookups are in it. */
static bool ahead_recall(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret)
{
    for (unsigned i = ahead->held; i > 0; --i)
        if (block_recall(ahead_block(ahead, i - 1), key, ret))
            return true;
    return false;
}

static void ahead_earn(struct fa_ahead *ahead)
{
    ahead->credit += CREDIT_EARN;
    if (ahead->credit > CREDIT_MAX)
        ahead->credit = CREDIT_MAX;
}

static void ahead_pay(struct fa_ahead *ahead, uint64_t rows)
{
    ahead->credit = rows < ahead->credit ? ahead->credit - (unsigned)rows : 0;
}

/* A lookup by key may have stopped the thread. */
static void ahead_go_on(struct fa_ahead *ahead)
{
    if (atomic_load(&ahead->lent) || !ahead_may_read(ahead))
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead_lend(ahead);
    pthread_mutex_unlock(&ahead->lock);
}

bool fa_ahead_find(struct fa_ahead *ahead, uint64_t key, struct fa_record *ret)
{
    bool found = ahead_recall(ahead, key, ret);
    while (!found && ahead_may_read(ahead) && !ahead_is_full(ahead)) {
        struct fa_ahead_block *block = ahead_take(ahead);
        ahead_pay(ahead, block ? FA_AHEAD_ROWS : CREDIT_MAX);
        found = block && block_recall(block, key, ret);
    }
    if (!found)
        return false;
    ahead_earn(ahead);
    ahead_go_on(ahead);
    return true;
}

/* While rows are read, one that is far away is that of a file that took longer than the others.
 * Rows of entries that are not in the list any more are skipped. */
void fa_ahead_found(struct fa_ahead *ahead, int64_t seq)
{
    uint64_t rows = (uint64_t)seq - (uint64_t)ahead->seq;
    bool next = rows <= NEAR, near = rows + NEAR <= 2 * NEAR;
    if (ahead_may_read(ahead) && !ahead_is_full(ahead))
        return;
    if (ahead_may_read(ahead)) {
        if (next)
            ahead_move(ahead, seq);
        else
            ahead_pay(ahead, CREDIT_FAR);
        return;
    }
    if (near)
        ahead_earn(ahead);
    ahead_pay(ahead, next ? rows : near ? 0 : CREDIT_MAX);
    if (next || !near)
        ahead_move(ahead, seq);
}

/* A block without memory for that is forgotten as a whole. */
static void block_forget(struct fa_ahead_block *block, uint64_t key)
{
    struct fa_record record;
    bool removed;
    if (fa_changes_find(&block->rows, key, &removed, &record) && !removed &&
        fa_changes_remove(&block->rows, key))
        fa_changes_reset(&block->rows);
}

void fa_ahead_forget(struct fa_ahead *ahead, const struct fa_changes *changes)
{
    unsigned n = ahead->held + ahead->ready + ahead->filling;
    for (size_t slot = 0; n > 0 && slot < changes->n_slots; ++slot)
        for (unsigned i = 0; changes->slots[slot].end && i < n; ++i)
            block_forget(ahead_block(ahead, i), changes->slots[slot].key);
}
