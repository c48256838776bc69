/*
 * Servers that lie about what belongs to which answer, or whose answers never end. No file may get
 * its name with other bytes than its own, and no answer may hold a slot, memory or the program.
 */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct fa_server tls;
static struct fa_ca ca;

static void begin(void)
{
    struct fa_cert cert;
    fixture_begin();
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "good", FA_CERT_GOOD, "127.0.0.1,127.0.0.2", &cert);
    fa_server_start(&tls,
                    (const char *[]){"--listen", "0.0.0.0", "--tls", cert.cert, cert.key, NULL});
}

static void end(void)
{
    fa_server_stop(&tls);
    fa_ca_fini(&ca);
    fixture_end();
}

TestSuite(lies, .init = begin, .fini = end, .timeout = 90.0);

static void expect_attempts(long long line, long long attempts)
{
    const json_t *entry = fa_report_by_line(fetch.entries, line);
    cr_expect_eq(fa_report_int(entry, "attempts"), attempts, "%s, line %lld: %lld attempts",
                 fetch.mode, line, fa_report_int(entry, "attempts"));
}

/*
 * One at a time: a file after which an answer comes that nobody asked for, another host's file that
 * takes longer than that, and two more of the first host.
 */
static void fetch_after_unasked(const char *mode, struct fa_server *from)
{
    fa_lines_add(&list, "%s", fa_server_url(from, "/unasked/20/1000/a"));
    fa_lines_add(&list, "%s", fa_server_url_at(from, "127.0.0.2", "/delay/300/1000/b"));
    fa_lines_add(&list, "%s", fa_server_url(from, "/ok/2000/c"));
    fa_lines_add(&list, "%s", fa_server_url(from, "/ok/3000/d"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", "--retries", "0", "--cacert",
                   ca.file, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    static const struct fa_truth files[] = {{"a", "/unasked/20/1000/a", 1000},
                                            {"b", "/delay/300/1000/b", 1000},
                                            {"c", "/ok/2000/c", 2000},
                                            {"d", "/ok/3000/d", 3000}};
    fa_expect_files(fetch.dir, files, 4);
    for (long long line = 1; line <= 4; line++) {
        expect_attempts(line, 1);
    }
    cr_expect(fa_server_stat(from, "connections") >= 3, "%s: the first connection is still in use",
              mode);
}

FA_TEST_MODES(lies, answer_that_nobody_asked_for_is_not_the_next_one)
{
    fetch_after_unasked(mode, &server);
}

FA_TEST_MODES(lies, answer_that_nobody_asked_for_over_tls_is_not_the_next_one)
{
    fetch_after_unasked(mode, &tls);
}

/* The proxy is asked for the first and the third alone. */
FA_TEST_MODES(lies, answer_that_nobody_asked_for_through_a_proxy_is_not_the_next_one)
{
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http_proxy=http://127.0.0.1:%d", server.port);
    const char *const env[] = {proxy, "no_proxy=127.0.0.2", NULL};
    const struct fa_run_options options = {.env = env};
    fa_lines_add(&list, "%s", "http://a.test/unasked/20/1000/a");
    fa_lines_add(&list, "%s", fa_server_url_at(&server, "127.0.0.2", "/delay/300/1000/b"));
    fa_lines_add(&list, "%s", "http://a.test/ok/2000/c");
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "-j", "1", "--retries",
                        "0", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    static const struct fa_truth files[] = {{"a", "/unasked/20/1000/a", 1000},
                                            {"b", "/delay/300/1000/b", 1000},
                                            {"c", "/ok/2000/c", 2000}};
    fa_expect_files(fetch.dir, files, 3);
}

FA_TEST_MODES(lies, session_ticket_on_a_kept_connection_is_not_an_answer)
{
    for (int i = 0; i < 20; i++) {
        fa_lines_add(&list, "%s%d", fa_server_url(&tls, "/ticket/1000/a"), i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", "--cacert", ca.file, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 20);
    /* Newer versions of libcurl close a connection on which bytes wait, whatever they are. */
    if (!fa_run_has_libcurl(800))
        cr_expect_eq(fa_server_stat(&tls, "connections"), 1, "%s: %lld", mode,
                     fa_server_stat(&tls, "connections"));
}

/* More at once than WALK_AVOIDED of connections.c.  A loaded machine may add some. */
Test(lies, connections_of_many_transfers_are_used_again)
{
    for (int i = 0; i < 390; i++) {
        fa_lines_add(&list, "%s%d", fa_server_url(&tls, i < 130 ? "/hold/a" : "/ok/100/a"), i);
    }
    fa_fetch_start(&fetch, &scratch, "async", list.text, "-j", "130", "--per-host", "130",
                   "--no-hedge", "--connect-timeout", "60", "--cacert", ca.file, NULL);
    fa_server_until(&tls, "held", 130, 30);
    fa_server_release(&tls, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    fa_fetch_expect_count(&fetch, "ok", 390);
    cr_expect(fa_server_stat(&tls, "connections") < 260, "%lld",
              fa_server_stat(&tls, "connections"));
}

FA_TEST_MODES(lies, field_that_looks_like_a_status_line_is_a_field)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/statusfield/200/1000/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/statusfield/404/1000/b"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 2, "failed", "http");
    cr_expect_eq(fa_report_int(entry, "http"), 404);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"a", "/statusfield/200/1000/a", 1000}}, 1);
}

/* The connection of the first is kept, and its end is heard while the second is under way. */
FA_TEST_MODES(lies, end_of_one_tls_connection_does_not_end_another_ones_file)
{
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/statusfield/200/1000/a"));
    fa_lines_add(&list, "%s", fa_server_url_at(&tls, "127.0.0.2", "/rude/1000/b"));
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/close/1000/c"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", "--retries", "0", "--cacert",
                   ca.file, NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 2, "failed", "truncated");
    static const struct fa_truth files[] = {{"a", "/statusfield/200/1000/a", 1000},
                                            {"c", "/close/1000/c", 1000}};
    fa_expect_files(fetch.dir, files, 2);
}

