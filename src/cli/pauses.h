/**
 * Origins that asked to wait (Retry-After): how often, and how long.
 *
 * Memory is bounded: origins beyond the last row are only counted.
 */
#ifndef FETCHALL_CLI_PAUSES_H
#define FETCHALL_CLI_PAUSES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FA_PAUSES_ORIGINS 100

struct fa_pause {
    char *origin; /**< Owned. */
    uint64_t count;
    double seconds; /**< Sum; overlapping waits count once. */
    double until;   /**< The end of the last wait. */
};

/** All zero: empty. */
struct fa_pauses {
    struct fa_pause rows[FA_PAUSES_ORIGINS];
    size_t n_rows;
    uint64_t others; /**< Requests to wait without a row. */
};

/** Add a request of an origin to wait.  @now  Time in seconds.  @wait  Seconds. */
void fa_pauses_add(struct fa_pauses *pauses, const char *origin, double now, double wait);

/** Sort the rows, and print the longest waits.  @most  Maximum number. */
void fa_pauses_print(struct fa_pauses *pauses, size_t most, FILE *out);

void fa_pauses_fini(struct fa_pauses *pauses);

#endif
