#include "transfer/pace.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fa_settings settings;
static struct fa_attempt attempt;
static struct fa_pace pace;
static struct fa_outcome stop;

static void begin(void)
{
    settings = (struct fa_settings){.stall_timeout = 30, .speed_limit = 100, .speed_time = 60};
    memset(&attempt, 0, sizeof(attempt));
    stop = (struct fa_outcome){0};
    fa_pace_begin(&pace, &settings, &attempt, 1000);
}

TestSuite(pace, .init = begin);

/* Checks each half second up to a time.  @return when it was stopped, or -1. */
static double stopped_at(double from, double until)
{
    for (double now = from; now <= until; now += 0.5)
        if (!fa_pace_check(&pace, now, &stop))
            return now;
    return -1;
}

Test(pace, time_to_connect_is_not_its_business)
{
    cr_assert_eq(stopped_at(1000, 2000), -1);
}

Test(pace, silence_is_a_stall)
{
    fa_pace_set_phase(&pace, FA_PHASE_HEAD, 1005);
    cr_assert_eq(stopped_at(1000, 2000), 1035.5);
    cr_assert_eq(stop.error.class, FA_CLASS_STALLED);
    cr_assert_eq(stop.retryable, FA_RETRYABLE_NOW);
}

Test(pace, head_that_drips_has_an_end)
{
    double now = 1000;
    fa_pace_set_phase(&pace, FA_PHASE_HEAD, now);
    for (; now < 2000 && fa_pace_check(&pace, now, &stop); now += 1)
        if ((int)now % 29 == 0)
            fa_pace_bytes_arrived(&pace, now);
    cr_assert_eq(now, 1061, "%f", now);
    cr_assert_eq(stop.error.class, FA_CLASS_STALLED);
}

Test(pace, head_has_twice_the_time_that_its_silence_may_take)
{
    static const double rows[] = {2, 15, 100};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        begin();
        settings.stall_timeout = rows[i];
        double now = 1000;
        fa_pace_set_phase(&pace, FA_PHASE_HEAD, now);
        for (; now < 2000 && fa_pace_check(&pace, now, &stop); now += 1)
            fa_pace_bytes_arrived(&pace, now);
        cr_expect_eq(now, 1001 + 2 * rows[i], "%g: %f", rows[i], now);
    }
}

/* Feeds this many bytes each second.  @return when it was stopped, or -1. */
static double drip(uint64_t bytes)
{
    fa_pace_set_phase(&pace, FA_PHASE_BODY, 1000);
    for (double now = 1000; now < 2000; now += 1) {
        attempt.received += bytes;
        fa_pace_bytes_arrived(&pace, now);
        if (!fa_pace_check(&pace, now, &stop))
            return now;
    }
    return -1;
}

Test(pace, body_slower_than_the_floor_is_a_stall)
{
    cr_assert_eq(drip(90), 1060);
    cr_assert_eq(stop.error.class, FA_CLASS_STALLED);
}

Test(pace, body_at_the_floor_continues)
{
    cr_assert_eq(drip(100), -1);
}

Test(pace, floor_of_none_lets_all_continue)
{
    settings.speed_limit = 0;
    cr_assert_eq(drip(1), -1);
}

Test(pace, rate_below_the_floor_lowers_it)
{
    attempt.rate = 50;
    fa_pace_begin(&pace, &settings, &attempt, 1000);
    cr_assert_eq(drip(40), -1);
}

Test(pace, body_that_is_dropped_ends_soon_and_says_nothing)
{
    fa_pace_set_phase(&pace, FA_PHASE_DROP, 1000);
    cr_assert_eq(stopped_at(1000, 2000), 1000 + FA_PACE_DROP + 0.5);
    cr_assert_eq(stop.error.class, FA_CLASS_NONE);
}

Test(pace, time_in_which_the_program_was_stopped_does_not_count)
{
    static const enum fa_phase phases[] = {FA_PHASE_HEAD, FA_PHASE_BODY, FA_PHASE_DROP};
    for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); ++i) {
        fa_pace_begin(&pace, &settings, &attempt, 1000);
        fa_pace_set_phase(&pace, phases[i], 1000);
        cr_expect(fa_pace_check(&pace, 1001, &stop));
        cr_expect(fa_pace_check(&pace, 5000, &stop), "%d", (int)phases[i]);
        cr_expect(fa_pace_check(&pace, 5001, &stop), "%d", (int)phases[i]);
    }
}
