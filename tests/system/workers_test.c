/*
 * Workers that die, hang or are orphaned, with the real program (pitfalls P02 to P06). Whatever
 * happens to them, every file is right in the end.
 */

#include "support/run.h"
#include "support/scratch.h"
#include "support/server.h"
#include "support/truth.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 64

static struct fa_scratch scratch;
static struct fa_server server;

/* The list that is downloaded, and the expected files. */
static struct {
    char text[FILES_MAX * 128];
    struct fa_truth files[FILES_MAX];
    size_t count;
} wanted;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
}

static void end(void)
{
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(workers, .init = begin, .fini = end, .timeout = 120.0);

/* COUNT files below PATH, which ends in "/". */
static void want(const char *path, unsigned count, uint64_t size)
{
    for (unsigned i = 0; i < count; ++i) {
        char seed[128];
        snprintf(seed, sizeof(seed), "%sfile%zu", path, wanted.count);
        strcat(strcat(wanted.text, fa_server_url(&server, seed)), "\n");
        wanted.files[wanted.count].seed = strdup(seed);
        wanted.files[wanted.count].name = strrchr(wanted.files[wanted.count].seed, '/') + 1;
        wanted.files[wanted.count++].size = size;
    }
}

static void start(struct fa_run *run, const char *const *options)
{
    const char *args[32] = {"-d", fa_scratch_path(&scratch, "out"), "--retry-wait", "0.05"};
    size_t n = 4;
    while (*options)
        args[n++] = *options++;
    args[n++] = fa_scratch_write(&scratch, "list", wanted.text);
    fa_run_start_argv(run, &(struct fa_run_options){.cwd = scratch.path}, args);
}

#define START(run, ...) start(run, (const char *const[]){__VA_ARGS__, NULL})

/* Releases all held answers, until the program ends; all files must exist. */
static void finish(struct fa_run *run, double timeout)
{
    double until = fa_now() + fa_timeout(timeout);
    pid_t pids[FA_WORKERS_MAX];
    size_t n = fa_process_descendants(run->pid, pids, FA_WORKERS_MAX);
    while (!run->ended && fa_process_alive(run->pid) && fa_now() < until) {
        fa_server_release(&server, NULL);
        fa_run_pump(run, 50);
    }
    cr_assert_eq(fa_run_wait(run, 5), 0, "%s", fa_run_err(run));
    fa_expect_files(fa_scratch_path(&scratch, "out"), wanted.files, wanted.count);
    cr_assert(fa_workers_gone(pids, n, 1), "something is left behind");
    fa_expect_parts(fa_scratch_path(&scratch, "out"), 0);
    fa_run_end(run);
}

struct number {
    pid_t below;
    size_t least;
};

static bool has_workers(void *arg)
{
    struct number *number = arg;
    return fa_workers_find(number->below, FA_NAME_WORKER, NULL, 0) >= number->least;
}

/* The workers, once there are this many. */
static size_t workers_of(const struct fa_run *run, size_t least, pid_t pids[FA_WORKERS_MAX])
{
    struct number number = {run->pid, least};
    cr_assert(fa_wait_until(has_workers, &number, 10), "there are no %zu workers", least);
    return fa_workers_find(run->pid, FA_NAME_WORKER, pids, FA_WORKERS_MAX);
}

struct nursery {
    pid_t below;
    pid_t pid;
};

static bool is_one_nursery(void *arg)
{
    struct nursery *nursery = arg;
    return fa_workers_find(nursery->below, FA_NAME_NURSERY, &nursery->pid, 1) == 1;
}

/* A worker that has just been forked has the nursery's name for a moment. */
static pid_t nursery_of(const struct fa_run *run)
{
    struct nursery nursery = {.below = run->pid};
    cr_assert(fa_wait_until(is_one_nursery, &nursery, 10));
    return nursery.pid;
}

/* Waits until the n-th of the wanted files has its name. */
static void until_published(struct fa_run *run, size_t n)
{
    const char *path = fa_scratch_path(&scratch, "out/%s", wanted.files[n].name);
    double until = fa_now() + fa_timeout(10);
    while (access(path, F_OK) && fa_now() < until)
        fa_run_pump(run, 10);
    cr_assert_eq(access(path, F_OK), 0, "%s is not there: %s", path, fa_run_err(run));
}

static void pump(struct fa_run *run, double seconds)
{
    double until = fa_now() + seconds;
    while (fa_now() < until)
        fa_run_pump(run, 20);
}

/* Whether a process has a part open. */
static bool has_part(pid_t pid)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    struct dirent *entry;
    bool found = false;
    while (dir && (entry = readdir(dir))) {
        char target[PATH_MAX] = "";
        snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, entry->d_name);
        (void)!readlink(path, target, sizeof(target) - 1);
        found |= strstr(target, "/.fetchall/") != NULL;
    }
    if (dir)
        closedir(dir);
    return found;
}

