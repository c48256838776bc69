/*
 * records: threads of a pool update the rows of an SQLite database.
 *
 *     records [THREADS [TASKS]]
 *
 * Each task adds amounts to 100 rows chosen at random, in one transaction.  In the end the program
 * adds up by itself what all tasks had to add, and compares every row.  It does so with one thread
 * and with THREADS (4), in a database of its own below $TMPDIR, which it removes.
 *
 * One writer at a time.  SQLite locks the whole database for a transaction that writes, so four
 * threads do not write four times as fast: what they gain is what lies between two transactions.
 * They are of use where the work before the writing (fetching, parsing, computing) takes longer.
 * What makes the writing faster is more rows in each transaction, as each waits for the lock and
 * for the file system at its end, and a write-ahead log, with which readers need not wait.
 *
 * Busy is handled in two steps.  BEGIN IMMEDIATE takes the lock at once, so that a transaction
 * waits before it has read anything, never in its middle: there, waiting cannot help, as what it
 * has read may be out of date.  And on_busy() waits a little and tries again, up to some ten
 * seconds, instead of failing.  Each thread has a connection of its own; none is ever shared.
 *
 *     cc records.c $(pkg-config --cflags --libs fetchall sqlite3)
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include <fetchall/pool.h>

#define DATABASE    "records.db"
#define ROWS        1000
#define TASK_ROWS   100
#define BUSY_TRIES  10000
#define BUSY_MAX_US 1000

/* The state of one thread: created by open(), used by each of its tasks. */
struct writer {
    sqlite3 *db;
    sqlite3_stmt *update;
    unsigned waits;
};

struct tally {
    unsigned done;
    unsigned failed;
    unsigned waits;
};

/* The i-th addition of a task; always the same for the same arguments. */
static void addition(unsigned task, unsigned i, unsigned *ret_row, unsigned *ret_amount)
{
    uint64_t z = ((uint64_t)task << 32 | i) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z ^= z >> 31;
    *ret_row = (unsigned)(z % ROWS);
    *ret_amount = (unsigned)(z >> 40) % 1000;
}

static int fail(struct fa_error *err, sqlite3 *db, const char *what)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot %s: %s", what,
                 db ? sqlite3_errmsg(db) : "out of memory");
    return -1;
}

/* Another connection is writing: wait, longer each time, and give up in the end. */
static int on_busy(void *arg, int tries)
{
    struct writer *writer = arg;
    ++writer->waits;
    usleep(tries < BUSY_MAX_US / 50 ? 50 * (useconds_t)(tries + 1) : BUSY_MAX_US);
    return tries < BUSY_TRIES;
}

static void writer_close(void *state)
{
    struct writer *writer = state;
    sqlite3_finalize(writer->update);
    sqlite3_close(writer->db);
    free(writer);
}

