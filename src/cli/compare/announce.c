#include "cli/compare/announce.h"

#include <stdio.h>

#include "cli/units.h"

/* Warn about the default number of jobs too: slots that --per-host keeps empty are not compared,
 * and the result would be about the limit and not about the jobs. */
static void announce_per_host(const struct fa_options *options, const struct fa_sample *sample,
                              const struct fa_contestant *contestants, size_t n)
{
    unsigned per_host = options->config.per_host, jobs = 0;
    for (size_t i = 0; i < n; ++i)
        jobs = contestants[i].jobs > jobs ? contestants[i].jobs : jobs;
    unsigned long long at_once = sample->taken_origins * per_host;
    if (per_host == 0 || jobs <= at_once || sample->taken <= at_once)
        return;
    fprintf(stderr, "fetchall: --per-host %u holds -j %u back: %s no more than %llu at once\n",
            per_host, jobs, sample->taken_origins == 1 ? "the host gets" : "these hosts get",
            at_once);
}

void fa_announce(const struct fa_options *options, const struct fa_sample *sample,
                 const struct fa_contestant *contestants, size_t n)
{
    const struct fa_compare_options *compare = &options->compare;
    unsigned long long runs = (unsigned long long)n * (1 + compare->rounds);
    unsigned long long requests = runs * sample->taken;
    if (options->quiet)
        return;
    fprintf(
        stderr,
        "fetchall: %llu of %llu %s, from %llu host%s\n"
        "fetchall: %zu to compare, a warm-up and %s%u round%s: %llu run%s of %llu request%s, %llu "
        "in all, the warm-up included; retries and redirects add to that\n",
        (unsigned long long)sample->taken, (unsigned long long)sample->entries,
        sample->entries == 1 ? "entry" : "entries", (unsigned long long)sample->taken_origins,
        fa_units_plural(sample->taken_origins), n, compare->sequential ? "at most " : "",
        compare->rounds, fa_units_plural(compare->rounds), runs, fa_units_plural(runs),
        (unsigned long long)sample->taken, fa_units_plural(sample->taken), requests);
    announce_per_host(options, sample, contestants, n);
}
