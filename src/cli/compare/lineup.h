/**
 * The other programs of a comparison: which of them can run, and what they read.
 */
#ifndef FETCHALL_CLI_COMPARE_LINEUP_H
#define FETCHALL_CLI_COMPARE_LINEUP_H

#include <stddef.h>

#include "cli/compare/run.h"
#include "cli/compare/trial.h"

/**
 * Write the input files of other programs, and remove the contestants that cannot run, which is
 * reported on standard error.  Does nothing without other programs.
 *
 * @contestants  *n of them.
 * @return 0, or -1.
 */
int fa_lineup_prepare(struct fa_runs *runs, struct fa_contestant *contestants, size_t *n,
                      struct fa_error *err);

#endif