static int writer_open(void *shared, void **ret_state, struct fa_error *err)
{
    (void)shared;
    struct writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return fail(err, NULL, "open the database");
    /* NOMUTEX: no other thread uses this connection. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(DATABASE, &writer->db, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_handler(writer->db, on_busy, writer) != SQLITE_OK ||
        sqlite3_exec(writer->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v3(writer->db, "UPDATE record SET value = value + ?2 WHERE id = ?1", -1,
                           SQLITE_PREPARE_PERSISTENT, &writer->update, NULL) != SQLITE_OK) {
        fail(err, writer->db, "open the database");
        writer_close(writer);
        return -1;
    }
    *ret_state = writer;
    return 0;
}

static int update_rows(struct writer *writer, unsigned task)
{
    for (unsigned i = 0; i < TASK_ROWS; ++i) {
        unsigned row;
        unsigned amount;
        addition(task, i, &row, &amount);
        sqlite3_bind_int64(writer->update, 1, row);
        sqlite3_bind_int64(writer->update, 2, amount);
        sqlite3_step(writer->update);
        if (sqlite3_reset(writer->update) != SQLITE_OK || sqlite3_changes(writer->db) != 1)
            return -1;
    }
    return 0;
}

/* Runs in a worker thread.  Changes all rows of the task, or none. */
static int writer_run(void *state, struct fa_task *task, struct fa_error *err)
{
    struct writer *writer = state;
    unsigned number;
    size_t len;
    memcpy(&number, fa_task_input(task, &len), sizeof(number));
    writer->waits = 0;
    if (sqlite3_exec(writer->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return fail(err, writer->db, "begin");
    if (update_rows(writer, number) ||
        sqlite3_exec(writer->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        fail(err, writer->db, "update");
        sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
        return -1;
    }
    return fa_task_reply(task, &writer->waits, sizeof(writer->waits));
}

static const struct fa_task_type types[] = {
    {.name = "update", .open = writer_open, .run = writer_run, .close = writer_close}, {0}};

/* Runs in the main thread, so the tally needs no lock. */
static void on_done(void *arg, const struct fa_task_result *result)
{
    struct tally *tally = arg;
    unsigned waits = 0;
    if (result->ok && result->len == sizeof(waits)) {
        memcpy(&waits, result->data, sizeof(waits));
        ++tally->done;
        tally->waits += waits;
    } else if (++tally->failed == 1) {
        fprintf(stderr, "records: a task failed: %s\n", result->error.msg);
    }
}

static int run_tasks(unsigned threads, unsigned tasks, struct tally *tally)
{
    struct fa_error err = {0};
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_THREADS, .workers = threads, .types = types};
    struct fa_pool *pool = fa_pool_new(&config, &err);
    int status = pool ? 0 : -1;
    for (unsigned i = 0; i < tasks && status == 0; ++i) {
        struct fa_task_request request = {.size = sizeof(request),
                                          .type = "update",
                                          .data = &i,
                                          .len = sizeof(i),
                                          .done = on_done,
                                          .arg = tally};
        status = fa_pool_submit(pool, &request, NULL, &err);
    }
    if (status == 0)
        status = fa_pool_wait(pool, &err);
    if (status)
        fprintf(stderr, "records: %s\n", err.msg);
    fa_pool_free(pool);
    return status == 0 && tally->done == tasks ? 0 : -1;
}

static int create(void)
{
    static const char *const schema =
        "PRAGMA journal_mode = WAL;"
        "CREATE TABLE record (id INTEGER PRIMARY KEY, value INTEGER NOT NULL);"
        "WITH RECURSIVE n(id) AS (SELECT 0 UNION ALL SELECT id + 1 FROM n LIMIT 1000)"
        "INSERT INTO record SELECT id, 0 FROM n;";
    _Static_assert(ROWS == 1000, "the schema says how many rows there are");
    sqlite3 *db = NULL;
    int status = sqlite3_open(DATABASE, &db);
    if (status == SQLITE_OK)
        status = sqlite3_exec(db, schema, NULL, NULL, NULL);
    if (status != SQLITE_OK)
        fprintf(stderr, "records: cannot create the database: %s\n", sqlite3_errmsg(db));
    sqlite3_close(db);
    return status;
}

/* @return the number of wrong rows. */
static int count_wrong(unsigned tasks)
{
    int64_t expected[ROWS] = {0};
    sqlite3 *db = NULL;
    sqlite3_stmt *select = NULL;
    int wrong = ROWS;
    for (unsigned i = 0; i < tasks * TASK_ROWS; ++i) {
        unsigned row;
        unsigned amount;
        addition(i / TASK_ROWS, i % TASK_ROWS, &row, &amount);
        expected[row] += amount;
    }
    sqlite3_open(DATABASE, &db);
    sqlite3_prepare_v2(db, "SELECT id, value FROM record", -1, &select, NULL);
    while (sqlite3_step(select) == SQLITE_ROW)
        wrong -= sqlite3_column_int64(select, 1) == expected[sqlite3_column_int(select, 0)];
    sqlite3_finalize(select);
    sqlite3_close(db);
    return wrong;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(unsigned threads, unsigned tasks)
{
    struct tally tally = {0};
    if (create()) {
        unlink(DATABASE);
        return -1;
    }
    double began = now();
    int status = run_tasks(threads, tasks, &tally);
    double seconds = now() - began;
    int wrong = count_wrong(tasks);
    unlink(DATABASE); /* the last connection has removed its log */
    printf("records: %u thread%s, %.0f rows/s, waited %u times for another writer: ", threads,
           threads == 1 ? "" : "s", tally.done * TASK_ROWS / seconds, tally.waits);
    if (wrong == 0)
        printf("all %d sums are right\n", ROWS);
    else
        printf("%d of %d sums are WRONG\n", wrong, ROWS);
    return status == 0 && wrong == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    char dir[4096];
    const char *tmp = getenv("TMPDIR");
    unsigned threads = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 4;
    unsigned tasks = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2000;
    if (argc > 3 || threads < 1 || threads > 1000 || tasks < 1 || tasks > 1000000) {
        fprintf(stderr, "usage: records [THREADS [TASKS]]\n");
        return 2;
    }
    snprintf(dir, sizeof(dir), "%s/records.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir) || chdir(dir)) {
        fprintf(stderr, "records: cannot make \"%s\": %s\n", dir, strerror(errno));
        return EXIT_FAILURE;
    }
    int status = run(1, tasks) || run(threads, tasks) ? EXIT_FAILURE : EXIT_SUCCESS;
    rmdir(dir);
    return status;
}
