#include "cli/compare/sequence.h"

#include <criterion/criterion.h>
#include <math.h>

#include "support/contest.h"
#include "support/simulation.h"

#define SEED 7

static struct contest contest;

static bool decided(void)
{
    struct fa_verdict verdict;
    contest.comparison.sequential = true;
    cr_assert_eq(fa_verdict_init(&verdict, &contest.comparison), 0);
    bool enough = fa_sequence_decided(&contest.comparison, &verdict);
    fa_verdict_fini(&verdict);
    return enough;
}

static struct fa_simulated simulate(struct fa_simulation simulation, unsigned comparisons)
{
    struct fa_simulated result;
    fa_simulation_run(&simulation, comparisons, SEED, &result);
    return result;
}

Test(sequence, two_rounds_decide_a_large_difference_and_no_small_one)
{
    contest_init(&contest, 3, 2);
    contest_slow(&contest, 0, 1.5);
    contest_slow(&contest, 1, 1.6);
    contest_noise(&contest, 0.02, 1);
    cr_expect(decided());
    contest_init(&contest, 3, 2);
    contest_slow(&contest, 0, 1.1);
    contest_slow(&contest, 1, 1.1);
    cr_expect_not(decided());
}

Test(sequence, equal_contestants_are_decided_when_the_interval_is_within_5_percent)
{
    contest_init(&contest, 2, 12);
    contest_noise(&contest, 0.01, 1);
    cr_expect(decided());
    contest_init(&contest, 2, 12);
    contest_noise(&contest, 0.1, 1);
    cr_expect_not(decided());
}

Test(sequence, a_drift_asks_for_more_rounds)
{
    contest_init(&contest, 2, 6);
    for (unsigned round = 0; round < 6; ++round)
        for (size_t i = 0; i < 2; ++i)
            contest.trials[i][round].wall *= 1 + 0.1 * round;
    cr_expect_not(decided());
}

static const double unit[] = {1, 1, 1, 1, 1, 1, 1, 1};

Test(sequence, intervals_need_two_rounds_that_were_measured)
{
    struct fa_ratio ratio;
    const struct fa_estimate *deciding = &ratio.deciding, *shown = &ratio.shown;
    cr_assert_eq(fa_sequence_estimate((double[]){NAN, 3, 2}, (double[]){1, 2, 0}, 3, 2, &ratio), 0);
    cr_expect_float_eq(deciding->median, 1.5, 1e-9);
    cr_expect_float_eq(shown->median, 1.5, 1e-9);
    cr_expect(isnan(deciding->low) && isnan(fa_sequence_margin(deciding)) && isnan(shown->low));
    cr_assert_eq(fa_sequence_estimate((double[]){NAN, 1.5, 1.5}, unit, 3, 2, &ratio), 0);
    cr_expect(deciding->low < 1.5 && deciding->high > 1.5 && deciding->low > 1);
    cr_assert_eq(fa_sequence_estimate(NULL, NULL, 0, 2, &ratio), 0);
    cr_expect(isnan(deciding->median) && isnan(deciding->low) && isnan(shown->low));
}

/* The logarithms of the times differ by d and 0: 4.303 d / 2, Student's t with two degrees of
 * freedom. */
Test(sequence, after_two_rounds_what_is_shown_follows_from_all_four_times)
{
    struct fa_ratio ratio;
    double one[] = {1.5, 1.5 * exp(0.02)}, other[] = {1, exp(0.02)};
    cr_assert_eq(fa_sequence_estimate(one, unit, 2, 2, &ratio), 0);
    cr_expect_float_eq(ratio.shown.high, 1.5 * exp(0.01 + 0.04303), 1e-4);
    cr_expect_float_eq(ratio.shown.low, 1.5 * exp(0.01 - 0.04303), 1e-4);
    cr_expect(ratio.deciding.low < ratio.shown.low && ratio.deciding.high > ratio.shown.high);
    cr_assert_eq(fa_sequence_estimate(one, other, 2, 2, &ratio), 0);
    cr_expect_float_eq(ratio.shown.high, 1.5 * exp(0.04303 * sqrt(2)), 1e-4);
}

