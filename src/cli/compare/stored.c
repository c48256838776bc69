/*
 * The opposite of sheet.c.  Only what was measured is read; the verdict is made again from it, so
 * that results of an earlier version are judged by the rules of this one.
 *
 * The file may come from anywhere: a value of another type than expected counts as not measured,
 * and numbers are limited where memory depends on them.  Texts are escaped where they are printed,
 * as those of a list are.
 */
#include "cli/compare/stored.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/compare/caches.h"
#include "cli/compare/plan.h"
#include "cli/compare/program.h"
#include "cli/compare/race_file.h"
#include "cli/options.h"
#include "cli/value.h"

/* Maximum of rounds and of comparisons in a file. */
#define ROUNDS_MAX      100000
#define COMPARISONS_MAX 1000

/* Another program, as far as a file says so: its command is shown in no result. */
static const struct fa_program other_program = {.name = "", .command = ""};

static double object_number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static uint64_t object_count(const json_t *object, const char *name, uint64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    bool valid = json_is_integer(value) && json_integer_value(value) >= 0;
    return valid ? (uint64_t)json_integer_value(value) : otherwise;
}

/* A text, or "". */
static const char *object_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* The value of an enum that has that name, or the first one. */
static unsigned object_enum(const json_t *object, const char *name, const char *(*names)(unsigned))
{
    const char *text = object_text(object, name);
    for (unsigned i = 0; names(i); ++i)
        if (strcmp(names(i), text) == 0)
            return i;
    return 0;
}

static struct fa_latency object_latency(const json_t *object, const char *name)
{
    const json_t *latency = json_object_get(object, name);
    return (struct fa_latency){object_number(latency, "p50"), object_number(latency, "p95"),
                               object_number(latency, "p99")};
}

static int trial_read_moments(struct fa_trial *trial, const json_t *moments)
{
    size_t n = json_array_size(moments);
    trial->moments = calloc(n + 1, sizeof(*trial->moments));
    if (!trial->moments)
        return -1;
    for (size_t i = 0; i < n; ++i) {
        const json_t *moment = json_array_get(moments, i);
        const json_t *time = json_array_get(moment, 0), *bytes = json_array_get(moment, 1);
        if (json_is_number(time) && json_is_integer(bytes) && json_integer_value(bytes) >= 0)
            trial->moments[trial->n_moments++] =
                (struct fa_moment){json_number_value(time), (uint64_t)json_integer_value(bytes)};
    }
    return 0;
}

static int trial_read(struct fa_trial *trial, const json_t *object, unsigned round)
{
    const json_t *failures = json_object_get(object, "failures");
    *trial = (struct fa_trial){
        .round = round,
        .place = (unsigned)object_count(object, "place", 0),
        .wall = object_number(object, "wall"),
        .user = object_number(object, "user"),
        .system = object_number(object, "system"),
        .peak_pss = object_count(object, "peak_pss", FA_UNMEASURED),
        .peak_threads = object_count(object, "peak_threads", FA_UNMEASURED),
        .peak_processes = object_count(object, "peak_processes", FA_UNMEASURED),
        .switches = object_count(object, "switches", FA_UNMEASURED),
        .calls = object_count(object, "calls", FA_UNMEASURED),
        .ttfb = object_latency(object, "ttfb"),
        .total = object_latency(object, "total"),
        .due = object_latency(object, "due"),
        .slots_full = object_number(object, "slots_full"),
        .slot_yield = object_number(object, "slot_yield"),
        .entries = object_count(object, "entries", 0),
        .failed = object_count(object, "failed", 0),
        .requests = object_count(object, "requests", FA_UNMEASURED),
        .refusals = object_count(object, "refusals", FA_UNMEASURED),
        .rtt = object_number(object, "rtt"),
        .retransmits = object_count(object, "retransmits", FA_UNMEASURED),
        .reordered = object_count(object, "reordered", FA_UNMEASURED),
        .cached = object_number(object, "cached"),
        .bytes = object_count(object, "bytes", 0),
        .status = (int)object_count(object, "status", 0),
    };
    for (unsigned class = 0; class < FA_CLASSES; ++class)
        trial->failures[class] = object_count(failures, fa_class_name((enum fa_class) class), 0);
    return trial_read_moments(trial, json_object_get(object, "moments"));
}

