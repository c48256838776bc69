/**
 * Plots by gnuplot: a script in, SVG out.
 *
 * gnuplot is looked for in PATH and run as a child of its own process group.  There is no shell
 * and no file: the script and what comes back are in memory.  A gnuplot that takes longer than
 * ten seconds is killed, with what it has started.
 */
#ifndef FETCHALL_CLI_COMPARE_PLOT_H
#define FETCHALL_CLI_COMPARE_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/**
 * Run a script.  What gnuplot writes to its standard output is taken for SVG.
 *
 * @ret_svg  Ended by a zero; to be released with free().  NULL after an error.
 * @return   0, or -1.
 */
int fa_plot_run(const char *script, size_t len, char **ret_svg, struct fa_error *err);

/** Whether that error says that there is no gnuplot at all. */
bool fa_plot_missing(const struct fa_error *err);

#endif
