/* New URLs for those that expire (--refresh). */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that takes three URLs, each of which is good for one answer. */
#define SIZE   300000
#define PATH   "/expiring/130000/300000/f"
#define SIGNED PATH "?X-Amz-Signature="
#define RUN(...) \
    fa_fetch_start_with(&fetch, &scratch, NULL, dir, mode, list.text, __VA_ARGS__, NULL)

static const char *dir;
static char command[PATH_MAX + 8];
static const char async[] = "async";

static void begin(void)
{
    fixture_begin();
    dir = fa_scratch_path(&scratch, "dir");
}

TestSuite(refresh, .init = begin, .fini = fixture_end, .timeout = 90.0);

/* A program that appends to "log" what it is asked for.  The sandbox does not reach it. */
static const char *program(const char *text)
{
    char script[PATH_MAX + 2000];
    snprintf(script, sizeof(script), "cd %s\n%s\n", scratch.path, text);
    snprintf(command, sizeof(command), "sh %s", fa_scratch_write(&scratch, "renew", script));
    return command;
}

/* The same URL with another signature each time. */
static const char *renewing(void)
{
    return program("echo \"$1\" >> log; echo \"${1%%=*}=s3cret$(wc -l < log)\"");
}

static size_t logged(const char *line)
{
    const char *path = fa_scratch_path(&scratch, "log");
    char *text = access(path, F_OK) == 0 ? fa_file_read(path, NULL) : NULL;
    size_t n = 0;
    for (char *at = text; at && (at = strstr(at, line)); ++at)
        ++n;
    free(text);
    return n;
}

static bool log_exists(void *arg)
{
    (void)arg;
    return logged("\n") > 0;
}

static void expect_secret_is_hidden(void)
{
    char *report = fa_file_read(fetch.report, NULL);
    cr_expect_null(strstr(report, "s3cret"), "%s", report);
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
    free(report);
}

FA_TEST_MODES(refresh, download_continues_at_each_new_url)
{
    add_path(SIGNED "old");
    RUN("-v", "--refresh", renewing());
    fa_fetch_expect(&fetch, 20, 0);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_file(dir, "f", PATH "#0", SIZE);
    cr_expect_eq(fa_report_int(entry, "resumed"), 260000, "%s: nothing twice", mode);
    cr_expect_eq(logged(fa_server_url(&server, SIGNED "old\n")), 3, "%s: the listed URL", mode);
    cr_expect_str_eq(fa_report_str(entry, "url"), fa_server_url(&server, SIGNED "***"));
    cr_expect_str_eq(fa_report_str(entry, "effective_url"), fa_server_url(&server, SIGNED "***"));
    expect_secret_is_hidden();
    fa_fetch_end(&fetch);
    RUN("--refresh", renewing());
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "exists", 1);
}

static void expect_error(long long line, const char *text)
{
    const json_t *entry = fa_fetch_expect_entry(&fetch, line, "failed", "http");
    cr_expect(strstr(fa_report_str(entry, "error"), text), "%s", fa_report_str(entry, "error"));
    cr_expect_eq(fa_report_int(entry, "http"), 403);
}

Test(refresh, what_gives_no_url_is_the_failure_of_its_entry)
{
    const char *mode = async;
    static const char *const rows[][2] = {
        {"echo >&2; echo token=s3cret is gone >&2; exit 3",
         "the command ended with status 3: token"},
        {"true", "the command printed nothing"},
        {"echo; echo ftp://h/x", "the command printed more than one line"},
        {"echo ftp://h/x", "what it printed is invalid: "},
        {"echo \"$1\"", "the command printed the same URL again"},
        {"kill -9 $$", "the command was killed by signal 9"},
        {"sleep 100", "the command was stopped after 0.5 s (--exec-timeout)"},
    };
    size_t n = sizeof(rows) / sizeof(*rows), len = 0;
    char script[1500];
    for (size_t i = 0; i < n; ++i) {
        fa_lines_add(&list, "%s%zu", fa_server_url(&server, SIGNED "old"), i);
        len += (size_t)snprintf(script + len, sizeof(script) - len, "%s$FETCHALL_LINE in %zu) %s;;",
                                i ? "esac; case " : "case ", i + 1, rows[i][0]);
    }
    snprintf(script + len, sizeof(script) - len, " esac");
    RUN("--exec-timeout", "0.5", "--refresh", program(script));
    fa_fetch_expect(&fetch, 20, 1);
    for (size_t i = 0; i < n; ++i)
        expect_error((long long)i + 1, rows[i][1]);
    expect_secret_is_hidden();
}

