#include "state/ahead.h"

#include "state/row.h"
#include "state/schema.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#define ROWS 20000u

static sqlite3 *db;
static sqlite3_stmt *stmt;
static struct fa_ahead ahead;
static unsigned looks; /* of the thread */

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

/* Each file has as many bytes as its path; files of rows that end with 9 are missing. */
static bool look(void *ctx, const char *path, int64_t *ret_size)
{
    (void)ctx;
    ++looks;
    *ret_size = (int64_t)strlen(path);
    return path[strlen(path) - 1] != '9';
}

static void set_up(void)
{
    cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    cr_assert_eq(fa_schema_migrate(db), 0);
    insert_rows();
    cr_assert_eq(sqlite3_prepare_v2(db, FA_AHEAD_SQL, -1, &stmt, NULL), SQLITE_OK);
    fa_ahead_init(&ahead, stmt);
    ahead.look = look;
}

static void tear_down(void)
{
    fa_ahead_fini(&ahead);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

TestSuite(ahead, .init = set_up, .fini = tear_down, .timeout = 60.0);

static void expect_row(const struct fa_record *record, unsigned row)
{
    char path[32];
    snprintf(path, sizeof(path), "file %u", row);
    cr_assert_eq(record->key, key_of(row));
    cr_assert_str_eq(record->path, path);
    cr_assert_eq(record->seen, row % 10 != 9);
    cr_assert_eq(record->seen_size, (int64_t)strlen(path));
}

/* Look up a row, by its key if it is not found, as the state does.  Return whether it was found. */
static bool look_up(unsigned row)
{
    struct fa_record record;
    bool found = fa_ahead_find(&ahead, key_of(row), &record);
    if (found) {
        expect_row(&record, row);
    } else {
        fa_ahead_hold(&ahead);
        fa_ahead_found(&ahead, row + 1);
    }
    return found;
}

/* How many rows the thread has read. */
static unsigned rows_read(void)
{
    fa_ahead_hold(&ahead);
    return looks;
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
    cr_assert_lt(missed, 500, "%u", missed);
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
    cr_assert_leq(rows_read(), ROWS / 6, "%u", rows_read());
}

Test(ahead, nor_is_any_if_few_of_the_rows_are_wanted)
{
    for (unsigned row = 0; row < ROWS; row += 10)
        look_up(row);
    cr_assert_leq(rows_read(), 14 * FA_AHEAD_ROWS, "%u", rows_read());
}

Test(ahead, the_thread_goes_on_when_others_have_used_the_connection)
{
    for (unsigned row = 0; row < ROWS; ++row) {
        if (row % 7 == 0) {
            fa_ahead_hold(&ahead);
            cr_assert_not(sqlite3_stmt_busy(stmt));
            cr_assert_eq(sqlite3_exec(db, "SELECT max(seq) FROM record", NULL, NULL, NULL),
                         SQLITE_OK);
        }
        cr_assert(look_up(row), "row %u", row);
    }
    cr_assert_eq(rows_read(), ROWS, "each once");
}

Test(ahead, what_was_seen_long_ago_is_looked_at_again)
{
    struct fa_record record;
    cr_assert(look_up(1));
    ahead.blocks[0].looked -= 2;
    cr_assert(fa_ahead_find(&ahead, key_of(2), &record));
    cr_assert_not(record.seen);
}

Test(ahead, entries_that_are_new_cost_no_more_rows_than_the_credit)
{
    struct fa_record record;
    for (unsigned n = 0; n < ROWS; ++n)
        cr_assert_not(fa_ahead_find(&ahead, key_of(ROWS + n), &record));
    cr_assert_leq(rows_read(), 6 * FA_AHEAD_ROWS, "%u", rows_read());
}

/* Rows that are held, those that are ready, and the others. */
Test(ahead, what_has_changed_is_not_found_and_the_others_are)
{
    struct fa_changes changes;
    fa_changes_init(&changes);
    cr_assert(look_up(20));
    for (unsigned row = 25; row < 1000; row += 100) {
        struct fa_record record = {.key = key_of(row)};
        cr_assert_eq(fa_changes_put(&changes, &record), 0);
    }
    fa_ahead_hold(&ahead);
    for (int n = 0; n < 2; ++n)
        fa_ahead_forget(&ahead, &changes);
    for (unsigned row = 21; row < 300; ++row)
        cr_assert_eq(look_up(row), row % 100 != 25, "%u", row);
    fa_changes_fini(&changes);
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
