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
 * is shown has an error of its own, of the same form but larger, which is found by simulation, too.
 * It is that of a trimmed mean (K. Yuen, Biometrika 61, 1974), as a run that takes twice as long
 * would widen that of the mean far more than it moves it.  Two ratios say next to nothing about
 * their noise: there, how much each contestant's own two times differ counts as well, which is a
 * second degree of freedom.  What is shown never goes beyond the interval that decides, so that it
 * contradicts no decision.
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
 * less than the one that was asked for; and the part of the ratios that is cut off on each side, if
 * there are at least so many. */
#define SHOWN    0.06
#define CUT      0.125
#define CUT_FROM 5

static double sequence_spend(size_t n)
{
    return n == FA_SEQUENCE_LEAST ? SPENT_FIRST : SPENT / log((double)n);
}

/* The logarithms of two contestants' times and of their ratios, in the rounds that both were
 * measured in. */
struct logs {
    double *ones, *others, *ratios;
    size_t n;
    size_t competing;
};

static int logs_init(struct logs *logs, const double *ones, const double *others, size_t n,
                     size_t competing)
{
    double *space = calloc(3 * n + 1, sizeof(*space));
    if (!space)
        return -1;
    *logs = (struct logs){space, space + n, space + 2 * n, 0, competing};
    for (size_t i = 0; i < n; ++i) {
        double ratio = log(ones[i] / others[i]);
        if (!isfinite(ratio))
            continue;
        logs->ones[logs->n] = log(ones[i]);
        logs->others[logs->n] = log(others[i]);
        logs->ratios[logs->n++] = ratio;
    }
    fa_statistics_sort(logs->ratios, logs->n);
    return 0;
}

/* The interval that decides.  Bonferroni over the ratios to one contestant. */
static struct fa_estimate logs_decide(const struct logs *logs)
{
    struct fa_centre mean = fa_statistics_centre(logs->ratios, logs->n, 0);
    bool first = logs->n == FA_SEQUENCE_LEAST;
    double error = sequence_spend(logs->n) * (1 - fa_measure_confidence(logs->competing - 1));
    double width = fa_statistics_student(error, first ? FREEDOM : mean.freedom) * mean.error;
    if (first)
        width = hypot(LARGE, width / sqrt(FREEDOM));
    return (struct fa_estimate){NAN, mean.value - width, mean.value + width};
}

/* Of two rounds: what a contestant's times differ by is, like what the ratios differ by, twice the
 * square of the noise of a time on average. */
static struct fa_centre logs_centre_of_two(const struct logs *logs)
{
    double one = logs->ones[1] - logs->ones[0], other = logs->others[1] - logs->others[0];
    return (struct fa_centre){(logs->ratios[0] + logs->ratios[1]) / 2, hypot(one, other) / 2, 2};
}

/* The error that each of the shown intervals may have.  Which contestant is the fastest, to which all
 * ratios refer, is not known before, so those of all pairs count, and these depend on each other: about
 * as much as this, by the studentized range of Tukey.  A difference that ends the rounds after two
 * leaves no doubt of it. */
static double logs_error_shown(const struct logs *logs)
{
    double ratios = fmax(1, (double)logs->competing - 1);
    double pairs = ratios * (ratios + 1) / 2;
    double count = logs->n == FA_SEQUENCE_LEAST ? ratios : (pairs + ratios) / 2;
    return fmin((1 - fa_measure_confidence(1)) / count, SHOWN / log((double)logs->n));
}

/* The interval that is shown. */
static struct fa_estimate logs_show(const struct logs *logs)
{
    size_t cut = logs->n < CUT_FROM ? 0 : (size_t)ceil(CUT * (double)logs->n);
    struct fa_centre centre = logs->n == FA_SEQUENCE_LEAST
                                  ? logs_centre_of_two(logs)
                                  : fa_statistics_centre(logs->ratios, logs->n, cut);
    double width = fa_statistics_student(logs_error_shown(logs), centre.freedom) * centre.error;
    return (struct fa_estimate){NAN, centre.value - width, centre.value + width};
}

/* From logarithms.  The median is always within. */
static void estimate_put(struct fa_estimate *ret, double low, double high)
{
    ret->low = fmin(exp(low), ret->median);
    ret->high = fmax(exp(high), ret->median);
}

int fa_sequence_estimate(const double *ones, const double *others, size_t n, size_t competing,
                         struct fa_ratio *ret)
{
    struct logs logs;
    ret->deciding = ret->shown = (struct fa_estimate){NAN, NAN, NAN};
    if (logs_init(&logs, ones, others, n, competing))
        return -1;
    ret->deciding.median = ret->shown.median = exp(fa_statistics_median(logs.ratios, logs.n));
    if (logs.n >= FA_SEQUENCE_LEAST) {
        struct fa_estimate deciding = logs_decide(&logs), shown = logs_show(&logs);
        estimate_put(&ret->deciding, deciding.low, deciding.high);
        estimate_put(&ret->shown, fmax(deciding.low, shown.low), fmin(deciding.high, shown.high));
    }
    free(logs.ones);
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
