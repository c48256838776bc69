/* fetchall compare: its requests, its output, and what it leaves behind. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/process.h"
#include "support/report.h"
#include "support/run.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAMILY_MAX 64

static struct fa_run run;
static const char *json; /* the file of --json */
static json_t *result;   /* its contents */

static void begin(void)
{
    fixture_begin();
    fa_scratch_mkdir(&scratch, "dir");
    json = fa_scratch_path(&scratch, "result.json");
}

static void end(void)
{
    json_decref(result);
    fa_run_end(&run);
    fixture_end();
}

TestSuite(compare, .init = begin, .fini = end, .timeout = 90.0);

static void add_files(const char *host, int count, int size)
{
    for (int i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/f%d", size, i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, host, path));
    }
}

/* Starts "fetchall compare -d dir --json FILE" with ARGS, ended by NULL, and the list. */
static void start(const char *const *args)
{
    const char *argv[40] = {"compare", "-d", "dir", "--json", json};
    size_t n = 5;
    while (*args) {
        argv[n++] = *args++;
    }
    argv[n++] = fa_scratch_write(&scratch, "list", list.text ? list.text : "");
    argv[n] = NULL;
    fa_run_start_argv(&run, &(struct fa_run_options){.cwd = scratch.path}, argv);
}

#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static void expect_nothing_left(void)
{
    DIR *dir = opendir(fa_scratch_path(&scratch, "dir"));
    cr_assert_not_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        cr_expect_eq(entry->d_name[0], '.', "%s", entry->d_name);
        cr_expect_null(strstr(entry->d_name, "fetchall"), "%s", entry->d_name);
    }
    closedir(dir);
}

/* Waits for the end, and reads the result. */
static void finish(void)
{
    cr_assert_eq(fa_run_wait(&run, 60), 0, "%s", fa_run_err(&run));
    expect_nothing_left();
    result = json_load_file(json, 0, NULL);
    cr_assert_not_null(result);
}

static json_t *comparison(size_t i)
{
    json_t *one = json_array_get(json_object_get(result, "comparisons"), i);
    cr_assert_not_null(one);
    return one;
}

static json_t *contestant(size_t i, size_t j)
{
    json_t *one = json_array_get(json_object_get(comparison(i), "contestants"), j);
    cr_assert_not_null(one);
    return one;
}

static json_t *trial(size_t i, size_t j, size_t k)
{
    json_t *one = json_array_get(json_object_get(contestant(i, j), "trials"), k);
    cr_assert_not_null(one);
    return one;
}

static void expect_name(size_t i, size_t j, const char *name)
{
    cr_expect_str_eq(fa_report_str(contestant(i, j), "name"), name);
}

Test(compare, three_strategies_fetch_the_same_and_are_measured)
{
    add_files("127.0.0.1", 20, 3000);
    START("--rounds", "2");
    finish();
    cr_expect_eq(fa_server_stat(&server, "requests"), 9 * 20);
    const json_t *all = comparison(0);
    cr_expect_eq(fa_report_int(all, "requests"), 9 * 20);
    cr_expect_eq(fa_report_int(all, "rounds"), 2);
    cr_expect_eq(fa_report_int(all, "entries"), 20);
    cr_expect_eq(fa_report_int(all, "listed"), 20);
    cr_expect_eq(fa_report_int(all, "origins"), 1);
    cr_expect_eq(fa_report_int(all, "bytes"), 60000);
    cr_expect(json_is_null(json_object_get(all, "command")), "2 rounds conclude nothing");
    cr_expect(json_is_object(json_object_get(all, "verdict")));
    cr_expect(json_is_integer(json_object_get(result, "seed")));
    cr_expect_not_null(strstr(fa_report_str(result, "machine"), "Linux"));
    expect_name(0, 0, "thread");
    expect_name(0, 1, "process");
    expect_name(0, 2, "async");
    for (size_t j = 0; j < 3; j++) {
        cr_expect_not_null(json_object_get(contestant(0, j), "rank"));
        for (size_t k = 0; k < 2; k++) {
            const json_t *one = trial(0, j, k);
            cr_expect_eq(fa_report_int(one, "round"), (long long)k);
            cr_expect(fa_report_real(one, "wall") > 0);
            cr_expect(fa_report_real(one, "user") + fa_report_real(one, "system") > 0);
            cr_expect_gt(fa_report_int(one, "peak_pss"), 0);
            cr_expect_gt(fa_report_int(one, "switches"), 0);
            cr_expect(fa_report_real(one, "ttfb.p50") <= fa_report_real(one, "total.p99"));
            cr_expect_eq(fa_report_int(one, "entries"), 20);
            cr_expect_eq(fa_report_int(one, "failed"), 0);
            cr_expect_eq(fa_report_int(one, "bytes"), 60000);
            cr_expect_eq(fa_report_int(one, "status"), 0);
            cr_expect_gt(json_array_size(json_object_get(one, "moments")), 0);
        }
    }
    cr_expect_gt(strlen(fa_run_out(&run)), 0);
    cr_expect_not_null(
        strstr(fa_run_err(&run), "9 runs of 20 requests, 180 in all, the warm-up included"), "%s",
        fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "each run receives about 58.6 KiB"), "%s",
                       fa_run_err(&run));
}

/* A slow run shows what its mode creates: a process for each transfer, a thread, or neither. */
/* Eight at once take an eighth of the time: two rounds show it, of those that are allowed on this
 * machine. */
