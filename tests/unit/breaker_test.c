#include "engine/breaker.h"

#include "engine/retry.h"

#include <criterion/criterion.h>
#include <math.h>

#define PATIENCE 60.0

/* An ordinary failure: the eighth opens the breaker, patience is a minute, no pause is
 * requested. */
static struct fa_breaker_failure failure_at(double now)
{
    return (struct fa_breaker_failure){.now = now,
                                       .retry_after = -1,
                                       .failures = FA_BREAKER_FAILURES,
                                       .pauses = 3,
                                       .patience = PATIENCE,
                                       .wait = 1,
                                       .wait_most = FA_BREAKER_PROBE_WAIT,
                                       .random = UINT64_MAX};
}

static enum fa_breaker_change fail(struct fa_breaker *breaker, double now)
{
    struct fa_breaker_failure failure = failure_at(now);
    return fa_breaker_fail(breaker, &failure);
}

/* A probe at that time, which fails. */
static enum fa_breaker_change probe(struct fa_breaker *breaker, double now)
{
    struct fa_breaker_failure failure = failure_at(now);
    cr_assert(fa_breaker_allows(breaker, now));
    failure.probe = fa_breaker_start(breaker);
    cr_assert(failure.probe);
    return fa_breaker_fail(breaker, &failure);
}

static enum fa_breaker_change fail_asking(struct fa_breaker *breaker, double now, double seconds)
{
    struct fa_breaker_failure failure = failure_at(now);
    failure.retry_after = seconds;
    return fa_breaker_fail(breaker, &failure);
}

/* Opens at 100 and returns when it may be probed. */
static double open_one(struct fa_breaker *breaker)
{
    *breaker = (struct fa_breaker){0};
    for (int i = 1; i < FA_BREAKER_FAILURES; ++i)
        cr_assert_eq(fail(breaker, 100), FA_BREAKER_SAME);
    cr_assert_eq(fail(breaker, 100), FA_BREAKER_OPENED);
    cr_assert_eq(breaker->state, FA_BREAKER_OPEN);
    cr_assert(breaker->until >= 100);
    return breaker->until;
}

Test(breaker, a_closed_one_lets_all_through)
{
    struct fa_breaker breaker = {0};
    cr_assert(fa_breaker_allows(&breaker, 0));
    cr_assert(!fa_breaker_rejects(&breaker, 0));
    cr_assert(!fa_breaker_waits(&breaker));
    cr_assert(!fa_breaker_start(&breaker), "no probe");
    cr_assert_eq(breaker.state, FA_BREAKER_CLOSED);
    cr_assert(!fa_breaker_succeed(&breaker));
}

Test(breaker, failures_count_only_in_a_row)
{
    struct fa_breaker breaker = {0};
    for (int round = 0; round < 5; ++round) {
        for (int i = 1; i < FA_BREAKER_FAILURES; ++i)
            cr_assert_eq(fail(&breaker, 100), FA_BREAKER_SAME);
        cr_assert(!fa_breaker_succeed(&breaker));
    }
    cr_assert_eq(breaker.state, FA_BREAKER_CLOSED);
}

Test(breaker, an_open_one_waits_and_then_lets_one_through)
{
    struct fa_breaker breaker;
    double until = open_one(&breaker);
    cr_assert(until > 100);
    cr_assert(fa_breaker_waits(&breaker));
    cr_assert(!fa_breaker_allows(&breaker, until - 0.001));
    cr_assert(!fa_breaker_rejects(&breaker, 100), "what waits goes on waiting");
    cr_assert(fa_breaker_allows(&breaker, until));
    fa_breaker_start(&breaker);
    cr_assert_eq(breaker.state, FA_BREAKER_PROBING);
    cr_assert(!fa_breaker_allows(&breaker, until + 1000), "one probe at a time");
}

Test(breaker, a_probe_that_succeeds_closes_it)
{
    struct fa_breaker breaker;
    open_one(&breaker);
    fa_breaker_start(&breaker);
    cr_assert(fa_breaker_succeed(&breaker));
    cr_assert_eq(breaker.state, FA_BREAKER_CLOSED);
    cr_assert_eq(breaker.failures, 0);
    cr_assert(fa_breaker_allows(&breaker, 0));
}

/* Probe as soon as it is allowed, until the host is given up.  Return that time. */
static double probe_to_the_end(struct fa_breaker *breaker, unsigned *ret_probes)
{
    *ret_probes = 0;
    for (;;) {
        double now = breaker->until;
        cr_assert(!fa_breaker_rejects(breaker, now));
        ++*ret_probes;
        if (probe(breaker, now) == FA_BREAKER_GAVE_UP)
            return now;
        cr_assert_eq(breaker->state, FA_BREAKER_OPEN);
        cr_assert(breaker->until > now);
    }
}

