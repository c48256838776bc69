/**
 * fetchall enqueue.
 */
#ifndef FETCHALL_CLI_ENQUEUE_COMMAND_H
#define FETCHALL_CLI_ENQUEUE_COMMAND_H

#include "cli/options.h"

/** @return the exit status. */
int fa_enqueue_command(const struct fa_options *options);

#endif
