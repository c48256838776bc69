/**
 * Numbers as people read them.
 */
#ifndef FETCHALL_CLI_UNITS_H
#define FETCHALL_CLI_UNITS_H

#include <stddef.h>
#include <stdint.h>

/** Room for any of the texts below. */
#define FA_UNITS_MAX 24

/** "512 B", "12.3 MiB": binary units. */
const char *fa_units_bytes(double bytes, char buf[FA_UNITS_MAX]);

/** "35 s", "1:23", "2:03:04", "4 d 5 h": whole seconds, rounded up. */
const char *fa_units_seconds(double seconds, char buf[FA_UNITS_MAX]);

/** The local time in so many seconds: "14:32:05", with its date if that is not today's. */
const char *fa_units_ahead(double seconds, char buf[FA_UNITS_MAX]);

/** A number that is not negative, with so many significant digits after which zeros are left out,
 * but never without those before the point: "1.33", "2", "133"; "0.001" stands for less too. */
const char *fa_units_number(double number, int digits, char buf[FA_UNITS_MAX]);

/** "s", or "" for one. */
const char *fa_units_plural(uint64_t count);

#endif
