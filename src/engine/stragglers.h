/**
 * Which transfers are far slower than their kind.  Pure.
 *
 * The kind of a transfer are the finished ones of about its size, and of its host.  A transfer is a
 * straggler if it takes FA_STRAGGLER_FACTOR times as long as nearly all of its kind, and if what is
 * left of it would, at its rate so far, take longer than a whole new transfer.
 *
 * At the end of a batch such a transfer may be requested again (engine/hedge.h).  That is worth it
 * only there: before, other entries use the slots.
 */
#ifndef FA_ENGINE_STRAGGLERS_H
#define FA_ENGINE_STRAGGLERS_H

#include <stdbool.h>
#include <stdint.h>

/** The end of a batch: the last entry of so many, and at least one.  So many may be hedged. */
#define FA_STRAGGLER_SHARE 50
/** Finished transfers without which nothing is compared. */
#define FA_STRAGGLER_LEAST 10
/** How many times slower than its kind a straggler is. */
#define FA_STRAGGLER_FACTOR 4.0
/** Seconds before which no transfer is one: a lost packet can cost a second. */
#define FA_STRAGGLER_AGE 1.0

/** Sizes differ by up to a factor of 4 within a class. */
#define FA_STRAGGLER_CLASSES 33
/** Durations differ by up to a factor of 2^(1/4) within a bin; the first one is up to a ms. */
#define FA_STRAGGLER_BINS 96

/** Of finished transfers.  All zero: there are none. */
struct fa_stragglers {
    uint32_t bins[FA_STRAGGLER_CLASSES][FA_STRAGGLER_BINS];
    uint32_t counts[FA_STRAGGLER_CLASSES];
};

/** A transfer has finished.
 *
 * @bytes     That it has received.
 * @slowness  Of its host, in and out: how many times longer than the median its transfers take, a
 *            base 2 logarithm, so that one straggler changes little.  0: no longer. */
void fa_stragglers_add(struct fa_stragglers *s, uint64_t bytes, double seconds, float *slowness);

/** A transfer in progress. */
struct fa_straggler_case {
    double seconds;    /**< Since its request started. */
    uint64_t received; /**< Bytes. */
    int64_t bytes;     /**< That it will have received at its end; -1: unknown. */
    int64_t size;      /**< That a new transfer would receive; -1: unknown. */
    float slowness;    /**< Of its host. */
};

bool fa_stragglers_has(const struct fa_stragglers *s, const struct fa_straggler_case *transfer);

/** Whether a batch is at its end.  @entries  All, of which @done have ended. */
bool fa_stragglers_at_end(uint64_t entries, uint64_t done);

/** How many transfers of a batch may be hedged. */
uint64_t fa_stragglers_budget(uint64_t entries);

#endif