Test(compare, rounds_end_when_the_answer_is_decided)
{
    for (int i = 0; i < 8; i++)
        fa_lines_add(&list, "%s/f%d", fa_server_url(&server, "/delay/100/10"), i);
    START("-m", "async", "--jobs", "1,8");
    finish();
    const json_t *all = comparison(0);
    cr_expect(json_is_true(json_object_get(all, "sequential")));
    cr_expect_leq(fa_report_int(all, "rounds"), 4);
    cr_expect(strstr(fa_run_err(&run), "round 1 of at most 100: "), "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), " rounds are enough\n"), "%s", fa_run_err(&run));
    cr_expect_eq(fa_report_int(all, "rounds_wanted"), fa_report_int(all, "rounds"));
    cr_expect_eq(fa_report_int(all, "requests"), (fa_report_int(all, "rounds") + 1) * 16);
    cr_expect_str_eq(fa_report_str(json_object_get(all, "verdict"), "best"), "async -j 8");
}

/* Stored results are shown again and compared with, without a request. */
Test(compare, stored_results_are_read_again_and_are_a_baseline)
{
    add_files("127.0.0.1", 4, 100);
    START("-q", "--rounds", "2", "-m", "async", "--jobs", "1,4");
    finish();
    long long requests = fa_server_stat(&server, "requests");
    fa_run_end(&run);
    fa_run_start_argv(&run, &(struct fa_run_options){.cwd = scratch.path},
                      (const char *const[]){"compare", "--read", json, json, NULL});
    cr_expect_eq(fa_run_wait(&run, 60), 0, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), "Side by side"), "%s", fa_run_out(&run));
    cr_expect(strstr(fa_run_out(&run), "\nasync -j 4   "), "%s", fa_run_out(&run));
    fa_run_end(&run);
    fa_run_start_argv(&run, &(struct fa_run_options){.cwd = scratch.path},
                      (const char *const[]){"compare", "--read", json, "--baseline", json,
                                            "--fail-if", "bytes > 0.99", "--export",
                                            "hyperfine:hyper.json", NULL});
    cr_expect_eq(fa_run_wait(&run, 60), 7, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), "fails, as it is > 0.99"), "%s", fa_run_out(&run));
    cr_expect_eq(access(fa_scratch_path(&scratch, "hyper.json"), R_OK), 0);
    cr_expect_eq(fa_server_stat(&server, "requests"), requests);
}

/* In all modes: what a response says about caches passes from workers to the report. */
Test(compare, what_came_from_caches_is_counted)
{
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/fields/X-Cache:%%20%s/100/f%d", i ? "HIT" : "MISS", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    START("--rounds", "1", "--jobs", "2");
    finish();
    for (size_t i = 0; i < 3; ++i) {
        cr_expect_eq(json_number_value(json_object_get(trial(0, i, 0), "cached")), 0.75);
        cr_expect_eq(fa_report_int(trial(0, i, 0), "requests"), 4);
        cr_expect_eq(fa_report_int(trial(0, i, 0), "refusals"), 0);
        /* So does what the kernel knows of their connections. */
        cr_expect(fa_report_real(trial(0, i, 0), "rtt") > 0);
        cr_expect_geq(fa_report_int(trial(0, i, 0), "retransmits"), 0);
    }
}

/* A part for the warm-up, and one for each run of two contestants in four rounds. */
Test(compare, fresh_samples_are_downloaded_twice_by_one_contestant)
{
    add_files("127.0.0.1", 9 * 20 + 3, 100);
    START("--sample", "fresh", "--rounds", "4", "-m", "thread,async", "--jobs", "4");
    finish();
    cr_expect_eq(fa_server_stat(&server, "requests"), (2 + 8 + 8) * 20);
    size_t never = 0;
    for (int i = 0; i < 9 * 20 + 3; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/100/f%d", i);
        size_t requests = fa_server_requests(&server, path);
        cr_expect(requests == 0 || requests == 2, "%s: %zu", path, requests);
        never += requests == 0;
    }
    cr_expect_eq(never, 3);
    cr_assert_eq(json_array_size(json_object_get(result, "comparisons")), 2);
    cr_expect_str_eq(fa_report_str(comparison(0), "asked"), "fresh");
    cr_expect_str_eq(fa_report_str(comparison(1), "asked"), "again");
    cr_expect_eq(fa_report_int(comparison(0), "requests"), 10 * 20);
    cr_expect_eq(fa_report_int(comparison(1), "requests"), 8 * 20);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++)
            cr_expect_eq(fa_report_int(trial(i, j, 3), "entries"), 20);
    cr_expect(strstr(fa_run_err(&run), "(again "), "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), "other entries in each run"), "%s", fa_run_out(&run));
    cr_expect(strstr(fa_run_out(&run), ", asked for again\n"), "%s", fa_run_out(&run));
}

