/* Commands for files (--exec). */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/report.h"
#include "support/workers.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(hooks, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

#define RUN(...)                                                                         \
    fa_fetch_start_with(&fetch, &scratch, NULL, fa_scratch_path(&scratch, "out"), async, \
                        list.text, __VA_ARGS__, NULL)

/* Commands do not depend on the mode: one test shows that in all of them. */
static const char async[] = "async";

/* A command that appends to this file, which the sandbox does not let the program write. */
static const char *logging(const char *text)
{
    static char command[PATH_MAX + 400];
    snprintf(command, sizeof(command), "{ %s; } >> %s/log", text, scratch.path);
    return command;
}

static char *logged(void)
{
    return fa_file_read(fa_scratch_path(&scratch, "log"), NULL);
}

static size_t logged_lines(const char *line)
{
    size_t n = 0;
    char *text = logged();
    for (char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        n += strncmp(at, line, strlen(line)) == 0;
    free(text);
    return n;
}

static bool log_exists(void *arg)
{
    (void)arg;
    return access(fa_scratch_path(&scratch, "log"), F_OK) == 0 && logged_lines("") > 0;
}

static long long requests(void)
{
    return fa_server_stat(&server, "requests");
}

FA_TEST_MODES(hooks, command_runs_for_each_complete_file)
{
    for (int i = 0; i < 6; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/20000/f"), i);
    add_path("/status/404/gone");
    const char *command = logging(
        "test \"$(sha256sum < \"$1\" | cut -c1-64)\" = $FETCHALL_DIGEST_SHA256 && "
        "test \"$1\" = \"$FETCHALL_PATH\" && echo $FETCHALL_LINE $FETCHALL_URL; echo hello");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--exec-shell", "--exec-jobs", "3", "--exec",
                   command, NULL);
    fa_fetch_expect(&fetch, 20, 1);
    fa_fetch_expect_count(&fetch, "ok", 6);
    for (int i = 0; i < 6; ++i) {
        char line[100];
        snprintf(line, sizeof(line), "%d %s", i + 1, fa_server_url(&server, ""));
        cr_expect_eq(logged_lines(line), 1, "%s: %s", mode, line);
    }
    cr_expect_eq(logged_lines(""), 12);
}

Test(hooks, output_has_the_path_in_front_of_each_line_and_is_escaped)
{
    add_path("/ok/1000/a");
    fa_fetch_start(&fetch, &scratch, async, list.text, "-q", "--exec",
                   "sh -c 'echo one; printf \"two\\\\033[31m\\n\" >&2; printf three'", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_str_eq(fa_run_err(&fetch.run), "a: one\na: two\\x1b[31m\na: three\n");
}

Test(hooks, command_gets_the_columns_of_its_entry_without_secrets)
{
    fa_lines_add(&list, "url,artist,image-id,link");
    fa_lines_add(&list, "%s,Jan Steen,7,http://h/?X-Amz-Signature=s3cret",
                 fa_server_url(&server, "/ok/1000/a"));
    fa_fetch_start(&fetch, &scratch, async, list.text, "--format", "csv", "--exec-shell", "--exec",
                   "echo \"$FETCHALL_COLUMN_ARTIST,$FETCHALL_COLUMN_IMAGE_ID\"; "
                   "echo \"$FETCHALL_COLUMN_LINK\"",
                   NULL);
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect(strstr(fa_run_err(&fetch.run), "a: Jan Steen,7\n"), "%s", fa_run_err(&fetch.run));
    cr_expect(strstr(fa_run_err(&fetch.run), "a: http://h/?"), "%s", fa_run_err(&fetch.run));
    cr_expect_null(strstr(fa_run_err(&fetch.run), "s3cret"), "%s", fa_run_err(&fetch.run));
}

Test(hooks, failed_command_is_the_failure_of_its_entry_and_runs_again)
{
    add_path("/ok/1000/a");
    add_path("/ok/1000/b");
    RUN("--exec", "sh -c 'echo; echo disk is gone; exit 3'");
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "hook");
    cr_expect_str_eq(fa_report_str(entry, "error"),
                     "the command ended with status 3: disk is gone");
    cr_expect_str_eq(fa_report_str(entry, "path"), "a");
    fa_fetch_expect_no_parts(&fetch);
    long long before = requests();
    fa_fetch_end(&fetch);
    RUN("--exec-shell", "--exec", logging("echo $FETCHALL_LINE"));
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "exists", 2);
    cr_expect_eq(logged_lines(""), 2);
    fa_fetch_end(&fetch);
    RUN("--exec-shell", "--exec", logging("echo $FETCHALL_LINE"));
    fa_fetch_expect(&fetch, 10, 0);
    cr_expect_eq(logged_lines(""), 2, "it has run already");
    cr_expect_eq(requests(), before);
}

Test(hooks, failed_command_runs_again_with_retry_failed)
{
    add_path("/ok/1000/a");
    add_path("/ok/1000/b");
    RUN("--exec-shell", "--exec", "test $FETCHALL_LINE = 1");
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 2, "failed", "hook");
    long long before = requests();
    struct fa_run run;
    fa_run_start(&run, NULL, "-d", fetch.dir, "--retry-failed", "--exec-shell", "--exec",
                 logging("echo $FETCHALL_DIGEST_SHA256"), NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
    cr_expect_eq(logged_lines(""), 1);
    cr_expect_eq(requests(), before);
}

