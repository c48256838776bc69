/* What becomes of a job after a failure: tables of cases and verdicts. */

#include "engine/settle.h"

#include "support/listed_job.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fa_job *job;
static struct fa_settle_case with;

static void open_job(const char *urls)
{
    job = fa_listed_job(1, urls);
    job->outcome.retry_after = -1;
}

static void begin(void)
{
    with = (struct fa_settle_case){.policy = {.retries = 2, .retry_wait = 1},
                                   .has_state = true,
                                   .next_mirror = -1,
                                   .failing_mirror = -1,
                                   .random = UINT64_MAX};
    open_job("http://127.0.0.1/a");
}

static void end(void)
{
    fa_job_free(job);
}

TestSuite(settle, .init = begin, .fini = end);

static void set_error(enum fa_class class, enum fa_retryability retryable)
{
    fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, class, "failed");
    job->outcome.retryable = retryable;
}

static struct fa_settled fail(void)
{
    return fa_settle_failure(job, &with);
}

static void have_part(uint64_t bytes)
{
    job->part.bytes = bytes;
    job->part.rep.validator.strong = true;
}

Test(settle, transient_failure_is_retried_as_often_as_the_policy_says)
{
    set_error(FA_CLASS_CONNECT, FA_RETRYABLE_NOW);
    struct fa_settled settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_RETRY);
    cr_expect(settled.retry && settled.wait > 0.9 && settled.wait <= 1);
    settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_RETRY);
    cr_expect(settled.wait > 1.9 && settled.wait <= 2);
    settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_FAILED);
    cr_expect(settled.transient);
}

Test(settle, permanent_failure_is_not_retried)
{
    set_error(FA_CLASS_HTTP, FA_RETRYABLE_NEVER);
    struct fa_settled settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_FAILED);
    cr_expect_not(settled.transient);
    cr_expect(fa_job_is_exhausted(job));
}

/* An attempt from OFFSET on that ends early with a part of SIZE bytes. */
static struct fa_settled cut(uint64_t offset, uint64_t size)
{
    set_error(FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW);
    job->outcome.http = offset > 0 ? 206 : 200;
    job->outcome.size = size;
    job->outcome.head.kept = job->attempt.offset = offset;
    job->outcome.head.rep.validator.strong = true;
    ++job->tries.attempts;
    fa_settle_attempt(job);
    return fail();
}

Test(settle, progress_renews_patience)
{
    enum { STEP = FA_SETTLE_PROGRESS };
    for (uint64_t i = 0; i < 10; ++i) {
        struct fa_settled settled = cut(i * STEP, (i + 1) * STEP);
        cr_expect_eq(settled.what, FA_SETTLED_RETRY);
        cr_expect(settled.retry && settled.wait <= 1);
        cr_expect_eq(job->tries.rounds, 0);
    }
    cr_expect_eq(cut(10 * STEP, 11 * STEP - 1).what, FA_SETTLED_RETRY);
    cr_expect_eq(job->tries.rounds, 1);
    cr_expect_eq(cut(11 * STEP - 1, 11 * STEP).what, FA_SETTLED_RETRY);
    cr_expect_eq(job->tries.rounds, 0);
}

Test(settle, a_part_of_an_earlier_run_is_not_progress)
{
    cr_expect_eq(cut(1000000, 1000001).what, FA_SETTLED_RETRY);
    cr_expect_eq(job->tries.rounds, 1);
}

Test(settle, retry_after_is_the_minimum_wait)
{
    set_error(FA_CLASS_HTTP, FA_RETRYABLE_NOW);
    job->outcome.retry_after = 33;
    cr_expect_eq(fail().wait, 33);
}

