/* Origins: their limits, pauses, breakers and mirrors. Each test runs once for each mode. */

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

TestSuite(hosts, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

static void add_url(const char *host, const char *path)
{
    fa_lines_add(&list, "%s", fa_server_url_at(&server, host, path));
}

static void add_urls(const char *host, const char *path, int count)
{
    for (int i = 0; i < count; i++) {
        char one[128];
        snprintf(one, sizeof(one), "%s-%s-%d", path, host, i);
        add_url(host, one);
    }
}

/* Milliseconds between the requests for two paths. */
static long long log_gap(const json_t *log, size_t from, size_t to)
{
    return fa_report_int(json_array_get(log, to), "ms") -
           fa_report_int(json_array_get(log, from), "ms");
}

/* 1,000 files of a dead origin in front of 50 of a live one. */
static void add_dead_and_live(int dead, int port)
{
    for (int i = 0; i < 1000; i++) {
        fa_lines_add(&list, "http://127.0.0.%d:%d/dead-%d", dead, port, i);
    }
    add_urls("127.0.0.2", "/ok/10/live", 50);
}

FA_TEST_MODES(hosts, refused_origin_ends_in_seconds)
{
    add_dead_and_live(9, fa_port_free());
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "2", "--retry-wait", "2", NULL);
    fa_fetch_expect(&fetch, 15, 5);
    fa_fetch_expect_count(&fetch, "ok", 50);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "connect"), 1000);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 50);
}

FA_TEST_MODES(hosts, black_hole_ends_in_seconds)
{
    add_dead_and_live(77, fa_port_full("127.0.0.77"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 15, 5);
    fa_fetch_expect_count(&fetch, "ok", 50);
    size_t classes = fa_report_count(fetch.entries, "class", "timeout") +
                     fa_report_count(fetch.entries, "class", "connect");
    cr_expect_eq(classes, 1000);
}

static void expect_live_at_once(const char *mode, const char *option)
{
    fa_fetch_start(&fetch, &scratch, mode, list.text, option, "60", "--host-wait", "60", NULL);
    fa_server_until(&server, "requests", 50, 20);
    fa_run_kill(&fetch.run, SIGINT);
    fa_run_wait(&fetch.run, 10);
    cr_expect_eq(fetch.run.signal, SIGINT, "%s", mode);
}

FA_TEST_MODES(hosts, refused_origin_and_black_hole_delay_nobody)
{
    add_dead_and_live(9, fa_port_free());
    expect_live_at_once(mode, "--retry-wait");
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_server_reset(&server);
    add_dead_and_live(77, fa_port_full("127.0.0.77"));
    expect_live_at_once(mode, "--connect-timeout");
}

FA_TEST_MODES(hosts, files_that_always_fail_do_not_take_their_good_neighbours_with_them)
{
    for (int i = 0; i < 40; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/status/500/broken-%d", i);
        add_url("127.0.0.2", path);
    }
    add_urls("127.0.0.2", "/ok/10/good", 100);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "2", NULL);
    fa_fetch_expect(&fetch, 30, 5);
    fa_fetch_expect_count(&fetch, "ok", 100);
}

FA_TEST_MODES(hosts, burst_of_503_over_1000_urls_passes_with_few_requests_more)
{
    add_urls("127.0.0.2", "/burst/800/503/a", 1000);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "5", "--retry-wait", "1", NULL);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 1000);
    long long requests = fa_server_stat(&server, "requests");
    cr_expect(requests <= 1100, "%s: %lld requests", mode, requests);
}

/* Without a pattern in their order, 19 of 20 URLs always answer 503. */
FA_TEST_MODES(hosts, good_files_of_a_host_that_mostly_answers_503_all_arrive)
{
    for (unsigned i = 0; i < 300; i++) {
        char path[64];
        bool good = (i * 119 + 13) % 300 < 15;
        snprintf(path, sizeof(path), good ? "/ok/10/good-%u" : "/status/503/bad-%u", i);
        add_url("127.0.0.2", path);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-wait", "15", "--retries", "3", NULL);
    fa_fetch_expect(&fetch, 80, 5);
    fa_fetch_expect_count(&fetch, "ok", 15);
    cr_expect_eq(fa_report_count(fetch.entries, "status", "failed"), 285);
    long long requests = fa_server_stat(&server, "requests");
    cr_expect(requests >= 300 && requests <= 300 + 3 * 285, "%s: %lld requests", mode, requests);
    size_t i;
    json_t *entry;
    json_array_foreach(fetch.entries, i, entry)
    {
        cr_expect(fa_report_int(entry, "attempts") >= 1, "%s: a failed entry was not tried", mode);
    }
}

FA_TEST_MODES(hosts, entry_that_always_asks_for_a_pause_holds_up_nobody)
{
    add_url("127.0.0.2", "/retryafter/99/2/503/poison");
    add_urls("127.0.0.2", "/ok/10/after", 300);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "2", NULL);
    fa_fetch_expect(&fetch, 30, 5);
    fa_fetch_expect_count(&fetch, "ok", 300);
    json_t *log = fa_server_log(&server);
    size_t n = json_array_size(log), poison[3] = {0}, found = 0;
    for (size_t i = 0; i < n && found < 3; i++) {
        if (strstr(fa_report_str(json_array_get(log, i), "path"), "poison"))
            poison[found++] = i;
    }
    cr_assert_eq(found, 3, "%s", mode);
    cr_expect(poison[1] >= 280, "%s: the second attempt is request %zu", mode, poison[1]);
    json_decref(log);
}

