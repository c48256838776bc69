#include "cli/compare/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "cli/compare/reason.h"

#define CONFIDENCE 0.95

/* A difference in time that nobody would choose by, whatever its interval. */
#define RATIO_LEAST 1.02

/* An interval that begins below is shown as 1.00, and so it reaches that. */
#define RATIO_ONE 1.005

/* CPU and memory that differ by less are equal. */
#define COST_TIE 1.05

/* Failures of chance: below so many standard errors, and below that share of the entries. */
#define FAILING_ERRORS 3.0
#define FAILING_SHARE  0.01

/* What a drift must change from the first to the last round, and with few rounds. */
#define DRIFT_P      0.05
#define DRIFT_LEAST  1.1
#define DRIFT_FEW    1.5
#define DRIFT_ROUNDS 5

/* Exit statuses of a child that could not do its work. */
#define STATUS_USAGE  2
#define STATUS_LOCAL  4
#define STATUS_SIGNAL 128

static double of_count(uint64_t count)
{
    return count == FA_UNMEASURED ? NAN : (double)count;
}

static double wall(const struct fa_trial *trial)
{
    return trial->wall > 0 && isfinite(trial->wall) ? trial->wall : NAN;
}

static double cpu(const struct fa_trial *trial)
{
    return trial->user + trial->system;
}

static double files_per_second(const struct fa_trial *trial)
{
    return (double)(trial->entries - trial->failed) / wall(trial);
}

static double bytes_per_second(const struct fa_trial *trial)
{
    return of_count(trial->bytes) / wall(trial);
}

#define COUNT(field)                                  \
    static double field(const struct fa_trial *trial) \
    {                                                 \
        return of_count(trial->field);                \
    }
COUNT(peak_pss)
COUNT(peak_threads)
COUNT(peak_processes)
COUNT(switches)
COUNT(calls)

#define LATENCY(kind, part)                                   \
    static double kind##_##part(const struct fa_trial *trial) \
    {                                                         \
        return trial->kind.part;                              \
    }
LATENCY(ttfb, p50)
LATENCY(ttfb, p95)
LATENCY(ttfb, p99)
LATENCY(total, p50)
LATENCY(total, p95)
LATENCY(total, p99)

typedef double measure(const struct fa_trial *trial);

/* One measure over the rounds that count; out has room for one value a trial. */
static size_t collect(const struct fa_comparison *comparison,
                      const struct fa_contestant *contestant, measure *of, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i)
        if (contestant->trials[i].round < comparison->rounds)
            out[n++] = of(&contestant->trials[i]);
    return n;
}

/* Medians of one contestant.  values has room for one a trial. */
static int measure_one(const struct fa_comparison *comparison,
                       const struct fa_contestant *contestant, struct fa_standing_of *standing,
                       double *values)
{
    const struct {
        measure *of;
        double *to;
    } medians[] = {
        {files_per_second, &standing->files_per_second},
        {bytes_per_second, &standing->bytes_per_second},
        {peak_pss, &standing->peak_pss},
        {peak_threads, &standing->peak_threads},
        {peak_processes, &standing->peak_processes},
        {switches, &standing->switches},
        {calls, &standing->calls},
        {ttfb_p50, &standing->ttfb.p50},
        {ttfb_p95, &standing->ttfb.p95},
        {ttfb_p99, &standing->ttfb.p99},
        {total_p50, &standing->total.p50},
        {total_p95, &standing->total.p95},
        {total_p99, &standing->total.p99},
    };
    for (size_t i = 0; i < sizeof(medians) / sizeof(*medians); ++i) {
        size_t n = collect(comparison, contestant, medians[i].of, values);
        n = fa_statistics_sort(values, n);
        *medians[i].to = fa_statistics_median(values, n);
    }
    size_t n = collect(comparison, contestant, cpu, values);
    if (fa_statistics_estimate(values, n, CONFIDENCE, &standing->cpu) != 0)
        return -1;
    n = collect(comparison, contestant, wall, values);
    return fa_statistics_estimate(values, n, CONFIDENCE, &standing->wall);
}

/* The wall time of a round, or NAN. */
static double wall_in(const struct fa_contestant *contestant, unsigned round)
{
    for (size_t i = 0; i < contestant->n_trials; ++i)
        if (contestant->trials[i].round == round)
            return wall(&contestant->trials[i]);
    return NAN;
}

