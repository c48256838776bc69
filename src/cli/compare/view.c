/*
 * The order of contestants in the page, and their positions by a measure.
 *
 * Where a chart needs one trial (a curve, or parts of a sum), it shows the one with the median of a
 * measure: it is real, and an outlier does not change it.
 */
#include "cli/compare/view.h"

#include <math.h>
#include <stdlib.h>

/* Whether a is listed before b. */
static bool view_is_before(const struct fa_verdict *verdict, size_t a, size_t b)
{
    bool a_fails = verdict->standings[a].rank == FA_RANK_FAILING;
    bool b_fails = verdict->standings[b].rank == FA_RANK_FAILING;
    double x = verdict->standings[a].wall.median;
    double y = verdict->standings[b].wall.median;
    if (a_fails != b_fails)
        return b_fails;
    /* The recommended one comes first, even if another was faster within the noise. */
    if (verdict->concluded && (a == verdict->best || b == verdict->best))
        return a == verdict->best;
    if (isnan(x) || isnan(y))
        return !isnan(x);
    return x < y;
}

int fa_view_init(struct fa_view *view, const struct fa_comparison *comparison,
                 const struct fa_verdict *verdict)
{
    size_t n = comparison->n_contestants;
    *view = (struct fa_view){.comparison = comparison, .verdict = verdict, .count = n};
    view->order = calloc(n + 1, sizeof(*view->order));
    if (!view->order)
        return -1;
    for (size_t i = 0; i < n; ++i) {
        size_t at = i;
        /* Insertion sort is stable: equal ones keep the order of the plan. */
        for (; at > 0 && view_is_before(verdict, i, view->order[at - 1]); --at)
            view->order[at] = view->order[at - 1];
        view->order[at] = i;
    }
    return 0;
}

void fa_view_fini(struct fa_view *view)
{
    free(view->order);
    *view = (struct fa_view){0};
}

double fa_view_wall(const struct fa_trial *trial)
{
    return trial->wall;
}

double fa_view_cpu(const struct fa_trial *trial)
{
    return trial->user + trial->system;
}

/* How many trials come before one: those with a smaller key, and earlier ones with the same key.
 * So all ranks differ, and each rank belongs to one trial. */
static size_t trial_rank(const struct fa_contestant *contestant, fa_view_key *key, size_t which)
{
    size_t rank = 0;
    double mine = key(&contestant->trials[which]);
    for (size_t i = 0; i < contestant->n_trials; ++i) {
        double other = key(&contestant->trials[i]);
        rank += other < mine || (i < which && other == mine);
    }
    return rank;
}

const struct fa_trial *fa_view_typical(const struct fa_contestant *contestant, fa_view_key *key)
{
    size_t measured = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i)
        measured += isfinite(key(&contestant->trials[i])) != 0;
    for (size_t i = 0; i < contestant->n_trials; ++i) {
        const struct fa_trial *trial = &contestant->trials[i];
        /* The lower one of two middle trials: there is no trial between them. */
        if (isfinite(key(trial)) && trial_rank(contestant, key, i) == (measured - 1) / 2)
            return trial;
    }
    return NULL;
}

uint64_t fa_view_failures(const struct fa_contestant *contestant, enum fa_class class)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i) {
        const struct fa_trial *trial = &contestant->trials[i];
        uint64_t count = class == FA_CLASS_NONE ? trial->failed : trial->failures[class];
        sum += count == FA_UNMEASURED ? 0 : count;
    }
    return sum;
}
