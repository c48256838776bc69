#include "state/state.h"

#include "support/scratch.h"

#include <fetchall/version.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIR "/some/folder"

static struct fa_scratch scratch;
static const char *file;
static char notice[FA_MESSAGE_MAX];

static void set_up(void)
{
    fa_scratch_init(&scratch);
    file = fa_scratch_path(&scratch, "state.db");
    umask(022);
}

static void tear_down(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(state, .init = set_up, .fini = tear_down, .timeout = 60.0);

static struct fa_state *reopen(enum fa_state_open how)
{
    struct fa_error err = {0};
    struct fa_state *state = fa_state_open(file, DIR, how, false, notice, &err);
    cr_assert(state, "%s", err.msg);
    cr_assert_str_eq(err.msg, "");
    return state;
}

static struct fa_state *reopen_quietly(enum fa_state_open how)
{
    struct fa_state *state = reopen(how);
    cr_assert_str_eq(notice, "");
    return state;
}

static struct fa_error expect_refusal(const char *dir, enum fa_state_open how, const char *why)
{
    struct fa_error err = {0};
    cr_assert_null(fa_state_open(file, dir, how, false, notice, &err));
    cr_assert(strstr(err.msg, why), "'%s' in '%s'", why, err.msg);
    cr_assert(strstr(err.msg, "state.db"), "%s", err.msg);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    return err;
}

static void put(struct fa_state *state, uint64_t key, const char *url)
{
    struct fa_error err = {0};
    struct fa_record record = {.key = key,
                               .standing = FA_STANDING_DONE,
                               .url = url,
                               .path = "p",
                               .size = 7,
                               .modified = -1};
    cr_assert_eq(fa_state_put(state, &record, &err), 0, "%s", err.msg);
}

static void drop(struct fa_state *state, uint64_t key)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_state_remove(state, key, &err), 0, "%s", err.msg);
}

static void commit(struct fa_state *state)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_pending(state), 0);
}

static const char *url_of(struct fa_state *state, uint64_t key)
{
    struct fa_error err = {0};
    struct fa_record record;
    int found = fa_state_get(state, key, &record, &err);
    cr_assert(found >= 0, "%s", err.msg);
    if (found)
        cr_assert_eq(record.key, key);
    return found ? record.url : NULL;
}

static bool note(void *arg, const struct fa_record *record)
{
    char *text = arg;
    size_t len = strlen(text);
    snprintf(text + len, 200 - len, "%s ", record->url);
    return strcmp(record->url, "stop") != 0;
}

static void expect_each(struct fa_state *state, enum fa_standing standing, const char *urls)
{
    struct fa_error err = {0};
    char text[200] = "";
    cr_assert_eq(fa_state_each(state, standing, note, text, &err), 0, "%s", err.msg);
    cr_assert_str_eq(text, urls);
}

static void raw(const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_OK, "%s", why);
    cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static bool is_there(const char *suffix)
{
    return access(fa_scratch_path(&scratch, "state.db%s", suffix), F_OK) == 0;
}

static const struct fa_record full = {
    .key = UINT64_C(0xfedcba9876543210),
    .standing = FA_STANDING_FAILED,
    .url = "https://example.org/\xff\xc3\xa4",
    .path = "a/b",
    .text = "",
    .line = 1234567890123,
    .class = FA_CLASS_TLS,
    .transient = true,
    .strong = true,
    .http = 503,
    .error = "it broke",
    .size = -1,
    .durable = UINT64_MAX,
    .mirror = UINT64_C(1) << 63,
    .etag = "\"e\"",
    .modified = 1700000000,
    .coding = "gzip,br",
    .unverified = true,
    .digest = {.hash = FA_HASH_SHA512, .bytes = {1, 0, 3, [63] = 9}},
};

static void expect_full(struct fa_state *state)
{
    struct fa_error err = {0};
    struct fa_record got;
    memset(&got, 0xee, sizeof(got));
    cr_assert_eq(fa_state_get(state, full.key, &got, &err), 1, "%s", err.msg);
    cr_assert_eq(got.key, full.key);
    cr_assert_eq(got.standing, full.standing);
    cr_assert_str_eq(got.url, full.url);
    cr_assert_str_eq(got.path, full.path);
    cr_assert_str_eq(got.text, "");
    cr_assert_eq(got.line, full.line);
    cr_assert_eq(got.class, full.class);
    cr_assert(got.transient && !got.secret && got.strong && got.unverified);
    cr_assert_eq(got.http, full.http);
    cr_assert_str_eq(got.error, full.error);
    cr_assert_eq(got.size, -1);
    cr_assert_eq(got.durable, full.durable);
    cr_assert_eq(got.mirror, full.mirror);
    cr_assert_str_eq(got.etag, full.etag);
    cr_assert_eq(got.modified, full.modified);
    cr_assert_str_eq(got.coding, full.coding);
    cr_assert_eq(got.digest.hash, full.digest.hash);
    cr_assert_arr_eq(got.digest.bytes, full.digest.bytes, 64);
    cr_assert_eq(got.run, 1);
}

Test(state, every_field_comes_back_pending_committed_and_reopened)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_begin(state, "async", 0, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_put(state, &full, &err), 0);
    expect_full(state);
    commit(state);
    expect_full(state);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_READ);
    expect_full(state);
    fa_state_close(state);
}

Test(state, a_missing_string_is_not_an_empty_one)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    struct fa_record got, record = {.key = 5, .url = "", .path = "", .error = "", .size = 0};
    cr_assert_eq(fa_state_put(state, &record, &err), 0);
    for (int i = 0; i < 2; ++i) {
        cr_assert_eq(fa_state_get(state, 5, &got, &err), 1);
        cr_assert_str_eq(got.url, "");
        cr_assert_str_eq(got.error, "");
        cr_assert_null(got.etag);
        cr_assert_null(got.coding);
        cr_assert_null(got.text);
        cr_assert_eq(got.standing, FA_STANDING_PART);
        cr_assert_eq(got.size, 0);
        cr_assert_eq(got.modified, 0);
        cr_assert_eq(got.digest.hash, 0);
        commit(state);
    }
    fa_state_close(state);
}