int fa_verdict_ratio(const struct fa_comparison *comparison, size_t contestant, size_t other,
                     double confidence, struct fa_estimate *ret)
{
    double *values = calloc(comparison->rounds + 1UL, sizeof(*values));
    if (!values)
        return -1;
    for (unsigned round = 0; round < comparison->rounds; ++round)
        values[round] = wall_in(&comparison->contestants[contestant], round) /
                        wall_in(&comparison->contestants[other], round);
    int result = fa_statistics_estimate(values, comparison->rounds, confidence, ret);
    free(values);
    return result;
}

bool fa_verdict_broken(const struct fa_trial *trial)
{
    return trial->status < 0 || trial->status == STATUS_USAGE || trial->status == STATUS_LOCAL ||
           trial->status >= STATUS_SIGNAL;
}

/* What a contestant failed, over the rounds that count. */
struct fails {
    uint64_t entries, failed;
    bool broken; /* A child did not do its work at all. */
    bool always; /* Each round had a failure. */
};

static struct fails count_fails(const struct fa_comparison *comparison,
                                const struct fa_contestant *contestant)
{
    struct fails fails = {.always = true};
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

static double share(const struct fails *fails)
{
    return fails->entries ? (double)fails->failed / (double)fails->entries : NAN;
}

/* Whether one failed more than chance explains, held against the one that failed least. */
static bool is_failing(const struct fails *fails, const struct fails *least)
{
    /* Where no one had an entry, no one failed. */
    if (fails->broken || (fails->failed >= fails->entries && least->entries > 0))
        return true;
    double errors =
        fa_statistics_proportions(fails->failed, fails->entries, least->failed, least->entries);
    return errors > FAILING_ERRORS &&
           (fails->always || share(fails) - share(least) >= FAILING_SHARE);
}

/* Mark those that fail.  Returns how many do not. */
static size_t mark_failing(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    struct fails least = {0};
    size_t left = 0;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        struct fails fails = count_fails(comparison, &comparison->contestants[i]);
        if (!fails.broken && fails.entries > 0 &&
            (least.entries == 0 || share(&fails) < share(&least)))
            least = fails;
    }
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        struct fails fails = count_fails(comparison, &comparison->contestants[i]);
        standing->failed = share(&fails);
        standing->rank = is_failing(&fails, &least) ? FA_RANK_FAILING : FA_RANK_NONE;
        left += standing->rank != FA_RANK_FAILING;
    }
    return left;
}

/* Add what the rounds of one contestant have beyond its mean, in logarithms.  A round that was not
 * measured leaves the contestant out. */
static bool add_round_effects(const struct fa_comparison *comparison,
                              const struct fa_contestant *contestant, double *effects)
{
    double mean = 0;
    for (unsigned round = 0; round < comparison->rounds; ++round)
        mean += log(wall_in(contestant, round)) / comparison->rounds;
    for (unsigned round = 0; round < comparison->rounds && isfinite(mean); ++round)
        effects[round] += log(wall_in(contestant, round)) - mean;
    return isfinite(mean);
}

static int find_drift(struct fa_verdict *verdict, const struct fa_comparison *comparison)
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
            added += add_round_effects(comparison, &comparison->contestants[i], effects);
    struct fa_trend trend;
    int result = fa_statistics_trend(effects, rounds, &trend);
    free(effects);
    if (result != 0 || added == 0)
        return result;
    double change = trend.slope / added * (rounds - 1);
    verdict->drift = exp(change);
    verdict->drifted =
        (trend.p < DRIFT_P && exp(fabs(change)) > DRIFT_LEAST) ||
        (rounds <= DRIFT_ROUNDS && trend.monotone != 0 && exp(fabs(change)) > DRIFT_FEW);
    return 0;
}

/* The fastest, and what the others take against it. */
static int find_ratios(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                       size_t competing)
{
    size_t n = comparison->n_contestants;
    verdict->fastest = n;
    for (size_t i = 0; i < n; ++i) {
        const struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank != FA_RANK_FAILING && !isnan(standing->wall.median) &&
            !isnan(standing->failed) &&
            (verdict->fastest == n ||
             standing->wall.median < verdict->standings[verdict->fastest].wall.median))
            verdict->fastest = i;
    }
    /* All intervals together are to hold, not each by itself (Bonferroni). */
    double confidence = 1 - (1 - CONFIDENCE) / (double)(competing > 1 ? competing - 1 : 1);
    for (size_t i = 0; i < n; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        standing->ratio = (struct fa_estimate){NAN, NAN, NAN};
        if (standing->rank != FA_RANK_FAILING && verdict->fastest < n &&
            fa_verdict_ratio(comparison, i, verdict->fastest, confidence, &standing->ratio) != 0)
            return -1;
    }
    return 0;
}

