/* The scheduler alone: jobs and outcomes in, the next job out, on a clock that the test moves. */

#include "engine/scheduler.h"

#include "support/listed_job.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 64

static struct fa_scheduler scheduler;
static struct fa_schedule_policy policy;
static struct fa_emitter emitter;
static struct fa_jitter jitter;
static struct fa_job *jobs[JOBS_MAX];
static size_t n_jobs;
static char changes[64]; /* what became of hosts: a letter each */

static void on_event(void *ctx, const struct fa_event *event)
{
    static const char letters[] = {[FA_HOST_PAUSED] = 'P',
                                   [FA_HOST_BROKEN] = 'B',
                                   [FA_HOST_GIVEN_UP] = 'G',
                                   [FA_HOST_BACK] = 'K'};
    (void)ctx;
    size_t len = strlen(changes);
    if (event->type == FA_EVENT_HOST && len + 1 < sizeof(changes)) {
        changes[len] = letters[event->host.change];
        changes[len + 1] = '\0';
    }
}

static void open_scheduler(unsigned slots)
{
    struct fa_error err;
    cr_assert_eq(fa_scheduler_init(&scheduler, &policy, &emitter, &jitter, &err), 0);
    fa_slots_init(&scheduler.slots, slots);
    fa_bucket_init(&scheduler.bucket, 0, 0);
}

static void begin(void)
{
    emitter = (struct fa_emitter){.handler = on_event};
    fa_jitter_init(&jitter, 1);
    policy = (struct fa_schedule_policy){
        .limits = {.per_host = 2}, .outage = {.retries = 2, .retry_wait = 1, .host_wait = 30}};
    open_scheduler(8);
}

static void end(void)
{
    fa_scheduler_fini(&scheduler);
    for (size_t i = 0; i < n_jobs; ++i)
        fa_job_free(jobs[i]);
}

TestSuite(scheduler, .init = begin, .fini = end, .timeout = 30.0);

/* @urls  Separated by TABs. */
static struct fa_job *new_job(const char *urls)
{
    cr_assert_lt(n_jobs, JOBS_MAX);
    struct fa_job *job = fa_listed_job(n_jobs + 1, urls);
    return jobs[n_jobs++] = job;
}

static struct fa_job *put(const char *urls, double now)
{
    struct fa_job *job = new_job(urls);
    cr_assert_eq(fa_scheduler_put(&scheduler, job, false, now), 0);
    return job;
}

/* The next step that is more than "call again". */
static enum fa_next next(double now, struct fa_job **ret)
{
    struct fa_origin *origin;
    enum fa_next what;
    *ret = NULL;
    while ((what = fa_scheduler_next(&scheduler, now, ret, &origin)) == FA_NEXT_AGAIN)
        continue;
    return what;
}

static struct fa_job *start(double now)
{
    struct fa_job *job;
    cr_assert_eq(next(now, &job), FA_NEXT_START);
    cr_assert_eq(job->state, FA_JOB_ACTIVE);
    job->timing.started = now;
    return job;
}

static void expect_nothing(double now)
{
    struct fa_job *job;
    cr_expect_eq(next(now, &job), FA_NEXT_NONE);
}

/* @return whether the failure is the host's. */
static bool finish(struct fa_job *job, enum fa_class class, int http, double retry_after,
                   double now)
{
    struct fa_origin *origin = job->target.origin;
    job->outcome = (struct fa_outcome){.http = http, .retry_after = retry_after};
    if (class != FA_CLASS_NONE) {
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, class, "failed");
        job->outcome.retryable = FA_RETRYABLE_NOW;
    }
    bool held = fa_scheduler_ended(&scheduler, job, now);
    fa_job_set_state(job, FA_JOB_FINAL);
    fa_scheduler_review(&scheduler, origin, now);
    return held;
}

static bool fail(struct fa_job *job, double now)
{
    return finish(job, FA_CLASS_CONNECT, 0, -1, now);
}

static void succeed(struct fa_job *job, double now)
{
    finish(job, FA_CLASS_NONE, 200, -1, now);
}

Test(scheduler, origins_take_turns_and_no_limit_is_exceeded)
{
    for (int i = 0; i < 6; ++i)
        put("http://127.0.0.1/", 0);
    for (int i = 0; i < 3; ++i)
        put("http://127.0.0.2/", 0);
    const struct fa_job *first = start(0), *second = start(0);
    cr_expect_neq(first->target.origin, second->target.origin);
    start(0), start(0);
    expect_nothing(0); /* two of each */
    cr_expect_eq(scheduler.active, 4);
    succeed((struct fa_job *)(uintptr_t)second, 1);
    cr_expect_eq(start(1)->target.origin, second->target.origin);
    expect_nothing(1);
}