Test(state, a_record_replaces_the_one_with_its_key)
{
    struct fa_state *state = reopen(FA_STATE_WRITE);
    put(state, 9, "c");
    put(state, UINT64_MAX, "a");
    put(state, 1, "b");
    put(state, 9, "d");
    cr_assert_eq(fa_state_pending(state), 4);
    cr_assert_str_eq(url_of(state, 9), "d");
    expect_each(state, FA_STANDINGS, "d a b ");
    commit(state);
    put(state, UINT64_MAX, "A");
    drop(state, 1);
    drop(state, 77);
    cr_assert_null(url_of(state, 1));
    expect_each(state, FA_STANDINGS, "d A ");
    put(state, 1, "last");
    commit(state);
    expect_each(state, FA_STANDINGS, "d A last ");
    cr_assert_str_eq(url_of(state, UINT64_MAX), "A");
    cr_assert_null(url_of(state, 77));
    fa_state_close(state);
}

Test(state, each_goes_by_standing_and_stops_when_told)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    struct fa_record part = {.key = 2, .standing = FA_STANDING_PART, .url = "part"};
    put(state, 1, "a");
    cr_assert_eq(fa_state_put(state, &part, &err), 0);
    put(state, 3, "stop");
    put(state, 4, "b");
    expect_each(state, FA_STANDING_PART, "part ");
    expect_each(state, FA_STANDING_DONE, "a stop ");
    expect_each(state, FA_STANDING_FAILED, "");
    commit(state);
    expect_each(state, FA_STANDINGS, "a part stop ");
    fa_state_close(state);
}

static bool get_other(void *arg, const struct fa_record *record)
{
    return url_of(arg, 3 - record->key) != NULL;
}

Test(state, it_may_be_read_while_it_is_walked_through)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    for (int i = 0; i < 2; ++i) {
        put(state, 1, "a");
        put(state, 2, "b");
        cr_assert_eq(fa_state_each(state, FA_STANDINGS, get_other, state, &err), 0, "%s", err.msg);
        commit(state);
        cr_assert_eq(fa_state_each(state, FA_STANDINGS, get_other, state, &err), 0, "%s", err.msg);
    }
    put(state, 3, "c");
    commit(state);
    expect_each(state, FA_STANDINGS, "a b c ");
    fa_state_close(state);
}

Test(state, many_changes_are_found_while_they_are_pending)
{
    struct fa_state *state = reopen(FA_STATE_WRITE);
    char url[32];
    for (int round = 0; round < 2; ++round) {
        for (uint64_t i = 0; i < 5000; ++i) {
            snprintf(url, sizeof(url), "u%d-%d", round, (int)i);
            put(state, i << 40, url);
        }
        for (uint64_t i = 0; i < 5000; ++i) {
            snprintf(url, sizeof(url), "u%d-%d", round, (int)i);
            cr_assert_str_eq(url_of(state, i << 40), url);
        }
        cr_assert_null(url_of(state, 1));
        commit(state);
        cr_assert_str_eq(url_of(state, UINT64_C(4999) << 40), url);
    }
    fa_state_close(state);
}

static const char *version_url(uint64_t key, unsigned version)
{
    static char url[64];
    snprintf(url, sizeof(url), "http://h/%" PRIu64 "/%u", key, version);
    return url;
}

/* Rows are read ahead: none of them may be an older one. */
Test(state, a_record_that_changes_while_others_are_looked_up_is_found_as_it_is)
{
    enum { MANY = 3000 };
    struct fa_record record;
    struct fa_error err;
    struct fa_state *state = reopen(FA_STATE_WRITE);
    fa_state_read_ahead(state, NULL, NULL);
    for (uint64_t key = 1; key <= MANY; ++key)
        put(state, key, version_url(key, 0));
    commit(state);
    for (uint64_t key = 1; key <= MANY; ++key) {
        uint64_t changed = key + 5;
        cr_assert_eq(fa_state_get(state, key + 7, &record, &err), key + 7 <= MANY);
        if (key % 3 == 0)
            drop(state, changed);
        else
            put(state, changed, version_url(changed, 1));
        if (key % 4 == 0)
            commit(state);
        bool there = key <= 5 || key % 3 != 2;
        cr_assert_eq(fa_state_get(state, key, &record, &err), there, "%" PRIu64, key);
        if (there)
            cr_assert_str_eq(record.url, version_url(key, key > 5));
    }
    fa_state_close(state);
}

Test(state, what_is_not_committed_is_forgotten)
{
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert(fa_state_is_fresh(state));
    put(state, 1, "a");
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    cr_assert(fa_state_is_fresh(state));
    put(state, 1, "a");
    commit(state);
    cr_assert(fa_state_is_fresh(state), "as it was when it was opened");
    put(state, 2, "b");
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_not(fa_state_is_fresh(state));
    expect_each(state, FA_STANDINGS, "a ");
    fa_state_close(state);
}

Test(state, its_files_are_private_and_the_wal_is_gone_at_the_end)
{
    struct stat st;
    struct fa_state *state = reopen(FA_STATE_WRITE);
    put(state, 1, "a");
    commit(state);
    const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; ++i) {
        cr_assert_eq(stat(fa_scratch_path(&scratch, "state.db%s", suffixes[i]), &st), 0);
        cr_assert_eq(st.st_mode & 07777, 0600, "%s", suffixes[i]);
    }
    fa_state_close(state);
    cr_assert_not(is_there("-wal"));
    cr_assert_not(is_there("-shm"));
    fa_state_close(NULL);
}

/* A process that changes the state, reports that by a byte, and waits to be killed. */
static pid_t start(void (*work)(int to), int *ret_from)
{
    int fds[2];
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        work(fds[1]);
        for (;;)
            pause();
    }
    close(fds[1]);
    *ret_from = fds[0];
    return pid;
}

static void finish(pid_t pid, int from)
{
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
    close(from);
}

