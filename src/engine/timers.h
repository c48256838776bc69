/**
 * A priority queue of points in time: a binary heap.  Pure.
 */
#ifndef FA_ENGINE_TIMERS_H
#define FA_ENGINE_TIMERS_H

#include <stddef.h>

/** Embedded in the object that waits.  All zero: not set. */
struct fa_timer {
    double at;    /**< On the clock of base/clock.h. */
    size_t place; /**< Index in the heap, from 1; 0: not set. */
};

struct fa_timers {
    struct fa_timer **heap;
    size_t count;
    size_t room;
};

void fa_timers_fini(struct fa_timers *timers);

/** Set a timer, or change its time.  @return 0, or -1: no memory. */
int fa_timers_set(struct fa_timers *timers, struct fa_timer *timer, double when);

/** Does nothing if the timer is not set. */
void fa_timers_clear(struct fa_timers *timers, struct fa_timer *timer);

/** @return the earliest timer, which stays set; or NULL. */
struct fa_timer *fa_timers_next(const struct fa_timers *timers);

#endif
