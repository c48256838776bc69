/**
 * fetchall status: prints the state of a folder on standard output.
 */
#ifndef FETCHALL_CLI_STATUS_H
#define FETCHALL_CLI_STATUS_H

#include "cli/exit.h"
#include "cli/options.h"

enum fa_exit_status fa_status_show(const struct fa_options *options);

#endif
