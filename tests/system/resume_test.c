/*
 * Resuming, within a run and across runs (pitfalls A6, N01 to N27, F09, F10, S02 to S04): the
 * result is the file of the server, never a mix of two versions.
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
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* A large file, and where its body stops: after four of the blocks that the program writes. */
#define SIZE      3000000
#define HELD      (4 * 256 * 1024)
#define NAME      "resumable-file"
#define BIG(kind) "/by/" kind "/1048576/3000000/" NAME

static const char *dir;
static char mounted[PATH_MAX];

static void begin(void)
{
    fixture_begin();
    dir = fa_scratch_path(&scratch, "dir");
}

static void end(void)
{
    if (*mounted) {
        umount2(mounted, MNT_DETACH);
    }
    fixture_end();
}

TestSuite(resume, .init = begin, .fini = end, .timeout = 90.0);

/* Start in the same folder, always. */
#define START(mode, ...)                                                                       \
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--stall-timeout", "60", \
                        __VA_ARGS__, NULL)
#define AGAIN(mode) START(mode, "--retries", "1")

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

/* A header of the N-th request (1: the first) for a path, or NULL; free() it. */
static char *header_of(const char *path, size_t n, const char *name)
{
    json_t *log = fa_server_log(&server);
    char *value = NULL;
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        if (strcmp(fa_report_str(request, "path"), path) == 0 && --n == 0) {
            const char *is =
                json_string_value(json_object_get(json_object_get(request, "headers"), name));
            value = is ? strdup(is) : NULL;
            json_decref(log);
            return value;
        }
    }
    fa_test_fail("%s: there is no such request for \"%s\"", fetch.mode, path);
}

/* The N-th request for a path asks for the bytes from that offset on, or for all (0). */
static void expect_range(const char *path, size_t n, long long from, const char *condition)
{
    char want[64];
    snprintf(want, sizeof(want), "bytes=%lld-", from);
    char *range = header_of(path, n, "Range");
    char *if_range = header_of(path, n, "If-Range");
    if (from == 0) {
        cr_expect(!range && !if_range, "%s: %s: Range: %s, If-Range: %s", fetch.mode, path,
                  range ? range : "", if_range ? if_range : "");
    } else {
        cr_expect(range && strcmp(range, want) == 0, "%s: %s: Range: %s", fetch.mode, path,
                  range ? range : "none");
        cr_expect(if_range && strncmp(if_range, condition, strlen(condition)) == 0,
                  "%s: %s: If-Range: %s", fetch.mode, path, if_range ? if_range : "none");
    }
    free(range);
    free(if_range);
}

/* What the report has for a line: bytes kept, and why it was restarted (a part of that; NULL:
 * null). */
static void expect_told(long long line, long long resumed, const char *restarted)
{
    const json_t *entry = fa_report_by_line(fetch.entries, line);
    const char *why = fa_report_str(entry, "restarted");
    long long kept = fa_report_int(entry, "resumed");
    cr_expect_eq(kept, resumed, "%s: %s: resumed %lld", fetch.mode, fa_report_str(entry, "url"),
                 kept);
    cr_expect(restarted ? why && strstr(why, restarted) : !why, "%s: %s: restarted: %s", fetch.mode,
              fa_report_str(entry, "url"), why ? why : "null");
}

/* The only part. */
static const char *find_part(char path[PATH_MAX])
{
    char own[PATH_MAX - 300];
    size_t found = 0;
    snprintf(own, sizeof(own), "%s/.fetchall", dir);
    DIR *folder = opendir(own);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strstr(entry->d_name, ".part")) {
            snprintf(path, PATH_MAX, "%s/%s", own, entry->d_name);
            found++;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return found == 1 ? path : NULL;
}

static bool part_has(void *size)
{
    char path[PATH_MAX];
    struct stat st;
    const char *part = find_part(path);
    return part && stat(part, &st) == 0 && st.st_size >= *(off_t *)size;
}

static bool holds(const char *path, const char *text)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return false;
    }
    size_t len;
    char *bytes = fa_file_read(path, &len);
    bool found = memmem(bytes, len, text, strlen(text));
    free(bytes);
    return found;
}

static bool is_recorded(void *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/.fetchall/state.db-wal", dir);
    if (holds(path, name)) {
        return true;
    }
    path[strlen(path) - 4] = '\0';
    return holds(path, name);
}

static void until_part_has(off_t size)
{
    cr_assert(fa_wait_until(part_has, &size, 10), "%s: no part of %lld bytes", fetch.mode,
              (long long)size);
}

static void until_recorded(const char *name)
{
    char copy[64];
    snprintf(copy, sizeof(copy), "%s", name);
    cr_assert(fa_wait_until(is_recorded, copy, 10), "%s: no record of %s", fetch.mode, name);
}

/* Ends the run by a signal. */
static void stop(int signal)
{
    fa_run_kill(&fetch.run, signal);
    if (signal == SIGKILL) {
        fa_run_wait(&fetch.run, 5);
        fa_run_end(&fetch.run);
        return;
    }
    fa_fetch_expect(&fetch, 6, 128 + signal);
    fa_fetch_end(&fetch);
}

/* A run that is ended when the first part of the one file is there. */
static void stop_in_the_middle(const char *mode, const char *path, int signal, bool recorded)
{
    add_path(path);
    AGAIN(mode);
    fa_server_until(&server, "held", 1, 10);
    until_part_has(HELD);
    if (recorded) {
        until_recorded(NAME);
    }
    stop(signal);
    fa_expect_no_file(dir, NAME);
}

static const int signals[] = {SIGINT, SIGKILL};

/* Removes everything, so that the same test can run again. */
static void clear(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_file_remove(dir);
    fa_server_reset(&server);
}

/* ------------------------------------------------------------------ within a run */

/* The path is PATH/<row>. */
struct case_ {
    const char *path;
    int size;
    const char *tail; /* of the seed */
    int http;
    int requests;
    int ranges; /* of them, those that ask for a part */
    int attempts;
    int resumed;
    const char *restarted;
};

#define OTHER   "another version"
#define WHOLE   "the whole file"
#define REFUSED "did not go on"
#define LENGTH  "another length"
#define DENIED  "answered a range with an error"

