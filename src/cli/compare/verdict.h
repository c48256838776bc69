/**
 * What trials say when they are taken together: medians with their uncertainty, who is best, and
 * whether that can be said at all.  Pure: values in, values out, the same for the same trials.
 */
#ifndef FETCHALL_CLI_COMPARE_VERDICT_H
#define FETCHALL_CLI_COMPARE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/compare/trial.h"

/** A median, and the interval that holds it with 95 % confidence (a bootstrap). */
struct fa_estimate {
    double median, low, high;
};

/** Where a contestant stands. */
enum fa_rank {
    FA_RANK_BEST,  /**< The one to use. */
    FA_RANK_EQUAL, /**< No difference to the best that is larger than the noise. */
    FA_RANK_SLOWER,
    FA_RANK_FAILING, /**< It failed more entries than others did, so its speed says nothing. */
};

/** One contestant, in the order of fa_comparison.contestants. */
struct fa_standing_of {
    enum fa_rank rank;
    struct fa_estimate wall;
    struct fa_estimate ratio; /**< Its wall time to that of the best in the same round. */
    struct fa_estimate cpu;
    double files_per_second, bytes_per_second;                      /**< By the median. */
    double peak_pss, peak_threads, peak_processes, switches, calls; /**< Medians. */
    struct fa_latency ttfb, total;                                  /**< Medians. */
    double failed;                                                  /**< Share of entries. */
};

#define FA_REASON_MAX 320

struct fa_verdict {
    struct fa_standing_of *standings; /**< Owned. */
    size_t best;                      /**< Index of the contestant to use; only if concluded. */
    bool concluded;
    bool drifted;               /**< The network changed from the first to the last rounds. */
    double drift;               /**< By that factor: 1.3 is 30 % slower at the end. */
    char reason[FA_REASON_MAX]; /**< One sentence: why this one, or why none. */
};

/** @return 0, or -1 when memory ran out. */
int fa_verdict_init(struct fa_verdict *verdict, const struct fa_comparison *comparison);

void fa_verdict_fini(struct fa_verdict *verdict);

#endif
