/*
 * Numbers for people.  Sizes are in binary units, as those of ls -h and df -h, with the names of
 * IEC 80000-13: KiB cannot be mistaken for 1000 bytes.  Texts are written to a buffer of the
 * caller, so that one fprintf() can print several.
 */
#include "cli/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *fa_units_bytes(double bytes, char buf[FA_UNITS_MAX])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(buf, FA_UNITS_MAX, "%u B", (unsigned)(bytes > 0 ? bytes : 0));
        return buf;
    }
    size_t unit = 0;
    bytes /= 1024;
    /* What would be rounded to 1024.0 is written in the next unit. */
    while (bytes >= 1023.95 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    snprintf(buf, FA_UNITS_MAX, "%.1f %s", bytes, units[unit]);
    return buf;
}

/* Rounded up: "0 s" would mean that nothing is left. */
const char *fa_units_seconds(double seconds, char buf[FA_UNITS_MAX])
{
    uint64_t whole = seconds > 0 && seconds < 1e12 ? (uint64_t)seconds : 0;
    if ((double)whole < seconds)
        whole++;
    unsigned s = (unsigned)(whole % 60);
    unsigned m = (unsigned)(whole / 60 % 60);
    if (whole < 60)
        snprintf(buf, FA_UNITS_MAX, "%u s", s);
    else if (whole < 3600)
        snprintf(buf, FA_UNITS_MAX, "%u:%02u", m, s);
    else if (whole < (uint64_t)24 * 3600)
        snprintf(buf, FA_UNITS_MAX, "%u:%02u:%02u", (unsigned)(whole / 3600), m, s);
    else
        snprintf(buf, FA_UNITS_MAX, "%llu d %u h", (unsigned long long)(whole / 86400),
                 (unsigned)(whole / 3600 % 24));
    return buf;
}

/* A time of day is still right when it is read later; a duration is not. */
const char *fa_units_ahead(double seconds, char buf[FA_UNITS_MAX])
{
    struct tm today, then;
    time_t now = time(NULL), at = now + (time_t)seconds;
    bool known = localtime_r(&now, &today) && localtime_r(&at, &then);
    bool same = known && today.tm_yday == then.tm_yday && today.tm_year == then.tm_year;
    if (!known || strftime(buf, FA_UNITS_MAX, same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &then) == 0)
        snprintf(buf, FA_UNITS_MAX, "?");
    return buf;
}

/* The exponent of ten gives the number of decimals that the requested digits need. */
const char *fa_units_number(double number, int digits, char buf[FA_UNITS_MAX])
{
    enum { DECIMALS_MOST = 3 };
    int decimals = number > 0 ? digits - 1 - (int)floor(log10(number)) : 0;
    decimals = decimals < 0 ? 0 : decimals > DECIMALS_MOST ? DECIMALS_MOST : decimals;
    snprintf(buf, FA_UNITS_MAX, "%.*f", decimals, number > 0 ? fmax(number, 0.001) : 0);
    if (decimals > 0) {
        size_t len = strlen(buf);
        while (buf[len - 1] == '0')
            buf[--len] = '\0';
        if (buf[len - 1] == '.')
            buf[len - 1] = '\0';
    }
    return buf;
}

const char *fa_units_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}
