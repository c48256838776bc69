/*
 * What servers do wrong, one fault to a line of one list.  No fault may put wrong bytes under a
 * final name; each must end in its class, after the right number of attempts.  See resume_test.c,
 * too.
 */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(faults, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

/* The path is PATH/<row>. */
struct fault {
    const char *path;
    const char *classes; /* one of these; NULL: it is fetched */
    int http;            /* in the report; -1: as it may be */
    int attempts;
    int requests;
    int size;         /* of the file */
    const char *seed; /* path of the seed, if it is another */
    const char *tail; /* of the seed */
};

#define WHOLE(path, tries, size)                      \
    {                                                 \
        path, NULL, 200, tries, tries, size, path, "" \
    }
#define FAULT(path, classes, http, tries)              \
    {                                                  \
        path, classes, http, tries, tries, 0, NULL, "" \
    }

static const struct fault faults[] = {
    FAULT("/truncate/7/20", "truncated", 206, 2),
    FAULT("/truncchunk/500/2000", "truncated", 200, 2),
    FAULT("/truncchunk/0/2000", "truncated", 200, 2),
    WHOLE("/close/1000", 1, 1000),
    WHOLE("/close/0", 1, 0),
    WHOLE("/ok/0", 1, 0),
    WHOLE("/chunked/300000", 1, 300000),
    WHOLE("/excess/1000", 1, 1000),
    FAULT("/twocl/1000", "protocol", 200, 2),
    WHOLE("/samecl/1000", 1, 1000),
    FAULT("/badcl/negative", "protocol", -1, 2),
    FAULT("/badcl/text", "protocol", -1, 2),
    FAULT("/badcl/hex", "protocol", -1, 2),
    FAULT("/badcl/plus", "protocol", -1, 2),
    FAULT("/badcl/empty", "protocol", -1, 2),
    WHOLE("/badcl/list", 1, FA_PATTERN_SMALL),
    FAULT("/badcl/lists", "protocol", -1, 2),
    WHOLE("/lower/1000", 1, 1000),
    FAULT("/badcl/huge", "protocol too_large", -1, 2),
    FAULT("/badcl/exabyte", "too_large", 200, 1),
    FAULT("/badchunk/huge", "protocol truncated", 200, 2),
    FAULT("/badchunk/text", "protocol truncated", 200, 2),
    FAULT("/badchunk/negative", "protocol truncated", 200, 2),
    FAULT("/http09", "protocol", -1, 2),
    FAULT("/garbage", "protocol", -1, 2),
    FAULT("/empty", "protocol connect", -1, 2),
    FAULT("/nul", "protocol", -1, 2),
    FAULT("/bighead", "protocol", -1, 2),
    FAULT("/bigline", "protocol", -1, 2),
    FAULT("/stall", "stalled", 200, 2),
    FAULT("/mute", "stalled timeout", -1, 2),
    WHOLE("/drip/300/8", 1, 8),
    WHOLE("/slowheaders/5", 1, FA_PATTERN_SMALL),
    WHOLE("/delay/700/1000", 1, 1000),
    {"/reset/50000/100000", NULL, 206, 2, 2, 100000, "/reset/50000/100000", ""},
    FAULT("/reset/0/1000", "truncated connect", -1, 2),
    WHOLE("/flakyreset/1/1000", 2, 1000),
    WHOLE("/flaky/1/503/1000", 2, 1000),
    WHOLE("/flaky/1/429/1000", 2, 1000),
    FAULT("/flaky/2/500/1000", "http", 500, 2),
    {"/hops/10", NULL, 200, 1, 11, FA_PATTERN_SMALL, "/hops/0", ""},
    {"/hops/11", "redirect", 302, 1, 11, 0, NULL, ""},
    {"/loop/a", "redirect", 302, 1, 11, 0, NULL, ""},
    {"/self", "redirect", 302, 1, 11, 0, NULL, ""},
    FAULT("/redir/302/file:%2f%2f%2fetc%2fpasswd", "redirect", 302, 1),
    FAULT("/redir/302/file:%2fetc%2fpasswd", "redirect", 302, 1),
    FAULT("/redir/307/gopher:%2f%2f127.0.0.1%2f", "redirect", 307, 1),
    FAULT("/redir/301/scp:%2f%2f127.0.0.1%2fetc%2fpasswd", "redirect", 301, 1),
    FAULT("/redir/308/ftp:%2f%2f127.0.0.1%2f", "redirect", 308, 1),
    FAULT("/redir/302/http:%2f%2f", "redirect", 302, 1),
    FAULT("/redir/302/http:%2f%2fa%20b%2f", "redirect", 302, 1),
    FAULT("/redir/302/%00", "redirect", 302, 1),
    FAULT("/redir/302/%20", "redirect", 302, 1),
    {"/redir/302/%2fok%2f700%2fx", NULL, 200, 1, 2, 700, "/ok/700/x", NULL},
    {"/range206/unasked/2000", NULL, 206, 1, 1, 2000, "/range206/unasked/2000", ""},
    {"/range206/unaskedpart/2000", NULL, 200, 2, 2, 2000, "/range206/unaskedpart/2000", ""},
    WHOLE("/range206/ignore/2000", 2, 2000),
    {"/range206/sameoffset/2000", NULL, 200, 2, 2, 1000, "/range206/sameoffset/2000", "#1"},
    {"/range206/etag/2000", NULL, 200, 2, 2, 2000, "/range206/etag/2000", "#1"},
    {"/range206/novalidator/2000", NULL, 200, 2, 2, 2000, "/range206/novalidator/2000", "#1"},
    {"/range206/416same/2000", "changed", 200, 2, 3, 0, NULL, NULL},
    {"/range206/wrongstart/2000", NULL, 200, 2, 3, 2000, "/range206/wrongstart/2000", ""},
    WHOLE("/1xx/30", 1, FA_PATTERN_SMALL),
    WHOLE("/trailers", 1, FA_PATTERN_SMALL),
    WHOLE("/folded", 1, FA_PATTERN_SMALL),
    WHOLE("/keepclose", 1, FA_PATTERN_SMALL),
    WHOLE("/idleclose", 1, FA_PATTERN_SMALL),
    FAULT("/204", "http", 204, 1),
    FAULT("/status/205", "http", 205, 1),
    FAULT("/status/201", "http", 201, 1),
    FAULT("/status/206", "protocol", 206, 2),
    FAULT("/status/300", "http redirect", 300, 1),
    FAULT("/status/302", "http redirect", 302, 1),
    FAULT("/status/304", "http", 304, 1),
    FAULT("/status/400", "http", 400, 1),
    FAULT("/status/401", "http", 401, 1),
    FAULT("/status/403", "http", 403, 1),
    FAULT("/status/404", "http", 404, 1),
    FAULT("/status/407", "http", 407, 1),
    FAULT("/status/410", "http", 410, 1),
    FAULT("/status/416", "http", 416, 1),
    FAULT("/status/451", "http", 451, 1),
    FAULT("/status/501", "http", 501, 1),
    FAULT("/status/505", "http", 505, 1),
    FAULT("/status/408", "http", 408, 2),
    FAULT("/status/429", "http", 429, 2),
    FAULT("/status/500", "http", 500, 2),
    FAULT("/status/502", "http", 502, 2),
    FAULT("/status/503", "http", 503, 2),
    FAULT("/status/504", "http", 504, 2),
    FAULT("/esc", "http", 500, 2),
    FAULT("/auth", "http", 401, 1),
};

#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static int requests_of(const json_t *log, const char *host)
{
    int count = 0;
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        const char *to = fa_report_str(request, "host");
        count += strncmp(to, host, strlen(host)) == 0 && to[strlen(host)] == ':';
    }
    return count;
}