Test(compare, a_list_that_is_too_short_for_fresh_samples_is_refused)
{
    add_files("127.0.0.1", 9 * 20 - 1, 100);
    START("--sample", "fresh", "--rounds", "4", "-m", "thread,async");
    cr_expect_eq(fa_run_wait(&run, 60), 2);
    cr_expect(strstr(fa_run_err(&run), "requires at least 180 entries for 4 rounds of 2 contestants"
                                       ", and there are 179"),
              "%s", fa_run_err(&run));
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

Test(compare, the_whole_tree_of_processes_is_counted)
{
    for (int i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/delay/1500/100/f%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    START("--rounds", "1", "--jobs", "8", "--loops", "1", "--hash", "none");
    finish();
    cr_expect_geq(fa_report_int(trial(0, 0, 0), "peak_threads"), 9);
    /* One, and another for LeakSanitizer. */
    cr_expect_leq(fa_report_int(trial(0, 0, 0), "peak_processes"), 2);
    cr_expect_geq(fa_report_int(trial(0, 1, 0), "peak_processes"), 9);
    cr_expect_leq(fa_report_int(trial(0, 2, 0), "peak_threads"), 2);
    cr_expect_gt(fa_report_int(trial(0, 1, 0), "peak_pss"),
                 fa_report_int(trial(0, 2, 0), "peak_pss"));
}

Test(compare, combinations_are_compared_and_files_written)
{
    add_files("127.0.0.1", 6, 100);
    START("-q", "--rounds", "1", "-m", "async,thread", "--jobs", "2,4", "--loops", "1,2", "--csv",
          "table.csv", "--html", "page.html", "--retries=2");
    finish();
    expect_name(0, 0, "async -j 2 --loops 1");
    expect_name(0, 1, "async -j 2 --loops 2");
    expect_name(0, 4, "thread -j 2");
    expect_name(0, 5, "thread -j 4");
    cr_expect_eq(json_array_size(json_object_get(comparison(0), "contestants")), 6);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2 * 6 * 6);
    cr_expect_str_empty(fa_run_err(&run));
    char *csv = fa_file_read(fa_scratch_path(&scratch, "table.csv"), NULL);
    size_t lines = 0;
    for (const char *at = csv; (at = strchr(at, '\n')); at++) {
        lines++;
    }
    cr_expect_eq(lines, 1 + 6, "%s", csv);
    cr_expect_not_null(strstr(csv, "\"thread -j 4\",0,"), "%s", csv);
    free(csv);
    struct stat st;
    cr_expect_eq(stat(fa_scratch_path(&scratch, "page.html"), &st), 0);
}

Test(compare, a_sample_is_taken_evenly_over_hosts)
{
    add_files("127.0.0.2", 30, 100);
    add_files("127.0.0.3", 3, 100);
    START("--rounds", "1", "-m", "async", "--sample", "5");
    finish();
    json_t *stats = fa_server_stats(&server);
    const json_t *hosts = json_object_get(stats, "hosts");
    size_t count = 0;
    const char *name;
    json_t *host;
    json_object_foreach((json_t *)hosts, name, host)
    {
        long long requests = fa_report_int(host, "requests");
        cr_expect(requests == 4 || requests == 6, "%s: %lld", name, requests);
        count++;
    }
    cr_expect_eq(count, 2);
    json_decref(stats);
    cr_expect_eq(fa_report_int(comparison(0), "listed"), 33);
    cr_expect_not_null(strstr(fa_run_err(&run), "a warm-up and 1 round: 2 runs of 5 requests"),
                       "%s", fa_run_err(&run));
    cr_expect_eq(fa_report_int(comparison(0), "entries"), 5);
}

Test(compare, failures_are_counted_by_class_and_end_nothing)
{
    add_files("127.0.0.1", 4, 100);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/status/404/x"));
    fa_lines_add(&list, "http://127.0.0.1:%d/y", fa_port_free());
    fa_lines_add(&list, "nonsense");
    START("--rounds", "1", "--retries", "1", "--retry-wait", "0.01");
    finish();
    for (size_t j = 0; j < 3; j++) {
        const json_t *one = trial(0, j, 0);
        cr_expect_eq(fa_report_int(one, "entries"), 6);
        cr_expect_eq(fa_report_int(one, "failed"), 2);
        cr_expect_eq(fa_report_int(one, "failures.http"), 1);
        cr_expect_eq(fa_report_int(one, "failures.connect"), 1);
        cr_expect_eq(fa_report_int(one, "status"), 1);
    }
    cr_expect_not_null(strstr(fa_run_err(&run), "fetchall: 1 bad line is left out: line 7 of '"),
                       "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "a warm-up and 1 round: 6 runs of 6 requests, 36 "
                                                "in all, the warm-up included;"),
                       "%s", fa_run_err(&run));
}

Test(compare, bytes_that_are_too_many_end_it_after_a_whole_round)
{
    add_files("127.0.0.1", 10, 10000);
    /* The warm-up and two rounds of 300,000 bytes fit. */
    START("--rounds", "5", "--max-bytes", "1000000");
    finish();
    cr_expect_eq(fa_report_int(comparison(0), "rounds"), 2);
    cr_expect_eq(fa_report_int(comparison(0), "rounds_wanted"), 5);
    cr_expect_eq(json_array_size(json_object_get(contestant(0, 0), "trials")), 2);
    cr_expect_eq(fa_server_stat(&server, "requests"), 9 * 10);
    cr_expect_not_null(strstr(fa_run_err(&run), "--max-bytes ends it after 2 of 5 rounds, each of "
                                                "about 293.0 KiB"),
                       "%s", fa_run_err(&run));
}

