/*
 * Alpha spending.  An interval of 95 % is wrong in 5 of 100 cases; one that is looked at after each
 * round, until it says something, in far more.  So each look spends only a part of the error of
 * 5 % (Lan and DeMets, Biometrika 70, 1983).  The inequality of Bonferroni would ask for parts that
 * add up to 1, which spends too little, since an interval and the next one share most of their
 * rounds: how much is new depends on the logarithm of the number of rounds.  By the law of the
 * iterated logarithm (Darling and Robbins, 1967) parts that fall with that logarithm keep the error
 * for any practical number of rounds, and those of late looks are large enough to find small
 * differences.  The constants are found by simulation (tests/bench/calibrate.c), for up to 100
 * rounds.
 *
 * Each interval is that of Student's t, of the logarithms of the ratios: noise multiplies times.
 * Two rounds have one degree of freedom, which never decides anything.  But times that differ by
 * half of their value need no third round.  So the variance of the first look is moderated, as in
 * G. Smyth, "Linear models and empirical Bayes methods", 2004: it counts as if it had more degrees
 * of freedom, and a variance that is assumed before is added, so that the interval is never
 * narrower than LARGE.  In turn, it is valid only if the times of all contestants are steady.
 *
 * An interval that holds after each round is wider than one that is shown only once the rounds have
 * ended need be.  But that of a fixed number of rounds is too narrow: noise that makes a difference
 * look large ends them, and the more looks there were, the likelier that is.  So the interval that
 * is shown has an error of its own, of the same form but larger, which is found by simulation, too:
 * all intervals of a comparison then hold in about 95 % of the comparisons.  It has the same
 * middle as the one that decides, and is never wider, so that it contradicts no decision.
 *
 * Equivalence is two one-sided tests (TOST; Schuirmann, 1987): the whole interval is within the
 * margin.
 */
#include "cli/compare/sequence.h"

#include <math.h>
#include <stdlib.h>

#include "cli/compare/measure.h"

/* The part of the error that the first look spends, and that of the others times the logarithm of
 * the number of rounds.  The first may be more than 1: LARGE and STEADY make it wrong far less
 * often. */
#define SPENT_FIRST 1.5
#define SPENT       0.2

/* Of the first look: the logarithm of the least factor that it can find, the degrees of freedom of
 * its variance, and the logarithm of the factor between the two times of a contestant up to which
 * they are steady. */
#define LARGE   0.34
#define FREEDOM 3
#define STEADY  0.15

/* The error of the interval that is shown, times the logarithm of the number of rounds, if it is
 * less than the one that was asked for.  It is not shared out over the contestants: the more there
 * are, the less the noise of one of them can end the rounds. */
#define SHOWN 0.07

static double sequence_spend(size_t n)
{
    return n == FA_SEQUENCE_LEAST ? SPENT_FIRST : SPENT / log((double)n);
}

/* Half of the width of the interval around the mean that decides.  sum: of the squares of the
 * deviations.  Bonferroni over the ratios to one contestant. */
static double sequence_width(double sum, size_t n, size_t competing)
{
    double error = sequence_spend(n) * (1 - fa_measure_confidence(competing - 1));
    unsigned freedom = n == FA_SEQUENCE_LEAST ? FREEDOM : (unsigned)n - 1;
    double width = fa_statistics_student(error, freedom) * sqrt(sum / freedom / (double)n);
    return n == FA_SEQUENCE_LEAST ? hypot(LARGE, width) : width;
}

/* The same of the interval that is shown.  Bonferroni over the ratios of all pairs: which of the
 * contestants is the fastest, to which all ratios refer, is not known before. */
static double sequence_width_shown(double sum, size_t n, size_t competing)
{
    size_t pairs = competing * (competing - 1) / 2;
    double error = fmin(1 - fa_measure_confidence(pairs), SHOWN / log((double)n));
    unsigned freedom = (unsigned)n - 1;
    return fa_statistics_student(error, freedom) * sqrt(sum / freedom / (double)n);
}

static void estimate_put(struct fa_estimate *ret, double mean, double width)
{
    ret->low = fmin(exp(mean - width), ret->median);
    ret->high = fmax(exp(mean + width), ret->median);
}

int fa_sequence_estimate(const double *ratios, size_t n, size_t competing, struct fa_ratio *ret)
{
    double *logs = calloc(n + 1, sizeof(*logs));
    double mean = 0, sum = 0;
    size_t count = 0;
    ret->deciding = ret->shown = (struct fa_estimate){NAN, NAN, NAN};
    if (!logs)
        return -1;
    for (size_t i = 0; i < n; ++i)
        if (ratios[i] > 0 && isfinite(ratios[i]))
            mean += logs[count++] = log(ratios[i]);
    mean /= (double)count;
    count = fa_statistics_sort(logs, count);
    ret->deciding.median = ret->shown.median = exp(fa_statistics_median(logs, count));
    for (size_t i = 0; i < count; ++i)
        sum += (logs[i] - mean) * (logs[i] - mean);
    if (count >= FA_SEQUENCE_LEAST) {
        double width = sequence_width(sum, count, competing);
        estimate_put(&ret->deciding, mean, width);
        estimate_put(&ret->shown, mean, fmin(width, sequence_width_shown(sum, count, competing)));
    }
    free(logs);
    return 0;
}

/* Not fmax(), which ignores a NAN. */
double fa_sequence_margin(const struct fa_estimate *ratio)
{
    double below = 1 / ratio->low;
    return isnan(below) || below > ratio->high ? below : ratio->high;
}

/* Whether each contestant took about the same time in the two rounds of the first look. */
static bool sequence_is_steady(const struct fa_comparison *comparison,
                               const struct fa_verdict *verdict)
{
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_contestant *contestant = &comparison->contestants[i];
        double first = fa_measure_in(contestant, 0, fa_measure_wall);
        double second = fa_measure_in(contestant, 1, fa_measure_wall);
        if (verdict->standings[i].rank != FA_RANK_FAILING && !(fabs(log(second / first)) <= STEADY))
            return false;
    }
    return true;
}

bool fa_sequence_decided(const struct fa_comparison *comparison, const struct fa_verdict *verdict)
{
    bool first = comparison->rounds <= FA_SEQUENCE_LEAST;
    if (!verdict->concluded || (first && !sequence_is_steady(comparison, verdict)))
        return false;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        bool open = standing->rank == FA_RANK_BEST || standing->rank == FA_RANK_EQUAL;
        if (open && i != verdict->fastest &&
            !(fa_sequence_margin(&standing->deciding) <= FA_SEQUENCE_EQUIVALENT))
            return false;
    }
    return true;
}
