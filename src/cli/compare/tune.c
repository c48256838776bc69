/*
 * What runs next is decided by the race (race.c); this is what makes the runs.
 *
 * Each round has a sample of its own, taken from that of the final, and begins with a run that is
 * not counted: it fills the caches of the servers, which would otherwise favour whoever runs later.
 * The one of the first round also shows what the files are like, and so which settings can make a
 * difference.
 */
#include "cli/compare/tune.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fetchall/sample.h>

#include "base/clock.h"
#include "cli/compare/entrants.h"
#include "cli/compare/warmup.h"
#include "cli/signals.h"
#include "cli/units.h"

/* Smaller files are not fetched in ranges. */
#define LARGE_BYTES (2u << 20)

/* What the race may use of the limits, so that the final gets the rest. */
#define SHARE 0.5

/* Seconds between two looks at a signal while waiting. */
#define LOOK 0.2

struct racing {
    struct fa_tune *tune;
    struct fa_contestant contestants[FA_RACE_ENTRANTS_MAX];
    char *full;       /* the list of the final */
    uint64_t entries; /* of that */
    uint64_t origins;
    unsigned round; /* whose sample is written; FA_RACE_ROUNDS: none */
    double longest; /* seconds of a run in this round */
    bool stopped;   /* a limit was reached */
};

static bool racing_is_quiet(const struct racing *racing)
{
    return racing->tune->runs->options->quiet;
}

/* Write the sample of a round. */
static int racing_write_sample(struct racing *racing, uint64_t most, struct fa_error *err)
{
    struct fa_runs *runs = racing->tune->runs;
    struct fa_sample sample = {.size = sizeof(sample)};
    const char *const lists[] = {racing->full};
    if (fa_sample_write(lists, 1, most, runs->list, &sample, err) != 0)
        return -1;
    runs->entries = sample.taken;
    runs->origins = sample.taken_origins;
    return 0;
}

/* Do not ask again before the servers accept it. */
static void racing_wait(const struct racing *racing, double seconds)
{
    double until = fa_clock_now() + seconds;
    char text[FA_UNITS_MAX];
    if (seconds <= 0)
        return;
    if (!racing_is_quiet(racing))
        fprintf(stderr, "fetchall: waiting %s, as the servers requested (Retry-After)\n",
                fa_units_seconds(seconds, text));
    if (racing->tune->runs->until > 0)
        until = fmin(until, racing->tune->runs->until);
    while (fa_clock_now() < until && !fa_signals_caught())
        nanosleep(&(struct timespec){.tv_nsec = (long)(LOOK * 1e9)}, NULL);
}

/* Whether another run of the length of the longest one would use more than the share of a limit. */
static bool racing_is_over_limit(const struct racing *racing)
{
    const struct fa_runs *runs = racing->tune->runs;
    const struct fa_compare_options *limits = &runs->options->compare;
    double elapsed = fa_clock_now() - racing->tune->began;
    bool late = limits->budget > 0 && elapsed + racing->longest > SHARE * limits->budget;
    return late ||
           (limits->max_bytes > 0 && (double)runs->bytes > SHARE * (double)limits->max_bytes);
}

/* @return 0; 1 if a limit ended it; or -1 */
static int racing_run(struct racing *racing, struct fa_contestant *contestant, struct fa_trial *ret,
                      struct fa_error *err)
{
    int rc = fa_runs_fetch(racing->tune->runs, contestant, ret, err);
    if (rc != 0) {
        racing->stopped = err->class == FA_CLASS_CANCELLED && !fa_signals_caught();
        return racing->stopped ? 1 : -1;
    }
    racing->longest = fmax(racing->longest, ret->wall);
    racing_wait(racing, ret->pause);
    return fa_signals_caught() ? -1 : 0;
}

/* A run that is not counted. */
static int racing_warm_up(struct racing *racing, struct fa_contestant *contestant,
                          struct fa_trial *ret, struct fa_error *err)
{
    struct fa_tune *tune = racing->tune;
    int rc = racing_run(racing, contestant, ret, err);
    contestant->trials = ret;
    contestant->n_trials = 1;
    struct fa_warmup warmup = fa_warmup_of(contestant, 1);
    if (rc == 0 && warmup.pointless) {
        tune->pointless = true;
        rc = fa_warmup_check(&warmup, " in the warm-up", err);
    }
    contestant->trials = NULL;
    contestant->n_trials = 0;
    free(ret->moments);
    tune->race->refusals += ret->refusals;
    return rc;
}

