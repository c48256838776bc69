/* --sync, which asks the server whether a file changed, and --retry-failed. */

#include "support/fail.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of two pieces; its body stops after the first. */
#define SIZE          600000
#define HELD          (256 * 1024)
#define FILE_OF(kind) "/by/" kind "/262144/600000/a"

static const char *dir;

static void begin(void)
{
    fixture_begin();
    dir = fa_scratch_path(&scratch, "dir");
}

TestSuite(sync, .init = begin, .fini = fixture_end, .timeout = 60.0);

#define START(mode, ...) \
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, __VA_ARGS__, NULL)

/* Releases all held answers, until the program ends. */
static void finish(int status)
{
    double until = fa_now() + fa_timeout(20);
    while (fa_process_alive(fetch.run.pid) && fa_now() < until) {
        fa_server_release(&server, NULL);
        fa_run_pump(&fetch.run, 20);
    }
    fa_fetch_expect(&fetch, 5, status);
}

static void bump(void)
{
    free(fa_server_get(&server, "/_bump"));
}

/* The list is fetched once; the server's log is empty after that. */
static void fetch_first(const char *mode)
{
    START(mode, "--stall-timeout", "60");
    finish(0);
    fa_fetch_end(&fetch);
    fa_server_reset(&server);
}

/* The header of the last request for a path; NULL: it has none; free() it. */
static char *header_of(const char *path, const char *name)
{
    json_t *log = fa_server_log(&server);
    const char *value = NULL;
    bool found = false;
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        if (strcmp(fa_report_str(request, "path"), path) == 0) {
            value = json_string_value(json_object_get(json_object_get(request, "headers"), name));
            found = true;
        }
    }
    if (!found) {
        fa_test_fail("%s: there is no request for \"%s\"", fetch.mode, path);
    }
    char *copy = value ? strdup(value) : NULL;
    json_decref(log);
    return copy;
}

/* Whether the last request for a path had a condition. */
static void expect_condition(const char *path, bool tag, bool date)
{
    char *match = header_of(path, "If-None-Match");
    char *since = header_of(path, "If-Modified-Since");
    char *range = header_of(path, "Range");
    cr_expect_eq(match != NULL, tag, "%s: %s: If-None-Match: %s", fetch.mode, path,
                 match ? match : "none");
    cr_expect_eq(since != NULL, date, "%s: %s: If-Modified-Since: %s", fetch.mode, path,
                 since ? since : "none");
    cr_expect_null(range, "%s: %s: Range: %s", fetch.mode, path, range);
    free(match);
    free(since);
    free(range);
}

static struct stat stat_of(const char *name)
{
    struct stat st;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    cr_assert_eq(lstat(path, &st), 0, "%s", path);
    return st;
}

static void expect_a(const char *seed)
{
    fa_expect_files(dir, &(struct fa_truth){"a", seed, SIZE}, 1);
}

