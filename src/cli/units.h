/**
 * Numbers for people.
 */
#ifndef FETCHALL_CLI_UNITS_H
#define FETCHALL_CLI_UNITS_H

#include <stddef.h>
#include <stdint.h>

/** Buffer size for the texts below. */
#define FA_UNITS_MAX 24

/** "512 B", "12.3 MiB": binary units. */
const char *fa_units_bytes(double bytes, char buf[FA_UNITS_MAX]);

/** "35 s", "1:23", "2:03:04", "4 d 5 h": whole seconds, rounded up. */
const char *fa_units_seconds(double seconds, char buf[FA_UNITS_MAX]);

/** The local time in a number of seconds: "14:32:05", with the date if it is not today. */
const char *fa_units_ahead(double seconds, char buf[FA_UNITS_MAX]);

/** A number that is not negative, with a number of significant digits and without trailing zeros;
 * the integer part is always complete: "1.33", "2", "133".  The smallest result is "0.001". */
const char *fa_units_number(double number, int digits, char buf[FA_UNITS_MAX]);

/** The plural ending: "s", or "" for 1. */
const char *fa_units_plural(uint64_t count);

#endif
