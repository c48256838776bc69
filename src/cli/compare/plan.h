/**
 * The contestants of a comparison, and the order of their runs.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_PLAN_H
#define FETCHALL_CLI_COMPARE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"
#include "cli/options.h"

/** Maximum number of contestants. */
#define FA_PLAN_CONTESTANTS_MAX 64

/**
 * List the combinations of the requested values that make a difference: loops apply to async only,
 * and --hash-with only if files are hashed.
 *
 * @ret   Array of FA_PLAN_CONTESTANTS_MAX; without trials.
 * @return The number of contestants, or 0 with an error if there are too many.
 */
size_t fa_plan_contestants(const struct fa_options *options, struct fa_contestant *ret,
                           struct fa_error *err);

/** Put 0 to n - 1 into a random order.  @state  Of the random numbers; any value to begin with. */
void fa_plan_shuffle(unsigned *items, unsigned n, uint64_t *state);

/**
 * The order of the runs: ret[round * n + place] is the contestant that runs in that place.
 *
 * In a block of n rounds (2n, if n is odd) each contestant is in each place equally often, and
 * follows each other one equally often: a Latin square that is balanced for carry-over, after E.
 * J. Williams, 1949.  The assignment of contestants and the order of rows are random.  The last
 * block may be incomplete.
 *
 * @ret  Array of rounds * n.
 * @seed The same seed gives the same order.
 */
void fa_plan_order(unsigned *ret, unsigned rounds, unsigned n, uint64_t seed);

#endif