/* The server has no other version, and less of it. */
FA_TEST_MODES(sync, file_is_not_replaced_by_less_of_the_same_version)
{
    static const char *const paths[] = {"/range206/shrinks/2000/a", "/range206/shrinksopen/2000/b"};
    const struct fa_truth files[] = {{"a", paths[0], 2000}, {"b", paths[1], 2000}};
    add_path(paths[0]);
    add_path(paths[1]);
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_end(&fetch);
    for (int i = 0; i < 2; i++) {
        START(mode, "--sync", "--retries", "1");
        fa_fetch_expect(&fetch, 10, 5);
        fa_fetch_expect_entry(&fetch, 1, "failed", "changed");
        fa_fetch_expect_entry(&fetch, 2, "failed", "truncated");
        fa_expect_files(dir, files, 2);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
}

FA_TEST_MODES(sync, file_that_did_not_change_is_left_as_it_is)
{
    add_path("/ok/100000/a");
    add_path(FILE_OF("date") "te");
    fetch_first(mode);
    struct stat before = stat_of("a");
    for (int i = 0; i < 2; i++) {
        START(mode, "--sync");
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_count(&fetch, "unchanged", 2);
        const json_t *entry = fa_report_by_line(fetch.entries, 1);
        cr_expect_eq(fa_report_int(entry, "bytes"), 0, "%s", mode);
        cr_expect_eq(fa_report_int(entry, "http"), 304, "%s", mode);
        cr_expect_eq(fa_report_int(entry, "size"), 100000, "%s", mode);
        cr_expect_eq(fa_report_int(entry, "resumed"), 0, "%s", mode);
        cr_expect_str_eq(fa_report_str(entry, "path"), "a");
        expect_condition("/ok/100000/a", true, true);
        expect_condition(FILE_OF("date") "te", false, true);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
    struct stat after = stat_of("a");
    cr_expect_eq(after.st_ino, before.st_ino);
    cr_expect_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    cr_expect_eq(fa_server_stat(&server, "requests"), 4, "%s", mode);
}

FA_TEST_MODES(sync, validators_in_odd_forms_are_sent_back)
{
    add_path(FILE_OF("unquoted"));
    add_path(FILE_OF("olddate") "te");
    fetch_first(mode);
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "unchanged", 2);
    expect_condition(FILE_OF("unquoted"), true, false);
    expect_condition(FILE_OF("olddate") "te", false, true);
    char *tag = header_of(FILE_OF("unquoted"), "If-None-Match");
    cr_expect_str_eq(tag, "same-600000", "%s", mode);
    free(tag);
}

/* The server holds the body back, so the program can end only if it does not wait for it. */
FA_TEST_MODES(sync, server_that_ignores_conditions_need_not_send_the_same_file)
{
    static const char kept[] = "/by/deaf/0/600000/b";
    add_path("/by/deaf/262144/600000/a");
    add_path("/by/deaf/0/600000/b");
    fetch_first(mode);
    struct stat before = stat_of("a");
    for (int i = 0; i < 2; i++) {
        START(mode, "--sync", "--stall-timeout", "60");
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_count(&fetch, "unchanged", 2);
        for (unsigned line = 1; line <= 2; line++) {
            const json_t *entry = fa_report_by_line(fetch.entries, line);
            cr_expect_eq(fa_report_int(entry, "bytes"), 0, "%s", mode);
            cr_expect_eq(fa_report_int(entry, "http"), 200, "%s", mode);
            cr_expect_eq(fa_report_int(entry, "size"), SIZE, "%s", mode);
        }
        expect_condition(kept, true, false);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
    cr_expect_eq(stat_of("a").st_ino, before.st_ino);
    bump();
    START(mode, "--sync", "--stall-timeout", "60");
    finish(0);
    fa_fetch_expect_count(&fetch, "ok", 2);
    const struct fa_truth files[] = {{"a", "/by/deaf/262144/600000/a#1", SIZE},
                                     {"b", "/by/deaf/0/600000/b#1", SIZE}};
    fa_expect_files(dir, files, 2);
}

FA_TEST_MODES(sync, changed_file_is_replaced_at_once_and_whole)
{
    add_path(FILE_OF("strong"));
    fetch_first(mode);
    bump();
    START(mode, "--sync", "--stall-timeout", "60");
    fa_server_until(&server, "held", 1, 10);
    expect_a(FILE_OF("strong") "#0");
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", dir);
    FILE *reader = fopen(path, "r");
    finish(0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    expect_condition(FILE_OF("strong"), true, false);
    expect_a(FILE_OF("strong") "#1");
    fa_fetch_expect_no_parts(&fetch);
    /* A process that has it open keeps the old one. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(reader));
    char sum[FA_SHA256_HEX];
    char old[FA_SHA256_HEX];
    fa_truth_sha256_file(path, sum);
    fa_truth_sha256_pattern(FILE_OF("strong") "#0", SIZE, old);
    cr_expect_str_eq(sum, old, "%s", mode);
    fclose(reader);
    fa_fetch_end(&fetch);
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "unchanged", NULL);
}

FA_TEST_MODES(sync, reader_sees_the_old_file_or_the_new_one)
{
    static const char file[] = "/version/3000000/a";
    char sums[2][FA_SHA256_HEX];
    fa_truth_sha256_pattern("/version/3000000/a#0", 3000000, sums[0]);
    fa_truth_sha256_pattern("/version/3000000/a#1", 3000000, sums[1]);
    add_path(file);
    fetch_first(mode);
    bump();
    START(mode, "--sync");
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", dir);
    while (fa_process_alive(fetch.run.pid)) {
        char now[FA_SHA256_HEX];
        fa_truth_sha256_file(path, now);
        cr_assert(strcmp(now, sums[0]) == 0 || strcmp(now, sums[1]) == 0, "%s", mode);
        fa_run_pump(&fetch.run, 0);
    }
    fa_fetch_expect(&fetch, 5, 0);
    fa_expect_file(dir, "a", "/version/3000000/a#1", 3000000);
}

FA_TEST_MODES(sync, failure_leaves_the_old_file_and_what_is_known_of_it)
{
    add_path(FILE_OF("gone"));
    fetch_first(mode);
    bump();
    for (int i = 0; i < 2; i++) {
        START(mode, "--sync");
        fa_fetch_expect(&fetch, 10, 1);
        fa_fetch_expect_entry(&fetch, 1, "failed", "http");
        expect_condition(FILE_OF("gone"), true, false);
        expect_a(FILE_OF("gone") "#0");
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
    /* Without --sync there is nothing to do. */
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
}

FA_TEST_MODES(sync, transfer_that_breaks_off_leaves_the_old_file_and_what_is_known_of_it)
{
    add_path(FILE_OF("strong"));
    fetch_first(mode);
    bump();
    START(mode, "--sync", "--retries", "0", "--stall-timeout", "1");
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "stalled");
    expect_a(FILE_OF("strong") "#0");
    fa_fetch_expect_no_parts(&fetch);
    fa_fetch_end(&fetch);
    START(mode, "--sync", "--stall-timeout", "60");
    finish(0);
    expect_condition(FILE_OF("strong"), true, false);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    expect_a(FILE_OF("strong") "#1");
}

FA_TEST_MODES(sync, tag_that_a_304_does_not_repeat_is_kept)
{
    add_path(FILE_OF("bare"));
    fetch_first(mode);
    for (int i = 0; i < 3; i++) {
        START(mode, "--sync");
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_entry(&fetch, 1, "unchanged", NULL);
        expect_condition(FILE_OF("bare"), true, false);
        fa_fetch_end(&fetch);
    }
}

FA_TEST_MODES(sync, what_the_state_does_not_know_is_fetched)
{
    fa_scratch_write(&scratch, "dir/a", "somebody's");
    add_path("/ok/1000/a");
    add_path("/ok/2000/b");
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "ok", 2);
    expect_condition("/ok/1000/a", false, false);
    expect_condition("/ok/2000/b", false, false);
    fa_fetch_end(&fetch);
    add_path("/ok/3000/c");
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "unchanged", 2);
    fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
    const struct fa_truth files[] = {
        {"a", "/ok/1000/a", 1000}, {"b", "/ok/2000/b", 2000}, {"c", "/ok/3000/c", 3000}};
    fa_expect_files(dir, files, 3);
}