static void commit_one_of_two(int to)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    fa_state_begin(state, "async", 0, &err);
    put(state, 1, "committed");
    commit(state);
    put(state, 2, "pending");
    cr_assert_eq(write(to, "", 1), 1);
}

Test(state, a_kill_loses_what_is_pending_and_no_more)
{
    int from;
    char byte;
    pid_t pid = start(commit_one_of_two, &from);
    cr_assert_eq(read(from, &byte, 1), 1);
    finish(pid, from);
    cr_assert(is_there("-wal"));
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    expect_each(state, FA_STANDINGS, "committed ");
    fa_state_close(state);
}

Test(state, another_process_reads_what_is_committed_meanwhile)
{
    int from;
    char byte;
    struct fa_error err = {0};
    pid_t pid = start(commit_one_of_two, &from);
    cr_assert_eq(read(from, &byte, 1), 1);
    struct fa_state *state = reopen_quietly(FA_STATE_READ);
    struct fa_state_run run;
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 1);
    cr_assert(run.ended <= 0);
    expect_each(state, FA_STANDINGS, "committed ");
    cr_assert_str_eq(url_of(state, 1), "committed");
    cr_assert_eq(fa_state_remove(state, 1, &err), -1);
    cr_assert_eq(err.code, EROFS);
    fa_state_close(state);
    finish(pid, from);
}

Test(state, a_reader_does_not_stop_the_writer_and_sees_what_is_new)
{
    struct fa_state *writer = reopen(FA_STATE_WRITE);
    struct fa_state *reader = reopen(FA_STATE_READ);
    cr_assert_null(url_of(reader, 1));
    put(writer, 1, "a");
    cr_assert_null(url_of(reader, 1));
    commit(writer);
    cr_assert_str_eq(url_of(reader, 1), "a");
    put(writer, 1, "b");
    commit(writer);
    cr_assert_str_eq(url_of(reader, 1), "b");
    fa_state_close(writer);
    cr_assert_str_eq(url_of(reader, 1), "b");
    fa_state_close(reader);
}

#define ROUNDS 40
#define BATCH  20

static uint64_t first_batch;

static void commit_on_and_on(int to)
{
    struct fa_state *state = reopen(FA_STATE_WRITE);
    for (uint64_t n = first_batch;; ++n) {
        for (uint64_t i = 0; i < BATCH; ++i)
            put(state, n * BATCH + i, "https://example.org/a/file/of/some/length");
        commit(state);
        if (write(to, &n, sizeof(n)) != sizeof(n))
            _exit(1);
    }
}

Test(state, no_kill_loses_a_committed_record_or_half_a_batch)
{
    for (int round = 0; round < ROUNDS; ++round) {
        int from;
        uint64_t n, last = 0;
        pid_t pid = start(commit_on_and_on, &from);
        cr_assert_eq(read(from, &n, sizeof(n)), sizeof(n));
        last = n;
        usleep((useconds_t)(round * 331 % 7000));
        kill(pid, SIGKILL);
        while (read(from, &n, sizeof(n)) == sizeof(n))
            last = n;
        finish(pid, from);
        struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
        for (uint64_t key = first_batch * BATCH; key < (last + 1) * BATCH; ++key)
            cr_assert(url_of(state, key), "round %d, key %d", round, (int)key);
        /* The batch after the last reported one is there as a whole, or not at all. */
        bool more = url_of(state, (last + 1) * BATCH);
        for (uint64_t i = 0; i < BATCH; ++i)
            cr_assert_eq(url_of(state, (last + 1) * BATCH + i) != NULL, more);
        fa_state_close(state);
        first_batch = last + 1 + more;
    }
    cr_assert(first_batch > ROUNDS);
}

static void make_state(int records)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert_eq(fa_state_begin(state, "async", 0, &err), 0);
    for (int i = 0; i < records; ++i)
        put(state, (uint64_t)i * 77, "https://example.org/a/file/of/some/length");
    commit(state);
    fa_state_close(state);
}

static void expect_set_aside(const char *as)
{
    expect_refusal(DIR, FA_STATE_READ, "damaged");
    cr_assert_not(is_there(as));
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert(strstr(notice, "damaged"), "%s", notice);
    cr_assert(strstr(notice, as), "%s", notice);
    cr_assert(is_there(as));
    cr_assert(fa_state_is_fresh(state));
    put(state, 1, "new");
    commit(state);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    expect_each(state, FA_STANDINGS, "new ");
    fa_state_close(state);
}

Test(state, a_file_that_is_not_a_database_is_set_aside_each_time_under_a_name_of_its_own)
{
    char *text;
    fa_scratch_write(&scratch, "state.db", "This is no database, but it is long enough to be one.");
    expect_set_aside(".damaged");
    text = fa_file_read(fa_scratch_path(&scratch, "state.db.damaged"), NULL);
    cr_assert(strncmp(text, "This is no", 10) == 0, "nothing is deleted");
    free(text);
    fa_scratch_write(&scratch, "state.db", "And this is not one, either.");
    expect_set_aside(".damaged.1");
    fa_scratch_write(&scratch, "state.db", "Nor this.");
    expect_set_aside(".damaged.2");
}

Test(state, a_file_that_was_cut_off_is_set_aside)
{
    struct stat st;
    make_state(1000);
    cr_assert_eq(stat(file, &st), 0);
    cr_assert_eq(truncate(file, st.st_size / 2), 0);
    expect_set_aside(".damaged");
}

Test(state, a_file_that_was_emptied_is_reported)
{
    make_state(10);
    cr_assert_eq(truncate(file, 0), 0);
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert(strstr(notice, "empty"), "%s", notice);
    cr_assert(fa_state_is_fresh(state));
    fa_state_close(state);
}

static void spoil(off_t at)
{
    char junk[4096];
    memset(junk, 0xa5, sizeof(junk));
    int fd = open(file, O_WRONLY);
    cr_assert_eq(pwrite(fd, junk, sizeof(junk), at), (ssize_t)sizeof(junk));
    close(fd);
}

