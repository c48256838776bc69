/*
 * Descriptors can run out although the limits allow more, because other programs and libraries
 * open files too.  The number of slots then falls to what has proved to work, and grows back by an
 * eighth at a time, more slowly with each shortage in a row.
 */
#include "engine/slots.h"

#include <math.h>

void fa_slots_init(struct fa_slots *slots, unsigned most)
{
    *slots = (struct fa_slots){.now = most, .most = most};
}

/* The attempt that failed is among the active ones; at least one may always run. */
bool fa_slots_lower(struct fa_slots *slots, unsigned active, double now)
{
    bool lowered = slots->now == slots->most;
    slots->wait = lowered ? FA_SLOTS_WAIT : fmin(slots->wait * 2, FA_SLOTS_WAIT_MAX);
    slots->next = now + slots->wait;
    slots->now = active > 1 ? active - 1 : 1;
    return lowered;
}

/* Steps are relative, so that 20,000 slots are back as soon as 20. */
bool fa_slots_grow(struct fa_slots *slots, double now)
{
    if (slots->now >= slots->most || now < slots->next)
        return false;
    unsigned step = slots->now / 8 + 1;
    slots->now = step < slots->most - slots->now ? slots->now + step : slots->most;
    slots->next = now + slots->wait;
    return true;
}