Test(compare, a_budget_that_is_used_up_leaves_nothing_to_judge)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/delay/300/10/a"));
    START("--budget", "0.2");
    cr_expect_eq(fa_run_wait(&run, 30), 1, "%s", fa_run_err(&run));
    cr_expect_leq(fa_server_stat(&server, "requests"), 1);
    cr_expect_not_null(strstr(fa_run_err(&run), "--budget ends it after 0 of 100 rounds"), "%s",
                       fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "no round to judge by"));
    expect_nothing_left();
}

/* A dead host gets no requests after the warm-up. */
Test(compare, a_warm_up_in_which_every_entry_fails_ends_it)
{
    /* A port that belongs to the test, and on which nobody listens. */
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int dead = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(dead, (struct sockaddr *)&address, len) == 0);
    getsockname(dead, (struct sockaddr *)&address, &len);
    for (int i = 0; i < 4; i++) {
        fa_lines_add(&list, "http://127.0.0.1:%d/%d", ntohs(address.sin_port), i);
    }
    for (int i = 0; i < 3; i++) {
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/status/404/x"), i);
    }
    START("--retries", "1", "--retry-wait", "0.01");
    cr_expect_eq(fa_run_wait(&run, 30), 1, "%s", fa_run_err(&run));
    cr_expect_eq(fa_server_stat(&server, "requests"), 3 * 3);
    cr_expect_not_null(strstr(fa_run_err(&run), "every entry failed in the warm-up (connect: 4 of "
                                                "7), such as http://127.0.0.1:"),
                       "%s", fa_run_err(&run));
    cr_expect_null(strstr(fa_run_err(&run), "round 1 of"), "%s", fa_run_err(&run));
    cr_expect_null(strstr(fa_run_err(&run), "0 B"), "%s", fa_run_err(&run));
    cr_expect_str_empty(fa_run_out(&run));
    expect_nothing_left();
    fa_run_end(&run);
    START("--stage", "--retries", "0");
    cr_expect_eq(fa_run_wait(&run, 30), 1, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "every entry failed (connect: 4 of 7)"), "%s",
                       fa_run_err(&run));
    expect_nothing_left();
}

Test(compare, that_failing_entries_are_retried_in_each_round_is_printed_once)
{
    static const char again[] = "; each round tries them again, and --retries 0 makes rounds "
                                "shorter";
    add_files("127.0.0.1", 4, 100);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/status/404/x"));
    START("--rounds", "1", "--retry-wait", "0.01", "-m", "async");
    finish();
    cr_expect_null(strstr(fa_run_err(&run), again), "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "fetchall: in the warm-up 1 of 5 entries failed "
                                                "(http: 1), such as http://"),
                       "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "/status/404/x: "), "%s", fa_run_err(&run));
    json_decref(result);
    fa_run_end(&run);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/status/503/x"));
    START("--rounds", "2", "--retries", "1", "--retry-wait", "0.01", "-m", "async,thread");
    finish();
    const char *said = strstr(fa_run_err(&run), again);
    cr_assert_not_null(said, "%s", fa_run_err(&run));
    cr_expect_null(strstr(said + 1, again), "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "in the warm-up 2 of 6 entries failed (http: 2)"),
                       "%s", fa_run_err(&run));
}

static struct {
    pid_t pids[FAMILY_MAX];
    size_t count;
} family;

static bool family_is_gone(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < family.count; i++) {
        if (fa_process_alive(family.pids[i])) {
            return false;
        }
    }
    return true;
}

static void look_at_family(void)
{
    family.count = fa_process_descendants(run.pid, family.pids, FAMILY_MAX);
    cr_assert(family.count > 0 && family.count <= FAMILY_MAX);
}

static void interrupt(const char *mode, int signal)
{
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/hold/h%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    START("-m", mode, "--stall-timeout", "60");
    fa_server_until(&server, "held", 4, 20);
    look_at_family();
    fa_run_kill(&run, signal);
    fa_run_wait(&run, 20);
    cr_expect(run.signaled && run.signal == signal, "%s: %d", mode, run.status);
    cr_expect(fa_wait_until(family_is_gone, NULL, 5), "%s: a worker is left", mode);
    expect_nothing_left();
    cr_expect_eq(access(json, F_OK), -1, "nothing was concluded");
    cr_expect_str_empty(fa_run_out(&run));
}

Test(compare, an_interrupt_leaves_nothing_behind)
{
    interrupt("process", SIGINT);
}

Test(compare, termination_leaves_nothing_behind)
{
    interrupt("async", SIGTERM);
}

/* If it is killed, nothing continues. */
Test(compare, nothing_outlives_it_and_the_next_one_removes_its_folder)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/hold/h"));
    START("-m", "process", "--stall-timeout", "60");
    fa_server_until(&server, "held", 1, 20);
    look_at_family();
    fa_run_kill(&run, SIGKILL);
    fa_run_wait(&run, 10);
    cr_expect(fa_wait_until(family_is_gone, NULL, 5), "a worker is left");
    fa_run_end(&run);
    fa_lines_fini(&list);
    add_files("127.0.0.1", 2, 100);
    START("-m", "async", "--rounds", "1");
    finish();
}

Test(compare, folder_of_somebody_elses_stays)
{
    fa_scratch_write(&scratch, "dir/.fetchall-compare-backup/x", "precious");
    add_files("127.0.0.1", 2, 100);
    START("-m", "async", "--rounds", "1");
    cr_expect_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
    cr_expect_eq(access(fa_scratch_path(&scratch, "dir/.fetchall-compare-backup/x"), F_OK), 0);
}