static const struct case_ cases[] = {
    {"/truncate/7/20", 20, "", 206, 3, 2, 3, 14, NULL},
    {"/reset/50000/100000", 100000, "", 206, 2, 1, 2, 50000, NULL},
    {"/range206/wrongstart/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/wrongtotal/2000", 2000, "", 200, 3, 1, 2, 0, OTHER},
    {"/range206/nocr/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/startotal/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/multipart/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/gzip/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/cutclose/8", 8, "", 206, 4, 3, 4, 7, NULL},
    {"/range206/overclose/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/ignore/2000", 2000, "", 200, 2, 1, 2, 0, WHOLE},
    {"/range206/sameoffset/2000", 1000, "#1", 200, 2, 1, 2, 0, OTHER},
    {"/range206/200rest/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/200restclose/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/first200/2000", 2000, "", 200, 2, 0, 2, 0, NULL},
    {"/range206/first200close/2000", 2000, "", 200, 2, 0, 2, 0, NULL},
    {"/range206/shorter/2000", 2000, "", 200, 3, 1, 2, 0, LENGTH},
    {"/range206/longer/2000", 2000, "", 200, 3, 1, 2, 0, LENGTH},
    {"/range206/shorterdate/2000", 2000, "", 200, 3, 1, 2, 0, LENGTH},
    {"/range206/nolength/2000", 2000, "", 206, 3, 2, 2, 1500, WHOLE},
    {"/range206/nolengthchunk/2000", 2000, "", 206, 3, 2, 2, 1500, WHOLE},
    {"/range206/gzipfirst/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/gzipboth/2000", 2000, "", 206, 2, 1, 2, 1000, NULL},
    {"/range206/gzipchunk/2000", 2000, "", 206, 2, 1, 2, 1000, NULL},
    {"/range206/400/2000", 2000, "", 200, 3, 1, 2, 0, DENIED},
    {"/range206/403/2000", 2000, "", 200, 3, 1, 2, 0, DENIED},
    {"/range206/500/2000", 2000, "", 200, 3, 1, 2, 0, DENIED},
    {"/range206/outage500/2000", 2000, "", 206, 4, 2, 3, 1000, NULL},
    {"/range206/416half/2000", 2000, "", 200, 3, 1, 2, 0, OTHER},
    {"/range206/416chunk/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/416other/2000", 2000, "#1", 200, 3, 1, 2, 0, OTHER},
    {"/range206/416bare/2000", 2000, "", 200, 3, 1, 2, 0, REFUSED},
    {"/range206/416etag/2000", 2000, "#1", 200, 3, 1, 2, 0, OTHER},
    {"/range206/etag/2000", 2000, "#1", 200, 2, 1, 2, 0, OTHER},
    {"/range206/etaglie/2000", 2000, "#1", 200, 3, 1, 2, 0, OTHER},
    {"/range206/weak/2000", 2000, "#1", 200, 2, 0, 2, 0, NULL},
    {"/range206/novalidator/2000", 2000, "#1", 200, 2, 0, 2, 0, NULL},
    {"/range206/date/2000", 2000, "", 206, 2, 1, 2, 1000, NULL},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static void expect_case(const struct case_ *is, const char *path, long long line, const json_t *log)
{
    int requests = 0;
    int ranges = 0;
    size_t i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        if (strcmp(fa_report_str(request, "path"), path) == 0) {
            json_t *headers = json_object_get(request, "headers");
            bool range = json_object_get(headers, "Range");
            cr_expect_eq(range, json_object_get(headers, "If-Range") != NULL,
                         "%s %s: never a Range without a condition", fetch.mode, path);
            requests++;
            ranges += range;
        }
    }
    cr_expect_eq(requests, is->requests, "%s %s: %d requests", fetch.mode, path, requests);
    cr_expect_eq(ranges, is->ranges, "%s %s: %d ranges", fetch.mode, path, ranges);
    const json_t *entry = fa_fetch_expect_entry(&fetch, line, "ok", NULL);
    long long http = fa_report_int(entry, "http");
    long long attempts = fa_report_int(entry, "attempts");
    cr_expect_eq(http, is->http, "%s %s: status %lld", fetch.mode, path, http);
    cr_expect_eq(attempts, is->attempts, "%s %s: %lld tries", fetch.mode, path, attempts);
    expect_told(line, is->resumed, is->restarted);
}

/* A list of all cases, and the expected files. */
static void add_cases(struct fa_truth files[CASES])
{
    static char names[CASES][16];
    static char seeds[CASES][512];
    char path[512];
    for (size_t i = 0; i < CASES; i++) {
        snprintf(names[i], sizeof(names[i]), "r%zu", i);
        snprintf(seeds[i], sizeof(seeds[i]), "%s/%s%s", cases[i].path, names[i], cases[i].tail);
        snprintf(path, sizeof(path), "%s/%s", cases[i].path, names[i]);
        files[i] = (struct fa_truth){names[i], seeds[i], (uint64_t)cases[i].size};
        add_path(path);
    }
}

FA_TEST_MODES(resume, answer_to_a_range_is_taken_only_if_it_is_the_rest_of_the_same_file)
{
    struct fa_truth files[CASES];
    char path[512];
    add_cases(files);
    START(mode, "--retries", "5");
    fa_fetch_expect(&fetch, 20, 0);
    json_t *log = fa_server_log(&server);
    for (size_t i = 0; i < CASES; i++) {
        snprintf(path, sizeof(path), "%s/%s", cases[i].path, files[i].name);
        expect_case(&cases[i], path, (long long)i + 1, log);
    }
    json_decref(log);
    fa_expect_files(dir, files, CASES);
    fa_fetch_expect_no_parts(&fetch);
}

/* Gateways that end each connection early, with FIN or with RST. */
FA_TEST_MODES(resume, large_file_arrives_through_a_gateway_that_cuts_every_connection)
{
    static const char *const paths[] = {"/truncate/1048576/12582912/a",
                                        "/reset/1048576/12582912/b"};
    const struct fa_truth files[] = {{"a", paths[0], 12582912}, {"b", paths[1], 12582912}};
    add_path(paths[0]);
    add_path(paths[1]);
    START(mode, "--retries", "1");
    fa_fetch_expect(&fetch, 40, 0);
    for (long long line = 1; line <= 2; line++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, line, "ok", NULL);
        cr_expect_eq(fa_report_int(entry, "attempts"), 12, "%s: %lld attempts", mode,
                     fa_report_int(entry, "attempts"));
        cr_expect_eq(fa_report_int(entry, "bytes"), 12582912);
    }
    fa_expect_files(dir, files, 2);
    fa_fetch_expect_no_parts(&fetch);
}

/* The first run gets the first answer of each, the others the later ones. */
static void expect_right_across_runs(const char *mode)
{
    struct fa_truth files[CASES];
    add_cases(files);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--retries", "0",
                        "--insecure", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--retries", "5",
                        "--insecure", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    for (size_t i = 0; i < CASES; i++) {
        const json_t *entry = fa_report_by_line(fetch.entries, (long long)i + 1);
        cr_expect_eq(fa_report_int(entry, "resumed"), cases[i].resumed, "%s %s: resumed %lld", mode,
                     cases[i].path, fa_report_int(entry, "resumed"));
    }
    fa_expect_files(dir, files, CASES);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(resume, answer_is_compared_with_that_to_the_previous_run)
{
    expect_right_across_runs(mode);
}

FA_TEST_MODES(resume, answer_is_compared_with_that_to_the_previous_run_over_tls)
{
    struct fa_ca ca;
    struct fa_cert cert;
    fa_server_stop(&server);
    fa_ca_init(&ca, &scratch);
    fa_ca_issue(&ca, &scratch, "cert", FA_CERT_GOOD, "127.0.0.1", &cert);
    fa_server_start(&server, (const char *[]){"--tls", cert.cert, cert.key, NULL});
    expect_right_across_runs(mode);
    fa_ca_fini(&ca);
}

/* The part may be missing although its record exists. */
FA_TEST_MODES(resume, answer_is_compared_with_that_for_a_part_that_is_missing)
{
    char path[PATH_MAX];
    add_path("/range206/alwaysshorter/2000/a");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_end(&fetch);
    fa_file_remove(find_part(path));
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "changed");
    fa_expect_files(dir, NULL, 0);
}

/* It cannot be known which answer lied.  A run that has not seen the first one believes the
 * second. */
FA_TEST_MODES(resume, file_whose_length_changes_under_its_tag_is_not_taken)
{
    static const char *const paths[] = {"/range206/alwaysshorter/2000/a",
                                        "/range206/416same/2000/b"};
    const struct fa_truth files[] = {{"a", paths[0], 1000}, {"b", paths[1], 2000}};
    add_path(paths[0]);
    add_path(paths[1]);
    for (int first = 0; first <= 1; first++) {
        if (first) {
            START(mode, "--retries", "0");
            fa_fetch_expect(&fetch, 20, 5);
            fa_fetch_end(&fetch);
        }
        START(mode, "--retries", first ? "0" : "2");
        fa_fetch_expect(&fetch, 20, 5);
        fa_fetch_expect_entry(&fetch, 1, "failed", "changed");
        fa_fetch_expect_entry(&fetch, 2, "failed", "changed");
        fa_expect_files(dir, NULL, 0);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
        START(mode, "--retries", "0");
        fa_fetch_expect(&fetch, 20, 0);
        fa_expect_files(dir, files, 2);
        fa_fetch_end(&fetch);
        fa_file_remove(dir);
        fa_server_reset(&server);
    }
}

/* ------------------------------------------------------------------ ranges that get an error */

