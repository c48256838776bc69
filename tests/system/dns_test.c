/* Names that do not resolve, or slowly; few descriptors. Each test runs once for each mode. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LOOKUP_THREADS 136 /* no more than that, with those that a mode has anyway */

static char asan[512];
static const char *const fake_dns[] = {"LD_PRELOAD=" FAKE_DNS, asan, NULL};
static const struct fa_run_options faked = {.env = fake_dns};

static void begin(void)
{
    const char *options = getenv("ASAN_OPTIONS");
    snprintf(asan, sizeof(asan), "ASAN_OPTIONS=%s%sverify_asan_link_order=0",
             options ? options : "", options ? ":" : "");
    fixture_begin();
}

TestSuite(dns, .init = begin, .fini = fixture_end, .timeout = 90.0);

/* URLs of PATH-<n> at COUNT hosts HOST<n>.test, or at the address HOST. */
static void add_hosts(const char *host, const char *path, int count)
{
    for (int i = 0; i < count; i++) {
        char name[64];
        char one[128];
        bool address = host[0] >= '0' && host[0] <= '9';
        snprintf(name, sizeof(name), address ? "%s" : "%s%d.test", host, i);
        snprintf(one, sizeof(one), "%s-%s-%d", path, host, i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, name, one));
    }
}

FA_TEST_MODES(dns, unknown_name_fails_as_dns)
{
    add_hosts("nx-", "/ok/10/a", 3);
    add_hosts("good-", "/ok/10/b", 3);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "--retries", "2", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    for (int i = 1; i <= 3; i++) {
        fa_fetch_expect_entry(&fetch, i, "failed", "dns");
        fa_fetch_expect_entry(&fetch, i + 3, "ok", NULL);
    }
}

/* The modes that have no threads of their own: those of the resolver are the only ones. */
static void fetch_without_threads(const char *mode, const char *refused, int status)
{
    const char *const env[] = {fake_dns[0], fake_dns[1], refused, NULL};
    struct fa_run_options options = {.env = env};
    add_hosts("good-", "/ok/10/a", 3);
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "good-0.test", "/ok/10/b"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/c"));
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--retries", "3", NULL);
    fa_fetch_expect(&fetch, 10, status);
    fa_fetch_expect_entry(&fetch, 5, "ok", NULL);
}

Test(dns, first_thread_that_cannot_be_made_is_retried)
{
    fetch_without_threads("loops", "FAKE_DNS_NO_THREADS=2", 0);
    fa_fetch_expect_count(&fetch, "ok", 5);
}

static void expect_no_lookup(const char *mode)
{
    fetch_without_threads(mode, "FAKE_DNS_NO_THREADS=1000000", 5);
    for (int i = 1; i <= 4; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i, "failed", "local_io");
        cr_expect_not_null(strstr(fa_report_str(entry, "error"), "cannot look up"));
    }
}

Test(dns, without_any_thread_lookups_fail_and_the_run_ends)
{
    expect_no_lookup("loops");
}

Test(dns, without_any_thread_lookups_fail_for_processes_too)
{
    expect_no_lookup("process");
}

FA_TEST_MODES(dns, unknown_name_is_not_waited_for)
{
    add_hosts("nx-", "/ok/10/a", 3);
    add_hosts("good-", "/ok/10/b", 3);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "--retries", "5",
                        "--host-wait", "60", "--retry-wait", "5", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    cr_expect(fetch.seconds < fa_timeout(3), "%s: %.1f s", mode, fetch.seconds);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "dns"), 3);
}

FA_TEST_MODES(dns, resolver_that_is_away_for_now_is_waited_for)
{
    add_hosts("fail-", "/ok/10/a", 3);
    add_hosts("good-", "/ok/10/b", 3);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "--retries", "0",
                        "--host-wait", "2.5", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    cr_expect(fetch.seconds > 2.4 && fetch.seconds < fa_timeout(5), "%s: %.1f s", mode,
              fetch.seconds);
    fa_fetch_expect_count(&fetch, "ok", 3);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "dns"), 3);
}

