/*
 * json_pack() takes ownership of its values and fails if one of them is NULL, so lack of memory has
 * to be checked only for the outermost object.  CSV has one line for each trial, for spreadsheets
 * and R.
 *
 * JSON contains all trials with their moments, so that a reader can repeat the statistics.  The
 * seed gives the order of the runs again (plan.c).
 *
 * A value that was not measured is null or an empty field, never 0, which would enter an average.
 */
#include "cli/compare/sheet.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/version.h>

#include "cli/compare/caches.h"
#include "cli/compare/contestant.h"
#include "cli/compare/picks.h"
#include "cli/compare/race_file.h"
#include "cli/compare/stored.h"
#include "cli/value.h"
#include "cli/json.h"
#include "cli/whole.h"

/* JSON has no NaN or Infinity (RFC 8259, section 6). */
static json_t *sheet_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *sheet_count(uint64_t value)
{
    return value == FA_UNMEASURED ? json_null() : fa_json_count(value);
}

static json_t *latency_object(const struct fa_latency *latency)
{
    return json_pack("{s:o, s:o, s:o}", "p50", sheet_number(latency->p50), "p95",
                     sheet_number(latency->p95), "p99", sheet_number(latency->p99));
}

static json_t *estimate_object(const struct fa_estimate *estimate)
{
    return json_pack("{s:o, s:o, s:o}", "median", sheet_number(estimate->median), "low",
                     sheet_number(estimate->low), "high", sheet_number(estimate->high));
}

/* Only classes that occurred, so that a new class does not change existing results. */
static json_t *failures_object(const struct fa_trial *trial)
{
    json_t *object = json_object();
    for (unsigned class = 0; object && class < FA_CLASSES; ++class)
        if (trial->failures[class])
            object = fa_json_set(object, fa_class_name((enum fa_class) class),
                                 fa_json_count(trial->failures[class]));
    return object;
}

/* [[seconds, bytes], ...] */
static json_t *moments_array(const struct fa_trial *trial)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < trial->n_moments; ++i) {
        const struct fa_moment *moment = &trial->moments[i];
        array = fa_json_append(array, json_pack("[o, o]", fa_json_seconds(moment->time),
                                                fa_json_count(moment->bytes)));
    }
    return array;
}

static json_t *trial_object(const struct fa_trial *trial)
{
    /* clang-format off */
    return json_pack(
        "{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}",
        "round", trial->round,
        "place", trial->place,
        "wall", sheet_number(trial->wall),
        "user", sheet_number(trial->user),
        "system", sheet_number(trial->system),
        "peak_pss", sheet_count(trial->peak_pss),
        "peak_threads", sheet_count(trial->peak_threads),
        "peak_processes", sheet_count(trial->peak_processes),
        "switches", sheet_count(trial->switches),
        "calls", sheet_count(trial->calls),
        "ttfb", latency_object(&trial->ttfb),
        "total", latency_object(&trial->total),
        "due", latency_object(&trial->due),
        "entries", sheet_count(trial->entries),
        "failed", sheet_count(trial->failed),
        "failures", failures_object(trial),
        "requests", sheet_count(trial->requests),
        "refusals", sheet_count(trial->refusals),
        "rtt", sheet_number(trial->rtt),
        "retransmits", sheet_count(trial->retransmits),
        "reordered", sheet_count(trial->reordered),
        "cached", sheet_number(trial->cached),
        "bytes", sheet_count(trial->bytes),
        "status", trial->status,
        "slots_full", sheet_number(trial->slots_full),
        "slot_yield", sheet_number(trial->slot_yield),
        "moments", moments_array(trial));
    /* clang-format on */
}

static json_t *trials_array(const struct fa_contestant *contestant)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < contestant->n_trials; ++i)
        array = fa_json_append(array, trial_object(&contestant->trials[i]));
    return array;
}

/* NULL: no rank. */
static const char *rank_name(enum fa_rank rank)
{
    static const char *const names[] = {
        [FA_RANK_BEST] = "best",
        [FA_RANK_EQUAL] = "equal",
        [FA_RANK_SLOWER] = "slower",
        [FA_RANK_FAILING] = "failing",
    };
    return (unsigned)rank < sizeof(names) / sizeof(*names) ? names[rank] : NULL;
}

