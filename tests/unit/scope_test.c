#include "engine/scope.h"

#include <criterion/criterion.h>

static struct fa_mirror mirror;
static struct fa_scope scope;

static void begin(void)
{
    scope = (struct fa_scope){0};
    mirror = (struct fa_mirror){.key = 7};
}

TestSuite(scope, .init = begin);

static struct fa_job job_new(void)
{
    struct fa_job job = {.target = {.mirrors = &mirror, .n_mirrors = 1, .origin_key = 9}};
    return job;
}

/* @return whether only that job waits */
static bool ask(struct fa_job *job, int http, double now)
{
    job->outcome = (struct fa_outcome){.http = http, .retry_after = 5};
    fa_scope_note(job, now);
    return fa_scope_is_url(&scope, job, true);
}

static void serve(struct fa_job *job, double started)
{
    job->timing.started = started;
    job->outcome = (struct fa_outcome){.http = 200, .retry_after = -1};
    fa_scope_served(&scope, job);
}

Test(scope, what_only_fails_pauses_its_host)
{
    static const int statuses[] = {202, 403, 404, 429, 502, 503, 504};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); ++i) {
        begin();
        struct fa_job job = job_new();
        cr_expect(!ask(&job, statuses[i], 1), "%d", statuses[i]);
        cr_expect(!ask(&job, statuses[i], 6), "%d", statuses[i]);
    }
}

Test(scope, a_host_that_serves_others_decides_by_status)
{
    static const struct {
        int http;
        bool served, after_pause; /* whether the URL waits alone then */
    } rows[] = {{202, true, true},  {403, true, true},  {404, true, true},  {423, true, true},
                {503, false, true}, {502, false, true}, {504, false, true}, {429, false, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        begin();
        struct fa_job good = job_new(), one = job_new(), two = job_new();
        serve(&good, 1);
        cr_expect_eq(ask(&one, rows[i].http, 2), rows[i].served, "%d", rows[i].http);
        begin();
        fa_scope_paused(&scope, 10);
        serve(&good, 10);
        cr_expect_eq(ask(&two, rows[i].http, 11), rows[i].after_pause, "%d", rows[i].http);
    }
}

Test(scope, what_was_under_way_when_the_pause_began_proves_nothing)
{
    struct fa_job good = job_new(), job = job_new();
    fa_scope_paused(&scope, 10);
    serve(&good, 9);
    cr_expect(!ask(&job, 503, 11));
}

Test(scope, a_url_that_asks_again_between_answers_for_others_is_alone)
{
    static const int statuses[] = {404, 429, 503};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); ++i) {
        begin();
        struct fa_job good = job_new(), job = job_new();
        cr_expect(!ask(&job, statuses[i], 1), "%d", statuses[i]);
        serve(&good, 6);
        cr_expect(ask(&job, statuses[i], 7), "%d", statuses[i]);
    }
}

Test(scope, refusals_in_a_row_are_of_the_host)
{
    struct fa_job good = job_new(), one = job_new(), two = job_new();
    cr_expect(!ask(&one, 429, 1));
    cr_expect(!ask(&two, 429, 1));
    serve(&good, 6);
    cr_expect(ask(&one, 429, 7));
    cr_expect(!ask(&two, 429, 7));
}

Test(scope, a_limiter_is_known_by_what_it_serves_later)
{
    struct fa_job one = job_new(), two = job_new(), three = job_new();
    cr_expect(!ask(&one, 429, 1));
    cr_expect(!ask(&two, 429, 1));
    serve(&one, 6);
    cr_expect(!ask(&two, 429, 7));
    cr_expect(!ask(&three, 429, 7));
}

Test(scope, a_spent_rate_limit_is_one_whatever_the_status)
{
    struct fa_job good = job_new(), job = job_new();
    serve(&good, 1);
    job.outcome = (struct fa_outcome){.http = 403, .retry_after = 5, .limited = true};
    fa_scope_note(&job, 2);
    cr_expect(!fa_scope_is_url(&scope, &job, true));
}

Test(scope, many_in_a_row_are_of_the_host_until_it_serves_one)
{
    static const int statuses[] = {404, 503};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); ++i) {
        begin();
        struct fa_job good = job_new();
        fa_scope_paused(&scope, 1);
        serve(&good, 1);
        for (int n = 0; n < FA_SCOPE_ROW; ++n) {
            struct fa_job job = job_new();
            cr_expect(ask(&job, statuses[i], 2), "%d", statuses[i]);
        }
        struct fa_job last = job_new(), next = job_new();
        cr_expect(!ask(&last, statuses[i], 2), "%d", statuses[i]);
        serve(&good, 7);
        cr_expect(ask(&next, statuses[i], 8), "%d", statuses[i]);
    }
}

Test(scope, a_rejected_certificate_serves_nobody)
{
    struct fa_job job = job_new();
    job.timing.started = 1;
    fa_scope_served(&scope, &job);
    cr_expect_eq(scope.served_at, 0);
}
