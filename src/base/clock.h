/**
 * The clocks.  Monotonic for everything that waits or measures (clock_gettime(2)).
 */
#ifndef FA_BASE_CLOCK_H
#define FA_BASE_CLOCK_H

/** Seconds on CLOCK_MONOTONIC. */
double fa_clock_now(void);

#endif
