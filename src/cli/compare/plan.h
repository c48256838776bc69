/**
 * Who takes part, and who runs when.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_PLAN_H
#define FETCHALL_CLI_COMPARE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"
#include "cli/options.h"

/** Contestants at most. */
#define FA_PLAN_CONTESTANTS_MAX 64

/**
 * Each combination of what was asked for that makes a difference: loops are for async only, and
 * who makes digests matters only if some are made.
 *
 * @ret   Room for FA_PLAN_CONTESTANTS_MAX; without trials.
 * @return How many there are, or 0 with an error if they are too many.
 */
size_t fa_plan_contestants(const struct fa_options *options, struct fa_contestant *ret,
                           struct fa_error *err);

/**
 * The order of the runs: ret[round * n + place] is who runs in that place.
 *
 * As many rounds as there are contestants (twice as many, if their number is odd) have each in each
 * place equally often, and each behind each other one equally often (a Latin square that is
 * balanced for carry-over, after E. J. Williams, 1949); who is who and which row comes first are
 * random.  So it is for each such block of rounds; the last block may be cut.
 *
 * @ret  Room for rounds * n.
 * @seed The same seed gives the same order.
 */
void fa_plan_order(unsigned *ret, unsigned rounds, unsigned n, uint64_t seed);

#endif
