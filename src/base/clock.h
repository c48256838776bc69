/**
 * The clock for everything that waits or measures (clock_gettime(2)).
 */
#ifndef FA_BASE_CLOCK_H
#define FA_BASE_CLOCK_H

#include <time.h>

/** Seconds of a clock of clock_gettime(2). */
double fa_clock_read(clockid_t clock);

/** Seconds of CLOCK_MONOTONIC. */
double fa_clock_now(void);

/** A clock that a test can replace.  Called on the thread of the loop. */
struct fa_clock {
    /** Seconds; never less than before. */
    double (*now)(void *ctx);
    /**
     * Let the time pass to @until at the most; to an earlier time if something happens then.
     * NULL: the event loop waits, and now() is fa_clock_now().
     */
    void (*wait)(void *ctx, double until);
    void *ctx;
};

#endif