FA_TEST_MODES(lies, coding_that_frames_nothing_does_not_hide_a_truncated_tls_connection)
{
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/coding/identity/500/a"));
    fa_lines_add(&list, "%s", fa_server_url(&tls, "/coding/empty/500/b"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--cacert", ca.file, NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "truncated");
    fa_fetch_expect_entry(&fetch, 2, "failed", "truncated");
    fa_expect_files(fetch.dir, NULL, 0);
}

/* libcurl 7.88 reads freed memory for such a line, if its handle has served another transfer. */
FA_TEST_MODES(lies, head_that_begins_with_a_folded_line_harms_nobody)
{
    for (int i = 0; i < 30; i++) {
        const char *path = i % 3 == 0 ? "/ok/2000/a" : i % 3 == 1 ? "/foldfirst/a" : "/folded/b";
        fa_lines_add(&list, "%s%d", fa_server_url(&server, path), i);
    }
    /* Newer versions of libcurl ignore it. */
    bool refused = !fa_run_has_libcurl(804);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "2", NULL);
    fa_fetch_expect(&fetch, 10, refused);
    fa_fetch_expect_count(&fetch, "ok", refused ? 20 : 30);
    for (long long line = 2; refused && line <= 30; line += 3) {
        fa_fetch_expect_entry(&fetch, line, "failed", "protocol");
    }
}

static void expect_class(const char *mode, const char *path, const char *class)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, path));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", NULL);
    fa_fetch_expect(&fetch, 30, strcmp(class, "truncated") == 0 ? 5 : 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", class);
    fa_expect_files(fetch.dir, NULL, 0);
    cr_expect(fetch.run.peak_rss < 200000, "%s: %ld KiB", mode, fetch.run.peak_rss);
}

FA_TEST_MODES(lies, trailers_without_end_are_refused)
{
    expect_class(mode, "/endlesstrailers/a", "protocol");
}

FA_TEST_MODES(lies, trailer_without_end_is_the_servers_fault)
{
    expect_class(mode, "/longtrailer/a", !fa_run_has_libcurl(804) ? "truncated" : "protocol");
}

