/**
 * fetchall verify: hashes the files of a folder again, and prints findings on standard output.
 */
#ifndef FETCHALL_CLI_VERIFY_COMMAND_H
#define FETCHALL_CLI_VERIFY_COMMAND_H

#include "cli/exit.h"
#include "cli/options.h"

enum fa_exit_status fa_verify_command(const struct fa_options *options);

#endif
