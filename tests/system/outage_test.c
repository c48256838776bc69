/* Hosts that are down for a while, or for good. Each test runs once for each mode. */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIRROR "127.0.0.8" /* comes and goes, on a port of its own */
#define DEAD   "127.0.0.9"

static struct fa_server mirror;
static int port; /* of the mirror */

static void begin(void)
{
    fixture_begin();
    /* Below those that the kernel hands out, or another test's server may get it meanwhile. */
    port = 10000 + (int)(getpid() % 20000);
}

static void end(void)
{
    fa_server_stop(&mirror);
    fixture_end();
}

TestSuite(outage, .init = begin, .fini = end, .timeout = 300.0);

static void start_mirror(void)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", port);
    fa_server_start(&mirror, (const char *[]){"--listen", MIRROR, "--port", text, NULL});
}

static void add_mirrored(const char *host, int first, int count)
{
    for (int i = 0; i < count; i++) {
        fa_lines_add(&list, "http://%s:%d/ok/10/a-%s-%d", host, port, host, first + i);
    }
}

static void add_good(const char *path, int count)
{
    for (int i = 0; i < count; i++) {
        char one[128];
        snprintf(one, sizeof(one), "%s-%d", path, i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, "127.0.0.2", one));
    }
}

/* How long the mirror stays away after that was noticed. */
static void stay_away(double seconds)
{
    fa_run_until_stderr_has(&fetch.run, " is down, waiting for it until ", 30);
    double until = fa_now() + seconds;
    while (fa_now() < until) {
        fa_run_pump(&fetch.run, 50);
    }
    cr_assert_not(fetch.run.ended, "%s: %s", fetch.mode, fa_run_err(&fetch.run));
}

static void expect_seconds(double least, double most)
{
    cr_expect(fetch.seconds >= least && fetch.seconds < fa_timeout(most), "%s: %.1f s: %s",
              fetch.mode, fetch.seconds, fa_run_err(&fetch.run));
}

static size_t count_untried(void)
{
    size_t count = 0, i;
    json_t *entry;
    json_array_foreach(fetch.entries, i, entry)
    {
        count += fa_report_int(entry, "attempts") == 0;
    }
    return count;
}

FA_TEST_MODES(outage, mirror_that_comes_late_serves_all)
{
    add_mirrored(MIRROR, 0, 3000);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    stay_away(2);
    start_mirror();
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 3000);
    cr_expect_eq(fa_server_stat(&mirror, "requests"), 3000, "%s", mode);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 3000);
}

FA_TEST_MODES(outage, mirror_that_restarts_loses_no_url)
{
    start_mirror();
    add_mirrored(MIRROR, 0, 20000);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", "--retries", "2",
                   "--hash", "none", NULL);
    fa_server_until(&mirror, "requests", 200, 30);
    fa_server_stop(&mirror);
    stay_away(2);
    start_mirror();
    fa_fetch_expect(&fetch, 100, 0);
    fa_fetch_expect_count(&fetch, "ok", 20000);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 20000);
}

FA_TEST_MODES(outage, server_that_hangs_for_a_while_loses_no_url)
{
    start_mirror();
    add_mirrored(MIRROR, 0, 2000);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", "--retries", "2",
                   "--stall-timeout", "1", "--connect-timeout", "1", NULL);
    fa_server_until(&mirror, "requests", 200, 30);
    kill(mirror.pid, SIGSTOP);
    stay_away(3);
    kill(mirror.pid, SIGCONT);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 2000);
}

FA_TEST_MODES(outage, one_url_is_waited_for_though_it_has_no_retries)
{
    static const char *const retries[] = {"0", "1"};
    for (int i = 0; i < 2; i++) {
        add_mirrored(MIRROR, 0, 1 + i);
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", "--retries",
                       retries[i], NULL);
        stay_away(1);
        start_mirror();
        fa_fetch_expect(&fetch, 30, 0);
        fa_fetch_expect_count(&fetch, "ok", (size_t)i + 1);
        cr_expect_geq(fa_report_int(fa_report_by_line(fetch.entries, 1), "attempts"), 2);
        fa_server_stop(&mirror);
        fa_fetch_end(&fetch);
        fa_lines_fini(&list);
    }
}

FA_TEST_MODES(outage, dead_hosts_cost_a_good_one_nothing_and_the_run_one_wait)
{
    int hole = fa_port_full("127.0.0.7");
    add_mirrored(DEAD, 0, 300);
    for (int i = 0; i < 300; i++) {
        fa_lines_add(&list, "http://127.0.0.7:%d/b-%d", hole, i);
    }
    add_good("/delay/20/10/good", 600);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "6", "-j", "8", "--per-host",
                   "4", "--connect-timeout", "1", NULL);
    fa_fetch_expect(&fetch, 40, 5);
    fa_fetch_expect_count(&fetch, "ok", 600);
    fa_fetch_expect_count(&fetch, "failed", 600);
    expect_seconds(5.9, 10);
    json_t *log = fa_server_log(&server);
    long long ms = fa_report_int(json_array_get(log, json_array_size(log) - 1), "ms") -
                   fa_report_int(json_array_get(log, 0), "ms");
    cr_expect((double)ms < 1000 * fa_timeout(4.5), "%s: 600 files, four at once, took %lld ms",
              mode, ms);
    json_decref(log);
}

