/*
 * Runs the warm-up and the rounds in the order of the plan, until the number of rounds or a limit
 * is reached.  A round counts only as a whole: an interrupted one is dropped.
 *
 * With --rounds auto, each round is followed by a look at the answer so far (sequence.h), which
 * ends them.
 *
 * The warm-up fills the caches of the servers, of the resolver and of the kernel, which would
 * otherwise favour whoever runs later.  It also measures what a round costs, so that --budget and
 * --max-bytes end the comparison before a round that would exceed them, and not in the middle of
 * it.
 *
 * A run that fails in a later round does not discard the rounds before: they are judged, and the
 * exit status says that the comparison was cut short.
 */
#include "cli/compare/rounds.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/compare/plan.h"
#include "cli/compare/sequence.h"
#include "cli/compare/warmup.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "cli/units.h"

/* The option whose limit would be exceeded, or NULL.  more: seconds and bytes that will be
 * needed. */
static const char *rounds_exceeded_limit(const struct fa_rounds *rounds, double seconds,
                                         uint64_t bytes)
{
    const struct fa_compare_options *limits = &rounds->runs->options->compare;
    double elapsed = fa_clock_now() - rounds->began;
    if (limits->budget > 0 && elapsed + seconds > limits->budget)
        return "--budget";
    if (limits->max_bytes > 0 && !limits->stage && rounds->runs->bytes + bytes > limits->max_bytes)
        return "--max-bytes";
    /* The user did not ask for so many: see fa_compare_options.rounds_local. */
    if (rounds->result->comparison.rounds >= limits->rounds &&
        elapsed + seconds > FA_PICKS_LOCAL_SECONDS)
        return "a minute without --budget";
    return NULL;
}

/* Maximum number of contestants whose times are printed individually. */
#define SHOWN_MOST 4

/* Seconds of the last run that asked again. */
static double rounds_again_wall(const struct fa_rounds *rounds, size_t contestant)
{
    const struct fa_contestant *one = &rounds->again->comparison.contestants[contestant];
    return one->trials[one->n_trials - 1].wall;
}

static void rounds_print(const struct fa_rounds *rounds, unsigned round, unsigned wanted,
                         const unsigned *order, double seconds)
{
    const struct fa_comparison *comparison = &rounds->result->comparison;
    if (rounds->runs->options->quiet)
        return;
    if (round == 0)
        fputs("fetchall: warm-up: ", stderr);
    else
        fprintf(stderr, "fetchall: round %u of %s%u: ", round,
                comparison->sequential ? "at most " : "", wanted);
    if (comparison->n_contestants > SHOWN_MOST)
        fprintf(stderr, "%zu runs in %.2f s", comparison->n_contestants, seconds);
    for (unsigned place = 0;
         comparison->n_contestants <= SHOWN_MOST && place < comparison->n_contestants; ++place) {
        const struct fa_contestant *contestant = &comparison->contestants[order[place]];
        const struct fa_trial *last = &contestant->trials[contestant->n_trials - 1];
        if (contestant->wrong[0])
            fprintf(stderr, "%s%s is wrong", place ? ", " : "", contestant->name);
        else
            fprintf(stderr, "%s%s %.2f s", place ? ", " : "", contestant->name, last->wall);
        if (rounds->again && round > 0)
            fprintf(stderr, " (again %.2f s)", rounds_again_wall(rounds, order[place]));
    }
    fputc('\n', stderr);
}

/* Runs of each contestant in a round. */
static unsigned rounds_times(const struct fa_rounds *rounds)
{
    return rounds->again ? 2 : 1;
}

/* Print the number of bytes, which is known after the warm-up. */
static void rounds_announce(const struct fa_rounds *rounds)
{
    const struct fa_comparison *comparison = &rounds->result->comparison;
    char once[FA_UNITS_MAX], all[FA_UNITS_MAX];
    if (rounds->runs->options->quiet || comparison->stage || comparison->bytes == 0)
        return;
    double runs =
        (double)comparison->n_contestants * (1 + rounds_times(rounds) * comparison->rounds_wanted);
    fprintf(stderr, "fetchall: each run receives about %s: %s %s in all\n",
            fa_units_bytes((double)comparison->bytes, once),
            comparison->sequential ? "at most" : "about",
            fa_units_bytes((double)comparison->bytes * runs, all));
}