Test(compare, a_run_is_ended_when_the_budget_is_used_up)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/hold/h"));
    START("--budget", "0.5", "--stall-timeout", "60");
    double began = fa_now();
    cr_expect_eq(fa_run_wait(&run, 20), 1, "%s", fa_run_err(&run));
    cr_expect(fa_now() - began < fa_timeout(5));
    cr_expect_not_null(strstr(fa_run_err(&run), "--budget ends it after 0 of 100 rounds"), "%s",
                       fa_run_err(&run));
    expect_nothing_left();
}

Test(compare, list_of_bad_lines_is_refused_without_its_secrets)
{
    fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path}, "compare", "-d", "dir",
                 "http://us:s3cret@h.test:99999/bad", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "1 bad line is left out: "), "%s",
                       fa_run_err(&run));
    cr_expect_null(strstr(fa_run_err(&run), "s3cret"), "%s", fa_run_err(&run));
}

/* Two comparisons at a time leave each other's folder alone. */
Test(compare, folder_that_is_in_use_stays)
{
    struct fa_run other;
    const char *more = fa_scratch_write(&scratch, "more", fa_server_url(&server, "/ok/100/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/hold/h"));
    START("-m", "async", "--rounds", "1", "--stall-timeout", "60");
    fa_server_until(&server, "held", 1, 20);
    fa_run_start(&other, &(struct fa_run_options){.cwd = scratch.path}, "compare", "-d", "dir",
                 "-m", "async", "--rounds", "1", more, NULL);
    cr_expect_eq(fa_run_wait(&other, 30), 0, "%s", fa_run_err(&other));
    fa_run_end(&other);
    fa_server_release(&server, NULL);
    fa_server_until(&server, "held", 1, 20);
    fa_server_release(&server, NULL);
    finish();
}

Test(compare, an_interrupt_after_some_rounds_shows_what_they_said)
{
    add_files("127.0.0.1", 2, 100);
    START("-m", "async,thread", "--rounds", "1000");
    fa_run_until_stderr_has(&run, "round 4 of 1000", 60);
    fa_run_kill(&run, SIGINT);
    fa_run_wait(&run, 20);
    cr_expect(run.signaled && run.signal == SIGINT, "%d", run.status);
    cr_expect_not_null(strstr(fa_run_err(&run), "a signal ends it after "), "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_out(&run), "async"), "%s", fa_run_out(&run));
    expect_nothing_left();
    result = json_load_file(json, 0, NULL);
    cr_expect(fa_report_int(comparison(0), "rounds") >= 4);
}

Test(compare, http_2_that_nobody_speaks_is_not_compared)
{
    add_files("127.0.0.1", 2, 100);
    START("-m", "async", "--http", "1.1,2", "--rounds", "1");
    cr_expect_eq(fa_run_wait(&run, 30), 1, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "no answer came over HTTP/2 in the warm-up"), "%s",
                       fa_run_err(&run));
    expect_nothing_left();
}

Test(compare, waiting_for_a_list_can_be_interrupted)
{
    fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path, .stdin_open = true}, "compare",
                 "-d", "dir", "--json", json, "-", NULL);
    fa_run_feed(&run, "http://a.test/\n");
    bool made = false;
    for (double until = fa_now() + fa_timeout(10); !made && fa_now() < until;) {
        fa_run_pump(&run, 20);
        DIR *dir = opendir(fa_scratch_path(&scratch, "dir"));
        for (struct dirent *entry; (entry = readdir(dir));) {
            made |= strncmp(entry->d_name, ".fetchall-", 10) == 0;
        }
        closedir(dir);
    }
    cr_assert(made);
    fa_run_kill(&run, SIGINT);
    fa_run_wait(&run, 10);
    cr_expect(run.signaled && run.signal == SIGINT, "%d", run.status);
    expect_nothing_left();
}

static size_t with_header(const char *header)
{
    json_t *log = fa_server_log(&server);
    size_t i, count = 0;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        char *headers = json_dumps(json_object_get(request, "headers"), 0);
        count += strstr(headers, header) != NULL;
        free(headers);
    }
    json_decref(log);
    return count;
}

static void expect_only_ours(const char *pattern, size_t count)
{
    glob_t found;
    cr_expect_eq(glob(fa_scratch_path(&scratch, "%s", pattern), 0, NULL, &found), 0);
    cr_expect_eq(found.gl_pathc, count);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat st;
        cr_expect_eq(stat(found.gl_pathv[i], &st), 0);
        cr_expect_eq(st.st_mode & 0777, 0600, "%o", st.st_mode);
    }
    globfree(&found);
}