static void expect_fault(const struct fault *fault, const json_t *entry, int requests)
{
    const char *class = fa_report_str(entry, "class");
    const char *error = fa_report_str(entry, "error");
    const char *path = fault->path;
    if (!class || !fault->classes) {
        cr_expect(!class && !fault->classes, "%s %s: %s (%s)", fetch.mode, path,
                  class ? class : "ok", error ? error : "");
    } else {
        cr_expect_not_null(strstr(fault->classes, class), "%s %s: %s (%s)", fetch.mode, path, class,
                           error);
    }
    long long attempts = fa_report_int(entry, "attempts");
    cr_expect_eq(attempts, fault->attempts, "%s %s: %lld tries (%s)", fetch.mode, path, attempts,
                 error ? error : "ok");
    cr_expect_eq(requests, fault->requests, "%s %s: %d requests", fetch.mode, path, requests);
    if (fault->http >= 0) {
        long long http = fa_report_int(entry, "http");
        cr_expect_eq(http, fault->http, "%s %s: status %lld", fetch.mode, path, http);
    }
}

/* Every file exists that must, and no other. */
static void expect_files(void)
{
    static char names[FAULTS][16];
    static char seeds[FAULTS][128];
    struct fa_truth files[FAULTS];
    size_t count = 0;
    for (size_t i = 0; i < FAULTS; i++) {
        const struct fault *fault = &faults[i];
        if (fault->classes) {
            continue;
        }
        snprintf(names[i], sizeof(names[i]), "r%zu", i);
        snprintf(seeds[i], sizeof(seeds[i]), fault->tail ? "%s/%s%s" : "%s", fault->seed, names[i],
                 fault->tail);
        files[count++] = (struct fa_truth){names[i], seeds[i], (uint64_t)fault->size};
    }
    fa_expect_files(fetch.dir, files, count);
}

