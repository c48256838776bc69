/**
 * The summary that is printed at the end of a run.
 */
#ifndef FETCHALL_CLI_SUMMARY_H
#define FETCHALL_CLI_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <fetchall/event.h>

#include "cli/failures.h"
#include "cli/pauses.h"

/** All zero: empty. */
struct fa_summary {
    uint64_t ended[FA_STATUSES]; /**< Entries, by status. */
    uint64_t resumed;
    uint64_t unverified; /**< Existing files that nothing vouches for. */
    uint64_t bytes;
    uint64_t transient; /**< Transient failures. */
    struct fa_failures failures;
    struct fa_pauses pauses;
};

/** Count the result of an entry. */
void fa_summary_count(struct fa_summary *summary, const struct fa_result *result);

/** Whether there is something that a quiet run must print too. */
bool fa_summary_failed(const struct fa_summary *summary);

/**
 * Print the summary.
 *
 * @seconds  Duration of the run.
 * @plan     Nothing was fetched: print what would be.
 * @all      Print all groups of failures, not only the largest.
 */
void fa_summary_print(struct fa_summary *summary, double seconds, bool plan, bool all, FILE *out);

void fa_summary_fini(struct fa_summary *summary);

#endif
