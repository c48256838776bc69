/* What a program needs that feeds a session while it runs. */

#include <fetchall/pool.h>
#include <fetchall/session.h>

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <event2/event.h>
#include <string.h>
#include <time.h>

static struct fa_scratch scratch;
static struct fa_session *session;

static struct {
    unsigned done, saved, done_at_save;
    const void *tag;
    uint64_t line;
} seen;

static void on_event(void *ctx, const struct fa_event *event)
{
    (void)ctx;
    if (event->type == FA_EVENT_DONE) {
        ++seen.done;
        seen.tag = event->done.tag;
        seen.line = event->done.line;
    } else if (event->type == FA_EVENT_SAVED) {
        ++seen.saved;
        seen.done_at_save = seen.done;
    }
}

static void begin(void)
{
    struct fa_config config;
    struct fa_error err;
    fa_scratch_init(&scratch);
    fa_config_init(&config);
    config.dir = scratch.path;
    config.hash = 0;
    config.sandbox = FA_SANDBOX_OFF;
    session = fa_session_new(&config, on_event, NULL, &err);
    cr_assert_not_null(session, "%s", err.msg);
}

static void end(void)
{
    fa_session_free(session);
    fa_scratch_fini(&scratch);
}

TestSuite(attach, .init = begin, .fini = end, .timeout = 60.0);

/* The program's own event: adds an entry that fails at once, and lets the run end. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_error err;
    cr_expect_eq(seen.done, 0);
    cr_assert_eq(fa_session_add_packed(session, "\tgopher://x/\t", "x", 17, arg, &err), 0);
    fa_session_hold(session, false);
}

Test(attach, held_run_waits_for_an_entry_from_an_event_of_the_program)
{
    enum fa_end how;
    struct fa_error err;
    const struct timeval soon = {.tv_usec = 10000};
    struct event *timer = evtimer_new(fa_session_loop(session), on_timer, &seen);
    event_add(timer, &soon);
    fa_session_hold(session, true);
    cr_assert_eq(fa_session_run(session, &how, &err), 0);
    event_free(timer);
    cr_expect_eq(how, FA_END_COMPLETE);
    cr_expect_eq(seen.done, 1);
    cr_expect_eq(seen.tag, &seen);
    cr_expect_eq(seen.line, 17);
    cr_expect_eq(seen.saved, 1);
    cr_expect_eq(seen.done_at_save, 1);
}

Test(attach, what_another_session_knows_about_an_origin_is_kept)
{
    const char *name = "http://a.example:80";
    struct fa_origin_note note = {.size = sizeof(note)}, got = {.size = sizeof(got)};
    struct fa_error err;
    fa_session_get_origin(session, name, &got);
    cr_expect_eq(got.limit, 0);
    note.not_before = (double)time(NULL) + 100;
    note.limit = 12;
    cr_assert_eq(fa_session_put_origin(session, name, &note, &err), 0);
    fa_session_get_origin(session, name, &got);
    cr_expect_eq(got.limit, 12);
    cr_expect_float_eq(got.not_before, note.not_before, 1);
    cr_expect_not(got.down);
    /* The longest one counts. */
    note.not_before += 1000;
    cr_assert_eq(fa_session_put_origin(session, name, &note, &err), 0);
    fa_session_get_origin(session, name, &got);
    cr_expect_float_eq(got.not_before, note.not_before, 1);
    note.not_before -= 900;
    cr_assert_eq(fa_session_put_origin(session, name, &note, &err), 0);
    fa_session_get_origin(session, name, &got);
    cr_expect_float_eq(got.not_before, note.not_before + 900, 1);
}

Test(attach, origin_that_is_not_one_is_refused)
{
    struct fa_origin_note note = {.size = sizeof(note)};
    struct fa_error err;
    cr_expect_eq(fa_session_put_origin(session, "nonsense", &note, &err), -1);
    cr_expect_eq(err.class, FA_CLASS_BAD_URL);
    note.size = 3;
    cr_expect_eq(fa_session_put_origin(session, "http://a.example:80", &note, &err), -1);
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
}
