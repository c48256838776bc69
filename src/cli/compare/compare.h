/**
 * fetchall compare: finds out which strategy is fastest, by how much, and why.
 */
#ifndef FETCHALL_CLI_COMPARE_COMPARE_H
#define FETCHALL_CLI_COMPARE_COMPARE_H

#include "cli/exit.h"
#include "cli/options.h"

/**
 * Compare, and print the result on standard output; everything else goes to standard error.
 *
 * @return The exit status; check fa_signals_caught() if a signal ended it without a conclusion.
 */
enum fa_exit_status fa_compare_show(const struct fa_options *options);

#endif
