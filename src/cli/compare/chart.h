/**
 * The plots of a comparison, as scripts for gnuplot.
 *
 * They are narrow, so that they can be read on a phone, and the name of each contestant is above
 * its bar, so that it may be long.  Colours are those of cli/compare/svg.h.
 */
#ifndef FETCHALL_CLI_COMPARE_CHART_H
#define FETCHALL_CLI_COMPARE_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/compare/view.h"

enum fa_chart {
    FA_CHART_WALL,    /**< Wall time: each trial, the median and its interval. */
    FA_CHART_FLOW,    /**< Throughput over time, of the median trial. */
    FA_CHART_CPU,     /**< User and system time. */
    FA_CHART_MEMORY,  /**< Peak PSS. */
    FA_CHART_LATENCY, /**< p50, p95 and p99 of TTFB and total. */
    FA_CHART_SWEEP,   /**< Wall time over the values of an option. */
    FA_CHART_RACE,    /**< The heats of --tune. */
    FA_CHARTS
};

/** A short identifier: "wall". */
const char *fa_chart_id(enum fa_chart chart);

/** Whether there is anything measured to show. */
bool fa_chart_has(enum fa_chart chart, const struct fa_view *view);

/** The color of a contestant, 1 to FA_SVG_COLORS. */
unsigned fa_chart_color(size_t contestant);

/** Maximum contestants whose throughput is drawn: the first ones in the order of the view. */
#define FA_CHART_FLOWS_MAX 9

/** Write the script of a chart for which fa_chart_has() is true. */
void fa_chart_put(enum fa_chart chart, const struct fa_view *view, FILE *out);

#endif
