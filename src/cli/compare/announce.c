#include "cli/compare/announce.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/compare/command.h"
#include "cli/term.h"
#include "cli/units.h"

/* Warn about the default number of jobs too: slots that --per-host keeps empty are not compared,
 * and the result would be about the limit and not about the jobs. */
static void announce_per_host(const struct fa_options *options, const struct fa_sample *sample,
                              const struct fa_comparison *comparison)
{
    unsigned per_host = options->config.per_host, jobs = 0;
    for (size_t i = 0; i < comparison->n_contestants; ++i)
        if (comparison->contestants[i].jobs > jobs)
            jobs = comparison->contestants[i].jobs;
    unsigned long long at_once = sample->taken_origins * per_host;
    if (per_host == 0 || jobs <= at_once || comparison->entries <= at_once)
        return;
    fprintf(stderr, "fetchall: --per-host %u holds -j %u back: %s no more than %llu at once\n",
            per_host, jobs, sample->taken_origins == 1 ? "the host gets" : "these hosts get",
            at_once);
}

void fa_announce(const struct fa_options *options, const struct fa_sample *sample,
                 const struct fa_comparison *comparison)
{
    bool fresh = comparison->asked == FA_ASKED_FRESH;
    size_t n = comparison->n_contestants;
    unsigned long long rounds = comparison->rounds_wanted;
    unsigned long long runs = n * (1 + (fresh ? 2 : 1) * rounds);
    unsigned long long requests = runs * comparison->entries;
    if (options->quiet)
        return;
    fprintf(
        stderr,
        "fetchall: %llu of %llu %s, from %llu host%s\n"
        "fetchall: %zu to compare, a warm-up and %s%llu round%s: %llu run%s of %llu request%s, %llu "
        "in all, the warm-up included; retries and redirects add to that\n",
        (unsigned long long)sample->taken, (unsigned long long)sample->entries,
        sample->entries == 1 ? "entry" : "entries", (unsigned long long)sample->taken_origins,
        fa_units_plural(sample->taken_origins), n, comparison->sequential ? "at most " : "", rounds,
        fa_units_plural(rounds), runs, fa_units_plural(runs),
        (unsigned long long)comparison->entries, fa_units_plural(comparison->entries), requests);
    if (fresh)
        fputs("fetchall: each run asks for other entries than all before it, and then for them "
              "again\n",
              stderr);
    announce_per_host(options, sample, comparison);
}

void fa_announce_bad_lines(const struct fa_options *options, const struct fa_sample *sample,
                           const char *list)
{
    const struct fa_sample_bad *first = &sample->first_bad;
    char *shown = fa_command_shown(options, list);
    fprintf(stderr, "fetchall: %llu bad line%s left out%s", (unsigned long long)sample->bad,
            sample->bad == 1 ? " is" : "s are", sample->bad == 1 ? ": " : "; the first is ");
    fprintf(stderr, "line %llu of '", (unsigned long long)first->line);
    fa_term_put(stderr, shown ? shown : "?");
    free(shown);
    fputs("': ", stderr);
    fa_term_put(stderr, first->error.msg);
    fputc('\n', stderr);
}
