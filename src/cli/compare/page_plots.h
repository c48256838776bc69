/**
 * The plots of the page of a comparison.
 */
#ifndef FETCHALL_CLI_COMPARE_PAGE_PLOTS_H
#define FETCHALL_CLI_COMPARE_PAGE_PLOTS_H

#include <stdbool.h>
#include <stdio.h>

#include <fetchall/error.h>

#include "cli/compare/chart.h"

struct fa_page_plots {
    char *svg[FA_CHARTS];              /**< NULL: not drawn.  Owned. */
    struct fa_error errors[FA_CHARTS]; /**< Why a plot failed; none if there was nothing to draw. */
    bool missing;                      /**< gnuplot is not installed. */
};

/** Draw all charts that have something to show. */
void fa_page_plots_init(struct fa_page_plots *plots, const struct fa_view *view);

void fa_page_plots_fini(struct fa_page_plots *plots);

/** Write some of the plots side by side, with the error of each that failed. */
void fa_page_plots_put(const struct fa_page_plots *plots, const struct fa_view *view, FILE *out,
                       const enum fa_chart *charts, size_t count);

#endif