FA_TEST_MODES(dns, resolver_that_is_away_for_now_is_transient)
{
    add_hosts("fail-", "/ok/10/a", 3);
    add_hosts("many-", "/ok/10/b", 3);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 5);
    for (int i = 1; i <= 3; i++) {
        fa_fetch_expect_entry(&fetch, i, "failed", "dns");
        fa_fetch_expect_entry(&fetch, i + 3, "ok", NULL);
    }
}

FA_TEST_MODES(dns, dead_name_with_1000_urls_is_looked_up_a_few_times)
{
    const char *log = fa_scratch_path(&scratch, "dns.log");
    char env[PATH_MAX + 32];
    snprintf(env, sizeof(env), "FAKE_DNS_LOG=%s", log);
    const char *const envs[] = {fake_dns[0], fake_dns[1], env, NULL};
    struct fa_run_options options = {.env = envs};
    for (int i = 0; i < 1000; i++) {
        fa_lines_add(&list, "http://nx-one.test:%d/a-%d", server.port, i);
    }
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "failed", 1000);
    char *text = fa_file_read(log, NULL);
    size_t lookups = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        lookups++;
    }
    free(text);
    cr_expect(lookups <= 4, "%s: %zu lookups", mode, lookups);
}

/* The most threads that the program has until it ends. */
static int peak_threads(double timeout_s)
{
    int peak = 0;
    double until = fa_now() + fa_timeout(timeout_s);
    while (!fetch.run.ended && fa_now() < until) {
        int threads = fa_process_threads(fetch.run.pid);
        peak = threads > peak ? threads : peak;
        fa_run_pump(&fetch.run, 20);
    }
    return peak;
}

FA_TEST_MODES(dns, resolve_of_any_host_serves_those_that_no_other_line_names)
{
    const char *any = fa_scratch_path(&scratch, "--resolve=*:%d:127.0.0.4", server.port);
    const char *one = fa_scratch_path(&scratch, "--resolve=nx-b.test:%d:127.0.0.5", server.port);
    fa_lines_add(&list, "http://nx-a.test:%d/ok/10/a", server.port);
    fa_lines_add(&list, "http://nx-b.test:%d/ok/10/b", server.port);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, strstr(one, "--"),
                        strstr(any, "--"), NULL);
    fa_fetch_expect(&fetch, 10, 0);
    const json_t *first = fa_report_by_line(fetch.entries, 1);
    cr_expect_str_eq(fa_report_str(first, "ip"), "127.0.0.4");
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 2), "ip"), "127.0.0.5");
}

/* The time-out is far above that of the test. */
FA_TEST_MODES(dns, addresses_that_refuse_are_passed_over_at_once)
{
    struct fa_server last;
    fa_server_start(&last, (const char *[]){"--listen", "127.0.0.1", NULL});
    const char *line = fa_scratch_path(
        &scratch, "--resolve=a.test:%d:127.0.0.9,127.0.0.8,127.0.0.7,127.0.0.1", last.port);
    fa_lines_add(&list, "http://a.test:%d/ok/10/a", last.port);
    fa_fetch_start(&fetch, &scratch, mode, list.text, strstr(line, "--"), "--retries", "0",
                   "--host-wait", "0", "--connect-timeout", "200", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 1), "ip"), "127.0.0.1");
    fa_server_stop(&last);
}

FA_TEST_MODES(dns, names_that_hang_delay_nobody)
{
    add_hosts("hang-", "/ok/10/a", 500);
    add_hosts("127.0.0.2", "/ok/10/b", 50);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "-j", "8",
                        "--connect-timeout", "60", NULL);
    fa_server_until(&server, "requests", 50, 20);
    fa_run_kill(&fetch.run, SIGINT);
    fa_run_wait(&fetch.run, 10);
    cr_expect_eq(fetch.run.signal, SIGINT);
}

FA_TEST_MODES(dns, names_that_hang_cost_few_threads_and_little_time)
{
    add_hosts("hang-", "/ok/10/a", 500);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "-j", "8",
                        "--connect-timeout", "1", NULL);
    int threads = peak_threads(30);
    fa_fetch_expect(&fetch, 1, 5);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "dns"), 500);
    cr_expect(threads <= LOOKUP_THREADS + 8, "%s: %d threads", mode, threads);
    cr_expect(fetch.seconds < fa_timeout(10), "%s: %.1f s", mode, fetch.seconds);
}

