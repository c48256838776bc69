/**
 * How many entries of each origin a sample gets, and which ones.  Pure.
 */
#ifndef FA_ENGINE_QUOTA_H
#define FA_ENGINE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An origin.  All zero except key and count until fa_quota_share(). */
struct fa_quota {
    uint64_t key;   /**< For the caller. */
    uint64_t count; /**< Entries in the lists. */
    uint64_t share; /**< Entries to take. */
    uint64_t taken;
    uint64_t step; /**< Bresenham error term, in units of 1/share entry. */
};

/**
 * Divide `most` entries among the origins (max-min fairness, "water-filling"): each origin gets the
 * same share, unless it has fewer entries; the remainder goes to the first origins.
 *
 * @return The sum of the shares: `most`, or the number of all entries.
 */
uint64_t fa_quota_share(struct fa_quota *quotas, size_t n, uint64_t most);

/** Whether to take the next entry of the origin; call it for each entry, in order. */
bool fa_quota_takes(struct fa_quota *quota);

#endif
