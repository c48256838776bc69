/*
 * Users compare what they have chosen, and a limit that is too low for all contestants does not
 * show in their ratios.  Two measures show it: how long all slots were in use, and whether a
 * transfer took hardly longer then than while few were in use (harvest.c).  If so, neither the
 * servers, the network nor this machine were the limit.
 */
#include "cli/compare/limit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/compare/contestant.h"

/* Least share of the time with all slots in use, and least yield of a slot then. */
#define FULL_LEAST  0.7
#define YIELD_LEAST 0.75

/* The number to try, and the largest one of --jobs in a comparison. */
#define TIMES     4
#define JOBS_MOST 4096

static bool standing_is_held(const struct fa_standing_of *standing)
{
    /* Not true of NAN either. */
    return standing->slots_full >= FULL_LEAST && standing->slot_yield >= YIELD_LEAST;
}

/* Whether it is true of each contestant that counts, and none has more slots than the best. */
static bool limit_holds_all(const struct fa_verdict *verdict,
                            const struct fa_comparison *comparison, uint64_t slots)
{
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        const struct fa_contestant *one = &comparison->contestants[i];
        if (verdict->standings[i].rank == FA_RANK_FAILING || one->program)
            continue;
        if (fa_contestant_slots(one, comparison->origins) > slots ||
            !standing_is_held(&verdict->standings[i]))
            return false;
    }
    return true;
}

bool fa_limit_describe(const struct fa_verdict *verdict, const struct fa_comparison *comparison,
                       char buf[FA_LIMIT_MAX])
{
    const struct fa_contestant *best = &comparison->contestants[verdict->best];
    uint64_t slots = fa_contestant_slots(best, comparison->origins);
    bool host = slots < best->jobs;
    unsigned limit = host ? best->per_host : best->jobs;
    if (comparison->stage || best->program || TIMES * limit > JOBS_MOST ||
        !limit_holds_all(verdict, comparison, slots))
        return false;
    snprintf(buf, FA_LIMIT_MAX,
             "%u at once%s was reached by all for %.0f %% of the time, and the throughput rose "
             "with their number: with %u it may be faster (add --%s %u,%u)",
             limit, host ? " to a host" : "",
             100 * fmin(verdict->standings[verdict->best].slots_full, 1), TIMES * limit,
             host ? "per-host" : "jobs", limit, TIMES * limit);
    return true;
}