FA_TEST_MODES(dns, good_names_resolve_though_many_others_hang)
{
    add_hosts("hang-", "/ok/10/a", 64);
    add_hosts("good-", "/ok/10/b", 20);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "--retries", "3",
                        "--connect-timeout", "1", NULL);
    fa_fetch_expect(&fetch, 30, 5);
    fa_fetch_expect_count(&fetch, "ok", 20);
}

FA_TEST_MODES(dns, many_slow_names_all_resolve)
{
    add_hosts("slow500-", "/ok/10/a", 200);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 200);
}

FA_TEST_MODES(dns, interrupt_while_names_hang_ends_the_program_at_once)
{
    add_hosts("hang-", "/ok/10/a", 100);
    fa_fetch_start_with(&fetch, &scratch, &faked, NULL, mode, list.text, "--connect-timeout", "20",
                        NULL);
    for (int i = 0; i < 10; i++) {
        fa_run_pump(&fetch.run, 50);
    }
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    fa_run_wait(&fetch.run, 10);
    cr_expect_eq(fetch.run.signal, SIGINT);
    cr_expect(fa_now() - began < fa_timeout(1.5), "%s: %.2f s", mode, fa_now() - began);
}

FA_TEST_MODES(dns, few_descriptors_lower_the_jobs_and_fail_nothing)
{
    static const struct fa_run_options few = {.nofile = 64};
    add_hosts("127.0.0.2", "/delay/20/1000/a", 150);
    add_hosts("127.0.0.3", "/ok/1000/b", 150);
    for (int i = 0; i < 100; i++) {
        char host[32];
        snprintf(host, sizeof(host), "127.0.1.%d", i);
        add_hosts(host, "/ok/1000/c", 1);
    }
    fa_fetch_start_with(&fetch, &scratch, &few, NULL, mode, list.text, "-j", "500", "--per-host",
                        "500", NULL);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 400);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "limit of open files"), "%s",
                       fa_run_err(&fetch.run));
}

static void ip(const char *const *args)
{
    struct fa_run run;
    fa_run_start_argv(&run, &(struct fa_run_options){.program = "ip"}, args);
    cr_assert_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
}

/* A network of our own, whose interfaces are gone with the test: a link-local address can be used
 * with its zone only. */
static void make_link(void)
{
    static const char *const steps[][9] = {
        {"link", "set", "lo", "up"},
        {"link", "add", "left", "type", "veth", "peer", "name", "right"},
        {"link", "set", "left", "up"},
        {"link", "set", "right", "up"},
        {"addr", "add", "fe80::7/64", "dev", "left", "nodad"},
    };
    if (unshare(CLONE_NEWNET) != 0) {
        cr_assert_eq(errno, EPERM);
        cr_skip_test("a network of its own needs root");
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        ip(steps[i]);
    }
    fa_server_stop(&server);
    fa_server_start(&server, (const char *[]){"--listen", "::", NULL});
}

FA_TEST_MODES(dns, zone_of_an_address_is_kept)
{
    make_link();
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "[fe80::7%25left]", "/ok/10/a"));
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "[fe80::7%25left]", "/hops/1/b"));
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "named.test", "/ok/10/c"));
    char line[64];
    snprintf(line, sizeof(line), "named.test:%d:[fe80::7%%left]", server.port);
    fa_fetch_start_with(&fetch, &scratch, NULL, NULL, mode, list.text, "--resolve", line,
                        "--layout", "tree", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 3);
    fa_expect_file(fetch.dir, "fe80::7%left/ok/10/a", "/ok/10/a", 10);
}

FA_TEST_MODES(dns, zone_without_an_interface_is_named)
{
    make_link();
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "[fe80::7%25none]", "/ok/10/a"));
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "[fe80::7]", "/ok/10/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, -1);
    static const char *const named[] = {"interface 'none'", "requires its interface"};
    for (int i = 0; i < 2; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i + 1, "failed", "connect");
        cr_expect_not_null(strstr(fa_report_str(entry, "error"), named[i]), "%s",
                           fa_report_str(entry, "error"));
    }
}
