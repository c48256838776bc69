#include "engine/growth.h"

#include <math.h>

void fa_growth_init(struct fa_growth *growth, unsigned most)
{
    *growth = (struct fa_growth){
        .most = most ? most : FA_GROWTH_AUTO,
        .measures = most == 0,
        .now = most ? most : 1,
        .since = -1,
    };
}

/* Whether a step paid: half of what it could have brought. */
static bool growth_paid(const struct fa_growth *growth, double rate)
{
    double ideal = (double)growth->now / growth->fewer;
    return rate >= growth->rate * (1 + (ideal - 1) / 2);
}

static void growth_step(struct fa_growth *growth, double rate)
{
    growth->since = -1;
    if (growth->fewer > 0 && !growth_paid(growth, rate)) {
        growth->now = growth->fewer;
        growth->settled = true;
        return;
    }
    growth->fewer = growth->now;
    growth->rate = rate;
    growth->now = growth->now * 2 < growth->most ? growth->now * 2 : growth->most;
    growth->settled = growth->now == growth->fewer;
}

/* `since` is in the future until the connections have started, and then when counting began.
 * Measures only while all connections that are wanted are there, and after they have started. */
static void growth_measure(struct fa_growth *growth, unsigned live, uint64_t bytes, double now)
{
    if (live != growth->now) {
        growth->since = -1;
        return;
    }
    if (growth->since < 0) {
        growth->since = now + FA_GROWTH_SETTLE;
        growth->bytes = 0;
        return;
    }
    if (now < growth->since)
        return;
    if (growth->bytes == 0) {
        growth->since = now;
        growth->bytes = bytes;
    } else if (now - growth->since >= FA_GROWTH_WINDOW) {
        growth_step(growth, (double)(bytes - growth->bytes) / (now - growth->since));
    }
}

/* One more than the server has allowed, after a while. */
static unsigned growth_try_one(struct fa_growth *growth, unsigned live, double now)
{
    if (now >= growth->not_before && live > growth->allowed) {
        growth->allowed = live;
        growth->not_before = now + FA_GROWTH_BACK_OFF;
    }
    unsigned most = growth->allowed + (now >= growth->not_before);
    return growth->now < most ? growth->now : most;
}

unsigned fa_growth_wanted(struct fa_growth *growth, unsigned live, uint64_t bytes, double now)
{
    if (growth->measures && !growth->settled)
        growth_measure(growth, live, bytes, now);
    return growth->allowed ? growth_try_one(growth, live, now) : growth->now;
}

uint64_t fa_growth_trial(const struct fa_growth *growth)
{
    bool tries = growth->measures && !growth->settled && growth->fewer == 1;
    return tries ? (uint64_t)fmax(1, growth->rate * FA_GROWTH_TRIAL) : 0;
}

/* Connections that were tried at once are refused one after the other: these are one refusal, which
 * lowers the number further but does not double the wait again. */
void fa_growth_refused(struct fa_growth *growth, unsigned live, double now)
{
    bool again = growth->allowed && now < growth->not_before;
    unsigned least = live > 1 ? live : 1;
    if (!again || least < growth->allowed)
        growth->allowed = least;
    growth->since = -1;
    if (again)
        return;
    growth->not_before = now + FA_GROWTH_BACK_OFF * (double)(1u << growth->refusals);
    if (++growth->refusals == FA_GROWTH_REFUSALS)
        growth->not_before = INFINITY;
}

void fa_growth_stop(struct fa_growth *growth)
{
    growth->now = growth->most = 1;
    growth->settled = true;
}
