/*
 * Why the bootstrap is smoothed: the median of a resample of five values is one of the five, so a
 * plain percentile interval cannot be wider than the values, and has only few possible confidences.
 * With noise added to each drawn value, as wide as the uncertainty of the centre (Silverman and
 * Young, 1987), the medians fill the gaps and reach beyond.  The width of the noise is computed
 * from the median absolute deviation, so that an outlier does not widen it.
 *
 * A bootstrap of few values is still too narrow: their spread is smaller than that of their
 * distribution, by sqrt((n - 1) / n), and is itself uncertain.  So the interval is widened by n /
 * (n - 1), a factor found by experiment: with 5 or more values, an interval of 95 % then contains
 * the median in 95 to 97 of 100 cases, and with 3 values in about 90.
 *
 * A trend is tested by permutation: the statistic is the slope of the least-squares line, and its
 * distribution comes from the values themselves in other orders.  No shape of the noise is assumed,
 * which few rounds could not confirm.  Up to EXACT_MAX values all orders are counted, beyond that a
 * random sample of them (Monte Carlo).
 *
 * All random numbers come from a fixed seed.  The same trials must give the same verdict, or a
 * saved result could not be reproduced.
 */
#include "cli/compare/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Number of resamples, and maximum number of values drawn for them. */
#define RESAMPLES     4000
#define RESAMPLES_MIN 1000
#define DRAWS_MAX     1000000

/* The smoothing noise, in standard errors of a mean. */
#define SMOOTHING 1.0

#define FEW           32
#define ORDERS        5000
#define EXACT_MAX     7
#define SEED          0x66657463686f6c6cU
#define TWO_PI        6.283185307179586
#define MAD_TO_NORMAL 1.4826

uint64_t fa_random_next(struct fa_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Lemire's multiply-shift: no division, and a bias of at most limit / 2^32, which no result here
 * can show. */
size_t fa_random_below(struct fa_random *random, size_t limit)
{
    return (size_t)(((fa_random_next(random) >> 32) * limit) >> 32);
}

/* Between 0 and 1, both excluded: the caller takes a logarithm.  52 bits plus one half are exact in
 * a double. */
static double random_uniform(struct fa_random *random)
{
    return ((double)(fa_random_next(random) >> 12) + 0.5) / 4503599627370496.0;
}

/* Box-Muller transform.  The second value of each pair is dropped, so that the generator needs no
 * other state than its seed. */
double fa_random_normal(struct fa_random *random)
{
    double radius = sqrt(-2 * log(random_uniform(random)));
    return radius * cos(TWO_PI * random_uniform(random));
}

/* qsort(3) requires a total order, which NAN does not have: put it last, where it can be cut
 * off. */
static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    if (isnan(x) || isnan(y))
        return (isnan(x) != 0) - (isnan(y) != 0);
    return (x > y) - (x < y);
}

size_t fa_statistics_sort(double *values, size_t n)
{
    if (n > 0)
        qsort(values, n, sizeof(*values), double_compare);
    while (n > 0 && isnan(values[n - 1]))
        --n;
    return n;
}

/* Type 7 of Hyndman and Fan (1996), the default of R and NumPy, so that others can repeat the
 * numbers. */