/* A value of a list of contestants, in the form of its option; 0: not given, or invalid. */
static unsigned object_pick(const json_t *object, const char *name,
                            int (*parse)(struct fa_options *, const char *, struct fa_error *))
{
    struct fa_options options = {0};
    const struct fa_compare_options *compare = &options.compare;
    if (!*object_text(object, name) || parse(&options, object_text(object, name), NULL) != 0)
        return 0;
    return compare->per_host.values[0] | compare->segments.values[0] | compare->hash.values[0];
}

static void contestant_read(struct fa_contestant *contestant, const json_t *object)
{
    *contestant = (struct fa_contestant){
        .mode = (enum fa_mode)object_enum(object, "mode", fa_value_mode),
        .jobs = (unsigned)object_count(object, "jobs", 0),
        .loops = (unsigned)object_count(object, "loops", 0),
        .http = (enum fa_http)object_enum(object, "http", fa_value_http),
        .hash_with = (enum fa_hash_with)object_enum(object, "hash_with", fa_value_hash_with),
        .per_host = object_pick(object, "per_host", fa_picks_parse_per_host),
        .segments = object_pick(object, "segments", fa_picks_parse_segments),
        .hash = object_pick(object, "hash", fa_picks_parse_hash),
        .defaults = json_is_true(json_object_get(object, "defaults")),
        .reference = json_is_true(json_object_get(object, "reference")),
        .program = json_is_true(json_object_get(object, "program")) ? &other_program : NULL,
    };
    snprintf(contestant->name, sizeof(contestant->name), "%s", object_text(object, "name"));
    snprintf(contestant->wrong, sizeof(contestant->wrong), "%s", object_text(object, "wrong"));
}

/* Rounds that each contestant has ended; a program that was wrong is not run again. */
static unsigned contestants_rounds(const json_t *contestants)
{
    size_t least = ROUNDS_MAX;
    for (size_t i = 0; i < json_array_size(contestants); ++i) {
        const json_t *one = json_array_get(contestants, i);
        size_t n = json_array_size(json_object_get(one, "trials"));
        if (!*object_text(one, "wrong") && n < least)
            least = n;
    }
    return (unsigned)least;
}

static int result_read_trials(struct fa_result_of *result, const json_t *contestants)
{
    for (size_t i = 0; i < result->comparison.n_contestants; ++i) {
        struct fa_contestant *contestant = &result->comparison.contestants[i];
        const json_t *trials = json_object_get(json_array_get(contestants, i), "trials");
        for (unsigned round = 0; round < result->comparison.rounds; ++round) {
            const json_t *trial = json_array_get(trials, round);
            if (trial && trial_read(&contestant->trials[contestant->n_trials++], trial, round) != 0)
                return -1;
        }
    }
    return 0;
}

/* The command is null if nothing was concluded; what is concluded now may be more. */
static void result_read_head(struct fa_result_of *result, const json_t *object, const json_t *root)
{
    struct fa_comparison *comparison = &result->comparison;
    const char *command = object_text(object, "command");
    result->title = strdup(object_text(object, "title"));
    result->command = strdup(*command ? command : "fetchall");
    result->list = strdup(object_text(object, "list"));
    comparison->title = result->title;
    comparison->command = result->command;
    comparison->list = result->list;
    comparison->asked = (enum fa_asked)object_enum(object, "asked", fa_caches_asked);
    comparison->stage = json_is_true(json_object_get(object, "stage"));
    comparison->sequential = json_is_true(json_object_get(object, "sequential"));
    comparison->redacted = json_is_true(json_object_get(object, "redacted"));
    comparison->entries = object_count(object, "entries", 0);
    comparison->bytes = object_count(object, "bytes", 0);
    comparison->listed = object_count(object, "listed", 0);
    comparison->origins = object_count(object, "origins", 0);
    comparison->requests = object_count(object, "requests", 0);
    snprintf(comparison->machine, sizeof(comparison->machine), "%s", object_text(root, "machine"));
    snprintf(comparison->when, sizeof(comparison->when), "%s", object_text(root, "when"));
}

