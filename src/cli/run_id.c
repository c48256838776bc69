#include "cli/run_id.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void fa_run_id(double began, char ret[FA_RUN_ID_MAX])
{
    double whole = floor(began);
    double micro = fmin(floor((began - whole) * 1e6), 999999);
    time_t seconds = (time_t)whole;
    struct tm utc;
    if (!gmtime_r(&seconds, &utc))
        memset(&utc, 0, sizeof(utc));
    size_t len = strftime(ret, FA_RUN_ID_MAX, "%Y%m%dT%H%M%S", &utc);
    snprintf(ret + len, FA_RUN_ID_MAX - len, ".%06uZ", (unsigned)micro);
}
