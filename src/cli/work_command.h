/**
 * fetchall work.
 */
#ifndef FETCHALL_CLI_WORK_COMMAND_H
#define FETCHALL_CLI_WORK_COMMAND_H

#include "cli/options.h"

/** @return the exit status. */
int fa_work_command(const struct fa_options *options);

#endif