/* An overload is not a refusal: the range is requested again before the whole file is. */
FA_TEST_MODES(resume, range_that_gets_503_is_asked_for_twice_before_the_whole_file_is)
{
    add_path("/range206/503/2000/a");
    add_path("/range206/outage503/2000/b");
    START(mode, "--retries", "5");
    fa_fetch_expect(&fetch, 20, 0);
    expect_range("/range206/503/2000/a", 2, 1000, "\"");
    expect_range("/range206/503/2000/a", 3, 1000, "\"");
    expect_range("/range206/503/2000/a", 4, 0, NULL);
    expect_range("/range206/outage503/2000/b", 3, 1000, "\"");
    expect_range("/range206/outage503/2000/b", 4, 0, NULL);
    expect_range("/range206/outage503/2000/b", 5, 1000, "\"");
    expect_told(1, 0, DENIED);
    expect_told(2, 1000, NULL);
    fa_expect_file(dir, "a", "/range206/503/2000/a", 2000);
    fa_expect_file(dir, "b", "/range206/outage503/2000/b", 2000);
}

/* Also without retries. */
FA_TEST_MODES(resume, range_that_gets_an_error_does_not_stop_the_next_run)
{
    static const char *const codes[] = {"400", "403", "500", "503"};
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/range206/%s/2000/r%s", codes[i], codes[i]);
        add_path(path);
    }
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_count(&fetch, "failed", 4);
    fa_fetch_end(&fetch);
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 0);
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/range206/%s/2000/r%s", codes[i], codes[i]);
        expect_range(path, 2, 1000, "\"");
        expect_range(path, 3, 0, NULL);
        expect_told((long long)i + 1, 0, DENIED);
        fa_expect_file(dir, strrchr(path, '/') + 1, path, 2000);
    }
    fa_fetch_expect_no_parts(&fetch);
}

/* Existing bytes are not discarded before there is something better. */
FA_TEST_MODES(resume, part_outlives_a_server_that_answers_everything_with_an_error)
{
    static const char path[] = "/range206/outage500/2000/a";
    add_path(path);
    for (int run = 1; run <= 2; run++) {
        START(mode, "--retries", "0");
        fa_fetch_expect(&fetch, 20, 5);
        fa_fetch_end(&fetch);
    }
    expect_range(path, 2, 1000, "\"");
    expect_range(path, 3, 0, NULL);
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 0);
    expect_range(path, 4, 1000, "\"");
    expect_told(1, 1000, NULL);
    fa_expect_files(dir, &(struct fa_truth){"a", path, 2000}, 1);
    fa_fetch_expect_no_parts(&fetch);
}

/* ------------------------------------------------------------------ bodies without a length */

