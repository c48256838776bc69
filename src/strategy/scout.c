/*
 * When many attempts for a new origin start at once over HTTP/2, each would open a connection of
 * its own, because libcurl knows only after the handshake that it can multiplex.  So the first
 * attempt, the scout, goes ahead, and the others wait until it is connected or has ended.
 *
 * If the scout fails, the others start all at once without another scout: the failure may be its
 * own, and a row of scouts would fail one after the other, each after a time-out.
 *
 * Once a connection exists, the next attempt becomes a scout as well, but not for long: libcurl
 * reports a reused connection at once (CURLOPT_PREREQFUNCTION(3)).
 */
#include "strategy/scout.h"

#include <stdlib.h>

struct fa_scout {
    const struct fa_attempt *attempt; /* the scout itself */
    uint64_t origin;
    struct fa_attempt_queue waiting;
    LIST_ENTRY(fa_scout) link; /* in its bucket */
};

static struct fa_scout *scout_find(struct fa_scouts *scouts, uint64_t origin)
{
    struct fa_scout *scout;
    LIST_FOREACH (scout, &scouts->buckets[origin % FA_SCOUT_BUCKETS], link)
        if (scout->origin == origin)
            return scout;
    return NULL;
}

bool fa_scouts_wait(struct fa_scouts *scouts, struct fa_attempt *attempt)
{
    struct fa_scout *scout = scout_find(scouts, attempt->origin);
    if (scout) {
        STAILQ_INSERT_TAIL(&scout->waiting, attempt, link);
        return true;
    }
    scout = calloc(1, sizeof(*scout));
    if (!scout)
        return false; /* proceed without scouting */
    scout->attempt = attempt;
    scout->origin = attempt->origin;
    STAILQ_INIT(&scout->waiting);
    LIST_INSERT_HEAD(&scouts->buckets[attempt->origin % FA_SCOUT_BUCKETS], scout, link);
    return false;
}

static void scout_end(struct fa_scout *scout, struct fa_attempt_queue *ret)
{
    STAILQ_CONCAT(ret, &scout->waiting);
    LIST_REMOVE(scout, link);
    free(scout);
}

/* Called for every attempt, connected and ended: only the first call for a scout finds it. */
void fa_scouts_end(struct fa_scouts *scouts, const struct fa_attempt *attempt,
                   struct fa_attempt_queue *ret)
{
    struct fa_scout *scout = scout_find(scouts, attempt->origin);
    if (scout && scout->attempt == attempt)
        scout_end(scout, ret);
}

void fa_scouts_drain(struct fa_scouts *scouts, struct fa_attempt_queue *ret)
{
    for (size_t i = 0; i < FA_SCOUT_BUCKETS; ++i)
        for (struct fa_scout *scout = LIST_FIRST(&scouts->buckets[i]), *next; scout; scout = next) {
            next = LIST_NEXT(scout, link);
            scout_end(scout, ret);
        }
}
