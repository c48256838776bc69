/**
 * fetchall merge: join what shards have written.
 */
#ifndef FETCHALL_CLI_MERGE_COMMAND_H
#define FETCHALL_CLI_MERGE_COMMAND_H

#include "cli/exit.h"
#include "cli/options.h"

/** Do it, and print what is found.  @return the exit status */
enum fa_exit_status fa_merge_command(const struct fa_options *options);

#endif