FA_TEST_MODES(resume, chunked_body_that_breaks_off_is_never_continued)
{
    add_path("/truncchunk/500/2000/a");
    START(mode, "--retries", "2");
    fa_fetch_expect(&fetch, 20, 5);
    fa_fetch_expect_entry(&fetch, 1, "failed", "truncated");
    for (size_t i = 1; i <= 3; i++) {
        expect_range("/truncchunk/500/2000/a", i, 0, NULL);
    }
    fa_expect_files(dir, NULL, 0);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(resume, condition_is_the_date_where_there_is_no_tag)
{
    add_path("/range206/date/2000/a");
    add_path("/truncate/600/1000/b");
    START(mode, "--retries", "2");
    fa_fetch_expect(&fetch, 20, 0);
    expect_range("/range206/date/2000/a", 2, 1000, "Sat, 01 Jan 2022 00:00:00 GMT");
    expect_range("/truncate/600/1000/b", 2, 600, "\"");
}

FA_TEST_MODES(resume, target_of_a_redirect_is_resumed)
{
    add_path("/redir/302/%2ftruncate%2f600%2f1000%2fx/a");
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    expect_range("/truncate/600/1000/x", 1, 0, NULL);
    expect_range("/truncate/600/1000/x", 2, 600, "\"");
    expect_told(1, 600, NULL);
    fa_expect_file(dir, "a", "/truncate/600/1000/x", 1000);
}

FA_TEST_MODES(resume, mirror_does_not_resume_the_bytes_of_another_url)
{
    char first[256];
    snprintf(first, sizeof(first), "%s", fa_server_url(&server, "/truncate/600/1000/a"));
    fa_lines_add(&list, "%s\t%s", first, fa_server_url(&server, "/ok/1000/b"));
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    expect_range("/ok/1000/b", 1, 0, NULL);
    expect_told(1, 0, NULL);
    fa_expect_file(dir, "a", "/ok/1000/b", 1000);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s", mode);
}

/* ------------------------------------------------------------------ across runs */

FA_TEST_MODES(resume, run_resumes_where_the_previous_one_was_stopped)
{
    for (size_t i = 0; i < 2; i++) {
        stop_in_the_middle(mode, BIG("strong"), signals[i], true);
        AGAIN(mode);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        expect_told(1, HELD, NULL);
        const json_t *entry = fa_report_by_line(fetch.entries, 1);
        cr_expect_eq(fa_report_int(entry, "bytes"), SIZE - HELD);
        char sum[FA_SHA256_HEX];
        fa_truth_sha256_pattern(BIG("strong") "#0", SIZE, sum);
        cr_expect_str_eq(fa_report_str(entry, "digest.sha256"), sum, "%s", mode);
        expect_range(BIG("strong"), 2, HELD, "\"");
        cr_expect_eq(fa_server_requests(&server, BIG("strong")), 2, "%s", mode);
        fa_expect_files(dir, &(struct fa_truth){NAME, BIG("strong") "#0", SIZE}, 1);
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

FA_TEST_MODES(resume, run_resumes_by_a_date_that_is_old_enough)
{
    stop_in_the_middle(mode, BIG("date"), SIGKILL, true);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    expect_told(1, HELD, NULL);
    expect_range(BIG("date"), 2, HELD, "Sat, 01 Jan 2022 00:00:00 GMT");
    fa_expect_file(dir, NAME, BIG("date") "#0", SIZE);
}

FA_TEST_MODES(resume, run_does_not_resume_without_a_strong_validator)
{
    static const char *const paths[] = {BIG("weak"), BIG("young"), BIG("none")};
    for (size_t i = 0; i < 6; i++) {
        const char *path = paths[i / 2];
        stop_in_the_middle(mode, path, signals[i % 2], false);
        free(fa_server_get(&server, "/_bump"));
        AGAIN(mode);
        finish(0);
        expect_told(1, 0, NULL);
        expect_range(path, 2, 0, NULL);
        char seed[512];
        snprintf(seed, sizeof(seed), "%s#%zu", path, i + 1);
        fa_expect_files(dir, &(struct fa_truth){NAME, seed, SIZE}, 1);
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

FA_TEST_MODES(resume, file_that_changed_between_runs_is_the_new_one_alone)
{
    for (size_t i = 0; i < 2; i++) {
        stop_in_the_middle(mode, BIG("strong"), signals[i], true);
        free(fa_server_get(&server, "/_bump"));
        AGAIN(mode);
        finish(0);
        expect_told(1, 0, OTHER);
        expect_range(BIG("strong"), 2, HELD, "\"");
        cr_expect_eq(fa_server_requests(&server, BIG("strong")), 2, "%s", mode);
        fa_expect_file(dir, NAME, i == 0 ? BIG("strong") "#1" : BIG("strong") "#2", SIZE);
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

/* The part of the second run contains new bytes, and the state may still describe the old ones. */
FA_TEST_MODES(resume, file_that_changed_is_not_mixed_when_the_next_run_is_killed_too)
{
    static const bool recorded[] = {false, true};
    for (size_t i = 0; i < 2; i++) {
        stop_in_the_middle(mode, BIG("strong"), SIGKILL, true);
        fa_server_reset(&server);
        free(fa_server_get(&server, "/_bump"));
        AGAIN(mode);
        fa_server_until(&server, "requests", 1, 10);
        off_t first = 256 * 1024;
        until_part_has(recorded[i] ? HELD : first);
        stop(SIGKILL);
        free(fa_server_get(&server, "/_bump"));
        AGAIN(mode);
        finish(0);
        fa_expect_file(dir, NAME, i == 0 ? BIG("strong") "#2" : BIG("strong") "#4", SIZE);
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

FA_TEST_MODES(resume, run_killed_during_a_body_is_resumed_from_existing_bytes)
{
    static const char path[] = "/trickle/5/20000/4000000/" NAME;
    add_path(path);
    AGAIN(mode);
    until_part_has(HELD);
    until_recorded(NAME);
    stop(SIGKILL);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    long long resumed = fa_report_int(fa_report_by_line(fetch.entries, 1), "resumed");
    cr_expect(resumed >= HELD && resumed < 4000000, "%s: %lld", mode, resumed);
    expect_range(path, 2, resumed, "\"");
    fa_expect_file(dir, NAME, path, 4000000);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(resume, run_killed_again_and_again_gets_there)
{
    static const char path[] = "/trickle/5/20000/5000000/" NAME;
    long long least = 0;
    add_path(path);
    for (int i = 1; i <= 4; i++) {
        AGAIN(mode);
        until_part_has((off_t)i * HELD);
        until_recorded(NAME);
        stop(i % 2 ? SIGKILL : SIGINT);
    }
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    long long resumed = fa_report_int(fa_report_by_line(fetch.entries, 1), "resumed");
    cr_expect(resumed >= 4 * HELD, "%s: %lld", mode, resumed);
    for (size_t i = 2; i <= 5; i++) {
        char *range = header_of(path, i, "Range");
        long long from = 0;
        cr_expect(range && sscanf(range, "bytes=%lld-", &from) == 1 && from > least,
                  "%s: request %zu: %s", mode, i, range ? range : "no range");
        least = from;
        free(range);
    }
    fa_expect_files(dir, &(struct fa_truth){NAME, path, 5000000}, 1);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(resume, target_of_a_redirect_is_resumed_by_the_next_run)
{
    static const char *const kinds[] = {"--retries", "--sync"};
    for (size_t i = 0; i < 2; i++) {
        stop_in_the_middle(mode, "/redir/302/%2fby%2fstrong%2f1048576%2f3000000%2fx/" NAME,
                           signals[i], true);
        START(mode, "--retry-wait", "0.1", kinds[i], i == 0 ? "1" : NULL);
        fa_fetch_expect(&fetch, 20, 0);
        expect_told(1, HELD, NULL);
        expect_range("/by/strong/1048576/3000000/x", 2, HELD, "\"");
        fa_expect_file(dir, NAME, "/by/strong/1048576/3000000/x#0", SIZE);
        clear();
    }
}

FA_TEST_MODES(resume, every_active_transfer_is_resumed_by_the_next_run)
{
    for (size_t i = 0; i < 2; i++) {
        for (int j = 10; j < 30; j++) {
            char path[64];
            snprintf(path, sizeof(path), "/holdat/262144/300000/many%d", j);
            add_path(path);
        }
        START(mode, "--retries", "1", "--per-host", "16");
        fa_server_until(&server, "held", 16, 10);
        for (int j = 10; j < 26; j++) {
            char name[16];
            snprintf(name, sizeof(name), "many%d", j);
            until_recorded(name);
        }
        stop(signals[i]);
        START(mode, "--retries", "1", "--per-host", "16");
        finish(0);
        fa_fetch_expect_count(&fetch, "ok", 20);
        for (long long line = 1; line <= 20; line++) {
            expect_told(line, line <= 16 ? 262144 : 0, NULL);
        }
        cr_expect_eq(fa_truth_count_files(dir), 20, "%s", mode);
        for (int j = 10; j < 30; j++) {
            char path[64];
            snprintf(path, sizeof(path), "/holdat/262144/300000/many%d", j);
            fa_expect_file(dir, strrchr(path, '/') + 1, path, 300000);
        }
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

/* What a kill between the naming of a file and the record of that leaves. */
FA_TEST_MODES(resume, file_that_got_its_name_just_before_a_kill_is_known)
{
    static const char *const options[] = {"--retries", "--sync"};
    for (size_t i = 0; i < 2; i++) {
        stop_in_the_middle(mode, BIG("strong"), SIGKILL, true);
        char path[PATH_MAX];
        fa_file_remove(find_part(path));
        char *bytes = malloc(SIZE);
        fa_pattern_fill(BIG("strong") "#0", 0, bytes, SIZE);
        fa_scratch_write_bytes(&scratch, "dir/" NAME, bytes, SIZE);
        free(bytes);
        START(mode, "--retry-wait", "0.1", options[i], i == 0 ? "1" : NULL);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_entry(&fetch, 1, i == 0 ? "exists" : "unchanged", NULL);
        cr_expect_eq(fa_server_requests(&server, BIG("strong")), 1 + i, "%s", mode);
        clear();
    }
}

/* ------------------------------------------------------------------ what others do to the part */

enum harm { LINKED, HARD_LINKED, SHORTER, LONGER, OTHER_BYTES, HARMS };

static void do_harm(enum harm harm, const char *precious)
{
    char path[PATH_MAX];
    const char *part = find_part(path);
    cr_assert_not_null(part, "%s: no part", fetch.mode);
    char *bytes = fa_file_read(part, NULL);
    FILE *file;
    switch (harm) {
    case LINKED:
        fa_file_remove(part);
        cr_assert_eq(symlink(precious, part), 0);
        break;
    case HARD_LINKED:
        fa_file_remove(part);
        cr_assert_eq(link(precious, part), 0);
        break;
    case SHORTER:
        cr_assert_eq(truncate(part, 300000), 0);
        break;
    case LONGER:
        cr_assert_eq(truncate(part, SIZE + 1000), 0);
        break;
    default:
        file = fopen(part, "r+");
        fputs("something else", file);
        fclose(file);
        break;
    }
    free(bytes);
}

FA_TEST_MODES(resume, part_that_others_changed_does_no_harm)
{
    static const long long resumed[HARMS] = {0, 0, 300000, 0, 0};
    char sum[FA_SHA256_HEX];
    fa_truth_sha256_pattern(BIG("strong") "#0", SIZE, sum);
    for (enum harm harm = 0; harm < HARMS; harm++) {
        char *text = malloc(HELD);
        memset(text, 'p', HELD);
        const char *precious = fa_scratch_write_bytes(&scratch, "precious", text, HELD);
        stop_in_the_middle(mode, BIG("strong"), signals[harm % 2], true);
        do_harm(harm, precious);
        if (harm == OTHER_BYTES) {
            fa_lines_add(&list, " checksum=sha256=%s", sum);
        }
        AGAIN(mode);
        finish(0);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        long long kept = fa_report_int(fa_report_by_line(fetch.entries, 1), "resumed");
        cr_expect_eq(kept, resumed[harm], "%s: harm %d: resumed %lld", mode, (int)harm, kept);
        fa_expect_files(dir, &(struct fa_truth){NAME, BIG("strong") "#0", SIZE}, 1);
        fa_fetch_expect_no_parts(&fetch);
        size_t len;
        char *is = fa_file_read(precious, &len);
        cr_expect(len == HELD && memcmp(is, text, HELD) == 0, "%s: harm %d", mode, (int)harm);
        free(is);
        free(text);
        clear();
    }
}

FA_TEST_MODES(resume, parts_are_private_while_they_grow)
{
    struct stat st;
    char path[PATH_MAX];
    stop_in_the_middle(mode, BIG("strong"), SIGKILL, true);
    cr_expect(stat(find_part(path), &st) == 0 && (st.st_mode & 07777) == 0600, "%s: %o", mode,
              st.st_mode);
    free(fa_server_get(&server, "/_bump"));
    fa_server_reset(&server);
    AGAIN(mode);
    fa_server_until(&server, "requests", 1, 10);
    until_part_has(1);
    cr_expect(stat(find_part(path), &st) == 0 && (st.st_mode & 077) == 0, "%s: %o", mode,
              st.st_mode);
    finish(0);
    fa_expect_file(dir, NAME, BIG("strong") "#1", SIZE);
}

/* ------------------------------------------------------------------ lists that change */

static void list_is(const char *const *paths, size_t count)
{
    fa_lines_fini(&list);
    for (size_t i = 0; i < count; i++) {
        add_path(paths[i]);
    }
}

FA_TEST_MODES(resume, list_that_is_reordered_and_grown_fetches_nothing_twice)
{
    static const char *const one[] = {"/ok/1000/a", BIG("strong"), "/ok/2000/b"};
    static const char *const two[] = {"/ok/2000/b", "/ok/3000/c", BIG("strong"), "/ok/1000/a"};
    for (size_t i = 0; i < 2; i++) {
        list_is(one, 3);
        AGAIN(mode);
        fa_server_until(&server, "held", 1, 10);
        until_recorded("ok/1000/a");
        until_recorded("ok/2000/b");
        until_part_has(HELD);
        until_recorded(NAME);
        stop(signals[i]);
        list_is(two, 4);
        AGAIN(mode);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
        fa_fetch_expect_entry(&fetch, 2, "ok", NULL);
        fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
        fa_fetch_expect_entry(&fetch, 4, "exists", NULL);
        expect_told(3, HELD, NULL);
        cr_expect_eq(fa_server_stat(&server, "requests"), 5, "%s", mode);
        const struct fa_truth files[] = {{"a", "/ok/1000/a", 1000},
                                         {"b", "/ok/2000/b", 2000},
                                         {"c", "/ok/3000/c", 3000},
                                         {NAME, BIG("strong") "#0", SIZE}};
        fa_expect_files(dir, files, 4);
        clear();
    }
}

static void expect_path(long long line, const char *path)
{
    const char *is = fa_report_str(fa_report_by_line(fetch.entries, line), "path");
    cr_expect_str_eq(is, path, "%s: %s", fetch.mode, is);
}

FA_TEST_MODES(resume, urls_with_one_name_keep_theirs_in_whatever_order_they_come)
{
    static const char *const ab[] = {"/ok/10/1/same", "/ok/20/2/same"};
    static const char *const ba[] = {"/ok/20/2/same", "/ok/10/1/same"};
    char second[64];
    list_is(ab, 2);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    expect_path(1, "same");
    snprintf(second, sizeof(second), "%s",
             fa_report_str(fa_report_by_line(fetch.entries, 2), "path"));
    cr_expect(strncmp(second, "same-", 5) == 0, "%s", second);
    fa_fetch_end(&fetch);
    for (size_t count = 2; count >= 1; count--) {
        list_is(ba, count);
        AGAIN(mode);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_count(&fetch, "exists", count);
        expect_path(1, second);
        if (count == 2) {
            expect_path(2, "same");
        }
        fa_fetch_end(&fetch);
    }
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s", mode);
    const struct fa_truth files[] = {{"same", ab[0], 10}, {second, ab[1], 20}};
    fa_expect_files(dir, files, 2);
}

FA_TEST_MODES(resume, file_of_another_url_is_not_taken_for_this_one)
{
    static const char *const one[] = {"/ok/10/1/same"};
    static const char *const other[] = {"/ok/10/2/same"};
    char path[64];
    list_is(one, 1);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_end(&fetch);
    list_is(other, 1);
    for (int i = 0; i < 2; i++) {
        AGAIN(mode);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_entry(&fetch, 1, i == 0 ? "ok" : "exists", NULL);
        snprintf(path, sizeof(path), "%s",
                 fa_report_str(fa_report_by_line(fetch.entries, 1), "path"));
        fa_fetch_end(&fetch);
    }
    const struct fa_truth files[] = {{"same", one[0], 10}, {path, other[0], 10}};
    fa_expect_files(dir, files, 2);
    cr_expect_eq(fa_server_stat(&server, "requests"), 2, "%s", mode);
}

/* The same with parts: that of one URL is not resumed for another. */
FA_TEST_MODES(resume, part_of_another_url_is_not_taken_for_this_one)
{
    static const char *const other[] = {"/ok/2000000/" NAME};
    stop_in_the_middle(mode, BIG("strong"), SIGKILL, true);
    list_is(other, 1);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    expect_range(other[0], 1, 0, NULL);
    expect_told(1, 0, NULL);
    const char *path = fa_report_str(fa_report_by_line(fetch.entries, 1), "path");
    fa_expect_files(dir, &(struct fa_truth){path, other[0], 2000000}, 1);
}

/* ------------------------------------------------------------------ existing files */

FA_TEST_MODES(resume, file_that_is_not_whole_any_more_is_fetched_again)
{
    add_path("/ok/1000/a");
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_end(&fetch);
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/a", dir);
    cr_assert_eq(truncate(path, 300), 0);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    expect_told(1, 0, NULL);
    expect_range("/ok/1000/a", 2, 0, NULL);
    fa_expect_files(dir, &(struct fa_truth){"a", "/ok/1000/a", 1000}, 1);
    fa_fetch_end(&fetch);
    fa_file_remove(path);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_files(dir, &(struct fa_truth){"a", "/ok/1000/a", 1000}, 1);
}

FA_TEST_MODES(resume, overwriting_that_was_ended_leaves_the_old_file)
{
    add_path(BIG("strong"));
    for (size_t i = 0; i < 2; i++) {
        AGAIN(mode);
        finish(0);
        fa_fetch_end(&fetch);
        fa_server_reset(&server);
        free(fa_server_get(&server, "/_bump"));
        START(mode, "--overwrite");
        fa_server_until(&server, "requests", 1, 10);
        until_part_has(HELD);
        stop(signals[i]);
        const char *old = i == 0 ? BIG("strong") "#0" : BIG("strong") "#2";
        fa_expect_file(dir, NAME, old, SIZE);
        AGAIN(mode);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
        free(fa_server_get(&server, "/_bump"));
        START(mode, "--overwrite");
        finish(0);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        fa_expect_file(dir, NAME, i == 0 ? BIG("strong") "#2" : BIG("strong") "#4", SIZE);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
    }
}

/* ------------------------------------------------------------------ the state */

FA_TEST_MODES(resume, without_a_state_a_run_resumes_and_the_next_does_not)
{
    add_path("/truncate/600/1000/a");
    START(mode, "--no-state");
    fa_fetch_expect(&fetch, 20, 0);
    expect_told(1, 600, NULL);
    fa_expect_no_file(dir, ".fetchall");
    fa_fetch_end(&fetch);
    START(mode, "--no-state");
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
    for (size_t i = 0; i < 2; i++) {
        clear();
        add_path(BIG("strong"));
        START(mode, "--no-state");
        fa_server_until(&server, "held", 1, 10);
        until_part_has(HELD);
        stop(signals[i]);
        if (signals[i] == SIGINT) {
            fa_expect_no_file(dir, ".fetchall");
        }
        START(mode, "--no-state");
        finish(0);
        expect_told(1, 0, NULL);
        expect_range(BIG("strong"), 2, 0, NULL);
        fa_expect_no_file(dir, ".fetchall");
        fa_expect_file(dir, NAME, BIG("strong") "#0", SIZE);
    }
}

FA_TEST_MODES(resume, state_may_be_elsewhere_and_belongs_to_its_folder)
{
    const char *state = fa_scratch_path(&scratch, "elsewhere.db");
    add_path("/truncate/400000/1000000/a");
    START(mode, "--retries", "0", "--state", state);
    fa_fetch_expect(&fetch, 20, 5);
    fa_expect_no_file(dir, ".fetchall/state.db");
    cr_expect_eq(access(state, F_OK), 0);
    fa_fetch_end(&fetch);
    START(mode, "--retries", "5", "--state", state);
    fa_fetch_expect(&fetch, 20, 0);
    expect_range("/truncate/400000/1000000/a", 2, 400000, "\"");
    fa_expect_file(dir, "a", "/truncate/400000/1000000/a", 1000000);
    fa_fetch_end(&fetch);
    const char *ours = dir;
    dir = fa_scratch_path(&scratch, "other");
    START(mode, "--state", state);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), ours), "%s", fa_run_err(&fetch.run));
    fa_expect_no_file(dir, "a");
    fa_run_end(&fetch.run);
}

/* An existing file, and its state. */
static const char *make_state(const char *mode)
{
    add_path("/ok/1000/a");
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_end(&fetch);
    return fa_scratch_path(&scratch, "dir/.fetchall/state.db");
}

FA_TEST_MODES(resume, damaged_state_is_reported_and_put_aside)
{
    const char *state = make_state(mode);
    int fd = open(state, O_WRONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && write(fd, "this is no database", 19) == 19);
    close(fd);
    AGAIN(mode);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "damaged"), "%s", fa_run_err(&fetch.run));
    cr_expect(holds(fa_scratch_path(&scratch, "dir/.fetchall/state.db.damaged"), "no database"));
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
}

/*
 * States of earlier schemas, each written by the program of that time.  Their URLs are of
 * files.example, for which the server is the proxy: one file done, one that was interrupted, one
 * that failed and has a part, and two that do not exist.
 */
static const char *const states[] = {"schema-1.db", "schema-2.db"};

static const char *put_state(const char *name)
{
    static const char *const parts[2][2] = {
        {"0bbfe5df91e71303", "/by/strong/1048576/3000000/" NAME "#0"},
        {"afdc15ce0926d1fc", "/truncate/400000/1000000/cut"},
    };
    char path[PATH_MAX];
    size_t len;
    snprintf(path, sizeof(path), FA_STATES "/%s", name);
    char *bytes = fa_file_read(path, &len);
    fa_scratch_mkdir(&scratch, "dir/.fetchall/");
    const char *state = fa_scratch_write_bytes(&scratch, "dir/.fetchall/state.db", bytes, len);
    free(bytes);
    bytes = malloc(HELD);
    for (size_t i = 0; i < 2; i++) {
        len = i == 0 ? HELD : 800000;
        snprintf(path, sizeof(path), "dir/.fetchall/%s.part", parts[i][0]);
        fa_pattern_fill(parts[i][1], 0, bytes, len);
        cr_assert_eq(chmod(fa_scratch_write_bytes(&scratch, path, bytes, len), 0600), 0);
    }
    fa_pattern_fill("/ok/1000/done", 0, bytes, 1000);
    fa_scratch_write_bytes(&scratch, "dir/done", bytes, 1000);
    free(bytes);
    static const char *const paths[] = {"/ok/1000/done", "/status/404/lost\n out=gone",
                                        "/truncate/400000/1000000/cut", BIG("strong")};
    for (size_t i = 0; i < 4; i++) {
        fa_lines_add(&list, "http://files.example%s", paths[i]);
    }
    return state;
}

FA_TEST_MODES(resume, state_of_an_earlier_schema_is_upgraded)
{
    char proxy[64];
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        put_state(states[i]);
        snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server.port);
        START(mode, "--proxy", proxy);
        fa_fetch_expect(&fetch, 20, 1);
        fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
        fa_fetch_expect_entry(&fetch, 2, "failed", "http");
        expect_told(4, 800000, NULL);
        expect_told(5, HELD, NULL);
        const struct fa_truth files[] = {{"done", "/ok/1000/done", 1000},
                                         {"cut", "/truncate/400000/1000000/cut", 1000000},
                                         {NAME, BIG("strong") "#0", SIZE}};
        fa_expect_files(dir, files, 3);
        fa_fetch_expect_no_parts(&fetch);
        fa_fetch_end(&fetch);
        START(mode, "--proxy", proxy);
        fa_fetch_expect(&fetch, 20, 1);
        fa_fetch_expect_count(&fetch, "exists", 3);
        cr_expect_null(strstr(fa_run_err(&fetch.run), "damaged"));
        clear();
    }
}

/* A run of the program in the folder says TEXT, on either stream, and leaves the state as it is. */
static void expect_only_read(const char *state, const char *text, const char *const *argv)
{
    struct fa_run run;
    char before[FA_SHA256_HEX];
    char after[FA_SHA256_HEX];
    fa_truth_sha256_file(state, before);
    fa_run_start_argv(&run, NULL, argv);
    cr_expect_eq(fa_run_wait(&run, 10), 0, "%s: %d: %s", text, run.status, fa_run_err(&run));
    cr_expect(strstr(fa_run_out(&run), text) || strstr(fa_run_err(&run), text), "%s: %s%s", text,
              fa_run_out(&run), fa_run_err(&run));
    fa_run_end(&run);
    fa_truth_sha256_file(state, after);
    cr_expect_str_eq(after, before, "%s", text);
}

Test(resume, state_of_an_earlier_schema_is_read_without_a_change)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        const char *state = put_state(states[i]);
        const char *file = fa_scratch_write(&scratch, "list", list.text);
        expect_only_read(state, "part              1  can be resumed",
                         (const char *const[]){"status", "-d", dir, NULL});
        expect_only_read(state, "1 good", (const char *const[]){"verify", "-d", dir, NULL});
        expect_only_read(state, "1 there already, 3 to fetch",
                         (const char *const[]){"--plan", "-d", dir, file, NULL});
        clear();
    }
}

FA_TEST_MODES(resume, newer_state_is_refused_and_left_alone)
{
    const char *state = make_state(mode);
    int fd = open(state, O_WRONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && pwrite(fd, "\0\0\0\x63", 4, 60) == 4); /* its user_version */
    close(fd);
    char sum[FA_SHA256_HEX];
    char now[FA_SHA256_HEX];
    fa_truth_sha256_file(state, sum);
    AGAIN(mode);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "newer fetchall: use "), "%s",
                       fa_run_err(&fetch.run));
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "its schema is 99"), "%s",
                       fa_run_err(&fetch.run));
    fa_run_end(&fetch.run);
    fa_truth_sha256_file(state, now);
    cr_expect_str_eq(now, sum);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
}

