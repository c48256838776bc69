/*
 * Contestants are compared by the ratio of a measure within each round, as the runs of a round
 * share the conditions of the network; the ratio removes what they have in common.
 *
 * Pairing by round is what a paired test does: a slow round slows all contestants, so their ratio
 * varies less than their times, and fewer rounds are enough.  Rounds in which one of the two was
 * not measured become NAN, which the estimate ignores.
 */
#include "cli/compare/measure.h"

#include <math.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

double fa_measure_wall(const struct fa_trial *trial)
{
    return trial->wall > 0 && isfinite(trial->wall) ? trial->wall : NAN;
}

double fa_measure_cpu(const struct fa_trial *trial)
{
    return trial->user + trial->system;
}

static double count_value(uint64_t count)
{
    return count == FA_UNMEASURED ? NAN : (double)count;
}

/* An fa_measure has no context argument, so that each field needs a function of its own. */
#define COUNT(name, field)                                 \
    double fa_measure_##name(const struct fa_trial *trial) \
    {                                                      \
        return count_value(trial->field);                  \
    }
COUNT(memory, peak_pss)
COUNT(threads, peak_threads)
COUNT(processes, peak_processes)
COUNT(switches, switches)
COUNT(calls, calls)
COUNT(requests, requests)
COUNT(refusals, refusals)
COUNT(bytes, bytes)
COUNT(retransmits, retransmits)
COUNT(reordered, reordered)

#define LATENCY(name, field)                               \
    double fa_measure_##name(const struct fa_trial *trial) \
    {                                                      \
        return trial->field;                               \
    }
LATENCY(ttfb, ttfb.p50)
LATENCY(ttfb_p95, ttfb.p95)
LATENCY(ttfb_p99, ttfb.p99)
LATENCY(total, total.p50)
LATENCY(total_p95, total.p95)
LATENCY(total_p99, total.p99)
LATENCY(due, due.p50)
LATENCY(due_p95, due.p95)
LATENCY(due_p99, due.p99)
LATENCY(rtt, rtt)

/* Not those that are 0 as a rule, such as refusals: 0 has no ratio. */
const struct fa_measure_named fa_measures[] = {
    {"wall", fa_measure_wall},
    {"cpu", fa_measure_cpu},
    {"memory", fa_measure_memory},
    {"threads", fa_measure_threads},
    {"processes", fa_measure_processes},
    {"switches", fa_measure_switches},
    {"calls", fa_measure_calls},
    {"ttfb", fa_measure_ttfb},
    {"ttfb_p95", fa_measure_ttfb_p95},
    {"ttfb_p99", fa_measure_ttfb_p99},
    {"total", fa_measure_total},
    {"total_p95", fa_measure_total_p95},
    {"total_p99", fa_measure_total_p99},
    {"due", fa_measure_due},
    {"due_p95", fa_measure_due_p95},
    {"due_p99", fa_measure_due_p99},
    {"rtt", fa_measure_rtt},
    {"requests", fa_measure_requests},
    {"bytes", fa_measure_bytes},
    {NULL, NULL},
};

double fa_measure_in(const struct fa_contestant *contestant, unsigned round, fa_measure *of)
{
    for (size_t i = 0; i < contestant->n_trials; ++i)
        if (contestant->trials[i].round == round)
            return of(&contestant->trials[i]);
    return NAN;
}

/* A ratio to 0 is not defined.  ones becomes the ratios. */
static int measure_estimate(double *ones, const double *others, size_t n, size_t competing,
                            struct fa_ratio *ret)
{
    for (size_t i = 0; i < n; ++i)
        ones[i] = others[i] > 0 ? ones[i] / others[i] : NAN;
    int result = fa_statistics_estimate(ones, n, fa_measure_confidence(competing - 1), &ret->shown);
    ret->deciding = ret->shown;
    return result;
}

int fa_measure_ratio(const struct fa_comparison *comparison, size_t contestant, size_t other,
                     fa_measure *of, size_t competing, struct fa_ratio *ret)
{
    size_t n = comparison->rounds;
    double *ones = calloc(2 * n + 1, sizeof(*ones));
    if (!ones)
        return -1;
    double *others = ones + n;
    for (unsigned round = 0; round < n; ++round) {
        ones[round] = fa_measure_in(&comparison->contestants[contestant], round, of);
        others[round] = fa_measure_in(&comparison->contestants[other], round, of);
    }
    int result = comparison->sequential ? fa_sequence_estimate(ones, others, n, competing, ret)
                                        : measure_estimate(ones, others, n, competing, ret);
    free(ones);
    return result;
}

/* Bonferroni: n intervals with an error of 5 % / n each hold together with at least 95 %, whether
 * or not they are independent.  They are not: all refer to the same contestant. */
double fa_measure_confidence(size_t n)
{
    return 1 - (1 - CONFIDENCE) / (double)(n > 1 ? n : 1);
}