Test(breaker, it_is_given_up_when_patience_is_at_its_end_and_not_before_or_after)
{
    struct fa_breaker breaker;
    unsigned probes;
    open_one(&breaker);
    cr_assert_eq(probe_to_the_end(&breaker, &probes), 100 + PATIENCE);
    cr_assert(probes >= 6 && probes <= 20, "%u", probes);
    cr_assert_eq(breaker.state, FA_BREAKER_GIVEN_UP);
}

Test(breaker, patience_counts_from_the_first_failure_since_the_last_success)
{
    struct fa_breaker breaker = {0};
    unsigned probes;
    fail(&breaker, 50);
    fa_breaker_succeed(&breaker);
    for (int i = 0; i < FA_BREAKER_FAILURES; ++i)
        fail(&breaker, 100 + i);
    cr_assert_eq(probe_to_the_end(&breaker, &probes), 100 + PATIENCE);
    open_one(&breaker);
    probe(&breaker, 130);
    fa_breaker_start(&breaker);
    fa_breaker_succeed(&breaker);
    for (int i = 0; i < FA_BREAKER_FAILURES; ++i)
        fail(&breaker, 140);
    cr_assert_eq(probe_to_the_end(&breaker, &probes), 140 + PATIENCE);
}

Test(breaker, failures_that_are_far_apart_give_nothing_up_without_a_probe)
{
    struct fa_breaker breaker = {0};
    for (int i = 1; i < FA_BREAKER_FAILURES; ++i)
        fail(&breaker, 100);
    cr_assert_eq(fail(&breaker, 1000), FA_BREAKER_OPENED);
    cr_assert(breaker.until > 1000 && breaker.until <= 1000 + FA_BREAKER_PROBE_WAIT);
    cr_assert_eq(probe(&breaker, breaker.until), FA_BREAKER_GAVE_UP);
}

Test(breaker, a_probe_that_hangs_beyond_the_end_is_the_last)
{
    struct fa_breaker breaker;
    open_one(&breaker);
    cr_assert_eq(probe(&breaker, 100 + PATIENCE + 14), FA_BREAKER_GAVE_UP);
}

Test(breaker, what_is_given_up_rests_for_a_minute_and_then_one_probe_decides)
{
    struct fa_breaker breaker;
    unsigned probes;
    open_one(&breaker);
    double now = probe_to_the_end(&breaker, &probes);
    cr_assert(fa_breaker_rejects(&breaker, now));
    cr_assert(!fa_breaker_waits(&breaker));
    cr_assert(!fa_breaker_allows(&breaker, now + FA_BREAKER_REST - 0.001));
    cr_assert(!fa_breaker_rejects(&breaker, now + FA_BREAKER_REST));
    cr_assert_eq(probe(&breaker, now + FA_BREAKER_REST), FA_BREAKER_GAVE_UP);
    cr_assert(fa_breaker_rejects(&breaker, now + FA_BREAKER_REST));
    cr_assert(fa_breaker_start(&breaker));
    cr_assert(fa_breaker_succeed(&breaker));
    cr_assert_eq(breaker.failures, 0);
}

Test(breaker, waits_grow_with_the_probes_and_have_a_cap)
{
    struct fa_breaker breaker;
    double now = open_one(&breaker), before = 0;
    for (int i = 0; i < 20; ++i) {
        struct fa_breaker_failure failure = failure_at(now);
        failure.patience = 3600;
        failure.probe = fa_breaker_start(&breaker);
        cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_OPENED);
        double wait = breaker.until - now;
        cr_assert(wait >= before - 0.001 && wait <= FA_BREAKER_PROBE_WAIT + 0.001, "%g after %g",
                  wait, before);
        before = wait;
        now = breaker.until;
    }
    cr_assert_float_eq(before, FA_BREAKER_PROBE_WAIT, 0.001);
}

Test(breaker, a_pause_that_was_asked_for_counts_at_once)
{
    static const struct {
        double asked, wait;
    } rows[] = {{5, 5}, {0.5, 0.5}, {FA_RETRY_AFTER_CAP + 100, FA_RETRY_AFTER_CAP}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_breaker breaker = {0};
        cr_assert_eq(fail_asking(&breaker, 100, rows[i].asked), FA_BREAKER_PAUSED);
        cr_assert_eq(breaker.state, FA_BREAKER_OPEN);
        cr_assert(breaker.asked);
        cr_assert_float_eq(breaker.until, 100 + rows[i].wait, 1e-6);
    }
    struct fa_breaker breaker = {0};
    cr_assert_eq(fail_asking(&breaker, 100, 0), FA_BREAKER_SAME, "no pause at all");
}

Test(breaker, what_was_under_way_when_it_opened_changes_nothing_unless_it_asks_for_longer)
{
    struct fa_breaker breaker = {0};
    fail_asking(&breaker, 100, 10);
    cr_assert_eq(fail(&breaker, 101), FA_BREAKER_SAME);
    cr_assert_eq(breaker.until, 110);
    cr_assert_eq(fail_asking(&breaker, 101, 3), FA_BREAKER_SAME);
    cr_assert_eq(breaker.until, 110);
    cr_assert_eq(fail_asking(&breaker, 101, 60), FA_BREAKER_PAUSED);
    cr_assert_eq(breaker.until, 161);
    cr_assert_eq(breaker.probes, 0);
}

