/*
 * Requests start in turns of the event loop, so they are late by up to a few milliseconds.  At low
 * rates the next distance counts from the late start, so that there are never too many requests in
 * a second.  At high rates this would add up, so LATE seconds are caught up.
 */
#include "engine/spacing.h"

#include <math.h>

/* Distances from which on a delay is not caught up, in seconds. */
#define LONG 0.05
#define LATE 0.01

void fa_spacing_start(struct fa_spacing *spacing, double rate, unsigned count, double now)
{
    if (rate <= 0)
        return;
    double distance = 1 / rate;
    double late = distance < LONG ? LATE : 0;
    spacing->next = fmax(spacing->next, now - late) + count * distance;
}

void fa_spacing_undo(struct fa_spacing *spacing, double rate)
{
    if (rate > 0)
        spacing->next -= 1 / rate;
}

double fa_spacing_wait(const struct fa_spacing *spacing, double now)
{
    return fmax(0, spacing->next - now);
}