Test(compare, secrets_reach_the_server_and_no_command_line_of_a_run)
{
    const char *headers = fa_scratch_write(&scratch, "headers", "X-Token: s3+cret\n");
    char option[PATH_MAX + 1], proxy[64];
    snprintf(option, sizeof(option), "@%s", headers);
    snprintf(proxy, sizeof(proxy), "http://me:s3+cret@127.0.0.1:%d", server.port);
    fa_lines_add(&list, "http://user:s3+cret@127.0.0.2:%d/hold/a", server.port);
    START("-m", "process", "--rounds", "1", "-H", option, "-H", "X-Shown: s3+cret2", "-H",
          "X-Empty;", "-A", "me", "--stall-timeout", "60", "--proxy", proxy);
    fa_server_until(&server, "held", 1, 20);
    look_at_family();
    expect_only_ours("dir/.fetchall-compare-*/header-*", 2);
    for (size_t i = 0; i < family.count; i++) {
        char path[64];
        size_t len;
        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)family.pids[i]);
        char *line = fa_file_read(path, &len);
        cr_expect_null(memmem(line, len, "s3+cret", 7), "%s", line);
        free(line);
    }
    fa_server_release(&server, NULL);
    fa_server_until(&server, "held", 1, 20);
    fa_server_release(&server, NULL);
    finish();
    cr_expect_eq(with_header("X-Token"), 2);
    cr_expect_eq(with_header("X-Shown"), 2);
    cr_expect_eq(with_header("s3+cret2"), 2);
    cr_expect_eq(with_header("X-Empty"), 2);
    cr_expect_eq(with_header("Proxy-Authorization"), 2);
    char *text = fa_file_read(json, NULL);
    cr_expect_null(strstr(text, "s3+cret"), "%s", text);
    cr_expect(json_is_true(json_object_get(comparison(0), "redacted")));
    free(text);
    cr_expect_null(strstr(fa_run_out(&run), "s3+cret"));
    cr_expect_null(strstr(fa_run_err(&run), "s3+cret"));
}

Test(compare, the_list_may_come_from_standard_input)
{
    add_files("127.0.0.1", 3, 100);
    fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path, .stdin_text = list.text},
                 "compare", "-d", "dir", "--json", json, "--rounds", "1", "-m", "async", "-", NULL);
    finish();
    cr_expect_str_eq(fa_report_str(comparison(0), "title"), "standard input");
    cr_expect_eq(fa_report_int(comparison(0), "entries"), 3);
}

Test(compare, results_to_standard_output_are_alone_there)
{
    add_files("127.0.0.1", 2, 100);
    json = "-";
    START("--rounds", "1", "-m", "async");
    cr_assert_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
    result = json_loads(fa_run_out(&run), 0, NULL);
    cr_assert_not_null(result, "%s", fa_run_out(&run));
    cr_expect_eq(fa_report_int(comparison(0), "rounds"), 1);
}

Test(compare, errors_are_reported_before_any_request)
{
    add_files("127.0.0.1", 2, 100);
    START("--html", "/nonexistent/page.html");
    cr_expect_eq(fa_run_wait(&run, 10), 4, "%s", fa_run_err(&run));
    fa_run_end(&run);
    fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path}, "compare", "missing", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "'missing'"), "%s", fa_run_err(&run));
    fa_run_end(&run);
    fa_lines_fini(&list);
    START("-q");
    cr_expect_eq(fa_run_wait(&run, 10), 2, "%s", fa_run_err(&run));
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
    expect_nothing_left();
}

Test(compare, what_is_wrong_with_a_command_line_points_to_the_help_of_its_command)
{
    static const char *const cases[][3] = {
        {"compare", "--rounds=x", "Try 'fetchall compare --help'.\n"},
        {"status", "--rounds=x", "Try 'fetchall status --help'.\n"},
        {"verify", "--rounds=x", "Try 'fetchall verify --help'.\n"},
        {"--rounds=x", NULL, "Try 'fetchall --help'.\n"},
    };
    for (size_t i = 0; i < 4; i++) {
        fa_run_start(&run, NULL, cases[i][0], cases[i][1], NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 2);
        cr_expect_not_null(strstr(fa_run_err(&run), cases[i][2]), "%s", fa_run_err(&run));
        fa_run_end(&run);
    }
}

static void kill_a_child(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)run.pid, (int)run.pid);
    char *children = fa_file_read(path, NULL);
    pid_t child = (pid_t)strtol(children, NULL, 10);
    free(children);
    if (child > 0) {
        kill(child, SIGKILL);
    }
}

Test(compare, a_run_that_dies_leaves_what_was_measured)
{
    add_files("127.0.0.1", 2, 100);
    START("-m", "async,thread", "--rounds", "1000");
    fa_run_until_stderr_has(&run, "round 4 of 1000", 60);
    /* Not after that: the tracer of LeakSanitizer is a child, too. */
    for (double until = fa_now() + fa_timeout(10);
         !run.ended && !strstr(fa_run_err(&run), "was killed by signal 9") && fa_now() < until;) {
        kill_a_child();
        fa_run_pump(&run, 20);
    }
    cr_expect_eq(fa_run_wait(&run, 5), 4, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "was killed by signal 9"), "%s", fa_run_err(&run));
    result = json_load_file(json, 0, NULL);
    cr_expect(fa_report_int(comparison(0), "rounds") >= 4);
    expect_nothing_left();
}

/* The run is killed, and none of it is left when that is reported. */
Test(compare, a_run_that_dies_is_no_trial)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/hold/h"));
    START("-m", "process", "--stall-timeout", "60");
    fa_server_until(&server, "held", 1, 20);
    look_at_family();
    kill_a_child();
    cr_expect_eq(fa_run_wait(&run, 20), 4, "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "the run of 'process' was killed by signal 9"),
                       "%s", fa_run_err(&run));
    cr_expect(family_is_gone(NULL));
    expect_nothing_left();
}

