#include "cli/compare/statistics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

Test(statistics, medians_and_percentiles_of_known_values)
{
    static const struct {
        double values[5];
        size_t n;
        double share, expected;
    } cases[] = {
        {{3}, 1, 0.5, 3},
        {{1, 2}, 2, 0.5, 1.5},
        {{3, 1, 2}, 3, 0.5, 2},
        {{4, 1, 3, 2}, 4, 0, 1},
        {{4, 1, 3, 2}, 4, 1, 4},
        {{4, 1, 3, 2}, 4, 0.25, 1.75},
        {{5, 4, 3, 2, 1}, 5, 0.95, 4.8},
        {{9, 9, 9, 9, 9}, 5, 0.3, 9},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        double values[5];
        memcpy(values, cases[i].values, sizeof(values));
        cr_assert_eq(fa_statistics_sort(values, cases[i].n), cases[i].n);
        double found = fa_statistics_percentile(values, cases[i].n, cases[i].share);
        cr_assert(near(found, cases[i].expected, 1e-12), "case %zu: %f", i, found);
    }
    cr_assert(isnan(fa_statistics_median(NULL, 0)));
}

Test(statistics, what_was_not_measured_is_left_out)
{
    double values[] = {NAN, 3, NAN, 1, 2};
    cr_assert_eq(fa_statistics_sort(values, 5), 3);
    cr_assert_eq(fa_statistics_median(values, 3), 2);
    struct fa_estimate estimate;
    cr_assert_eq(fa_statistics_estimate((double[]){NAN, NAN}, 2, 0.95, &estimate), 0);
    cr_assert(isnan(estimate.median) && isnan(estimate.low) && isnan(estimate.high));
    cr_assert_eq(fa_statistics_estimate(NULL, 0, 0.95, &estimate), 0);
    cr_assert(isnan(estimate.median));
}

Test(statistics, fewer_than_three_values_have_no_interval)
{
    struct fa_estimate estimate;
    fa_statistics_estimate((double[]){1, 2, NAN}, 3, 0.95, &estimate);
    cr_assert_eq(estimate.median, 1.5);
    cr_assert(isnan(estimate.low) && isnan(estimate.high));
}

Test(statistics, equal_values_have_an_interval_without_width)
{
    struct fa_estimate estimate;
    fa_statistics_estimate((double[]){2, 2, 2, 2}, 4, 0.95, &estimate);
    cr_assert(near(estimate.low, 2, 1e-9) && near(estimate.high, 2, 1e-9));
    /* A number that is not positive has no logarithm. */
    fa_statistics_estimate((double[]){0, 0, 0}, 3, 0.95, &estimate);
    cr_assert(estimate.low == 0 && estimate.median == 0 && estimate.high == 0);
    fa_statistics_estimate((double[]){-1, 0, 1}, 3, 0.95, &estimate);
    cr_assert(estimate.low < 0 && estimate.high > 0);
}

Test(statistics, the_same_values_give_the_same_interval_in_any_order)
{
    struct fa_estimate a, b;
    fa_statistics_estimate((double[]){1, 1.1, 1.2, 0.9, 1.05}, 5, 0.95, &a);
    fa_statistics_estimate((double[]){0.9, 1.05, 1, 1.2, 1.1}, 5, 0.95, &b);
    cr_assert_eq(a.low, b.low);
    cr_assert_eq(a.high, b.high);
    cr_assert(a.low < a.median && a.median < a.high);
}

Test(statistics, one_wild_value_of_seven_does_not_stretch_the_interval)
{
    struct fa_estimate tame, wild;
    fa_statistics_estimate((double[]){1, 1.01, 1.02, 0.99, 0.98, 1.03, 1.04}, 7, 0.95, &tame);
    fa_statistics_estimate((double[]){1, 1.01, 1.02, 0.99, 0.98, 1.03, 50}, 7, 0.95, &wild);
    cr_assert_eq(tame.median, wild.median);
    cr_assert(wild.high < 1.1 && wild.low > 0.95, "%f to %f", wild.low, wild.high);
}

Test(statistics, intervals_contain_the_median_as_often_as_they_say)
{
    static const struct {
        size_t n;
        unsigned least; /* Of 200. */
    } cases[] = {{3, 170}, {5, 184}, {7, 184}, {10, 184}};
    struct fa_random random = {1};
    for (size_t i = 0; i < COUNT(cases); ++i) {
        unsigned hits = 0;
        for (unsigned draw = 0; draw < 200; ++draw) {
            double values[10];
            struct fa_estimate estimate;
            for (size_t j = 0; j < cases[i].n; ++j)
                values[j] = exp(0.1 * fa_random_normal(&random));
            fa_statistics_estimate(values, cases[i].n, 0.95, &estimate);
            hits += estimate.low <= 1 && estimate.high >= 1;
        }
        cr_assert(hits >= cases[i].least && hits <= 199, "%zu values: %u", cases[i].n, hits);
    }
}

