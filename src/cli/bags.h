/**
 * Checks a bag at the end of a run that completed it.
 */
#ifndef FETCHALL_CLI_BAGS_H
#define FETCHALL_CLI_BAGS_H

#include "cli/exit.h"
#include "cli/options.h"

/**
 * If a list of the run is the fetch.txt of the bag in --dir, check that the bag is whole, and print
 * what is not on standard error.
 *
 * @status  Of the run: the bag is checked if it is FA_EXIT_OK.
 * @return  The status of the program.
 */
enum fa_exit_status fa_bags_check(const struct fa_options *options, enum fa_exit_status status);

#endif