Test(compare, the_cpu_stage_is_compared_on_a_folder)
{
    char name[64], *large = calloc(1, 100000);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "data/sub dir/small\\%d", i);
        fa_scratch_write(&scratch, name, "small");
        snprintf(name, sizeof(name), "data/large%d", i);
        fa_scratch_write_bytes(&scratch, name, large, 100000);
    }
    free(large);
    fa_run_start(&run, &(struct fa_run_options){.cwd = scratch.path}, "compare", "--stage", "-d",
                 "dir", "--json", json, "--html", "page.html", "--rounds", "2", "data/", NULL);
    finish();
    for (size_t i = 0; i < 2; i++) {
        expect_name(i, 0, "inline");
        expect_name(i, 1, "thread");
        expect_name(i, 2, "process");
        cr_expect(json_is_true(json_object_get(comparison(i), "stage")));
        cr_expect_eq(fa_report_int(comparison(i), "entries"), 10);
        cr_expect_eq(fa_report_int(trial(i, 2, 1), "failed"), 0);
        cr_expect_str_eq(fa_report_str(comparison(i), "list"), "LIST");
    }
    cr_expect_eq(fa_report_int(comparison(0), "bytes"), 50);
    cr_expect_eq(fa_report_int(comparison(1), "bytes"), 1000000);
    cr_expect_eq(access(fa_scratch_path(&scratch, "page.html"), F_OK), 0);
    cr_expect_eq(access(fa_scratch_path(&scratch, "page-large.html"), F_OK), 0);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
}

Test(compare, the_cpu_stage_is_compared_on_what_a_list_fetches_once)
{
    add_files("127.0.0.1", 5, 1000);
    START("--stage", "--rounds", "1", "--hash-with", "process,inline", "--hash", "md5");
    finish();
    cr_expect_eq(fa_server_stat(&server, "requests"), 5);
    expect_name(0, 0, "process");
    expect_name(0, 1, "inline");
    cr_expect_eq(fa_report_int(comparison(0), "bytes"), 5000);
    cr_expect_eq(json_array_size(json_object_get(result, "comparisons")), 1);
}

/* With the default of -j, too; but not if the list does not have more entries anyway. */
Test(compare, that_per_host_limits_the_jobs_is_printed)
{
    add_files("127.0.0.1", 5, 100);
    START("--rounds", "1", "--per-host", "4");
    finish();
    cr_expect_not_null(strstr(fa_run_err(&run), "--per-host 4 holds -j "), "%s", fa_run_err(&run));
    fa_run_end(&run);
    json_decref(result);
    START("--rounds", "1", "--per-host", "5");
    finish();
    cr_expect_null(strstr(fa_run_err(&run), "holds -j"), "%s", fa_run_err(&run));
}

/* A program that does the work is ranked, one that does not is excluded and not asked again, and
 * one that is not installed is left out. */
Test(compare, other_programs_are_ranked_if_their_files_are_right)
{
    add_files("127.0.0.1", 6, 300);
    START("-m", "async", "--rounds", "3", "-j", "4", "-H", "X-Secret: abc", "--with", "curl,xargs",
          "--with", "page=sh -c 'echo \"<html>\" >f0; pwd >{dir}/log'", "--with",
          "none=nonesuch x");
    finish();
    cr_assert_eq(json_array_size(json_object_get(comparison(0), "contestants")), 4);
    expect_name(0, 1, "curl");
    expect_name(0, 2, "xargs");
    for (size_t i = 1; i < 3; i++) {
        cr_expect(json_is_null(json_object_get(contestant(0, i), "wrong")), "%s",
                  fa_report_str(contestant(0, i), "wrong"));
        cr_expect(json_is_true(json_object_get(contestant(0, i), "program")));
        cr_expect(json_is_null(json_object_get(contestant(0, i), "mode")));
        cr_expect_eq(fa_report_int(trial(0, i, 2), "bytes"), 1800);
        cr_expect_eq(fa_report_int(trial(0, i, 2), "failed"), 0);
        cr_expect(fa_report_real(trial(0, i, 2), "user") >= 0);
    }
    cr_expect_str_eq(fa_report_str(contestant(0, 1), "program_command"),
                     "curl -q -Z --parallel-max 4 -K {curl}");
    expect_name(0, 3, "page");
    cr_expect_str_eq(fa_report_str(contestant(0, 3), "rank"), "failing");
    cr_expect_str_eq(fa_report_str(contestant(0, 3), "wrong"),
                     "5 files are missing, 1 file has other content: f0, f1, f2");
    cr_expect_eq(json_array_size(json_object_get(contestant(0, 3), "trials")), 0);
    cr_expect_eq(fa_server_stat(&server, "requests"), 3 * 4 * 6);
    cr_expect_not_null(strstr(fa_run_out(&run), "wrong"), "%s", fa_run_out(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "none is left out: 'nonesuch' is not installed"),
                       "%s", fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "page is wrong, and not run again"));
}

/* It has left the group of the program. */
Test(compare, daemon_that_a_program_leaves_is_ended)
{
    char *pid = strdup(fa_scratch_path(&scratch, "pid")), *command = NULL;
    cr_assert_gt(asprintf(&command, "daemon=sh -c 'setsid sleep 600 & echo $! >%s'", pid), 0);
    add_files("127.0.0.1", 2, 100);
    START("-m", "async", "--rounds", "1", "--with", command);
    finish();
    char *text = fa_file_read(pid, NULL);
    cr_expect_gt(atoi(text), 0, "%s", text);
    cr_expect_not(fa_process_alive(atoi(text)));
    free(text);
    free(pid);
    free(command);
    cr_expect_not_null(strstr(fa_run_err(&run), "daemon is wrong"), "%s", fa_run_err(&run));
}

