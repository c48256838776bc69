/**
 * Draws plots with gnuplot: takes a script, returns SVG.
 *
 * gnuplot is searched in PATH and run as a child in a process group of its own, without a shell
 * and without files: script and output are in memory.  A gnuplot that takes longer than ten
 * seconds is killed, together with its children.
 */
#ifndef FETCHALL_CLI_COMPARE_PLOT_H
#define FETCHALL_CLI_COMPARE_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/**
 * Run a script.  The standard output of gnuplot is returned as SVG.
 *
 * @ret_svg  With a final zero; to be freed.  NULL after an error.
 * @return   0, or -1.
 */
int fa_plot_run(const char *script, size_t len, char **ret_svg, struct fa_error *err);

/** Whether the error says that gnuplot is not installed. */
bool fa_plot_missing(const struct fa_error *err);

#endif
