/* Signals: what ends the program, and what it leaves behind. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAMILY_MAX 64

/* The processes below the program, as they were at some time. */
static struct {
    pid_t pids[FAMILY_MAX];
    size_t count;
} family;

TestSuite(signals, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

static void add_urls(const char *path, int count)
{
    for (int i = 0; i < count; i++) {
        fa_lines_add(&list, "%s%d", fa_server_url(&server, path), i);
    }
}

static void look_at_family(void)
{
    family.count = fa_process_descendants(fetch.run.pid, family.pids, FAMILY_MAX);
    cr_assert(family.count <= FAMILY_MAX);
}

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

static void expect_family_gone(void)
{
    cr_expect(fa_wait_until(family_is_gone, NULL, 1), "%s: a worker is left", fetch.mode);
}

static size_t lines_of(const char *path)
{
    char *text = fa_file_read(path, NULL);
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        count++;
    }
    free(text);
    return count;
}

/* Five files and six that hang; returns when a byte of the six has come and the five are done. */
static const char *start_held(const char *mode)
{
    add_urls("/ok/1000/good", 5);
    add_urls("/hold/held", 6);
    const char *manifest = fa_scratch_path(&scratch, "sums-%zu", scratch.name_count);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", "--manifest",
                   manifest, "--events", "-", NULL);
    fa_run_until_stdout_has(&fetch.run, "\"done\": 5, \"failed\": 0, \"bytes\": 5006", 10);
    look_at_family();
    return manifest;
}

/* Interrupted transfers are resumed, even after a single byte. */
static void expect_next_run_to_go_on(const char *mode)
{
    const char *dir = fetch.dir;
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--stall-timeout", "60",
                        NULL);
    double until = fa_now() + fa_timeout(10);
    while (fa_process_alive(fetch.run.pid) && fa_now() < until) {
        fa_server_release(&server, NULL);
        fa_run_pump(&fetch.run, 20);
    }
    fa_fetch_expect(&fetch, 5, 0);
    fa_fetch_expect_count(&fetch, "exists", 5);
    fa_fetch_expect_count(&fetch, "ok", 6);
    for (long long line = 6; line <= 11; line++) {
        long long resumed = fa_report_int(fa_report_by_line(fetch.entries, line), "resumed");
        cr_expect_eq(resumed, 1, "%s: %lld bytes of line %lld", mode, resumed, line);
    }
    fa_fetch_expect_no_parts(&fetch);
}

static void expect_clean_death(const char *mode, int signal)
{
    const char *manifest = start_held(mode);
    double began = fa_now();
    fa_run_kill(&fetch.run, signal);
    fa_fetch_expect(&fetch, 6, 128 + signal);
    cr_expect(fetch.run.signaled, "%s", mode);
    cr_expect(fa_now() - began < fa_timeout(5), "%s: %.2f s", mode, fa_now() - began);
    expect_family_gone();
    fa_expect_parts(fetch.dir, 6);
    fa_fetch_expect_count(&fetch, "ok", 5);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "cancelled"), 6, "%s", mode);
    cr_expect_eq(lines_of(manifest), 5, "%s", mode);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 5, "%s", mode);
    expect_next_run_to_go_on(mode);
}

FA_TEST_MODES(signals, interrupt_ends_the_program_by_that_signal_and_the_next_one_resumes)
{
    expect_clean_death(mode, SIGINT);
}

FA_TEST_MODES(signals, termination_ends_the_program_by_that_signal_and_the_next_one_resumes)
{
    expect_clean_death(mode, SIGTERM);
}

FA_TEST_MODES(signals, second_interrupt_ends_the_program_at_once)
{
    start_held(mode);
    for (size_t i = 0; i < family.count; i++) {
        kill(family.pids[i], SIGSTOP); /* so that nothing can be drained in good order */
    }
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    fa_run_pump(&fetch.run, 50);
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 5, 128 + SIGINT);
    cr_expect(fa_now() - began < fa_timeout(1), "%s: %.2f s", mode, fa_now() - began);
    for (size_t i = 0; i < family.count; i++) {
        kill(family.pids[i], SIGCONT);
    }
    expect_family_gone();
}

FA_TEST_MODES(signals, interrupt_with_stopped_workers_ends_within_5_seconds)
{
    start_held(mode);
    for (size_t i = 0; i < family.count; i++) {
        kill(family.pids[i], SIGSTOP);
    }
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 8, 128 + SIGINT);
    cr_expect(fa_now() - began < fa_timeout(5.5), "%s: %.2f s", mode, fa_now() - began);
    expect_family_gone();
    fa_fetch_expect_count(&fetch, "ok", 5);
    fa_fetch_expect_count(&fetch, "failed", 6);
}

