/* --output warc: what was sent and received, read by the letter of the standard (support/warc.h).
 * */

#include "support/archived.h"
#include "support/fixture.h"
#include "support/modes.h"
#include "support/ordeal.h"
#include "support/pattern.h"
#include "support/report.h"
#include "support/warc.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fa_run run;

static void end(void)
{
    fa_run_end(&run);
    fixture_end();
}

TestSuite(warc, .init = fixture_begin, .fini = end, .timeout = 120.0);

static void fetch_to(const char *dir, const char *mode, const char *output, const char *option,
                     const char *value)
{
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--output", output,
                        "--tar-files", "5", option, value, NULL);
}

static void verify(const char *dir, int status, const char *text)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), status, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), text), "%s", fa_run_err(&run));
}

static bool is_type(const struct fa_warc_found *record, const char *type)
{
    const char *value = fa_warc_field(record, "WARC-Type");
    return value && strcmp(value, type) == 0;
}

static void expect_field(const struct fa_warc_found *record, const char *name, const char *value)
{
    const char *is = fa_warc_field(record, name);
    cr_expect(is && strcmp(is, value) == 0, "%s is %s, not %s", name, is ? is : "missing", value);
}

/* A response belongs to the request before it, and each names the other. */
static void expect_pair(const struct fa_warc_found *request, const struct fa_warc_found *response)
{
    char id[100], url[1000];
    cr_assert(is_type(request, "request") && is_type(response, "response"));
    snprintf(id, sizeof(id), "%s", fa_warc_field(request, "WARC-Record-ID"));
    expect_field(response, "WARC-Concurrent-To", id);
    snprintf(id, sizeof(id), "%s", fa_warc_field(response, "WARC-Record-ID"));
    expect_field(request, "WARC-Concurrent-To", id);
    snprintf(url, sizeof(url), "%s", fa_warc_field(request, "WARC-Target-URI"));
    expect_field(response, "WARC-Target-URI", url);
    expect_field(request, "Content-Type", "application/http; msgtype=request");
    expect_field(response, "Content-Type", "application/http; msgtype=response");
    expect_field(response, "WARC-IP-Address", "127.0.0.1");
    cr_expect_eq(strncmp(request->block, "GET /", 5), 0);
    cr_expect(strstr(request->block, " HTTP/1.1\r\nHost: 127.0.0.1:"), "%s", request->block);
    cr_expect_eq(strncmp(response->block, "HTTP/1.1 ", 9), 0);
}

/* The payload of a response is the pattern of its path. */
static int expect_payload(const struct fa_warc_found *response)
{
    size_t len;
    const char *payload = fa_warc_payload(response, &len);
    const char *url = fa_warc_field(response, "WARC-Target-URI");
    for (int i = 0; i < FA_ARCHIVED; ++i) {
        const struct fa_truth *truth = &fa_archived[i];
        size_t tail = strlen(truth->seed);
        if (strlen(url) < tail || strcmp(url + strlen(url) - tail, truth->seed) != 0)
            continue;
        char *pattern = malloc(truth->size + 1);
        fa_pattern_fill(truth->seed, 0, pattern, truth->size);
        cr_expect(len == truth->size && memcmp(payload, pattern, len) == 0, "%s", url);
        free(pattern);
        return i;
    }
    cr_expect_fail("who asked for %s?", url);
    return 0;
}

/* The first one has the name that --output has. */
static void read_volume(struct fa_warc_file *file, const char *dir, int number, const char *ending)
{
    char path[PATH_MAX], part[16] = "";
    if (number > 0)
        snprintf(part, sizeof(part), "-%06d", number);
    snprintf(path, sizeof(path), "%s/set/x%s%s", dir, part, ending);
    fa_warc_read(file, path);
    cr_assert_gt(file->count, 0);
    cr_assert(is_type(&file->records[0], "warcinfo"));
    expect_field(&file->records[0], "WARC-Filename", strrchr(path, '/') + 1);
}

/* Each file of the list is in the volumes once. */
static void expect_volumes(const char *dir, int volumes, const char *ending)
{
    int seen[FA_ARCHIVED] = {0};
    for (int n = 0; n < volumes; ++n) {
        struct fa_warc_file file;
        read_volume(&file, dir, n, ending);
        cr_assert_eq(file.count % 2, 1);
        for (size_t i = 1; i < file.count; i += 2) {
            expect_pair(&file.records[i], &file.records[i + 1]);
            ++seen[expect_payload(&file.records[i + 1])];
        }
        fa_warc_fini(&file);
    }
    for (int i = 0; i < FA_ARCHIVED; ++i)
        cr_expect_eq(seen[i], 1, "%s: %d", fa_archived[i].name, seen[i]);
}

