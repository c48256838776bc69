#include "engine/breaker.h"

#include "engine/retry.h"

#include <math.h>

bool fa_breaker_allows(const struct fa_breaker *breaker, double now)
{
    if (breaker->state == FA_BREAKER_CLOSED)
        return true;
    return breaker->state != FA_BREAKER_PROBING && now >= breaker->until;
}

bool fa_breaker_start(struct fa_breaker *breaker)
{
    if (breaker->state == FA_BREAKER_OPEN || breaker->state == FA_BREAKER_GIVEN_UP)
        breaker->state = FA_BREAKER_PROBING;
    return breaker->state == FA_BREAKER_PROBING;
}

bool fa_breaker_waits(const struct fa_breaker *breaker)
{
    bool open = breaker->state == FA_BREAKER_OPEN || breaker->state == FA_BREAKER_PROBING;
    return open && !breaker->asked;
}

bool fa_breaker_rejects(const struct fa_breaker *breaker, double now)
{
    return breaker->state == FA_BREAKER_GIVEN_UP && now < breaker->until;
}

bool fa_breaker_succeed(struct fa_breaker *breaker)
{
    if (breaker->state == FA_BREAKER_OPEN && breaker->asked)
        return false;
    bool was_open = breaker->state != FA_BREAKER_CLOSED;
    *breaker = (struct fa_breaker){0};
    return was_open;
}

static enum fa_breaker_change give_up(struct fa_breaker *breaker, double now)
{
    breaker->state = FA_BREAKER_GIVEN_UP;
    breaker->asked = false;
    breaker->until = now + FA_BREAKER_REST;
    return FA_BREAKER_GAVE_UP;
}

static enum fa_breaker_change pause_it(struct fa_breaker *breaker,
                                       const struct fa_breaker_failure *failure)
{
    breaker->state = FA_BREAKER_OPEN;
    breaker->asked = true;
    breaker->until = failure->now + fmin(failure->retry_after, FA_RETRY_AFTER_CAP);
    breaker->since = breaker->until;
    return FA_BREAKER_PAUSED;
}

/* The origin only fails: the next probe is in a while, or all patience was in vain. */
static enum fa_breaker_change open_it(struct fa_breaker *breaker,
                                      const struct fa_breaker_failure *failure)
{
    double end = breaker->since + failure->patience;
    double wait = fa_retry_back_off(failure->wait, breaker->probes + 1, failure->random);
    bool probed = breaker->probes > 0 || failure->patience <= 0;
    if (failure->now >= end && probed && breaker->probes >= failure->probes)
        return give_up(breaker, failure->now);
    breaker->state = FA_BREAKER_OPEN;
    breaker->asked = false;
    breaker->until = failure->now + fmin(wait, FA_BREAKER_PROBE_WAIT);
    if (end > failure->now)
        breaker->until = fmin(breaker->until, end);
    return FA_BREAKER_OPENED;
}

enum fa_breaker_change fa_breaker_fail(struct fa_breaker *breaker,
                                       const struct fa_breaker_failure *failure)
{
    bool asks = failure->retry_after > 0;
    if (breaker->failures++ == 0)
        breaker->since = failure->now;
    bool probed = breaker->state == FA_BREAKER_PROBING && failure->probe;
    if (probed || breaker->state == FA_BREAKER_CLOSED) {
        breaker->probes += probed;
        if (!asks)
            return probed || breaker->failures >= failure->failures ? open_it(breaker, failure)
                                                                    : FA_BREAKER_SAME;
        if (breaker->pauses++ > 0 && breaker->pauses > failure->pauses)
            return give_up(breaker, failure->now);
        return pause_it(breaker, failure);
    }
    /* One that was under way when it opened; a longer pause counts. */
    if (asks && failure->now + failure->retry_after > breaker->until + 1)
        return pause_it(breaker, failure);
    return FA_BREAKER_SAME;
}

void fa_breaker_release(struct fa_breaker *breaker, double now)
{
    if (breaker->state == FA_BREAKER_PROBING) {
        breaker->state = FA_BREAKER_OPEN;
        breaker->until = now;
    }
}