FA_TEST_MODES(signals, interrupt_while_waiting_for_a_retry_ends_at_once)
{
    add_urls("/status/503/a", 3);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "9", "--retry-wait", "60", NULL);
    fa_server_until(&server, "requests", 3, 10);
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 5, 128 + SIGINT);
    cr_expect(fa_now() - began < fa_timeout(1), "%s: %.2f s", mode, fa_now() - began);
}

FA_TEST_MODES(signals, entries_that_a_halted_run_has_read_are_reported)
{
    add_urls("/hold/held", 6);
    add_urls("/status/404/a", 1);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", "--halt", "1", "-j",
                   "7", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 7, "failed", "http");
    fa_fetch_expect_count(&fetch, "failed", 7);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "cancelled"), 6, "%s", mode);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 0, "%s", mode);
}

FA_TEST_MODES(signals, interrupt_while_a_list_on_standard_input_is_open_ends_at_once)
{
    struct fa_run_options options = {.stdin_open = true};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, "-", NULL);
    char line[512];
    snprintf(line, sizeof(line), "%s\n", fa_server_url(&server, "/ok/10/a"));
    fa_run_feed(&fetch.run, line);
    fa_server_until(&server, "requests", 1, 10);
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGTERM);
    fa_fetch_expect(&fetch, 5, 128 + SIGTERM);
    cr_expect(fa_now() - began < fa_timeout(1), "%s: %.2f s", mode, fa_now() - began);
}

/* The number of lines that the closed standard output takes depends on the kernel; all files
 * exist. */
FA_TEST_MODES(signals, closed_standard_output_does_not_kill_it)
{
    add_urls("/ok/100/a", 300);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--report", "-", NULL);
    close(fetch.run.out);
    fetch.run.out = -1;
    int status = fa_run_wait(&fetch.run, 20);
    cr_expect_not(fetch.run.signaled, "%s: signal %d", mode, fetch.run.signal);
    cr_expect_eq(status, 4, "%s: %d", mode, status);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 300, "%s", mode);
    size_t lines = 0;
    for (const char *at = fa_run_err(&fetch.run); (at = strchr(at, '\n')); at++) {
        lines++;
    }
    cr_expect(lines <= 2, "%s: %s", mode, fa_run_err(&fetch.run));
}

FA_TEST_MODES(signals, run_after_a_kill_completes_everything)
{
    start_held(mode);
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 5);
    expect_family_gone();
    const char *dir = fetch.dir;
    fa_run_end(&fetch.run);
    fa_server_reset(&server);
    fa_server_release(&server, NULL);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--stall-timeout", "60",
                        NULL);
    fa_server_until(&server, "held", 6, 10);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "exists", 5);
    fa_fetch_expect_count(&fetch, "ok", 6);
    fa_fetch_expect_no_parts(&fetch);
    for (int i = 0; i < 6; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/hold/held%d", i);
        fa_expect_file(dir, path + strlen("/hold/"), path, 1024);
    }
    cr_expect_eq(fa_server_stat(&server, "requests"), 6, "%s: what exists is not asked for", mode);
}

FA_TEST_MODES(signals, program_that_was_stopped_for_a_while_sees_no_stall)
{
    add_urls("/drip/100/30/a", 4);
    const char *events = fa_scratch_path(&scratch, "events");
    /* A busy machine may take its second to connect, which is not what this is about. */
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--connect-timeout", "10", "--events", events,
                   NULL);
    fa_server_until(&server, "active", 4, 10);
    fa_run_kill_group(&fetch.run, SIGSTOP);
    sleep(2);
    fa_run_kill_group(&fetch.run, SIGCONT);
    fa_fetch_expect(&fetch, 10, 0);
    char *told = fa_file_read(events, NULL);
    for (int i = 1; i <= 4; i++) {
        long long attempts = fa_report_int(fa_report_by_line(fetch.entries, i), "attempts");
        cr_expect_eq(attempts, 1, "%s: %lld tries: %s", mode, attempts, told);
    }
    free(told);
}

FA_TEST_MODES(signals, second_program_in_the_same_folder_is_refused)
{
    start_held(mode);
    struct fa_run second;
    fa_run_start(&second, NULL, "-d", fetch.dir, fa_server_url(&server, "/ok/10/x"), NULL);
    cr_expect_eq(fa_run_wait(&second, 2), 4, "%s: %d", mode, second.status);
    cr_expect(strlen(fa_run_err(&second)) > 0);
    fa_run_end(&second);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 11);
}
