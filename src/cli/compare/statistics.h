/**
 * The statistics of few and noisy values: medians, their uncertainty, and whether a series has a
 * trend.  Pure: what is drawn at random is drawn from a fixed seed, so that the same values always
 * give the same answer.
 *
 * NAN stands for what was not measured: it is left out of the values that come in, and comes out
 * where nothing can be said.
 */
#ifndef FETCHALL_CLI_COMPARE_STATISTICS_H
#define FETCHALL_CLI_COMPARE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/** A median, and the interval that holds it with a given confidence (95 % where nothing else is
 * said), by a bootstrap.  Of fewer than 3 values the interval is NAN. */
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

/** Put values into order, the NANs last.  @return how many are not NAN. */
size_t fa_statistics_sort(double *values, size_t n);

/** What lies above that share (0 to 1) of sorted values, interpolated between two of them. */
double fa_statistics_percentile(const double *sorted, size_t n, double share);

/** The median of sorted values. */
double fa_statistics_median(const double *sorted, size_t n);

/**
 * The median with its interval, by a smoothed bootstrap.
 *
 * Values that are all positive are taken as their logarithms, since times are stretched by noise
 * and not shifted.
 *
 * @confidence  Such as 0.95.
 * @return      0, or -1 when memory ran out.
 */
int fa_statistics_estimate(const double *values, size_t n, double confidence,
                           struct fa_estimate *ret);

/** A straight line through values that follow each other. */
struct fa_trend {
    double slope; /**< From one value to the next: the median of those between any two values, so
                       that a wild one does not bend it. */
    double p;     /**< How probable it is that another order is as steep, up or down. */
    int monotone; /**< 1: each value is above the one before; -1: below; 0: neither. */
};

/** Values without NAN; their orders are all tried up to 7 values, else 5,000 of them.
 * @return 0, or -1 when memory ran out. */
int fa_statistics_trend(const double *values, size_t n, struct fa_trend *ret);

/** How many standard errors the first proportion, hits1 of n1, lies above the second; 0 if either
 * is of nothing, or if both are the same. */
double fa_statistics_proportions(uint64_t hits1, uint64_t n1, uint64_t hits2, uint64_t n2);

#endif
