/**
 * --help, generated from the table of options.
 */
#ifndef FETCHALL_CLI_HELP_H
#define FETCHALL_CLI_HELP_H

#include <stdio.h>

#include "cli/option.h"

/** Maximum length of a line, in columns. */
#define FA_HELP_COLUMNS 79

void fa_help_print(FILE *out, enum fa_command command);

#endif
