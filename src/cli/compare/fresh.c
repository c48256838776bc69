/*
 * A part is for one run and its repetition.  The parts of a round go by the place of the run in it,
 * and places are balanced (plan.c), so over the rounds each contestant gets the first, second, ...
 * part of a round equally often.
 *
 * The warm-up has a part of its own, which all contestants download: it is about the network, the
 * resolver and this machine, and must not warm up what is measured.
 */
#include "cli/compare/fresh.h"

#include <errno.h>
#include <stdlib.h>

/* Least rounds for a conclusion with some certainty. */
#define ROUNDS_LEAST 4

static uint64_t fresh_parts(size_t contestants, unsigned rounds)
{
    return 1 + (uint64_t)contestants * rounds;
}

uint64_t fa_fresh_entries(const struct fa_compare_options *options, size_t contestants)
{
    return options->sample * fresh_parts(contestants, options->rounds);
}

static int fresh_refuse(const struct fa_runs *runs, size_t contestants, unsigned rounds,
                        struct fa_error *err)
{
    return fa_option_refuse(
        err,
        "--sample fresh requires at least %llu entries for %u rounds of %zu contestants, and there "
        "are %llu: add entries, compare fewer contestants (-m, -j), or remove fresh",
        (unsigned long long)(FA_PARTS_LEAST * fresh_parts(contestants, rounds)), rounds,
        contestants, (unsigned long long)runs->entries);
}

int fa_fresh_begin(struct fa_parts *ret, struct fa_runs *runs, size_t contestants, uint64_t seed,
                   unsigned *ret_rounds, struct fa_error *err)
{
    const struct fa_compare_options *options = &runs->options->compare;
    unsigned wanted = *ret_rounds;
    unsigned least = options->sequential && wanted > ROUNDS_LEAST ? ROUNDS_LEAST : wanted;
    *ret_rounds = fa_parts_rounds(runs->entries, (unsigned)contestants, wanted);
    *ret = (struct fa_parts){0};
    if (*ret_rounds < least)
        return fresh_refuse(runs, contestants, least, err);
    char *part = fa_workspace_path(runs->folder.path, "part");
    if (!part) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot divide the sample");
        return -1;
    }
    unsigned count = (unsigned)fresh_parts(contestants, *ret_rounds);
    *ret = (struct fa_parts){runs->list, count, runs->entries / count, seed};
    runs->list = part;
    runs->entries = ret->entries;
    return 0;
}

void fa_fresh_end(struct fa_parts *parts, struct fa_runs *runs)
{
    if (!parts->list)
        return;
    free(runs->list);
    runs->list = parts->list;
    *parts = (struct fa_parts){0};
}

/* Keep the second run of a pair. */
static void fresh_keep(const struct fa_rounds *rounds, const struct fa_contestant *contestant,
                       struct fa_trial *again)
{
    const struct fa_comparison *first = &rounds->result->comparison;
    unsigned n = (unsigned)first->n_contestants;
    struct fa_contestant *to =
        &rounds->again->comparison.contestants[contestant - first->contestants];
    again->round = (rounds->run - 1) / n;
    again->place = (rounds->run - 1) % n;
    to->trials[to->n_trials++] = *again;
}

int fa_fresh_once(struct fa_rounds *rounds, struct fa_contestant *contestant, struct fa_trial *ret,
                  struct fa_error *err)
{
    struct fa_runs *runs = rounds->runs;
    struct fa_trial again = {0};
    if (fa_parts_write(rounds->parts, rounds->run, runs->list, err) != 0 ||
        fa_runs_fetch(runs, contestant, ret, err) != 0)
        return -1;
    if (rounds->run == 0)
        return 0;
    if (fa_runs_fetch(runs, contestant, &again, err) != 0) {
        free(again.moments);
        return -1;
    }
    fresh_keep(rounds, contestant, &again);
    return 0;
}
