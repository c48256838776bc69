/* fetchall status: its counts, and the list of failed entries. */

#include "support/fixture.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_run run;

static void end(void)
{
    fa_run_end(&run);
    fixture_end();
}

TestSuite(status, .init = fixture_begin, .fini = end, .timeout = 90.0);

/* Runs the command for the folder of the last fetch.  The output lives until the next one. */
static const char *status(const char *option, int expected)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "-d", fetch.dir, option, NULL);
    int rc = fa_run_wait(&run, 10);
    cr_assert_eq(rc, expected, "%d: %s", rc, fa_run_err(&run));
    return fa_run_out(&run);
}

/* Good files, failures of three kinds, one with a password and one with a header. */
static void fetch_some(void)
{
    add_path("/ok/1000/a");
    add_path("/ok/5000/b");
    add_path("/status/404/c");
    add_path("/status/503/d");
    add_path("/truncate/10/500000/e");
    fa_lines_add(&list, "http://joe:passw0rd@127.0.0.1:%d/status/404/f", server.port);
    add_path("/status/404/g");
    fa_lines_add(&list, " header=X-Token: t0ken");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, 1);
}

/* As a run that was killed leaves it. */
static void cut_report(const char *path)
{
    FILE *file = fopen(path, "a");
    fputs("{\"line\": 7, \"ur", file);
    fclose(file);
}

Test(status, runs_append_to_one_report_and_their_lines_have_the_id)
{
    char report[PATH_MAX], events[PATH_MAX], first[64] = "";
    snprintf(report, sizeof(report), "+%s", fa_scratch_path(&scratch, "all"));
    snprintf(events, sizeof(events), "+%s", fa_scratch_path(&scratch, "events"));
    for (int i = 0; i < 2; ++i) {
        fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "out"), "--report", report,
                     "--events", events, fa_server_url(&server, "/ok/1000/a"), NULL);
        cr_assert_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
        fetch.dir = fa_scratch_path(&scratch, "out");
        json_t *status_object = fa_report_parse(status("--json", 0));
        const char *id = fa_report_str(json_array_get(status_object, 0), "run.id");
        char *text = fa_file_read(report + 1, NULL);
        char *last = text + (i ? strlen(text) : 0);
        for (int skip = i ? 1 : 0; last > text && (skip-- > 0 || last[-1] != '\n');)
            --last;
        json_t *lines = fa_report_parse(last);
        const json_t *line = json_array_get(lines, 0);
        cr_expect_str_eq(fa_report_str(line, "status"), i ? "exists" : "ok");
        cr_expect_str_eq(fa_report_str(line, "run"), id);
        cr_expect_str_neq(id, first);
        cr_expect_gt(fa_report_real(line, "at"), 1.7e9);
        snprintf(first, sizeof(first), "%s", id);
        cr_expect_eq(strncmp(text, "{\"line\": 1, ", 12), 0);
        if (i)
            cr_expect_not_null(strstr(text, "\"ur\n{\"line\": 1,"), "%s", text);
        json_decref(lines);
        json_decref(status_object);
        free(text);
        cut_report(report + 1);
        fa_run_end(&run);
    }
    json_t *all = fa_report_read(events + 1);
    cr_expect_geq(json_array_size(all), 4);
    for (size_t i = 0; i < json_array_size(all); ++i)
        cr_expect_eq(strlen(fa_report_str(json_array_get(all, i), "run")), strlen(first));
    json_decref(all);
}

Test(status, counts_are_those_of_the_run)
{
    fetch_some();
    json_t *report = fa_report_parse(status("--json", 0));
    const json_t *object = json_array_get(report, 0);
    cr_expect_eq(json_array_size(report), 1);
    cr_expect_eq(fa_report_int(object, "done"), 2);
    cr_expect_eq(fa_report_int(object, "failed"), 5);
    cr_expect_eq(fa_report_int(object, "part"), 0);
    cr_expect_eq(fa_report_int(object, "pending"), 0);
    cr_expect_eq(fa_report_int(object, "bytes"), 6000);
    cr_expect_eq(fa_report_int(object, "transient"), 2);
    cr_expect_eq(fa_report_int(object, "secret"), 2);
    cr_expect_eq(fa_report_int(object, "classes.http"), 4);
    cr_expect_eq(fa_report_int(object, "classes.truncated"), 1);
    cr_expect_str_eq(fa_report_str(object, "run.state"), "complete");
    cr_expect_str_eq(fa_report_str(object, "run.mode"), "async");
    cr_expect_eq(fa_report_int(object, "run.entries"), 7);
    cr_expect(fa_report_is_null(object, "pid"));
    const json_t *origins = json_object_get(object, "origins");
    cr_expect_eq(json_array_size(origins), 1);
    cr_expect_eq(fa_report_int(json_array_get(origins, 0), "failed"), 5);
    json_decref(report);

    const char *text = status(NULL, 0);
    cr_expect_not_null(strstr(text, "done              2  5.9 KiB"), "%s", text);
    cr_expect_not_null(strstr(text, "failed            5"), "%s", text);
    cr_expect_not_null(strstr(text, "4  http         http://127.0.0.1:"), "%s", text);
    cr_expect_not_null(strstr(text, "complete"), "%s", text);
}