double fa_statistics_percentile(const double *sorted, size_t n, double share)
{
    if (n == 0)
        return NAN;
    double place = share * (double)(n - 1);
    if (place <= 0)
        return sorted[0];
    size_t below = (size_t)place;
    if (below >= n - 1)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

double fa_statistics_median(const double *sorted, size_t n)
{
    return fa_statistics_percentile(sorted, n, 0.5);
}

/* The deviation of sorted values, from their median absolute deviation.  In small samples it is too
 * small by a known factor (Croux and Rousseeuw, 1992). */
static double values_spread(const double *sorted, size_t n, double *scratch)
{
    static const double factors[] = {0, 0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107};
    double median = fa_statistics_median(sorted, n);
    for (size_t i = 0; i < n; ++i)
        scratch[i] = fabs(sorted[i] - median);
    fa_statistics_sort(scratch, n);
    double factor =
        n < sizeof(factors) / sizeof(*factors) ? factors[n] : (double)n / ((double)n - 0.8);
    return MAD_TO_NORMAL * factor * fa_statistics_median(scratch, n);
}

/* Insertion sort: faster than qsort() for a few values, thousands of times. */
static void sort_drawn(double *values, size_t n)
{
    if (n > FEW) {
        fa_statistics_sort(values, n);
        return;
    }
    for (size_t i = 1; i < n; ++i) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; --at)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

/* The interval of the median of sorted values.  scratch: an array of n values. */
static void median_bootstrap(const double *sorted, size_t n, double confidence, double *scratch,
                             struct fa_estimate *ret)
{
    struct fa_random random = {SEED};
    double medians[RESAMPLES];
    double noise = SMOOTHING * values_spread(sorted, n, scratch) / sqrt((double)n);
    /* The limit keeps the time constant for many values.  With fewer than RESAMPLES_MIN the ends of
     * the interval would be noisy, as they depend on the outermost medians only. */
    size_t count = DRAWS_MAX / n;
    count = count > RESAMPLES ? RESAMPLES : count < RESAMPLES_MIN ? RESAMPLES_MIN : count;
    for (size_t i = 0; i < count; ++i) {
        for (size_t j = 0; j < n; ++j)
            scratch[j] = sorted[fa_random_below(&random, n)] + noise * fa_random_normal(&random);
        sort_drawn(scratch, n);
        medians[i] = fa_statistics_median(scratch, n);
    }
    fa_statistics_sort(medians, count);
    /* The correction for few values, see the top.  It is applied around the median, on both
     * sides. */
    double widen = (double)n / (double)(n - 1);
    double middle = fa_statistics_median(sorted, n);
    double low = fa_statistics_percentile(medians, count, (1 - confidence) / 2);
    double high = fa_statistics_percentile(medians, count, (1 + confidence) / 2);
    ret->low = middle + widen * (low - middle);
    ret->high = middle + widen * (high - middle);
}

int fa_statistics_estimate(const double *values, size_t n, double confidence,
                           struct fa_estimate *ret)
{
    *ret = (struct fa_estimate){NAN, NAN, NAN};
    if (n == 0)
        return 0;
    double *sorted = calloc(2 * n, sizeof(*sorted));
    if (!sorted)
        return -1;
    memcpy(sorted, values, n * sizeof(*sorted));
    double *scratch = sorted + n;
    n = fa_statistics_sort(sorted, n);
    ret->median = fa_statistics_median(sorted, n);
    /* The spread of two values is too uncertain for an interval. */
    if (n >= 3 && confidence > 0) {
        /* Noise multiplies times, so logarithms make it symmetric; they also keep the interval
         * above 0. */
        bool positive = sorted[0] > 0;
        for (size_t i = 0; i < n && positive; ++i)
            sorted[i] = log(sorted[i]);
        median_bootstrap(sorted, n, confidence, scratch, ret);
        if (positive) {
            ret->low = exp(ret->low);
            ret->high = exp(ret->high);
        }
        /* The mean of two middle logarithms is not that of the values; and there is rounding. */
        ret->low = fmin(ret->low, ret->median);
        ret->high = fmax(ret->high, ret->median);
    }
    free(sorted);
    return 0;
}

/* The error is that of winsorized values: what was cut off counts as the last value that was not. */
struct fa_centre fa_statistics_centre(const double *sorted, size_t n, size_t cut)
{
    size_t rest = n - 2 * cut;
    double sum = 0, squares = 0;
    for (size_t i = cut; i < n - cut; ++i)
        sum += sorted[i];
    double value = sum / (double)rest;
    double mean = (sum + (double)cut * (sorted[cut] + sorted[n - cut - 1])) / (double)n;
    for (size_t i = 0; i < n; ++i) {
        double deviation = fmin(fmax(sorted[i], sorted[cut]), sorted[n - cut - 1]) - mean;
        squares += deviation * deviation;
    }
    double error = sqrt(squares / ((double)rest * (double)(rest - 1)));
    return (struct fa_centre){value, error, (unsigned)rest - 1};
}

/* The probability that |t| is at most tan(angle) times the root of the degrees of freedom: the
 * finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4. */
static double student_within(double angle, unsigned freedom)
{
    double cosine = cos(angle), term = freedom % 2 ? cosine : 1, sum = 0;
    for (unsigned i = freedom % 2 ? 3 : 2; i <= freedom; i += 2) {
        sum += term;
        term *= cosine * cosine * (i - 1) / i;
    }
    sum *= sin(angle);
    return freedom % 2 ? 4 * (angle + sum) / TWO_PI : sum;
}

/* Bisection: the probability rises with the angle. */
double fa_statistics_student(double error, unsigned freedom)
{
    double low = 0, high = TWO_PI / 4;
    for (unsigned i = 0; i < 64; ++i) {
        double middle = (low + high) / 2;
        if (student_within(middle, freedom) < 1 - error)
            low = middle;
        else
            high = middle;
    }
    return tan(low) * sqrt(freedom);
}

/* The slope of the least-squares line, up to a constant factor.  The factor is the same for every
 * order of the values, so the test can do without it. */
static double values_steepness(const double *values, size_t n)
{
    double middle = (double)(n - 1) / 2, sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += ((double)i - middle) * values[i];
    return sum;
}

/* The median of the slopes between any two values (Theil and Sen). */
static int find_slope(const double *values, size_t n, double *ret)
{
    double *slopes = calloc(n * (n - 1) / 2, sizeof(*slopes));
    size_t count = 0;
    if (!slopes)
        return -1;
    for (size_t i = 0; i < n; ++i)
        for (size_t j = i + 1; j < n; ++j)
            slopes[count++] = (values[j] - values[i]) / (double)(j - i);
    fa_statistics_sort(slopes, count);
    *ret = fa_statistics_median(slopes, count);
    free(slopes);
    return 0;
}

static void values_swap(double *a, double *b)
{
    double value = *a;
    *a = *b;
    *b = value;
}

/* Counts the orders that are at least as steep, up or down (a two-sided test).  The sums of two
 * orders differ by rounding, so least is a little below the observed steepness. */
struct steep {
    double least;
    size_t hits, orders;
};

static void steep_weigh(struct steep *steep, const double *values, size_t n)
{
    steep->hits += fabs(values_steepness(values, n)) >= steep->least;
    ++steep->orders;
}

/* Visit every order once (Heap's algorithm). */
static void steep_visit_all(struct steep *steep, double *values, size_t n)
{
    size_t turns[EXACT_MAX] = {0};
    steep_weigh(steep, values, n);
    for (size_t i = 1; i < n;) {
        if (turns[i] < i) {
            values_swap(&values[i % 2 ? turns[i] : 0], &values[i]);
            steep_weigh(steep, values, n);
            ++turns[i];
            i = 1;
        } else {
            turns[i++] = 0;
        }
    }
}

/* Fisher-Yates: each order is equally likely, whatever the order was before. */
static void steep_visit_some(struct steep *steep, double *values, size_t n)
{
    struct fa_random random = {SEED};
    /* Count the observed order too, so that p is never 0: with it, the test keeps its level
     * (Phipson and Smyth, 2010). */
    steep_weigh(steep, values, n);
    while (steep->orders < ORDERS) {
        for (size_t i = n - 1; i > 0; --i)
            values_swap(&values[i], &values[fa_random_below(&random, i + 1)]);
        steep_weigh(steep, values, n);
    }
}

/* The direction if every step goes the same way; 0 otherwise.  With very few rounds this is all the
 * evidence of a trend that can be had. */
static int values_monotone(const double *values, size_t n)
{
    int way = 0;
    for (size_t i = 1; i < n; ++i) {
        int step = (values[i] > values[i - 1]) - (values[i] < values[i - 1]);
        if (step == 0 || (i > 1 && step != way))
            return 0;
        way = step;
    }
    return way;
}

int fa_statistics_trend(const double *values, size_t n, double least, struct fa_trend *ret)
{
    *ret = (struct fa_trend){.p = 1};
    if (n < 2)
        return 0;
    double *copy = calloc(n, sizeof(*copy));
    if (!copy || find_slope(values, n, &ret->slope) != 0) {
        free(copy);
        return -1;
    }
    memcpy(copy, values, n * sizeof(*copy));
    ret->monotone = values_monotone(values, n);
    struct steep steep = {.least = fabs(values_steepness(values, n)) * (1 - 1e-9)};
    if (fabs(ret->slope) < least)
        steep.hits = steep.orders = 1;
    else if (n <= EXACT_MAX)
        steep_visit_all(&steep, copy, n);
    else
        steep_visit_some(&steep, copy, n);
    ret->p = (double)steep.hits / (double)steep.orders;
    free(copy);
    return 0;
}

/* The two-proportion z-test with pooled variance: under the hypothesis that both fail equally
 * often, the pooled share is the better estimate. */
double fa_statistics_proportions(uint64_t hits1, uint64_t n1, uint64_t hits2, uint64_t n2)
{
    if (n1 == 0 || n2 == 0)
        return 0;
    double size1 = (double)n1, size2 = (double)n2;
    double all = ((double)hits1 + (double)hits2) / (size1 + size2);
    double error = sqrt(all * (1 - all) * (1 / size1 + 1 / size2));
    double difference = (double)hits1 / size1 - (double)hits2 / size2;
    return error > 0 ? difference / error : 0;
}
