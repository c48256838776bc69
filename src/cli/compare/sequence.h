/**
 * The sequential rule of --rounds auto: how many rounds an answer needs.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_SEQUENCE_H
#define FETCHALL_CLI_COMPARE_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/compare/statistics.h"
#include "cli/compare/verdict.h"

/** Minimum rounds for a decision. */
#define FA_SEQUENCE_LEAST 2

/** Two contestants are equivalent if the interval of their ratio is within 1/this and this. */
#define FA_SEQUENCE_EQUIVALENT 1.05

/** A ratio with two intervals. */
struct fa_ratio {
    struct fa_estimate deciding; /**< Those after 2, 3, 4, ... rounds hold all together, so that
                                      whoever stops when one of them looks good does not fool
                                      himself. */
    struct fa_estimate shown;    /**< Holds after the rounds that it took; never beyond that one. */
};

/**
 * The ratio of two contestants' times, with its intervals.
 *
 * @ones       Times of the one, one for each of n rounds; NAN: not measured.
 * @others     Those of the other.
 * @competing  At least 1 contestant, of which one is compared with each other one: the intervals of
 *             all of these ratios hold together with 95 %.
 * @return     0, or -1: no memory.
 */
int fa_sequence_estimate(const double *ones, const double *others, size_t n, size_t competing,
                         struct fa_ratio *ret);

/** The factor by which two contestants differ at most, one way or the other; NAN: not known. */
double fa_sequence_margin(const struct fa_estimate *ratio);

/**
 * Whether more rounds are unnecessary: each contestant that is not failing is slower than the
 * fastest, or equivalent to it, and nothing else prevents a conclusion.
 */
bool fa_sequence_decided(const struct fa_comparison *comparison, const struct fa_verdict *verdict);

#endif