FA_TEST_MODES(outage, probes_of_many_dead_hosts_leave_slots_to_a_good_one)
{
    for (int i = 0; i < 30; i++) {
        fa_lines_add(&list, "http://127.0.0.7:%d/b-%d", fa_port_full("127.0.0.7"), i);
    }
    add_good("/delay/20/10/good", 800);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "12", "-j", "8", "--per-host",
                   "8", "--connect-timeout", "1", "--retry-wait", "0", NULL);
    fa_fetch_expect(&fetch, 60, 5);
    fa_fetch_expect_count(&fetch, "ok", 800);
    json_t *log = fa_server_log(&server);
    long long ms = fa_report_int(json_array_get(log, json_array_size(log) - 1), "ms") -
                   fa_report_int(json_array_get(log, 0), "ms");
    cr_expect((double)ms < 1000 * fa_timeout(7), "%s: 800 files took %lld ms", mode, ms);
    json_decref(log);
}

FA_TEST_MODES(outage, many_dead_hosts_are_waited_for_at_once_and_can_be_retried)
{
    for (int host = 10; host < 50; host++) {
        char name[32];
        snprintf(name, sizeof(name), "127.0.0.%d", host);
        add_mirrored(name, 0, 40);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "3", "--retry-wait", "9",
                   NULL);
    fa_fetch_expect(&fetch, 30, 5);
    expect_seconds(2.9, 6);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "connect"), 1600);
    cr_expect_geq(count_untried(), 40 * (40 - 16 - 8), "%s: %zu", mode, count_untried());
    const char *dir = fetch.dir;
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "1600 of the failures are transient"), "%s",
                       fa_run_err(&fetch.run));
    fa_fetch_end(&fetch);
    fa_server_stop(&mirror);
    char text[16];
    snprintf(text, sizeof(text), "%d", port);
    fa_server_start(&mirror, (const char *[]){"--listen", "0.0.0.0", "--port", text, NULL});
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--retry-failed", NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 1600);
}

FA_TEST_MODES(outage, host_is_given_up_at_once_if_no_wait_is_wanted)
{
    add_mirrored(DEAD, 0, 1000);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "0", "--retry-wait", "20",
                   NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_count(&fetch, "failed", 1000);
    expect_seconds(0, 5);
    size_t untried = count_untried();
    cr_expect_gt(untried, 900, "%s: %zu", mode, untried);
}

FA_TEST_MODES(outage, wait_counts_from_the_last_success)
{
    start_mirror();
    add_mirrored(MIRROR, 0, 500);
    fa_lines_add(&list, "http://%s:%d/delay/1500/10/slow", MIRROR, port);
    add_mirrored(MIRROR, 500, 500);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "3", "--per-host", "2", NULL);
    fa_server_until(&mirror, "requests", 501, 30);
    fa_server_stop(&mirror);
    double stopped = fa_now();
    fa_fetch_expect(&fetch, 30, 5);
    double waited = fa_now() - stopped;
    cr_expect(waited > 2.9 && waited < fa_timeout(6), "%s: %.1f s", mode, waited);
    size_t ok = fa_report_count(fetch.entries, "status", "ok");
    cr_expect(ok >= 499 && ok < 1001, "%s: %zu", mode, ok);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "connect") +
                     fa_report_count(fetch.entries, "class", "truncated") +
                     fa_report_count(fetch.entries, "class", "protocol"),
                 1001 - ok);
}

FA_TEST_MODES(outage, what_is_waited_for_and_until_when_is_shown)
{
    add_mirrored(DEAD, 0, 100);
    const char *events = fa_scratch_path(&scratch, "events");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "3", "--events", events, NULL);
    fa_fetch_expect(&fetch, 30, 5);
    char pattern[256];
    snprintf(pattern, sizeof(pattern),
             "fetchall: http://127\\.0\\.0\\.9:%d is down, waiting for it until "
             "([0-9-]+ )?[0-2][0-9]:[0-5][0-9]:[0-6][0-9]: connect: .*\n"
             "fetchall: http://127\\.0\\.0\\.9:%d is down, giving up: connect: ",
             port, port);
    regex_t regex;
    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    cr_expect_eq(regexec(&regex, fa_run_err(&fetch.run), 0, NULL, 0), 0, "%s: %s", mode,
                 fa_run_err(&fetch.run));
    regfree(&regex);
    json_t *told = fa_report_read(events);
    size_t broken = 0, given_up = 0, progress = 0, i;
    json_t *event;
    json_array_foreach(told, i, event)
    {
        const char *change = json_string_value(json_object_get(event, "change"));
        if (change && strcmp(change, "broken") == 0) {
            broken++;
            cr_expect(fa_report_real(event, "left") > 2 && fa_report_real(event, "left") <= 3);
            cr_expect_gt(fa_report_int(event, "entries"), 0);
        }
        given_up += change && strcmp(change, "given_up") == 0;
        if (json_integer_value(json_object_get(event, "down")) == 1) {
            progress++;
            cr_expect_str_eq(fa_report_str(event, "down_origin") + strlen("http://"),
                             strstr(fa_report_str(event, "down_origin"), "127.0.0.9"));
            cr_expect(fa_report_real(event, "down_left") <= 3);
        }
    }
    json_decref(told);
    cr_expect_eq(broken, 1, "%s", mode);
    cr_expect_eq(given_up, 1, "%s", mode);
    cr_expect(progress >= 1 && progress <= 4, "%s: %zu", mode, progress);
}

