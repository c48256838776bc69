/*
 * The limit follows the answers of the origin and no clock, so that it falls within one round trip
 * of an overload, and is back after a few good answers.  It is at least 1: an origin with a limit
 * of 0 would never be asked again.
 */
#include "engine/throttle.h"

bool fa_throttle_allows(const struct fa_throttle *throttle, unsigned active)
{
    return throttle->limit == 0 || active < throttle->limit;
}

void fa_throttle_overloaded(struct fa_throttle *throttle, double started, unsigned active,
                            double now)
{
    if (throttle->limit && started < throttle->cut_at)
        return;
    unsigned used = active + 1;
    if (throttle->limit && throttle->limit < used)
        used = throttle->limit;
    throttle->limit = used > 1 ? used / 2 : 1;
    throttle->cut_at = now;
}

/* One more for each good answer doubles the number in each round trip, so that a host that has
 * recovered is at full speed soon. */
void fa_throttle_succeeded(struct fa_throttle *throttle, unsigned most)
{
    if (throttle->limit && ++throttle->limit >= most)
        throttle->limit = 0;
}