/* Run one round; 0 is the warm-up.  @return 1; 0 if a limit was reached, named in *ret_limit; or -1. */
static int rounds_run_one(struct fa_rounds *rounds, unsigned round, const unsigned *order,
                          const char **ret_limit, struct fa_error *err)
{
    struct fa_comparison *comparison = &rounds->result->comparison;
    for (unsigned place = 0; place < comparison->n_contestants; ++place) {
        struct fa_contestant *contestant = &comparison->contestants[order[place]];
        struct fa_trial trial = {0};
        /* Do not ask the servers again for what is not ranked. */
        if (contestant->wrong[0])
            continue;
        /* The cost of the round was checked before it; this catches a round that costs more than
         * the previous one. */
        *ret_limit = place > 0 ? rounds_exceeded_limit(rounds, 0, 0) : NULL;
        if (*ret_limit)
            return 0;
        rounds->run = round > 0 ? (round - 1) * (unsigned)comparison->n_contestants + place + 1 : 0;
        int rc = rounds->once(rounds, contestant, &trial, err);
        trial.round = round > 0 ? round - 1 : 0;
        trial.place = place;
        if (rc != 0) {
            free(trial.moments);
            /* fa_child_run() reports a signal and the end of --budget alike; only the former is
             * remembered. */
            bool late = err->class == FA_CLASS_CANCELLED && !fa_signals_caught();
            *ret_limit = late ? "--budget" : NULL;
            return late ? 0 : -1;
        }
        contestant->trials[contestant->n_trials++] = trial;
    }
    return 1;
}

/* The cost of the last round, and the size of the sample as far as known: the largest run, as one
 * with failures receives less. */
static double rounds_add_up(struct fa_comparison *comparison)
{
    double seconds = 0;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_contestant *contestant = &comparison->contestants[i];
        if (contestant->wrong[0])
            continue;
        const struct fa_trial *last = &contestant->trials[contestant->n_trials - 1];
        seconds += last->wall;
        if (last->bytes > comparison->bytes)
            comparison->bytes = last->bytes;
    }
    return seconds;
}

/* End the warm-up and drop its trials.  fa_result_trim() keeps comparison->rounds trials, which is
 * still 0 here. */
static int rounds_end_warmup(struct fa_rounds *rounds, struct fa_error *err)
{
    struct fa_comparison *comparison = &rounds->result->comparison;
    struct fa_warmup warmup = fa_warmup_of(comparison->contestants, comparison->n_contestants);
    rounds->pointless = fa_warmup_check(&warmup, " in the warm-up", err) != 0;
    if (!rounds->pointless && !rounds->runs->options->quiet)
        fa_warmup_report(&warmup);
    fa_result_trim(rounds->result);
    if (rounds->pointless)
        return -1;
    rounds_announce(rounds);
    return 1;
}

static void rounds_print_end(const struct fa_rounds *rounds, const char *limit, double seconds)
{
    const struct fa_comparison *comparison = &rounds->result->comparison;
    char bytes[FA_UNITS_MAX];
    fprintf(stderr, "fetchall: %s ends it after %u of %u round%s", limit, comparison->rounds,
            comparison->rounds_wanted, fa_units_plural(comparison->rounds_wanted));
    if (seconds > 0 && strcmp(limit, "--budget") == 0)
        fprintf(stderr, ", each of about %.1f s", seconds);
    if (comparison->bytes > 0 && strcmp(limit, "--max-bytes") == 0)
        fprintf(stderr, ", each of about %s",
                fa_units_bytes((double)(comparison->bytes * comparison->n_contestants), bytes));
    fputc('\n', stderr);
}

/* The order of the warm-up: that of the first round, with other programs last, because their files
 * are compared with those of fetchall. */
static void rounds_order_warmup(const struct fa_comparison *comparison, const unsigned *order,
                                unsigned *ret)
{
    size_t n = 0;
    for (int program = 0; program < 2; ++program)
        for (size_t i = 0; i < comparison->n_contestants; ++i)
            if ((comparison->contestants[order[i]].program != NULL) == (program == 1))
                ret[n++] = order[i];
}

/* Rounds of a single contestant, which never have an answer. */
#define ROUNDS_ALONE 5

/* Whether --rounds auto has its answer.  Without memory for a verdict the rounds go on; the verdict
 * at the end reports it. */
