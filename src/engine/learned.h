/**
 * The limits of origins that were found in earlier runs, and in this one of origins that are no
 * longer in memory.  Pure; a table of fixed size, which keeps the latest ones.
 */
#ifndef FA_ENGINE_LEARNED_H
#define FA_ENGINE_LEARNED_H

#include "state/state.h"

/** Origins whose hashes are equal modulo FA_LEARNED_SETS share FA_LEARNED_WAYS places. */
#define FA_LEARNED_SETS 256
#define FA_LEARNED_WAYS (FA_STATE_LIMITS_MAX / FA_LEARNED_SETS)

/** All zero: empty. */
struct fa_learned {
    struct fa_state_limit limits[FA_STATE_LIMITS_MAX]; /**< per_host 0: unused. */
    bool changed;                                      /**< Since it was read from the state. */
};

/** @return the limit of an origin; 0: unknown. */
unsigned fa_learned_get(const struct fa_learned *learned, uint64_t key);

/** Replaces the one of that origin, or the oldest. */
void fa_learned_put(struct fa_learned *learned, const struct fa_state_limit *limit);

#endif