/* The standing of a contestant in the verdict. */
static json_t *standing_object(const struct fa_standing_of *s)
{
    /* clang-format off */
    return json_pack(
        "{s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o, s:o, s:o, s:o}",
        "rank", rank_name(s->rank),
        "wall", estimate_object(&s->wall),
        "ratio", estimate_object(&s->ratio),
        "cpu", estimate_object(&s->cpu),
        "files_per_second", sheet_number(s->files_per_second),
        "bytes_per_second", sheet_number(s->bytes_per_second),
        "peak_pss", sheet_number(s->peak_pss),
        "peak_threads", sheet_number(s->peak_threads),
        "peak_processes", sheet_number(s->peak_processes),
        "switches", sheet_number(s->switches),
        "calls", sheet_number(s->calls),
        "ttfb", latency_object(&s->ttfb),
        "total", latency_object(&s->total),
        "due", latency_object(&s->due),
        "requests", sheet_number(s->requests),
        "refusals", sheet_number(s->refusals),
        "rtt", sheet_number(s->rtt),
        "retransmits", sheet_number(s->retransmits),
        "reordered", sheet_number(s->reordered),
        "cached", sheet_number(s->cached),
        "failed", sheet_number(s->failed),
        "slots_full", sheet_number(s->slots_full),
        "slot_yield", sheet_number(s->slot_yield));
    /* clang-format on */
}

/* Merge two objects, which are taken.  NULL: no memory. */
static json_t *objects_joined(json_t *object, json_t *more)
{
    int rc = json_object_update(object, more);
    json_decref(more);
    if (rc == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *contestant_object(const struct fa_result_of *result, size_t i)
{
    const struct fa_contestant *c = &result->comparison.contestants[i];
    bool stage = result->comparison.stage, none = stage || c->program;
    char per_host[FA_PICK_TEXT_MAX], segments[FA_PICK_TEXT_MAX], hash[FA_PICK_TEXT_MAX];
    char *command = c->program ? fa_contestant_command(c, &result->comparison) : NULL;
    /* clang-format off */
    json_t *object = json_pack(
        "{s:o, s:b, s:b, s:s?, s:o, s:o, s:s?, s:s?, s:o, s:o, s:o, s:b, s:o, s:o}",
        "name", fa_json_text(c->name),
        "defaults", c->defaults,
        "reference", c->reference,
        "mode", none ? NULL : fa_value_mode(c->mode),
        "jobs", stage ? json_null() : json_integer(c->jobs),
        "loops", none || !c->loops ? json_null() : json_integer(c->loops),
        "http", none ? NULL : fa_value_http(c->http),
        "hash_with", c->program ? NULL : fa_value_hash_with(c->hash_with),
        "per_host", fa_json_text(c->per_host ? fa_pick_per_host(c->per_host, per_host) : NULL),
        "segments", fa_json_text(c->segments ? fa_pick_segments(c->segments, segments) : NULL),
        "hash", fa_json_text(c->hash ? fa_pick_hash(c->hash, hash) : NULL),
        "program", c->program != NULL,
        "program_command", fa_json_text(command),
        "wrong", fa_json_text(c->wrong[0] ? c->wrong : NULL));
    /* clang-format on */
    free(command);
    if (result->judged)
        object = objects_joined(object, standing_object(&result->verdict.standings[i]));
    return fa_json_set(object, "trials", trials_array(c));
}

static json_t *contestants_array(const struct fa_result_of *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->comparison.n_contestants; ++i)
        array = fa_json_append(array, contestant_object(result, i));
    return array;
}

/* The names of the contestants that are as fast as the fastest, including it. */
static json_t *equal_array(const struct fa_result_of *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->comparison.n_contestants; ++i) {
        enum fa_rank rank = result->verdict.standings[i].rank;
        if (rank == FA_RANK_BEST || rank == FA_RANK_EQUAL)
            array = fa_json_append(array, fa_json_text(result->comparison.contestants[i].name));
    }
    return array;
}

/* null if no round was completed. */
static json_t *verdict_object(const struct fa_result_of *result)
{
    const struct fa_verdict *v = &result->verdict;
    if (!result->judged)
        return json_null();
    const struct fa_contestant *all = result->comparison.contestants;
    /* clang-format off */
    return json_pack(
        "{s:b, s:o, s:o, s:o, s:b, s:o, s:o}",
        "concluded", v->concluded,
        "best", fa_json_text(v->concluded ? all[v->best].name : NULL),
        "fastest", fa_json_text(v->concluded ? all[v->fastest].name : NULL),
        "equal", equal_array(result),
        "drifted", v->drifted,
        "drift", sheet_number(v->drift),
        "reason", fa_json_text(v->reason));
    /* clang-format on */
}

