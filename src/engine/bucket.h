/**
 * The rate limit of all transfers together: a token bucket, and the share of each transfer.  Pure.
 *
 * Bytes are paid for as they arrive.  In debt, no transfer starts and those in progress are slowed
 * down.  A transfer that has just started is charged at least FA_BUCKET_FIRST bytes, because that
 * much arrives before it can be slowed down.
 */
#ifndef FA_ENGINE_BUCKET_H
#define FA_ENGINE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define FA_BUCKET_FIRST 16384

struct fa_bucket {
    double limit; /**< Bytes a second; 0: no limit. */
    double tokens;
    double seen; /**< Bytes paid for. */
    double at;   /**< Time of the last update. */
};

void fa_bucket_init(struct fa_bucket *bucket, uint64_t limit, double now);

/** @seen  Bytes so far, counting at least FA_BUCKET_FIRST for each transfer in progress. */
void fa_bucket_update(struct fa_bucket *bucket, double now, double seen);

/** Whether another transfer may start.  @active  Transfers in progress. */
bool fa_bucket_allows(const struct fa_bucket *bucket, unsigned active);

/** A transfer starts. */
void fa_bucket_start(struct fa_bucket *bucket);

/** Bytes a second for each active transfer; 0: no limit. */
uint64_t fa_bucket_share(const struct fa_bucket *bucket, unsigned active);

/** Seconds until the debt is paid, if no more bytes arrive. */
double fa_bucket_wait(const struct fa_bucket *bucket);

#endif
