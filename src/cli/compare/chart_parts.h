/**
 * What the scripts of several charts have in common.  Only the files of the charts include it.
 */
#ifndef FETCHALL_CLI_COMPARE_CHART_PARTS_H
#define FETCHALL_CLI_COMPARE_CHART_PARTS_H

#include "cli/compare/chart.h"
#include "cli/compare/markup.h"
#include "cli/compare/svg.h"

/** Buffer sizes for a name as it is drawn, and for the text after it. */
#define FA_CHART_NAME_MAX (4 * FA_CONTESTANT_NAME_MAX)
#define FA_CHART_SAID_MAX (FA_MARKUP_MAX + 32)

/** Pixels of the SVG. */
#define FA_CHART_WIDTH 440
#define FA_CHART_AXIS  48 /**< Below the area: its numbers and their unit. */

/** Begin a script: the terminal, and the margins of the area in pixels. */
void fa_chart_begin(FILE *out, unsigned height, unsigned left, unsigned right, unsigned below);

/** Begin a script in which each contestant has a row; row r is centred at y = -r. */
void fa_chart_begin_rows(FILE *out, const struct fa_view *view, unsigned row, unsigned right);

/** Write a text in single quotes, where gnuplot substitutes nothing; quotes in it become U+2019. */
void fa_chart_put_quoted(FILE *out, const char *text);

/** The name of a contestant, shortened in its middle to at most @room characters. */
const char *fa_chart_name(const struct fa_view *view, size_t i, size_t room,
                          char buf[FA_CHART_NAME_MAX]);

/** Write the name of a contestant and a remark in the upper part of its row.  @said  May be "". */
void fa_chart_put_label(FILE *out, const struct fa_view *view, size_t row, double y,
                        const char *said);

#define FA_CHART_KEY    22 /**< Pixels of a row of a key. */
#define FA_CHART_DASHES 5  /**< Patterns that gnuplot has. */

/** Write a row of a key below the axis, as gnuplot's own omits entries when there are many.
 *
 * @height  Pixels of the SVG. */
void fa_chart_put_key(FILE *out, size_t row, size_t rows, unsigned height, int color,
                      const char *name);

/** The color as an integer, for "lc rgb variable". */
int fa_chart_rgb(size_t contestant);

const struct fa_standing_of *fa_chart_standing(const struct fa_view *view, size_t i);

/**
 * Times are drawn in milliseconds where all are below a second.
 *
 * @more    Text after the unit; not escaped.
 * @return  The factor.
 */
double fa_chart_time_axis(FILE *out, double largest, const char *more);

/** The trial whose flow is drawn, or NULL. */
const struct fa_trial *fa_chart_flow_of(const struct fa_view *view, size_t i);

/** The trial whose CPU is drawn, or NULL. */
const struct fa_trial *fa_chart_cpu_of(const struct fa_view *view, size_t i);

bool fa_chart_has_latency(const struct fa_latency *latency);

void fa_chart_put_wall(FILE *out, const struct fa_view *view);
void fa_chart_put_cpu(FILE *out, const struct fa_view *view);
void fa_chart_put_memory(FILE *out, const struct fa_view *view);
void fa_chart_put_flow(FILE *out, const struct fa_view *view);
void fa_chart_put_latency(FILE *out, const struct fa_view *view);
void fa_chart_put_sweep(FILE *out, const struct fa_view *view);
void fa_chart_put_race(FILE *out, const struct fa_view *view);

bool fa_chart_has_sweep(const struct fa_view *view);
bool fa_chart_has_race(const struct fa_view *view);

#endif