Test(state, a_page_that_was_overwritten_is_found_after_a_run_that_did_not_end)
{
    make_state(1000);
    spoil(10 * 4096);
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert(strstr(notice, "damaged"), "%s", notice);
    cr_assert(is_there(".damaged"));
    cr_assert(fa_state_is_fresh(state));
    fa_state_close(state);
}

Test(state, after_a_run_that_ended_not_all_of_it_is_read)
{
    make_state(1000);
    raw("UPDATE run SET ended=began+1");
    spoil(10 * 4096);
    struct fa_error err = {0};
    char text[200] = "";
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_each(state, FA_STANDINGS, note, text, &err), -1);
    cr_assert(strstr(err.msg, "malformed; run fetchall again"), "%s", err.msg);
    fa_state_close(state);
}

Test(state, a_missing_table_is_damage)
{
    make_state(1);
    raw("DROP TABLE record");
    expect_set_aside(".damaged");
}

Test(state, an_invalid_record_is_an_error)
{
    struct fa_error err = {0};
    struct fa_record record;
    make_state(3);
    raw("UPDATE record SET standing=99 WHERE key=77");
    raw("UPDATE record SET hash=4, digest=x'0102' WHERE key=154");
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_get(state, 77, &record, &err), -1);
    cr_assert(strstr(err.msg, "invalid record"), "%s", err.msg);
    cr_assert_eq(fa_state_get(state, 154, &record, &err), 1);
    cr_assert_eq(record.digest.hash, 0);
    fa_state_close(state);
}

Test(state, the_database_of_another_program_is_left_alone)
{
    raw("CREATE TABLE precious(x); INSERT INTO precious VALUES(1)");
    expect_refusal(DIR, FA_STATE_WRITE, "another program");
    expect_refusal(DIR, FA_STATE_READ, "another program");
    cr_assert_not(is_there(".damaged"));
    raw("INSERT INTO precious SELECT x FROM precious; PRAGMA application_id=1");
    expect_refusal(DIR, FA_STATE_WRITE, "another program");
    raw("DROP TABLE precious");
    expect_refusal(DIR, FA_STATE_WRITE, "another program");
}

Test(state, a_newer_schema_is_refused)
{
    static const enum fa_state_open how[] = {FA_STATE_WRITE, FA_STATE_READ};
    make_state(1);
    raw("PRAGMA user_version=9; UPDATE meta SET v='9.8.7' WHERE k='program';"
        "ALTER TABLE record ADD COLUMN news TEXT");
    for (int i = 0; i < 2; ++i) {
        struct fa_error err = expect_refusal(DIR, how[i], "newer fetchall: use 9.8.7 or later");
        cr_assert(strstr(err.msg, "its schema is 9"), "%s", err.msg);
        cr_assert(strstr(err.msg, "this is " FA_VERSION ", which supports up to 8"), "%s", err.msg);
    }
    raw("DELETE FROM meta WHERE k='program'");
    expect_refusal(DIR, FA_STATE_WRITE, "newer fetchall: use that version or later");
    cr_assert_not(is_there(".damaged"));
    raw("PRAGMA user_version=8; ALTER TABLE record DROP COLUMN news");
    fa_state_close(reopen_quietly(FA_STATE_WRITE));
}

/* The files of tests/states were written by the programs of their time. */
#define KEY_CUT  UINT64_C(12672027426174718460)
#define KEY_PART UINT64_C(846648003357250307)

/* A copy of it, changed by SQL. */
static void copy_state(const char *name, const char *sql)
{
    char path[PATH_MAX];
    size_t len;
    snprintf(path, sizeof(path), FA_STATES "/%s", name);
    char *bytes = fa_file_read(path, &len);
    fa_scratch_write_bytes(&scratch, "state.db", bytes, len);
    free(bytes);
    raw(sql);
}

static char *dump(void)
{
    size_t len;
    char *bytes = fa_file_read(file, &len);
    for (size_t i = 0; i < len; ++i)
        bytes[i] = bytes[i] ? bytes[i] : ' ';
    return bytes;
}

static int64_t ask(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    cr_assert_eq(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return value;
}

static double real_now(void)
{
    return (double)time(NULL);
}

Test(state, limits_of_origins_are_kept)
{
    struct fa_error err = {0};
    static struct fa_state_limit limits[FA_STATE_LIMITS_MAX], got[FA_STATE_LIMITS_MAX];
    const struct fa_state_limit first[] = {
        {7, real_now(), 64}, {UINT64_MAX, real_now() - 9, 16}, {8, 0, 0}};
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_limits(state, got, &err), 0);
    cr_assert_eq(fa_state_put_limits(state, first, 3, &err), 0);
    cr_assert_gt(fa_state_pending(state), 0);
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_pending(state), 0);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_limits(state, got, &err), 2);
    cr_assert(got[0].key == 7 && got[0].per_host == 64);
    cr_assert(got[1].key == UINT64_MAX && got[1].per_host == 16);
    for (unsigned i = 0; i < FA_STATE_LIMITS_MAX; ++i)
        limits[i] = (struct fa_state_limit){100 + i, real_now() - i, 5 + i};
    cr_assert_eq(fa_state_put_limits(state, limits, FA_STATE_LIMITS_MAX, &err), 0);
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_limits(state, got, &err), FA_STATE_LIMITS_MAX);
    cr_assert_eq(got[FA_STATE_LIMITS_MAX - 1].per_host, 5 + FA_STATE_LIMITS_MAX - 3,
                 "the two of before are newer than the oldest");
    fa_state_close(state);
}

Test(state, limits_of_origins_that_are_old_are_removed)
{
    struct fa_error err = {0};
    static struct fa_state_limit got[FA_STATE_LIMITS_MAX];
    const struct fa_state_limit limits[] = {{7, real_now() - FA_STATE_LIMITS_AGE - 9, 64},
                                            {8, real_now() - FA_STATE_LIMITS_AGE + 99, 16}};
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_eq(fa_state_put_limits(state, limits, 2, &err), 0);
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_limits(state, got, &err), 1);
    cr_assert(got[0].key == 8 && got[0].per_host == 16);
    fa_state_close(state);
    cr_assert_eq(ask("SELECT count(*) FROM origin"), 1);
}

