/**
 * Statistics of few and noisy values: medians, their uncertainty, and whether a series has a
 * trend.  Pure: random numbers come from a fixed seed, so that the same values always give the
 * same result.
 *
 * NAN means not measured: it is ignored in arguments, and returned if nothing can be computed.
 */
#ifndef FETCHALL_CLI_COMPARE_STATISTICS_H
#define FETCHALL_CLI_COMPARE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/** A median and its confidence interval (95 % unless stated otherwise), by a bootstrap.  The
 * interval of fewer than 3 values is NAN. */
struct fa_estimate {
    double median, low, high;
};

/** A small generator of random numbers (SplitMix64); its state is its seed. */
struct fa_random {
    uint64_t state;
};

uint64_t fa_random_next(struct fa_random *random);

/** A whole number from 0 to limit - 1; limit is at least 1 and below 2^32. */
size_t fa_random_below(struct fa_random *random, size_t limit);

/** From the normal distribution with mean 0 and deviation 1. */
double fa_random_normal(struct fa_random *random);

/** Sort values, NANs last.  @return the number of values that are not NAN. */
size_t fa_statistics_sort(double *values, size_t n);

/** The quantile of sorted values at share (0 to 1), with linear interpolation. */
double fa_statistics_percentile(const double *sorted, size_t n, double share);

/** The median of sorted values. */
double fa_statistics_median(const double *sorted, size_t n);

/**
 * The median with its interval, by a smoothed bootstrap.
 *
 * If all values are positive, their logarithms are used, since noise multiplies times rather than
 * adding to them.
 *
 * @confidence  For example 0.95.  0: the median alone.
 * @return      0, or -1: no memory.
 */
int fa_statistics_estimate(const double *values, size_t n, double confidence,
                           struct fa_estimate *ret);

/** A centre of values, the standard error of it, and the degrees of freedom of that error. */
struct fa_centre {
    double value, error;
    unsigned freedom;
};

/**
 * The mean of sorted values without the cut lowest and the cut highest ones: a trimmed mean, with
 * the error by Yuen (1974).  At least 2 must remain.
 */
struct fa_centre fa_statistics_centre(const double *sorted, size_t n, size_t cut);

/**
 * The quantile of Student's t: |t| exceeds it with that probability.
 *
 * @error    Above 0, below 1.
 * @freedom  Degrees of freedom, at least 1.
 */
double fa_statistics_student(double error, unsigned freedom);

/** A straight line through a series of values. */
struct fa_trend {
    double slope; /**< From one value to the next: the median of the slopes between any two values
                       (Theil and Sen), which an outlier does not change much. */
    double p;     /**< Probability that a random order is as steep, up or down. */
    int monotone; /**< 1: each value is above the previous one; -1: below; 0: neither. */
};

/** Permutation test of a series without NAN: of all orders up to 7 values, else of 5,000 random
 * ones.
 *
 * @least  A slope, up or down, below which p does not matter; it is 1 then.
 * @return 0, or -1: no memory.
 */
int fa_statistics_trend(const double *values, size_t n, double least, struct fa_trend *ret);

/** By how many standard errors the proportion hits1 of n1 exceeds the second; 0 if n1 or n2 is 0,
 * or if both are equal. */
double fa_statistics_proportions(uint64_t hits1, uint64_t n1, uint64_t hits2, uint64_t n2);

#endif