/* RETRIES of the manual: the server says when to come back, in any status. */
FA_TEST_MODES(hosts, any_status_that_says_when_to_come_back_is_retried)
{
    static const char *const statuses[] = {"403", "404", "202", "401", "451"};
    static const char *const limits[] = {"x", "ietf"};
    char path[64];
    for (size_t i = 0; i < 5; i++) {
        char host[16];
        snprintf(host, sizeof(host), "127.0.1.%zu", i + 1);
        snprintf(path, sizeof(path), "/retryafter/1/1/%s/a%zu", statuses[i], i);
        add_url(host, path);
    }
    for (size_t i = 0; i < 2; i++) {
        char host[16];
        snprintf(host, sizeof(host), "127.0.2.%zu", i + 1);
        snprintf(path, sizeof(path), "/ratelimit/1/%s/403/b%zu", limits[i], i);
        add_url(host, path);
    }
    add_url("127.0.3.1", "/flaky/1/418/10/c");
    add_url("127.0.3.1", "/flaky/1/404/10/d");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retry-on", "418,499", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_count(&fetch, "ok", 8);
    cr_expect_eq(fa_report_count(fetch.entries, "status", "failed"), 1, "404 is permanent");
}

struct pause {
    const char *value;
    long long least; /* ms until the next request */
    long long most;
};

static const struct pause pauses[] = {
    {"2", 2000, 3500}, {"date+3", 1900, 4500}, {"1.5", 1000, 3000},
    {"0", 0, 900},     {"-5", 0, 900},         {"date-100", 0, 900},
    {"soon", 0, 900},  {"9e-1", 0, 900},       {"%20%201%20", 900, 2500},
};

/* With one transfer at a time to an origin, its log shows the pause after the first answer. */
static void expect_pause(const json_t *log, const char *host, const struct pause *pause)
{
    size_t at[2] = {0, 0};
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(log) && found < 2; i++) {
        const char *to = fa_report_str(json_array_get(log, i), "host");
        if (strncmp(to, host, strlen(host)) == 0 && to[strlen(host)] == ':') {
            at[found++] = i;
        }
    }
    cr_assert_eq(found, 2, "%s", host);
    long long gap = log_gap(log, at[0], at[1]);
    cr_expect(gap >= pause->least && gap <= pause->most, "%s: Retry-After %s: after %lld ms",
              fetch.mode, pause->value, gap);
}

FA_TEST_MODES(hosts, retry_after_pauses_its_origin_and_no_other)
{
    char host[32];
    char path[64];
    size_t count = sizeof(pauses) / sizeof(pauses[0]);
    for (size_t i = 0; i < count; i++) {
        snprintf(host, sizeof(host), "127.0.1.%zu", i);
        snprintf(path, sizeof(path), "/retryafter/1/%s/503/a", pauses[i].value);
        add_url(host, path);
        add_urls(host, "/ok/10/after", 5);
    }
    add_urls("127.0.2.1", "/ok/10/other", 20);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--per-host", "1", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 6 * count + 20);
    json_t *log = fa_server_log(&server);
    for (size_t i = 0; i < count; i++) {
        snprintf(host, sizeof(host), "127.0.1.%zu", i);
        expect_pause(log, host, &pauses[i]);
    }
    json_t *last = NULL;
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        last = strncmp(fa_report_str(request, "host"), "127.0.2.1:", 10) == 0 ? request : last;
    }
    long long ms = fa_report_int(last, "ms") - fa_report_int(json_array_get(log, 0), "ms");
    cr_expect((double)ms < 1000 * fa_timeout(1.9),
              "%s: the other origin had its last request after %lld ms", mode, ms);
    json_decref(log);
}

