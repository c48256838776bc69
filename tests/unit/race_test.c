#include "cli/compare/race.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/entrants.h"
#include "cli/compare/statistics.h"

#define ENTRIES 1000
#define SEEDS   20

static struct fa_options options;
static struct fa_race race;
static struct fa_contestant contestants[FA_RACE_ENTRANTS_MAX];
static struct fa_error err;

static void begin(void)
{
    options = (struct fa_options){0};
    memset(&race, 0, sizeof(race));
}

TestSuite(race, .init = begin, .timeout = 30);

static void enter(struct fa_entrants_list list)
{
    cr_assert_eq(fa_entrants_add(&options, &list, &race, contestants, &err), 0, "%s", err.msg);
    fa_race_begin(&race, ENTRIES);
}

/* A network: requests a second for each slot, and for all together; seconds before the first. */
struct network {
    const char *name;
    double each, all, setup;
    unsigned accepts; /* at once; 0: any number */
    bool segments;    /* Ranges help at the end. */
    bool ramp;        /* As ramp_seconds_of() instead. */
};

static const struct network networks[] = {
    {"loopback", 1500, 8000, 0.03, 0, false, false},
    {"20 ms", 45, 6000, 0.08, 0, false, false},
    {"100 ms with loss", 3, 90, 0.3, 0, false, false},
    {"429 above 10", 14, 140, 0.08, 10, false, false},
    {"capped connections", 2, 25, 0.05, 0, true, false},
};

/* 20 ms, where 256 at once are the best: connections open one by one, each request takes a round
 * trip, and the server sends at most so many answers a second. */
#define ROUND_TRIP 0.02
#define OPEN       0.0001
#define ANSWER     (1 / 12000.0)
#define SLOTS_MOST 256

/* Without noise; in virtual time.  --per-host auto doubles its slots with each round trip. */
static double ramp_seconds_of(const struct fa_contestant *one, uint64_t entries)
{
    static const double starts[FA_MODES] = {
        [FA_MODE_ASYNC] = 0.05, [FA_MODE_THREAD] = 0.06, [FA_MODE_PROCESS] = 0.15};
    unsigned slots = one->per_host && one->per_host < one->jobs ? one->per_host : one->jobs;
    double free_at[SLOTS_MOST] = {0}, answered = 0;
    for (unsigned i = 0; i < slots; ++i)
        free_at[i] = starts[one->mode] + OPEN * i + ROUND_TRIP +
                     (one->per_host ? 0 : ROUND_TRIP * floor(log2(i / 4.0 + 1)));
    for (uint64_t i = 0; i < entries; ++i) {
        unsigned first = 0;
        for (unsigned slot = 1; slot < slots; ++slot)
            first = free_at[slot] < free_at[first] ? slot : first;
        answered = fmax(free_at[first] + ROUND_TRIP, answered + ANSWER);
        free_at[first] = answered;
    }
    return answered;
}

/* Without noise.  --per-host auto takes some round trips longer than the best number. */
static double seconds_of(const struct network *network, const struct fa_contestant *one,
                         uint64_t entries)
{
    unsigned slots = one->per_host && one->per_host < one->jobs ? one->per_host : one->jobs;
    static const double costs[FA_MODES] = {
        [FA_MODE_ASYNC] = 0, [FA_MODE_THREAD] = 2e-5, [FA_MODE_PROCESS] = 2e-4};
    if (network->ramp)
        return ramp_seconds_of(one, entries);
    double rate = fmin(slots * network->each, network->all);
    double late = one->per_host ? 0 : 3 / network->each;
    double tail = network->segments && one->segments != 8 ? 1 / network->each : 0;
    return network->setup + late + tail + (double)entries * (1 / rate + costs[one->mode]) +
           (double)slots * costs[one->mode];
}

static uint64_t refusals_of(const struct network *network, const struct fa_contestant *one)
{
    unsigned slots = one->per_host ? one->per_host : 16;
    return network->accepts && slots > network->accepts ? slots - network->accepts : 0;
}

/* Run the race in a network.  @return the requests, with a warm-up for each round. */
static uint64_t run(const struct network *network, double noise, uint64_t seed)
{
    struct fa_random random = {seed};
    uint64_t requests = 0;
    unsigned warm = 0;
    for (size_t who; (who = fa_race_next(&race)) != FA_RACE_NONE;) {
        uint64_t sample = race.samples[race.round];
        double factor = exp(noise * fa_random_normal(&random));
        for (requests += sample; warm <= race.round; ++warm)
            requests += sample;
        fa_race_record(&race, who,
                       &(struct fa_race_run){
                           .seconds = seconds_of(network, &contestants[who], sample) * factor,
                           .refusals = refusals_of(network, &contestants[who])});
    }
    return requests;
}

/* The least time of all combinations that are not refused. */
static double best_of(const struct network *network)
{
    double best = INFINITY;
    for (size_t i = 0; i < race.n; ++i)
        if (refusals_of(network, &contestants[i]) == 0)
            best = fmin(best, seconds_of(network, &contestants[i], ENTRIES));
    return best;
}

