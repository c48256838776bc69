/**
 * What a run has told of its entries: from the JSON Lines of --events to the numbers of a trial.
 */
#ifndef FETCHALL_CLI_COMPARE_HARVEST_H
#define FETCHALL_CLI_COMPARE_HARVEST_H

#include <stdint.h>

#include "cli/compare/trial.h"

/**
 * Read a file of events, line by line, and fill in ttfb, total, entries, failed, failures, bytes
 * and moments of the trial; its wall time is there.
 *
 * @ret_requests  How many tries there were.
 * @return 0, or -1 if it cannot be read, or memory ran out.
 */
int fa_harvest_read(const char *file, struct fa_trial *trial, uint64_t *ret_requests,
                    struct fa_error *err);

#endif
