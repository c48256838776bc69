/* Local trouble: full disks, failing syscalls, and what others do to our files meanwhile. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB  (1024 * 1024)
#define FILL 16 /* more than any disk here has, in MiB */

static char disk[PATH_MAX]; /* the small one */

static void end(void)
{
    if (*disk) {
        umount2(disk, MNT_DETACH);
    }
    fixture_end();
}

TestSuite(trouble, .init = fixture_begin, .fini = end, .timeout = 120.0);

static void add(const char *format, int number)
{
    char path[64];
    snprintf(path, sizeof(path), format, number);
    fa_lines_add(&list, "%s", fa_server_url(&server, path));
}

static void add_many(const char *format, int count)
{
    for (int i = 0; i < count; i++) {
        add(format, i);
    }
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    while ((text = strstr(text, what))) {
        count++;
        text += strlen(what);
    }
    return count;
}

static const char *below(const char *dir, const char *name)
{
    static char path[2 * PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

/* In a mount namespace of our own, so that nothing is left behind whatever happens. */
static void need_disk(int mib)
{
    char options[32];
    if (geteuid() != 0) {
        cr_skip_test("mounting a small disk needs root");
    }
    snprintf(disk, sizeof(disk), "%s", fa_scratch_mkdir(&scratch, "small"));
    snprintf(options, sizeof(options), "size=%dm", mib);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", disk, "tmpfs", 0, options) != 0) {
        cr_assert(errno == EPERM || errno == EACCES, "%s", strerror(errno));
        *disk = '\0';
        cr_skip_test("this root may not mount");
    }
}

/* Leaves this many KiB of disk space, or what there is. */
static void fill(int left_kib)
{
    char kib[1024];
    memset(kib, 'x', sizeof(kib));
    int fd = open(below(disk, "filler"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    off_t size = 0;
    while (size < FILL * MIB && write(fd, kib, sizeof(kib)) == sizeof(kib)) {
        size += (off_t)sizeof(kib);
    }
    cr_assert_eq(errno, ENOSPC);
    cr_assert_eq(ftruncate(fd, size > left_kib * 1024 ? size - left_kib * 1024 : 0), 0);
    close(fd);
}

static void make_room(void)
{
    cr_assert_eq(unlink(below(disk, "filler")), 0);
}

static long long sum(const char *member)
{
    long long total = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(fetch.entries, i, entry)
    {
        total += fa_report_int(entry, member);
    }
    return total;
}

static void expect_one_attempt_each(void)
{
    size_t i;
    json_t *entry;
    json_array_foreach(fetch.entries, i, entry)
    {
        cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s: %s", fetch.mode,
                     fa_report_str(entry, "path"));
    }
}

static void expect_said_once(const char *what)
{
    const char *told = fa_run_err(&fetch.run);
    cr_expect_eq(count_of(told, what), 1, "%s: \"%s\" is not said once: %s", fetch.mode, what,
                 told);
}

/* The files f0, f1, ... of add_many(). */
static void expect_many(const char *dir, const char *format, int count, uint64_t size)
{
    for (int i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), format, i);
        fa_expect_file(dir, strrchr(path, '/') + 1, path, size);
    }
}

/* A file with its final name is complete. */
static void expect_no_short_file(const char *dir, const char *format, int count, uint64_t size)
{
    for (int i = 0; i < count; i++) {
        char path[64];
        struct stat st;
        snprintf(path, sizeof(path), format, i);
        if (stat(below(dir, strrchr(path, '/') + 1), &st) == 0) {
            fa_expect_file(dir, strrchr(path, '/') + 1, path, size);
        }
    }
}

/* How many records of the state have a standing (state.h: 0 is a part, 1 is done); -1: no state */
static int records(const char *dir, int standing)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int count = -1;
    if (sqlite3_open_v2(below(dir, ".fetchall/state.db"), &db, SQLITE_OPEN_READWRITE, NULL) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT count(*) FROM record WHERE standing=?1", -1, &stmt, NULL) ==
            SQLITE_OK &&
        sqlite3_bind_int(stmt, 1, standing) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        count = sqlite3_column_int(stmt, 0);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return count;
}

