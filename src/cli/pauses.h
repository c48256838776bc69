/**
 * Which origins asked to wait (Retry-After), how often and how long.
 *
 * Memory is bounded: origins that come when all rows are taken are only counted.
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
    double seconds; /**< In all; waits that overlap count once. */
    double until;   /**< The end of the last one. */
};

/** All zero: none. */
struct fa_pauses {
    struct fa_pause rows[FA_PAUSES_ORIGINS];
    size_t n_rows;
    uint64_t others; /**< Requests to wait that found no row. */
};

/** An origin asked, at a time in seconds, to wait that many seconds. */
void fa_pauses_add(struct fa_pauses *pauses, const char *origin, double now, double wait);

/** Print the longest ones, at most that many; sorts them. */
void fa_pauses_print(struct fa_pauses *pauses, size_t most, FILE *out);

void fa_pauses_fini(struct fa_pauses *pauses);

#endif
