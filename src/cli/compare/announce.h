/**
 * What a comparison is about to ask of the servers.
 */
#ifndef FETCHALL_CLI_COMPARE_ANNOUNCE_H
#define FETCHALL_CLI_COMPARE_ANNOUNCE_H

#include <fetchall/sample.h>

#include "cli/compare/trial.h"
#include "cli/options.h"

/** Print the number of runs and requests, as far as it is known, on standard error, unless
 * --quiet. */
void fa_announce(const struct fa_options *options, const struct fa_sample *sample,
                 const struct fa_comparison *comparison);

/** Print how many lines of the lists are bad, and the first of them.  @list  Its list. */
void fa_announce_bad_lines(const struct fa_options *options, const struct fa_sample *sample,
                           const char *list);

#endif
