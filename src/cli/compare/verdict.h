/**
 * The result of all trials together: medians with their uncertainty, which contestant is best, and
 * whether there is a conclusion.  Pure: the same trials give the same verdict.
 *
 * Only rounds that every contestant has ended count.  NAN means not measured.
 */
#ifndef FETCHALL_CLI_COMPARE_VERDICT_H
#define FETCHALL_CLI_COMPARE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/compare/statistics.h"
#include "cli/compare/trial.h"

/** Minimum rounds for a conclusion if their number is fixed; and for a drift. */
#define FA_ROUNDS_LEAST 3

/** The rank of a contestant. */
enum fa_rank {
    FA_RANK_BEST,  /**< The one to use. */
    FA_RANK_EQUAL, /**< As fast as the fastest, within the noise. */
    FA_RANK_SLOWER,
    FA_RANK_FAILING, /**< More failures than others, so its speed is meaningless. */
    FA_RANK_NONE,    /**< No conclusion. */
};

/** One contestant, in the order of fa_comparison.contestants. */
struct fa_standing_of {
    enum fa_rank rank;
    struct fa_estimate wall;
    struct fa_estimate ratio;    /**< Its wall time relative to the fastest in the same round.  All
                                   intervals together hold with 95 %.  NAN if it is failing. */
    struct fa_estimate deciding; /**< The same ratio, with the interval that decided the rank: see
                                      fa_ratio. */
    struct fa_estimate cpu;
    double files_per_second, bytes_per_second;                      /**< Medians. */
    double peak_pss, peak_threads, peak_processes, switches, calls; /**< Medians. */
    struct fa_latency ttfb, total, due;                             /**< Medians. */
    double requests;                                                /**< Median. */
    double rtt;                                                     /**< Median. */
    double cached;                                                  /**< Median of the shares. */
    double refusals, retransmits, reordered; /**< Means: a median would hide those of few rounds. */
    double failed;                           /**< Share of entries. */
    double slots_full, slot_yield;           /**< Medians. */
};

/** Buffer size for a reason, including the final zero. */
#define FA_REASON_MAX 1280

struct fa_verdict {
    struct fa_standing_of *standings; /**< Owned. */
    size_t best;                      /**< Index of the contestant to use; only if concluded.  It
                                           may be another than the fastest, if it needs less CPU or
                                           memory and is as fast within the noise. */
    size_t fastest;                   /**< Index of the reference of ratios: the least median of
                                           those that are not failing; n_contestants: none. */
    bool concluded;
    bool drifted;               /**< The network changed from the first to the last round. */
    double drift;               /**< The factor: 1.3 is 30 % slower at the end. */
    char reason[FA_REASON_MAX]; /**< One sentence: why this contestant, or why none.  It contains
                                     no text from outside, so it need not be escaped. */
};

/** @return 0, or -1: no memory; then do not call fa_verdict_fini(). */
int fa_verdict_init(struct fa_verdict *verdict, const struct fa_comparison *comparison);

/** The same in much less time, without the intervals of wall and cpu, which decide nothing. */
int fa_verdict_look(struct fa_verdict *verdict, const struct fa_comparison *comparison);

void fa_verdict_fini(struct fa_verdict *verdict);

/** Minimum rounds for a conclusion. */
unsigned fa_verdict_least(const struct fa_comparison *comparison);

/** Whether the child of a trial did not do its work: a signal killed it, it could not start, or it
 * had a local error. */
bool fa_verdict_broken(const struct fa_trial *trial);

#endif