FA_TEST_MODES(resume, state_in_another_folder_is_refused)
{
    const char *state = make_state(mode);
    char *other = strdup(fa_scratch_mkdir(&scratch, "other/"));
    fa_fetch_start_with(&fetch, &scratch, NULL, other, mode, list.text, "--state", state, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "it belongs to the directory"), "%s",
                       fa_run_err(&fetch.run));
    fa_run_end(&fetch.run);
    fa_run_start(&fetch.run, NULL, "status", "-d", other, "--state", state, NULL);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    fa_run_end(&fetch.run);
    START(mode, "--state", state);
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_entry(&fetch, 1, "exists", NULL);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
    free(other);
}

FA_TEST_MODES(resume, state_that_cannot_be_written_is_refused)
{
    const char *state = make_state(mode);
    fa_file_remove(state);
    cr_assert_eq(mkdir(state, 0700), 0);
    AGAIN(mode);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "state.db"), "%s", fa_run_err(&fetch.run));
    fa_run_end(&fetch.run);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
}

FA_TEST_MODES(resume, state_on_a_read_only_disk_is_refused)
{
    snprintf(mounted, sizeof(mounted), "%s", fa_scratch_mkdir(&scratch, "disk/"));
    if (mount("none", mounted, "tmpfs", 0, "size=1m") != 0) {
        cr_assert(errno == EPERM || errno == EACCES, "%s", strerror(errno));
        *mounted = '\0';
        cr_skip_test("no right to mount");
    }
    const char *state = fa_scratch_path(&scratch, "disk/state.db");
    add_path("/ok/1000/a");
    START(mode, "--state", state);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_end(&fetch);
    cr_assert_eq(mount("none", mounted, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
    add_path("/ok/1000/b");
    START(mode, "--state", state);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 4, "%s: %d", mode, fetch.run.status);
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), state), "%s", fa_run_err(&fetch.run));
    fa_run_end(&fetch.run);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
}

