/**
 * Reads the events of a run (JSON Lines of --events) into the numbers of a trial.
 */
#ifndef FETCHALL_CLI_COMPARE_HARVEST_H
#define FETCHALL_CLI_COMPARE_HARVEST_H

#include <stdint.h>

#include "cli/compare/trial.h"

/**
 * Read a file of events line by line, and fill in ttfb, total, entries, failed, failures, bytes,
 * refusals, rtt, retransmits, reordered, cached, pause, slots_full, slot_yield and moments of the trial.  Its wall time must be set.
 *
 * @slots  Maximum transfers at once.
 * @return 0, or -1 if it cannot be read, or there is no memory.
 */
int fa_harvest_read(const char *file, uint64_t slots, struct fa_trial *trial, struct fa_error *err);

#endif