Test(state, whether_the_command_of_a_file_has_run_is_kept)
{
    struct fa_error err = {0};
    struct fa_record got;
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    for (unsigned i = 0; i < FA_HOOK_STANDINGS; ++i) {
        struct fa_record record = {
            .key = 70 + i, .url = "http://x/", .path = "x", .hook = (enum fa_hook_standing)i};
        cr_assert_eq(fa_state_put(state, &record, &err), 0);
        cr_assert_eq(fa_state_get(state, 70 + i, &got, &err), 1);
        cr_assert_eq(got.hook, i);
    }
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    fa_state_close(state);
    raw("UPDATE record SET hook=9 WHERE key=72");
    state = reopen_quietly(FA_STATE_WRITE);
    for (unsigned i = 0; i < FA_HOOK_STANDINGS; ++i) {
        cr_assert_eq(fa_state_get(state, 70 + i, &got, &err), 1);
        cr_assert_eq(got.hook, i == FA_HOOK_DONE ? FA_HOOK_NONE : i);
    }
    fa_state_close(state);
}

static int note_archive(void *arg, const struct fa_state_archive *archive)
{
    char *text = arg;
    snprintf(text + strlen(text), 500 - strlen(text), "%llu %s %llu %llu %d;",
             (unsigned long long)archive->id, archive->name, (unsigned long long)archive->bytes,
             (unsigned long long)archive->files, archive->open);
    return 0;
}

Test(state, archives_are_committed_with_the_records_of_their_members)
{
    struct fa_error err = {0};
    struct fa_record got;
    struct fa_record record = {
        .key = 5, .url = "http://x/", .path = "x", .archive = 2, .offset = 1536};
    char text[500] = "";
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    struct fa_state_archive one = {1, "a-0.tar", 512, 1, true}, two = {2, "a-1.tar", 9, 2, true};
    cr_assert_eq(fa_state_put_archive(state, &one, &err), 0);
    cr_assert_eq(fa_state_put_archive(state, &two, &err), 0);
    two.bytes = 3072;
    one.open = false;
    cr_assert_eq(fa_state_put_archive(state, &one, &err), 0);
    cr_assert_eq(fa_state_put_archive(state, &two, &err), 0);
    cr_assert_eq(fa_state_put(state, &record, &err), 0);
    cr_assert_eq(fa_state_pending(state), 3);
    cr_assert_eq(fa_state_commit(state, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_pending(state), 0);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_READ);
    cr_assert_eq(fa_state_each_archive(state, note_archive, text, &err), 0, "%s", err.msg);
    cr_assert_str_eq(text, "1 a-0.tar 512 1 0;2 a-1.tar 3072 2 1;");
    cr_assert_eq(fa_state_get(state, 5, &got, &err), 1);
    cr_assert(got.archive == 2 && got.offset == 1536);
    fa_state_close(state);
}

/* The contents of those, in either way of opening. */
static void expect_schema_1(enum fa_state_open how)
{
    struct fa_error err = {0};
    struct fa_record got;
    struct fa_state *state = fa_state_open(file, NULL, how, false, notice, &err);
    cr_assert(state && !notice[0], "%s%s", err.msg, notice);
    cr_assert_eq(fa_state_get(state, KEY_PART, &got, &err), 1, "%s", err.msg);
    cr_assert_eq(got.standing, FA_STANDING_PART);
    cr_assert(got.size == 3000000 && got.strong && got.modified == -1 && !got.coding);
    cr_assert_str_eq(got.etag, "\"9ea8d721e55984ba\"");
    cr_assert_eq(fa_state_get(state, KEY_CUT, &got, &err), 1, "%s", err.msg);
    cr_assert(got.standing == FA_STANDING_FAILED && got.size == 1000000 && got.strong && got.tried);
    cr_assert_str_eq(got.error, "transfer closed with 200000 bytes remaining to read");
    char text[500] = "";
    cr_assert_eq(fa_state_each(state, FA_STANDING_DONE, note, text, &err), 0);
    cr_assert_str_eq(text, "http://files.example/ok/1000/done ");
    struct fa_state_run run;
    fa_state_last_run(state, &run);
    cr_assert(run.id == 2 && run.entries == 5 && run.done == 4 && run.ended > 0);
    fa_state_close(state);
}

static void expect_one_upgrade(const char *name, int64_t schema)
{
    copy_state(name, "");
    cr_assert_eq(ask("PRAGMA user_version"), schema);
    expect_schema_1(FA_STATE_WRITE);
    cr_assert_eq(ask("PRAGMA user_version"), 8);
    cr_assert_eq(ask("SELECT count(*) FROM meta WHERE k='program' AND v='" FA_VERSION "'"), 1);
    char *before = dump();
    expect_schema_1(FA_STATE_WRITE);
    expect_schema_1(FA_STATE_READ);
    char *after = dump();
    cr_assert_str_eq(after, before);
    cr_assert_not(is_there(".damaged"));
    free(before);
    free(after);
}

Test(state, one_of_an_earlier_schema_is_upgraded_once)
{
    expect_one_upgrade("schema-1.db", 1);
    unlink(file);
    expect_one_upgrade("schema-2.db", 2);
    unlink(file);
    expect_one_upgrade("schema-3.db", 3);
    unlink(file);
    expect_one_upgrade("schema-4.db", 4);
    unlink(file);
    expect_one_upgrade("schema-5.db", 5);
    unlink(file);
    expect_one_upgrade("schema-6.db", 6);
    unlink(file);
    expect_one_upgrade("schema-7.db", 7);
}

Test(state, one_of_an_earlier_schema_is_read_and_not_written)
{
    copy_state("schema-1.db", "");
    char *before = dump();
    expect_schema_1(FA_STATE_READ);
    expect_schema_1(FA_STATE_READ);
    char *after = dump();
    cr_assert_str_eq(after, before);
    free(before);
    free(after);
}