/* The number that an SQL expression gives; -1: none. */
static bool sql(const char *dir, const char *text, long long *ret)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    *ret = -1;
    bool good = sqlite3_open_v2(below(dir, ".fetchall/state.db"), &db, SQLITE_OPEN_READWRITE,
                                NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK;
    int rc = good ? sqlite3_step(stmt) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* A program that runs fetchall under strace, with these options; its log is "strace.log". */
static struct fa_run_options traced(const char *options)
{
    static const char *const env[] = {"ASAN_OPTIONS=detect_leaks=0:exitcode=99", NULL};
    char text[4 * PATH_MAX];
    snprintf(text, sizeof(text), "#!/bin/sh\nexec strace -f -qq -y -o '%s' %s -- '%s' \"$@\"\n",
             fa_scratch_path(&scratch, "strace.log"), options, fa_run_program());
    const char *script = fa_scratch_write(&scratch, "traced", text);
    cr_assert_eq(chmod(script, 0700), 0);
    return (struct fa_run_options){.program = script, .env = env};
}

static bool is_idle(void *arg)
{
    (void)arg;
    fa_run_pump(&fetch.run, 0);
    return fa_server_stat(&server, "active") == 0;
}

FA_TEST_MODES(trouble, a_full_disk_pauses_everything_once_and_continues_when_there_is_space)
{
    need_disk(8);
    fill(800); /* none of them gets to its end */
    add_many("/ok/900000/f%d", 8);
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, "-j", "2", NULL);
    fa_run_until_stderr_has(&fetch.run, "waiting 60 seconds until files can be written", 20);
    cr_assert(fa_wait_until(is_idle, NULL, 10)); /* the others have hit it, too */
    make_room();
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 8);
    expect_said_once("waiting");
    expect_said_once("files can be written again");
    expect_one_attempt_each();
    expect_many(disk, "/ok/900000/f%d", 8, 900000);
    fa_fetch_expect_no_parts(&fetch);
}

Test(trouble, space_is_noticed_on_a_file_system_that_cannot_reserve_it)
{
    need_disk(8);
    fill(800); /* two of them get to 256 KiB each, none to its end */
    add_many("/chunked/900000/f%d", 8);
    struct fa_run_options options = traced("-e trace=fallocate -e "
                                           "inject=fallocate:error=EOPNOTSUPP");
    fa_fetch_start_with(&fetch, &scratch, &options, disk, "async", list.text, "-j", "2", NULL);
    fa_run_until_stderr_has(&fetch.run, "waiting", 20);
    /* It must have checked, and found no space. */
    const char *log = fa_scratch_path(&scratch, "strace.log");
    for (size_t looks = 0; looks < 2 && !fetch.run.ended;) {
        char *text = fa_file_read(log, NULL);
        looks = count_of(text, "fallocate(");
        free(text);
        fa_run_pump(&fetch.run, 50);
    }
    cr_expect_null(strstr(fa_run_err(&fetch.run), "files can be written again"));
    make_room();
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 8);
    expect_said_once("waiting");
    expect_many(disk, "/chunked/900000/f%d", 8, 900000);
}

/* The second fallocate(2) checks for space; the first reserved some. */
Test(trouble, run_that_is_killed_on_a_full_disk_leaves_no_file_that_it_looked_with)
{
    need_disk(8);
    fill(800);
    add("/chunked/900000/f%d", 0); /* nobody knows how much it needs, so that it is tried */
    struct fa_run_options options =
        traced("-e trace=fallocate -e inject=fallocate:signal=SIGKILL:when=2");
    fa_fetch_start_with(&fetch, &scratch, &options, disk, "loops", list.text, NULL);
    cr_assert_eq(fa_run_wait(&fetch.run, 20), 128 + SIGKILL, "%s", fa_run_err(&fetch.run));
    char *log = fa_file_read(fa_scratch_path(&scratch, "strace.log"), NULL);
    cr_assert_eq(count_of(log, "fallocate("), 2);
    free(log);
    DIR *own = opendir(below(disk, ".fetchall"));
    cr_assert(own);
    for (struct dirent *entry; (entry = readdir(own));) {
        const char *name = entry->d_name;
        bool known = name[0] == '.' || strcmp(name, "lock") == 0 || strstr(name, ".part") ||
                     strncmp(name, "state.db", 8) == 0;
        cr_expect(known, "'%s' is left", name);
    }
    closedir(own);
}

/* A declared length does not pause the run: no write has failed. */
FA_TEST_MODES(trouble, file_that_does_not_fit_by_its_length_fails_alone)
{
    need_disk(8);
    fill(2048);
    add("/ok/5000000/f%d", 0);
    add("/ok/9000000/f%d", 1);
    add_many("/ok/100/g%d", 20);
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, "-j", "1", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "local_io");
    cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s: it is asked for once a run", mode);
    fa_fetch_expect_entry(&fetch, 2, "failed", "too_large");
    fa_fetch_expect_count(&fetch, "ok", 20);
    cr_expect_eq(count_of(fa_run_err(&fetch.run), "waiting"), 0, "%s", mode);
    fa_fetch_end(&fetch);

    /* It fails alone, with a transient error; a later run with enough space downloads it. */
    const char *alone = fa_server_url(&server, "/ok/5000000/f0");
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, alone, NULL);
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_end(&fetch);
    make_room();
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, alone, "--retry-failed", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(disk, "f0", "/ok/5000000/f0", 5000000);
}