Test(settle, part_is_kept_if_a_later_run_can_resume_it)
{
    static const struct {
        enum fa_class class;
        enum fa_retryability retryable;
        bool has_state, has_known, kept;
    } rows[] = {
        {FA_CLASS_CANCELLED, FA_RETRYABLE_NEVER, true, false, true},
        {FA_CLASS_LOCAL_IO, FA_RETRYABLE_NEVER, true, false, true},
        {FA_CLASS_HTTP, FA_RETRYABLE_NEVER, true, false, false},
        {FA_CLASS_CANCELLED, FA_RETRYABLE_NEVER, false, false, false},
        {FA_CLASS_CANCELLED, FA_RETRYABLE_NEVER, true, true, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_known known = {0};
        set_error(rows[i].class, rows[i].retryable);
        have_part(100);
        with.has_state = rows[i].has_state;
        job->place.known = rows[i].has_known ? &known : NULL;
        struct fa_settled settled = fail();
        job->place.known = NULL;
        cr_expect_eq(settled.what, FA_SETTLED_FAILED, "%zu", i);
        cr_expect_eq(settled.record_part, rows[i].kept, "%zu", i);
        cr_expect_eq(settled.drop_part, !rows[i].kept, "%zu", i);
        cr_expect_eq(job->part.bytes, rows[i].kept ? 100 : 0, "%zu", i);
        job->target.exhausted = 0;
    }
}

Test(settle, full_disk_of_a_paused_run_is_no_failure)
{
    fa_error_system(&job->outcome.error, FA_CLASS_LOCAL_IO, ENOSPC, "cannot write");
    with.paused = true;
    struct fa_settled settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_REQUEST);
    cr_expect(settled.record_part);
    cr_expect_not(settled.stops_run);
    with.paused = false;
    settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_FAILED);
    cr_expect(settled.stops_run);
}

Test(settle, some_local_errors_hit_every_other_file_too)
{
    static const struct {
        int code;
        bool stops;
    } rows[] = {{ENOSPC, true}, {EDQUOT, true},       {EROFS, true},   {EIO, true},
                {EACCES, true}, {ENOENT, true},       {EMFILE, false}, {ENOMEM, false},
                {EFBIG, false}, {ENAMETOOLONG, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_error err;
        fa_error_system(&err, FA_CLASS_LOCAL_IO, rows[i].code, "cannot write");
        cr_expect_eq(fa_settle_stops_run(&err), rows[i].stops, "%d", rows[i].code);
    }
}

Test(settle, stopped_run_requests_nothing_again)
{
    set_error(FA_CLASS_CONNECT, FA_RETRYABLE_NOW);
    with.stopped = true;
    with.next_mirror = 1;
    job->outcome.restart = FA_RESTART_CHANGED;
    cr_expect_eq(fail().what, FA_SETTLED_FAILED);
}

Test(settle, useless_bytes_are_requested_anew_once_and_that_is_no_failure)
{
    set_error(FA_CLASS_CHANGED, FA_RETRYABLE_NOW);
    job->outcome.restart = FA_RESTART_CHANGED;
    cr_expect_eq(fail().what, FA_SETTLED_REQUEST);
    cr_expect_eq(job->tries.rounds, 0);
    cr_expect_eq(fail().what, FA_SETTLED_RETRY);
    cr_expect_eq(job->tries.rounds, 1);
}

Test(settle, time_out_of_an_idle_connection_is_no_failure_once)
{
    set_error(FA_CLASS_HTTP, FA_RETRYABLE_NOW);
    job->outcome.idle = true;
    cr_expect_eq(fail().what, FA_SETTLED_REQUEST);
    cr_expect(job->tries.fresh && job->tries.rounds == 0);
    cr_expect_eq(fail().what, FA_SETTLED_RETRY);
}

Test(settle, http2_that_cannot_tell_the_end_is_replaced_by_http1_once)
{
    set_error(FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW);
    job->outcome.doubtful = true;
    cr_expect_eq(fail().what, FA_SETTLED_REQUEST);
    cr_expect(job->tries.http1);
    cr_expect_eq(fail().what, FA_SETTLED_RETRY);
}

Test(settle, refused_range_is_followed_by_one_request_of_the_whole)
{
    set_error(FA_CLASS_HTTP, FA_RETRYABLE_NEVER);
    job->outcome.http = 403;
    job->attempt.offset = 100;
    cr_expect_eq(fail().what, FA_SETTLED_REQUEST);
    cr_expect(job->tries.whole);
    job->attempt.whole = true;
    cr_expect_eq(fail().what, FA_SETTLED_FAILED);
}

Test(settle, overloaded_server_has_to_refuse_a_range_twice)
{
    set_error(FA_CLASS_HTTP, FA_RETRYABLE_NOW);
    job->outcome.http = 503;
    job->attempt.offset = 100;
    cr_expect_eq(fail().what, FA_SETTLED_RETRY);
    cr_expect_not(job->tries.whole);
    cr_expect_eq(fail().what, FA_SETTLED_REQUEST);
    cr_expect(job->tries.whole);
}

Test(settle, mirror_comes_before_a_retry)
{
    end();
    open_job("http://127.0.0.1/a\thttp://127.0.0.2/a");
    set_error(FA_CLASS_CONNECT, FA_RETRYABLE_NOW);
    with.next_mirror = 1;
    struct fa_settled settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_MIRROR);
    cr_expect_eq(settled.mirror, 1);
    cr_expect_eq(job->tries.rounds, 0);
    with.next_mirror = -1;
    cr_expect_eq(fail().what, FA_SETTLED_RETRY);
    cr_expect_eq(job->tries.rounds, 1);
}

