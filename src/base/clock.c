/*
 * CLOCK_MONOTONIC neither jumps when the date is set, nor counts the time of a suspend.
 */
#include "base/clock.h"

double fa_clock_read(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

double fa_clock_now(void)
{
    return fa_clock_read(CLOCK_MONOTONIC);
}
