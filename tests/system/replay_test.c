/* --output warc: what archivists take away.  Answers of each kind are recorded, and a server that
 * answers from the records gives the same files (support/replay.h). */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/replay.h"
#include "support/report.h"
#include "support/run.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct fa_run run;
static struct fa_warc_file file;
static struct fa_replay replay;

static void end(void)
{
    fa_run_end(&run);
    fa_warc_fini(&file);
    fa_replay_stop(&replay);
    fixture_end();
}

TestSuite(replay, .init = fixture_begin, .fini = end, .timeout = 120.0);

static void record(const char *dir, const char *mode, const char *option, const char *value,
                   int status)
{
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, "--output", "warc:x.warc.gz",
                        "-j", "1", option, value, NULL);
    fa_fetch_expect(&fetch, 30, status);
}

static void read_archive(const char *dir, const char *name)
{
    char *path = NULL;
    cr_assert(asprintf(&path, "%s/%s", dir, name) > 0);
    fa_warc_fini(&file);
    fa_warc_read(&file, path);
    free(path);
}

static void verify(const char *dir, int status, const char *text)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-d", dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 20), status, "%s", fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), text), "%s", fa_run_err(&run));
}

/* The record of that type with the number, from 0; NULL: there are fewer. */
static const struct fa_warc_found *record_of(const char *type, int number)
{
    for (size_t i = 0; i < file.count; ++i) {
        const char *is = fa_warc_field(&file.records[i], "WARC-Type");
        if (strcmp(is, type) == 0 && number-- == 0)
            return &file.records[i];
    }
    return NULL;
}

static void expect_field(const struct fa_warc_found *found, const char *name, const char *value)
{
    const char *is = fa_warc_field(found, name);
    cr_expect(is && strcmp(is, value) == 0, "%s is %s, not %s", name, is ? is : "missing", value);
}

FA_TEST_MODES(replay, responses_of_entries_that_fail_are_records)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/status/404/a");
    add_path("/redir/302/%2Fstatus%2F503%2Fb/b");
    add_path("/ok/1000/c");
    record(dir, mode, NULL, NULL, 1);
    fa_fetch_expect_entry(&fetch, 1, "failed", "http");
    fa_fetch_expect_entry(&fetch, 2, "failed", "http");
    read_archive(dir, "x.warc.gz");
    int seen = 0;
    for (int i = 0; record_of("response", i); ++i) {
        const char *block = record_of("response", i)->block;
        bool body = strstr(block, "<html>") || strstr(block, "<HTML>") || strstr(block, "<h1>");
        seen += strncmp(block, "HTTP/1.1 404 ", 13) == 0 && body;
        seen += strncmp(block, "HTTP/1.1 503 ", 13) == 0 && body ? 10 : 0;
        seen += strncmp(block, "HTTP/1.1 302 ", 13) == 0 ? 100 : 0;
        seen += strncmp(block, "HTTP/1.1 200 ", 13) == 0 ? 1000 : 0;
        cr_expect_null(fa_warc_field(record_of("response", i), "WARC-Truncated"));
    }
    cr_expect_eq(seen, 1111, "%d", seen); /* 503: the last attempt of two */
    cr_expect(record_of("request", 3) && !record_of("request", 4));
    verify(dir, 0, "1 good");
}

/* What is longer than an error page usually is, is recorded as far as it was read. */
Test(replay, endless_error_page_is_cut)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    size_t len;
    add_path("/endlessbody/404/a");
    record(dir, "async", NULL, NULL, 1);
    read_archive(dir, "x.warc.gz");
    cr_assert(record_of("response", 0));
    cr_expect(fa_warc_field(record_of("response", 0), "WARC-Truncated"));
    fa_warc_payload(record_of("response", 0), &len);
    cr_expect(len > 10000 && len < 1000000, "%zu", len);
}