static bool part_has_a_piece(void *arg)
{
    (void)arg;
    char path[PATH_MAX];
    bool found = false;
    snprintf(path, sizeof(path), "%s/.fetchall", dir);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat st;
        found |= strstr(entry->d_name, ".part") &&
                 fstatat(dirfd(folder), entry->d_name, &st, 0) == 0 && st.st_size >= HELD;
    }
    if (folder) {
        closedir(folder);
    }
    return found;
}

FA_TEST_MODES(sync, replacement_that_was_ended_is_made_by_the_next_run)
{
    static const int signals[] = {SIGKILL, SIGINT};
    add_path(FILE_OF("strong"));
    fetch_first(mode);
    for (size_t i = 0; i < 2; i++) {
        bump();
        START(mode, "--sync", "--stall-timeout", "60");
        cr_assert(fa_wait_until(part_has_a_piece, NULL, 10), "%s", mode);
        fa_run_kill(&fetch.run, signals[i]);
        cr_assert_eq(fa_run_wait(&fetch.run, 6), 128 + signals[i]);
        fa_run_end(&fetch.run);
        expect_a(i == 0 ? FILE_OF("strong") "#0" : FILE_OF("strong") "#1");
        START(mode, "--sync", "--stall-timeout", "60");
        finish(0);
        expect_condition(FILE_OF("strong"), true, false);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        expect_a(i == 0 ? FILE_OF("strong") "#1" : FILE_OF("strong") "#2");
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
        START(mode, "--sync");
        fa_fetch_expect(&fetch, 10, 0);
        fa_fetch_expect_entry(&fetch, 1, "unchanged", NULL);
        fa_fetch_end(&fetch);
    }
}

