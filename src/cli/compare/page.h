/**
 * The page of a comparison: one file of HTML with everything in it.
 *
 * It runs no script and fetches nothing.  Plots are drawn by gnuplot where it is installed; what
 * they show stands in tables too.
 */
#ifndef FETCHALL_CLI_COMPARE_PAGE_H
#define FETCHALL_CLI_COMPARE_PAGE_H

#include <fetchall/error.h>

#include "cli/compare/trial.h"
#include "cli/compare/verdict.h"

/**
 * Write the page, as cli/whole.h says.  A plot that cannot be drawn is no error: the page says what
 * is missing.
 *
 * @file    "-" is standard output.
 * @return  0, or -1.
 */
int fa_page_write(const char *file, const struct fa_comparison *comparison,
                  const struct fa_verdict *verdict, struct fa_error *err);

#endif
