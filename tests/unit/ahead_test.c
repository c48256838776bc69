#include "state/ahead.h"

#include "state/row.h"
#include "state/schema.h"

#include <criterion/criterion.h>

#include <stdio.h>

#define ROWS 5000u

static sqlite3 *db;
static sqlite3_stmt *stmt;
static struct fa_ahead ahead;

/* Keys are hashes, and so in no order. */
static uint64_t key_of(unsigned row)
{
    return (row + 1) * 0x9e3779b97f4a7c15u;
}

static void insert_rows(void)
{
    sqlite3_stmt *insert;
    char path[32];
    cr_assert_eq(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db,
                                    "INSERT INTO record(seq, key, standing, path) "
                                    "VALUES(?1, ?2, 1, ?3)",
                                    -1, &insert, NULL),
                 SQLITE_OK);
    for (unsigned row = 0; row < ROWS; ++row) {
        snprintf(path, sizeof(path), "file %u", row);
        sqlite3_bind_int64(insert, 1, row + 1);
        sqlite3_bind_int64(insert, 2, (int64_t)key_of(row));
        sqlite3_bind_text(insert, 3, path, -1, SQLITE_STATIC);
        cr_assert_eq(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    cr_assert_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

static void set_up(void)
{
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(fa_schema_migrate(db), 0);
    insert_rows();
    cr_assert_eq(sqlite3_prepare_v2(db, FA_AHEAD_SQL, -1, &stmt, NULL), SQLITE_OK);
    fa_ahead_init(&ahead, stmt);
}

static void tear_down(void)
{
    fa_ahead_fini(&ahead);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

TestSuite(ahead, .init = set_up, .fini = tear_down, .timeout = 60.0);

/* Look up a row, by its key if it is not found, as the state does.  Return whether it was found. */
static bool look_up(unsigned row)
{
    struct fa_record record;
    char path[32];
    if (!fa_ahead_find(&ahead, key_of(row), &record)) {
        fa_ahead_found(&ahead, row + 1);
        return false;
    }
    snprintf(path, sizeof(path), "file %u", row);
    cr_assert_eq(record.key, key_of(row));
    cr_assert_str_eq(record.path, path);
    return true;
}

/* The n-th row of a list whose files were recorded in blocks that are reversed. */
static unsigned jittered(unsigned n, unsigned block)
{
    return n / block * block + block - 1 - n % block;
}

Test(ahead, rows_in_their_order_are_found_without_a_search_by_key)
{
    for (unsigned row = 0; row < ROWS; ++row)
        cr_assert(look_up(row), "row %u", row);
    struct fa_record record;
    cr_assert_not(fa_ahead_find(&ahead, key_of(ROWS), &record), "after the end");
    cr_assert_not(fa_ahead_find(&ahead, key_of(ROWS), &record));
}

Test(ahead, so_are_rows_nearly_in_their_order)
{
    for (unsigned n = 0; n < ROWS; ++n)
        cr_assert(look_up(jittered(n, 100)), "row %u", jittered(n, 100));
}

Test(ahead, a_list_that_begins_in_the_middle_is_caught_up_with)
{
    unsigned missed = 0;
    for (unsigned row = ROWS / 2; row < ROWS; ++row)
        missed += !look_up(row);
    cr_assert_lt(missed, 30, "%u", missed);
}

Test(ahead, one_row_in_ten_that_is_far_away_does_not_disturb_the_others)
{
    unsigned missed = 0;
    for (unsigned n = 0; n < ROWS / 2; ++n) {
        missed += !look_up(n);
        if (n % 10 == 9)
            look_up(ROWS - 1 - n / 10);
    }
    cr_assert_lt(missed, ROWS / 20, "%u", missed);
}

Test(ahead, in_another_order_hardly_any_row_is_read_in_vain)
{
    for (unsigned n = 0; n < ROWS; ++n)
        look_up(n * 1999u % ROWS);
    int steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_RUN, 0);
    cr_assert_lt(steps, (int)ROWS / 50, "%d", steps);
    cr_assert_leq(ahead.credit, 2);
}

Test(ahead, entries_that_are_new_cost_no_more_rows_than_the_credit)
{
    struct fa_record record;
    for (unsigned n = 0; n < ROWS; ++n)
        cr_assert_not(fa_ahead_find(&ahead, key_of(ROWS + n), &record));
    cr_assert_eq(ahead.credit, 0);
    cr_assert_lt(ahead.seq, 600);
}

Test(ahead, what_was_read_is_forgotten_and_the_place_is_not)
{
    struct fa_record record;
    cr_assert(look_up(20));
    fa_ahead_reset(&ahead);
    cr_assert_not(fa_changes_pending(&ahead.windows[0].rows));
    cr_assert(look_up(21));
    sqlite3_reset(stmt);
    cr_assert(look_up(22), "a transaction that ends changes nothing");
    cr_assert_not(fa_ahead_find(&ahead, key_of(3), &record));
}

Test(ahead, a_row_that_cannot_be_read_ends_the_search)
{
    struct fa_record record;
    cr_assert_eq(sqlite3_exec(db, "UPDATE record SET standing=77 WHERE seq=4", NULL, NULL, NULL),
                 SQLITE_OK);
    cr_assert(look_up(2));
    cr_assert_not(fa_ahead_find(&ahead, key_of(3), &record));
    cr_assert_eq(ahead.credit, 0);
}
