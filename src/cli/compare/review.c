/*
 * Stored results are judged and printed by the code for new ones.  Those of several files are set
 * side by side, too: the same list on other machines or networks.  Their times are not compared
 * with each other, only which contestant is best where.
 */
#include "cli/compare/review.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare/answer.h"
#include "cli/compare/condition.h"
#include "cli/compare/stored.h"
#include "cli/term.h"
#include "cli/units.h"

/* Characters of a column. */
#define COLUMN 12

static const struct fa_standing_of *standing_find(const struct fa_result_of *result,
                                                  const char *name)
{
    for (size_t i = 0; result->judged && i < result->comparison.n_contestants; ++i)
        if (strcmp(result->comparison.contestants[i].name, name) == 0)
            return &result->verdict.standings[i];
    return NULL;
}

/* Whether an earlier result has that contestant: it has its line already. */
static bool name_is_known(const struct fa_stored *stored, size_t results, const char *name)
{
    for (size_t i = 0; i < results; ++i)
        if (standing_find(&stored->results[i], name))
            return true;
    return false;
}

static void review_put_line(FILE *out, const struct fa_stored *stored, const char *name)
{
    unsigned width = fa_term_width(name);
    fa_term_put(out, name);
    fprintf(out, "%*s", width < 24 ? (int)(24 - width) : 1, "");
    for (size_t i = 0; i < stored->n; ++i) {
        const struct fa_standing_of *standing = standing_find(&stored->results[i], name);
        char text[4 * COLUMN] = "-";
        if (standing && isfinite(standing->wall.median))
            snprintf(text, sizeof(text), "%.3g s%s", standing->wall.median,
                     standing->rank == FA_RANK_BEST      ? " *"
                     : standing->rank == FA_RANK_EQUAL   ? " ="
                     : standing->rank == FA_RANK_FAILING ? " !"
                                                         : "");
        fprintf(out, "%*s", COLUMN, text);
    }
    fputc('\n', out);
}

static void review_put_beside(FILE *out, const struct fa_stored *stored)
{
    fputs("\nSide by side: median times; * is the one to use, = is as fast, ! failed\n", out);
    for (size_t i = 0; i < stored->n; ++i) {
        const struct fa_comparison *comparison = &stored->results[i].comparison;
        fprintf(out, "  %zu: ", i + 1);
        fa_term_put(out, comparison->title);
        fputs("; ", out);
        fa_term_put(out, comparison->machine);
        fputs("; ", out);
        fa_term_put(out, comparison->when);
        fputc('\n', out);
    }
    fprintf(out, "%24s", "");
    for (size_t i = 0; i < stored->n; ++i)
        fprintf(out, "%*zu", COLUMN, i + 1);
    fputc('\n', out);
    for (size_t i = 0; i < stored->n; ++i) {
        const struct fa_comparison *comparison = &stored->results[i].comparison;
        for (size_t j = 0; j < comparison->n_contestants; ++j)
            if (!name_is_known(stored, i, comparison->contestants[j].name))
                review_put_line(out, stored, comparison->contestants[j].name);
    }
}

int fa_review_read(const struct fa_options *options, enum fa_exit_status *ret_status,
                   struct fa_error *err)
{
    struct fa_stored stored = {0};
    int rc = fa_answer_check(&options->compare, err);
    for (size_t i = 0; rc == 0 && i < options->lists.count; ++i)
        rc = fa_stored_add(&stored, options->lists.items[i], err);
    if (rc == 0)
        rc = fa_answer_write(&options->compare, stored.results, stored.n, stored.seed,
                             stored.watching, err);
    if (rc == 0 && options->lists.count > 1)
        review_put_beside(fa_answer_stream(&options->compare), &stored);
    if (rc == 0)
        rc = fa_review_baseline(options, stored.results, stored.n, ret_status, err);
    fa_stored_fini(&stored);
    return rc;
}

int fa_review_check(const struct fa_options *options, struct fa_error *err)
{
    struct fa_stored baseline = {0};
    int rc = 0;
    if (options->compare.baseline)
        rc = fa_stored_add(&baseline, options->compare.baseline, err);
    fa_stored_fini(&baseline);
    return rc;
}

int fa_review_baseline(const struct fa_options *options, const struct fa_result_of *results,
                       size_t n, enum fa_exit_status *ret_status, struct fa_error *err)
{
    struct fa_stored baseline = {0};
    bool holds = false;
    if (!options->compare.baseline)
        return 0;
    int rc = fa_stored_add(&baseline, options->compare.baseline, err);
    if (rc == 0)
        rc = fa_condition_check(&options->compare.fail_if, results, n, baseline.results, baseline.n,
                                fa_answer_stream(&options->compare), &holds, err);
    if (rc == 0 && holds)
        *ret_status = FA_EXIT_CONDITION;
    fa_stored_fini(&baseline);
    return rc;
}
