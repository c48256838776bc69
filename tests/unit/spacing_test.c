/* Request rates of origins. */

#include "engine/spacing.h"

#include <criterion/criterion.h>

/* Requests in the time from 0 to `until`, if turns come every `turn` seconds. */
static unsigned count_until(double rate, double turn, double until)
{
    struct fa_spacing spacing = {0};
    unsigned count = 0;
    for (unsigned i = 0; i * turn < until; ++i)
        while (fa_spacing_wait(&spacing, i * turn) <= 0) {
            fa_spacing_start(&spacing, rate, 1, i * turn);
            ++count;
        }
    return count;
}

Test(spacing, no_window_of_a_second_has_more_requests_than_the_rate)
{
    struct fa_spacing spacing = {0};
    double starts[40], now = 0;
    for (int i = 0; i < 40; ++i) {
        now += fa_spacing_wait(&spacing, now) + (i % 7) * 0.003;
        now += i == 20 ? 30 : 0;
        starts[i] = now;
        fa_spacing_start(&spacing, 3, 1, now);
        cr_expect(i < 3 || starts[i] - starts[i - 3] > 1 - 1e-9, "%d: %g s after %g s", i,
                  starts[i], starts[i - 3]);
    }
}

Test(spacing, high_rate_is_reached_although_turns_are_late)
{
    cr_expect_eq(count_until(2, 0.001, 10), 20);
    unsigned count = count_until(1000, 0.007, 10);
    cr_expect(count >= 9900 && count <= 10020, "%u", count);
}

Test(spacing, rate_below_one_waits_for_several_seconds)
{
    struct fa_spacing spacing = {0};
    fa_spacing_start(&spacing, 0.1, 1, 100);
    cr_expect_float_eq(fa_spacing_wait(&spacing, 101), 9, 1e-9);
    cr_expect_eq(fa_spacing_wait(&spacing, 1000), 0);
}

Test(spacing, request_that_is_sent_twice_counts_twice)
{
    struct fa_spacing spacing = {0};
    fa_spacing_start(&spacing, 2, 2, 0);
    cr_expect_float_eq(fa_spacing_wait(&spacing, 0), 1, 1e-9);
}

Test(spacing, without_a_rate_nothing_waits)
{
    struct fa_spacing spacing = {0};
    fa_spacing_start(&spacing, 0, 1, 5);
    cr_expect_eq(fa_spacing_wait(&spacing, 5), 0);
}
