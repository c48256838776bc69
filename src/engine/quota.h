/**
 * How many entries each origin gives to a sample, and which.  Pure.
 */
#ifndef FA_ENGINE_QUOTA_H
#define FA_ENGINE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An origin: all zero but count, until fa_quota_share(). */
struct fa_quota {
    uint64_t key;   /**< The caller's. */
    uint64_t count; /**< Entries that there are. */
    uint64_t share; /**< Of them, those to take. */
    uint64_t taken;
    uint64_t step; /**< How far it is to the next one to take, in shares of an entry. */
};

/**
 * Share out `most` entries by filling with water: each origin gives the same number, but for those
 * that have no more; the rest of the division goes to the first ones.
 *
 * @return How many are to be taken in all: `most`, or all that there are.
 */
uint64_t fa_quota_share(struct fa_quota *quotas, size_t n, uint64_t most);

/** Whether the next entry of the origin is to be taken; called for each of them, in order. */
bool fa_quota_takes(struct fa_quota *quota);

#endif
