/**
 * Parses the command line, driven by the table of options.
 *
 * The first argument may be a command.  Options and lists may be mixed; "--" ends the options.
 * --name=value, --name value, -jN, -j N and clustered letters (-qv) are accepted, and a long name
 * may be abbreviated as long as it is unambiguous, as with getopt_long(3).
 * Options of the config file (cli/config_file.h) come before those of the command line.
 */
#ifndef FETCHALL_CLI_PARSER_H
#define FETCHALL_CLI_PARSER_H

#include <fetchall/error.h>

#include "cli/options.h"

/**
 * Parse argv into options, which fa_options_init() has initialized; strings of argv are borrowed.
 * A list that looks like the name of a command, and is not a file, is refused.  --help, --version
 * and --generate stop parsing, and set the action.
 *
 * @return 0, or -1 with a message for the user, who should be referred to --help.
 */
int fa_parser_run(struct fa_options *options, int argc, char *const argv[], struct fa_error *err);

/** A command as the user types it: "fetchall status". */
const char *fa_parser_program(enum fa_command command);

#endif