FA_TEST_MODES(warc, responses_become_records)
{
    static const char *const outputs[] = {"warc:set/x.warc.gz", "warc:set/x.warc"};
    fa_archived_list(&list, &server);
    for (size_t i = 0; i < 2; ++i) {
        const char *dir = fa_scratch_path(&scratch, "out%zu", i);
        fetch_to(dir, mode, outputs[i], NULL, NULL);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_count(&fetch, "ok", FA_ARCHIVED);
        fa_fetch_expect_no_parts(&fetch);
        cr_expect_eq(fa_truth_count_files(dir), 3);
        expect_volumes(dir, 3, outputs[i] + strlen("warc:set/x"));
        verify(dir, 0, "12 good");

        fa_server_reset(&server);
        fetch_to(dir, mode, outputs[i], NULL, NULL);
        fa_fetch_expect(&fetch, 20, 0);
        fa_fetch_expect_count(&fetch, "exists", FA_ARCHIVED);
        cr_expect_eq(fa_server_stat(&server, "requests"), 0);
        cr_expect_eq(fa_truth_count_files(dir), 3);
    }
}

static void expect_gzip(const char *dir)
{
    expect_volumes(dir, 3, ".warc.gz");
    verify(dir, 0, "12 good");
}

Test(warc, records_are_complete_and_there_once_after_any_kill)
{
    fa_archived_list(&list, &server);
    fa_archived_kill(&scratch, list.text, "warc:set/x.warc.gz", expect_gzip);
}

/* What fails on a full disk is repeated after the pause, whatever was written of it. */
Test(warc, full_disk_leaves_nothing_incomplete)
{
    struct fa_kill_plan *plan = fa_kill_plan_map(&scratch);
    fa_archived_list(&list, &server);
    const struct fa_run_options *options = fa_kill_plan_options(&scratch);
    const char *dir = fa_scratch_path(&scratch, "out");
    int archives = 0;
    for (uint64_t step = 30; step < 70; step += 5) {
        *plan = (struct fa_kill_plan){.role = FA_KILL_SUPERVISOR,
                                      .call = FA_KILL_PWRITE,
                                      .step = step,
                                      .when = FA_KILL_FAIL,
                                      .error = ENOSPC,
                                      .times = 3};
        fa_fetch_end(&fetch);
        fa_fetch_start_with(&fetch, &scratch, options, dir, "async", list.text, "--output",
                            "warc:set/x.warc.gz", "--tar-files", "5", "--hash-with", "inline",
                            NULL);
        fa_fetch_expect(&fetch, 20, 0);
        archives += strstr(fa_run_err(&fetch.run), "cannot write 'set/x") != NULL;
        fa_fetch_expect_count(&fetch, "ok", FA_ARCHIVED);
        expect_gzip(dir);
        fa_file_remove(dir);
    }
    cr_expect(archives > 0, "no write to an archive has failed");
    munmap(plan, sizeof(*plan));
}

/* Fetches one path, with what the user has of secrets, and reads the only volume. */
static void fetch_one(struct fa_warc_file *file, const char *mode, const char *path)
{
    const char *dir = fa_scratch_path(&scratch, "one");
    fa_file_remove(dir);
    fa_lines_fini(&list);
    list = (struct fa_lines){0};
    fa_lines_add(&list, "http://user:geheim@127.0.0.1:%d%s", server.port, path);
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--output", "warc:set/x.warc",
                        "-H", "Cookie: a=geheim", "-H", "X-Api-Key: geheim", "-H",
                        "Accept: image/*", "--retries", "3", NULL);
    fa_fetch_expect(&fetch, 20, 0);
    read_volume(file, dir, 0, ".warc");
    for (size_t i = 0; i < file->count; ++i)
        cr_expect(!strstr(file->records[i].header, "geheim") &&
                      !memmem(file->records[i].block, file->records[i].len, "geheim", 6),
                  "a secret in:\n%s%s", file->records[i].header, file->records[i].block);
    for (size_t i = 1; i + 1 < file->count; i += 2)
        expect_pair(&file->records[i], &file->records[i + 1]);
}

FA_TEST_MODES(warc, redirects_are_records_of_their_own_without_secrets)
{
    struct fa_warc_file file;
    fetch_one(&file, mode,
              "/cookie/sid=other/%2Fredir%2F302%2F%252Fok%252F1000%252Fa%3Ftoken%3Dgeheim");
    cr_assert_eq(file.count, 7);
    cr_expect_eq(strncmp(file.records[2].block, "HTTP/1.1 302 ", 13), 0);
    cr_expect(strstr(file.records[2].block, "\r\nSet-Cookie: ***\r\n"));
    cr_expect_eq(strncmp(file.records[4].block, "HTTP/1.1 302 ", 13), 0);
    cr_expect_eq(strncmp(file.records[6].block, "HTTP/1.1 200 ", 13), 0);
    cr_expect(strstr(file.records[1].block, "\r\nX-Api-Key: ***\r\n"));
    cr_expect(strstr(file.records[1].block, "\r\nAuthorization: ***\r\n"));
    cr_expect(strstr(file.records[1].block, "\r\nAccept: image/*\r\n"));
    fa_warc_fini(&file);
}

/* The header says chunked: so the body is, in one chunk, and its digest would be of something that
 * readers do not agree on. */
