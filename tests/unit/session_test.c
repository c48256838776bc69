/* Sessions as a program uses the library: more than one run. */

#include "cli/report.h"

#include "support/hostile_tasks.h"
#include "support/scratch.h"
#include "support/server.h"
#include "support/truth.h"

#include <fetchall/session.h>

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fa_scratch scratch;
static struct fa_server server;
static struct fa_config config;
static struct fa_session *session;
static unsigned ended[FA_STATUSES]; /* by status, in the last run */
static char last_list[64];          /* of the entry that ended last */
static bool bad_report;             /* an entry ended for which no report object can be built */
static unsigned slow_after_stop;    /* microseconds that each end takes once it was stopped */
static unsigned stop_after;         /* stop once that many entries have ended; 0: never */
static bool run_again;              /* the handler tries to run the session */

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
    fa_config_init(&config);
    config.dir = fa_scratch_mkdir(&scratch, "out");
    config.hash_with = FA_HASH_WITH_THREAD;
    config.retries = 0;
}

static void end(void)
{
    fa_session_free(session);
    session = NULL;
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(session, .init = begin, .fini = end, .timeout = 60.0);

static void on_event(void *ctx, const struct fa_event *event)
{
    (void)ctx;
    if (event->type != FA_EVENT_DONE)
        return;
    ++ended[event->done.status];
    snprintf(last_list, sizeof(last_list), "%s", event->done.list ? event->done.list : "");
    json_t *object = fa_report_object(&event->done);
    char *text = object ? json_dumps(object, 0) : NULL;
    bad_report |= !text;
    free(text);
    json_decref(object);
    if (run_again) {
        struct fa_error err = {0};
        enum fa_end how = FA_END_COMPLETE;
        cr_expect_eq(fa_session_run(session, &how, &err), -1);
        cr_expect(how != FA_END_COMPLETE && err.class == FA_CLASS_REFUSED, "%s", err.msg);
    }
    if (stop_after == 0 && slow_after_stop)
        usleep(slow_after_stop);
    if (stop_after && --stop_after == 0)
        fa_session_stop(session, FA_STOP_DRAIN);
}

static void open_session(void)
{
    struct fa_error err = {0};
    session = fa_session_new(&config, on_event, NULL, &err);
    cr_assert_not_null(session, "%s", err.msg);
}

static void add_list(const char *const *paths, size_t n)
{
    struct fa_error err = {0};
    char text[4096] = "", name[32];
    static int number;
    for (size_t i = 0; i < n; i++) {
        strcat(text, fa_server_url(&server, paths[i]));
        strcat(text, "\n");
    }
    snprintf(name, sizeof(name), "list-%d", number++);
    const char *file = fa_scratch_write(&scratch, name, text);
    cr_assert_eq(fa_session_add_list(session, file, &err), 0, "%s", err.msg);
}

static void run(void)
{
    struct fa_error err = {0};
    enum fa_end how = FA_END_LOCAL;
    memset(ended, 0, sizeof(ended));
    cr_assert_eq(fa_session_run(session, &how, &err), 0, "%s", err.msg);
    cr_assert_eq(how, FA_END_COMPLETE);
}

static void run_twice(enum fa_mode mode)
{
    static const char *const first[] = {"/ok/100/a", "/ok/100/b"};
    static const char *const second[] = {"/ok/100/b", "/ok/100/c", "/ok/100/d"};
    config.mode = mode;
    open_session();
    add_list(first, 2);
    run();
    cr_assert_eq(ended[FA_STATUS_OK], 2);
    add_list(second, 3);
    run();
    cr_assert_eq(ended[FA_STATUS_OK], 2);
    cr_assert_eq(ended[FA_STATUS_EXISTS], 1);
    fa_expect_file(config.dir, "d", "/ok/100/d", 100);
    run();
    cr_assert_eq(ended[FA_STATUS_OK], 0, "there was no list");
}

Test(session, second_run_fetches_what_was_added_with_one_loop)
{
    config.loops = 1;
    run_twice(FA_MODE_ASYNC);
}

Test(session, second_run_fetches_what_was_added_with_several_loops)
{
    config.loops = 3;
    run_twice(FA_MODE_ASYNC);
}

Test(session, second_run_fetches_what_was_added_with_threads)
{
    run_twice(FA_MODE_THREAD);
}

Test(session, second_run_fetches_what_was_added_with_processes)
{
    config.worker_program = FA_TEST_WORKER;
    config.hash_with = FA_HASH_WITH_PROCESS;
    run_twice(FA_MODE_PROCESS);
}

Test(session, entries_that_failed_in_a_run_can_be_retried_by_the_next)
{
    struct fa_error err = {0};
    open_session();
    add_list((const char *[]){"/flaky/1/503/1000", "/ok/10/a"}, 2);
    run();
    cr_assert_eq(ended[FA_STATUS_FAILED], 1);
    cr_assert_eq(fa_session_add_failed(session, &err), 0, "%s", err.msg);
    run();
    cr_assert_eq(ended[FA_STATUS_OK], 1);
    cr_assert_eq(ended[FA_STATUS_EXISTS], 0);
    cr_assert_str_eq(last_list, "the state");
    fa_expect_file(config.dir, "1000", "/flaky/1/503/1000", 1000);
}

Test(session, run_by_the_handler_is_refused_and_disturbs_nothing)
{
    run_again = true;
    open_session();
    add_list((const char *[]){"/ok/10/a", "/ok/10/b"}, 2);
    run();
    cr_assert_eq(ended[FA_STATUS_OK], 2);
}

Test(session, run_after_one_that_was_stopped_is_refused)
{
    struct fa_error err = {0};
    enum fa_end how = FA_END_COMPLETE;
    config.jobs = 1;
    open_session();
    stop_after = 1;
    add_list((const char *[]){"/ok/10/a", "/ok/10/b", "/ok/10/c", "/delay/300/10/d"}, 4);
    cr_assert_eq(fa_session_run(session, &how, &err), 0, "%s", err.msg);
    cr_assert_eq(how, FA_END_STOPPED);
    cr_assert_eq(fa_session_run(session, &how, &err), -1);
    cr_assert_neq(how, FA_END_COMPLETE);
    cr_assert_eq(err.class, FA_CLASS_REFUSED);
    cr_assert_not_null(strstr(err.msg, "cannot be run again"), "%s", err.msg);
}

/* A worker of the CPU stage may lie about its own files, and about nothing else. */
Test(session, hostile_digest_worker_ends_neither_the_run_nor_its_report)
{
    config.worker_program = FA_TEST_WORKER;
    config.hash_with = FA_HASH_WITH_PROCESS;
    config.hash = FA_HASH_SHA256;
    for (size_t i = 0; fa_hostile_lies[i]; i++) {
        bad_report = false;
        setenv("FA_TEST_HOSTILE", fa_hostile_lies[i], 1);
        config.dir = fa_scratch_mkdir(&scratch, fa_hostile_lies[i]);
        open_session();
        unsetenv("FA_TEST_HOSTILE");
        add_list((const char *[]){"/ok/10/a", "/ok/10/b", "/ok/10/c", "/delay/300/10/d"}, 4);
        run();
        cr_expect_eq(ended[FA_STATUS_FAILED], 4, "%s: %u are ok", fa_hostile_lies[i],
                     ended[FA_STATUS_OK]);
        cr_expect_not(bad_report, "%s", fa_hostile_lies[i]);
        fa_session_free(session);
        session = NULL;
    }
}

/* More entries than a drain could once report in its five seconds. */
Test(session, every_entry_of_a_backlog_ends_once_when_a_run_is_stopped)
{
    enum { MANY = 9000 };
    struct fa_error err = {0};
    enum fa_end how = FA_END_COMPLETE;
    char *text = NULL;
    size_t len = 0;
    FILE *list = open_memstream(&text, &len);
    fprintf(list, "%s\n", fa_server_url(&server, "/delay/1000/10"));
    for (unsigned i = 0; i < MANY; i++)
        fprintf(list, "http://127.0.0.1:%d/hold/f%u\n", server.port, i);
    fclose(list);
    config.jobs = 8;
    config.per_host = 1;
    config.loops = 1;
    config.hash = 0;
    open_session();
    const char *file = fa_scratch_write(&scratch, "many", text);
    free(text);
    cr_assert_eq(fa_session_add_list(session, file, &err), 0, "%s", err.msg);
    stop_after = 1; /* the first is fetched while the others are read */
    slow_after_stop = 700;
    cr_assert_eq(fa_session_run(session, &how, &err), 0, "%s", err.msg);
    cr_assert_eq(how, FA_END_STOPPED);
    cr_assert_eq(ended[FA_STATUS_OK], 1);
    cr_assert_eq(ended[FA_STATUS_FAILED], MANY);
    cr_assert_not(bad_report);
}

/* Entries that are in no list: the program's tags, and those that were returned with each. */
static struct call {
    const char *path;
    unsigned ended;
    enum fa_status status;
} calls[4];
static size_t n_added; /* of calls, by the handler, too */

static int add_call(size_t i, const char *const *options, struct fa_error *err)
{
    return fa_session_add_entry(session, fa_server_url(&server, calls[i].path), options, &calls[i],
                                err);
}

static void on_call(void *ctx, const struct fa_event *event)
{
    struct fa_error err = {0};
    (void)ctx;
    if (event->type != FA_EVENT_DONE)
        return;
    struct call *call = event->done.tag;
    cr_assert(call >= calls && call < calls + 4);
    ++call->ended;
    call->status = event->done.status;
    cr_assert_eq(event->done.line, (uint64_t)(call - calls) + 1);
    cr_assert_str_eq(event->done.list, "");
    if (n_added < 4)
        cr_assert_eq(add_call(n_added++, NULL, &err), 0, "%s", err.msg);
}

Test(session, entries_of_the_program_come_back_with_their_tags)
{
    static const char *const paths[] = {"/ok/100/a", "/ok/100/b", "/status/404/c", "/ok/100/d"};
    static const char *const options[] = {"out=named", "size=100", NULL};
    struct fa_error err = {0};
    enum fa_end how = FA_END_LOCAL;
    for (size_t i = 0; i < 4; i++)
        calls[i] = (struct call){.path = paths[i]};
    session = fa_session_new(&config, on_call, NULL, &err);
    cr_assert_not_null(session, "%s", err.msg);
    cr_assert_eq(add_call(0, options, &err), 0, "%s", err.msg);
    n_added = 1;
    cr_assert_eq(fa_session_run(session, &how, &err), 0, "%s", err.msg);
    cr_assert_eq(how, FA_END_COMPLETE);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(calls[i].ended, 1, "%zu", i);
        cr_expect_eq(calls[i].status, i == 2 ? FA_STATUS_FAILED : FA_STATUS_OK, "%zu", i);
    }
    fa_expect_file(config.dir, "named", "/ok/100/a", 100);
    fa_expect_file(config.dir, "d", "/ok/100/d", 100);
}

Test(session, entry_that_is_malformed_is_refused_at_once)
{
    static const struct {
        const char *url, *option, *why;
    } rows[] = {
        {"http://a/b\tc", NULL, "TAB in a URL"},
        {"http://a/b\n", NULL, "control"},
        {"http://a/", "size=x", "size"},
        {"http://a/", "checksum=sha-256=12", "checksum"},
        {"http://a/", "colour=red", "unknown option"},
        {"http://a/", "header=no colon", "colon"},
    };
    enum fa_end how = FA_END_LOCAL;
    open_session();
    memset(ended, 0, sizeof(ended));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const char *const options[] = {rows[i].option, NULL};
        struct fa_error err = {0};
        cr_expect_eq(fa_session_add_entry(session, rows[i].url, options, NULL, &err), -1, "%zu", i);
        cr_expect_eq(err.class, FA_CLASS_BAD_URL, "%zu", i);
        cr_expect(strstr(err.msg, rows[i].why), "%zu: %s", i, err.msg);
    }
    cr_assert_eq(fa_session_run(session, &how, NULL), 0);
    for (size_t i = 0; i < FA_STATUSES; i++)
        cr_expect_eq(ended[i], 0, "%zu", i);
}
