/*
 * HTTP/2, with each mode: nginx speaks it for files of its own, and for the bad server behind it,
 * whose cut answers become streams that are reset.
 */

#include "support/ca.h"
#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/nginx.h"
#include "support/process.h"
#include "support/report.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FILES 200
#define SIZE  20000

static struct fa_scratch scratch;
static struct fa_ca ca;
static struct fa_cert cert;
static struct fa_server server;
static struct fa_nginx nginx;
static struct fa_lines list;
static struct fa_fetch fetch;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "server", FA_CERT_GOOD, "127.0.0.1", &cert);
    fa_server_start(&server, (const char *[]){NULL});
}

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_nginx_stop(&nginx);
    fa_server_stop(&server);
    fa_ca_fini(&ca);
    fa_scratch_fini(&scratch);
}

TestSuite(http2, .init = begin, .fini = end, .timeout = 120.0);

/* In front of the bad server. */
static void start_nginx(bool http2, const char *more)
{
    char *directives = NULL;
    cr_assert(asprintf(&directives,
                       "%s location / { proxy_pass %s; proxy_http_version 1.1; "
                       "proxy_buffering off; }",
                       more, fa_server_url(&server, "")) > 0);
    struct fa_nginx_options options = {.root = fa_scratch_mkdir(&scratch, "www"),
                                       .cert = cert.cert,
                                       .key = cert.key,
                                       .http2 = http2,
                                       .workers = 1,
                                       .server = directives};
    fa_nginx_start(&nginx, &scratch, &options);
    free(directives);
}

/* The options end with NULL. */
#define START(mode, ...)                                                                  \
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--http", "2", "--cacert", ca.file, \
                   "--connect-timeout", "10", __VA_ARGS__)

static void add_urls(const char *path, int count)
{
    for (int i = 0; i < count; i++) {
        fa_lines_add(&list, "https://127.0.0.1:%d%s%d", nginx.port, path, i);
    }
}

static void expect_files(const char *path, int count, uint64_t size)
{
    const char *name = strrchr(path, '/') + 1;
    for (int i = 0; i < count; i++) {
        char file[64], seed[128];
        snprintf(file, sizeof(file), "%s%d", name, i);
        snprintf(seed, sizeof(seed), "%s%d", path, i);
        fa_expect_file(fetch.dir, file, seed, size);
    }
}

/* How many entries came over this version, and how many of them had to connect. */
static size_t count_version(const char *version, size_t *ret_connects)
{
    size_t count = 0, connects = 0, i;
    json_t *entry;
    json_array_foreach(fetch.entries, i, entry)
    {
        const char *is = fa_report_str(entry, "http_version");
        const json_t *tls = json_object_get(json_object_get(entry, "time"), "tls");
        count += is && strcmp(is, version) == 0;
        connects += json_number_value(tls) > 0;
    }
    if (ret_connects) {
        *ret_connects = connects;
    }
    return count;
}