FA_TEST_MODES(resume, second_program_is_refused_within_a_second_and_told_whose_folder_it_is)
{
    add_path(BIG("strong"));
    AGAIN(mode);
    fa_server_until(&server, "held", 1, 10);
    char pid[32];
    snprintf(pid, sizeof(pid), "pid %d", (int)fetch.run.pid);
    struct fa_run second;
    double began = fa_now();
    fa_run_start(&second, NULL, "-d", dir, fa_server_url(&server, "/ok/10/x"), NULL);
    cr_expect_eq(fa_run_wait(&second, 5), 4, "%s: %d", mode, second.status);
    cr_expect(fa_now() - began < fa_timeout(1), "%s: %.2f s", mode, fa_now() - began);
    cr_expect_not_null(strstr(fa_run_err(&second), pid), "%s: %s", mode, fa_run_err(&second));
    fa_run_end(&second);
    finish(0);
    fa_expect_files(dir, &(struct fa_truth){NAME, BIG("strong") "#0", SIZE}, 1);
}

/* ------------------------------------------------------------------ secrets */

/* No file in the folder, or below it, contains one of the texts, except the state: that has the
 * failed entries. */
static void expect_nowhere(const char *folder, const char *const *texts)
{
    DIR *open = opendir(folder);
    cr_assert_not_null(open, "%s", folder);
    for (struct dirent *entry; (entry = readdir(open));) {
        char path[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR) {
            expect_nowhere(path, texts);
            continue;
        }
        if (strncmp(entry->d_name, "state.db", 8) == 0) {
            struct stat st;
            cr_expect(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "%s: %o", path,
                      st.st_mode);
            continue;
        }
        for (size_t i = 0; texts[i]; i++) {
            cr_expect_not(holds(path, texts[i]), "%s: %s holds %s", fetch.mode, path, texts[i]);
            cr_expect_null(strstr(entry->d_name, texts[i]), "%s: %s", fetch.mode, path);
        }
    }
    closedir(open);
}

