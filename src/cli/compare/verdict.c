/*
 * Compares contestants by the ratio of their times within each round, because the network changes
 * between rounds more than within one.  A contestant that fails more entries than chance explains
 * cannot win.  A trend over the rounds (drift) prevents a conclusion.
 *
 * Failures are compared by a two-proportion z-test with the contestant that fails least.  A
 * significant difference alone is not enough: with 100,000 entries even one of 0.01 % would be
 * significant, so it must also be large or occur in every round.
 *
 * Drift is looked for in the effect of each round: the mean of the logarithms of all times of that
 * round, each relative to its own contestant (a two-way layout without interaction).  This uses all
 * contestants at once, so a trend shows that one contestant alone would not reveal.  The size comes
 * from the slope of Theil and Sen, the significance from a permutation test (statistics.c).
 *
 * The order of the steps matters: failing contestants are marked first, because they must neither
 * be the fastest nor add to the drift; ratios need the fastest; the choice needs the ratios.
 */
#include "cli/compare/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "cli/compare/choice.h"
#include "cli/compare/measure.h"
#include "cli/compare/reason.h"
#include "cli/compare/sequence.h"

#define CONFIDENCE 0.95

/* Failures due to chance: below this many standard errors, and below this share of the entries.
 * Three errors, not two, because each contestant is tested. */
#define FAILING_ERRORS 3.0
#define FAILING_SHARE  0.01

/* Significance and size of a drift from the first to the last round.  The least p of n rounds is
 * 2/n!, so 3 or 4 rounds cannot reach DRIFT_P: for few rounds, every step must go the same way and
 * the change must be larger. */
#define DRIFT_P      0.05
#define DRIFT_LEAST  1.1
#define DRIFT_FEW    1.5
#define DRIFT_ROUNDS 5

/* Exit statuses of a child that could not do its work. */
#define STATUS_USAGE  2
#define STATUS_LOCAL  4
#define STATUS_SIGNAL 128

/* Failed entries are not counted: a contestant that fails fast must not look productive. */
static double files_per_second(const struct fa_trial *trial)
{
    return (double)(trial->entries - trial->failed) / fa_measure_wall(trial);
}

static double bytes_per_second(const struct fa_trial *trial)
{
    return fa_measure_bytes(trial) / fa_measure_wall(trial);
}

static double cached(const struct fa_trial *trial)
{
    return trial->cached;
}

static double slots_full(const struct fa_trial *trial)
{
    return trial->slots_full;
}

static double slot_yield(const struct fa_trial *trial)
{
    return trial->slot_yield;
}

/* Collect one measure over the rounds that count; out has space for one value per trial.  A trial
 * of an incomplete round has no counterpart in the other contestants. */
static size_t verdict_collect(const struct fa_comparison *comparison,
                              const struct fa_contestant *contestant, fa_measure *of, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i)
        if (contestant->trials[i].round < comparison->rounds)
            out[n++] = of(&contestant->trials[i]);
    return n;
}

static double values_mean(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum += values[i];
    return n > 0 ? sum / (double)n : NAN;
}

/* Medians of one contestant; intervals only of what is compared.  values has space for one value
 * per trial, and is overwritten by each sort. */
static int standing_measure(const struct fa_comparison *comparison,
                            const struct fa_contestant *contestant, struct fa_standing_of *standing,
                            double confidence, double *values)
{
    const struct {
        fa_measure *of;
        double *to;
    } medians[] = {
        {files_per_second, &standing->files_per_second},
        {bytes_per_second, &standing->bytes_per_second},
        {fa_measure_memory, &standing->peak_pss},
        {fa_measure_threads, &standing->peak_threads},
        {fa_measure_processes, &standing->peak_processes},
        {fa_measure_switches, &standing->switches},
        {fa_measure_calls, &standing->calls},
        {fa_measure_ttfb, &standing->ttfb.p50},
        {fa_measure_ttfb_p95, &standing->ttfb.p95},
        {fa_measure_ttfb_p99, &standing->ttfb.p99},
        {fa_measure_total, &standing->total.p50},
        {fa_measure_total_p95, &standing->total.p95},
        {fa_measure_total_p99, &standing->total.p99},
        {fa_measure_due, &standing->due.p50},
        {fa_measure_due_p95, &standing->due.p95},
        {fa_measure_due_p99, &standing->due.p99},
        {fa_measure_requests, &standing->requests},
        {fa_measure_rtt, &standing->rtt},
        {cached, &standing->cached},
        {slots_full, &standing->slots_full},
        {slot_yield, &standing->slot_yield},
    };
    for (size_t i = 0; i < sizeof(medians) / sizeof(*medians); ++i) {
        size_t n = verdict_collect(comparison, contestant, medians[i].of, values);
        n = fa_statistics_sort(values, n);
        *medians[i].to = fa_statistics_median(values, n);
    }
    const struct {
        fa_measure *of;
        double *to;
    } means[] = {
        {fa_measure_refusals, &standing->refusals},
        {fa_measure_retransmits, &standing->retransmits},
        {fa_measure_reordered, &standing->reordered},
    };
    for (size_t i = 0; i < sizeof(means) / sizeof(*means); ++i)
        *means[i].to =
            values_mean(values, verdict_collect(comparison, contestant, means[i].of, values));
    size_t n = verdict_collect(comparison, contestant, fa_measure_cpu, values);
    if (fa_statistics_estimate(values, n, confidence, &standing->cpu) != 0)
        return -1;
    n = verdict_collect(comparison, contestant, fa_measure_wall, values);
    return fa_statistics_estimate(values, n, confidence, &standing->wall);
}

