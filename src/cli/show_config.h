/**
 * --show-config: the value of each option of a command, and where it is from.
 */
#ifndef FETCHALL_CLI_SHOW_CONFIG_H
#define FETCHALL_CLI_SHOW_CONFIG_H

#include <stdio.h>

#include "cli/options.h"

/** Print a line for each option; secrets are replaced. */
void fa_show_config_print(FILE *out, const struct fa_options *options);

#endif
