/**
 * The command line: a walker over the table of options.
 *
 * The first argument may be a command.  Options and lists may be mixed; "--" ends the options.
 * --name=value, --name value, -jN, -j N and clustered letters (-qv) are understood, and a long name
 * may be cut short while it stays unambiguous, as with getopt_long(3).
 */
#ifndef FETCHALL_CLI_PARSER_H
#define FETCHALL_CLI_PARSER_H

#include <fetchall/error.h>

#include "cli/options.h"

/**
 * Read argv into the options, which fa_options_init() has filled; strings of argv are borrowed.
 * What looks like the name of a command, and is no file, is refused.  Stops at --help, --version
 * and --generate: action says so.
 *
 * @return 0, or -1 with a message for the user, who is to see --help.
 */
int fa_parser_run(struct fa_options *options, int argc, char *const argv[], struct fa_error *err);

/** A command as users call it: "fetchall status". */
const char *fa_parser_program(enum fa_command command);

#endif