Test(status, what_failed_is_a_list_that_fetches_exactly_that)
{
    add_path("/ok/1000/a");
    add_path("/status/404/b");
    fa_lines_add(&list, " dir=sub\n out=x/b.bin\n size=5");
    add_path("/flaky/1/503/1000/x");
    add_path("/status/404/b?other");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, 1);
    char *failed = strdup(status("--failed", 0));
    fa_fetch_end(&fetch);
    fa_server_reset(&server);

    fa_fetch_start(&fetch, &scratch, "async", failed, "--retries", "0", NULL);
    fa_fetch_expect(&fetch, 20, -1);
    cr_expect_eq(json_array_size(fetch.entries), 3, "%s", failed);
    cr_expect_eq(fa_server_requests(&server, "/ok/1000/a"), 0);
    cr_expect_eq(fa_server_requests(&server, "/status/404/b"), 1);
    size_t named = 0;
    for (size_t i = 0; i < json_array_size(fetch.entries); i++) {
        const char *path = fa_report_str(json_array_get(fetch.entries, i), "path");
        named += path && (strcmp(path, "sub/x/b.bin") == 0 || strcmp(path, "x") == 0 ||
                          strcmp(path, "b") == 0);
    }
    cr_expect_eq(named, 3, "%s", failed);
    free(failed);
}

Test(status, secrets_are_never_printed)
{
    fetch_some();
    static const char *const options[] = {NULL, "--json", "--failed"};
    for (size_t i = 0; i < 3; i++) {
        const char *text = status(options[i], 0);
        cr_expect_null(strstr(text, "passw0rd"), "%s", text);
        cr_expect_null(strstr(text, "t0ken"), "%s", text);
    }
    const char *text = fa_run_out(&run);
    cr_expect_not_null(strstr(text, "# line 6 of its list"), "%s", text);
    cr_expect_not_null(strstr(text, "# line 7 of its list"), "%s", text);
}

Test(status, a_run_in_progress_is_shown_with_its_process)
{
    add_path("/ok/10/a");
    add_path("/hold/b");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "requests", 2, 10);
    const json_t *object = NULL;
    json_t *report = NULL;
    for (int i = 0; i < 100; i++) {
        report = fa_report_parse(status("--json", 0));
        object = json_array_get(report, 0);
        if (fa_report_int(object, "done") == 1 && fa_report_int(object, "run.entries") == 2) {
            break;
        }
        json_decref(report);
        usleep(50000);
        cr_assert_lt(i, 99);
    }
    cr_expect_str_eq(fa_report_str(object, "run.state"), "running");
    cr_expect_eq(fa_report_int(object, "pid"), fetch.run.pid);
    cr_expect_eq(fa_report_int(object, "pending"), 1);
    json_decref(report);
    fa_run_kill(&fetch.run, SIGKILL);
    fa_run_wait(&fetch.run, 10);
    cr_expect_not_null(strstr(status(NULL, 0), "killed"));
}

Test(status, what_an_interrupted_run_did_not_end_is_pending)
{
    add_path("/ok/10/a");
    add_path("/hold/b");
    add_path("/hold/c");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--stall-timeout", "60", NULL);
    fa_server_until(&server, "held", 2, 10);
    fa_run_kill(&fetch.run, SIGTERM);
    fa_run_wait(&fetch.run, 10);
    json_t *report = fa_report_parse(status("--json", 0));
    const json_t *object = json_array_get(report, 0);
    cr_expect_eq(fa_report_int(object, "pending"), 2);
    cr_expect_eq(fa_report_int(object, "failed"), 0);
    json_decref(report);
}

Test(status, without_a_state_it_is_a_usage_error)
{
    fetch.dir = fa_scratch_mkdir(&scratch, "empty");
    status(NULL, 2);
    cr_expect_not_null(strstr(fa_run_err(&run), "no state in '"), "%s", fa_run_err(&run));
    fetch.dir = "/nonexistent";
    status("--failed", 2);
    fa_scratch_write(&scratch, "bad/.fetchall/state.db", "this is no database, not even nearly");
    fetch.dir = fa_scratch_path(&scratch, "bad");
    status("--json", 4);
    cr_expect_str_eq(fa_run_out(&run), "");
}

Test(status, a_state_that_may_not_be_read_is_not_taken_for_none)
{
    static const char *const powerless[] = {"setpriv", "--bounding-set",
                                            "-dac_override,-dac_read_search", NULL};
    struct fa_run_options options = {.wrap = getuid() == 0 ? powerless : NULL};
    static const char *const commands[] = {"status", "verify"};
    add_path("/ok/10/a");
    fa_fetch_start(&fetch, &scratch, "async", list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s/.fetchall", fetch.dir);
    cr_assert_eq(chmod(folder, 0), 0);
    for (size_t i = 0; i < 2; i++) {
        fa_run_start(&run, &options, commands[i], "-d", fetch.dir, NULL);
        cr_expect_eq(fa_run_wait(&run, 10), 4, "%d", run.status);
        cr_expect_not_null(strstr(fa_run_err(&run), "Permission denied"), "%s", fa_run_err(&run));
        fa_run_end(&run);
    }
    cr_assert_eq(chmod(folder, 0700), 0);
    fa_run_start(&run, NULL, "status", "-d", fetch.dir, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0);
}

Test(status, a_state_elsewhere_is_read_and_only_for_its_folder)
{
    const char *state = fa_scratch_path(&scratch, "my.db");
    add_path("/ok/10/a");
    fa_fetch_start(&fetch, &scratch, "async", list.text, "--state", state, NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_run_start(&run, NULL, "status", "-d", fetch.dir, "--state", state, "--json", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "-d", "/tmp", "--state", state, NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 4, "%s", fa_run_err(&run));
}

Test(status, help_is_that_of_the_command)
{
    fa_run_start(&run, NULL, "status", "--help", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 0);
    cr_expect_not_null(strstr(fa_run_out(&run), "Usage: fetchall status"));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "status", "--sync", NULL);
    cr_expect_eq(fa_run_wait(&run, 10), 2);
}