FA_TEST_MODES(http2, files_come_over_it_and_a_loop_needs_one_connection)
{
    size_t connects;
    start_nginx(true, "");
    add_urls("/ok/20000/a", FILES);
    START(mode, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/ok/20000/a", FILES, SIZE);
    cr_expect_eq(count_version("2", &connects), FILES, "%s", mode);
    if (strcmp(mode, "loops") == 0) {
        cr_expect_eq(connects, 1, "%zu connections", connects);
    } else if (strcmp(mode, "async") == 0) {
        cr_expect(connects <= 8, "%zu connections", connects);
    }
}

/* The first entry is all that is known of its origin, and its connection is kept even so. */
FA_TEST_MODES(http2, list_that_comes_slowly_needs_one_connection)
{
    size_t connects;
    struct fa_run_options options = {.stdin_open = true};
    start_nginx(true, "");
    add_urls("/ok/20000/a", 20);
    char *rest = strchr(list.text, '\n') + 1;
    fa_fetch_start_with(&fetch, &scratch, &options, NULL, mode, "-", "--http", "2", "--cacert",
                        ca.file, "--connect-timeout", "10", "--loops", "1", "--events", "-", NULL);
    char *first = strndup(list.text, (size_t)(rest - list.text));
    fa_run_feed(&fetch.run, first);
    free(first);
    fa_run_until_stdout_has(&fetch.run, "\"event\": \"done\"", 10);
    fa_run_feed(&fetch.run, rest);
    fa_run_feed_end(&fetch.run);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/ok/20000/a", 20, SIZE);
    cr_expect_eq(count_version("2", &connects), 20, "%s", mode);
    if (strcmp(mode, "loops") == 0 || strcmp(mode, "async") == 0) {
        cr_expect_eq(connects, 1, "%s: %zu connections", mode, connects);
    }
}

FA_TEST_MODES(http2, server_without_it_gives_http_1)
{
    start_nginx(false, "");
    add_urls("/ok/20000/a", FILES);
    START(mode, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/ok/20000/a", FILES, SIZE);
    cr_expect_eq(count_version("1.1", NULL), FILES, "%s", mode);
}

FA_TEST_MODES(http2, connections_that_the_server_ends_after_some_files_lose_none)
{
    start_nginx(true, "keepalive_requests 7;");
    add_urls("/ok/20000/a", FILES);
    START(mode, NULL);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/ok/20000/a", FILES, SIZE);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(http2, streams_that_are_reset_are_never_taken_for_whole_files)
{
    start_nginx(true, "");
    add_urls("/truncate/5000/20000/cut", 10);
    add_urls("/truncchunk/5000/20000/chunk", 10);
    add_urls("/reset/5000/20000/reset", 10);
    add_urls("/ok/20000/whole", 10);
    START(mode, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 30, 5);
    expect_files("/ok/20000/whole", 10, SIZE);
    fa_fetch_expect_count(&fetch, "ok", 10);
    for (int line = 1; line <= 30; line++) {
        const char *class = fa_report_str(fa_report_by_line(fetch.entries, line), "class");
        cr_expect(strcmp(class, "truncated") == 0 || strcmp(class, "protocol") == 0, "%s: %d: %s",
                  mode, line, class);
    }
}

FA_TEST_MODES(http2, what_it_cut_is_resumed_over_http_1)
{
    start_nginx(true, "");
    add_urls("/truncate/8000/20000/cut", 3);
    START(mode, "--retries", "9", NULL);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/truncate/8000/20000/cut", 3, SIZE);
    cr_expect_eq(count_version("1.1", NULL), 3, "%s", mode);
}

/* Debian 12 has a libcurl that may take a stream that was aborted for one that has ended. */
FA_TEST_MODES(http2, answer_without_a_length_is_asked_for_again_and_that_is_no_failure)
{
    start_nginx(true, "");
    add_urls("/chunked/20000/chunked", 20);
    add_urls("/ok/20000/whole", 20);
    add_urls("/close/20000/close", 20);
    START(mode, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 30, 0);
    expect_files("/chunked/20000/chunked", 20, SIZE);
    expect_files("/ok/20000/whole", 20, SIZE);
    expect_files("/close/20000/close", 20, SIZE);
    bool trusted = fa_run_has_libcurl(804);
    for (int line = 1; line <= 60; line++) {
        const json_t *entry = fa_report_by_line(fetch.entries, line);
        cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s: %d", mode, line);
        bool whole = (line > 20 && line <= 40) || trusted;
        cr_expect_str_eq(fa_report_str(entry, "http_version"), whole ? "2" : "1.1", "%s: %d", mode,
                         line);
    }
}

FA_TEST_MODES(http2, origin_that_only_fails_with_it_is_asked_over_http_1)
{
    start_nginx(true, "");
    add_urls("/truncate/5000/20000/cut", 40);
    add_urls("/ok/20000/whole", 40);
    START(mode, "--retries", "0", "-j", "1", "-v", NULL);
    fa_fetch_expect(&fetch, 60, 5);
    expect_files("/ok/20000/whole", 40, SIZE);
    cr_expect_eq(count_version("1.1", NULL), 76, "%s", mode);
    cr_expect(strstr(fa_run_err(&fetch.run), "fails with HTTP/2: HTTP/1.1 from now on"), "%s: %s",
              mode, fa_run_err(&fetch.run));
}

FA_TEST_MODES(http2, streams_that_we_end_leave_the_others_alone)
{
    start_nginx(true, "");
    for (int i = 0; i < 50; i++) {
        fa_lines_add(&list, "https://127.0.0.1:%d/ok/3000000/large%d", nginx.port, i);
        fa_lines_add(&list, "https://127.0.0.1:%d/ok/20000/a%d", nginx.port, i);
    }
    START(mode, "--retries", "0", "--max-size", "1M", "--stall-timeout", "10", NULL);
    fa_fetch_expect(&fetch, 60, 1);
    expect_files("/ok/20000/a", 50, SIZE);
    fa_fetch_expect_count(&fetch, "ok", 50);
    cr_expect_eq(count_version("2", NULL), 100, "%s", mode);
}

FA_TEST_MODES(http2, server_that_dies_amid_its_streams_loses_none)
{
    start_nginx(true, "");
    add_urls("/holdat/5000/20000/held", 8);
    START(mode, "--retries", "5", "--stall-timeout", "60", "-v", NULL);
    fa_server_until(&server, "held", 8, 10);
    pid_t workers[8];
    size_t n = fa_process_descendants(nginx.pid, workers, 8);
    cr_assert(n >= 1 && n <= 8);
    for (size_t i = 0; i < n; i++) {
        kill(workers[i], SIGKILL);
    }
    /* A retry that begins before those 5000 bytes is held again. */
    double until = fa_now() + fa_timeout(20);
    while (!fetch.run.ended && fa_now() < until) {
        fa_server_release(&server, NULL);
        fa_run_pump(&fetch.run, 20);
    }
    fa_fetch_expect(&fetch, 5, 0);
    expect_files("/holdat/5000/20000/held", 8, SIZE);
    fa_fetch_expect_no_parts(&fetch);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "HTTP/1.1 from now on"), "%s: %s", mode,
                   fa_run_err(&fetch.run));
}

/* One after the other, each would wait for the time-out of those before it. */
FA_TEST_MODES(http2, host_that_never_answers_is_not_waited_for_by_turns)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int mute = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(mute, (struct sockaddr *)&address, len) == 0 && listen(mute, 64) == 0);
    getsockname(mute, (struct sockaddr *)&address, &len);
    for (int i = 0; i < 16; i++) {
        fa_lines_add(&list, "https://127.0.0.1:%d/a%d", ntohs(address.sin_port), i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--http", "2", "--retries", "0", "--loops",
                   "1", NULL);
    fa_fetch_expect(&fetch, 30, 5);
    close(mute);
    fa_fetch_expect_count(&fetch, "failed", 16);
    cr_expect(fetch.seconds < fa_timeout(6), "%s: %.1f s", mode, fetch.seconds);
}

FA_TEST_MODES(http2, interrupt_leaves_nothing_behind)
{
    start_nginx(true, "");
    add_urls("/hold/held", 8);
    add_urls("/ok/20000/a", 5);
    START(mode, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 8, 10);
    fa_run_kill(&fetch.run, SIGINT);
    fa_run_wait(&fetch.run, 10);
    cr_expect(fetch.run.signaled && fetch.run.signal == SIGINT, "%s", mode);
}
