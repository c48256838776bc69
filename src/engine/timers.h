/**
 * Moments to come, the next one first: a binary heap.  Pure.
 */
#ifndef FA_ENGINE_TIMERS_H
#define FA_ENGINE_TIMERS_H

#include <stddef.h>

/** Stands in what waits.  All zero: not set. */
struct fa_timer {
    double at;    /**< On the clock of base/clock.h. */
    size_t place; /**< From 1, in the heap; 0: not set. */
};

struct fa_timers {
    struct fa_timer **heap;
    size_t count;
    size_t room;
};

void fa_timers_fini(struct fa_timers *timers);

/** Set, or set anew.  @return 0, or -1 when memory ran out. */
int fa_timers_set(struct fa_timers *timers, struct fa_timer *timer, double when);

/** A timer that is not set is fine. */
void fa_timers_clear(struct fa_timers *timers, struct fa_timer *timer);

/** @return the next one, still set; or NULL. */
struct fa_timer *fa_timers_next(const struct fa_timers *timers);

#endif