static json_t *comparison_object(const struct fa_result_of *result)
{
    const struct fa_comparison *c = &result->comparison;
    /* Without a conclusion there is nothing to recommend. */
    const char *command = result->judged && result->verdict.concluded ? c->command : NULL;
    /* clang-format off */
    return json_pack(
        "{s:o, s:s, s:b, s:b, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
        "title", fa_json_text(c->title),
        "asked", fa_caches_asked(c->asked),
        "stage", c->stage,
        "sequential", c->sequential,
        "rounds", c->rounds,
        "rounds_wanted", c->rounds_wanted,
        "entries", sheet_count(c->entries),
        "bytes", sheet_count(c->bytes),
        "listed", sheet_count(c->listed),
        "origins", sheet_count(c->origins),
        "requests", sheet_count(c->requests),
        "command", fa_json_text(command),
        "list", fa_json_text(c->list),
        "redacted", c->redacted,
        "race", fa_race_file_object(c->race),
        "verdict", verdict_object(result),
        "contestants", contestants_array(result));
    /* clang-format on */
}

static json_t *comparisons_array(const struct fa_result_of *results, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < n; ++i)
        array = fa_json_append(array, comparison_object(&results[i]));
    return array;
}

int fa_sheet_json(const char *file, const struct fa_result_of *results, size_t n, uint64_t seed,
                  double watching, struct fa_error *err)
{
    struct fa_whole whole;
    if (fa_whole_open(&whole, "results", file, err) != 0)
        return -1;
    const struct fa_comparison *first = &results[0].comparison;
    /* clang-format off */
    json_t *object = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
        "schema", FA_STORED_SCHEMA,
        "version", fa_json_text(FA_VERSION),
        "when", fa_json_text(first->when),
        "machine", fa_json_text(first->machine),
        "seed", sheet_count(seed),
        "watching", fa_json_seconds(watching),
        "comparisons", comparisons_array(results, n));
    /* clang-format on */
    int rc = fa_output_json(&whole.output, object, err);
    return fa_whole_end(&whole, rc, err);
}

/* Always quoted, as the name of a list may contain anything; a quote is doubled (RFC 4180, section
 * 2). */
static void csv_put_text(FILE *out, const char *text)
{
    fputs("\"", out);
    for (; *text; ++text) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    fputs("\"", out);
}

static void csv_put_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, ",%.6f", value);
    else
        putc(',', out);
}

static void csv_put_count(FILE *out, uint64_t value)
{
    if (value == FA_UNMEASURED)
        putc(',', out);
    else
        fprintf(out, ",%llu", (unsigned long long)value);
}

static const char heading[] =
    "title,contestant,round,place,wall,user,system,peak_pss,peak_threads,peak_processes,switches,"
    "calls,ttfb_p50,ttfb_p95,ttfb_p99,total_p50,total_p95,total_p99,entries,failed,bytes,status,due_p50,"
    "due_p95,due_p99,requests,refusals,cached,rtt,retransmits,reordered\n";

static void csv_put_trial(FILE *out, const char *title, const struct fa_contestant *contestant,
                          const struct fa_trial *t)
{
    csv_put_text(out, title);
    putc(',', out);
    csv_put_text(out, contestant->name);
    fprintf(out, ",%u,%u", t->round, t->place);
    csv_put_number(out, t->wall);
    csv_put_number(out, t->user);
    csv_put_number(out, t->system);
    csv_put_count(out, t->peak_pss);
    csv_put_count(out, t->peak_threads);
    csv_put_count(out, t->peak_processes);
    csv_put_count(out, t->switches);
    csv_put_count(out, t->calls);
    csv_put_number(out, t->ttfb.p50);
    csv_put_number(out, t->ttfb.p95);
    csv_put_number(out, t->ttfb.p99);
    csv_put_number(out, t->total.p50);
    csv_put_number(out, t->total.p95);
    csv_put_number(out, t->total.p99);
    csv_put_count(out, t->entries);
    csv_put_count(out, t->failed);
    csv_put_count(out, t->bytes);
    fprintf(out, ",%d", t->status);
    csv_put_number(out, t->due.p50);
    csv_put_number(out, t->due.p95);
    csv_put_number(out, t->due.p99);
    csv_put_count(out, t->requests);
    csv_put_count(out, t->refusals);
    csv_put_number(out, t->cached);
    csv_put_number(out, t->rtt);
    csv_put_count(out, t->retransmits);
    csv_put_count(out, t->reordered);
    putc('\n', out);
}

int fa_sheet_csv(const char *file, const struct fa_result_of *results, size_t n,
                 struct fa_error *err)
{
    struct fa_whole whole;
    if (fa_whole_open(&whole, "table", file, err) != 0)
        return -1;
    fputs(heading, whole.output.file);
    for (size_t i = 0; i < n; ++i) {
        const struct fa_comparison *comparison = &results[i].comparison;
        for (size_t j = 0; j < comparison->n_contestants; ++j) {
            const struct fa_contestant *contestant = &comparison->contestants[j];
            for (size_t k = 0; k < contestant->n_trials; ++k)
                csv_put_trial(whole.output.file, comparison->title, contestant,
                              &contestant->trials[k]);
        }
    }
    return fa_whole_end(&whole, 0, err);
}