FA_TEST_MODES(faults, fault_ends_in_its_class_and_leaves_no_wrong_bytes)
{
    char host[32];
    char path[192];
    for (size_t i = 0; i < FAULTS; i++) {
        snprintf(host, sizeof(host), "127.0.3.%zu", i);
        snprintf(path, sizeof(path), "%s/r%zu", faults[i].path, i);
        fa_lines_add(&list, "%s", fa_server_url_at(&server, host, path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 30, -1);
    cr_expect_eq(fetch.run.status, 1, "%s: %d", mode, fetch.run.status);
    json_t *log = fa_server_log(&server);
    for (size_t i = 0; i < FAULTS; i++) {
        snprintf(host, sizeof(host), "127.0.3.%zu", i);
        expect_fault(&faults[i], fa_report_by_line(fetch.entries, (long long)i + 1),
                     requests_of(log, host));
    }
    json_decref(log);
    expect_files();
    fa_expect_parts(fetch.dir, 1); /* of /truncate/7/20, which is transient */
    cr_expect_null(strchr(fa_run_err(&fetch.run), '\x1b'), "%s", mode);
    cr_expect(fetch.run.peak_rss < 200000, "%s: %ld KiB", mode, fetch.run.peak_rss);
}

FA_TEST_MODES(faults, time_out_of_an_idle_connection_is_no_attempt)
{
    for (int i = 0; i < 12; i++)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/idle408/10/f"), i);
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--per-host", "2", "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    for (int i = 0; i < 12; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i + 1, "ok", NULL);
        cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s: %d", mode, i);
    }
    cr_expect_gt(fa_server_stat(&server, "requests"), 12, "%s: no connection was kept", mode);
}

FA_TEST_MODES(faults, bare_carriage_return_in_a_header_does_not_change_the_length)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/barecr/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    int status = fa_run_wait(&fetch.run, 10);
    if (status == 0) {
        fa_expect_file(fetch.dir, "a", "/barecr/a", FA_PATTERN_SMALL);
    } else {
        fa_expect_no_file(fetch.dir, "a");
    }
}

FA_TEST_MODES(faults, body_that_is_compressed_unasked_is_stored_as_it_came)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/gzip/a.gz"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ae/head"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/gzip/b.gz"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    static const char *const codings[] = {"gzip", NULL, "gzip"};
    for (int i = 0; i < 3; i++) {
        const char *coding = fa_report_str(fa_report_by_line(fetch.entries, i + 1), "encoding");
        cr_expect_eq(coding != NULL, codings[i] != NULL, "%s: %d", mode, i);
        cr_expect(!coding || strcmp(coding, "gzip") == 0, "%s: %s", mode, coding);
    }
    const char *err = fa_run_err(&fetch.run);
    const char *notice = strstr(err, "Content-Encoding");
    cr_expect_not_null(notice, "%s: %s", mode, err);
    cr_expect_null(notice ? strstr(notice + 1, "Content-Encoding") : NULL, "%s: %s", mode, err);
    size_t want_len;
    size_t len;
    unsigned char *want = fa_pattern_gzip("/gzip/a.gz", FA_PATTERN_SMALL, &want_len);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a.gz", fetch.dir);
    char *got = fa_file_read(path, &len);
    cr_assert_eq(len, want_len);
    cr_expect_eq(memcmp(got, want, len), 0);
    free(want);
    free(got);
    snprintf(path, sizeof(path), "%s/head", fetch.dir);
    got = fa_file_read(path, NULL);
    cr_expect_not_null(strstr(got, "Accept-Encoding: identity\n"), "%s", got);
    free(got);
}