/* The final has a warm-up and at least two rounds. */
#define FINAL_RUNS 3

Test(race, comes_within_5_percent_of_the_full_grid_for_a_fifth_of_its_requests)
{
    for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); ++i)
        for (uint64_t seed = 0; seed < SEEDS; ++seed) {
            const struct network *network = &networks[i];
            size_t finalists[FA_RACE_FINALISTS];
            double found = INFINITY;
            begin();
            enter((struct fa_entrants_list){.origins = 1, .large = true});
            uint64_t requests = run(network, 0.02, seed);
            size_t n = fa_race_finalists(&race, finalists);
            for (size_t f = 0; f < n; ++f)
                found = fmin(found, seconds_of(network, &contestants[finalists[f]], ENTRIES));
            cr_expect(found <= 1.05 * best_of(network), "%s: %.3f s, best %.3f s with seed %d",
                      network->name, found, best_of(network), (int)seed);
            requests += n * FINAL_RUNS * ENTRIES;
            /* Even if the grid ran each combination only once, and nothing else. */
            cr_expect(requests <= race.n * ENTRIES / 5, "%s: %.1f %% of the requests",
                      network->name, 100.0 * (double)requests / (double)(race.n * ENTRIES));
        }
}

/* A list of which --tune takes a sample of ENTRIES. */
#define LISTED (2 * ENTRIES)

Test(race, finds_more_slots_than_a_quarter_of_the_entries_fills)
{
    const struct network network = {.name = "ramp", .ramp = true};
    for (uint64_t seed = 0; seed < SEEDS; ++seed) {
        size_t finalists[FA_RACE_FINALISTS];
        double best = INFINITY;
        begin();
        enter((struct fa_entrants_list){.origins = 1});
        uint64_t requests = run(&network, 0.04, seed);
        for (size_t i = 0; i < race.n; ++i)
            best = fmin(best, seconds_of(&network, &contestants[i], LISTED));
        size_t n = fa_race_finalists(&race, finalists);
        cr_assert_eq(n, 2);
        double found = seconds_of(&network, &contestants[finalists[1]], LISTED);
        cr_expect_leq(found, 1.05 * best, "%s: %.3f s, best %.3f s with seed %d",
                      contestants[finalists[1]].name, found, best, (int)seed);
        /* With all rounds of the final. */
        requests += n * (1 + FA_PICKS_ROUNDS_TUNED) * ENTRIES;
        cr_expect_leq(requests, fa_race_grid(&race) / 5, "%d", (int)requests);
    }
}

static double faster_up_to_64(unsigned slots)
{
    return slots == 0 ? 4 : slots < 64 ? 64.0 / slots : slots / 64.0;
}

static double faster_with_more(unsigned slots)
{
    return slots == 0 ? 4 : 1000.0 / slots;
}

static double close_together(unsigned slots)
{
    return slots == 0 ? 4 : slots == 16 ? 1 : slots == 8 ? 1.1 : 3;
}

static unsigned count_runs(unsigned round)
{
    unsigned n = 0;
    for (size_t i = 0; i < race.n; ++i)
        n += isfinite(race.entrants[i].runs[round].seconds) != 0;
    return n;
}

/* Race with the times of a function.  @return the runs of the play-off */
static unsigned race_by_slots(double (*seconds)(unsigned slots))
{
    begin();
    options.compare.modes = (struct fa_picks){{FA_MODE_ASYNC}, 1};
    enter((struct fa_entrants_list){.origins = 1});
    for (size_t who; (who = fa_race_next(&race)) != FA_RACE_NONE;)
        fa_race_record(&race, who,
                       &(struct fa_race_run){.seconds = seconds(race.entrants[who].slots)});
    return count_runs(FA_RACE_ROUNDS - 1);
}

Test(race, a_play_off_takes_place_only_if_it_can_change_something)
{
    cr_expect_eq(race_by_slots(faster_up_to_64), 0);
    cr_expect_eq(race_by_slots(close_together), 2);
    cr_expect_eq(race_by_slots(faster_with_more), 2);
    const struct fa_race_entrant *last = &race.entrants[race.n - 1];
    cr_expect(last->slots == 256 && isfinite(last->runs[FA_RACE_ROUNDS - 1].seconds));
}

Test(race, nobody_is_refused_more_often_than_it_takes_to_know)
{
    size_t finalists[FA_RACE_FINALISTS];
    enter((struct fa_entrants_list){.origins = 1});
    run(&networks[3], 0, 1);
    for (size_t i = 0; i < race.n; ++i) {
        const struct fa_race_entrant *one = &race.entrants[i];
        cr_expect(one->slots <= 16 || !isfinite(one->runs[0].seconds), "%s ran", one->name);
        cr_expect(one->slots <= 10 || one->fate == FA_RACE_REFUSED || one->fate == FA_RACE_ABOVE,
                  "%s: %s", one->name, fa_race_fate_name(one->fate));
        cr_expect(one->slots <= 10 || !isfinite(one->runs[1].seconds), "%s ran again", one->name);
    }
    cr_expect_eq(race.entrants[0].fate, FA_RACE_REFUSED);
    cr_assert_eq(fa_race_finalists(&race, finalists), 2);
    cr_expect_eq(contestants[finalists[0]].per_host, 8);
}