/* The first warm-up, and the settings that can make a difference for such a list. */
static int racing_begin(struct racing *racing, struct fa_error *err)
{
    struct fa_tune *tune = racing->tune;
    const struct fa_options *options = tune->runs->options;
    struct fa_contestant defaults = fa_entrants_defaults(options);
    struct fa_trial trial = {0};
    fa_race_begin(tune->race, racing->entries);
    if (racing_write_sample(racing, tune->race->samples[0], err) != 0 ||
        racing_warm_up(racing, &defaults, &trial, err) != 0)
        return -1;
    racing->round = 0;
    struct fa_entrants_list list = {
        .origins = racing->origins,
        .https = tune->runs->listing.https,
        .large = trial.bytes / (trial.entries > 0 ? trial.entries : 1) >= LARGE_BYTES,
    };
    if (fa_entrants_add(options, &list, tune->race, racing->contestants, err) != 0)
        return -1;
    if (tune->race->n < 2)
        return fa_option_refuse(err, "nothing to tune: give fewer options, or several values");
    if (!racing_is_quiet(racing))
        fprintf(stderr,
                "fetchall: %zu settings race on %llu, %llu and, if need be, %llu entries; the "
                "finalists are compared on %llu\n",
                tune->race->n, (unsigned long long)tune->race->samples[0],
                (unsigned long long)tune->race->samples[1],
                (unsigned long long)tune->race->samples[2], (unsigned long long)racing->entries);
    return 0;
}

/* The sample of the next round, warmed up by its first entrant. */
static int racing_begin_round(struct racing *racing, size_t who, struct fa_error *err)
{
    struct fa_race *race = racing->tune->race;
    struct fa_trial trial = {0};
    racing->round = race->round;
    racing->longest = 0;
    if (racing_write_sample(racing, race->samples[race->round], err) != 0)
        return -1;
    return racing_warm_up(racing, &racing->contestants[who], &trial, err);
}

static void racing_print(const struct racing *racing, size_t who, const struct fa_trial *trial)
{
    const struct fa_race *race = racing->tune->race;
    if (racing_is_quiet(racing))
        return;
    fprintf(stderr, "fetchall: race, %llu entries: %s %.2f s",
            (unsigned long long)race->samples[racing->round], race->entrants[who].name,
            trial->wall);
    if (trial->refusals > 0)
        fprintf(stderr, ", refused %llu time%s", (unsigned long long)trial->refusals,
                fa_units_plural(trial->refusals));
    if (trial->failed > 0)
        fprintf(stderr, ", %llu failed", (unsigned long long)trial->failed);
    fputc('\n', stderr);
}

static int racing_run_next(struct racing *racing, size_t who, struct fa_error *err)
{
    struct fa_contestant *contestant = &racing->contestants[who];
    struct fa_race *race = racing->tune->race;
    struct fa_trial trial = {0};
    int rc = racing->round == race->round ? 0 : racing_begin_round(racing, who, err);
    if (rc == 0)
        rc = racing_run(racing, contestant, &trial, err);
    free(trial.moments);
    if (rc != 0)
        return rc;
    struct fa_race_run run = {
        .seconds = trial.wall,
        .refusals = trial.refusals,
        .failed = trial.failed,
        .unused = contestant->http == FA_HTTP_2 && trial.http2 == 0,
    };
    racing_print(racing, who, &trial);
    fa_race_record(race, who, &run);
    return 0;
}

static int racing_run_all(struct racing *racing, struct fa_error *err)
{
    struct fa_race *race = racing->tune->race;
    int rc = racing_begin(racing, err);
    for (size_t who; rc == 0 && (who = fa_race_next(race)) != FA_RACE_NONE;) {
        racing->stopped = racing_is_over_limit(racing);
        if (!racing->stopped)
            rc = racing_run_next(racing, who, err);
        if (racing->stopped)
            fa_race_stop(race);
    }
    if (racing->stopped && !racing_is_quiet(racing))
        fputs("fetchall: --budget or --max-bytes ends the race early\n", stderr);
    return racing->stopped ? 0 : rc;
}

int fa_tune_run(struct fa_tune *tune, struct fa_contestant *ret_contestants, size_t *ret_n,
                struct fa_error *err)
{
    struct fa_runs *runs = tune->runs;
    struct racing *racing = calloc(1, sizeof(*racing));
    char *list = fa_workspace_path(runs->folder.path, "race");
    size_t finalists[FA_RACE_FINALISTS];
    double budget = runs->options->compare.budget;
    int rc = -1;
    if (!racing || !list) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot race");
    } else {
        *racing = (struct racing){
            .tune = tune, .full = runs->list, .entries = runs->entries, .origins = runs->origins};
        runs->list = list;
        runs->until = budget > 0 ? tune->began + budget : 0;
        rc = racing_run_all(racing, err);
        runs->list = racing->full;
        runs->entries = racing->entries;
        runs->origins = racing->origins;
        tune->race->requests = runs->requests;
        tune->race->bytes = runs->bytes;
        *ret_n = fa_race_finalists(tune->race, finalists);
        for (size_t i = 0; i < *ret_n; ++i)
            ret_contestants[i] = racing->contestants[finalists[i]];
    }
    free(list);
    free(racing);
    return rc;
}