FA_TEST_MODES(trouble, mirror_is_asked_for_what_does_not_fit_by_its_length)
{
    need_disk(8);
    fill(2048);
    char *first = strdup(fa_server_url(&server, "/ok/5000000/f0"));
    fa_lines_add(&list, "%s\t%s", first, fa_server_url(&server, "/ok/100/f0"));
    free(first);
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(disk, "f0", "/ok/100/f0", 100);
}

FA_TEST_MODES(trouble, run_that_gave_up_on_a_full_disk_keeps_its_parts_for_the_next)
{
    static const char *const waits[] = {"0", "1.5"};
    need_disk(8);
    add_many("/ok/900000/f%d", 4);
    for (size_t i = 0; i < 2; i++) {
        fill(800);
        fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, "--disk-wait", waits[i],
                            "-j", "1", NULL);
        fa_fetch_expect(&fetch, 20, 4);
        cr_expect_leq(count_of(fa_run_err(&fetch.run), "waiting"), i, "%s", mode);
        expect_no_short_file(disk, "/ok/900000/f%d", 4, 900000);
        fa_fetch_expect_count(&fetch, "ok", 0);
        fa_fetch_end(&fetch);
        make_room();
        fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, NULL);
        fa_fetch_expect(&fetch, 20, 0);
        cr_expect_gt(sum("resumed"), 0, "%s, wait %s: no part was kept", mode, waits[i]);
        expect_many(disk, "/ok/900000/f%d", 4, 900000);
        fa_fetch_end(&fetch);
        for (int file = 0; file < 4; file++) {
            unlink(below(disk, (const char *[]){"f0", "f1", "f2", "f3"}[file]));
        }
        fa_file_remove(below(disk, ".fetchall"));
    }
}

/* Only the state is on the full disk. */
static void start_with_state_on_full_disk(const char *wait)
{
    need_disk(2);
    add("/hold/f%d", 0);
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--state",
                   fa_scratch_path(&scratch, "small/state.db"), "--disk-wait", wait,
                   "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    fill(0);
    fa_server_release(&server, NULL);
}

Test(trouble, state_on_a_full_disk_is_written_when_there_is_space)
{
    start_with_state_on_full_disk("60");
    fa_run_until_stderr_has(&fetch.run, "waiting", 10);
    make_room();
    fa_fetch_expect(&fetch, 10, 0);
    expect_said_once("waiting");
    fa_expect_file(fetch.dir, "f0", "/hold/f0", FA_PATTERN_SMALL);
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    cr_assert_eq(unlink(below(dir, "f0")), 0);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--state",
                        fa_scratch_path(&scratch, "small/state.db"), "--plan", NULL);
    fa_fetch_expect(&fetch, 10, 0);
}

Test(trouble, state_that_stays_on_a_full_disk_ends_the_run_and_claims_nothing)
{
    start_with_state_on_full_disk("1.5");
    fa_fetch_expect(&fetch, 10, 4);
    expect_said_once("waiting");
    cr_expect_lt(fetch.seconds, fa_timeout(6));
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    make_room();
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--retry-failed",
                        "--state", fa_scratch_path(&scratch, "small/state.db"), NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(json_array_size(fetch.entries), 0);
}

Test(trouble, disk_that_only_seems_to_have_space_does_not_block_a_run_for_ever)
{
    add_many("/ok/700000/f%d", 4);
    struct fa_run_options options = traced("-e trace=pwrite64 -e inject=pwrite64:error=ENOSPC");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "async", list.text, "--disk-wait", "3",
                        "--no-state", NULL);
    fa_fetch_expect(&fetch, 20, 4);
    expect_said_once("waiting");
    cr_expect_eq(fa_report_count(fetch.entries, "status", "ok"), 0);
}

/* Each thread and process counts for itself, so that several of them may fail. */
FA_TEST_MODES(trouble, any_write_may_fail_without_space_and_is_made_up_for)
{
    static const char *const whens[] = {"ENOSPC:when=1", "EDQUOT:when=2", "ENOSPC:when=3",
                                        "ENOSPC:when=5", "EDQUOT:when=2+3"};
    add_many("/ok/1000000/f%d", 3);
    for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "-e trace=pwrite64 -e inject=pwrite64:error=%s", whens[i]);
        struct fa_run_options options = traced(text);
        fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--no-state", "-j",
                            "2", NULL);
        fa_fetch_expect(&fetch, 30, 0);
        cr_expect(strstr(fa_run_err(&fetch.run), "waiting"), "%s: nothing failed", whens[i]);
        fa_fetch_expect_count(&fetch, "ok", 3);
        expect_one_attempt_each();
        expect_many(fetch.dir, "/ok/1000000/f%d", 3, 1000000);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
}

