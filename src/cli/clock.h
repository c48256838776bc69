/**
 * Clocks as seconds.
 */
#ifndef FETCHALL_CLI_CLOCK_H
#define FETCHALL_CLI_CLOCK_H

#include <time.h>

/** What a clock of clock_gettime(2) shows. */
double fa_clock_read(clockid_t clock);

/** Room for a time of day. */
#define FA_CLOCK_MAX 32

/** The local time in so many seconds: "14:32:05", with its date if that is not today's. */
const char *fa_clock_ahead(double seconds, char buf[FA_CLOCK_MAX]);

#endif