FA_TEST_MODES(sync, file_that_was_changed_here_is_fetched_again)
{
    add_path("/ok/1000/a");
    fetch_first(mode);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", dir);
    cr_assert_eq(truncate(path, 500), 0);
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    expect_condition("/ok/1000/a", false, false);
    fa_expect_files(dir, &(struct fa_truth){"a", "/ok/1000/a", 1000}, 1);
    fa_fetch_end(&fetch);
    fa_file_remove(path);
    START(mode, "--sync");
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    expect_condition("/ok/1000/a", false, false);
    fa_expect_files(dir, &(struct fa_truth){"a", "/ok/1000/a", 1000}, 1);
}

FA_TEST_MODES(sync, manifest_and_digests_of_unchanged_files_are_complete)
{
    add_path("/ok/1000/a");
    fetch_first(mode);
    const char *manifest = fa_scratch_path(&scratch, "sums");
    START(mode, "--sync", "--manifest", manifest);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "unchanged", NULL);
    char want[128];
    char sum[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/ok/1000/a", 1000, sum);
    snprintf(want, sizeof(want), "%s  a\n", sum);
    char *text = fa_file_read(manifest, NULL);
    cr_expect_str_eq(text, want, "%s: %s", mode, text);
    free(text);
}

/* ------------------------------------------------------------------ --retry-failed */

/* As when a letter of DIR is wrong. */
Test(sync, retry_failed_without_a_state_is_a_usage_error)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "nowhere"), "--retry-failed", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "knows of no entry"), "%s", fa_run_err(&run));
    fa_expect_no_file(scratch.path, "nowhere");
    fa_run_end(&run);
}

/* Without a list. */
static void start_listless(const char *mode)
{
    bool loops = strcmp(mode, "loops") == 0;
    fetch = (struct fa_fetch){.mode = mode, .dir = dir};
    fetch.report = fa_scratch_path(&scratch, "report-%zu", scratch.name_count);
    fa_run_start(&fetch.run, NULL, "-d", dir, "-m", loops ? "async" : mode, "--report",
                 fetch.report, "--retry-wait", "0.05", "--retries", "0", "--progress", "none",
                 "--retry-failed", loops ? "--loops" : NULL, "1", NULL);
}

FA_TEST_MODES(sync, only_failed_entries_are_retried)
{
    add_path("/ok/10/a");
    add_path("/status/404/b");
    add_path("/flaky/2/500/30/c");
    add_path("/flaky/1/500/40/d");
    fa_lines_add(&list, " out=sub/other");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "failed", 3);
    fa_fetch_end(&fetch);
    add_path("/ok/50/new");
    static const size_t failed[] = {2, 1, 1};
    static const size_t told[] = {3, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        START(mode, "--retries", "0", "--retry-failed");
        fa_fetch_expect(&fetch, 10, 1);
        cr_expect_eq(json_array_size(fetch.entries), told[i], "%s: run %zu tells of %zu", mode, i,
                     json_array_size(fetch.entries));
        fa_fetch_expect_count(&fetch, "failed", failed[i]);
        fa_fetch_expect_count(&fetch, "ok", told[i] - failed[i]);
        fa_fetch_end(&fetch);
    }
    cr_expect_eq(fa_server_requests(&server, "/ok/10/a"), 1, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/status/404/b"), 4, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/flaky/2/500/30/c"), 3, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/flaky/1/500/40/d"), 2, "%s", mode);
    const struct fa_truth files[] = {{"a", "/ok/10/a", 10},
                                     {"c", "/flaky/2/500/30/c", 30},
                                     {"sub/other", "/flaky/1/500/40/d", 40}};
    fa_expect_files(dir, files, 3);
}