Test(breaker, an_answer_to_what_was_under_way_does_not_end_a_pause_that_was_asked_for)
{
    struct fa_breaker breaker = {0};
    fail_asking(&breaker, 100, 10);
    cr_assert(!fa_breaker_succeed(&breaker));
    cr_assert(!fa_breaker_allows(&breaker, 109));
    cr_assert(fa_breaker_allows(&breaker, 110));
    fa_breaker_start(&breaker);
    cr_assert(fa_breaker_succeed(&breaker));
    open_one(&breaker);
    cr_assert(fa_breaker_succeed(&breaker), "nobody asked: it is well again");
}

Test(breaker, as_many_pauses_are_granted_as_are_allowed_however_long_they_are)
{
    struct fa_breaker breaker = {0};
    double now = 100;
    cr_assert_eq(fail_asking(&breaker, now, 120), FA_BREAKER_PAUSED);
    for (int pause = 1; pause <= 3; ++pause) {
        struct fa_breaker_failure failure = failure_at(now = breaker.until);
        failure.retry_after = 120;
        failure.probe = fa_breaker_start(&breaker);
        cr_assert(!fa_breaker_waits(&breaker), "it is there");
        cr_assert_eq(fa_breaker_fail(&breaker, &failure),
                     pause < 3 ? FA_BREAKER_PAUSED : FA_BREAKER_GAVE_UP);
    }
    cr_assert(fa_breaker_rejects(&breaker, now));
}

Test(breaker, short_pauses_are_granted_until_patience_and_probes_are_exhausted)
{
    static const unsigned probes[] = {0, 100};
    for (size_t i = 0; i < 2; ++i) {
        struct fa_breaker breaker = {0};
        fail_asking(&breaker, 100, 1);
        enum fa_breaker_change change = FA_BREAKER_PAUSED;
        double now = 100;
        while (change == FA_BREAKER_PAUSED) {
            struct fa_breaker_failure failure = failure_at(now = breaker.until);
            failure.retry_after = 1;
            failure.probes = probes[i];
            failure.probe = fa_breaker_start(&breaker);
            change = fa_breaker_fail(&breaker, &failure);
        }
        cr_assert_eq(change, FA_BREAKER_GAVE_UP);
        cr_assert_eq(now, 100 + fmax(PATIENCE, probes[i]), "%g", now);
    }
}

Test(breaker, patience_begins_anew_at_the_end_of_a_pause)
{
    struct fa_breaker breaker = {0};
    unsigned probes;
    fail_asking(&breaker, 100, 500);
    cr_assert_eq(probe_to_the_end(&breaker, &probes), 600 + PATIENCE);
    open_one(&breaker);
    for (double now = breaker.until; now < 155; now = breaker.until)
        probe(&breaker, now);
    struct fa_breaker_failure failure = failure_at(breaker.until);
    failure.retry_after = 20;
    failure.probe = fa_breaker_start(&breaker);
    cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_PAUSED, "it is back");
}

Test(breaker, without_patience_it_is_given_up_at_once)
{
    struct fa_breaker breaker = {0};
    struct fa_breaker_failure failure = failure_at(100);
    failure.patience = 0;
    failure.failures = 1;
    cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_GAVE_UP);
    cr_assert(fa_breaker_rejects(&breaker, 101));
}

Test(breaker, probes_that_are_due_in_any_case_are_made_without_patience)
{
    struct fa_breaker breaker = {0};
    struct fa_breaker_failure failure = failure_at(100);
    failure.patience = 0;
    failure.failures = 1;
    failure.probes = 2;
    cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_OPENED);
    cr_assert(breaker.until > 100);
    failure.probe = fa_breaker_start(&breaker);
    cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_OPENED);
    fa_breaker_start(&breaker);
    cr_assert_eq(fa_breaker_fail(&breaker, &failure), FA_BREAKER_GAVE_UP);
}

Test(breaker, what_was_under_way_says_nothing_while_the_probe_is)
{
    struct fa_breaker breaker;
    double until = open_one(&breaker);
    fa_breaker_start(&breaker);
    cr_assert_eq(fail(&breaker, until), FA_BREAKER_SAME);
    cr_assert_eq(breaker.state, FA_BREAKER_PROBING);
    cr_assert_eq(breaker.probes, 0);
}

Test(breaker, a_probe_without_a_result_allows_the_next)
{
    struct fa_breaker breaker;
    double until = open_one(&breaker);
    fa_breaker_start(&breaker);
    fa_breaker_release(&breaker, until + 5);
    cr_assert_eq(breaker.state, FA_BREAKER_OPEN);
    cr_assert(fa_breaker_allows(&breaker, until + 5));
    struct fa_breaker closed = {0};
    fa_breaker_release(&closed, 1);
    cr_assert_eq(closed.state, FA_BREAKER_CLOSED);
}
