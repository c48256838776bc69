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

#include "cli/compare/sequence.h"

#define CONFIDENCE 0.95

double fa_measure_wall(const struct fa_trial *trial)
{
    return trial->wall > 0 && isfinite(trial->wall) ? trial->wall : NAN;
}

double fa_measure_cpu(const struct fa_trial *trial)
{
    return trial->user + trial->system;
}

double fa_measure_memory(const struct fa_trial *trial)
{
    return trial->peak_pss == FA_UNMEASURED ? NAN : (double)trial->peak_pss;
}

double fa_measure_in(const struct fa_contestant *contestant, unsigned round, fa_measure *of)
{
    for (size_t i = 0; i < contestant->n_trials; ++i)
        if (contestant->trials[i].round == round)
            return of(&contestant->trials[i]);
    return NAN;
}

/* A ratio to 0 is not defined. */
static double measure_divide(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

int fa_measure_ratio(const struct fa_comparison *comparison, size_t contestant, size_t other,
                     fa_measure *of, double confidence, struct fa_estimate *ret)
{
    double *values = calloc(comparison->rounds + 1UL, sizeof(*values));
    if (!values)
        return -1;
    for (unsigned round = 0; round < comparison->rounds; ++round)
        values[round] =
            measure_divide(fa_measure_in(&comparison->contestants[contestant], round, of),
                           fa_measure_in(&comparison->contestants[other], round, of));
    int result = comparison->sequential
                     ? fa_sequence_estimate(values, comparison->rounds, confidence, ret)
                     : fa_statistics_estimate(values, comparison->rounds, confidence, ret);
    free(values);
    return result;
}

/* Bonferroni: n intervals with an error of 5 % / n each hold together with at least 95 %, whether
 * or not they are independent.  They are not: all refer to the same contestant. */
double fa_measure_confidence(size_t n)
{
    return 1 - (1 - CONFIDENCE) / (double)(n > 1 ? n : 1);
}