/* The part may be of a file that the server compresses now and did not then, or vice versa. */
Test(state, part_of_schema_1_without_a_length_is_not_resumed)
{
    struct fa_error err = {0};
    struct fa_record got;
    copy_state("schema-1.db", "UPDATE record SET size=-1");
    struct fa_state *state = fa_state_open(file, NULL, FA_STATE_WRITE, false, notice, &err);
    cr_assert(state, "%s", err.msg);
    cr_assert_eq(fa_state_get(state, KEY_PART, &got, &err), 1);
    cr_assert_not(got.strong);
    cr_assert_eq(fa_state_get(state, KEY_CUT, &got, &err), 1);
    cr_assert_not(got.strong);
    fa_state_close(state);
    copy_state("schema-1.db", "UPDATE record SET size=-1, replaces=1 WHERE path='cut'");
    state = fa_state_open(file, NULL, FA_STATE_WRITE, false, notice, &err);
    cr_assert_eq(fa_state_get(state, KEY_CUT, &got, &err), 1);
    cr_assert(got.strong, "it is of the file that stands");
    fa_state_close(state);
}

Test(state, upgrade_that_fails_changes_nothing)
{
    struct fa_error err = {0};
    copy_state("schema-1.db", "");
    char *before = dump();
    sqlite3 *other = NULL;
    cr_assert_eq(sqlite3_open(file, &other), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    cr_assert_null(fa_state_open(file, NULL, FA_STATE_WRITE, false, notice, &err));
    cr_assert(strstr(err.msg, "locked"), "%s", err.msg);
    cr_assert_eq(sqlite3_close(other), SQLITE_OK);
    char *after = dump();
    cr_assert_str_eq(after, before);
    cr_assert_not(is_there(".damaged"));
    expect_schema_1(FA_STATE_WRITE);
    free(before);
    free(after);
}

/* Files cannot grow beyond MOST: the write that would exceed it fails, or (DIES) kills the
 * process. */
static void upgrade_within(rlim_t most, bool dies)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct fa_error err = {0};
        signal(SIGXFSZ, dies ? SIG_DFL : SIG_IGN);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, most});
        struct fa_state *state = fa_state_open(file, NULL, FA_STATE_WRITE, false, notice, &err);
        _exit(state ? 0 : 1);
    }
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

Test(state, upgrade_that_is_cut_short_at_any_write_is_made_up_for)
{
    static const int64_t columns[] = {0, 23, 24, 26, 26, 27, 28, 30, 31}; /* by schema */
    int before = 0, after = 0;
    for (rlim_t most = 0; most <= 40000; most += 800) {
        for (int dies = 0; dies < 2; ++dies) {
            copy_state("schema-1.db", "");
            upgrade_within(most, dies);
            cr_assert_not(is_there(".damaged"));
            int64_t schema = ask("PRAGMA user_version");
            cr_assert_eq(ask("SELECT count(*) FROM pragma_table_info('record')"), columns[schema]);
            before += schema == 1;
            after += schema == 8;
            expect_schema_1(FA_STATE_WRITE);
            cr_assert_eq(ask("PRAGMA user_version"), 8);
        }
    }
    cr_assert(before > 10 && after > 10, "%d times before, %d after", before, after);
}

/* A state is not changed before it is known to belong to the folder. */
Test(state, one_of_another_folder_is_not_upgraded)
{
    copy_state("schema-1.db", "INSERT INTO meta VALUES('dir', '/elsewhere')");
    expect_refusal(DIR, FA_STATE_WRITE, "/elsewhere");
    cr_assert_eq(ask("PRAGMA user_version"), 1);
}

Test(state, tables_that_are_not_those_of_their_schema_are_damaged)
{
    struct fa_error err = {0};
    copy_state("schema-1.db", "PRAGMA user_version=2");
    struct fa_state *state = fa_state_open(file, NULL, FA_STATE_WRITE, false, notice, &err);
    cr_assert(state && is_there(".damaged"), "%s", err.msg);
    cr_assert(fa_state_is_fresh(state));
    fa_state_close(state);
}

/* Otherwise each run would fail in the same way before it has done anything. */
Test(state, damage_of_what_every_run_reads_first_is_found_also_after_a_run_that_ended)
{
    static const char *const tables[] = {"record", "origin", "archive", "run"};
    for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); ++i) {
        char sql[80];
        snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE name='%s'", tables[i]);
        fa_file_remove(file);
        make_state(1000);
        raw("UPDATE run SET ended=began+1");
        spoil((ask(sql) - 1) * 4096);
        struct fa_state *state = reopen(FA_STATE_WRITE);
        cr_expect(strstr(notice, "damaged"), "%s: '%s'", tables[i], notice);
        cr_expect(fa_state_is_fresh(state), "%s", tables[i]);
        fa_state_close(state);
    }
}

Test(state, it_belongs_to_one_folder)
{
    struct fa_error err = {0};
    make_state(1);
    err = expect_refusal("/other", FA_STATE_WRITE, DIR);
    cr_assert(strstr(err.msg, "/other"), "%s", err.msg);
    expect_refusal("/other", FA_STATE_READ, DIR);
    struct fa_state *state = fa_state_open(file, NULL, FA_STATE_READ, false, notice, &err);
    cr_assert(state, "%s", err.msg);
    fa_state_close(state);
}

Test(state, reading_makes_no_file)
{
    struct fa_error err = expect_refusal(DIR, FA_STATE_READ, "cannot read");
    cr_assert_eq(err.domain, FA_DOMAIN_SYSTEM);
    cr_assert_eq(err.code, ENOENT);
    cr_assert_not(is_there(""));
    fa_scratch_write(&scratch, "state.db", "");
    err = expect_refusal(DIR, FA_STATE_READ, "cannot read");
    cr_assert_eq(err.code, ENOENT);
}