/* Writes of the state are among them: whatever happens, the next run completes what this one has
 * not. */
Test(trouble, any_write_of_the_state_may_fail_without_space)
{
    add_many("/ok/400000/f%d", 3);
    size_t stopped = 0;
    for (int when = 1; when < 40; when += when < 6 ? 1 : 5) {
        char text[128];
        snprintf(text, sizeof(text),
                 "-e trace=pwrite64 -e inject=pwrite64:error=ENOSPC:when=%d..%d", when, when + 1);
        struct fa_run_options options = traced(text);
        fa_fetch_start_with(&fetch, &scratch, &options, NULL, "loops", list.text, "--disk-wait",
                            "0", NULL);
        int status = fa_run_wait(&fetch.run, 20);
        cr_expect(status == 0 || status == 4, "when=%d: %d", when, status);
        stopped += status == 4;
        expect_no_short_file(fetch.dir, "/ok/400000/f%d", 3, 400000);
        const char *dir = fetch.dir;
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, "loops", list.text, NULL);
        fa_fetch_expect(&fetch, 20, 0);
        expect_many(dir, "/ok/400000/f%d", 3, 400000);
        fa_fetch_end(&fetch);
    }
    cr_expect_gt(stopped, 5);
}

/* Data that did not reach the disk is not a success, and is not recorded as one. */
FA_TEST_MODES(trouble, part_that_cannot_be_synced_fails)
{
    add("/ok/400000/f%d", 0);
    struct fa_run_options options = traced("-e trace=fdatasync -e inject=fdatasync:error=EIO");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--fsync", "each",
                        "--no-state", NULL);
    fa_fetch_expect(&fetch, 20, 4);
    fa_fetch_expect_entry(&fetch, 1, "failed", "local_io");
    fa_expect_no_file(fetch.dir, "f0");
    fa_fetch_expect_no_parts(&fetch);
}

static void expect_no_claim(const char *fsync, const char *inject)
{
    add("/ok/400000/f%d", 0);
    fa_fetch_start(&fetch, &scratch, "async", fa_server_url(&server, "/ok/1/first"), NULL);
    fa_fetch_expect(&fetch, 10, 0);
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    struct fa_run_options options = traced(inject);
    fa_fetch_start_with(&fetch, &scratch, &options, dir, "async", list.text, "--fsync", fsync,
                        NULL);
    fa_fetch_expect(&fetch, 20, 4);
    cr_expect_eq(records(dir, 1), 1, "%s: the first file alone is done", fsync);
    fa_fetch_end(&fetch);
}

Test(trouble, folder_that_cannot_be_synced_leaves_no_claim)
{
    expect_no_claim("each", "-e trace=fsync -e inject=fsync:error=EIO");
}

Test(trouble, file_system_that_cannot_be_synced_leaves_no_claim)
{
    expect_no_claim("batch", "-e trace=syncfs -e inject=syncfs:error=EIO");
}

/* Where a line of the log with both texts begins, after FROM; fails the test without one. */
static const char *line_with(const char *from, const char *call, const char *object)
{
    for (const char *at = from; (at = strstr(at, call)); at++) {
        size_t len = strcspn(at, "\n");
        if (memmem(at, len, object, strlen(object))) {
            return at;
        }
    }
    cr_assert_fail("no %s of %s in the rest: %s", call, object, from);
    return NULL;
}

static char *trace_of(const char *mode, const char *fsync)
{
    struct fa_run_options options =
        traced("-e trace=fdatasync,fsync,syncfs,renameat2,linkat,pwrite64,sync_file_range");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode,
                        fa_server_url(&server, "/ok/400000/f0"), "--fsync", fsync, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    return fa_file_read(fa_scratch_path(&scratch, "strace.log"), NULL);
}

/* The part, its name, the folder, and only then the state, whose writes go to its WAL. */
FA_TEST_MODES(trouble, each_file_is_on_the_disk_before_it_is_recorded)
{
    char *log = trace_of(mode, "each");
    const char *part = line_with(log, "fdatasync(", ".part>");
    const char *named = line_with(part, "renameat2(", "f0");
    const char *folder = line_with(named, "fsync(", fetch.dir);
    line_with(folder, "pwrite64(", "state.db-wal>");
    const char *early = memmem(named, (size_t)(folder - named), "state.db-wal>", 13);
    cr_expect_null(early, "%s: the state was written before the folder was synced", mode);
    free(log);
}