static size_t occurrences(const char *name, const char *text)
{
    char path[PATH_MAX];
    size_t count = 0;
    snprintf(path, sizeof(path), "%s/%s", fetch.dir, name);
    char *got = fa_file_read(path, NULL);
    for (const char *at = got; (at = strcasestr(at, text)); ++at) {
        ++count;
    }
    free(got);
    return count;
}

/* Requests with and without lines of their own, on one connection. */
FA_TEST_MODES(faults, each_request_has_one_user_agent)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ae/a"));
    fa_lines_add(&list, "%s\n  header=user-agent: own", fa_server_url(&server, "/ae/b"));
    fa_lines_add(&list, "%s\n  header=X-Other: 1", fa_server_url(&server, "/ae/c"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ae/d"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ae/e"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "1", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    for (const char *name = "acde"; *name; ++name) {
        char one[] = {*name, '\0'};
        cr_expect_eq(occurrences(one, "User-Agent: fetchall/"), 1, "%s: %s", mode, one);
        cr_expect_eq(occurrences(one, "Accept-Encoding: identity"), 1, "%s: %s", mode, one);
        cr_expect_eq(occurrences(one, "X-Other"), *name == 'c', "%s: %s", mode, one);
    }
    cr_expect_eq(occurrences("b", "User-Agent:"), 1, "%s", mode);
    cr_expect_eq(occurrences("b", "User-Agent: own"), 1, "%s", mode);
}

FA_TEST_MODES(faults, coding_that_was_asked_for_is_not_a_notice)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/gzip/a.gz"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-H", "accept-encoding: gzip", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 1), "encoding"), "gzip");
    const char *err = fa_run_err(&fetch.run);
    cr_expect_null(strstr(err, "Content-Encoding"), "%s: %s", mode, err);
}

FA_TEST_MODES(faults, server_that_closes_idle_connections_costs_no_attempts)
{
    for (int i = 0; i < 20; i++) {
        char path[64];
        snprintf(path, sizeof(path), i % 2 ? "/idleclose/a%d" : "/keepclose/a%d", i);
        fa_lines_add(&list, "%s", fa_server_url(&server, path));
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "-j", "2", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 20);
    for (int i = 1; i <= 20; i++) {
        long long attempts = fa_report_int(fa_report_by_line(fetch.entries, i), "attempts");
        cr_expect_eq(attempts, 1, "%s: line %d took %lld tries", mode, i, attempts);
    }
}

struct ending {
    const char *path;
    const char *more; /* of the entry */
    int status;
    size_t parts; /* that may be resumed */
};

FA_TEST_MODES(faults, exit_status_says_what_failed)
{
    static const struct ending endings[] = {
        {"/ok/10/a", "", 0, 0},
        {"/status/404/a", "", 1, 0},
        {"/twocl/10/a", "", 1, 0},
        {"/status/503/a", "", 5, 0},
        {"/truncate/4/10/a", "", 5, 1},
        {"/stall/a", "", 5, 0},
        {"/empty/a", "", 5, 0},
        {"/ok/10/a", "\n size=11", 3, 0},
        {"/ok/10/a", "\n checksum=md5=00000000000000000000000000000000", 3, 0},
        {"/badcl/exabyte/a", "", 1, 0},
    };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s%s\n", fa_server_url(&server, endings[i].path),
                 endings[i].more);
        fa_fetch_start(&fetch, &scratch, mode, text, NULL);
        fa_fetch_expect(&fetch, 10, endings[i].status);
        if (endings[i].status != 0) {
            fa_expect_no_file(fetch.dir, "a");
        }
        fa_expect_parts(fetch.dir, endings[i].parts);
        fa_fetch_end(&fetch);
    }
}