/* Each tenth URL of two hosts asks for a pause, whenever it is requested. */
FA_TEST_MODES(hosts, urls_that_always_ask_for_pauses_hold_up_nobody)
{
    for (int i = 0; i < 100; i++) {
        bool asks = i % 10 == 0;
        char one[64], two[64];
        snprintf(one, sizeof(one), "%s/a%d", asks ? "/retryafter/99/1/503" : "/ok/10", i);
        snprintf(two, sizeof(two), "%s/b%d", asks ? "/retryafter/99/1/202" : "/ok/10", i);
        add_url("127.0.1.50", one);
        add_url("127.0.1.51", two);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "1", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_count(&fetch, "ok", 180);
    cr_expect_eq(fa_report_count(fetch.entries, "class", "http"), 20);
    cr_expect(fetch.seconds < fa_timeout(5), "%s: %.1f s", mode, fetch.seconds);
}

/* The first requests may be read late, as workers start then: they are sent at even distances, but
 * only the later ones are read so. */
FA_TEST_MODES(hosts, rate_limits_the_requests_per_second_to_each_host)
{
    add_urls("127.0.0.2", "/ok/10/a", 16);
    add_urls("127.0.0.3", "/ok/10/b", 16);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--host-rate", "10", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    json_t *log = fa_server_log(&server);
    long long ms[2][16];
    size_t i, n[2] = {0};
    json_t *request;
    json_array_foreach(log, i, request)
    {
        int host = fa_report_str(request, "host")[8] - '2';
        cr_assert(host >= 0 && host < 2 && n[host] < 16);
        ms[host][n[host]++] = fa_report_int(request, "ms");
    }
    cr_assert(n[0] == 16 && n[1] == 16);
    for (int host = 0; host < 2; ++host)
        cr_expect_geq(ms[host][15] - ms[host][7], 600, "%s: host %d: %lld ms", mode, host,
                      ms[host][15] - ms[host][7]);
    cr_expect_lt((double)(ms[1][15] - ms[0][0]), 1000 * fa_timeout(1.9), "%s", mode);
    json_decref(log);
}

FA_TEST_MODES(hosts, retry_after_applies_though_active_requests_are_answered)
{
    add_url("127.0.0.2", "/retryafter/1/2/429/a");
    add_urls("127.0.0.2", "/delay/300/10/b", 30);
    const char *events = fa_scratch_path(&scratch, "events");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--per-host", "4", "--events", events, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    json_t *told = fa_report_read(events);
    double paused = 0;
    size_t i, shown = 0;
    json_t *event;
    json_array_foreach(told, i, event)
    {
        if (json_integer_value(json_object_get(event, "paused")) != 1)
            continue;
        shown++;
        cr_expect_not_null(strstr(fa_report_str(event, "paused_origin"), "//127.0.0.2:"));
        cr_expect(fa_report_real(event, "paused_left") <= 2);
    }
    cr_expect_gt(shown, 0, "%s: no progress during the pause", mode);
    json_array_foreach(told, i, event)
    {
        const char *type = fa_report_str(event, "event");
        const char *change = strcmp(type, "host") == 0 ? fa_report_str(event, "change") : "";
        double time = fa_report_real(event, "time");
        paused = strcmp(change, "paused") == 0 ? time : paused;
        if (paused > 0 && (strcmp(type, "started") == 0 || strcmp(change, "back") == 0)) {
            cr_expect(time > paused + 1.9, "%s: %s %s after %.2f s", mode, type, change,
                      time - paused);
            break;
        }
    }
    cr_expect(paused > 0, "%s: no pause", mode);
    json_decref(told);
}

FA_TEST_MODES(hosts, retry_after_is_capped_at_600_seconds)
{
    add_url("127.0.0.2", "/retryafter/1/100000000000000000000/429/a");
    add_url("127.0.0.3", "/retryafter/1/1e20/429/a");
    const char *events = fa_scratch_path(&scratch, "events");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--events", events, NULL);
    fa_server_until(&server, "requests", 2, 10);
    double until = fa_now() + 0.5;
    while (fa_now() < until) {
        fa_run_pump(&fetch.run, 50);
    }
    fa_run_kill(&fetch.run, SIGTERM);
    fa_run_wait(&fetch.run, 6);
    json_t *told = fa_report_read(events);
    size_t pauses_told = 0;
    size_t i;
    json_t *event;
    json_array_foreach(told, i, event)
    {
        const char *wait = json_object_get(event, "wait") ? "wait" : NULL;
        if (wait && fa_report_real(event, wait) > 60) {
            pauses_told++;
            cr_expect(fa_report_real(event, wait) <= 600.5, "%s", mode);
        }
    }
    cr_expect(pauses_told >= 2, "%s: %zu pauses told", mode, pauses_told);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2);
    json_decref(told);
}

