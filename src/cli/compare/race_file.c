#include "cli/compare/race_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

static json_t *run_object(const struct fa_race_run *run)
{
    if (!isfinite(run->seconds))
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:b}", "seconds", fa_json_seconds(run->seconds), "refusals",
                     fa_json_count(run->refusals), "failed", fa_json_count(run->failed), "unused",
                     run->unused);
}

static json_t *entrant_object(const struct fa_race_entrant *one)
{
    json_t *runs = json_array();
    for (unsigned round = 0; runs && round < FA_RACE_ROUNDS; ++round)
        runs = fa_json_append(runs, run_object(&one->runs[round]));
    /* clang-format off */
    return json_pack(
        "{s:o, s:i, s:i, s:i, s:s, s:i, s:o}",
        "name", fa_json_text(one->name),
        "group", one->group,
        "slots", one->slots,
        "variant", one->variant,
        "fate", fa_race_fate_name(one->fate),
        "fell", one->fell,
        "runs", runs);
    /* clang-format on */
}

json_t *fa_race_file_object(const struct fa_race *race)
{
    json_t *samples = race ? json_array() : NULL, *entrants = race ? json_array() : NULL;
    if (!race)
        return json_null();
    for (unsigned round = 0; samples && round < FA_RACE_ROUNDS; ++round)
        samples = fa_json_append(samples, fa_json_count(race->samples[round]));
    for (size_t i = 0; entrants && i < race->n; ++i)
        entrants = fa_json_append(entrants, entrant_object(&race->entrants[i]));
    /* clang-format off */
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "samples", samples,
        "entries", fa_json_count(race->entries),
        "requests", fa_json_count(race->requests),
        "bytes", fa_json_count(race->bytes),
        "refusals", fa_json_count(race->refusals),
        "grid", fa_json_count(fa_race_grid(race)),
        "entrants", entrants);
    /* clang-format on */
}

static uint64_t object_count(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

static void run_read(struct fa_race_run *run, const json_t *object)
{
    const json_t *seconds = json_object_get(object, "seconds");
    *run = (struct fa_race_run){
        .seconds = json_is_number(seconds) ? json_number_value(seconds) : NAN,
        .refusals = object_count(object, "refusals"),
        .failed = object_count(object, "failed"),
        .unused = json_is_true(json_object_get(object, "unused")),
    };
}

static void entrant_read(struct fa_race *race, const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const char *fate = json_string_value(json_object_get(object, "fate"));
    size_t at = race->n;
    fa_race_add(race, name ? name : "", (unsigned)object_count(object, "group"),
                (unsigned)object_count(object, "slots"), (unsigned)object_count(object, "variant"));
    if (race->n == at)
        return;
    struct fa_race_entrant *one = &race->entrants[at];
    one->fell = (unsigned)object_count(object, "fell");
    for (unsigned i = 0; fate && fa_race_fate_name(i); ++i)
        if (strcmp(fate, fa_race_fate_name(i)) == 0)
            one->fate = (enum fa_race_fate)i;
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round)
        run_read(&one->runs[round], json_array_get(json_object_get(object, "runs"), round));
}

int fa_race_file_read(const json_t *object, struct fa_race **ret)
{
    const json_t *entrants = json_object_get(object, "entrants");
    struct fa_race *race = json_is_object(object) ? calloc(1, sizeof(*race)) : NULL;
    *ret = race;
    if (!race)
        return json_is_object(object) ? -1 : 0;
    for (size_t i = 0; i < json_array_size(entrants); ++i)
        entrant_read(race, json_array_get(entrants, i));
    race->round = FA_RACE_ROUNDS;
    race->entries = object_count(object, "entries");
    race->requests = object_count(object, "requests");
    race->bytes = object_count(object, "bytes");
    race->refusals = object_count(object, "refusals");
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round) {
        json_t *sample = json_array_get(json_object_get(object, "samples"), round);
        json_int_t value = json_integer_value(sample);
        race->samples[round] = value > 0 ? (uint64_t)value : 0;
    }
    return 0;
}
