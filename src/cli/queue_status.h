/**
 * fetchall status --queue: what a queue contains, and who works on it.
 */
#ifndef FETCHALL_CLI_QUEUE_STATUS_H
#define FETCHALL_CLI_QUEUE_STATUS_H

#include "cli/options.h"

/** @return the exit status. */
int fa_queue_status(const struct fa_options *options);

#endif