FA_TEST_MODES(outage, certificate_that_is_refused_is_not_waited_for)
{
    struct fa_ca ca;
    struct fa_cert cert;
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "self", FA_CERT_SELF_SIGNED, "127.0.0.1", &cert);
    fa_server_start(&mirror, (const char *[]){"--tls", cert.cert, cert.key, NULL});
    for (int i = 0; i < 60; i++) {
        fa_lines_add(&list, "https://127.0.0.1:%d/ok/10/a-%d", mirror.port, i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    fa_fetch_expect(&fetch, 30, 1);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "tls"), 60);
    expect_seconds(0, 8);
    fa_ca_fini(&ca);
}

FA_TEST_MODES(outage, retry_after_is_kept_though_the_wait_is_shorter)
{
    for (int i = 0; i < 12; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/retryafter/1/2/503/a-%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "0.5", "--retries", "9",
                   "--per-host", "12", NULL);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 12);
}

FA_TEST_MODES(outage, what_has_a_mirror_goes_there_at_once)
{
    for (int i = 0; i < 3000; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/10/m-%d", i);
        fa_lines_add(&list, "http://" DEAD ":%d%s\t%s", port, path,
                     fa_server_url_at(&server, "127.0.0.2", path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    fa_fetch_expect(&fetch, 40, 0);
    fa_fetch_expect_count(&fetch, "ok", 3000);
    expect_seconds(0, 20);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "given up"), "%s", fa_run_err(&fetch.run));
}

FA_TEST_MODES(outage, mirror_that_is_back_first_serves_what_waited_for_another)
{
    for (int i = 0; i < 200; i++) {
        fa_lines_add(&list, "http://" MIRROR ":%d/ok/10/a-%d\thttp://" DEAD ":%d/ok/10/a-%d", port,
                     i, port, i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    stay_away(1.5);
    start_mirror();
    fa_fetch_expect(&fetch, 50, 0);
    fa_fetch_expect_count(&fetch, "ok", 200);
    cr_expect_eq(fa_server_stat(&mirror, "requests"), 200, "%s", mode);
}

FA_TEST_MODES(outage, mirror_that_is_down_is_waited_for_when_all_others_have_failed)
{
    for (int i = 0; i < 10; i++) {
        char missing[128];
        snprintf(missing, sizeof(missing), "%s",
                 fa_server_url_at(&server, "127.0.0.2", i % 2 ? "/status/404/x" : "/status/503/x"));
        fa_lines_add(&list, "http://" MIRROR ":%d/ok/10/a-%d\t%s", port, i, missing);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    stay_away(1);
    start_mirror();
    fa_fetch_expect(&fetch, 50, 0);
    fa_fetch_expect_count(&fetch, "ok", 10);
}

FA_TEST_MODES(outage, host_that_a_redirect_leads_to_is_waited_for_too)
{
    for (int i = 0; i < 100; i++) {
        char path[128];
        snprintf(path, sizeof(path), "/redir/302/http:%%2f%%2f" MIRROR ":%d%%2fok%%2f10%%2fx/r-%d",
                 port, i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, "127.0.0.2", path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    stay_away(1.5);
    start_mirror();
    fa_fetch_expect(&fetch, 50, 0);
    fa_fetch_expect_count(&fetch, "ok", 100);
}

/* No entry fails, and none waits until the mirror is given up. */
FA_TEST_MODES(outage, redirector_with_a_dead_mirror_loses_no_url)
{
    for (int i = 0; i < 100; i++) {
        char path[160];
        snprintf(path, sizeof(path),
                 "/draw/30/http:%%2f%%2f" DEAD ":%d%%2fok%%2f10%%2fx/%%2fok%%2f10%%2fx/r-%d", port,
                 i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, "127.0.0.2", path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", "--retries", "5", NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 100);
    expect_seconds(0, 10);
}

FA_TEST_MODES(outage, gateway_whose_server_is_away_is_waited_for)
{
    for (int i = 0; i < 1000; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/burst/4000/502/a-%d", i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, "127.0.0.2", path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "60", NULL);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 1000);
    long long requests = fa_server_stat(&server, "requests");
    cr_expect_leq(requests, 1100, "%s: %lld requests", mode, requests);
}
