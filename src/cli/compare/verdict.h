/**
 * What trials say when they are taken together: medians with their uncertainty, who is best, and
 * whether that can be said at all.  Pure: values in, values out, the same for the same trials.
 *
 * Only the rounds that every contestant has ended count.  What was not measured is NAN.
 */
#ifndef FETCHALL_CLI_COMPARE_VERDICT_H
#define FETCHALL_CLI_COMPARE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/compare/statistics.h"
#include "cli/compare/trial.h"

/** With fewer rounds nothing is concluded. */
#define FA_ROUNDS_LEAST 3

/** Where a contestant stands. */
enum fa_rank {
    FA_RANK_BEST,  /**< The one to use. */
    FA_RANK_EQUAL, /**< No difference to the fastest that is larger than the noise. */
    FA_RANK_SLOWER,
    FA_RANK_FAILING, /**< It failed more entries than others did, so its speed says nothing. */
    FA_RANK_NONE,    /**< Nothing was concluded. */
};

/** One contestant, in the order of fa_comparison.contestants. */
struct fa_standing_of {
    enum fa_rank rank;
    struct fa_estimate wall;
    struct fa_estimate ratio; /**< Its wall time to that of the fastest in the same round.  The
                                   intervals of all of them together hold with 95 %.  NAN for one
                                   that is failing. */
    struct fa_estimate cpu;
    double files_per_second, bytes_per_second;                      /**< Medians. */
    double peak_pss, peak_threads, peak_processes, switches, calls; /**< Medians. */
    struct fa_latency ttfb, total;                                  /**< Medians. */
    double failed;                                                  /**< Share of entries. */
};

/** Room for a reason, its final zero included. */
#define FA_REASON_MAX 768

struct fa_verdict {
    struct fa_standing_of *standings; /**< Owned. */
    size_t best;                      /**< Index of the contestant to use; only if concluded.  It
                                           may need less CPU or memory than the fastest, and be as
                                           fast but for noise. */
    size_t fastest;                   /**< Index of what ratios are to: least median of those that
                                           are not failing; n_contestants if there is none. */
    bool concluded;
    bool drifted;               /**< The network changed from the first to the last rounds. */
    double drift;               /**< By that factor: 1.3 is 30 % slower at the end. */
    char reason[FA_REASON_MAX]; /**< One sentence: why this one, or why none.  It holds nothing
                                     but our own words, numbers and the contestants' names. */
};

/** @return 0, or -1 when memory ran out; the verdict needs no fa_verdict_fini() then. */
int fa_verdict_init(struct fa_verdict *verdict, const struct fa_comparison *comparison);

void fa_verdict_fini(struct fa_verdict *verdict);

/** Whether the child of a trial did not do its work: a signal ended it, or it could not begin, or
 * its disk did not let it. */
bool fa_verdict_broken(const struct fa_trial *trial);

#endif