FA_TEST_MODES(warc, chunked_body_is_one_chunk)
{
    struct fa_warc_file file;
    char pattern[5000];
    size_t len;
    fetch_one(&file, mode, "/chunked/5000/a");
    cr_assert_eq(file.count, 3);
    const char *payload = fa_warc_payload(&file.records[2], &len);
    cr_assert_eq(len, 6 + 5000 + 7);
    fa_pattern_fill("/chunked/5000/a", 0, pattern, sizeof(pattern));
    cr_expect_eq(memcmp(payload, "1388\r\n", 6), 0);
    cr_expect_eq(memcmp(payload + 6, pattern, sizeof(pattern)), 0);
    cr_expect_str_eq(payload + 6 + 5000, "\r\n0\r\n\r\n");
    cr_expect_null(fa_warc_field(&file.records[2], "WARC-Payload-Digest"));
    fa_warc_fini(&file);
    verify(fa_scratch_path(&scratch, "one"), 0, "1 good");
}

/* A response that was cut is requested again, and not continued: the record is one answer. */
FA_TEST_MODES(warc, response_is_one_answer_after_a_cut)
{
    struct fa_warc_file file;
    fetch_one(&file, mode, "/range206/date/20000");
    cr_assert_eq(file.count, 3);
    cr_expect_eq(strncmp(file.records[2].block, "HTTP/1.1 200 ", 13), 0);
    cr_expect_null(strstr(file.records[1].block, "\r\nRange:"));
    fa_warc_fini(&file);
}

/* A range of the file would be no answer to the request of the whole. */
Test(warc, large_file_is_not_fetched_in_segments)
{
    struct fa_warc_file file;
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/trickle/10/25000/4000000/large");
    fetch_to(dir, "async", "warc:set/x.warc", "--segments", "3");
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
    read_volume(&file, dir, 0, ".warc");
    cr_assert_eq(file.count, 3);
    fa_warc_fini(&file);
    verify(dir, 0, "1 good");
}

/* Interim responses are none, and fields of any kind are copied. */
Test(warc, response_is_the_final_one)
{
    struct fa_warc_file file;
    fetch_one(&file, "async", "/1xx/3/a");
    cr_assert_eq(file.count, 3);
    cr_expect_eq(strncmp(file.records[2].block, "HTTP/1.1 200 ", 13), 0);
    fa_warc_fini(&file);
}

/* The part of a run without --output is no answer. */
Test(warc, part_of_another_run_is_not_continued)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/range206/date/20000");
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, 5);
    fetch_to(dir, "async", "warc:set/x.warc", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    struct fa_warc_file file;
    read_volume(&file, dir, 0, ".warc");
    cr_assert_eq(file.count, 3);
    cr_expect_eq(strncmp(file.records[2].block, "HTTP/1.1 200 ", 13), 0);
    fa_warc_fini(&file);
    verify(dir, 0, "1 good");
}

Test(warc, damage_is_found_and_a_missing_volume_is_downloaded_again)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    char byte;
    for (int i = 0; i < FA_ARCHIVED; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/3000/"), i);
    fetch_to(dir, "async", "warc:set/x.warc.gz", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    int fd = open(fa_scratch_path(&scratch, "out/set/x-000001.warc.gz"), O_RDWR);
    off_t at = lseek(fd, 0, SEEK_END) - 1000; /* in the last member */
    cr_assert(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte = (char)(byte ^ 0x55);
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
    cr_assert_eq(unlink(fa_scratch_path(&scratch, "out/set/x.warc.gz")), 0);
    verify(dir, 3, "6 good, 5 missing, 1 changed");
    fetch_to(dir, "async", "warc:set/x.warc.gz", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 5);
    verify(dir, 3, "11 good, 1 changed");
}

/* Bytes that cannot be compressed are stored as they are, and bytes that can be become fewer. */
Test(warc, large_files_are_packed_as_far_as_it_helps)
{
    struct fa_warc_file file;
    const char *dir = fa_scratch_path(&scratch, "out");
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/9000000/a"));
    fetch_to(dir, "async", "warc:set/x.warc.gz", NULL, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    read_volume(&file, dir, 0, ".warc.gz");
    cr_assert_eq(file.count, 3);
    fa_warc_fini(&file);
    verify(dir, 0, "1 good");
}

/* A later run appends to the volume of one that was stopped. */
Test(warc, stopped_run_is_continued_in_its_volume)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    fa_archived_list(&list, &server);
    add_path("/hold/last");
    fetch_to(dir, "async", "warc:set/x.warc.gz", "--tar-files", "100");
    fa_server_until(&server, "requests", FA_ARCHIVED + 1, 10);
    fa_run_kill(&fetch.run, SIGINT);
    fa_fetch_expect(&fetch, 20, 128 + SIGINT);
    fa_expect_no_file(dir, "set/x.warc.gz");
    verify(dir, 0, " good");
    fa_lines_fini(&list);
    list = (struct fa_lines){0};
    fa_archived_list(&list, &server);
    fetch_to(dir, "async", "warc:set/x.warc.gz", "--tar-files", "100");
    fa_fetch_expect(&fetch, 20, 0);
    expect_volumes(dir, 1, ".warc.gz");
    fa_expect_no_file(dir, "set/x-000001.warc.gz");
}
