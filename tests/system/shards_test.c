/* --shard and fetchall merge: each entry in one shard, one name for it everywhere, one state in the
 * end. */

#include "support/fixture.h"
#include "support/ordeal.h"
#include "support/report.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HOSTS  5
#define FILES  12
#define SHARDS 3

static struct fa_run run;
static const char *disk; /* a small one; NULL: none */

static void end(void)
{
    fa_run_end(&run);
    if (disk)
        umount2(disk, MNT_DETACH);
    fixture_end();
}

TestSuite(shards, .init = fixture_begin, .fini = end, .timeout = 300.0);

/* Each host has files of the same names as the others, so most of them get alternative names. */
static const char *make_list(void)
{
    for (int file = 0; file < FILES; ++file)
        for (int host = 1; host <= HOSTS; ++host)
            fa_lines_add(&list, "http://127.0.0.%d:%d/ok/%d/f%d", host, server.port,
                         1000 * host + file, file);
    fa_lines_add(&list, "gopher://nowhere/x");
    return fa_scratch_write(&scratch, "list", list.text);
}

/* @return the exit status */
static int fetchall(const char *shard, const char *dir, const char *more, const char *last)
{
    const char *args[16] = {"-d",         dir,
                            "--progress", "none",
                            "--report",   fa_scratch_path(&scratch, "r.jsonl"),
                            "--manifest", fa_scratch_path(&scratch, "sums")};
    size_t n = 8;
    if (shard) {
        args[n++] = "--shard";
        args[n++] = shard;
    }
    if (more)
        args[n++] = more;
    if (last)
        args[n++] = last;
    fa_run_end(&run);
    fa_run_start_argv(&run, NULL, args);
    return fa_run_wait(&run, 40);
}

static int merge(const char *dir, const char *state)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", dir, "--report", fa_scratch_path(&scratch, "r.jsonl"),
                 "--manifest", fa_scratch_path(&scratch, "sums"), state, NULL);
    return fa_run_wait(&run, 40);
}

/* The names in a folder and their sizes, sorted. */
static void names_of(const char *dir, char *ret, size_t size)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, alphasort);
    cr_assert_geq(n, 0, "%s", dir);
    ret[0] = '\0';
    for (int i = 0; i < n; ++i) {
        char path[PATH_MAX];
        struct stat st;
        size_t len = strlen(ret);
        snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(path, &st) == 0)
            snprintf(ret + len, size - len, "%s %lld\n", entries[i]->d_name, (long long)st.st_size);
        free(entries[i]);
    }
    free(entries);
}

static void expect_same_names(const char *dir, const char *other)
{
    static char first[1 << 14], second[1 << 14];
    names_of(dir, first, sizeof(first));
    names_of(other, second, sizeof(second));
    cr_expect_str_eq(first, second);
}

static void expect_no_shards(const char *dir)
{
    static char own[1 << 12];
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/.fetchall", dir);
    names_of(path, own, sizeof(own));
    cr_expect_eq(strncmp(own, "state.db ", 9), 0, "%s", own);
    cr_expect_null(strstr(own, "shard"), "%s", own);
}

static void fetch_shards(const char *dir, const char *by, const char *file)
{
    char shard[16];
    int failed = 0;
    for (int i = 0; i < SHARDS; ++i) {
        snprintf(shard, sizeof(shard), "%d/%d", i, SHARDS);
        int rc = fetchall(shard, dir, by, file);
        cr_assert(rc == 0 || rc == 1, "%d: %s", rc, fa_run_err(&run));
        failed += rc;
    }
    cr_expect_eq(failed, 1, "the bad line is in one shard");
}