FA_TEST_MODES(resume, secrets_are_nowhere_in_the_folder)
{
    static const char *const texts[] = {"s3cret", "dXNlcjpzM2NyZXQ", "bmV0OnMzY3JldA", NULL};
    char home[PATH_MAX + 8];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    struct fa_run_options options = {.env = (const char *const[]){home, NULL}};
    fa_scratch_write(&scratch, ".netrc", "machine 127.0.0.3 login net password s3cret\n");
    static const char *const paths[] = {"/ok/10/a", "/status/404/b", "/truncate/300000/900000/c",
                                        BIG("strong")};
    for (size_t i = 0; i < 4; i++) {
        fa_lines_add(&list, "http://user:s3cret@127.0.0.2:%d%s", server.port, paths[i]);
        fa_lines_add(&list, " out=user%zu\n header=X-Entry: s3cret", i);
        fa_lines_add(&list, "http://127.0.0.3:%d%s", server.port, paths[i]);
        fa_lines_add(&list, " out=net%zu", i);
        fa_lines_add(&list, "http://127.0.0.3:%d%s\thttp://user:s3cret@127.0.0.2:%d%s", server.port,
                     paths[i], server.port, paths[i]);
        fa_lines_add(&list, " out=mirror%zu", i);
    }
    for (size_t i = 0; i < 2; i++) {
        fa_fetch_start_with(&fetch, &scratch, &options, dir, mode, list.text, "--stall-timeout",
                            "60", "--retries", "0", "-H", "Authorization: Bearer s3cret", "-H",
                            "X-Token: s3cret", "--netrc", NULL);
        fa_server_until(&server, "held", 3, 10);
        until_recorded("net3");
        until_recorded("user3");
        until_recorded("mirror1");
        expect_nowhere(dir, texts);
        stop(signals[i]);
        expect_nowhere(dir, texts);
        fa_file_remove(dir);
        fa_server_reset(&server);
    }
}

/* What a presigned URL looks like, one day and the next. */
static void fetch_signed(const char *mode, const char *path, const char *day, const char *status)
{
    char url[512];
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    snprintf(url, sizeof(url),
             "%s?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%%2F%s%%2Fs3&X-Amz-Date=%s"
             "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature=5161e5%s",
             path, day, day, day);
    add_path(url);
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 0);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, status, NULL);
    cr_expect_str_eq(fa_report_str(entry, "path"), "file0.bin");
}

FA_TEST_MODES(resume, list_with_new_signatures_downloads_nothing_again)
{
    char path[PATH_MAX];
    size_t len;
    fetch_signed(mode, "/ok/1000/file0.bin", "20260101", "ok");
    fetch_signed(mode, "/ok/1000/file0.bin", "20260102", "exists");
    fetch_signed(mode, "/ok/1000/file0.bin", "20260103", "exists");
    json_t *log = fa_server_log(&server);
    cr_expect_eq(json_array_size(log), 1, "%zu requests", json_array_size(log));
    json_decref(log);
    snprintf(path, sizeof(path), "%s/.fetchall/state.db", dir);
    char *state = fa_file_read(path, &len);
    cr_expect(!memmem(state, len, "5161e5", 6), "the state has a signature");
    free(state);
}

/* The file DIR/NAME is a slice of the pattern of a path. */
static void expect_slice(const char *name, const char *path, uint64_t first, size_t size)
{
    char file[PATH_MAX];
    unsigned char want[4096];
    size_t len;
    snprintf(file, sizeof(file), "%s/%s", dir, name);
    char *got = fa_file_read(file, &len);
    fa_pattern_fill(path, first, want, size);
    cr_expect(len == size && memcmp(got, want, size) == 0, "%s: %s: %zu bytes", fetch.mode, name,
              len);
    free(got);
}

FA_TEST_MODES(resume, slices_are_files)
{
    static const char path[] = "/ok/100000/crawl.warc.gz";
    char sha256[FA_SHA256_HEX], name[32];
    for (unsigned i = 0; i < 200; i++) {
        add_path(path);
        fa_lines_add(&list, "  range=%u-%u\n  size=100\n  out=r%u", i * 100, i * 100 + 99, i);
    }
    add_path(path);
    fa_lines_add(&list, "  header=Range: bytes=-10");
    add_path("/redir/302/%2Fok%2F5000%2Fz/z");
    fa_lines_add(&list, "  range=4000-");
    fa_truth_sha256_pattern("/ok/1000/whole", 1000, sha256);
    add_path("/ok/1000/whole");
    fa_lines_add(&list, "  range=0-999\n  checksum=sha-256=%s", sha256);
    for (int run = 0; run < 2; run++) {
        START(mode, "--retries", "0");
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_count(&fetch, run ? "exists" : "ok", 203);
        fa_fetch_end(&fetch);
    }
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "r%u", i);
        expect_slice(name, path, i * 100, 100);
    }
    expect_slice("crawl.warc.gz", path, 99990, 10);
    expect_slice("z", "/ok/5000/z", 4000, 1000);
    expect_slice("whole", "/ok/1000/whole", 0, 1000);
    cr_expect_eq(fa_truth_count_files(dir), 203);
    fa_fetch_expect_no_parts(&fetch);
    char *if_range = header_of(path, 1, "If-Range");
    cr_expect_null(if_range);
    free(if_range);
}

/* No server may answer with other bytes than those. */
FA_TEST_MODES(resume, answers_other_than_the_slice_are_refused)
{
    static const char *const paths[] = {"/chunked/1000/a", "/close/1000/b", "/rude/1000/c"};
    for (size_t i = 0; i < 3; i++) {
        add_path(paths[i]);
        fa_lines_add(&list, "  range=100-199");
    }
    add_path("/ok/1000/d");
    fa_lines_add(&list, "  range=100-199\n  size=99");
    add_path("/ok/1000/e");
    fa_lines_add(&list, "  range=2000-2999");
    START(mode, "--retries", "0");
    fa_fetch_expect(&fetch, 20, 3);
    for (long long line = 1; line <= 5; line += 2)
        fa_fetch_expect_entry(&fetch, line, "failed", "protocol");
    fa_fetch_expect_entry(&fetch, 7, "failed", "integrity");
    const json_t *beyond = fa_fetch_expect_entry(&fetch, 10, "failed", "http");
    cr_expect_eq(fa_report_int(beyond, "http"), 416);
    fa_expect_files(dir, NULL, 0);
    fa_fetch_expect_no_parts(&fetch);
}