static bool rounds_are_enough(const struct fa_rounds *rounds)
{
    const struct fa_comparison *comparison = &rounds->result->comparison;
    struct fa_verdict verdict;
    if (comparison->sequential && comparison->n_contestants == 1)
        return comparison->rounds >= ROUNDS_ALONE;
    if (!comparison->sequential || comparison->rounds < FA_SEQUENCE_LEAST ||
        fa_verdict_look(&verdict, comparison) != 0)
        return false;
    bool enough = fa_sequence_decided(comparison, &verdict);
    fa_verdict_fini(&verdict);
    return enough;
}

static void rounds_end_early(const struct fa_rounds *rounds)
{
    struct fa_comparison *comparison = &rounds->result->comparison;
    if (!rounds->runs->options->quiet && comparison->rounds < comparison->rounds_wanted)
        fprintf(stderr, "fetchall: %u rounds are enough\n", comparison->rounds);
    comparison->rounds_wanted = comparison->rounds;
}

static int rounds_run_all(struct fa_rounds *rounds, const unsigned *order, struct fa_error *err)
{
    struct fa_comparison *comparison = &rounds->result->comparison;
    unsigned n = (unsigned)comparison->n_contestants;
    unsigned warmup[FA_PLAN_CONTESTANTS_MAX] = {0};
    const char *limit = NULL;
    double seconds = 0;
    int rc = 1;
    rounds_order_warmup(comparison, order, warmup);
    for (unsigned round = 0; rc == 1 && round <= comparison->rounds_wanted; ++round) {
        /* Round 0 is the warm-up: nothing is known yet that an estimate could start from. */
        limit = round > 0 ? rounds_exceeded_limit(rounds, seconds * rounds_times(rounds),
                                                  comparison->bytes * n * rounds_times(rounds))
                          : NULL;
        if (limit)
            break;
        const unsigned *next = round > 0 ? order + (size_t)(round - 1) * n : warmup;
        rc = rounds_run_one(rounds, round, next, &limit, err);
        if (rc != 1)
            break;
        seconds = rounds_add_up(comparison);
        rounds_print(rounds, round, comparison->rounds_wanted, next, seconds);
        if (round == 0) {
            rc = rounds_end_warmup(rounds, err);
            continue;
        }
        comparison->rounds = round;
        if (rounds_are_enough(rounds))
            rounds_end_early(rounds);
    }
    /* A user who presses Ctrl-C wants to see the rounds so far. */
    if (rc < 0 && fa_signals_caught()) {
        limit = "a signal";
        rc = 0;
    } else if (rc < 0 && comparison->rounds > 0) {
        fa_term_error(err);
        rounds->broken = true;
        limit = "that";
        rc = 0;
    }
    if (rc >= 0 && limit)
        rounds_print_end(rounds, limit, seconds);
    return rc < 0 ? -1 : 0;
}

/* The runs that asked again have the rounds of those that asked first. */
static void rounds_end_again(struct fa_rounds *rounds)
{
    struct fa_comparison *again = &rounds->again->comparison;
    const struct fa_comparison *first = &rounds->result->comparison;
    again->rounds = first->rounds;
    again->rounds_wanted = first->rounds_wanted;
    again->bytes = first->bytes;
    fa_result_trim(rounds->again);
    again->requests = 0;
    for (size_t i = 0; i < again->n_contestants; ++i)
        for (size_t j = 0; j < again->contestants[i].n_trials; ++j)
            again->requests += again->contestants[i].trials[j].requests;
}

int fa_rounds_run(struct fa_rounds *rounds, struct fa_error *err)
{
    struct fa_comparison *comparison = &rounds->result->comparison;
    unsigned n = (unsigned)comparison->n_contestants;
    unsigned *order = calloc((size_t)comparison->rounds_wanted * n, sizeof(*order));
    uint64_t before = rounds->runs->requests;
    if (!order) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot plan the rounds");
        return -1;
    }
    double budget = rounds->runs->options->compare.budget;
    /* A run that hangs must not outlast the budget, so it has a deadline of its own. */
    rounds->runs->until = budget > 0 ? rounds->began + budget : 0;
    fa_plan_order(order, comparison->rounds_wanted, n, rounds->seed);
    int rc = rounds_run_all(rounds, order, err);
    fa_result_trim(rounds->result);
    if (rounds->again)
        rounds_end_again(rounds);
    /* runs adds up all results of a comparison; this one gets its own share. */
    comparison->requests = rounds->runs->requests - before;
    if (rounds->again)
        comparison->requests -= rounds->again->comparison.requests;
    free(order);
    return rc;
}