static void shards_make_the_whole(const char *by)
{
    const char *file = make_list();
    const char *whole = fa_scratch_path(&scratch, "whole"), *out = fa_scratch_path(&scratch, "out");
    cr_assert_eq(fetchall(NULL, whole, NULL, file), 1, "%s", fa_run_err(&run));
    json_t *report = fa_report_read(fa_scratch_path(&scratch, "r.jsonl"));
    size_t entries = json_array_size(report);
    cr_assert_eq(entries, HOSTS * FILES + 1);
    json_decref(report);

    fetch_shards(out, by, file);
    expect_same_names(out, whole);
    cr_expect_eq(fetchall(NULL, out, NULL, file), 2);
    cr_expect(strstr(fa_run_err(&run), "fetchall merge"), "%s", fa_run_err(&run));
    cr_expect_eq(fetchall("1/4", out, NULL, file), 2);
    cr_expect(strstr(fa_run_err(&run), "3 shards, not 4"), "%s", fa_run_err(&run));
    cr_expect_eq(fetchall("1/3", out, by, file) & ~1, 0, "it can be repeated");
    bool url = strstr(by, "url");
    cr_expect_eq(fetchall("1/3", out, url ? NULL : "--shard-by=url", file), 2);
    cr_expect(strstr(fa_run_err(&run), url ? "by url, not by origin" : "by origin, not by url"),
              "%s", fa_run_err(&run));

    cr_assert_eq(merge(out, NULL), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect_str_eq(fa_run_out(&run), "");
    expect_no_shards(out);
    report = fa_report_read(fa_scratch_path(&scratch, "r.jsonl"));
    cr_expect_eq(json_array_size(report), entries);
    for (size_t line = 1; line <= entries; ++line)
        (void)fa_report_by_line(report, (long long)line);
    json_decref(report);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-d", out, "--manifest", fa_scratch_path(&scratch, "sums"),
                 NULL);
    cr_expect_eq(fa_run_wait(&run, 40), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), "60 good"), "%s", fa_run_err(&run));

    cr_expect_eq(fetchall(NULL, out, NULL, file), 1, "%s", fa_run_err(&run));
    report = fa_report_read(fa_scratch_path(&scratch, "r.jsonl"));
    cr_expect_eq(fa_report_count(report, "status", "exists"), entries - 1);
    json_decref(report);
    cr_expect_eq(fetchall("0/3", out, NULL, file), 2);
    cr_expect(strstr(fa_run_err(&run), "without --shard"), "%s", fa_run_err(&run));
}

Test(shards, by_origin_they_make_the_same_files_as_one_run)
{
    shards_make_the_whole("--shard-by=origin");
}

Test(shards, by_url_they_make_the_same_files_as_one_run)
{
    shards_make_the_whole("--shard-by=url");
}

Test(shards, at_work_at_once_in_one_folder_they_do_not_disturb_each_other)
{
    static struct fa_run runs[SHARDS];
    const char *file = make_list();
    const char *whole = fa_scratch_path(&scratch, "whole"), *out = fa_scratch_path(&scratch, "out");
    (void)fetchall(NULL, whole, NULL, file);
    for (int i = 0; i < SHARDS; ++i) {
        char shard[24];
        snprintf(shard, sizeof(shard), "--shard=%d/%d", i, SHARDS);
        fa_run_start(&runs[i], NULL, "-d", out, "--shard-by", "url", shard, file, NULL);
    }
    for (int i = 0; i < SHARDS; ++i) {
        int rc = fa_run_wait(&runs[i], 40);
        cr_expect(rc == 0 || rc == 1, "%d: %s", rc, fa_run_err(&runs[i]));
        fa_run_end(&runs[i]);
    }
    expect_same_names(out, whole);
}

Test(shards, what_is_missing_or_unfinished_is_named)
{
    const char *file = make_list(), *out = fa_scratch_path(&scratch, "out");
    (void)fetchall("0/3", out, NULL, file);
    (void)fetchall("2/3", out, NULL, file);
    cr_expect_eq(merge(out, NULL), 1);
    cr_expect(strstr(fa_run_out(&run), "missing     shard 1 of 3"), "%s", fa_run_out(&run));
    cr_expect(strstr(fa_run_out(&run), "r.1-of-3.jsonl"), "%s", fa_run_out(&run));
    cr_expect_eq(fetchall(NULL, out, NULL, file), 1, "the rest comes without shards");
    cr_expect_eq(merge(out, NULL), 2);
    cr_expect(strstr(fa_run_err(&run), "no shards to merge"), "%s", fa_run_err(&run));
}

static void merge_makes_no_folder(const char *state, const char *why)
{
    const char *typo = fa_scratch_path(&scratch, "typo");
    fa_run_start(&run, NULL, "merge", "-d", typo, state, NULL);
    cr_expect_eq(fa_run_wait(&run, 40), 2);
    cr_expect(strstr(fa_run_err(&run), why), "%s", fa_run_err(&run));
    cr_expect_neq(access(typo, F_OK), 0, "%s", state ? state : "its own shards");
    fa_run_end(&run);
}

