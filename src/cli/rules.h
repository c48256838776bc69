/**
 * Rules that involve several options.
 */
#ifndef FETCHALL_CLI_RULES_H
#define FETCHALL_CLI_RULES_H

#include "cli/options.h"

/** Check combinations of options, and set the arrays of config; call it after all are stored. */
int fa_options_check(struct fa_options *options, struct fa_error *err);

#endif
