/* Ranges of one file that are fetched at once: the result is the file of the server, whatever the
 * server does. See system/kill_test.c for kills. */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/nginx.h"
#include "support/pattern.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 2.5 MB/s over each connection. */
#define SIZE 4000000
#define SLOW "/trickle/10/25000/4000000/large"

static const char *dir;

static void begin(void)
{
    fixture_begin();
    dir = fa_scratch_path(&scratch, "dir");
}

TestSuite(segments, .init = begin, .fini = fixture_end, .timeout = 120.0);

#define START(mode, ...)                                                                         \
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--segments", __VA_ARGS__, \
                        NULL)

static void expect_whole(const char *seed)
{
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_no_parts(&fetch);
    fa_expect_file(dir, "large", seed, SIZE);
}

static int64_t reported(const char *name)
{
    return fa_report_int(fa_fetch_expect_entry(&fetch, 1, "ok", NULL), name);
}

FA_TEST_MODES(segments, connections_share_a_file)
{
    bool bare = strcmp(mode, "async") == 0; /* the file has no name at first */
    add_path(SLOW);
    if (bare)
        START(mode, "3", "--hash", "none", "--no-state");
    else
        START(mode, "3");
    fa_fetch_expect(&fetch, 60, 0);
    expect_whole(SLOW);
    cr_expect_geq(fa_server_stat(&server, "peak_active"), 2);
    cr_expect_leq(fa_server_stat(&server, "peak_active"), 3);
    cr_expect_eq(reported("attempts"), 1);
    cr_expect_eq(reported("resumed"), 0);
    cr_expect_geq(reported("bytes"), SIZE);
}

Test(segments, file_that_changes_meanwhile_is_of_one_version)
{
    static const char path[] = "/slowversion/10/40000/4000000/large";
    char digest[FA_SHA256_HEX], old[FA_SHA256_HEX], new[FA_SHA256_HEX];
    add_path(path);
    START("async", "3");
    fa_server_until(&server, "active", 3, 20);
    free(fa_server_get(&server, "/_bump"));
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_fetch_expect_no_parts(&fetch);
    fa_truth_sha256_file(fa_scratch_path(&scratch, "dir/large"), digest);
    fa_truth_sha256_pattern("/slowversion/10/40000/4000000/large#0", SIZE, old);
    fa_truth_sha256_pattern("/slowversion/10/40000/4000000/large#1", SIZE, new);
    cr_expect(strcmp(digest, old) == 0 || strcmp(digest, new) == 0);
}

/* Until the part has its second map, which claims bytes: see engine/part_map.c. */
static bool has_map(void *arg)
{
    (void)arg;
    uint64_t slots[2][512] = {0}, latest = 0;
    const off_t at = (SIZE + 4095) / 4096 * 4096;
    DIR *parts = opendir(fa_scratch_path(&scratch, "dir/.fetchall"));
    struct dirent *entry;
    while (parts && (entry = readdir(parts))) {
        const char *dot = strstr(entry->d_name, ".part");
        int fd = dot ? openat(dirfd(parts), entry->d_name, O_RDONLY | O_CLOEXEC) : -1;
        if (fd >= 0 && pread(fd, slots, sizeof(slots), at) == (ssize_t)sizeof(slots))
            latest = slots[0][1] > slots[1][1] ? slots[0][1] : slots[1][1];
        if (fd >= 0)
            close(fd);
    }
    if (parts)
        closedir(parts);
    return latest >= 2;
}

static bool server_is_idle(void *arg)
{
    (void)arg;
    return fa_server_stat(&server, "active") == 0;
}

/* The length of a split part says nothing about its bytes. */
FA_TEST_MODES(segments, run_with_one_connection_fetches_only_what_is_missing)
{
    add_path(SLOW);
    START(mode, "2");
    cr_assert(fa_wait_until(has_map, NULL, 30));
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    fa_fetch_end(&fetch);
    cr_assert(fa_wait_until(server_is_idle, NULL, 30)); /* it notices that its client is gone */
    fa_server_reset(&server);
    START(mode, "1");
    fa_fetch_expect(&fetch, 60, 0);
    expect_whole(SLOW);
    cr_expect_gt(reported("resumed"), 0);
    cr_expect_eq(reported("bytes") + reported("resumed"), SIZE);
    cr_expect_eq(fa_server_stat(&server, "peak_active"), 1);
}

/* What nginx does with the requests for a range of these files. */
static const struct {
    const char *name, *answer;
} ways[] = {
    {"good", ""},
    {"ignored", "max_ranges 0;"},
    {"wrong", "if ($http_range) { return 206 wrong; }"},
    {"busy", "if ($http_range) { return 503; }"},
    {"limited", "if ($http_range) { return 429; }"},
    {"denied", "if ($http_range) { return 403; }"},
    {"cut", "if ($http_range) { return 444; }"}, /* without an answer */
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static void serve_with_nginx(struct fa_nginx *nginx)
{
    static unsigned char bytes[SIZE];
    char name[64];
    static char directives[2000] = "limit_rate 1400k; keepalive_requests 1;\n";
    fa_scratch_mkdir(&scratch, "www");
    for (size_t i = 0; i < WAYS; ++i) {
        size_t len = strlen(directives);
        snprintf(directives + len, sizeof(directives) - len, "location /%s { %s }\n", ways[i].name,
                 ways[i].answer);
        fa_pattern_fill(ways[i].name, 0, bytes, SIZE);
        snprintf(name, sizeof(name), "www/%s", ways[i].name);
        fa_scratch_write_bytes(&scratch, name, bytes, SIZE);
    }
    struct fa_nginx_options options = {.root = fa_scratch_path(&scratch, "www"),
                                       .access_log = true,
                                       .workers = 1,
                                       .server = directives};
    fa_nginx_start(nginx, &scratch, &options);
}

static size_t requests_for(const char *log, const char *name)
{
    char text[64];
    size_t requests = 0;
    snprintf(text, sizeof(text), "/%s ", name);
    for (const char *at = log; (at = strstr(at, text)); ++at)
        ++requests;
    return requests;
}

Test(segments, server_that_gives_no_ranges_costs_a_request)
{
    struct fa_nginx nginx = {0};
    serve_with_nginx(&nginx);
    for (size_t i = 0; i < WAYS; ++i)
        fa_lines_add(&list, "http://127.0.0.1:%d/%s", nginx.port, ways[i].name);
    START("async", "2");
    fa_fetch_expect(&fetch, 60, 0);
    char *log = fa_file_read(nginx.access_log, NULL);
    for (size_t i = 0; i < WAYS; ++i) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, (long long)i + 1, "ok", NULL);
        cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s", ways[i].name);
        if (i > 0)
            cr_expect_eq(requests_for(log, ways[i].name), 2, "%s: %s", ways[i].name, log);
        fa_expect_file(dir, ways[i].name, ways[i].name, SIZE);
    }
    fa_fetch_expect_no_parts(&fetch);
    free(log);
    fa_nginx_stop(&nginx);
}
