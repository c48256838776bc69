/*
 * Alpha spending.  An interval of 95 % is wrong in 5 of 100 cases; one that is looked at after each
 * round, until it says something, in far more.  So the error of 5 % is shared out over the looks:
 * after n rounds, 1 / (n (n - 1)) of it is spent, which adds up to 1 over n = 2, 3, 4, ...
 * whatever the number of rounds.  (Lan and DeMets, Biometrika 70, 1983; by the inequality of
 * Bonferroni, which needs no distribution of several looks.)  That inequality spends too little,
 * since an interval and the next one share most of their rounds.  SPENT corrects that; it and the
 * other constants are found by simulation (tests/bench/calibrate.c).
 *
 * Each interval is that of Student's t, of the logarithms of the ratios: noise multiplies times.
 * Two rounds have one degree of freedom, which never decides anything.  But times that differ by
 * half of their value need no third round.  So the variance of the first look is moderated, as in
 * G. Smyth, "Linear models and empirical Bayes methods", 2004: it counts as if it had more degrees
 * of freedom, and a variance that is assumed before is added, so that the interval is never
 * narrower than LARGE.  In turn, it is valid only if the times of all contestants are steady.
 *
 * Equivalence is two one-sided tests (TOST; Schuirmann, 1987): the whole interval is within the
 * margin.
 */
#include "cli/compare/sequence.h"

#include <math.h>
#include <stdlib.h>

#include "cli/compare/measure.h"

/* How much of the error is spent, in units of the inequality. */
#define SPENT 3.0

/* Of the first look: the logarithm of the least factor that it can find, the degrees of freedom of
 * its variance, and the logarithm of the factor between the two times of a contestant up to which
 * they are steady. */
#define LARGE   0.34
#define FREEDOM 3
#define STEADY  0.22

/* Half of the width of the interval around the mean. */
static double sequence_width(const double *logs, size_t n, double mean, double confidence)
{
    double error = SPENT * (1 - confidence) / (double)(n * (n - 1));
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += (logs[i] - mean) * (logs[i] - mean);
    unsigned freedom = n == FA_SEQUENCE_LEAST ? FREEDOM : (unsigned)n - 1;
    double width = fa_statistics_student(error, freedom) * sqrt(sum / freedom / (double)n);
    return n == FA_SEQUENCE_LEAST ? hypot(LARGE, width) : width;
}

int fa_sequence_estimate(const double *ratios, size_t n, double confidence, struct fa_estimate *ret)
{
    double *logs = calloc(n + 1, sizeof(*logs));
    double mean = 0;
    size_t count = 0;
    *ret = (struct fa_estimate){NAN, NAN, NAN};
    if (!logs)
        return -1;
    for (size_t i = 0; i < n; ++i)
        if (ratios[i] > 0 && isfinite(ratios[i]))
            mean += logs[count++] = log(ratios[i]);
    mean /= (double)count;
    count = fa_statistics_sort(logs, count);
    ret->median = exp(fa_statistics_median(logs, count));
    if (count >= FA_SEQUENCE_LEAST) {
        double width = sequence_width(logs, count, mean, confidence);
        ret->low = fmin(exp(mean - width), ret->median);
        ret->high = fmax(exp(mean + width), ret->median);
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
            !(fa_sequence_margin(&standing->ratio) <= FA_SEQUENCE_EQUIVALENT))
            return false;
    }
    return true;
}
