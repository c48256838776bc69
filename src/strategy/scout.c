#include "strategy/scout.h"

#include <stdlib.h>

struct fa_scout {
    const struct fa_attempt *attempt; /* the one that goes ahead */
    uint64_t origin;
    struct fa_attempt *first; /* of those that wait */
    struct fa_attempt **last;
    struct fa_scout *next;
};

static struct fa_scout **find(struct fa_scouts *scouts, uint64_t origin)
{
    struct fa_scout **at = &scouts->buckets[origin % FA_SCOUT_BUCKETS];
    while (*at && (*at)->origin != origin)
        at = &(*at)->next;
    return at;
}

bool fa_scouts_wait(struct fa_scouts *scouts, struct fa_attempt *attempt)
{
    struct fa_scout **at = find(scouts, attempt->origin);
    struct fa_scout *scout = *at;
    if (scout) {
        attempt->next = NULL;
        *scout->last = attempt;
        scout->last = &attempt->next;
        return true;
    }
    scout = calloc(1, sizeof(*scout));
    if (!scout)
        return false; /* it goes alone, and so do the others */
    scout->attempt = attempt;
    scout->origin = attempt->origin;
    scout->last = &scout->first;
    *at = scout;
    return false;
}

static struct fa_attempt *take(struct fa_scout **at)
{
    struct fa_scout *scout = *at;
    struct fa_attempt *first = scout->first;
    *at = scout->next;
    free(scout);
    return first;
}

struct fa_attempt *fa_scouts_end(struct fa_scouts *scouts, const struct fa_attempt *attempt)
{
    struct fa_scout **at = find(scouts, attempt->origin);
    return *at && (*at)->attempt == attempt ? take(at) : NULL;
}

struct fa_attempt *fa_scouts_drain(struct fa_scouts *scouts)
{
    struct fa_attempt *first = NULL;
    for (size_t i = 0; i < FA_SCOUT_BUCKETS && !first; ++i)
        while (scouts->buckets[i] && !first)
            first = take(&scouts->buckets[i]);
    return first;
}
