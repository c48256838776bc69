/**
 * A measure of a trial, and how two contestants differ in it from round to round.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_MEASURE_H
#define FETCHALL_CLI_COMPARE_MEASURE_H

#include "cli/compare/sequence.h"
#include "cli/compare/trial.h"

/** @return NAN: not measured. */
typedef double fa_measure(const struct fa_trial *trial);

fa_measure fa_measure_wall;
fa_measure fa_measure_cpu; /**< User and system together. */
fa_measure fa_measure_memory;
fa_measure fa_measure_threads, fa_measure_processes, fa_measure_switches, fa_measure_calls;
fa_measure fa_measure_ttfb, fa_measure_ttfb_p95, fa_measure_ttfb_p99;
fa_measure fa_measure_total, fa_measure_total_p95, fa_measure_total_p99;
fa_measure fa_measure_due, fa_measure_due_p95, fa_measure_due_p99;
fa_measure fa_measure_requests, fa_measure_refusals, fa_measure_bytes;
fa_measure fa_measure_rtt, fa_measure_retransmits, fa_measure_reordered;

/** A measure whose ratio to that of another trial makes sense. */
struct fa_measure_named {
    const char *name;
    fa_measure *of;
};

/** All of them, up to one without a name. */
extern const struct fa_measure_named fa_measures[];

/** The measure of a contestant in one round, or NAN. */
double fa_measure_in(const struct fa_contestant *contestant, unsigned round, fa_measure *of);

/**
 * The ratio of a measure of one contestant to that of another in the same round.  If the number of
 * rounds was fixed, both intervals are the same.
 *
 * @competing  See fa_sequence_estimate().
 * @return     0, or -1: no memory.
 */
int fa_measure_ratio(const struct fa_comparison *comparison, size_t contestant, size_t other,
                     fa_measure *of, size_t competing, struct fa_ratio *ret);

/** The confidence for each of n intervals so that all together hold with 95 % (Bonferroni). */
double fa_measure_confidence(size_t n);

#endif