/* The most requests that a host had in service at once. */
static long long peak_of(const char *host)
{
    char name[64];
    snprintf(name, sizeof(name), "%s:%d", host, server.port);
    json_t *stats = fa_server_stats(&server);
    const json_t *one = json_object_get(json_object_get(stats, "hosts"), name);
    cr_assert_not_null(one, "no requests to %s", name);
    long long peak = fa_report_int(one, "peak_active");
    json_decref(stats);
    return peak;
}

FA_TEST_MODES(hosts, limits_are_kept_and_reached)
{
    add_urls("127.0.0.2", "/delay/50/10/a", 30);
    add_urls("127.0.0.3", "/delay/50/10/b", 30);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "7", "--per-host", "4", NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 60);
    cr_expect_eq(fa_server_stat(&server, "peak_active"), 7, "%s", mode);
    cr_expect_eq(peak_of("127.0.0.2"), 4, "%s", mode);
    cr_expect_eq(peak_of("127.0.0.3"), 4, "%s", mode);
}

FA_TEST_MODES(hosts, as_many_as_allowed_are_in_service_at_once)
{
    add_urls("127.0.0.2", "/gate/40/a", 40);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "40", "--per-host", "40",
                   "--stall-timeout", "20", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 40);
}

FA_TEST_MODES(hosts, full_origin_with_5000_urls_in_front_delays_nobody)
{
    add_urls("127.0.0.2", "/hold/held", 4);
    add_urls("127.0.0.2", "/ok/10/waiting", 5000);
    add_urls("127.0.0.3", "/ok/10/behind", 20);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "8", "--per-host", "4",
                   "--stall-timeout", "60", NULL);
    fa_server_until(&server, "requests", 24, 10);
    cr_expect_eq(peak_of("127.0.0.2"), 4, "%s", mode);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 5024);
    cr_expect_eq(peak_of("127.0.0.2"), 4, "%s", mode);
    cr_expect_eq(fa_truth_count_files(fetch.dir), 5024);
}

FA_TEST_MODES(hosts, mirrors_are_tried_in_turn)
{
    int port = fa_port_free();
    char good[128];
    snprintf(good, sizeof(good), "%s", fa_server_url(&server, "/ok/500/good"));
    const char *missing = fa_server_url(&server, "/status/404/x");
    fa_lines_add(&list, "http://127.0.0.9:%d/a1\t%s\t%s", port, missing, good);
    fa_lines_add(&list, "%s\t%s\n out=a2", missing, good);
    fa_lines_add(&list, "%s\t%s\n out=a4", good, missing);
    fa_lines_add(&list, "%s\t%s\n out=a6", missing, missing);
    fa_lines_add(&list, "garbage\t%s\n out=a8", good);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 4, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 6, "failed", "http");
    fa_fetch_expect_entry(&fetch, 8, "ok", NULL);
    cr_expect_not_null(
        strstr(fa_run_err(&fetch.run), ":8: URL 1 of the line is left out: not a URL"), "%s",
        fa_run_err(&fetch.run));
    fa_expect_file(fetch.dir, "a1", "/ok/500/good", 500);
    fa_expect_file(fetch.dir, "a2", "/ok/500/good", 500);
    fa_expect_file(fetch.dir, "a4", "/ok/500/good", 500);
    cr_expect_eq(fa_report_int(fa_report_by_line(fetch.entries, 4), "attempts"), 1);
    cr_expect_eq(fa_report_int(fa_report_by_line(fetch.entries, 2), "attempts"), 2);
    const json_t *first = fa_report_by_line(fetch.entries, 1);
    cr_expect_str_eq(fa_report_str(first, "effective_url"), good);
    cr_expect_eq(fa_server_requests(&server, "/status/404/x"), 4, "%s: not again", mode);
}

FA_TEST_MODES(hosts, mirror_of_one_that_stalls_or_cuts_gives_the_right_bytes)
{
    char cut[128];
    snprintf(cut, sizeof(cut), "%s",
             fa_server_url_at(&server, "127.0.0.3", "/truncate/100/5000/b"));
    const char *whole = fa_server_url_at(&server, "127.0.0.4", "/ok/5000/b");
    fa_lines_add(&list, "%s\t%s\n out=b", cut, whole);
    const char *stall = fa_server_url_at(&server, "127.0.0.2", "/stall/a");
    fa_lines_add(&list, "%s\thttp://127.0.0.9:1/refused\n out=a", stall);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_count(&fetch, "ok", 1);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"b", "/ok/5000/b", 5000}}, 1);
    fa_fetch_expect_no_parts(&fetch);
}