Test(settle, mirror_whose_host_only_fails_is_the_last_resort)
{
    end();
    open_job("http://127.0.0.1/a\thttp://127.0.0.2/a");
    set_error(FA_CLASS_CONNECT, FA_RETRYABLE_NOW);
    with.policy.retries = 0;
    with.failing_mirror = 1;
    struct fa_settled settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_MIRROR);
    cr_expect_not(settled.retry);
    cr_expect_eq(job->target.exhausted, 1);
}

Test(settle, crash_of_a_worker_stays_with_its_mirror_and_ends_after_three)
{
    set_error(FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NOW);
    with.next_mirror = 1;
    for (int i = 0; i < 2; ++i) {
        struct fa_settled settled = fail();
        cr_expect_eq(settled.what, FA_SETTLED_RETRY);
        cr_expect_eq(settled.wait, 0);
    }
    cr_expect_eq(fail().what, FA_SETTLED_FAILED);
}

Test(settle, part_of_a_crashed_worker_is_salvaged_unless_it_began_anew)
{
    static const struct {
        uint64_t offset;
        bool head;
        int64_t size;
        uint64_t left;
        bool unmarked;
    } rows[] = {{0, true, 500, 500, false},    {0, false, 500, 0, false},
                {100, false, 500, 500, false}, {100, false, 50, 0, false},
                {100, true, -1, 0, false},     {0, true, 0, 0, false},
                {100, false, 500, 0, true},    {100, true, 500, 500, true}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        job->attempt.offset = rows[i].offset;
        job->attempt.has_head = rows[i].head;
        job->attempt.unmarked = rows[i].unmarked;
        job->attempt.head.rep.validator.strong = true;
        fa_settle_crashed(job, rows[i].size);
        cr_expect_eq(job->part.bytes, rows[i].left, "%zu", i);
    }
}

Test(settle, complete_file_without_a_declared_length_is_news_for_the_state)
{
    job->part.head_recorded = true;
    job->outcome.size = 7;
    job->outcome.head.rep.total = -1;
    cr_expect(fa_settle_complete(job));
    cr_expect_eq(job->place.size, 7);
    cr_expect_eq(job->part.rep.total, 7);
    job->part.head_recorded = true;
    job->outcome.head.rep.total = 7;
    cr_expect_not(fa_settle_complete(job));
}

/* An answer of the listed host with this status. */
static struct fa_settled answer(int status)
{
    fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, status, FA_CLASS_HTTP, "%d Answer: why",
                 status);
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    job->outcome.http = status;
    return fail();
}

Test(settle, refused_url_is_replaced_three_times)
{
    static const int refused[] = {401, 403, 410};
    with.refreshes = true;
    for (size_t i = 0; i < 3; ++i)
        cr_expect_eq(answer(refused[i]).what, FA_SETTLED_REFRESH);
    struct fa_settled settled = answer(403);
    cr_expect_eq(settled.what, FA_SETTLED_FAILED);
    cr_expect_str_eq(job->outcome.error.msg, "403 Answer, also for the 3 new URLs of --refresh");
}

Test(settle, no_new_url_is_asked_for)
{
    cr_expect_eq(answer(403).what, FA_SETTLED_FAILED, "without a command");
    with.refreshes = true;
    cr_expect_eq(answer(404).what, FA_SETTLED_FAILED, "for another status");
    job->outcome.digest = true;
    cr_expect_eq(answer(401).what, FA_SETTLED_REQUEST, "if a password was asked for");
    with.stopped = true;
    cr_expect_eq(answer(403).what, FA_SETTLED_FAILED, "during a stop");
    cr_expect_eq(job->tries.refreshes, 0);
}

Test(settle, part_is_recorded_before_a_new_url_is_asked_for_and_kept_without_one)
{
    with.refreshes = true;
    have_part(1000);
    job->attempt.offset = 1000;
    struct fa_settled settled = answer(403);
    cr_expect_eq(settled.what, FA_SETTLED_REFRESH);
    cr_expect(settled.record_part);
    job->tries.unrefreshed = true;
    settled = fail();
    cr_expect_eq(settled.what, FA_SETTLED_FAILED);
    cr_expect(settled.record_part && !settled.drop_part);
}
