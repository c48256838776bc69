/**
 * The page of a comparison: one file of HTML that contains everything.
 *
 * It runs no script and fetches nothing.  Plots are drawn by gnuplot if it is installed; the
 * tables contain the same numbers.
 */
#ifndef FETCHALL_CLI_COMPARE_PAGE_H
#define FETCHALL_CLI_COMPARE_PAGE_H

#include <fetchall/error.h>

#include "cli/compare/trial.h"
#include "cli/compare/verdict.h"

/**
 * Write the page atomically (cli/whole.h).  A plot that cannot be drawn is not an error: the page
 * names what is missing.
 *
 * @file    "-" is standard output.
 * @return  0, or -1.
 */
int fa_page_write(const char *file, const struct fa_comparison *comparison,
                  const struct fa_verdict *verdict, struct fa_error *err);

#endif
