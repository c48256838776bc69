/*
 * Memory of a result.  Trials are allocated for all requested rounds at the start, so that no run
 * is lost for lack of memory; only the moments of a trial are allocated later.
 *
 * The warm-up needs no space of its own: its trials are dropped before the first round.  So a
 * contestant never has more trials than there are rounds.
 */
#include "cli/compare/result.h"

#include <errno.h>
#include <stdlib.h>

int fa_result_init(struct fa_result_of *result, const struct fa_contestant *contestants, size_t n,
                   unsigned rounds, struct fa_error *err)
{
    struct fa_comparison *comparison = &result->comparison;
    *result = (struct fa_result_of){.comparison = {.rounds_wanted = rounds}};
    comparison->contestants = calloc(n, sizeof(*comparison->contestants));
    bool ok = comparison->contestants != NULL;
    for (size_t i = 0; ok && i < n; ++i) {
        struct fa_contestant *contestant = &comparison->contestants[i];
        *contestant = contestants[i];
        contestant->n_trials = 0;
        contestant->trials = calloc(rounds, sizeof(*contestant->trials));
        /* Count it before checking it, so that fa_result_fini() frees exactly what was
         * allocated. */
        comparison->n_contestants = i + 1;
        ok = contestant->trials != NULL;
    }
    if (ok)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep what is measured");
    return -1;
}

static void trial_drop(struct fa_contestant *contestant, size_t keep)
{
    for (size_t i = keep; i < contestant->n_trials; ++i)
        free(contestant->trials[i].moments);
    if (contestant->n_trials > keep)
        contestant->n_trials = keep;
}

/* Trials are in the order of rounds, so those of an incomplete round are at the end. */
void fa_result_trim(struct fa_result_of *result)
{
    for (size_t i = 0; i < result->comparison.n_contestants; ++i)
        trial_drop(&result->comparison.contestants[i], result->comparison.rounds);
}

void fa_result_fini(struct fa_result_of *result)
{
    if (result->judged)
        fa_verdict_fini(&result->verdict);
    for (size_t i = 0; i < result->comparison.n_contestants; ++i) {
        trial_drop(&result->comparison.contestants[i], 0);
        free(result->comparison.contestants[i].trials);
    }
    free(result->comparison.contestants);
    free(result->title);
    free(result->command);
    free(result->list);
    free(result->race);
    *result = (struct fa_result_of){0};
}