FA_TEST_MODES(sync, what_failed_is_a_list_of_its_own_without_one)
{
    char sum[FA_SHA256_HEX];
    fa_truth_sha256_pattern("/flaky/1/500/40/d", 40, sum);
    add_path("/ok/10/a");
    add_path("/flaky/1/500/30/1/same");
    add_path("/flaky/1/500/31/2/same");
    add_path("/flaky/1/500/40/d");
    fa_lines_add(&list, " dir=sub\n out=other\n checksum=sha256=%s", sum);
    fa_lines_add(&list, "http://127.0.0.1:%d/flaky/1/500/50/e\thttp://127.0.0.1:%d/status/404/e",
                 server.port, server.port);
    add_path("/status/404/gone");
    fa_lines_add(&list, "http://user:s3cret@127.0.0.1:%d/flaky/1/500/60/secret", server.port);
    add_path("/flaky/1/500/60/header");
    fa_lines_add(&list, " header=X-Token: s3cret");
    add_path("/flaky/1/500/60/signed?sig=s3cret");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "failed", 8);
    char second[64];
    snprintf(second, sizeof(second), "%s",
             fa_report_str(fa_report_by_line(fetch.entries, 3), "path"));
    fa_fetch_end(&fetch);

    start_listless(mode);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_eq(json_array_size(fetch.entries), 8, "%s: %zu", mode,
                 json_array_size(fetch.entries));
    fa_fetch_expect_count(&fetch, "ok", 7);
    fa_fetch_expect_count(&fetch, "failed", 1);
    const struct fa_truth files[] = {{"a", "/ok/10/a", 10},
                                     {"same", "/flaky/1/500/30/1/same", 30},
                                     {second, "/flaky/1/500/31/2/same", 31},
                                     {"sub/other", "/flaky/1/500/40/d", 40},
                                     {"e", "/flaky/1/500/50/e", 50},
                                     {"secret", "/flaky/1/500/60/secret", 60},
                                     {"header", "/flaky/1/500/60/header", 60},
                                     {"signed", "/flaky/1/500/60/signed?sig=s3cret", 60}};
    fa_expect_files(dir, files, 8);
    fa_fetch_end(&fetch);
    start_listless(mode);
    fa_fetch_expect(&fetch, 10, 1);
    cr_expect_eq(json_array_size(fetch.entries), 1, "%s", mode);
    cr_expect_eq(fa_server_requests(&server, "/ok/10/a"), 1, "%s", mode);
}

FA_TEST_MODES(sync, nothing_that_failed_is_nothing_to_do)
{
    add_path("/ok/10/a");
    fetch_first(mode);
    start_listless(mode);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(json_array_size(fetch.entries), 0, "%s", mode);
    fa_fetch_end(&fetch);
    START(mode, "--retry-failed");
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(json_array_size(fetch.entries), 0, "%s", mode);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0, "%s", mode);
}

/* Their names are written down, and read again, as they are. */
FA_TEST_MODES(sync, odd_names_are_found_again_without_a_list)
{
    add_path("/status/404/x%20");
    add_path("/status/404/%20x");
    add_path("/status/404/a%0ab");
    add_path("/status/404/%5cn%23=%25");
    add_path("/status/404/%c3%a9");
    add_path("/status/404/b");
    fa_lines_add(&list, " out= leading");
    add_path("/status/404/c");
    fa_lines_add(&list, " out=#x\n dir=#y/out=z");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "failed", 7);
    fa_fetch_end(&fetch);
    start_listless(mode);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_count(&fetch, "failed", 7);
    cr_expect_eq(fa_server_stat(&server, "requests"), 14, "%s", mode);
}

/* The part of a failed entry is resumed. */
FA_TEST_MODES(sync, failed_entries_are_resumed)
{
    add_path("/truncate/400000/1000000/a");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 10, 5);
    fa_fetch_end(&fetch);
    for (int i = 0; i < 2; i++) {
        start_listless(mode);
        fa_fetch_expect(&fetch, 10, i == 0 ? 5 : 0);
        long long resumed = fa_report_int(json_array_get(fetch.entries, 0), "resumed");
        cr_expect_eq(resumed, 400000 * (i + 1), "%s: %lld", mode, resumed);
        fa_fetch_end(&fetch);
    }
    fa_expect_files(dir, &(struct fa_truth){"a", "/truncate/400000/1000000/a", 1000000}, 1);
}
