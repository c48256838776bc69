/*
 * The order of a comparison is balanced, so caches that become warm from run to run favour none of
 * the contestants.  Caches that expire between the runs, or servers that bypass them for some
 * clients, do: then the shares of answers from caches differ.
 */
#include "cli/compare/caches.h"

#include <math.h>
#include <stdio.h>

/* Smaller differences of the shares are no explanation. */
#define SHARE_LEAST 0.1

/* The contestant whose share differs most; n_contestants: none. */
static size_t caches_find(const struct fa_verdict *verdict, const struct fa_comparison *comparison)
{
    size_t found = comparison->n_contestants;
    double best = verdict->standings[verdict->best].cached, most = SHARE_LEAST;
    for (size_t i = 0; i < comparison->n_contestants; ++i) {
        double differs = fabs(verdict->standings[i].cached - best);
        /* Not true of NAN either. */
        if (verdict->standings[i].rank != FA_RANK_FAILING && differs >= most) {
            most = differs;
            found = i;
        }
    }
    return found;
}

bool fa_caches_describe(const struct fa_verdict *verdict, const struct fa_comparison *comparison,
                        char buf[FA_CACHES_MAX])
{
    size_t other = caches_find(verdict, comparison), best = verdict->best;
    if (other == comparison->n_contestants)
        return false;
    bool warmer = verdict->standings[best].cached > verdict->standings[other].cached;
    size_t warm = warmer ? best : other, cold = warmer ? other : best;
    snprintf(buf, FA_CACHES_MAX,
             "%s had warmer caches (%.0f %% of its answers came from one, and %.0f %% of those of "
             "%s), which may %s",
             comparison->contestants[warm].name, 100 * verdict->standings[warm].cached,
             100 * verdict->standings[cold].cached, comparison->contestants[cold].name,
             verdict->standings[other].rank == FA_RANK_EQUAL ? "hide a difference"
             : warmer                                        ? "be why it is faster"
                                                             : "make the difference too small");
    return true;
}
