/**
 * The result of --tune as options of later runs (--write).
 */
#ifndef FETCHALL_CLI_COMPARE_TUNED_H
#define FETCHALL_CLI_COMPARE_TUNED_H

#include "cli/compare/result.h"
#include "cli/options.h"

/** Whether fa_tuned_write() can write, before anything is measured.  @return 0, or -1 */
int fa_tuned_check(const struct fa_options *options, struct fa_error *err);

/**
 * Write the settings to use into the config file, and print its name.  If these are the defaults,
 * what was written earlier is removed; without a conclusion nothing changes.
 *
 * @return 0, or -1.
 */
int fa_tuned_write(const struct fa_options *options, const struct fa_result_of *result,
                   struct fa_error *err);

#endif
