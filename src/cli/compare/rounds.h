/**
 * The rounds of a comparison: a warm-up that is not kept, then each contestant once in each round,
 * until all are made, or until the next one would cost too much.
 */
#ifndef FETCHALL_CLI_COMPARE_ROUNDS_H
#define FETCHALL_CLI_COMPARE_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/compare/result.h"
#include "cli/compare/run.h"

struct fa_rounds {
    struct fa_runs *runs;
    struct fa_result_of *result; /**< Gets the trials, rounds, bytes and requests. */
    uint64_t seed;
    double began; /**< On the monotonic clock: --budget counts from there. */
    /** One run. */
    int (*once)(struct fa_rounds *rounds, const struct fa_contestant *contestant,
                struct fa_trial *ret, struct fa_error *err);
    const char *dir;      /**< For once: of the CPU stage. */
    const char *manifest; /**< For once: of the CPU stage. */
    bool broken;          /**< Set if a run went wrong after some rounds, which was told. */
    bool hopeless;        /**< Set if the warm-up says that rounds would show nothing. */
};

/**
 * Run them, and tell on standard error how far it is, unless --quiet.
 *
 * @return 0, also if there was no time for a round, or a signal ended them; -1 if a run of the first
 *         round went wrong, or there is no hope.
 */
int fa_rounds_run(struct fa_rounds *rounds, struct fa_error *err);

#endif