static int result_read(struct fa_result_of *result, const json_t *object, const json_t *root,
                       struct fa_error *err)
{
    const json_t *contestants = json_object_get(object, "contestants");
    struct fa_contestant all[FA_PLAN_CONTESTANTS_MAX + FA_PROGRAMS_MAX];
    size_t n = json_array_size(contestants);
    if (n == 0 || n > sizeof(all) / sizeof(*all))
        return fa_option_refuse(err, "a comparison of %zu contestants", n);
    for (size_t i = 0; i < n; ++i)
        contestant_read(&all[i], json_array_get(contestants, i));
    unsigned rounds = contestants_rounds(contestants);
    if (fa_result_init(result, all, n, rounds + 1, err) != 0)
        return -1;
    result_read_head(result, object, root);
    struct fa_comparison *comparison = &result->comparison;
    comparison->rounds = rounds;
    comparison->rounds_wanted = (unsigned)object_count(object, "rounds_wanted", rounds);
    bool ok = result->title && result->command && result->list &&
              fa_race_file_read(json_object_get(object, "race"), &result->race) == 0 &&
              result_read_trials(result, contestants) == 0;
    comparison->race = result->race;
    if (ok && rounds > 0) {
        ok = fa_verdict_init(&result->verdict, comparison) == 0;
        result->judged = ok;
    }
    if (!ok)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep what was measured");
    return ok ? 0 : -1;
}

static int stored_add_all(struct fa_stored *stored, const json_t *root, struct fa_error *err)
{
    const json_t *comparisons = json_object_get(root, "comparisons");
    size_t n = json_array_size(comparisons);
    if (object_count(root, "schema", FA_STORED_SCHEMA) > FA_STORED_SCHEMA)
        return fa_option_refuse(err, "it is of a later version of fetchall");
    if (n == 0 || n > COMPARISONS_MAX)
        return fa_option_refuse(err, "it is not a result of 'fetchall compare --json'");
    struct fa_result_of *more =
        reallocarray(stored->results, stored->n + n, sizeof(*stored->results));
    if (!more) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep what was measured");
        return -1;
    }
    stored->results = more;
    stored->seed = object_count(root, "seed", 0);
    stored->watching = object_number(root, "watching");
    for (size_t i = 0; i < n; ++i) {
        /* Counted first, so that fa_stored_fini() frees what was read before an error. */
        struct fa_result_of *result = &stored->results[stored->n++];
        *result = (struct fa_result_of){0};
        if (result_read(result, json_array_get(comparisons, i), root, err) != 0)
            return -1;
    }
    fa_caches_relate(&stored->results[stored->n - n], n);
    return 0;
}

int fa_stored_add(struct fa_stored *stored, const char *file, struct fa_error *err)
{
    json_error_t why;
    struct fa_error cause = {0};
    json_t *root = json_load_file(file, 0, &why);
    if (!root)
        return fa_option_refuse(err, "cannot read '%s' as JSON: %s", file, why.text);
    int rc = stored_add_all(stored, root, &cause);
    json_decref(root);
    if (rc != 0)
        fa_error_set(err, cause.domain, cause.code, cause.class, "cannot read '%s': %s", file,
                     cause.msg);
    return rc;
}

void fa_stored_fini(struct fa_stored *stored)
{
    for (size_t i = 0; i < stored->n; ++i)
        fa_result_fini(&stored->results[i]);
    free(stored->results);
    *stored = (struct fa_stored){0};
}
