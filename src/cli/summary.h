/**
 * What is told when a run has ended.
 */
#ifndef FETCHALL_CLI_SUMMARY_H
#define FETCHALL_CLI_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <fetchall/event.h>

#include "cli/failures.h"
#include "cli/pauses.h"

/** All zero: nothing has ended yet. */
struct fa_summary {
    uint64_t ended[FA_STATUSES]; /**< Entries, by status. */
    uint64_t resumed;
    uint64_t bytes;
    uint64_t may_pass; /**< Failures that may pass. */
    struct fa_failures failures;
    struct fa_pauses pauses;
};

/** Count an entry's end. */
void fa_summary_count(struct fa_summary *summary, const struct fa_result *result);

/** Whether there is something that a quiet run has to tell too. */
bool fa_summary_failed(const struct fa_summary *summary);

/**
 * Print it.
 *
 * @seconds  How long the run took.
 * @plan     Nothing was fetched: say what would be.
 * @all      Every group of failures, and not only the largest.
 */
void fa_summary_print(struct fa_summary *summary, double seconds, bool plan, bool all, FILE *out);

void fa_summary_fini(struct fa_summary *summary);

#endif