Test(shards, merge_that_has_nothing_to_read_makes_no_folder)
{
    merge_makes_no_folder(NULL, "no shards to merge");
    merge_makes_no_folder(fa_scratch_path(&scratch, "none"), "cannot read '");
}

Test(shards, states_of_other_folders_are_read_and_disagreements_named)
{
    const char *file = make_list(), *out = fa_scratch_mkdir(&scratch, "out");
    const char *first = fa_scratch_path(&scratch, "a"), *second = fa_scratch_path(&scratch, "b");
    (void)fetchall("0/2", first, NULL, file);
    (void)fetchall("1/2", second, NULL, file);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", out, first, second, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s%s", fa_run_out(&run), fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), "60 files of 2 states"), "%s", fa_run_err(&run));
    cr_expect_eq(merge(first, NULL) & ~1, 0, "they are still there");

    /* A folder whose files of these names came from other URLs. */
    const char *third = fa_scratch_path(&scratch, "c"), *bad = fa_scratch_path(&scratch, "bad");
    const char *fourth = fa_scratch_path(&scratch, "d");
    cr_assert_eq(fetchall(NULL, third, NULL, fa_server_url(&server, "/ok/77/f1")), 0);
    (void)fetchall(NULL, fourth, NULL, file);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", bad, third, fourth, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 1, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), "disagrees   f1: two URLs"), "%s", fa_run_out(&run));
}

/* Only whoever began the merge knows of which folders. */
Test(shards, merge_of_other_folders_that_was_stopped_is_to_be_repeated)
{
    const char *file = make_list(), *out = fa_scratch_mkdir(&scratch, "out");
    const char *first = fa_scratch_path(&scratch, "a");
    (void)fetchall("0/1", first, NULL, file);
    fa_scratch_mkdir(&scratch, "out/.fetchall");
    fa_scratch_write(&scratch, "out/.fetchall/merge.db", "");
    cr_expect_eq(fetchall(NULL, out, NULL, file), 2);
    cr_expect(strstr(fa_run_err(&run), "repeat 'fetchall merge' with the same STATEs"), "%s",
              fa_run_err(&run));
    cr_expect_eq(merge(out, NULL), 2);
    cr_expect(strstr(fa_run_err(&run), "repeat it, with the same STATEs"), "%s", fa_run_err(&run));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", out, first, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
}

Test(shards, state_with_archives_is_not_merged)
{
    const char *file = make_list(), *out = fa_scratch_mkdir(&scratch, "out");
    const char *first = fa_scratch_path(&scratch, "a"), *second = fa_scratch_path(&scratch, "b");
    (void)fetchall(NULL, first, "--output=tar:x", file);
    (void)fetchall("1/2", second, NULL, file);
    const char *states[] = {first, second};
    static const char *const why[] = {"files in archives", "is no shard, '"};
    for (size_t i = 0; i < 2; ++i) {
        fa_run_end(&run);
        fa_run_start(&run, NULL, "merge", "-d", out, first, i > 0 ? states[i] : NULL, NULL);
        cr_expect_eq(fa_run_wait(&run, 20), 2, "%s", fa_run_err(&run));
        cr_expect(strstr(fa_run_err(&run), why[i]), "%s", fa_run_err(&run));
        cr_expect_eq(fetchall(NULL, out, NULL, fa_server_url(&server, "/ok/7/z")), 0,
                     "nothing is left of it: %s", fa_run_err(&run));
        fa_run_end(&run);
        fa_run_start(&run, NULL, "verify", "-d", first, NULL);
        cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
        out = fa_scratch_mkdir(&scratch, "other");
    }
}

Test(shards, entry_that_failed_in_both_is_not_double)
{
    const char *bad = fa_server_url(&server, "/status/404/a");
    const char *dirs[] = {fa_scratch_path(&scratch, "a"), fa_scratch_path(&scratch, "b")};
    for (size_t i = 0; i < 2; ++i)
        cr_assert_eq(fetchall(NULL, dirs[i], NULL, bad), 1, "%s", fa_run_err(&run));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", fa_scratch_path(&scratch, "out"), dirs[0], dirs[1],
                 NULL);
    (void)fa_run_wait(&run, 20);
    cr_expect_str_eq(fa_run_out(&run), "");
}