Test(sequence, the_interval_that_is_shown_is_never_beyond_the_one_that_decides)
{
    struct fa_ratio ratio;
    cr_assert_eq(fa_sequence_estimate((double[]){1.5, 2.5}, unit, 2, 2, &ratio), 0);
    cr_expect_eq(ratio.shown.low, ratio.deciding.low);
    cr_expect_eq(ratio.shown.high, ratio.deciding.high);
}

/* One that hardly moves the middle, but would widen an interval of the mean five times. */
Test(sequence, an_outlier_does_not_widen_what_is_shown)
{
    struct fa_ratio tame, wild;
    double times[] = {1.5, 1.52, 1.48, 1.51, 1.49, 1.5, 1.53, 1.47};
    cr_assert_eq(fa_sequence_estimate(times, unit, 8, 2, &tame), 0);
    times[6] = 3;
    cr_assert_eq(fa_sequence_estimate(times, unit, 8, 2, &wild), 0);
    cr_expect_float_eq(wild.shown.high, tame.shown.high, 0.01);
    cr_expect_gt(wild.deciding.high, tame.deciding.high + 0.1);
}

/* Neither less often, nor, by being wider than they need be, much more often. */
Test(sequence, intervals_hold_in_about_95_percent_of_the_comparisons)
{
    static const double effects[] = {1, 1.1, 1.5};
    for (size_t n = 2; n <= 3; ++n)
        for (size_t i = 0; i < 3; ++i) {
            struct fa_simulated result = simulate(
                (struct fa_simulation){
                    .contestants = n, .effect = effects[i], .noise = 0.03, .rounds = 20},
                400);
            cr_expect(result.covered >= 368 && result.covered <= 391, "%zu, %.1f: %u", n,
                      effects[i], result.covered);
        }
}

/* Five fixed rounds, with a warm-up: six runs of each contestant. */
Test(sequence, half_of_the_requests_are_saved_where_one_is_half_as_fast_again)
{
    for (unsigned n = 2; n <= 3; ++n) {
        struct fa_simulated result = simulate(
            (struct fa_simulation){.contestants = n, .effect = 1.5, .noise = 0.03, .rounds = 20},
            200);
        cr_expect_eq(result.wrong, 0);
        cr_expect_geq(result.found, 198, "%u", result.found);
        cr_expect(result.rounds <= 2.1, "%u contestants: %.2f rounds", n, result.rounds);
    }
}

Test(sequence, contestants_that_are_the_same_are_rarely_told_apart)
{
    struct fa_simulation simulation = {.contestants = 3, .effect = 1, .rounds = 20};
    static const double noises[] = {0.02, 0.1};
    for (size_t i = 0; i < 2; ++i) {
        simulation.noise = noises[i];
        struct fa_simulated result = simulate(simulation, 150);
        cr_expect_leq(result.wrong, 7, "noise %.2f: %u", noises[i], result.wrong);
        cr_expect_geq(result.covered, 139, "noise %.2f: %u", noises[i], result.covered);
    }
}

Test(sequence, a_difference_of_10_percent_is_found_in_noise_of_3)
{
    struct fa_simulated result = simulate(
        (struct fa_simulation){.contestants = 2, .effect = 1.1, .noise = 0.03, .rounds = 20}, 150);
    cr_expect_eq(result.wrong, 0);
    cr_expect_geq(result.found, 135, "%u", result.found);
}

/* Late looks must not spend so little of the error that more rounds do not help. */
Test(sequence, a_difference_of_10_percent_is_found_in_noise_of_6_within_20_rounds)
{
    struct fa_simulated result = simulate(
        (struct fa_simulation){.contestants = 2, .effect = 1.1, .noise = 0.06, .rounds = 20}, 150);
    cr_expect_leq(result.wrong, 1, "%u", result.wrong);
    cr_expect_geq(result.found, 135, "%u", result.found);
}