Test(hooks, command_that_hangs_or_is_killed_is_a_failure)
{
    add_path("/ok/1000/a");
    add_path("/ok/1000/b");
    RUN("--exec-timeout", "0.3", "--exec-shell", "--exec",
        "test $FETCHALL_LINE = 1 && kill -9 $$; sleep 100");
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *one = fa_fetch_expect_entry(&fetch, 1, "failed", "hook");
    const json_t *two = fa_fetch_expect_entry(&fetch, 2, "failed", "hook");
    cr_expect_str_eq(fa_report_str(one, "error"), "the command was killed by signal 9 (Killed)");
    cr_expect_str_eq(fa_report_str(two, "error"),
                     "the command was stopped after 0.3 s (--exec-timeout)");
}

/* One whose interpreter is missing is noticed only when it is executed. */
Test(hooks, program_that_cannot_be_executed_is_a_failure)
{
    add_path("/ok/1000/a");
    char *program = strdup(fa_scratch_path(&scratch, "program"));
    FILE *file = fopen(program, "w");
    cr_assert(file && fputs("#!/no-such-interpreter\n", file) >= 0 && fclose(file) == 0);
    cr_assert_eq(chmod(program, 0755), 0);
    RUN("--exec", program);
    fa_fetch_expect(&fetch, 10, 1);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 1, "failed", "hook");
    cr_expect(strstr(fa_report_str(entry, "error"), "/program': No such"), "%s",
              fa_report_str(entry, "error"));
    free(program);
}

/* The pid that the command has logged, after SIG has ended the run. */
static pid_t stop_during_a_command(int sig)
{
    add_path("/ok/1000/a");
    RUN("--exec-shell", "--exec", logging("echo $$; sleep 100"));
    cr_assert(fa_wait_until(log_exists, NULL, fa_timeout(10)));
    char *text = logged();
    pid_t pid = atoi(text);
    free(text);
    cr_assert(fa_process_alive(pid));
    fa_run_kill(&fetch.run, sig);
    cr_expect_eq(fa_run_wait(&fetch.run, 10), 128 + sig);
    return pid;
}

static void expect_run_again(pid_t pid)
{
    long long before = requests();
    cr_expect(fa_workers_gone(&pid, 1, 5), "the command is alive");
    unlink(fa_scratch_path(&scratch, "log"));
    fa_fetch_end(&fetch);
    RUN("--exec-shell", "--exec", logging("echo $FETCHALL_LINE"));
    fa_fetch_expect(&fetch, 10, 0);
    fa_fetch_expect_count(&fetch, "exists", 1);
    cr_expect_eq(logged_lines("1"), 1);
    cr_expect_eq(requests(), before);
}

Test(hooks, command_ends_with_a_run_that_is_stopped_and_runs_again)
{
    expect_run_again(stop_during_a_command(SIGINT));
}

Test(hooks, command_ends_with_a_run_that_is_killed_and_runs_again)
{
    expect_run_again(stop_during_a_command(SIGKILL));
}

static bool downloads_have_stopped(void *arg)
{
    static double since;
    static long long last;
    (void)arg;
    long long now = requests();
    if (now != last)
        since = fa_now();
    last = now;
    return now > 200 && fa_now() - since > 0.3;
}

Test(hooks, slow_command_holds_back_downloads_by_a_bounded_queue)
{
    for (int i = 0; i < 500; ++i)
        fa_lines_add(&list, "%s%d", fa_server_url(&server, "/ok/10/f"), i);
    char command[PATH_MAX + 100];
    const char *lock = fa_scratch_write(&scratch, "lock", "");
    snprintf(command, sizeof(command), "while test -e %s; do sleep 0.05; done", lock);
    RUN("--exec-shell", "--exec-jobs", "2", "-j", "8", "--exec", command);
    cr_assert(fa_wait_until(downloads_have_stopped, NULL, fa_timeout(20)));
    long long held = requests();
    cr_expect(held >= 256 && held <= 256 + 2 + 8 + 1, "%lld requests", held);
    unlink(lock);
    fa_fetch_expect(&fetch, 60, 0);
    fa_fetch_expect_count(&fetch, "ok", 500);
}

Test(hooks, options_that_need_a_command_are_refused_without_one)
{
    static const char *const rows[][4] = {
        {"--exec-jobs", "2", NULL, "--exec-jobs requires --exec"},
        {"--exec-shell", NULL, NULL, "--exec-shell requires --exec"},
        {"--exec-timeout", "2", NULL, "--exec-timeout requires --exec"},
        {"--exec", "a 'b", NULL, "invalid command 'a 'b': a quotation mark is not closed"},
        {"--exec", " ", NULL, "invalid command ' ': it names no program"},
        {"--exec", "no-such-program -x", NULL,
         "cannot execute 'no-such-program': No such file or directory"},
        {"--exec", "./no-such-program", NULL, "cannot execute './no-such-program': No such file"},
        {"--exec", "/", NULL, "cannot execute '/': Permission denied"},
        {"--refresh", "no-such-program", NULL, "cannot execute 'no-such-program'"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_run run;
        fa_run_start(&run, NULL, "http://127.0.0.1:1/x", rows[i][0], rows[i][1], NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 2);
        cr_expect(strstr(fa_run_err(&run), rows[i][3]), "%s", fa_run_err(&run));
        fa_run_end(&run);
    }
}