FA_TEST_MODES(lies, interim_answers_without_end_are_refused)
{
    expect_class(mode, "/endless1xx/a", "protocol");
}

FA_TEST_MODES(lies, body_after_a_switch_of_protocols_is_the_servers_fault)
{
    expect_class(mode, "/switch/a", "protocol");
}

FA_TEST_MODES(lies, body_after_a_malformed_status_is_the_servers_fault)
{
    expect_class(mode, "/badstatus/a", "protocol");
}

FA_TEST_MODES(lies, body_of_an_error_is_not_read_for_ever)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/endlessbody/404/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/drippingbody/100/404/b"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/endlessbody/302/c"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/drippingbody/100/302/d"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", NULL);
    fa_fetch_expect(&fetch, 30, 1);
    for (int i = 1; i <= 2; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i, "failed", "http");
        cr_expect_eq(fa_report_int(entry, "http"), 404);
    }
    static const struct fa_truth files[] = {{"c", "/ok/10/x", 10}, {"d", "/ok/10/x", 10}};
    fa_expect_files(fetch.dir, files, 2);
    cr_expect(fetch.seconds < fa_timeout(10), "%s: %.2f s", mode, fetch.seconds);
}

FA_TEST_MODES(lies, drip_below_the_speed_limit_is_a_stall)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/drip/50/1000/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/drip/50/60/b"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--speed-limit", "100", "--speed-time", "1",
                   "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "stalled");
    fa_fetch_expect_entry(&fetch, 2, "failed", "stalled");
    fa_fetch_end(&fetch);
    fa_fetch_start(&fetch, &scratch, mode, fa_server_url(&server, "/drip/50/60/b"), "--speed-limit",
                   "0", "--speed-time", "1", NULL);
    fa_fetch_expect(&fetch, 10, 0);
}

FA_TEST_MODES(lies, header_that_drips_is_a_stall_and_delays_nobody)
{
    for (int i = 1; i <= 8; i++)
        fa_lines_add(&list, "%s/%d", fa_server_url(&server, "/slowheaders/30"), i);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/10/good"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "1", "--retries", "0",
                   "--per-host", "8", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    for (int i = 1; i <= 8; i++)
        fa_fetch_expect_entry(&fetch, i, "failed", "stalled");
    fa_fetch_expect_entry(&fetch, 9, "ok", NULL);
    cr_expect(fetch.seconds < fa_timeout(4), "%s: %.2f s", mode, fetch.seconds);
}

static void start_flood(const char *mode, const char *retries)
{
    char proxy[64];
    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server.port);
    fa_lines_add(&list, "%s", "https://flood.test/a");
    fa_lines_add(&list, "%s", "http://good.test/delay/300/1000/b");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--retries", retries, "--proxy", proxy, NULL);
}

FA_TEST_MODES(lies, proxy_whose_refusal_has_no_end_blocks_nobody)
{
    start_flood(mode, "0");
    fa_fetch_expect(&fetch, 30, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "stalled");
    fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
}

FA_TEST_MODES(lies, interrupt_is_heard_whatever_a_server_sends)
{
    start_flood(mode, "9");
    fa_server_until(&server, "requests", 1, 10);
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    cr_expect_eq(fa_run_wait(&fetch.run, 30), 128 + SIGINT, "%s", mode);
    cr_expect(fa_now() - began < fa_timeout(6), "%s: %.2f s", mode, fa_now() - began);
}

FA_TEST_MODES(lies, interrupt_is_heard_whatever_the_disk_does)
{
    const char *const env[] = {"LD_PRELOAD=" SHORT_WRITES, "SLOW_SYNC=60",
                               "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0:exitcode=99",
                               NULL};
    const struct fa_run_options options = {.env = env};
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/1000/a"));
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, list.text, "--fsync", "each", NULL);
    fa_server_until(&server, "requests", 1, 10);
    double began = fa_now();
    fa_run_kill(&fetch.run, SIGINT);
    cr_expect_eq(fa_run_wait(&fetch.run, 30), 128 + SIGINT, "%s", mode);
    cr_expect(fa_now() - began < fa_timeout(6), "%s: %.2f s", mode, fa_now() - began);
}
