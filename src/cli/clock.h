/**
 * Clocks as seconds.
 */
#ifndef FETCHALL_CLI_CLOCK_H
#define FETCHALL_CLI_CLOCK_H

#include <time.h>

/** What a clock of clock_gettime(2) shows. */
double fa_clock_read(clockid_t clock);

#endif