Test(compare, xargs_is_left_out_if_it_would_show_a_password)
{
    fa_lines_add(&list, "http://me:pw@%s", fa_server_url(&server, "/ok/10/f") + strlen("http://"));
    START("-m", "async", "--rounds", "1", "--with", "xargs,curl");
    finish();
    cr_expect_eq(json_array_size(json_object_get(comparison(0), "contestants")), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "xargs is left out: 'xargs' would show secrets"),
                       "%s", fa_run_err(&run));
}

/* Each request takes 40 ms, so that four at once are faster than one. */
Test(compare, limits_per_host_are_compared)
{
    for (int i = 0; i < 12; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/delay/40/100/f%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    START("-m", "async", "--rounds", "3", "--per-host", "1,4", "--hash", "none,md5");
    finish();
    cr_assert_eq(json_array_size(json_object_get(comparison(0), "contestants")), 4);
    expect_name(0, 0, "async --per-host 1 --hash none");
    expect_name(0, 3, "async --per-host 4 --hash md5");
    cr_expect_str_eq(fa_report_str(contestant(0, 3), "per_host"), "4");
    cr_expect_str_eq(fa_report_str(contestant(0, 3), "hash"), "md5");
    cr_expect(json_is_null(json_object_get(contestant(0, 3), "segments")));
    cr_expect(fa_report_real(trial(0, 0, 0), "wall") > fa_report_real(trial(0, 2, 0), "wall"));
    cr_expect(fa_report_real(trial(0, 0, 0), "slots_full") > 0.5);
    cr_expect_eq(fa_server_stat(&server, "peak_active"), 4);
}

static const char *entrant_fate(size_t i)
{
    const json_t *entrants = json_object_get(json_object_get(comparison(0), "race"), "entrants");
    return fa_report_str(json_array_get(entrants, i), "fate");
}

/* Six at once are accepted. */
Test(compare, a_race_does_not_ask_for_more_than_what_was_refused)
{
    for (int i = 0; i < 26; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/atmost/6/50/100/f%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    const char *config = fa_scratch_write(&scratch, "config", "retry-wait = 0.1\n");
    START("--tune", "--write", "--config", config, "-m", "async", "--per-host", "2,4,8,16",
          "--rounds", "3", "--html", "page.html");
    finish();
    cr_expect_str_eq(entrant_fate(0), "final");
    cr_expect_str_eq(entrant_fate(1), "final");
    cr_expect_str_eq(entrant_fate(2), "refused");
    cr_expect_str_eq(entrant_fate(3), "above");
    cr_expect_leq(fa_server_stat(&server, "peak_active"), 8);
    cr_assert_eq(json_array_size(json_object_get(comparison(0), "contestants")), 2);
    expect_name(0, 0, "async -j 256 --per-host 2");
    expect_name(0, 1, "async -j 256 --per-host 4");
    const json_t *race = json_object_get(comparison(0), "race");
    cr_expect_gt(fa_report_int(race, "refusals"), 0);
    cr_expect_eq(fa_report_int(race, "requests") + fa_report_int(comparison(0), "requests"),
                 fa_server_stat(&server, "requests"));
    cr_expect_not_null(strstr(fa_run_out(&run), "async -j 256 --per-host 8: refused (429, 503)"),
                       "%s", fa_run_out(&run));
    cr_expect_not_null(strstr(fa_run_out(&run), "1 not tried: fewer at once were refused"));
    char *page = fa_file_read(fa_scratch_path(&scratch, "page.html"), NULL);
    cr_expect_not_null(strstr(page, "<h2>Race</h2>"));
    free(page);
    page = fa_file_read(config, NULL);
    cr_expect_eq(strncmp(page, "retry-wait = 0.1\n#", 18), 0, "%s", page);
    cr_expect_not_null(strstr(page, "\nmode = async\njobs = 256\nper-host = 4\n"), "%s, %s", page,
                       fa_run_out(&run));
    free(page);
}

Test(compare, a_race_of_one_setting_is_refused)
{
    add_files("127.0.0.1", 3, 10);
    START("--tune", "-m", "async", "--per-host", "4");
    cr_expect_eq(fa_run_wait(&run, 60), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "nothing to tune"), "%s", fa_run_err(&run));
    expect_nothing_left();
}

Test(compare, half_of_the_budget_ends_a_race)
{
    add_files("127.0.0.1", 30, 10);
    START("--tune", "--budget", "0.5", "--rounds", "1");
    int status = fa_run_wait(&run, 60);
    cr_expect(status == 0 || status == 1, "%d: %s", status, fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "ends the race early"), "%s", fa_run_err(&run));
    expect_nothing_left();
}

Test(compare, a_race_waits_as_long_as_the_server_requests)
{
    add_files("127.0.0.1", 3, 10);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/retryafter/1000/1/429/x"));
    START("--tune", "-m", "async", "--per-host", "1,2", "--retries", "0", "--budget", "6");
    int status = fa_run_wait(&run, 60);
    cr_expect(status == 0 || status == 1, "%d: %s", status, fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), "waiting 1 s, as the servers requested"), "%s",
                       fa_run_err(&run));
    expect_nothing_left();
}