unsigned fa_verdict_least(const struct fa_comparison *comparison)
{
    return comparison->sequential ? FA_SEQUENCE_LEAST : FA_ROUNDS_LEAST;
}

bool fa_verdict_broken(const struct fa_trial *trial)
{
    return trial->status < 0 || trial->status == STATUS_USAGE || trial->status == STATUS_LOCAL ||
           trial->status >= STATUS_SIGNAL;
}

/* Failures of a contestant, over the rounds that count. */
struct fails {
    uint64_t entries, failed;
    bool broken; /* A child did not do its work at all. */
    bool always; /* Every round had a failure. */
};

static struct fails verdict_count_fails(const struct fa_comparison *comparison,
                                        const struct fa_contestant *contestant)
{
    /* A program whose files are wrong did not do the work that its time is of. */
    struct fails fails = {.always = true, .broken = contestant->wrong[0] != '\0'};
    for (size_t i = 0; i < contestant->n_trials; ++i) {
        const struct fa_trial *trial = &contestant->trials[i];
        if (trial->round >= comparison->rounds)
            continue;
        fails.entries += trial->entries;
        fails.failed += trial->failed;
        fails.always &= trial->failed > 0;
        fails.broken |= fa_verdict_broken(trial);
    }
    return fails;
}

static double fails_share(const struct fails *fails)
{
    return fails->entries ? (double)fails->failed / (double)fails->entries : NAN;
}

/* Whether a contestant failed more than chance explains, compared with the best one. */
static bool fails_is_failing(const struct fails *fails, const struct fails *least)
{
    /* If no contestant had an entry, none has failed. */
    if (fails->broken || (fails->failed >= fails->entries && least->entries > 0))
        return true;
    double errors =
        fa_statistics_proportions(fails->failed, fails->entries, least->failed, least->entries);
    return errors > FAILING_ERRORS &&
           (fails->always || fails_share(fails) - fails_share(least) >= FAILING_SHARE);
}

/* Mark the failing ones.  @return the number of the others. */
static size_t verdict_mark_failing(struct fa_verdict *verdict,
                                   const struct fa_comparison *comparison)
{
    struct fails least = {0};
    size_t left = 0;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        struct fails fails = verdict_count_fails(comparison, &comparison->contestants[i]);
        /* A broken run may have no failed entry because it never got that far: it is no
         * reference. */
        if (!fails.broken && fails.entries > 0 &&
            (least.entries == 0 || fails_share(&fails) < fails_share(&least)))
            least = fails;
    }
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        struct fails fails = verdict_count_fails(comparison, &comparison->contestants[i]);
        standing->failed = fails_share(&fails);
        standing->rank = fails_is_failing(&fails, &least) ? FA_RANK_FAILING : FA_RANK_NONE;
        left += standing->rank != FA_RANK_FAILING;
    }
    return left;
}

/* Add the deviation of each round of a contestant from its mean, in logarithms.  A contestant
 * with an unmeasured round is left out. */
static bool effects_add(const struct fa_comparison *comparison,
                        const struct fa_contestant *contestant, double *effects)
{
    double mean = 0;
    for (unsigned round = 0; round < comparison->rounds; ++round)
        mean += log(fa_measure_in(contestant, round, fa_measure_wall)) / comparison->rounds;
    for (unsigned round = 0; round < comparison->rounds && isfinite(mean); ++round)
        effects[round] += log(fa_measure_in(contestant, round, fa_measure_wall)) - mean;
    return isfinite(mean);
}

