/**
 * The rounds of a comparison: a warm-up, whose results are dropped, then each contestant once in
 * each round, until all rounds are done, or until the next one would exceed a limit.
 */
#ifndef FETCHALL_CLI_COMPARE_ROUNDS_H
#define FETCHALL_CLI_COMPARE_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/compare/parts.h"
#include "cli/compare/result.h"
#include "cli/compare/run.h"

struct fa_rounds {
    struct fa_runs *runs;
    struct fa_result_of *result; /**< Gets the trials, rounds, bytes and requests. */
    uint64_t seed;
    double began; /**< Start of the time of --budget, on the monotonic clock. */
    /** Make one run. */
    int (*once)(struct fa_rounds *rounds, struct fa_contestant *contestant, struct fa_trial *ret,
                struct fa_error *err);
    unsigned run; /**< For once: 0 in the warm-up; then its number in all rounds, from 1. */
    struct fa_parts *parts;     /**< For once: with --sample fresh. */
    struct fa_result_of *again; /**< The same: gets the runs that ask for the same entries again;
                                     NULL: there are none. */
    const char *dir;            /**< For once: of the CPU stage. */
    const char *manifest;       /**< For once: of the CPU stage. */
    bool broken;                /**< Set if a run failed after some rounds, which was reported. */
    bool pointless;             /**< Set if the warm-up shows that rounds would be pointless. */
};

/**
 * Run the rounds, and print the progress on standard error, unless --quiet.
 *
 * @return 0, also if there was no time for a round, or a signal ended them; -1 if a run of the
 *         first round failed, or rounds would be pointless.
 */
int fa_rounds_run(struct fa_rounds *rounds, struct fa_error *err);

#endif