Test(workers, killing_a_busy_one_costs_no_file_and_the_pool_has_its_size_again)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    want("/hold/", 3, 1024);
    want("/ok/20000/", 20, 20000);
    START(&run, "-m", "process", "-j", "3", "--hash", "none");
    fa_server_until(&server, "held", 3, 10);
    cr_assert_eq(workers_of(&run, 3, pids), 3);
    kill(pids[1], SIGKILL);
    cr_assert(fa_workers_gone(&pids[1], 1, 5));
    cr_assert_eq(workers_of(&run, 3, pids), 3);
    finish(&run, 30);
}

Test(workers, killing_an_idle_one_costs_no_file)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    want("/ok/5000/", 8, 5000);
    want("/hold/", 1, 1024);
    START(&run, "-m", "process", "-j", "3", "--hash", "none");
    for (size_t i = 0; i < 8; ++i)
        until_published(&run, i);
    fa_server_until(&server, "held", 1, 10);
    size_t n = workers_of(&run, 2, pids);
    size_t idle = 0;
    for (size_t i = 0; i < n; ++i) {
        if (has_part(pids[i]))
            continue;
        kill(pids[i], SIGKILL);
        ++idle;
    }
    cr_assert_eq(idle, n - 1);
    pump(&run, 0.3);
    cr_assert_eq(fa_server_stat(&server, "held"), 1, "the busy one goes on");
    finish(&run, 30);
    cr_assert_eq(fa_server_requests(&server, "/hold/file8"), 1);
}

Test(workers, killing_all_of_them_again_and_again_costs_no_file)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    want("/trickle/10/500/20000/", 12, 20000);
    START(&run, "-m", "process", "-j", "4", "--hash", "sha256", "--hash-with", "process",
          "--hash-jobs", "1");
    for (int i = 0; i < 2; ++i) {
        fa_server_until(&server, "active", 2, 10);
        size_t n = workers_of(&run, 1, pids);
        for (size_t j = 0; j < n; ++j)
            kill(pids[j], SIGKILL);
        cr_assert(fa_workers_gone(pids, n, 5));
    }
    finish(&run, 60);
}

Test(workers, a_job_that_kills_three_workers_fails_and_the_others_end_well)
{
    struct fa_run run;
    pid_t pid;
    want("/hold/", 1, 1024);
    START(&run, "-m", "process", "-j", "1", "--hash", "none", "--report", "report");
    for (int i = 0; i < 3; ++i) {
        fa_server_until(&server, "requests", i + 1, 10);
        fa_server_until(&server, "held", 1, 10);
        pid_t pids[FA_WORKERS_MAX];
        cr_assert_eq(workers_of(&run, 1, pids), 1);
        pid = pids[0];
        kill(pid, SIGKILL);
        cr_assert(fa_workers_gone(&pid, 1, 5));
    }
    int status = fa_run_wait(&run, 20);
    cr_assert(status == 1 || status == 5, "%d: %s", status, fa_run_err(&run));
    char *report = fa_file_read(fa_scratch_path(&scratch, "report"), NULL);
    cr_assert(strstr(report, "worker_crashed"), "%s", report);
    free(report);
    fa_expect_no_file(fa_scratch_path(&scratch, "out"), "file0");
    fa_run_end(&run);
}