static bool tells_of_sizes(void *events)
{
    char *told = access(events, R_OK) == 0 ? fa_file_read(events, NULL) : NULL;
    bool all = told && strstr(told, "\"bytes\": 600000, \"expected\": 1000000") &&
               strstr(told, "\"bytes\": 600000, \"size\": 1000000");
    free(told);
    return all;
}

FA_TEST_MODES(faults, progress_shows_the_size_that_the_server_declares)
{
    char *events = strdup(fa_scratch_path(&scratch, "events"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/holdat/600000/1000000/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--stall-timeout", "60", "--events", events,
                   NULL);
    cr_expect(fa_wait_until(tells_of_sizes, events, 10), "%s", mode);
    fa_server_release(&server, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    free(events);
}

FA_TEST_MODES(faults, attempt_ends_when_its_whole_time_is_over)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/drip/100/1000/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--timeout", "0.7", NULL);
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "timeout");
    cr_expect(fetch.seconds > 1.2 && fetch.seconds < fa_timeout(4), "%s: %.2f s", mode,
              fetch.seconds);
    cr_expect_eq(fa_server_requests(&server, "/drip/100/1000/a"), 2);
}

FA_TEST_MODES(faults, time_of_an_attempt_counts_from_when_it_gets_its_slot)
{
    for (int i = 0; i < 12; i++) {
        fa_lines_add(&list, "%s/d%d", fa_server_url(&server, "/delay/200/10"), i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--timeout", "1", "-j", "1", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 12);
}

FA_TEST_MODES(faults, redirects_are_part_of_their_attempt)
{
    size_t started = 0, i;
    json_t *event;
    const char *events = fa_scratch_path(&scratch, "events");
    fa_lines_add(&list, "%s", fa_server_url(&server, "/slowredir/300/%2fok%2f10%2fx/a"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--events", events, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    const json_t *time = json_object_get(fa_report_by_line(fetch.entries, 1), "time");
    double ttfb = json_number_value(json_object_get(time, "ttfb"));
    cr_expect(ttfb >= 0.3, "%s: %f s", mode, ttfb);
    cr_expect(json_number_value(json_object_get(time, "total")) >= ttfb, "%s", mode);
    cr_expect(json_number_value(json_object_get(time, "queue")) < 0.3, "%s", mode);
    json_t *told = fa_report_read(events);
    json_array_foreach(told, i, event) started += !strcmp(fa_report_str(event, "event"), "started");
    cr_expect_eq(started, 1, "%s: %zu", mode, started);
    json_decref(told);
}

FA_TEST_MODES(faults, body_without_a_length_is_an_error_when_one_is_asked_for)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/close/100/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/chunked/100/b"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/c"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--expect-length", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "protocol");
    fa_fetch_expect_entry(&fetch, 2, "failed", "protocol");
    fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"c", "/ok/100/c", 100}}, 1);
}

FA_TEST_MODES(faults, smaller_bodies_are_refused_with_and_without_a_length)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/999/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/chunked/999/b"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/close/0/c"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/close/1000/d"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--min-size", "1000", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    for (int i = 1; i <= 3; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i, "failed", "content");
        cr_expect_eq(fa_report_int(entry, "attempts"), 1);
        cr_expect_not_null(strstr(fa_report_str(entry, "error"), "--min-size is 1000"));
    }
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"d", "/close/1000/d", 1000}}, 1);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(faults, larger_bodies_are_refused_with_and_without_a_length)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100001/a"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/chunked/100001/b"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/close/100001/c"));
    fa_lines_add(&list, "%s", fa_server_url(&server, "/close/100000/d"));
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--max-size", "100000", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    for (int i = 1; i <= 3; i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, i, "failed", "too_large");
        cr_expect_eq(fa_report_int(entry, "attempts"), 1);
    }
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"d", "/close/100000/d", 100000}}, 1);
    fa_fetch_expect_no_parts(&fetch);
}