/* A folder's name is in the folder above it. */
FA_TEST_MODES(trouble, each_file_has_its_folders_on_the_disk)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof(dir), "%s/deep/er", fa_scratch_mkdir(&scratch, "out"));
    struct fa_run_options options = traced("-e trace=fsync,renameat2,pwrite64");
    fa_fetch_start_with(&fetch, &scratch, &options, dir, mode,
                        fa_server_url(&server, "/ok/400000/f0"), "--fsync", "each", "--layout",
                        "tree", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    char *log = fa_file_read(fa_scratch_path(&scratch, "strace.log"), NULL);
    const char *at = line_with(log, "renameat2(", "f0");
    at = line_with(at, "fsync(", "/ok/400000>");
    at = line_with(at, "fsync(", "/ok>");
    at = line_with(at, "fsync(", "/127.0.0.1");
    at = line_with(at, "fsync(", "/out/deep/er>");
    at = line_with(at, "fsync(", "/out/deep>");
    at = line_with(at, "fsync(", "/out>");
    line_with(at, "pwrite64(", "state.db-wal>");
    free(log);
}

FA_TEST_MODES(trouble, batch_is_on_the_disk_before_it_is_recorded)
{
    char *log = trace_of(mode, "batch");
    const char *named = line_with(log, "renameat2(", "f0");
    const char *synced = line_with(named, "syncfs(", fetch.dir);
    line_with(synced, "pwrite64(", "state.db-wal>");
    cr_expect_null(memmem(named, (size_t)(synced - named), "state.db-wal>", 13), "%s", mode);
    cr_expect_null(strstr(log, ".part>) = 0"), "%s: a part was synced alone", mode);
    free(log);
}

FA_TEST_MODES(trouble, nothing_is_synced_when_none_is_asked_for)
{
    char *log = trace_of(mode, "none");
    cr_expect_null(strstr(log, "syncfs("), "%s", mode);
    cr_expect_null(strstr(log, ".part>) = 0"), "%s: a part was synced", mode);
    /* A file without a part may get its name by a link. */
    const char *named = strstr(log, "\"f0\"");
    cr_assert_not_null(named, "%s: %s", mode, log);
    cr_expect_null(strstr(named, " fsync("), "%s: a folder was synced", mode);
    free(log);
}

FA_TEST_MODES(trouble, folder_that_cannot_be_used_is_reported_once)
{
    need_disk(2);
    cr_assert_eq(mount("none", disk, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    add_many("/ok/10/f%d", 3);
    fa_fetch_start_with(&fetch, &scratch, NULL, disk, mode, list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    expect_said_once("Read-only file system");
    expect_said_once(disk);
    fa_fetch_end(&fetch);
    char text[PATH_MAX + 128];
    const char *dir = fa_scratch_mkdir(&scratch, "closed");
    snprintf(text, sizeof(text), "-P '%s' -e trace=openat -e inject=openat:error=EACCES", dir);
    struct fa_run_options options = traced(text);
    fa_fetch_start_with(&fetch, &scratch, &options, dir, mode, list.text, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    expect_said_once("Permission denied");
    expect_said_once(dir);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

FA_TEST_MODES(trouble, folder_of_an_entry_that_cannot_be_written_fails_that_entry)
{
    need_disk(2);
    const char *dir = fa_scratch_mkdir(&scratch, "own");
    char closed[PATH_MAX];
    snprintf(closed, sizeof(closed), "%s", fa_scratch_mkdir(&scratch, "own/closed"));
    cr_assert_eq(mount("none", closed, "tmpfs", MS_RDONLY, NULL), 0);
    add("/ok/10/a%d", 1);
    fa_lines_add(&list, " dir=closed");
    add("/ok/10/b%d", 2);
    fa_lines_add(&list, " dir=closed/deeper");
    add("/ok/10/c%d", 3);
    add("/ok/10/d%d", 4);
    fa_lines_add(&list, " dir=open");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 4);
    fa_fetch_expect_count(&fetch, "ok", 2);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "local_io"), 2, "%s", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s: found out before", mode);
    cr_assert_eq(umount2(closed, MNT_DETACH), 0);
}

FA_TEST_MODES(trouble, folder_that_is_closed_meanwhile_fails_its_entries_only)
{
    char mirror[256];
    snprintf(mirror, sizeof(mirror), "%s", fa_server_url_at(&server, "127.0.0.1", "/ok/10/mirror"));
    fa_lines_add(&list, "%s\t%s", fa_server_url_at(&server, "127.0.0.1", "/ok/10/a1"), mirror);
    fa_lines_add(&list, " dir=deep");
    add("/ok/10/b%d", 2);
    struct fa_run_options options =
        traced("-P a1 -e trace=renameat2,linkat -e inject=renameat2,linkat:error=EACCES");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 4);
    fa_fetch_expect_count(&fetch, "ok", 1);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s: no mirror helps", mode);
}

FA_TEST_MODES(trouble, part_on_a_disk_that_becomes_read_only_ends_the_run_at_once)
{
    add_many("/ok/300000/f%d", 20);
    struct fa_run_options options = traced("-e trace=pwrite64 -e inject=pwrite64:error=EROFS");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "-j", "2", "--no-state",
                        NULL);
    fa_fetch_expect(&fetch, 20, 4);
    fa_fetch_expect_count(&fetch, "ok", 0);
    expect_said_once("cannot write the part file: Read-only file system\nfetchall: remount");
    cr_expect_null(strstr(fa_run_err(&fetch.run), "waiting"), "%s waits", mode);
}

/* fstatfs(2) is made to report 143 bytes (f_namelen, at byte 64), as eCryptfs does. */
FA_TEST_MODES(trouble, names_are_shortened_to_what_the_file_system_allows)
{
    char inject[512], path[256], name[201];
    size_t len = (size_t)snprintf(inject, sizeof(inject),
                                  "-e trace=fstatfs -e inject=fstatfs:poke_exit=@arg2=");
    for (size_t i = 0; i < 72; i++)
        len += (size_t)snprintf(inject + len, sizeof(inject) - len, i == 64 ? "8f" : "00");
    memset(name, 'n', 200);
    name[200] = '\0';
    snprintf(path, sizeof(path), "/ok/10/%s.iso", name);
    fa_lines_add(&list, "%s", fa_server_url(&server, path));
    add("/ok/10/f%d", 1);
    fa_lines_add(&list, " out=%s", name);
    struct fa_run_options options = traced(inject);
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--no-state", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    snprintf(name, sizeof(name), "%.139s.iso", path + 7);
    fa_expect_file(fetch.dir, name, path, 10);
    fa_fetch_expect_entry(&fetch, 2, "failed", "refused");
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "143 bytes, the limit of the file system"),
                       "%s", fa_run_err(&fetch.run));
}

