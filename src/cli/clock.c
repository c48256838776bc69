#include "cli/clock.h"

#include <stdbool.h>
#include <stdio.h>

double fa_clock_read(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

const char *fa_clock_ahead(double seconds, char buf[FA_CLOCK_MAX])
{
    struct tm today, then;
    time_t now = time(NULL), at = now + (time_t)seconds;
    bool known = localtime_r(&now, &today) && localtime_r(&at, &then);
    bool same = known && today.tm_yday == then.tm_yday && today.tm_year == then.tm_year;
    if (!known || strftime(buf, FA_CLOCK_MAX, same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then) == 0)
        snprintf(buf, FA_CLOCK_MAX, "?");
    return buf;
}