Test(shards, scheduler_says_which_shard_it_is)
{
    static const char *const slurm[] = {"SLURM_ARRAY_TASK_ID=5", "SLURM_ARRAY_TASK_MIN=1",
                                        "SLURM_ARRAY_TASK_COUNT=3", "SLURM_ARRAY_TASK_STEP=2",
                                        NULL};
    static const char *const kubernetes[] = {"JOB_COMPLETION_INDEX=1", "FETCHALL_SHARDS=4", NULL};
    static const char *const own[] = {"FETCHALL_SHARD=2/9", "SLURM_ARRAY_TASK_ID=1", NULL};
    static const char *const alone[] = {"SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_TASK_MIN=1",
                                        "SLURM_ARRAY_TASK_COUNT=1", NULL};
    static const struct {
        const char *const *env;
        const char *folder;
    } cases[] = {{slurm, "shard-2-of-3"}, {kubernetes, "shard-1-of-4"}, {own, "shard-2-of-9"}};
    const char *file = make_list();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        const char *out = fa_scratch_path(&scratch, "out%zu", i);
        struct fa_run_options options = {.env = cases[i].env};
        fa_run_start(&run, &options, "-d", out, "--shard", "auto", file, NULL);
        int rc = fa_run_wait(&run, 20);
        cr_expect(rc == 0 || rc == 1, "%d: %s", rc, fa_run_err(&run));
        fa_run_end(&run);
        cr_expect_eq(
            access(fa_scratch_path(&scratch, "out%zu/.fetchall/%s/state.db", i, cases[i].folder),
                   F_OK),
            0, "%s", cases[i].folder);
    }
    struct fa_run_options options = {.env = alone};
    fa_run_start(&run, &options, "-d", fa_scratch_path(&scratch, "x"), "--shard", "auto", file,
                 NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 2);
    cr_expect(strstr(fa_run_err(&run), "SLURM_ARRAY_TASK_MIN"), "%s", fa_run_err(&run));
}

static bool part_has_begun(void *arg)
{
    char own[1 << 10];
    names_of(arg, own, sizeof(own));
    const char *part = strstr(own, ".part ");
    return part && strtoll(part + 6, NULL, 10) > 300000;
}

Test(shards, part_of_a_killed_shard_is_resumed_after_the_merge)
{
    char own[PATH_MAX];
    const char *out = fa_scratch_path(&scratch, "out");
    add_path("/trickle/5/20000/4000000/big");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    snprintf(own, sizeof(own), "%s/.fetchall/shard-0-of-1", out);
    fa_scratch_mkdir(&scratch, "out/.fetchall/shard-0-of-1");
    cr_assert_eq(chmod(fa_scratch_path(&scratch, "out/.fetchall"), 0700), 0);
    cr_assert_eq(chmod(own, 0700), 0);
    fa_run_start(&run, NULL, "-d", out, "--shard", "0/1", file, NULL);
    cr_assert(fa_wait_until(part_has_begun, own, 10));
    fa_run_kill(&run, SIGTERM);
    (void)fa_run_wait(&run, 10);
    fa_run_end(&run);
    fa_run_start(&run, NULL, "merge", "-d", out, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 1, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), "unfinished  shard 0 of 1"), "%s", fa_run_out(&run));
    cr_assert_eq(fetchall(NULL, out, NULL, file), 0, "%s", fa_run_err(&run));
    json_t *report = fa_report_read(fa_scratch_path(&scratch, "r.jsonl"));
    cr_expect_gt(fa_report_int(json_array_get(report, 0), "resumed"), 300000);
    json_decref(report);
}

Test(shards, shard_at_work_is_not_merged)
{
    char own[PATH_MAX];
    const char *out = fa_scratch_path(&scratch, "out");
    add_path("/trickle/5/20000/4000000/big");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    snprintf(own, sizeof(own), "%s/.fetchall/shard-0-of-1", out);
    struct fa_run other;
    fa_run_start(&other, NULL, "-d", out, "--shard", "0/1", "-v", file, NULL);
    fa_server_until(&server, "requests", 1, 10);
    fa_run_start(&run, NULL, "merge", "-d", out, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 4, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), "is at work"), "%s", fa_run_err(&run));
    fa_run_kill(&other, SIGTERM);
    cr_expect_eq(fa_run_wait(&other, 10), 128 + SIGTERM);
    fa_run_end(&other);
    cr_expect_eq(fetchall("0/1", out, NULL, file), 0, "the merge has left nothing in its way: %s",
                 fa_run_err(&run));
}

