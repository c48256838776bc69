/**
 * The measures of a comparison, as rows and columns of text.
 */
#ifndef FETCHALL_CLI_COMPARE_GRID_H
#define FETCHALL_CLI_COMPARE_GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/compare/verdict.h"

/** The style of a row; without colours all styles are plain. */
enum fa_paint { FA_PAINT_PLAIN, FA_PAINT_BEST, FA_PAINT_FAILING, FA_PAINT_HEAD };

struct fa_grid {
    FILE *out;
    const struct fa_comparison *comparison;
    const struct fa_verdict *verdict;
    const size_t *order; /**< The contestants in the order of the rows. */
    unsigned columns;    /**< Of the terminal. */
    bool color;
};

/** Begin a style, or end it with FA_PAINT_PLAIN. */
void fa_grid_paint(const struct fa_grid *grid, enum fa_paint paint);

/** Print all measures: as many columns as fit in a line, then the others below.  A measure that no
 * contestant has is omitted. */
void fa_grid_print(const struct fa_grid *grid);

#endif