Test(scheduler, slots_limit_all_origins_together)
{
    fa_slots_init(&scheduler.slots, 3);
    for (int i = 1; i <= 4; ++i) {
        char url[32];
        snprintf(url, sizeof(url), "http://127.0.0.%d/", i);
        put(url, 0);
    }
    start(0), start(0), start(0);
    expect_nothing(0);
    cr_expect(fa_scheduler_is_ready(&scheduler));
}

Test(scheduler, retry_is_queued_when_its_time_has_come_and_before_the_others)
{
    struct fa_job *waiting = new_job("http://127.0.0.1/retry");
    policy.limits.per_host = 1;
    scheduler.policy.limits.per_host = 1;
    struct fa_job *running = put("http://127.0.0.1/a", 0);
    cr_assert_eq(start(0), running);
    put("http://127.0.0.1/b", 0);
    fa_job_set_state(waiting, FA_JOB_QUEUED);
    waiting->state = FA_JOB_ACTIVE; /* as one whose attempt has failed */
    cr_assert_eq(fa_scheduler_put_at(&scheduler, waiting, 5), 0);
    cr_expect_eq(fa_scheduler_alarm(&scheduler, 0), 5);
    fa_scheduler_advance(&scheduler, 4.9);
    cr_expect_eq(waiting->state, FA_JOB_WAITING);
    fa_scheduler_advance(&scheduler, 5);
    cr_expect_eq(scheduler.waiting, 0);
    cr_expect(isinf(fa_scheduler_alarm(&scheduler, 5)));
    succeed(running, 6);
    cr_expect_eq(start(6), waiting);
}

Test(scheduler, server_that_asks_for_a_pause_gets_it)
{
    struct fa_job *job = put("http://127.0.0.1/a", 0);
    put("http://127.0.0.1/b", 0);
    cr_assert_eq(start(0), job);
    finish(job, FA_CLASS_HTTP, 503, 7, 1);
    cr_expect_str_eq(changes, "P");
    expect_nothing(2);
    cr_expect_eq(fa_scheduler_alarm(&scheduler, 2), 8);
    fa_scheduler_advance(&scheduler, 8);
    succeed(start(8), 9);
    cr_expect_str_eq(changes, "PK");
}

Test(scheduler, dead_host_is_probed_by_one_job_until_it_answers)
{
    policy.outage.host_wait = scheduler.policy.outage.host_wait = 1000;
    for (int i = 0; i < 12; ++i)
        put("http://127.0.0.1/", 0);
    struct fa_job *a = start(0), *b = start(0);
    cr_expect(fail(a, 0.1));
    cr_expect(fail(b, 0.1)); /* nothing else was in progress: the breaker opens */
    expect_nothing(0.1);
    double at = fa_scheduler_alarm(&scheduler, 0.1);
    cr_assert(isfinite(at) && at > 0.1);
    fa_scheduler_advance(&scheduler, at);
    struct fa_job *probe = start(at);
    cr_expect(probe->tries.probe);
    cr_expect_eq(scheduler.probes, 1);
    expect_nothing(at); /* one at a time */
    succeed(probe, at + 1);
    cr_expect_eq(scheduler.probes, 0);
    start(at + 1), start(at + 1);
}

Test(scheduler, jobs_of_a_host_that_was_given_up_are_rejected_with_its_error)
{
    policy.outage.host_wait = scheduler.policy.outage.host_wait = 3;
    for (int i = 0; i < 60; ++i) /* each probe takes one */
        put("http://127.0.0.1/", 0);
    double now = 0;
    struct fa_job *job = start(now);
    fail(start(now), now);
    fail(job, now);
    enum fa_next what;
    while ((what = next(now, &job)) != FA_NEXT_REJECT) {
        if (what == FA_NEXT_START) {
            job->timing.started = now;
            fail(job, now);
        }
        if (what == FA_NEXT_NONE) {
            now = fa_scheduler_alarm(&scheduler, now);
            cr_assert(isfinite(now));
            fa_scheduler_advance(&scheduler, now);
        }
    }
    cr_expect(now >= 3 && now < 4, "after %g s", now);
    cr_expect(strchr(changes, 'G'));
    cr_expect(strstr(job->outcome.error.msg, "only fails"), "%s", job->outcome.error.msg);
    cr_expect_eq(job->outcome.retryable, FA_RETRYABLE_LATER);
    fa_job_set_state(job, FA_JOB_FINAL);
}

