/* The lab itself (lab/netlab.c), as curl sees it, and fetchall behind a bad link. */

#include "support/fail.h"
#include "support/fetch.h"
#include "support/lab.h"
#include "support/modes.h"
#include "support/nginx.h"
#include "support/pattern.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEBIBYTE 1048576
#define NET_MAX  1024

static struct fa_scratch scratch;
static struct fa_lab lab;
static struct fa_lines list;
static struct fa_fetch fetch;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_scratch_mkdir(&scratch, "www");
}

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_scratch_fini(&scratch);
}

TestSuite(lab, .init = begin, .fini = end, .timeout = 200.0);

static void need_lab(void)
{
    const char *missing = fa_lab_missing();
    if (missing) {
        cr_skip_test("no lab: %s", missing);
    }
}

static void write_file(const char *name, size_t size)
{
    unsigned char *bytes = malloc(size);
    cr_assert(bytes);
    fa_pattern_fill(name, 0, bytes, size);
    fa_scratch_write_bytes(&scratch,
                           fa_scratch_path(&scratch, "www/%s", name) + strlen(scratch.path) + 1,
                           bytes, size);
    free(bytes);
}

static void serve(void)
{
    struct fa_nginx_options options = {.root = fa_scratch_path(&scratch, "www"),
                                       .access_log = true};
    fa_lab_serve(&lab, &scratch, &options);
}

/* The least of the figures that curl prints for TRIES downloads in a lab. */
static double curl_least(int tries, const char *figure, const char *url)
{
    double least = 1e9;
    for (int i = 0; i < tries; i++) {
        struct fa_run run;
        struct fa_run_options options = {.program = "curl", .wrap = lab.wrap};
        fa_run_start(&run, &options, "-sS", "-o", "/dev/null", "-w", figure, url, NULL);
        cr_assert_eq(fa_run_wait(&run, 30), 0, "%s", fa_run_err(&run));
        double value = strtod(fa_run_out(&run), NULL);
        least = value < least ? value : least;
        fa_run_end(&run);
    }
    return least;
}

static void start(const char *mode, const char *option, const char *value)
{
    struct fa_run_options options = {.wrap = lab.wrap};
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--stall-timeout", "20",
                        "--retries", "0", option, value, NULL);
}

Test(lab, first_byte_comes_after_two_round_trips)
{
    need_lab();
    write_file("small", 100);
    fa_lab_init(&lab, "--rtt", "50ms", NULL);
    serve();
    double seconds = curl_least(5, "%{time_starttransfer}", "http://10.77.0.2/small");
    cr_assert(seconds >= 0.0999 && seconds < 0.115, "%g s", seconds);
}

Test(lab, the_rate_bounds_a_download)
{
    need_lab();
    write_file("medium", MEBIBYTE);
    fa_lab_init(&lab, "--rtt", "5ms", "--rate", "10M", NULL);
    serve();
    double seconds = curl_least(3, "%{time_total}", "http://10.77.1.200/medium");
    cr_assert(seconds > 0.84 && seconds < 1.0, "%g s", seconds);
}

static int run_alone(struct fa_run *run, const char *command)
{
    fa_run_start(run, &(struct fa_run_options){.program = "sh", .wrap = lab.wrap}, "-c", command,
                 NULL);
    return fa_run_wait(run, 20);
}

Test(lab, the_exit_status_is_the_commands)
{
    need_lab();
    static const struct {
        const char *command;
        int status;
    } cases[] = {{"exit 0", 0}, {"exit 7", 7}, {"kill -9 $$", 137}, {"exec /no/such", 127}};
    fa_lab_init(&lab, "--rtt", "1ms", NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fa_run run;
        cr_assert_eq(run_alone(&run, cases[i].command), cases[i].status, "%s", cases[i].command);
        fa_run_end(&run);
    }
}

