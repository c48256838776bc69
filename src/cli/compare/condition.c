/*
 * The runs of a baseline and of now share no rounds, so nothing can be paired.  The ratio is that
 * of the geometric means, with the interval of Welch's t test: the noise of the two may differ.
 * The degrees of freedom are rounded down, and the intervals of all contestants hold together with
 * 95 % (Bonferroni).
 *
 * A condition holds only if the whole interval is beyond the limit.  So a noisy machine does not
 * fail a build by chance; more rounds make it fail for a smaller difference.
 */
#include "cli/compare/condition.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/measure.h"
#include "cli/compare/result.h"
#include "cli/options.h"
#include "cli/term.h"

static const struct fa_measure_named *measure_find(const char *name, size_t len)
{
    const struct fa_measure_named *measure = fa_measures;
    while (measure->name && (strlen(measure->name) != len || memcmp(measure->name, name, len) != 0))
        ++measure;
    return measure;
}

static int condition_refuse_measure(const char *value, size_t len, struct fa_error *err)
{
    char names[240] = "";
    size_t used = 0;
    for (const struct fa_measure_named *measure = fa_measures; measure->name; ++measure)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
                                 measure->name);
    return fa_option_refuse(err, "'%.*s' is not a measure of --fail-if: use one of %s", (int)len,
                            value, names);
}

int fa_condition_parse(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_condition *condition = &options->compare.fail_if;
    size_t len = strcspn(value, " <>");
    const struct fa_measure_named *measure = measure_find(value, len);
    const char *sign = value + len + strspn(value + len, " ");
    char *end = NULL;
    double limit = *sign == '<' || *sign == '>' ? strtod(sign + 1, &end) : 0;
    if (!measure->name && len > 0)
        return condition_refuse_measure(value, len, err);
    if (!measure->name || !end || end == sign + 1 || *end || !(limit > 0) || !isfinite(limit))
        return fa_option_refuse(err,
                                "--fail-if requires a measure, < or >, and a ratio, such as 'wall "
                                "> 1.05', not '%s'",
                                value);
    *condition = (struct fa_condition){measure->name, *sign == '<', limit};
    return 0;
}

/* The mean of the logarithms of a measure, and the variance of that mean. */
struct summary {
    size_t n;
    double mean, variance;
};

static struct summary summary_of(const struct fa_contestant *contestant, fa_measure *of)
{
    struct summary summary = {0};
    double squares = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i) {
        double value = of(&contestant->trials[i]);
        if (!(value > 0) || !isfinite(value))
            continue;
        double from = log(value) - summary.mean;
        summary.mean += from / (double)++summary.n;
        squares += from * (log(value) - summary.mean);
    }
    if (summary.n > 1)
        summary.variance = squares / (double)(summary.n - 1) / (double)summary.n;
    return summary;
}

/* Welch and Satterthwaite. */
static unsigned summaries_freedom(const struct summary *a, const struct summary *b)
{
    double both = a->variance + b->variance;
    double each = a->variance * a->variance / (double)(a->n - 1) +
                  b->variance * b->variance / (double)(b->n - 1);
    double freedom = each > 0 ? both * both / each : (double)(a->n + b->n - 2);
    return freedom > 1 ? (unsigned)freedom : 1;
}

static struct fa_estimate summaries_ratio(const struct summary *now, const struct summary *then,
                                          double confidence)
{
    if (now->n == 0 || then->n == 0)
        return (struct fa_estimate){NAN, NAN, NAN};
    double change = now->mean - then->mean;
    struct fa_estimate ratio = {exp(change), NAN, NAN};
    if (now->n > 1 && then->n > 1) {
        double width = fa_statistics_student(1 - confidence, summaries_freedom(now, then)) *
                       sqrt(now->variance + then->variance);
        ratio.low = exp(change - width);
        ratio.high = exp(change + width);
    }
    return ratio;
}

static const struct fa_contestant *contestant_find(const struct fa_result_of *results, size_t n,
                                                   const char *name)
{
    for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j < results[i].comparison.n_contestants; ++j)
            if (strcmp(results[i].comparison.contestants[j].name, name) == 0)
                return &results[i].comparison.contestants[j];
    return NULL;
}

/* With --stage, small and large files are two comparisons with the same names. */
static const struct fa_contestant *baseline_find(const struct fa_result_of *baseline,
                                                 size_t n_baseline, size_t result, size_t n,
                                                 const char *name)
{
    return n == n_baseline ? contestant_find(&baseline[result], 1, name)
                           : contestant_find(baseline, n_baseline, name);
}

/* Comparisons with NAN are false: without an interval nothing is known. */
static bool condition_holds(const struct fa_condition *condition, const struct fa_estimate *ratio)
{
    return condition->measure &&
           (condition->below ? ratio->high < condition->limit : ratio->low > condition->limit);
}

static void ratio_print(FILE *out, const struct fa_condition *condition, const char *name,
                        const char *measure, const struct fa_estimate *ratio)
{
    fa_term_put(out, name);
    if (isnan(ratio->median)) {
        fprintf(out, ": %s was not measured\n", measure);
        return;
    }
    fprintf(out, ": %s %.3f times that of the baseline", measure, ratio->median);
    if (isfinite(ratio->low))
        fprintf(out, " (%.3f to %.3f)", ratio->low, ratio->high);
    if (condition_holds(condition, ratio))
        fprintf(out, ": fails, as it is %s %g", condition->below ? "<" : ">", condition->limit);
    fputc('\n', out);
}

int fa_condition_check(const struct fa_condition *condition, const struct fa_result_of *results,
                       size_t n, const struct fa_result_of *baseline, size_t n_baseline, FILE *out,
                       bool *ret_holds, struct fa_error *err)
{
    const char *measure = condition->measure ? condition->measure : "wall";
    fa_measure *of = measure_find(measure, strlen(measure))->of;
    size_t contestants = 0, found = 0;
    *ret_holds = false;
    for (size_t i = 0; i < n; ++i)
        contestants += results[i].comparison.n_contestants;
    double confidence = fa_measure_confidence(contestants);
    for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j < results[i].comparison.n_contestants; ++j) {
            const struct fa_contestant *now = &results[i].comparison.contestants[j];
            const struct fa_contestant *then = baseline_find(baseline, n_baseline, i, n, now->name);
            if (!then)
                continue;
            struct summary new = summary_of(now, of), old = summary_of(then, of);
            struct fa_estimate ratio = summaries_ratio(&new, &old, confidence);
            ratio_print(out, condition, now->name, measure, &ratio);
            *ret_holds |= condition_holds(condition, &ratio);
            ++found;
        }
    }
    return found > 0 ? 0
                     : fa_option_refuse(err, "no contestant of the baseline has the name of one of "
                                             "this comparison");
}
