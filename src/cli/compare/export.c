/*
 * hyperfine: an object with "results", one for each contestant, as its --export-json writes it; the
 * scripts that come with it read these files.
 *
 * benchstat: a line for each run, as `go test -bench` prints it: a name without spaces, a number of
 * iterations, and pairs of a value and its unit.  benchstat does its own statistics.
 */
#include "cli/compare/export.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/measure.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/whole.h"

int fa_export_parse(struct fa_options *options, const char *value, struct fa_error *err)
{
    static const char hyperfine[] = "hyperfine:", benchstat[] = "benchstat:";
    const char *file = strchr(value, ':');
    if (file && file[1] && strncmp(value, hyperfine, sizeof(hyperfine) - 1) == 0)
        options->compare.hyperfine = file + 1;
    else if (file && file[1] && strncmp(value, benchstat, sizeof(benchstat) - 1) == 0)
        options->compare.benchstat = file + 1;
    else
        return fa_option_refuse(err, "--export requires hyperfine:FILE or benchstat:FILE, not '%s'",
                                value);
    return 0;
}

static json_t *export_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static double trials_mean(const struct fa_contestant *contestant, fa_measure *of)
{
    double sum = 0;
    for (size_t i = 0; i < contestant->n_trials; ++i)
        sum += of(&contestant->trials[i]);
    return sum / (double)contestant->n_trials;
}

static double trial_user(const struct fa_trial *trial)
{
    return trial->user;
}

static double trial_system(const struct fa_trial *trial)
{
    return trial->system;
}

/* Sorts the times.  The deviation of one run is null, as in hyperfine. */
static json_t *times_object(const char *name, double *times, size_t n, double mean)
{
    double squares = 0;
    n = fa_statistics_sort(times, n);
    for (size_t i = 0; i < n; ++i)
        squares += (times[i] - mean) * (times[i] - mean);
    /* clang-format off */
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}",
        "command", fa_json_text(name),
        "mean", export_number(mean),
        "stddev", export_number(n > 1 ? sqrt(squares / (double)(n - 1)) : NAN),
        "median", export_number(fa_statistics_median(times, n)),
        "min", export_number(n > 0 ? times[0] : NAN),
        "max", export_number(n > 0 ? times[n - 1] : NAN));
    /* clang-format on */
}

static json_t *hyperfine_object(const struct fa_contestant *contestant)
{
    double *times = calloc(contestant->n_trials + 1, sizeof(*times));
    json_t *each = json_array(), *statuses = json_array();
    for (size_t i = 0; times && i < contestant->n_trials; ++i) {
        times[i] = fa_measure_wall(&contestant->trials[i]);
        each = fa_json_append(each, export_number(times[i]));
        statuses = fa_json_append(statuses, json_integer(contestant->trials[i].status));
    }
    json_t *object = times ? times_object(contestant->name, times, contestant->n_trials,
                                          trials_mean(contestant, fa_measure_wall))
                           : NULL;
    object = fa_json_set(object, "user", export_number(trials_mean(contestant, trial_user)));
    object = fa_json_set(object, "system", export_number(trials_mean(contestant, trial_system)));
    object = fa_json_set(object, "times", each);
    free(times);
    return fa_json_set(object, "exit_codes", statuses);
}

/* These formats know contestants by their names only, and the first result has the same names. */
static bool result_is_again(const struct fa_result_of *result)
{
    return result->comparison.asked == FA_ASKED_AGAIN;
}

int fa_export_hyperfine(const char *file, const struct fa_result_of *results, size_t n,
                        struct fa_error *err)
{
    struct fa_whole whole;
    if (fa_whole_open(&whole, "results", file, err) != 0)
        return -1;
    json_t *array = json_array();
    for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; !result_is_again(&results[i]) && j < results[i].comparison.n_contestants;
             ++j)
            array = fa_json_append(array, hyperfine_object(&results[i].comparison.contestants[j]));
    int rc = fa_output_json(&whole.output, json_pack("{s:o}", "results", array), err);
    return fa_whole_end(&whole, rc, err);
}

static void benchstat_put_value(FILE *out, double value, const char *unit)
{
    if (isfinite(value))
        fprintf(out, "\t%.0f %s", value, unit);
}

/* Keys and values of a name are separated by '='; anything that is not part of a word is '_'. */
static void benchstat_put_name(FILE *out, const char *name)
{
    fputs("BenchmarkFetch/", out);
    for (; *name; ++name)
        putc(isalnum((unsigned char)*name) || *name == '.' || *name == '-' ? *name : '_', out);
}

static void benchstat_put_trial(FILE *out, const char *name, const struct fa_trial *trial)
{
    benchstat_put_name(out, name);
    fputs("\t1", out);
    benchstat_put_value(out, fa_measure_wall(trial) * 1e9, "ns/op");
    benchstat_put_value(out, fa_measure_cpu(trial) * 1e9, "cpu-ns/op");
    benchstat_put_value(out, fa_measure_memory(trial), "peak-bytes");
    fputc('\n', out);
}

int fa_export_benchstat(const char *file, const struct fa_result_of *results, size_t n,
                        struct fa_error *err)
{
    struct fa_whole whole;
    if (fa_whole_open(&whole, "results", file, err) != 0)
        return -1;
    for (size_t i = 0; i < n; ++i) {
        const struct fa_comparison *comparison = &results[i].comparison;
        for (size_t j = 0; !result_is_again(&results[i]) && j < comparison->n_contestants; ++j)
            for (size_t k = 0; k < comparison->contestants[j].n_trials; ++k)
                benchstat_put_trial(whole.output.file, comparison->contestants[j].name,
                                    &comparison->contestants[j].trials[k]);
    }
    return fa_whole_end(&whole, 0, err);
}