Test(scheduler, job_of_a_host_that_is_down_moves_to_its_mirror)
{
    policy.outage.host_wait = scheduler.policy.outage.host_wait = 1000;
    for (int i = 0; i < 2; ++i)
        put("http://127.0.0.1/", 0);
    struct fa_job *both = put("http://127.0.0.1/x\thttp://127.0.0.2/x", 0), *job;
    job = start(0);
    fail(start(0), 0);
    fail(job, 0);
    cr_assert_eq(next(0, &job), FA_NEXT_MOVED);
    cr_assert_eq(job, both);
    cr_assert_eq(job->target.mirror, 1);
    cr_assert_eq(fa_scheduler_put(&scheduler, job, false, 0), 0);
    cr_assert_eq(start(0), both);
}

Test(scheduler, name_is_looked_up_once_for_all_jobs_of_its_origin)
{
    scheduler.policy.limits.lookups = true;
    for (int i = 0; i < 3; ++i)
        put("http://name.example/", 0);
    expect_nothing(0);
    struct fa_origin *origin = fa_scheduler_lookup(&scheduler);
    cr_assert(origin);
    cr_assert_str_eq(origin->host, "name.example");
    cr_assert_null(fa_scheduler_lookup(&scheduler));
    fa_scheduler_resolved(&scheduler, origin, "192.0.2.1", 0.5, 1);
    cr_assert_str_eq(start(1)->target.origin->addresses, "192.0.2.1");
    start(1);
    cr_assert_null(fa_scheduler_lookup(&scheduler));
}

Test(scheduler, name_that_does_not_exist_rejects_its_jobs_for_good)
{
    struct fa_error err;
    struct fa_job *job;
    scheduler.policy.limits.lookups = true;
    put("http://name.example/", 0);
    fa_error_set(&err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_DNS, "no such name");
    fa_scheduler_unresolved(&scheduler, fa_scheduler_lookup(&scheduler), &err, true, 1);
    cr_assert_eq(next(1, &job), FA_NEXT_REJECT);
    cr_expect_eq(job->outcome.retryable, FA_RETRYABLE_NEVER);
    cr_expect_str_eq(job->outcome.error.msg, "no such name");
    fa_job_set_state(job, FA_JOB_FINAL);
}

Test(scheduler, fixed_address_needs_no_lookup)
{
    static const char *const lines[] = {"name.example:80:192.0.2.7", "*:8080:192.0.2.8"};
    scheduler.policy.limits.lookups = true;
    scheduler.policy.resolve = lines;
    scheduler.policy.n_resolve = 2;
    put("http://name.example/", 0);
    cr_assert_str_eq(start(0)->target.origin->addresses, "192.0.2.7");
    put("http://other.example:8080/", 0);
    cr_assert_str_eq(start(0)->target.origin->addresses, "192.0.2.8");
}

Test(scheduler, backlog_is_asked_for_when_the_window_is_empty)
{
    struct fa_job *job;
    struct fa_origin *origin = NULL;
    job = put("http://127.0.0.1/", 0);
    job->target.origin->backlog.count = 1;
    cr_assert_not(fa_scheduler_has_window(&scheduler, job->target.origin));
    start(0);
    cr_assert_eq(fa_scheduler_next(&scheduler, 0, &job, &origin), FA_NEXT_REFILL);
    struct fa_job *back = new_job("http://127.0.0.1/back");
    origin->backlog.count = 0;
    fa_scheduler_put_back(&scheduler, origin, back);
    fa_scheduler_review(&scheduler, origin, 0);
    cr_assert_eq(start(0), back);
}

Test(scheduler, nothing_starts_after_a_stop)
{
    put("http://127.0.0.1/", 0);
    fa_scheduler_stop(&scheduler);
    put("http://127.0.0.2/", 0);
    expect_nothing(0);
    cr_expect(isinf(fa_scheduler_alarm(&scheduler, 0)));
}

static void head(struct fa_job *job, int64_t size, double now)
{
    job->attempt.head.rep.total = size;
    job->attempt.latency = 0.1;
    fa_scheduler_headed(&scheduler, job, now);
}

/* Three quarters of the first eight. */
Test(scheduler, headers_of_small_files_raise_the_limit)
{
    struct fa_job *active[8];
    scheduler.policy.limits = (struct fa_host_limits){.per_host = 64, .search = true};
    fa_slots_init(&scheduler.slots, 64);
    for (int i = 0; i < 20; ++i)
        put("http://127.0.0.1/", 0);
    for (int i = 0; i < 8; ++i)
        active[i] = start(0);
    expect_nothing(0);
    for (int i = 0; i < 8; ++i)
        head(active[i], 10000000, 0.2); /* large */
    expect_nothing(0.2);
    for (int i = 0; i < 6; ++i) {
        expect_nothing(0.2);
        head(active[i], 20000, 0.2);
    }
    for (int i = 0; i < 4; ++i)
        start(0.2);
    expect_nothing(0.2);
}
