#include "cli/compare/sheet.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/version.h>

#include "cli/compare/picks.h"
#include "cli/json.h"
#include "cli/whole.h"

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(uint64_t value)
{
    return value == FA_UNMEASURED ? json_null() : fa_json_count(value);
}

static json_t *latency_object(const struct fa_latency *latency)
{
    json_t *object = json_object();
    if (object && fa_json_add(object, "p50", number(latency->p50)) &&
        fa_json_add(object, "p95", number(latency->p95)) &&
        fa_json_add(object, "p99", number(latency->p99)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *estimate_object(const struct fa_estimate *estimate)
{
    json_t *object = json_object();
    if (object && fa_json_add(object, "median", number(estimate->median)) &&
        fa_json_add(object, "low", number(estimate->low)) &&
        fa_json_add(object, "high", number(estimate->high)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *failures_object(const struct fa_trial *trial)
{
    json_t *object = json_object();
    for (unsigned class = 0; object && class < FA_CLASSES; ++class) {
        if (trial->failures[class] && !fa_json_add(object, fa_class_name((enum fa_class) class),
                                                   fa_json_count(trial->failures[class]))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* [[seconds, bytes], ...] */
static json_t *moments_array(const struct fa_trial *trial)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < trial->n_moments; ++i) {
        const struct fa_moment *moment = &trial->moments[i];
        json_t *pair = json_array();
        if (!pair || json_array_append_new(pair, fa_json_seconds(moment->time)) != 0 ||
            json_array_append_new(pair, fa_json_count(moment->bytes)) != 0 ||
            json_array_append_new(array, json_incref(pair)) != 0) {
            json_decref(pair);
            json_decref(array);
            return NULL;
        }
        json_decref(pair);
    }
    return array;
}

static json_t *trial_object(const struct fa_trial *trial)
{
    json_t *object = json_object();
    bool ok = object && fa_json_add(object, "round", json_integer(trial->round)) &&
              fa_json_add(object, "place", json_integer(trial->place)) &&
              fa_json_add(object, "wall", number(trial->wall)) &&
              fa_json_add(object, "user", number(trial->user)) &&
              fa_json_add(object, "system", number(trial->system)) &&
              fa_json_add(object, "peak_pss", count(trial->peak_pss)) &&
              fa_json_add(object, "peak_threads", count(trial->peak_threads)) &&
              fa_json_add(object, "peak_processes", count(trial->peak_processes)) &&
              fa_json_add(object, "switches", count(trial->switches)) &&
              fa_json_add(object, "calls", count(trial->calls)) &&
              fa_json_add(object, "ttfb", latency_object(&trial->ttfb)) &&
              fa_json_add(object, "total", latency_object(&trial->total)) &&
              fa_json_add(object, "entries", count(trial->entries)) &&
              fa_json_add(object, "failed", count(trial->failed)) &&
              fa_json_add(object, "failures", failures_object(trial)) &&
              fa_json_add(object, "bytes", count(trial->bytes)) &&
              fa_json_add(object, "status", json_integer(trial->status)) &&
              fa_json_add(object, "moments", moments_array(trial));
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *trials_array(const struct fa_contestant *contestant)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < contestant->n_trials; ++i) {
        if (json_array_append_new(array, trial_object(&contestant->trials[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* NULL: it has none. */
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

/* What the verdict says of a contestant. */
static bool add_standing(json_t *object, const struct fa_standing_of *s)
{
    return fa_json_add(object, "rank", fa_json_text(rank_name(s->rank))) &&
           fa_json_add(object, "wall", estimate_object(&s->wall)) &&
           fa_json_add(object, "ratio", estimate_object(&s->ratio)) &&
           fa_json_add(object, "cpu", estimate_object(&s->cpu)) &&
           fa_json_add(object, "files_per_second", number(s->files_per_second)) &&
           fa_json_add(object, "bytes_per_second", number(s->bytes_per_second)) &&
           fa_json_add(object, "peak_pss", number(s->peak_pss)) &&
           fa_json_add(object, "peak_threads", number(s->peak_threads)) &&
           fa_json_add(object, "peak_processes", number(s->peak_processes)) &&
           fa_json_add(object, "switches", number(s->switches)) &&
           fa_json_add(object, "calls", number(s->calls)) &&
           fa_json_add(object, "ttfb", latency_object(&s->ttfb)) &&
           fa_json_add(object, "total", latency_object(&s->total)) &&
           fa_json_add(object, "failed", number(s->failed));
}

static json_t *contestant_object(const struct fa_result_of *result, size_t i)
{
    const struct fa_contestant *c = &result->comparison.contestants[i];
    bool stage = result->comparison.stage;
    json_t *object = json_object();
    bool ok =
        object && fa_json_add(object, "name", fa_json_text(c->name)) &&
        fa_json_add(object, "mode", fa_json_text(stage ? NULL : fa_picks_mode(c->mode))) &&
        fa_json_add(object, "jobs", stage ? json_null() : json_integer(c->jobs)) &&
        fa_json_add(object, "loops", stage || !c->loops ? json_null() : json_integer(c->loops)) &&
        fa_json_add(object, "http", fa_json_text(stage ? NULL : fa_picks_http(c->http))) &&
        fa_json_add(object, "hash_with", fa_json_text(fa_picks_hash_with(c->hash_with))) &&
        (!result->judged || add_standing(object, &result->verdict.standings[i])) &&
        fa_json_add(object, "trials", trials_array(c));
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *contestants_array(const struct fa_result_of *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->comparison.n_contestants; ++i) {
        if (json_array_append_new(array, contestant_object(result, i)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* The names of those that are as fast as the fastest, itself included. */
static json_t *equal_array(const struct fa_result_of *result)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < result->comparison.n_contestants; ++i) {
        enum fa_rank rank = result->verdict.standings[i].rank;
        if ((rank == FA_RANK_BEST || rank == FA_RANK_EQUAL) &&
            json_array_append_new(array, fa_json_text(result->comparison.contestants[i].name)) !=
                0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* null if there was no round to judge by. */
static json_t *verdict_object(const struct fa_result_of *result)
{
    const struct fa_verdict *v = &result->verdict;
    if (!result->judged)
        return json_null();
    const struct fa_contestant *all = result->comparison.contestants;
    const char *best = v->concluded ? all[v->best].name : NULL;
    const char *fastest = v->concluded ? all[v->fastest].name : NULL;
    json_t *object = json_object();
    if (object && fa_json_add(object, "concluded", json_boolean(v->concluded)) &&
        fa_json_add(object, "best", fa_json_text(best)) &&
        fa_json_add(object, "fastest", fa_json_text(fastest)) &&
        fa_json_add(object, "equal", equal_array(result)) &&
        fa_json_add(object, "drifted", json_boolean(v->drifted)) &&
        fa_json_add(object, "drift", number(v->drift)) &&
        fa_json_add(object, "reason", fa_json_text(v->reason)))
        return object;
    json_decref(object);
    return NULL;
}

static json_t *comparison_object(const struct fa_result_of *result)
{
    const struct fa_comparison *c = &result->comparison;
    const char *command = result->judged && result->verdict.concluded ? c->command : NULL;
    json_t *object = json_object();
    bool ok = object && fa_json_add(object, "title", fa_json_text(c->title)) &&
              fa_json_add(object, "stage", json_boolean(c->stage)) &&
              fa_json_add(object, "rounds", json_integer(c->rounds)) &&
              fa_json_add(object, "rounds_wanted", json_integer(c->rounds_wanted)) &&
              fa_json_add(object, "entries", count(c->entries)) &&
              fa_json_add(object, "bytes", count(c->bytes)) &&
              fa_json_add(object, "listed", count(c->listed)) &&
              fa_json_add(object, "origins", count(c->origins)) &&
              fa_json_add(object, "requests", count(c->requests)) &&
              fa_json_add(object, "command", fa_json_text(command)) &&
              fa_json_add(object, "list", fa_json_text(c->list)) &&
              fa_json_add(object, "redacted", json_boolean(c->redacted)) &&
              fa_json_add(object, "verdict", verdict_object(result)) &&
              fa_json_add(object, "contestants", contestants_array(result));
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *comparisons_array(const struct fa_result_of *results, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < n; ++i) {
        if (json_array_append_new(array, comparison_object(&results[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* @rc  Of what was written. */
static int finish(struct fa_whole *whole, int rc, struct fa_error *err)
{
    if (fa_whole_publish(whole, err) != 0)
        rc = -1;
    fa_whole_fini(whole);
    return rc;
}

int fa_sheet_json(const char *file, const struct fa_result_of *results, size_t n, uint64_t seed,
                  double watching, struct fa_error *err)
{
    struct fa_whole whole;
    if (fa_whole_open(&whole, "results", file, err) != 0)
        return -1;
    const struct fa_comparison *first = &results[0].comparison;
    json_t *object = json_object();
    bool ok = object && fa_json_add(object, "version", fa_json_text(FA_VERSION)) &&
              fa_json_add(object, "when", fa_json_text(first->when)) &&
              fa_json_add(object, "machine", fa_json_text(first->machine)) &&
              fa_json_add(object, "seed", count(seed)) &&
              fa_json_add(object, "watching", fa_json_seconds(watching)) &&
              fa_json_add(object, "comparisons", comparisons_array(results, n));
    if (!ok) {
        json_decref(object);
        object = NULL;
    }
    int rc = fa_output_json(&whole.output, object, err);
    return finish(&whole, rc, err);
}

/* Always in quotes: a list may be called anything. */
static void put_text(FILE *out, const char *text)
{
    fputs("\"", out);
    for (; *text; ++text) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    fputs("\"", out);
}

static void put_number(FILE *out, double value)
{
    if (isfinite(value))
        fprintf(out, ",%.6f", value);
    else
        putc(',', out);
}

static void put_count(FILE *out, uint64_t value)
{
    if (value == FA_UNMEASURED)
        putc(',', out);
    else
        fprintf(out, ",%llu", (unsigned long long)value);
}

static const char heading[] =
    "title,contestant,round,place,wall,user,system,peak_pss,peak_threads,peak_processes,switches,"
    "calls,ttfb_p50,ttfb_p95,ttfb_p99,total_p50,total_p95,total_p99,entries,failed,bytes,status\n";

static void put_trial(FILE *out, const char *title, const struct fa_contestant *contestant,
                      const struct fa_trial *t)
{
    put_text(out, title);
    putc(',', out);
    put_text(out, contestant->name);
    fprintf(out, ",%u,%u", t->round, t->place);
    put_number(out, t->wall);
    put_number(out, t->user);
    put_number(out, t->system);
    put_count(out, t->peak_pss);
    put_count(out, t->peak_threads);
    put_count(out, t->peak_processes);
    put_count(out, t->switches);
    put_count(out, t->calls);
    put_number(out, t->ttfb.p50);
    put_number(out, t->ttfb.p95);
    put_number(out, t->ttfb.p99);
    put_number(out, t->total.p50);
    put_number(out, t->total.p95);
    put_number(out, t->total.p99);
    put_count(out, t->entries);
    put_count(out, t->failed);
    put_count(out, t->bytes);
    fprintf(out, ",%d\n", t->status);
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
                put_trial(whole.output.file, comparison->title, contestant, &contestant->trials[k]);
        }
    }
    return finish(&whole, 0, err);
}