struct amount {
    int files;
    int size;
};

FA_TEST_MODES(hosts, what_a_halt_cancels_is_transient)
{
    add_urls("127.0.0.2", "/hold/held", 4);
    add_urls("127.0.0.3", "/status/503/a", 1);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--halt", "1", "--retries", "0",
                   "--stall-timeout", "60", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_entry(&fetch, 5, "failed", "http");
    cr_expect_eq(fa_report_count(fetch.entries, "class", "cancelled"), 4, "%s", mode);
}

FA_TEST_MODES(hosts, rate_is_kept_over_all_transfers_together)
{
    static const struct amount amounts[] = {{1, 3145728}, {4, 786432}, {30, 104858}, {300, 10486}};
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), "/ok/%d/a", amounts[i].size);
        add_urls("127.0.0.2", path, amounts[i].files);
        fa_fetch_start(&fetch, &scratch, mode, list.text, "--rate", "1M", NULL);
        fa_fetch_expect(&fetch, 20, 0);
        /* On a busy machine, a second of the rate is saved at most, and arrives later in a burst
         * (bucket.c).  With a limit for each transfer four of them would take 1.6 s. */
        cr_expect(fetch.seconds > 3 * 0.6 && fetch.seconds < fa_timeout(3 * 3),
                  "%s: %d files of %d bytes: %.2f s, not 3", mode, amounts[i].files,
                  amounts[i].size, fetch.seconds);
        fa_fetch_end(&fetch);
        fa_lines_fini(&list);
    }
}

FA_TEST_MODES(hosts, rate_is_kept_when_one_takes_over_the_share_of_another)
{
    add_urls("127.0.0.2", "/ok/1048576/short", 1);
    add_urls("127.0.0.2", "/ok/2097152/long", 1);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--rate", "1M", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect(fetch.seconds > 3 * 0.85, "%s: %.2f s, not 3", mode, fetch.seconds);
}

FA_TEST_MODES(hosts, halt_stops_after_that_many_failures)
{
    add_urls("127.0.0.2", "/status/404/a", 5);
    add_urls("127.0.0.2", "/ok/10/b", 500);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--halt", "3", "-j", "1", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    long long requests = fa_server_stat(&server, "requests");
    cr_expect(requests >= 3 && requests <= 5, "%s: %lld requests", mode, requests);
    fa_fetch_expect_no_parts(&fetch);
    fa_fetch_end(&fetch);
    fa_server_reset(&server);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--halt", "50%", "-j", "1", "--hash", "none",
                   NULL);
    fa_fetch_expect(&fetch, 20, 1);
    requests = fa_server_stat(&server, "requests");
    cr_expect(requests >= 5 && requests <= 15, "%s: %lld requests", mode, requests);
}

/* Failures are grouped by the host that failed, also after a redirect. */
FA_TEST_MODES(hosts, mirror_that_is_not_a_url_leaves_the_failure_with_its_host)
{
    char *there = strdup(fa_server_url_at(&server, "127.0.0.2", "/status/503"));
    char path[256] = "/redir/302/";
    for (const char *at = there; *at; at++) {
        snprintf(path + strlen(path), sizeof(path) - strlen(path), *at == '/' ? "%%2f" : "%c", *at);
    }
    fa_lines_add(&list, "%s\thttp://:80:80/", fa_server_url_at(&server, "127.0.0.1", path));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "http");
    char row[128];
    snprintf(row, sizeof(row), "http         http://127.0.0.2:%d", server.port);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), row), "%s: %s", mode, fa_run_err(&fetch.run));
    free(there);
}

#define SLOW "/slowfirst/1/1000/100000/slow"

/* A connection that is stuck would hold up the whole run, without being one that stalls. */
FA_TEST_MODES(hosts, straggler_at_the_end_is_requested_again)
{
    add_url("127.0.0.2", SLOW);
    add_urls("127.0.0.2", "/ok/100000/other", 99);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect_lt(fetch.seconds, fa_timeout(8), "%s: %.1f s", mode, fetch.seconds);
    fa_fetch_expect_count(&fetch, "ok", 100);
    cr_expect_eq(json_array_size(fetch.entries), 100);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    cr_expect_eq(fa_report_int(entry, "attempts"), 2);
    cr_expect_geq(fa_report_int(entry, "bytes"), 100000);
    fa_expect_file(fetch.dir, "slow", SLOW, 100000);
    fa_fetch_expect_no_parts(&fetch);
}