Test(statistics, a_thousand_values_are_estimated_too)
{
    static double values[1000];
    struct fa_random random = {2};
    struct fa_estimate estimate;
    for (size_t i = 0; i < COUNT(values); ++i)
        values[i] = 10 + fa_random_normal(&random);
    fa_statistics_estimate(values, COUNT(values), 0.95, &estimate);
    /* The standard error of this median is 1.2533 / sqrt(1000) = 0.04. */
    cr_assert(near(estimate.high - estimate.low, 0.155, 0.06), "%f", estimate.high - estimate.low);
}

/* Without the lowest and the highest one: the mean of 2, 3 and 7; the error is that of 2, 2, 3, 7, 7
 * with 3 of 5 values, so sqrt(26.8 / (3 * 2)). */
Test(statistics, a_centre_may_leave_out_what_is_outermost)
{
    const double values[] = {-50, 2, 3, 7, 1000};
    struct fa_centre centre = fa_statistics_centre(values, 5, 1);
    cr_expect_float_eq(centre.value, 4, 1e-9);
    cr_expect_float_eq(centre.error, sqrt(26.8 / 6), 1e-9);
    cr_expect_eq(centre.freedom, 2);
    centre = fa_statistics_centre(values + 1, 3, 0);
    cr_expect_float_eq(centre.value, 4, 1e-9);
    cr_expect_float_eq(centre.error, sqrt(14.0 / 6), 1e-9);
    cr_expect_eq(centre.freedom, 2);
}

Test(statistics, trends_of_known_series)
{
    static const struct {
        double values[7];
        size_t n;
        double slope, p;
        int monotone;
    } cases[] = {
        {{1, 2, 3}, 3, 1, 2.0 / 6, 1},
        {{4, 3, 2, 1}, 4, -1, 2.0 / 24, -1},
        {{1, 2, 3, 4, 5}, 5, 1, 2.0 / 120, 1},
        {{1, 2, 3, 4, 5, 6, 7}, 7, 1, 2.0 / 5040, 1},
        {{1, 1, 1, 1}, 4, 0, 1, 0},
        {{5}, 1, 0, 1, 0},
        {{1, 2}, 2, 1, 1, 1},
        /* One outlier, at the end: in two of five orders it is at one of the ends. */
        {{0, 0, 0, 0, 1}, 5, 0, 0.4, 0},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_trend trend;
        cr_assert_eq(fa_statistics_trend(cases[i].values, cases[i].n, 0, &trend), 0);
        cr_assert(near(trend.slope, cases[i].slope, 1e-9), "case %zu: %f", i, trend.slope);
        cr_assert(near(trend.p, cases[i].p, 1e-9), "case %zu: %f", i, trend.p);
        cr_assert_eq(trend.monotone, cases[i].monotone, "case %zu", i);
    }
}

Test(statistics, chance_is_called_a_trend_as_rarely_as_p_says)
{
    struct fa_random random = {3};
    unsigned hits = 0;
    for (unsigned draw = 0; draw < 200; ++draw) {
        double values[12];
        struct fa_trend trend;
        for (size_t i = 0; i < COUNT(values); ++i)
            values[i] = fa_random_normal(&random);
        fa_statistics_trend(values, COUNT(values), 0, &trend);
        hits += trend.p < 0.05;
    }
    cr_assert(hits <= 20, "%u of 200", hits);
    double rising[12];
    struct fa_trend trend;
    for (size_t i = 0; i < COUNT(rising); ++i)
        rising[i] = (double)i + fa_random_normal(&random);
    fa_statistics_trend(rising, COUNT(rising), 0, &trend);
    cr_assert(trend.p < 0.01 && trend.p > 0, "%f", trend.p);
}

Test(statistics, proportions_that_differ_by_more_than_chance_are_detected)
{
    static const struct {
        uint64_t hits1, n1, hits2, n2;
        double z;
    } cases[] = {
        {0, 0, 0, 0, 0},          {5, 10, 0, 0, 0},       {0, 10, 0, 10, 0},
        {10, 10, 10, 10, 0},      {10, 10, 0, 10, 4.472}, {50, 100, 25, 100, 3.651},
        {1, 100, 2, 100, -0.582},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        double z =
            fa_statistics_proportions(cases[i].hits1, cases[i].n1, cases[i].hits2, cases[i].n2);
        cr_assert(near(z, cases[i].z, 0.001), "case %zu: %f", i, z);
    }
}

/* From tables of the distribution. */
Test(statistics, quantiles_of_student_are_those_of_tables)
{
    static const struct {
        double error, quantile;
        unsigned freedom;
    } cases[] = {{0.05, 12.706, 1}, {0.05, 4.303, 2},   {0.05, 3.182, 3},
                 {0.01, 4.032, 5},  {0.001, 4.587, 10}, {0.05, 1.962, 1000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i)
        cr_expect_float_eq(fa_statistics_student(cases[i].error, cases[i].freedom),
                           cases[i].quantile, 0.001, "case %zu", i);
}