/* A file system that does not say so: the name fails, and the others arrive. */
FA_TEST_MODES(trouble, name_that_turns_out_to_be_too_long_fails_alone)
{
    char mirror[256];
    snprintf(mirror, sizeof(mirror), "%s", fa_server_url_at(&server, "127.0.0.1", "/ok/10/mirror"));
    fa_lines_add(&list, "%s\t%s", fa_server_url_at(&server, "127.0.0.1", "/ok/10/a1"), mirror);
    add("/ok/10/b%d", 2);
    struct fa_run_options options =
        traced("-P a1 -e trace=renameat2,linkat -e inject=renameat2,linkat:error=ENAMETOOLONG");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 4);
    fa_fetch_expect_count(&fetch, "ok", 1);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s: no mirror helps", mode);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "out=NAME"), "%s", fa_run_err(&fetch.run));
}

FA_TEST_MODES(trouble, disk_that_becomes_read_only_ends_the_run)
{
    add_many("/ok/10/f%d", 1000);
    struct fa_run_options options =
        traced("-e trace=renameat2,linkat -e inject=renameat2,linkat:error=EROFS");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "-j", "2", NULL);
    fa_fetch_expect(&fetch, 20, 4);
    fa_fetch_expect_count(&fetch, "ok", 0);
    cr_expect_lt(fa_server_stat(&server, "requests"), 1000, "%s went on", mode);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 0);
}

FA_TEST_MODES(trouble, short_writes_are_continued)
{
    const char *const env[] = {"LD_PRELOAD=" SHORT_WRITES, "SHORT_WRITES=1",
                               "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:exitcode=99",
                               NULL};
    struct fa_run_options options = {.env = env};
    add("/ok/300000/f%d", 0);
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 60, 0);
    expect_many(fetch.dir, "/ok/300000/f%d", 1, 300000);
}

FA_TEST_MODES(trouble, files_go_to_the_folder_that_was_opened)
{
    add("/hold/f%d", 0);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    const char *moved = fa_scratch_path(&scratch, "moved-%s", mode);
    const char *evil = fa_scratch_mkdir(&scratch, "evil");
    cr_assert_eq(rename(fetch.dir, moved), 0);
    cr_assert_eq(symlink(evil, fetch.dir), 0);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, -1);
    fa_expect_file(moved, "f0", "/hold/f0", FA_PATTERN_SMALL);
    cr_expect_eq(fa_truth_count_files(evil), 0, "%s", mode);
    fa_expect_no_file(evil, ".fetchall");
}