Test(state, a_folder_without_write_permission_can_be_read)
{
    make_state(3);
    /* The folder as one that its owner, who is not the superuser, may not write to. */
    bool root = geteuid() == 0;
    if (root)
        cr_assert(chown(scratch.path, 65534, 65534) == 0 && chown(file, 65534, 65534) == 0);
    cr_assert_eq(chmod(scratch.path, 0555), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct fa_error err = {0};
        struct fa_record record;
        if (root && (setgid(65534) || setuid(65534)))
            _exit(2);
        if (open(fa_scratch_path(&scratch, "new"), O_WRONLY | O_CREAT, 0600) >= 0)
            _exit(3);
        struct fa_state *state = fa_state_open(file, DIR, FA_STATE_READ, false, notice, &err);
        _exit(!state                                        ? 4
              : fa_state_get(state, 77, &record, &err) != 1 ? 5
              : strncmp(record.url, "https://example", 15)  ? 6
                                                            : 0);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(chmod(scratch.path, 0700), 0);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "%d", WEXITSTATUS(status));
}

Test(state, a_symbolic_link_is_refused_but_those_of_its_folders_are_not)
{
    struct fa_error err = {0};
    make_state(1);
    const char *link = fa_scratch_path(&scratch, "link");
    cr_assert_eq(symlink(scratch.path, link), 0);
    struct fa_state *state = fa_state_open(fa_scratch_path(&scratch, "link/state.db"), DIR,
                                           FA_STATE_WRITE, false, notice, &err);
    cr_assert(state, "%s", err.msg);
    fa_state_close(state);

    const char *target = fa_scratch_path(&scratch, "target.db");
    cr_assert_eq(rename(file, target), 0);
    cr_assert_eq(symlink(target, file), 0);
    expect_refusal(DIR, FA_STATE_WRITE, "cannot open");
    expect_refusal(DIR, FA_STATE_READ, "cannot open");
    cr_assert_eq(unlink(target), 0);
    expect_refusal(DIR, FA_STATE_WRITE, "cannot open");
    cr_assert_eq(access(target, F_OK), -1, "nothing was made through the link");
}

/* Only the superuser can create files of another user; anybody can create files that others may
 * write to. */
static void give_away(const char *path)
{
    cr_assert_eq(geteuid() == 0 ? chown(path, 65534, 65534) : chmod(path, 0606), 0);
}

static const char *why_given_away(void)
{
    return geteuid() == 0 ? "belongs to another user (uid 65534" : "is writable by other users";
}

Test(state, a_file_of_another_user_is_refused_whichever_it_is)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); ++i) {
        make_state(1);
        const char *name = fa_scratch_path(&scratch, "state.db%s", suffixes[i]);
        if (*suffixes[i])
            fa_scratch_write(&scratch, strrchr(name, '/') + 1, "");
        give_away(name);
        expect_refusal(DIR, FA_STATE_WRITE, why_given_away());
        expect_refusal(DIR, FA_STATE_READ, why_given_away());
        cr_assert_eq(chown(name, geteuid(), getegid()), 0);
        cr_assert_eq(chmod(name, 0660), 0);
        expect_refusal(DIR, FA_STATE_WRITE, "is writable by other users");
        fa_file_remove(name);
        if (*suffixes[i]) {
            cr_assert_eq(symlink("nowhere", name), 0);
            expect_refusal(DIR, FA_STATE_READ, "not a regular file");
            expect_refusal(DIR, FA_STATE_WRITE, "not a regular file");
            fa_file_remove(name);
        }
    }
}

Test(state, its_own_folder_is_refused_if_others_may_write_to_it)
{
    struct fa_error err = {0};
    const char *folder = fa_scratch_mkdir(&scratch, "d/.fetchall");
    const char *home = fa_scratch_path(&scratch, "d/.fetchall/state.db");
    cr_assert_eq(chmod(folder, 0770), 0);
    for (int how = 0; how < 2; ++how) {
        cr_assert_null(
            fa_state_open(home, NULL, how ? FA_STATE_WRITE : FA_STATE_READ, false, notice, &err));
        cr_assert(strstr(err.msg, "is writable by other users"), "%s", err.msg);
    }
    cr_assert_eq(access(home, F_OK), -1);
}

Test(state, a_wal_that_was_deleted_leaves_an_older_state)
{
    int from;
    char byte;
    make_state(1);
    pid_t pid = start(commit_one_of_two, &from);
    cr_assert_eq(read(from, &byte, 1), 1);
    finish(pid, from);
    cr_assert_eq(unlink(fa_scratch_path(&scratch, "state.db-wal")), 0);
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    cr_assert_null(url_of(state, 1));
    cr_assert_str_eq(url_of(state, 0), "https://example.org/a/file/of/some/length");
    fa_state_close(state);
}

Test(state, a_wal_without_its_database_is_set_aside)
{
    int from;
    char byte;
    pid_t pid = start(commit_one_of_two, &from);
    cr_assert_eq(read(from, &byte, 1), 1);
    finish(pid, from);
    cr_assert_eq(unlink(file), 0);
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert(strstr(notice, "only its WAL exists"), "%s", notice);
    cr_assert(is_there(".damaged-wal"));
    cr_assert(fa_state_is_fresh(state));
    fa_state_close(state);
}

/* The disk, as SQLite sees it: the write of that number and all later ones fail. */
static int writes_left = -1;
static int write_errno;

static ssize_t poor_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (writes_left == 0) {
        errno = write_errno;
        return -1;
    }
    writes_left -= writes_left > 0;
    return pwrite(fd, data, len, at);
}

static void make_disk_poor(int writes, int why)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    cr_assert_eq(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)poor_pwrite), SQLITE_OK);
    vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)poor_pwrite);
    writes_left = writes;
    write_errno = why;
}

static void expect_disk_full(struct fa_state *state, int code)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_state_commit(state, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_eq(err.domain, FA_DOMAIN_SYSTEM, "%s, not %d", err.msg, code);
    cr_assert_eq(err.code, code, "%s", err.msg);
    cr_assert(strstr(err.msg, "state.db") && strstr(err.msg, "write"), "%s", err.msg);
}