Test(lab, invalid_options_are_reported)
{
    need_lab();
    static const struct {
        const char *option;
        const char *value;
        const char *said;
    } cases[] = {
        {"--rtt", "50", "--rtt: \"50\" is not understood"},
        {"--loss", "101%", "--loss: \"101%\" is not understood"},
        {"--rate", "-1M", "--rate: \"-1M\" is not understood"},
        {"--server-command", "exit 3", "the server ended with 3"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fa_run run;
        fa_lab_init(&lab, cases[i].option, cases[i].value, NULL);
        cr_assert_eq(run_alone(&run, "echo started"), 125, "%s", cases[i].option);
        cr_assert(strstr(fa_run_err(&run), cases[i].said), "%s", fa_run_err(&run));
        cr_assert_str_empty(fa_run_out(&run));
        fa_run_end(&run);
    }
}

static void read_net(char *text)
{
    ssize_t len = readlink("/proc/self/ns/net", text, NET_MAX - 1);
    cr_assert(len > 0);
    text[len] = '\0';
    FILE *file = fopen("/proc/net/dev", "re");
    cr_assert(file);
    for (char line[256]; fgets(line, sizeof(line), file);) {
        strncat(text, strtok(line, ":"), NET_MAX - strlen(text) - 1);
    }
    fclose(file);
}

/* Also when it is killed: the devices are gone with the namespaces, and so are the commands. */
Test(lab, nothing_is_left_of_it)
{
    need_lab();
    char before[NET_MAX];
    char after[NET_MAX];
    read_net(before);
    write_file("small", 100);
    fa_lab_init(&lab, "--rtt", "1ms", NULL);
    serve();
    struct fa_run run;
    fa_run_start(&run, &(struct fa_run_options){.program = "sh", .wrap = lab.wrap}, "-c",
                 "echo up; exec sleep 1000", NULL);
    fa_run_until_stdout_has(&run, "up\n", 20);
    pid_t below[8];
    size_t count = fa_process_descendants(run.pid, below, 8);
    cr_assert_eq(count, 2, "%zu processes", count);
    fa_run_kill(&run, SIGKILL);
    cr_assert_eq(fa_run_wait(&run, 10), 128 + SIGKILL);
    double deadline = fa_now() + 5;
    while ((fa_process_alive(below[0]) || fa_process_alive(below[1])) && fa_now() < deadline) {
        usleep(1000);
    }
    cr_assert(!fa_process_alive(below[0]) && !fa_process_alive(below[1]));
    fa_run_end(&run);
    read_net(after);
    cr_assert_str_eq(before, after);
}

Test(lab, what_a_command_left_behind_ends_with_the_lab)
{
    need_lab();
    fa_lab_init(&lab, "--rtt", "1ms", NULL);
    struct fa_run run;
    cr_assert_eq(run_alone(&run, "(setsid sleep 1000 >/dev/null 2>&1 & echo $!)"), 0);
    pid_t left = (pid_t)strtol(fa_run_out(&run), NULL, 10);
    cr_assert(left > 1);
    cr_assert_not(fa_process_alive(left));
    fa_run_end(&run);
}

FA_TEST_MODES(lab, lost_packets_are_sent_again_and_every_byte_is_right)
{
    need_lab();
    write_file("medium", 4 * MEBIBYTE);
    fa_lab_init(&lab, "--rtt", "10ms", "--loss", "2%", NULL);
    serve();
    fa_lines_add(&list, "http://10.77.0.2/medium");
    fa_lines_add(&list, "http://10.77.1.7/medium\n  out=again");
    start(mode, "--connect-timeout", "20");
    fa_fetch_expect(&fetch, 60, 0);
    fa_expect_file(fetch.dir, "medium", "medium", 4 * MEBIBYTE);
    fa_fetch_expect_count(&fetch, "ok", 2);
    double lost = fa_lab_stat(&fetch.run, "down.lost");
    double packets = fa_lab_stat(&fetch.run, "down.packets");
    cr_assert(lost > 0.01 * packets && lost < 0.03 * packets, "%g of %g", lost, packets);
    cr_assert(fa_lab_stat(&fetch.run, "server_retransmitted") >= lost / 2);
}

static double waited(const json_t *entry)
{
    return fa_report_real(entry, "time.queue") + fa_report_real(entry, "time.total");
}

FA_TEST_MODES(lab, dead_hosts_fail_in_time_and_delay_nobody)
{
    need_lab();
    write_file("small", 20000);
    fa_lab_init(&lab, "--rtt", "20ms", NULL);
    serve();
    for (int i = 1; i <= 4; i++) {
        fa_lines_add(&list, "http://10.77.2.%d/small\n  out=dead%d", i, i);
        fa_lines_add(&list, "http://10.77.3.%d/small\n  out=refused%d", i, i);
        fa_lines_add(&list, "http://10.77.1.%d/small\n  out=good%d", i, i);
    }
    start(mode, "--connect-timeout", "1.5");
    fa_fetch_expect(&fetch, 30, -1);
    for (int line = 1; line <= 24; line += 6) {
        const json_t *dead = fa_fetch_expect_entry(&fetch, line, "failed", "timeout");
        double seconds = fa_report_real(dead, "time.total");
        cr_assert(seconds > 1.4 && seconds < fa_timeout(3), "%g s", seconds);
        const json_t *refused = fa_fetch_expect_entry(&fetch, line + 2, "failed", "connect");
        cr_assert(waited(refused) < fa_timeout(1));
        const json_t *good = fa_fetch_expect_entry(&fetch, line + 4, "ok", NULL);
        cr_assert(waited(good) < fa_timeout(1));
    }
    cr_assert(fa_lab_stat(&fetch.run, "dead") >= 4);
    cr_assert_eq(fa_lab_stat(&fetch.run, "refused"), 4);
}

/* A third of the file comes with each connection, so it is only whole if it is continued. */
FA_TEST_MODES(lab, a_download_that_is_reset_is_resumed)
{
    need_lab();
    write_file("medium", MEBIBYTE);
    fa_lab_init(&lab, "--rtt", "10ms", "--reset-after", "400k", NULL);
    serve();
    fa_lines_add(&list, "http://10.77.4.9/medium");
    start(mode, "--retries", "4");
    fa_fetch_expect(&fetch, 30, 0);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    cr_assert_eq(fa_report_int(entry, "attempts"), 3);
    cr_assert(fa_report_int(entry, "resumed") > 0);
    fa_expect_file(fetch.dir, "medium", "medium", MEBIBYTE);
    cr_assert_eq(fa_lab_stat(&fetch.run, "resets"), 2);
}

FA_TEST_MODES(lab, resets_are_seen_though_packets_are_lost)
{
    need_lab();
    write_file("medium", MEBIBYTE);
    fa_lab_init(&lab, "--rtt", "10ms", "--reset-after", "400k", "--loss", "3%", NULL);
    serve();
    fa_lines_add(&list, "http://10.77.4.9/medium");
    start(mode, "--retries", "9");
    fa_fetch_expect(&fetch, 60, 0);
    fa_expect_file(fetch.dir, "medium", "medium", MEBIBYTE);
    cr_assert(fa_lab_stat(&fetch.run, "resets") >= 2);
}
