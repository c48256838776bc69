/*
 * The candidates are narrowed step by step: all that are as fast as the fastest, of these the
 * reference of --tune, else the cheapest by CPU, of these by memory, of these one with event loops.
 * Each step compares ratios within rounds, like the verdict does, and drops a candidate only if the
 * whole interval of its ratio is above 1 and the difference is large enough to matter.
 */
#include "cli/compare/choice.h"

#include <math.h>
#include <stdlib.h>

#include "cli/compare/measure.h"
#include "cli/compare/sequence.h"

/* Smaller ratios of time, or of CPU and memory, are irrelevant even if they are significant: enough
 * rounds make any difference significant. */
#define TIME_LEAST 1.02
#define COST_LEAST 1.05

/* Whether a ratio is significantly above 1, and large enough to matter.  Comparisons with NAN are
 * false: without an interval there is no evidence. */
static bool ratio_is_more(const struct fa_estimate *ratio, double least)
{
    return ratio->low >= FA_CHOICE_ONE && ratio->median >= least;
}

/* The median over the rounds that count. */
static double standing_median(const struct fa_standing_of *standing, fa_measure *of)
{
    return of == fa_measure_cpu ? standing->cpu.median : standing->peak_pss;
}

/* Keep those that cost no more than the cheapest, within the noise.  A measure that some of them
 * lack does not count: nothing says that the others need less. */
static int choice_keep_cheapest(const struct fa_verdict *verdict,
                                const struct fa_comparison *comparison, bool *kept, fa_measure *of,
                                size_t *ret_left)
{
    size_t n = comparison->n_contestants, cheapest = n, competing = 0;
    bool measured = true;
    *ret_left = 0;
    for (size_t i = 0; i < n; ++i) {
        if (!kept[i])
            continue;
        double mine = standing_median(&verdict->standings[i], of);
        measured &= !isnan(mine);
        if (cheapest == n || mine < standing_median(&verdict->standings[cheapest], of))
            cheapest = i;
        ++competing;
    }
    /* Those dropped earlier are not tested again. */
    for (size_t i = 0; i < n; ++i) {
        struct fa_ratio ratio;
        if (kept[i] && i != cheapest && measured) {
            if (fa_measure_ratio(comparison, i, cheapest, of, competing, &ratio) != 0)
                return -1;
            kept[i] = !ratio_is_more(&ratio.deciding, COST_LEAST);
        }
        *ret_left += kept[i];
    }
    return 0;
}

static bool contestant_has_loops(const struct fa_contestant *contestant)
{
    return !contestant->program && fa_mode_has_loops(contestant->mode);
}

/* Event loops scale to more transfers than were measured, as they need no thread or process for
 * each.  If no candidate has loops, all are kept. */
static void choice_keep_loops(const struct fa_comparison *comparison, bool *kept,
                              struct fa_choice *choice)
{
    size_t n = comparison->n_contestants;
    for (size_t i = 0; i < n; ++i)
        choice->by_loops |= kept[i] && contestant_has_loops(&comparison->contestants[i]);
    for (size_t i = 0; i < n && choice->by_loops; ++i)
        kept[i] = kept[i] && contestant_has_loops(&comparison->contestants[i]);
}

static void choice_keep_fastest(struct fa_verdict *verdict, size_t n, bool *kept,
                                struct fa_choice *choice)
{
    for (size_t i = 0; i < n; ++i) {
        struct fa_standing_of *standing = &verdict->standings[i];
        if (standing->rank == FA_RANK_FAILING || isnan(standing->wall.median))
            continue;
        kept[i] = i == verdict->fastest || !ratio_is_more(&standing->deciding, TIME_LEAST);
        standing->rank = kept[i] ? FA_RANK_EQUAL : FA_RANK_SLOWER;
        choice->equal += kept[i];
    }
}

/* Whoever tunes wants an option only if it gains something.  Few rounds show no small gain; if the
 * median does, it is more likely than none. */
static void choice_keep_reference(const struct fa_verdict *verdict,
                                  const struct fa_comparison *comparison, bool *kept,
                                  struct fa_choice *choice)
{
    size_t n = comparison->n_contestants, chosen = n;
    for (size_t i = 0; i < n; ++i)
        if (kept[i] && comparison->contestants[i].reference)
            chosen = i;
    if (chosen == n)
        return;
    choice->likely = verdict->standings[chosen].ratio.median > FA_SEQUENCE_EQUIVALENT;
    choice->by_reference = !choice->likely;
    chosen = choice->likely ? verdict->fastest : chosen;
    for (size_t i = 0; i < n; ++i)
        kept[i] = i == chosen;
}

static int choice_pick(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                       bool *kept, struct fa_choice *choice)
{
    size_t n = comparison->n_contestants;
    choice_keep_fastest(verdict, n, kept, choice);
    choice_keep_reference(verdict, comparison, kept, choice);
    if (choice_keep_cheapest(verdict, comparison, kept, fa_measure_cpu, &choice->by_cpu) != 0 ||
        choice_keep_cheapest(verdict, comparison, kept, fa_measure_memory, &choice->by_memory) != 0)
        return -1;
    if (choice->by_memory > 1 && !comparison->stage)
        choice_keep_loops(comparison, kept, choice);
    verdict->best = n;
    for (size_t i = 0; i < n; ++i)
        if (kept[i] && (verdict->best == n || verdict->standings[i].wall.median <
                                                  verdict->standings[verdict->best].wall.median))
            verdict->best = i;
    verdict->standings[verdict->best].rank = FA_RANK_BEST;
    verdict->concluded = true;
    return 0;
}

int fa_choice_make(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                   struct fa_choice *choice)
{
    bool *kept = calloc(comparison->n_contestants + 1, sizeof(*kept));
    int result = kept ? choice_pick(verdict, comparison, kept, choice) : -1;
    free(kept);
    return result;
}
