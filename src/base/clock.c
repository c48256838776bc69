/*
 * CLOCK_MONOTONIC neither jumps when the date is set, nor counts the time of a suspend.
 */
#include "base/clock.h"

#include <time.h>

double fa_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