static int verdict_find_drift(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    unsigned rounds = comparison->rounds, added = 0;
    verdict->drift = 1;
    if (rounds < FA_ROUNDS_LEAST)
        return 0;
    double *effects = calloc(rounds, sizeof(*effects));
    if (!effects)
        return -1;
    for (size_t i = 0; i < comparison->n_contestants; ++i)
        if (verdict->standings[i].rank != FA_RANK_FAILING)
            added += effects_add(comparison, &comparison->contestants[i], effects);
    struct fa_trend trend;
    double least = log(DRIFT_LEAST) * added / (rounds - 1);
    int result = fa_statistics_trend(effects, rounds, least, &trend);
    free(effects);
    if (result != 0 || added == 0)
        return result;
    /* effects are sums over the contestants: their mean is the effect of a round.  exp() turns the
     * difference of logarithms back into a factor. */
    double change = trend.slope / added * (rounds - 1);
    verdict->drift = exp(change);
    verdict->drifted =
        (trend.p < DRIFT_P && exp(fabs(change)) > DRIFT_LEAST) ||
        (rounds <= DRIFT_ROUNDS && trend.monotone != 0 && exp(fabs(change)) > DRIFT_FEW);
    return 0;
}

/* Find the fastest, and the ratios of the others to it. */
static int verdict_find_ratios(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                               size_t competing)
{
    size_t n = comparison->n_contestants;
    /* The median, not the mean: one slow round must not cost a contestant its place. */
    verdict->fastest = n;
    for (size_t i = 0; i < n; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank != FA_RANK_FAILING && !isnan(standing->wall.median) &&
            !isnan(standing->failed) &&
            (verdict->fastest == n ||
             standing->wall.median < verdict->standings[verdict->fastest].wall.median))
            verdict->fastest = i;
    }
    for (size_t i = 0; i < n; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        struct fa_ratio ratio = {{NAN, NAN, NAN}, {NAN, NAN, NAN}};
        if (standing->rank != FA_RANK_FAILING && verdict->fastest < n &&
            fa_measure_ratio(comparison, i, verdict->fastest, fa_measure_wall, competing, &ratio) !=
                0)
            return -1;
        standing->ratio = ratio.shown;
        standing->deciding = ratio.deciding;
    }
    return 0;
}

static int verdict_conclude(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    struct fa_choice choice = {.competing = verdict_mark_failing(verdict, comparison)};
    if (verdict_find_drift(verdict, comparison) != 0 ||
        verdict_find_ratios(verdict, comparison, choice.competing) != 0)
        return -1;
    /* Without these preconditions verdict->concluded stays false, and the reason names one that is
     * missing. */
    if (comparison->n_contestants > 1 && comparison->rounds >= fa_verdict_least(comparison) &&
        !verdict->drifted && verdict->fastest < comparison->n_contestants &&
        fa_choice_make(verdict, comparison, &choice) != 0)
        return -1;
    fa_reason_write(verdict, comparison, &choice);
    return 0;
}

static int verdict_make(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                        double confidence)
{
    *verdict = (struct fa_verdict){0};
    size_t most = 1;
    for (size_t i = 0; i < comparison->n_contestants; ++i)
        if (comparison->contestants[i].n_trials > most)
            most = comparison->contestants[i].n_trials;
    double *values = calloc(most, sizeof(*values));
    verdict->standings = calloc(comparison->n_contestants + 1, sizeof(*verdict->standings));
    int result = values && verdict->standings ? 0 : -1;
    for (size_t i = 0; i < comparison->n_contestants && result == 0; ++i)
        result = standing_measure(comparison, &comparison->contestants[i], &verdict->standings[i],
                                  confidence, values);
    if (result == 0)
        result = verdict_conclude(verdict, comparison);
    free(values);
    if (result != 0)
        fa_verdict_fini(verdict);
    return result;
}

int fa_verdict_init(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    return verdict_make(verdict, comparison, CONFIDENCE);
}

int fa_verdict_look(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    return verdict_make(verdict, comparison, 0);
}

void fa_verdict_fini(struct fa_verdict *verdict)
{
    free(verdict->standings);
    *verdict = (struct fa_verdict){0};
}