Test(race, refusals_that_all_have_exclude_nobody)
{
    size_t who;
    enter((struct fa_entrants_list){.origins = 1});
    while ((who = fa_race_next(&race)) != FA_RACE_NONE)
        fa_race_record(&race, who, &(struct fa_race_run){.seconds = 1, .refusals = 5});
    for (size_t i = 0; i < race.n; ++i)
        cr_expect(race.entrants[i].fate != FA_RACE_REFUSED &&
                  race.entrants[i].fate != FA_RACE_ABOVE);
}

Test(race, slots_stop_where_doubling_them_gains_nothing)
{
    enter((struct fa_entrants_list){.origins = 1});
    run(&(struct network){"16 suffice", 10, 160, 0.01, 0, false, false}, 0, 1);
    for (size_t i = 0; i < race.n; ++i)
        cr_expect(race.entrants[i].slots <= 64 || race.entrants[i].fate == FA_RACE_NO_GAIN,
                  "%s: %s", race.entrants[i].name, fa_race_fate_name(race.entrants[i].fate));
}

Test(race, what_is_no_better_is_ended_without_a_second_run)
{
    size_t who, ran = 0;
    enter((struct fa_entrants_list){.origins = 1});
    while ((who = fa_race_next(&race)) != FA_RACE_NONE) {
        ran += race.round == 1;
        fa_race_record(&race, who,
                       &(struct fa_race_run){.seconds = 1 + 0.001 * (double)who,
                                             .failed = contestants[who].mode == FA_MODE_THREAD});
    }
    cr_expect_leq(ran, 4, "%zu", ran);
    for (size_t i = 0; i < race.n; ++i)
        cr_expect(contestants[i].mode != FA_MODE_THREAD || race.entrants[i].fate != FA_RACE_SLOWER);
}

Test(race, http_2_that_no_answer_uses_is_out)
{
    size_t who, finalists[FA_RACE_FINALISTS];
    enter((struct fa_entrants_list){.origins = 1, .https = true});
    while ((who = fa_race_next(&race)) != FA_RACE_NONE) {
        bool two = contestants[who].http == FA_HTTP_2;
        fa_race_record(&race, who, &(struct fa_race_run){.seconds = two ? 0.1 : 1, .unused = two});
    }
    size_t n = fa_race_finalists(&race, finalists);
    for (size_t i = 0; i < n; ++i)
        cr_expect_eq(contestants[finalists[i]].http, FA_HTTP_1_1);
    cr_expect_eq(race.entrants[0].fate, FA_RACE_FINAL);
}

Test(race, ended_early_it_has_the_fastest_so_far)
{
    size_t finalists[FA_RACE_FINALISTS];
    enter((struct fa_entrants_list){.origins = 1});
    for (int i = 0; i < 3; ++i)
        fa_race_record(&race, fa_race_next(&race), &(struct fa_race_run){.seconds = 3 - i});
    fa_race_stop(&race);
    cr_expect_eq(fa_race_next(&race), FA_RACE_NONE);
    cr_assert_eq(fa_race_finalists(&race, finalists), 2);
    cr_expect(finalists[0] == 0 && finalists[1] == 2);
}

Test(race, many_hosts_race_jobs_and_given_values_are_kept)
{
    enter((struct fa_entrants_list){.origins = 100});
    for (size_t i = 0; i < race.n; ++i)
        cr_expect_eq(contestants[i].per_host, 0);
    cr_expect(contestants[0].defaults && strcmp(contestants[0].name, "defaults") == 0);
    begin();
    options.compare.modes = (struct fa_picks){{FA_MODE_THREAD}, 1};
    options.compare.per_host = (struct fa_picks){{8, 24}, 2};
    enter((struct fa_entrants_list){.origins = 1});
    cr_expect_eq(race.n, 2);
    cr_expect_str_eq(contestants[0].name, "thread -j 64 --per-host 8");
    cr_expect_str_eq(contestants[1].name, "thread -j 64 --per-host 24");
    cr_expect_not(contestants[0].defaults);
    cr_expect(contestants[0].reference && !contestants[1].reference);
}

Test(race, more_combinations_than_fit_are_refused)
{
    for (unsigned i = 0; i < FA_PICKS_MAX; ++i) {
        options.compare.per_host.values[i] = options.compare.jobs.values[i] = i + 1;
        options.compare.segments.values[i] = i + 1;
    }
    options.compare.per_host.count = options.compare.jobs.count = FA_PICKS_MAX;
    options.compare.segments.count = FA_PICKS_MAX;
    cr_expect_eq(fa_entrants_add(&options, &(struct fa_entrants_list){.origins = 1}, &race,
                                 contestants, &err),
                 -1);
}