Test(refresh, new_urls_are_asked_for_three_times)
{
    const char *mode = async;
    add_path(SIGNED "old");
    RUN("--refresh", program("echo x >> log; echo \"$1$(wc -l < log)\""));
    fa_fetch_expect(&fetch, 20, 1);
    expect_error(1, "403 Forbidden, also for the 3 new URLs of --refresh");
    cr_expect_not_null(strstr(fa_run_err(&fetch.run), "(run the command of --refresh by hand"));
    cr_expect_eq(logged("x"), 3);
    cr_expect_eq(fa_server_stat(&server, "requests"), 4);
}

/* Whose entries are "<name>?...=old"; sed prints as many lines. */
static void add_expired(size_t count)
{
    for (size_t i = 0; i < count; ++i)
        fa_lines_add(&list, "%s%zu?X-Amz-Signature=old",
                     fa_server_url(&server, "/expiring/9000/1000/f"), i);
}

FA_TEST_MODES(refresh, batch_asks_once_for_urls_that_expire_together)
{
    add_expired(40);
    RUN("-j", "8", "--refresh-batch", "--refresh",
        program("echo asked >> log; sed s/=old/=s3cret/"));
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_count(&fetch, "ok", 40);
    fa_expect_file(dir, "f17", "/expiring/9000/1000/f17#0", 1000);
    cr_expect_eq(logged("asked"), 1, "%s: %zu commands", mode, logged("asked"));
    expect_secret_is_hidden();
}

Test(refresh, batch_with_fewer_lines_fails_for_the_rest)
{
    const char *mode = async;
    add_expired(5);
    RUN("-j", "1", "--refresh-batch", "--refresh", program("sed -e s/=old/=new/ -e 2s/.*// -e 4q"));
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_count(&fetch, "ok", 3);
    expect_error(2, "the command printed none for this entry");
    expect_error(5, "the command printed none for this entry");
    fa_fetch_end(&fetch);
    RUN("-j", "1", "--refresh-batch", "--refresh", program("sed s/=old/=new/; echo x"));
    fa_fetch_expect(&fetch, 20, 5);
    expect_error(2, "the command printed more lines than it got");
}

/* The first URL is good for a part; then the program is killed while it asks for the next one. */
static void leave_part(const char *mode)
{
    add_path(SIGNED "first");
    RUN("--refresh", program("echo x >> log; sleep 100"));
    cr_assert(fa_wait_until(log_exists, NULL, fa_timeout(10)));
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    fa_fetch_end(&fetch);
    fa_file_remove(fa_scratch_path(&scratch, "log"));
}

FA_TEST_MODES(refresh, run_that_was_killed_is_resumed_at_a_new_url)
{
    leave_part(mode);
    RUN("--refresh", renewing());
    fa_fetch_expect(&fetch, 20, 0);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_file(dir, "f", PATH "#0", SIZE);
    cr_expect_eq(fa_report_int(entry, "resumed"), 260000, "%s", mode);
}

FA_TEST_MODES(refresh, bytes_of_two_versions_are_never_mixed)
{
    leave_part(mode);
    free(fa_server_get(&server, "/_bump"));
    RUN("--refresh", renewing());
    fa_fetch_expect(&fetch, 20, 0);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_file(dir, "f", PATH "#1", SIZE);
}

Test(refresh, part_is_kept_if_no_url_is_got)
{
    const char *mode = async;
    add_path(SIGNED "first");
    RUN("--refresh", program("exit 1"));
    fa_fetch_expect(&fetch, 20, 5);
    expect_error(1, "the command ended with status 1");
    fa_fetch_end(&fetch);
    RUN("--refresh", renewing());
    fa_fetch_expect(&fetch, 20, 0);
    cr_expect_eq(logged("\n"), 2, "the first part is there");
}

/* Another path: only a checksum could tell whether it is the same file. */
Test(refresh, url_of_another_file_is_fetched_from_its_start)
{
    const char *mode = async;
    add_path(SIGNED "first");
    RUN("--refresh", program("echo \"$1\" | sed 's,/f?.*,/g?X-Amz-Signature=b,; "
                             "s,/130000/,/900000/,'"));
    fa_fetch_expect(&fetch, 20, 0);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    fa_expect_file(dir, "f", "/expiring/900000/300000/g#0", SIZE);
    cr_expect_eq(fa_report_int(entry, "resumed"), 0);
}

Test(refresh, options_that_need_a_command_are_refused_without_one)
{
    struct fa_run run;
    fa_run_start(&run, NULL, "http://127.0.0.1:1/x", "--refresh-batch", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2);
    cr_expect(strstr(fa_run_err(&run), "--refresh-batch requires --refresh"), "%s",
              fa_run_err(&run));
    fa_run_end(&run);
}