/* Two hosts have the file, and the archive has its bytes once. */
FA_TEST_MODES(replay, file_with_bytes_that_are_recorded_becomes_a_revisit)
{
    char id[100], url[1000];
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/ok/50000/a");
    fa_lines_add(&list, "http://127.0.0.2:%d/ok/50000/a\n out=twin", server.port);
    fa_lines_add(&list, "http://127.0.0.3:%d/ok/50000/a\n out=third", server.port);
    record(dir, mode, "--tar-files", "2", 0);
    read_archive(dir, "x.warc.gz");
    const struct fa_warc_found *response = record_of("response", 0);
    const struct fa_warc_found *revisit = record_of("revisit", 0);
    cr_assert(response && revisit && !record_of("response", 1));
    snprintf(id, sizeof(id), "%s", fa_warc_field(response, "WARC-Record-ID"));
    snprintf(url, sizeof(url), "%s", fa_warc_field(response, "WARC-Target-URI"));
    for (int i = 0; i < 2; ++i) {
        expect_field(revisit, "WARC-Refers-To", id);
        expect_field(revisit, "WARC-Refers-To-Target-URI", url);
        cr_expect(fa_warc_field(revisit, "WARC-Refers-To-Date"));
        cr_expect(fa_warc_field(revisit, "WARC-Payload-Digest"));
        cr_expect_eq(strncmp(revisit->block, "HTTP/1.1 200 ", 13), 0);
        cr_expect_lt(revisit->len, 1000);
        if (i == 0) { /* a volume may refer to another one */
            read_archive(dir, "x-000001.warc.gz");
            revisit = record_of("revisit", 0);
            cr_assert(revisit && !record_of("response", 0));
        }
    }
    verify(dir, 0, "3 good");
    record(dir, mode, "--tar-files", "2", 0);
    fa_fetch_expect_count(&fetch, "exists", 3);
}

Test(replay, request_through_a_proxy_is_that_to_the_server)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    add_path("/ok/1000/a");
    record(dir, "async", "--proxy", fa_server_url(&server, ""), 0);
    read_archive(dir, "x.warc.gz");
    const char *block = record_of("request", 0)->block;
    cr_expect_eq(strncmp(block, "GET /ok/1000/a HTTP/1.1\r\n", 25), 0, "%s", block);
    cr_expect_null(strcasestr(block, "\nproxy-"), "%s", block);
}

/* The answer to a challenge is recorded, and the challenge is not. */
Test(replay, digest_login_is_one_exchange_without_its_secrets)
{
    const char *dir = fa_scratch_path(&scratch, "out");
    fa_lines_add(&list, "http://user:pass@127.0.0.1:%d/digest/MD5/a", server.port);
    record(dir, "async", NULL, NULL, 0);
    read_archive(dir, "x.warc.gz");
    cr_assert(record_of("response", 0) && !record_of("response", 1));
    cr_expect_eq(strncmp(record_of("response", 0)->block, "HTTP/1.1 200 ", 13), 0);
    cr_expect(strstr(record_of("request", 0)->block, "\r\nAuthorization: ***\r\n"));
}

/* Entries of which each is recorded in another way. */
static void add_kinds(int port)
{
    static const char *const paths[] = {
        "/ok/50000/a", "/ok/0/empty",  "/chunked/5000/b",  "/chunked/0/b0",
        "/gzip/c",     "/close/700/d", "/trailers/e",      "/redir/302/%2Fok%2F1000%2Ff/f",
        "/hops/3/g",   "/1xx/2/h",     "/ok/3000/i?x=1&y", "/folded/j"};
    fa_lines_fini(&list);
    list = (struct fa_lines){0};
    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); ++i)
        fa_lines_add(&list, "http://127.0.0.1:%d%s", port, paths[i]);
    fa_lines_add(&list, "http://127.0.0.2:%d/ok/50000/a\n out=twin", port);
}

static void fetch_plain(const char *dir, int port)
{
    add_kinds(port);
    fa_fetch_end(&fetch);
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 30, 0);
}

Test(replay, server_that_answers_from_the_archive_gives_the_same_files)
{
    const char *was = fa_scratch_path(&scratch, "was"), *is = fa_scratch_path(&scratch, "is");
    const char *args[] = {"-r", "-x", ".fetchall", was, is, NULL};
    fetch_plain(was, server.port);
    record(fa_scratch_path(&scratch, "out"), "async", NULL, NULL, 0);
    read_archive(fa_scratch_path(&scratch, "out"), "x.warc.gz");
    fa_server_reset(&server);
    fa_replay_start(&replay, &file);
    fetch_plain(is, replay.port);
    cr_expect_eq(fa_server_stat(&server, "requests"), 0);
    cr_expect_eq(fa_truth_count_files(is), 13);
    fa_run_end(&run);
    fa_run_start_argv(&run, &(struct fa_run_options){.program = "diff"}, args);
    cr_expect_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_out(&run));
}