/* Starts with a file that is hashed, so that there is a hash worker, and one that is held. */
static void start_hashing(struct fa_run *run, pid_t *ret_worker)
{
    pid_t pids[FA_WORKERS_MAX];
    want("/ok/5000/", 1, 5000);
    want("/hold/", 4, 1024);
    START(run, "-m", "async", "--hash", "sha256", "--hash-with", "process", "--hash-jobs", "1",
          "--manifest", "sums");
    until_published(run, 0);
    fa_server_until(&server, "held", 4, 10);
    cr_assert_eq(workers_of(run, 1, pids), 1);
    *ret_worker = pids[0];
}

Test(workers, killing_an_idle_hash_worker_costs_no_file)
{
    struct fa_run run;
    pid_t worker;
    start_hashing(&run, &worker);
    kill(worker, SIGKILL);
    cr_assert(fa_workers_gone(&worker, 1, 5));
    finish(&run, 30);
}

Test(workers, killing_a_busy_hash_worker_costs_no_file)
{
    struct fa_run run;
    pid_t worker;
    start_hashing(&run, &worker);
    kill(worker, SIGSTOP); /* it will sit on the next batch */
    fa_server_release(&server, NULL);
    pump(&run, 1);
    fa_expect_no_file(fa_scratch_path(&scratch, "out"), wanted.files[1].name);
    kill(worker, SIGKILL);
    finish(&run, 30);
}

Test(workers, one_that_hangs_is_killed_in_time)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    want("/drip/20/100/", 2, 100);
    want("/ok/20000/", 5, 20000);
    START(&run, "-m", "process", "-j", "2", "--hash", "none", "--stall-timeout", "1");
    fa_server_until(&server, "active", 2, 10);
    cr_assert_eq(workers_of(&run, 2, pids), 2);
    kill(pids[0], SIGSTOP);
    double start = fa_now();
    finish(&run, 30);
    cr_assert(fa_workers_gone(pids, 1, 1));
    double took = fa_now() - start;
    cr_assert(took > 4 && took < fa_timeout(14), "%.1f s", took);
}

/* Files that are done, and some that are held; MODE has workers fetch, or only hash. */
static void start_mixed(struct fa_run *run, const char *mode)
{
    want("/ok/5000/", 5, 5000);
    want("/hold/", 3, 1024);
    want("/ok/20000/", 10, 20000);
    START(run, "-m", mode, "-j", "3", "--hash", "sha256", "--hash-with", "process", "--hash-jobs",
          "2");
    until_published(run, 4);
    fa_server_until(&server, "held", 3, 10);
}

/* By default, the loops hash what they write. */
Test(workers, there_is_not_even_a_nursery_before_one_is_needed)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    want("/hold/", 1, 1024);
    START(&run, "-m", "async");
    fa_server_until(&server, "held", 1, 10);
    cr_assert_eq(fa_process_descendants(run.pid, pids, FA_WORKERS_MAX), 0);
    finish(&run, 30);
}

static void kill_the_nursery(const char *mode)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    start_mixed(&run, mode);
    size_t n = workers_of(&run, 1, pids);
    kill(nursery_of(&run), SIGKILL);
    cr_assert(fa_workers_gone(pids, n, 1));
    finish(&run, 30);
}

Test(workers, killing_the_nursery_costs_no_file_with_process)
{
    kill_the_nursery("process");
}

Test(workers, killing_the_nursery_costs_no_file_with_async)
{
    kill_the_nursery("async");
}

/* Kills the program itself. */
static void kill_the_supervisor(const char *mode)
{
    struct fa_run run;
    pid_t pids[FA_WORKERS_MAX];
    start_mixed(&run, mode);
    size_t n = fa_process_descendants(run.pid, pids, FA_WORKERS_MAX);
    cr_assert(n >= 2);
    fa_run_kill(&run, SIGKILL);
    cr_assert(fa_workers_gone(pids, n, 1), "they outlive the supervisor");
    cr_assert_eq(fa_run_wait(&run, 5), 128 + SIGKILL);
    fa_run_end(&run);
}

Test(workers, all_are_gone_within_a_second_of_the_supervisor_with_process)
{
    kill_the_supervisor("process");
}

Test(workers, all_are_gone_within_a_second_of_the_supervisor_with_async)
{
    kill_the_supervisor("async");
}
