/*
 * Many transfers of an origin can be in progress when it goes down, and all of them fail
 * within a moment.  Only failures in state CLOSED, and that of the probe, change the state; the
 * others must neither count as probes nor start the wait again.  They can only prolong a pause, if
 * they ask for a longer one.
 */
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

bool fa_breaker_pauses(const struct fa_breaker *breaker, double now)
{
    return breaker->asked && !fa_breaker_allows(breaker, now);
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

static enum fa_breaker_change breaker_give_up(struct fa_breaker *breaker, double now)
{
    breaker->state = FA_BREAKER_GIVEN_UP;
    breaker->asked = false;
    breaker->until = now + FA_BREAKER_REST;
    return FA_BREAKER_GAVE_UP;
}

/* Patience starts at the end of the pause: during it, nothing was expected of the server. */
static enum fa_breaker_change breaker_pause(struct fa_breaker *breaker,
                                            const struct fa_breaker_failure *failure)
{
    breaker->state = FA_BREAKER_OPEN;
    breaker->asked = true;
    breaker->until = failure->now + fmin(failure->retry_after, FA_RETRY_AFTER_CAP);
    breaker->since = breaker->until;
    return FA_BREAKER_PAUSED;
}

/* The origin only asks for pauses. */
static enum fa_breaker_change breaker_ask(struct fa_breaker *breaker,
                                          const struct fa_breaker_failure *failure)
{
    if (breaker->pauses++ == 0)
        breaker->asked_at = failure->now;
    if (breaker->pauses > 1 && breaker->pauses > failure->pauses &&
        breaker->probes >= failure->probes && failure->now >= breaker->asked_at + failure->patience)
        return breaker_give_up(breaker, failure->now);
    return breaker_pause(breaker, failure);
}

/* The origin only fails: schedule the next probe, or give up if patience is exhausted.  At least
 * one probe is made after the first failures, unless there is no patience at all. */
static enum fa_breaker_change breaker_open(struct fa_breaker *breaker,
                                           const struct fa_breaker_failure *failure)
{
    double end = breaker->since + failure->patience;
    double wait = fa_retry_back_off(failure->wait, breaker->probes + 1, failure->random);
    bool probed = breaker->probes > 0 || failure->patience <= 0;
    if (failure->now >= end && probed && breaker->probes >= failure->probes)
        return breaker_give_up(breaker, failure->now);
    breaker->state = FA_BREAKER_OPEN;
    breaker->asked = false;
    breaker->until = failure->now + fmin(wait, failure->wait_most);
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
            return probed || breaker->failures >= failure->failures ? breaker_open(breaker, failure)
                                                                    : FA_BREAKER_SAME;
        return breaker_ask(breaker, failure);
    }
    /* The request was in progress when the breaker opened: only a longer pause counts. */
    if (asks && failure->now + failure->retry_after > breaker->until + 1)
        return breaker_pause(breaker, failure);
    return FA_BREAKER_SAME;
}

/* The next request becomes the probe instead, at once. */
void fa_breaker_release(struct fa_breaker *breaker, double now)
{
    if (breaker->state == FA_BREAKER_PROBING) {
        breaker->state = FA_BREAKER_OPEN;
        breaker->until = now;
    }
}

/* As after the failure that the other process has seen. */
void fa_breaker_resume(struct fa_breaker *breaker, double until, bool asked, double now)
{
    *breaker = (struct fa_breaker){
        .state = FA_BREAKER_OPEN,
        .asked = asked,
        .failures = 1,
        .pauses = asked,
        .asked_at = now,
        .since = asked ? until : now,
        .until = until,
    };
}
