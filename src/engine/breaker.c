#include "engine/breaker.h"

#include "engine/retry.h"

#include <math.h>

bool fa_breaker_allows(const struct fa_breaker *breaker, double now)
{
    if (breaker->state == FA_BREAKER_CLOSED)
        return true;
    return breaker->state != FA_BREAKER_PROBING && now >= breaker->until;
}

void fa_breaker_start(struct fa_breaker *breaker)
{
    if (breaker->state == FA_BREAKER_OPEN || breaker->state == FA_BREAKER_GIVEN_UP)
        breaker->state = FA_BREAKER_PROBING;
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
    breaker->until = now + FA_BREAKER_REST;
    breaker->probes = 0;
    return FA_BREAKER_GAVE_UP;
}

static enum fa_breaker_change open_it(struct fa_breaker *breaker,
                                      const struct fa_breaker_failure *failure)
{
    double wait = fa_retry_back_off(failure->wait, breaker->probes + 1, failure->random);
    breaker->asked = failure->retry_after > 0;
    if (breaker->asked)
        wait = fmin(failure->retry_after, FA_RETRY_AFTER_CAP);
    breaker->state = FA_BREAKER_OPEN;
    breaker->until = failure->now + wait;
    return breaker->asked ? FA_BREAKER_PAUSED : FA_BREAKER_OPENED;
}

enum fa_breaker_change fa_breaker_fail(struct fa_breaker *breaker,
                                       const struct fa_breaker_failure *failure)
{
    ++breaker->failures;
    switch (breaker->state) {
    case FA_BREAKER_CLOSED:
        if (failure->retry_after <= 0 && breaker->failures < failure->failures)
            return FA_BREAKER_SAME;
        if (failure->probes == 0)
            return failure->retry_after > 0 ? open_it(breaker, failure)
                                            : give_up(breaker, failure->now);
        return open_it(breaker, failure);
    case FA_BREAKER_PROBING:
        if (++breaker->probes >= failure->probes)
            return give_up(breaker, failure->now);
        return open_it(breaker, failure);
    case FA_BREAKER_OPEN:
    case FA_BREAKER_GIVEN_UP:
        /* One that was under way when it opened; a longer pause counts. */
        if (failure->retry_after > 0 && failure->now + failure->retry_after > breaker->until + 1)
            return open_it(breaker, failure);
        return FA_BREAKER_SAME;
    }
    return FA_BREAKER_SAME;
}

void fa_breaker_release(struct fa_breaker *breaker, double now)
{
    if (breaker->state == FA_BREAKER_PROBING) {
        breaker->state = FA_BREAKER_OPEN;
        breaker->until = now;
    }
}
