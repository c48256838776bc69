/*
 * Cells are narrow: three digits, or as many as a count has up to five.
 */
#include "cli/compare/cell.h"

#include <stdio.h>

#include "cli/units.h"

/* The limits are where rounding adds a digit: 9.95 ms would be shown as 10.0 ms. */
void fa_cell_seconds(double seconds, char buf[FA_CELL_MAX])
{
    if (seconds < 0.00995)
        snprintf(buf, FA_CELL_MAX, "%.1f ms", 1000 * seconds);
    else if (seconds < 0.9995)
        snprintf(buf, FA_CELL_MAX, "%.0f ms", 1000 * seconds);
    else
        snprintf(buf, FA_CELL_MAX, "%.*f s",
                 seconds < 9.995   ? 2
                 : seconds < 99.95 ? 1
                                   : 0,
                 seconds);
}

void fa_cell_count(double count, char buf[FA_CELL_MAX])
{
    if (count < 99999.5)
        snprintf(buf, FA_CELL_MAX, "%.0f", count);
    else if (count < 999999.5)
        snprintf(buf, FA_CELL_MAX, "%.0fk", count / 1000);
    else
        snprintf(buf, FA_CELL_MAX, "%.1fM", count / 1e6);
}

void fa_cell_rate(double rate, char buf[FA_CELL_MAX])
{
    snprintf(buf, FA_CELL_MAX, "%.*f", rate < 9.95 ? 2 : rate < 99.5 ? 1 : 0, rate);
}

void fa_cell_share(double share, char buf[FA_CELL_MAX])
{
    snprintf(buf, FA_CELL_MAX, "%.0f %%", 100 * share);
}

void fa_cell_size(double bytes, char buf[FA_CELL_MAX])
{
    char text[FA_UNITS_MAX];
    snprintf(buf, FA_CELL_MAX, "%s", fa_units_bytes(bytes, text));
}

void fa_cell_speed(double bytes, char buf[FA_CELL_MAX])
{
    char text[FA_UNITS_MAX];
    snprintf(buf, FA_CELL_MAX, "%s/s", fa_units_bytes(bytes, text));
}