Test(state, a_commit_on_a_full_disk_is_retried_later)
{
    static const int codes[] = {ENOSPC, EDQUOT, EFBIG, EIO};
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert_eq(fa_state_begin(state, "async", 0, &err), 0);
    uint64_t key = 1;
    for (int round = 0; round < 24; ++round) {
        for (int i = 0; i < 50; ++i)
            put(state, key++, "https://example.org/a/file/of/some/length");
        drop(state, key - 50);
        cr_assert_eq(fa_state_progress(state, key, key, false, false, &err), 0);
        make_disk_poor(round / 4, codes[round % 4]);
        uint64_t pending = fa_state_pending(state);
        expect_disk_full(state, codes[round % 4]);
        expect_disk_full(state, codes[round % 4]);
        cr_assert_eq(fa_state_pending(state), pending);
        cr_assert(url_of(state, key - 1));
        cr_assert_null(url_of(state, key - 50));
        put(state, key++, "more");
        writes_left = -1;
        commit(state);
    }
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    for (uint64_t i = 1; i < key; ++i)
        cr_assert_eq(url_of(state, i) == NULL, i % 51 == 1, "%d", (int)i);
    struct fa_state_run run;
    fa_state_last_run(state, &run);
    cr_assert_eq(run.entries, key - 1);
    fa_state_close(state);
}

Test(state, more_than_the_cache_in_one_commit_is_rolled_back_and_retried)
{
    struct fa_error err = {0};
    struct fa_state *state = reopen(FA_STATE_WRITE);
    char url[1001];
    memset(url, 'u', 1000);
    url[1000] = '\0';
    for (uint64_t i = 0; i < 10000; ++i)
        put(state, i, url);
    make_disk_poor(1000, ENOSPC);
    expect_disk_full(state, ENOSPC);
    char text[200] = "";
    writes_left = 100;
    cr_assert_eq(fa_state_each(state, FA_STANDINGS, note, text, &err), -1);
    cr_assert_eq(err.code, ENOSPC);
    writes_left = -1;
    commit(state);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_WRITE);
    for (uint64_t i = 0; i < 10000; ++i)
        cr_assert_str_eq(url_of(state, i), url);
    fa_state_close(state);
}

Test(state, a_full_disk_is_reported_when_it_is_opened)
{
    struct fa_error err = {0};
    make_disk_poor(0, ENOSPC);
    cr_assert_null(fa_state_open(file, DIR, FA_STATE_WRITE, true, notice, &err));
    cr_assert_eq(err.code, ENOSPC, "%s", err.msg);
    cr_assert_not(is_there(".damaged"));
    writes_left = -1;
    fa_state_close(reopen(FA_STATE_WRITE));
}

/* A file system without shared memory: one of SQLite's ways of locking has none. */
Test(state, without_a_wal_there_is_a_rollback_journal)
{
    cr_assert_eq(sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1), SQLITE_OK);
    struct fa_state *state = reopen_quietly(FA_STATE_WRITE);
    put(state, 1, "a");
    commit(state);
    cr_assert_not(is_there("-wal"));
    cr_assert(is_there("-journal"));
    put(state, 2, "b");
    cr_assert_str_eq(url_of(state, 1), "a");
    commit(state);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_READ);
    expect_each(state, FA_STANDINGS, "a b ");
    fa_state_close(state);
}

Test(state, the_last_run_is_reported)
{
    struct fa_error err = {0};
    struct fa_state_run run;
    struct fa_state *state = reopen(FA_STATE_WRITE);
    cr_assert_eq(fa_state_progress(state, 1, 1, true, true, &err), 0);
    cr_assert_eq(fa_state_pending(state), 0, "there is no run yet");
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 0);
    cr_assert_eq(fa_state_begin(state, "a-very-long-name-of-a-mode", 0, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_state_progress(state, 10, 7, true, false, &err), 0);
    cr_assert_eq(fa_state_pending(state), 1);
    commit(state);
    cr_assert_eq(fa_state_progress(state, 10, 7, true, false, &err), 0);
    cr_assert_eq(fa_state_pending(state), 0, "it is the same");
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 0, "it is the one before this");
    fa_state_close(state);

    state = reopen_quietly(FA_STATE_WRITE);
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 1);
    cr_assert(run.began > 1e9 && run.ended <= 0);
    cr_assert(run.lists_final && run.same_boot);
    cr_assert_eq(run.entries, 10);
    cr_assert_eq(run.done, 7);
    cr_assert_str_eq(run.mode, "a-very-long-nam");
    cr_assert_eq(fa_state_begin(state, "thread", 0, &err), 0);
    cr_assert_eq(fa_state_progress(state, 3, 3, false, true, &err), 0);
    commit(state);
    fa_state_close(state);

    raw("UPDATE run SET boot='another' WHERE id=2");
    state = reopen_quietly(FA_STATE_READ);
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 2);
    cr_assert(run.ended >= run.began);
    cr_assert(!run.lists_final && !run.same_boot);
    cr_assert_str_eq(run.mode, "thread");
    fa_state_close(state);
}

static int count_rows(void *arg, int n, char **values, char **names)
{
    (void)n, (void)names;
    *(int *)arg = atoi(values[0]);
    return 0;
}

Test(state, few_runs_are_kept_and_their_numbers_continue)
{
    struct fa_error err = {0};
    struct fa_state_run run;
    struct fa_state *state = reopen(FA_STATE_WRITE);
    for (int i = 0; i < 50; ++i)
        cr_assert_eq(fa_state_begin(state, "async", 0, &err), 0, "%s", err.msg);
    fa_state_close(state);
    state = reopen(FA_STATE_WRITE);
    fa_state_last_run(state, &run);
    cr_assert_eq(run.id, 50);
    fa_state_close(state);
    sqlite3 *db;
    int rows = 0;
    cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
    sqlite3_exec(db, "SELECT count(*) FROM run", count_rows, &rows, NULL);
    sqlite3_close(db);
    cr_assert_eq(rows, 20);
}

Test(state, a_durable_one_works_alike)
{
    struct fa_error err = {0};
    struct fa_state *state = fa_state_open(file, DIR, FA_STATE_WRITE, true, notice, &err);
    cr_assert(state, "%s", err.msg);
    put(state, 1, "a");
    commit(state);
    fa_state_close(state);
    state = reopen_quietly(FA_STATE_READ);
    expect_each(state, FA_STANDINGS, "a ");
    fa_state_close(state);
}