static bool is_slower(const struct fa_estimate *ratio)
{
    return ratio->low >= RATIO_ONE && ratio->median >= RATIO_LEAST;
}

/* Of those that are as fast but for noise: the one to use. */

static double cost_cpu(const struct fa_standing_of *standing)
{
    return standing->cpu.median;
}

static double cost_memory(const struct fa_standing_of *standing)
{
    return standing->peak_pss;
}

/* Keep those that cost the least, or as good as.  What was not measured for all of them does not
 * count.  Returns how many are left. */
static size_t keep_cheapest(const struct fa_verdict *verdict, bool *kept, size_t n,
                            double (*cost)(const struct fa_standing_of *))
{
    double least = INFINITY;
    size_t left = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!kept[i])
            continue;
        double mine = cost(&verdict->standings[i]);
        least = isnan(mine) || isnan(least) ? NAN : fmin(least, mine);
    }
    for (size_t i = 0; i < n; ++i) {
        kept[i] = kept[i] && !(cost(&verdict->standings[i]) > COST_TIE * least);
        left += kept[i];
    }
    return left;
}

static void keep_async(const struct fa_comparison *comparison, bool *kept, struct fa_choice *choice)
{
    size_t n = comparison->n_contestants;
    for (size_t i = 0; i < n; ++i)
        choice->async |= kept[i] && comparison->contestants[i].mode == FA_MODE_ASYNC;
    for (size_t i = 0; i < n && choice->async; ++i)
        kept[i] = kept[i] && comparison->contestants[i].mode == FA_MODE_ASYNC;
}

static void choose(struct fa_verdict *verdict, const struct fa_comparison *comparison, bool *kept,
                   struct fa_choice *choice)
{
    size_t n = comparison->n_contestants;
    for (size_t i = 0; i < n; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        kept[i] = false;
        if (standing->rank == FA_RANK_FAILING || isnan(standing->wall.median))
            continue;
        kept[i] = i == verdict->fastest || !is_slower(&standing->ratio);
        standing->rank = kept[i] ? FA_RANK_EQUAL : FA_RANK_SLOWER;
        choice->equal += kept[i];
    }
    choice->by_cpu = keep_cheapest(verdict, kept, n, cost_cpu);
    choice->by_memory = keep_cheapest(verdict, kept, n, cost_memory);
    if (choice->by_memory > 1 && !comparison->stage)
        keep_async(comparison, kept, choice);
    verdict->best = n;
    for (size_t i = 0; i < n; ++i)
        if (kept[i] && (verdict->best == n || verdict->standings[i].wall.median <
                                                  verdict->standings[verdict->best].wall.median))
            verdict->best = i;
    verdict->standings[verdict->best].rank = FA_RANK_BEST;
    verdict->concluded = true;
}

static int conclude(struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    struct fa_choice choice = {.competing = mark_failing(verdict, comparison)};
    if (find_drift(verdict, comparison) != 0 ||
        find_ratios(verdict, comparison, choice.competing) != 0)
        return -1;
    if (comparison->n_contestants > 1 && comparison->rounds >= FA_ROUNDS_LEAST &&
        !verdict->drifted && verdict->fastest < comparison->n_contestants) {
        bool *kept = calloc(comparison->n_contestants, sizeof(*kept));
        if (!kept)
            return -1;
        choose(verdict, comparison, kept, &choice);
        free(kept);
    }
    fa_reason_write(verdict, comparison, &choice);
    return 0;
}

int fa_verdict_init(struct fa_verdict *verdict, const struct fa_comparison *comparison)
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
        result =
            measure_one(comparison, &comparison->contestants[i], &verdict->standings[i], values);
    if (result == 0)
        result = conclude(verdict, comparison);
    free(values);
    if (result != 0)
        fa_verdict_fini(verdict);
    return result;
}

void fa_verdict_fini(struct fa_verdict *verdict)
{
    free(verdict->standings);
    *verdict = (struct fa_verdict){0};
}