Test(trouble, file_system_without_renameat2_gets_links)
{
    add_many("/ok/1000/f%d", 3);
    struct fa_run_options options = traced("-e trace=renameat2 -e inject=renameat2:error=EINVAL");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, "async", list.text, "--hash-with",
                        "process", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    char *log = fa_file_read(fa_scratch_path(&scratch, "strace.log"), NULL);
    cr_expect_eq(count_of(log, "renameat2("), 3);
    free(log);
    expect_many(fetch.dir, "/ok/1000/f%d", 3, 1000);
    fa_fetch_expect_no_parts(&fetch);
    struct stat st;
    cr_expect(stat(below(fetch.dir, "f0"), &st) == 0 && st.st_nlink == 1);
}

FA_TEST_MODES(trouble, second_run_in_a_folder_is_refused_at_once)
{
    add("/hold/f%d", 0);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 1, 10);
    struct fa_run second;
    double began = fa_now();
    fa_run_start(&second, NULL, "-m", strcmp(mode, "loops") == 0 ? "async" : mode, "-d", fetch.dir,
                 fetch.list, NULL);
    cr_expect_eq(fa_run_wait(&second, 10), 4);
    cr_expect_lt(fa_now() - began, fa_timeout(1));
    char pid[32];
    snprintf(pid, sizeof(pid), "(pid %d)", (int)fetch.run.pid);
    cr_expect_not_null(strstr(fa_run_err(&second), pid), "%s: %s", mode, fa_run_err(&second));
    fa_run_end(&second);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    expect_many(fetch.dir, "/hold/f%d", 1, FA_PATTERN_SMALL);
}

/* The one part in a folder, or NULL. */
static const char *part_in(const char *dir)
{
    static char path[3 * PATH_MAX];
    const char *found = NULL;
    DIR *parts = opendir(below(dir, ".fetchall"));
    for (struct dirent *entry; parts && (entry = readdir(parts));) {
        if (strstr(entry->d_name, ".part")) {
            snprintf(path, sizeof(path), "%s/.fetchall/%s", dir, entry->d_name);
            found = path;
        }
    }
    if (parts) {
        closedir(parts);
    }
    return found;
}

static void put(const char *path, size_t size)
{
    char *text = malloc(size);
    memset(text, 'x', size);
    FILE *file = fopen(path, "w");
    cr_assert(file && fwrite(text, 1, size, file) == size && fclose(file) == 0);
    free(text);
}

/* What others do to a part. */
static void truncate_part(const char *part)
{
    cr_assert_eq(truncate(part, 270000), 0);
}

static void empty_part(const char *part)
{
    cr_assert_eq(truncate(part, 0), 0);
}

static void remove_part(const char *part)
{
    cr_assert_eq(unlink(part), 0);
}

static void link_part(const char *part)
{
    const char *other = fa_scratch_path(&scratch, "other");
    put(other, 600000);
    cr_assert_eq(unlink(part), 0);
    cr_assert_eq(link(other, part), 0);
}

static void symlink_part(const char *part)
{
    const char *other = fa_scratch_path(&scratch, "other");
    put(other, 600000);
    cr_assert_eq(unlink(part), 0);
    cr_assert_eq(symlink(other, part), 0);
}

/* The two below are seen within a run alone. */
static void replace_part(const char *part)
{
    char other[3 * PATH_MAX + 8];
    snprintf(other, sizeof(other), "%s.new", part);
    put(other, 600000);
    cr_assert_eq(rename(other, part), 0);
}

static void grow_part(const char *part)
{
    FILE *file = fopen(part, "a");
    for (int i = 0; i < 800000; i++) {
        fputc('x', file);
    }
    cr_assert_eq(fclose(file), 0);
}

static void (*const meddle[])(const char *part) = {
    truncate_part, empty_part, remove_part, link_part, symlink_part, replace_part, grow_part};

static void expect_other_untouched(void)
{
    const char *other = fa_scratch_path(&scratch, "other");
    struct stat st;
    if (stat(other, &st) == 0) {
        char *text = fa_file_read(other, NULL);
        cr_expect(st.st_size == 600000 && strspn(text, "x") == 600000);
        free(text);
        unlink(other);
    }
}

