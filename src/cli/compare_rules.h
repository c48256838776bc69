/**
 * Options of fetchall compare that contradict each other, and defaults that depend on others.
 */
#ifndef FETCHALL_CLI_COMPARE_RULES_H
#define FETCHALL_CLI_COMPARE_RULES_H

#include "cli/options.h"

/** @return 0, or -1. */
int fa_compare_rules_check(struct fa_options *options, struct fa_error *err);

#endif