static void copy_folder(const char *from, const char *to)
{
    const char *args[] = {"-a", from, to, NULL};
    struct fa_run copy;
    fa_run_start_argv(&copy, &(struct fa_run_options){.program = "/bin/cp"}, args);
    cr_assert_eq(fa_run_wait(&copy, 20), 0, "%s", fa_run_err(&copy));
    fa_run_end(&copy);
}

/* After a kill before any of its steps, the second merge finishes the first.  FA_EVERY_KILL tries
 * each step. */
Test(shards, merge_can_be_killed_anywhere)
{
    const char *file = make_list(), *out = fa_scratch_path(&scratch, "out");
    const char *copy = fa_scratch_path(&scratch, "copy");
    fetch_shards(out, NULL, file);
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    uint64_t step = 1;
    for (bool hit = true; hit; step += getenv("FA_EVERY_KILL") ? 1 : 5) {
        copy_folder(out, copy);
        *plan =
            (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR, .call = FA_KILL_ANY, .step = step};
        fa_run_end(&run);
        fa_run_start(&run, options, "merge", "-d", copy, NULL);
        (void)fa_run_wait(&run, 20);
        hit = plan->hits > 0;
        fa_run_end(&run);
        fa_run_start(&run, NULL, "merge", "-d", copy, NULL);
        int rc = fa_run_wait(&run, 20);
        cr_expect(rc == 0 || (rc == 2 && strstr(fa_run_err(&run), "no shards to merge")),
                  "step %llu: %d %s%s", (unsigned long long)step, rc, fa_run_out(&run),
                  fa_run_err(&run));
        expect_no_shards(copy);
        cr_assert_eq(fetchall(NULL, copy, NULL, file), 1, "%s", fa_run_err(&run));
        json_t *report = fa_report_read(fa_scratch_path(&scratch, "r.jsonl"));
        cr_assert_eq(fa_report_count(report, "status", "exists"), HOSTS * FILES, "step %llu",
                     (unsigned long long)step);
        json_decref(report);
        fa_file_remove(copy);
    }
    cr_expect_gt(step, 20);
    munmap(plan, sizeof(*plan));
}

/* A small disk of this test alone, which ends with it. */
static void need_disk(void)
{
    const char *dir = fa_scratch_mkdir(&scratch, "disk/");
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", dir, "tmpfs", 0, "size=16m") != 0)
        cr_skip_test("mounting a small disk needs root: %s", strerror(errno));
    disk = dir;
}

/* A file that takes all but so much of the disk. */
static void leave_free(const char *filler, long kib)
{
    struct statvfs fs;
    int fd = open(filler, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && fstatvfs(fd, &fs) == 0);
    cr_assert_eq(posix_fallocate(fd, 0, (off_t)(fs.f_bavail * fs.f_frsize) - kib * 1024), 0);
    close(fd);
}

static long long done_of(const char *dir)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "-d", dir, "--json", NULL);
    cr_assert_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
    json_t *status = json_loads(fa_run_out(&run), 0, NULL);
    long long done = fa_report_int(status, "done");
    json_decref(status);
    return done;
}

/* The merged state is in its WAL first, and needs as much space again to be in its file.  The files
 * of the list exist, so that nothing is downloaded. */
Test(shards, merge_on_a_full_disk_loses_no_record)
{
    enum { RECORDS = 2000, STEP = 96 };
    need_disk();
    for (int i = 0; i < RECORDS; ++i) {
        fa_lines_add(&list, "http://127.0.0.1:%d/ok/1/f%d", server.port, i);
        fclose(fopen(fa_scratch_path(&scratch, "disk/f%d", i), "we"));
    }
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    const char *filler = fa_scratch_path(&scratch, "disk/filler");
    cr_assert_eq(fetchall("0/1", disk, NULL, file), 0, "%s", fa_run_err(&run));
    int rc = 4;
    for (long kib = STEP; rc != 0; kib += STEP) {
        leave_free(filler, kib);
        fa_run_end(&run);
        fa_run_start(&run, NULL, "merge", "-d", disk, NULL);
        rc = fa_run_wait(&run, 20);
        cr_assert(rc == 0 || rc == 4, "%ld KiB: %d %s", kib, rc, fa_run_err(&run));
        cr_assert(rc == 0 || strstr(fa_run_err(&run), "No space left"), "%s", fa_run_err(&run));
        cr_assert_eq(unlink(filler), 0);
    }
    cr_expect_eq(done_of(disk), RECORDS);
}