Test(trouble, part_that_others_changed_between_runs_does_not_spoil_the_file)
{
    add("/holdat/600000/1000000/f%d", 0);
    for (size_t i = 0; i < 5; i++) {
        fa_fetch_start(&fetch, &scratch, "async", list.text, "--stall-timeout", "60", NULL);
        fa_server_until(&server, "held", 1, 10);
        fa_run_kill(&fetch.run, SIGTERM);
        cr_assert_eq(fa_run_wait(&fetch.run, 10), 128 + SIGTERM);
        const char *dir = fetch.dir;
        fa_fetch_end(&fetch);
        const char *part = part_in(dir);
        cr_assert_not_null(part, "%zu: no part was kept", i);
        meddle[i](part);
        fa_server_release(&server, NULL);
        fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--stall-timeout",
                            "60", NULL);
        while (!fetch.run.ended) {
            fa_server_release(&server, NULL);
            fa_run_pump(&fetch.run, 50);
        }
        fa_fetch_expect(&fetch, 10, 0);
        expect_many(dir, "/holdat/600000/1000000/f%d", 1, 1000000);
        expect_other_untouched();
        fa_fetch_end(&fetch);
        fa_server_reset(&server);
    }
}

struct size_wait {
    const char *dir;
    off_t size;
};

/* Or it is too late for that. */
static bool part_has_size(void *arg)
{
    const struct size_wait *wait = arg;
    struct stat st;
    const char *part = part_in(wait->dir);
    fa_run_pump(&fetch.run, 0);
    return fetch.run.ended || (part && stat(part, &st) == 0 && st.st_size == wait->size);
}

/* Its retry may come too soon: then once more. */
static void meddle_while_waiting(const char *mode, size_t which)
{
    long long requests = 0;
    do {
        fa_server_reset(&server);
        fa_fetch_end(&fetch);
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--retry-wait", "3", "--retries", "5",
                       NULL);
        struct size_wait wait = {fetch.dir, 600000};
        cr_assert(fa_wait_until(part_has_size, &wait, 10), "%s: no part", mode);
        const char *part = part_in(fetch.dir);
        if (part) {
            meddle[which](part);
        }
        requests = fa_server_stat(&server, "requests");
        fa_run_wait(&fetch.run, 60);
    } while (requests != 1);
}

static void spoil_while_waiting(const char *mode)
{
    add("/truncate/600000/1000000/f%d", 0);
    for (size_t i = 0; i < sizeof(meddle) / sizeof(meddle[0]); i++) {
        meddle_while_waiting(mode, i);
        fa_fetch_expect(&fetch, 1, 0);
        expect_many(fetch.dir, "/truncate/600000/1000000/f%d", 1, 1000000);
        expect_other_untouched();
    }
}

Test(trouble, part_that_others_changed_while_it_waits_does_not_spoil_the_file)
{
    spoil_while_waiting("async");
}

Test(trouble, part_that_others_changed_while_it_waits_does_not_spoil_the_file_of_a_worker)
{
    spoil_while_waiting("process");
}

/* What a power cut leaves: a run that did not end, of another boot of the machine. */

static bool is_told(void *query)
{
    long long number;
    return sql(fetch.dir, query, &number) && number > 0;
}

static void cut_power(const char *mode, const char *promise)
{
    static char told[] = "SELECT count(*) FROM record WHERE standing=1";
    static char safe[] = "SELECT durable FROM record WHERE standing=0";
    static char begun[] = "SELECT count(*) FROM record WHERE standing=0";
    bool batch = strcmp(promise, "batch") == 0;
    long long none;
    add("/ok/%d/small", 5000);
    add("/slowversion/5/150000/%d/big", 24 * MIB);
    fa_fetch_start_with(&fetch, &scratch, NULL, NULL, mode, list.text, "--fsync", promise,
                        "--segments", "1", NULL);
    cr_assert(fa_wait_until(is_told, told, 10), "%s: nothing is done", mode);
    cr_assert(fa_wait_until(is_told, batch ? safe : begun, 10), "%s: no part is told of", mode);
    kill(fetch.run.pid, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    cr_assert(sql(fetch.dir, "UPDATE run SET boot='another'", &none));
    int fd = open(below(fetch.dir, "small"), O_WRONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && pwrite(fd, "\0\0\0", 3, 100) == 3);
    close(fd);
}

static void expect_mended(bool resumed)
{
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 2);
    const json_t *big = fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
    cr_expect_eq(fa_report_int(big, "resumed") > 0, resumed, "%s: resumed %lld", fetch.mode,
                 fa_report_int(big, "resumed"));
    fa_expect_file(fetch.dir, "small", "/ok/5000/small", 5000);
}

static void go_on(const char *mode)
{
    static char dir[PATH_MAX];
    snprintf(dir, sizeof(dir), "%s", fetch.dir);
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--stall-timeout", "60",
                        NULL);
}

FA_TEST_MODES(trouble, power_cut_costs_what_was_not_synced_and_leaves_no_wrong_file)
{
    cut_power(mode, "none");
    go_on(mode);
    expect_mended(false);
}

FA_TEST_MODES(trouble, power_cut_leaves_what_was_synced)
{
    cut_power(mode, "batch");
    go_on(mode);
    expect_mended(true);
}