FA_TEST_MODES(resume, range_among_the_headers_is_for_every_entry)
{
    add_path("/ok/5000/a");
    add_path("/ok/500/b");
    add_path("/ok/5000/c");
    fa_lines_add(&list, "  range=7-8");
    START(mode, "-H", "range: bytes=0-1023");
    fa_fetch_expect(&fetch, 20, 0);
    expect_slice("a", "/ok/5000/a", 0, 1024);
    expect_slice("b", "/ok/500/b", 0, 500);
    expect_slice("c", "/ok/5000/c", 7, 2);
    fa_fetch_end(&fetch);
    START(mode, "-H", "Range: bytes=0-1,5-6");
    cr_expect_eq(fa_run_wait(&fetch.run, fa_timeout(20)), 2);
    cr_expect(strstr(fa_run_err(&fetch.run), "several ranges"), "%s", fa_run_err(&fetch.run));
}

/* ------------------------------------------------------------------ pieces */

#define PIECE 262144

/* The digests of the pieces of the file, as an option of the last entry. */
static void add_pieces(const char *path, const char *extra)
{
    unsigned char *bytes = malloc(SIZE);
    char sum[FA_SHA256_HEX], text[4096], *at = text + sprintf(text, " pieces=sha256:%d:", PIECE);
    fa_pattern_fill(path, 0, bytes, SIZE);
    for (size_t i = 0; i < SIZE; i += PIECE) {
        size_t len = SIZE - i < PIECE ? SIZE - i : PIECE;
        fa_truth_sha256_file(fa_scratch_write_bytes(&scratch, "piece", bytes + i, len), sum);
        at = stpcpy(at, sum);
    }
    fa_lines_add(&list, "%s", text);
    if (*extra)
        fa_lines_add(&list, "%s", extra);
    free(bytes);
}

static void damage_part(off_t at)
{
    char path[PATH_MAX];
    int fd = open(find_part(path), O_WRONLY);
    cr_assert(fd >= 0 && pwrite(fd, "?????", 5, at) == 5);
    close(fd);
}

static void expect_requested(const char *path, size_t n, const char *want)
{
    char *range = header_of(path, n, "Range");
    cr_expect(range && strcmp(range, want) == 0, "%s: request %zu: %s", fetch.mode, n,
              range ? range : "no range");
    free(range);
}

FA_TEST_MODES(resume, only_pieces_that_are_damaged_are_fetched_again)
{
    char sum[FA_SHA256_HEX], option[128];
    fa_truth_sha256_pattern(BIG("strong") "#0", SIZE, sum);
    snprintf(option, sizeof(option), " checksum=sha256=%s", sum);
    for (int whole = 0; whole < 2; ++whole) {
        stop_in_the_middle(mode, BIG("strong"), signals[whole], true);
        damage_part(300000);
        damage_part(PIECE * 3 + 7);
        add_pieces(BIG("strong") "#0", whole ? option : "");
        AGAIN(mode);
        finish(0);
        fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
        cr_expect_eq(fa_server_requests(&server, BIG("strong")), 4, "%s", mode);
        expect_requested(BIG("strong"), 3, "bytes=262144-524287");
        expect_requested(BIG("strong"), 4, "bytes=786432-1048575");
        cr_expect_not_null(strstr(fa_run_err(&fetch.run),
                                  "2 of 12 pieces do not match, the first at "
                                  "byte 262144: fetched again\n"),
                           "%s", fa_run_err(&fetch.run));
        cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 1), "digest.sha256"), sum);
        fa_expect_files(dir, &(struct fa_truth){NAME, BIG("strong") "#0", SIZE}, 1);
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

/* Where the server itself has other bytes, the piece is requested once more, then the file, as
 * after any mismatch. */
FA_TEST_MODES(resume, piece_that_never_matches_fails_the_entry)
{
    static const char path[] = "/ok/3000000/" NAME;
    add_path(path);
    add_pieces(path, "");
    char *digit = strrchr(list.text, ':') + 1;
    *digit = *digit == '0' ? '1' : '0';
    AGAIN(mode);
    finish(3);
    fa_fetch_expect_entry(&fetch, 1, "failed", "integrity");
    cr_expect_eq(fa_server_requests(&server, path), 3, "%s", mode);
    expect_requested(path, 2, "bytes=0-262143");
    cr_expect_str_eq(fa_report_str(fa_report_by_line(fetch.entries, 1), "error"),
                     "pieces of the file do not match their digests in the list");
    fa_expect_no_file(dir, NAME);
    fa_fetch_expect_no_parts(&fetch);
}

/* How many requests for a path came to a host, and for that range; NULL: any. */
static size_t count_requests(const char *host, const char *range)
{
    size_t i, count = 0;
    json_t *log = fa_server_log(&server), *entry;
    json_array_foreach(log, i, entry)
    {
        const char *is = json_string_value(json_object_get(entry, "host"));
        char *asked = header_of(json_string_value(json_object_get(entry, "path")), i + 1, "Range");
        count += is && strncmp(is, host, strlen(host)) == 0 &&
                 (!range || (asked && strcmp(asked, range) == 0));
        free(asked);
    }
    json_decref(log);
    return count;
}

/* What a mirror has sent damaged twice is requested from the next one; the file, from each, only
 * after that. */
FA_TEST_MODES(resume, piece_that_never_matches_is_requested_from_another_mirror)
{
    static const char path[] = "/ok/3000000/" NAME;
    fa_lines_add(&list, "%s\thttp://127.0.0.2:%d%s", fa_server_url(&server, path), server.port,
                 path);
    add_pieces(path, "");
    char *digit = strrchr(list.text, ':') + 1;
    *digit = *digit == '0' ? '1' : '0';
    AGAIN(mode);
    finish(3);
    fa_fetch_expect_entry(&fetch, 1, "failed", "integrity");
    cr_expect_eq(count_requests("127.0.0.1", "bytes=0-262143"), 1, "%s", mode);
    cr_expect_eq(count_requests("127.0.0.2", "bytes=0-262143"), 1, "%s", mode);
    cr_expect_eq(count_requests("127.0.0.1", NULL) + count_requests("127.0.0.2", NULL), 5, "%s",
                 mode);
    fa_fetch_expect_no_parts(&fetch);
}

/* A small file is written without a name, which does not spare it the check. */
FA_TEST_MODES(resume, pieces_of_a_small_file_are_checked)
{
    static const char path[] = "/ok/1000/small";
    char sum[FA_SHA256_HEX];
    for (int good = 0; good < 2; ++good) {
        add_path(path);
        fa_truth_sha256_pattern(path, good ? 1000 : 999, sum);
        fa_lines_add(&list, " pieces=sha256:%d:%s", PIECE, sum);
        AGAIN(mode);
        finish(good ? 0 : 3);
        fa_fetch_expect_entry(&fetch, 1, good ? "ok" : "failed", good ? NULL : "integrity");
        fa_fetch_expect_no_parts(&fetch);
        clear();
    }
}

FA_TEST_MODES(resume, run_killed_while_a_piece_is_fetched_again_is_resumed)
{
    static const char path[] = "/trickle/5/20000/3000000/" NAME;
    add_path(path);
    AGAIN(mode);
    until_part_has(HELD);
    until_recorded(NAME);
    stop(SIGKILL);
    damage_part(5);
    add_pieces(path, "");
    AGAIN(mode);
    fa_server_until(&server, "requests", 3, 20);
    stop(SIGKILL);
    AGAIN(mode);
    finish(0);
    expect_requested(path, 3, "bytes=0-262143");
    fa_expect_files(dir, &(struct fa_truth){NAME, path, 3000000}, 1);
    fa_fetch_expect_no_parts(&fetch);
}
