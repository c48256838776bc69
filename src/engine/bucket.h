/**
 * The rate of all transfers together: a token bucket, and each transfer's share.  Pure.
 *
 * Bytes are paid for as they come.  In debt, no transfer is started and those under way are slowed
 * down.  A transfer that has just begun is counted with FA_BUCKET_FIRST bytes at least, as that much
 * comes before it can be slowed down.
 */
#ifndef FA_ENGINE_BUCKET_H
#define FA_ENGINE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define FA_BUCKET_FIRST 16384

struct fa_bucket {
    double limit; /**< Bytes a second; 0: none, and all is allowed. */
    double tokens;
    double seen; /**< Bytes that were paid for. */
    double at;   /**< When. */
};

void fa_bucket_init(struct fa_bucket *bucket, uint64_t limit, double now);

/** @seen  Bytes so far, each transfer under way with FA_BUCKET_FIRST at least. */
void fa_bucket_update(struct fa_bucket *bucket, double now, double seen);

/** Whether another transfer may be started beside so many. */
bool fa_bucket_allows(const struct fa_bucket *bucket, unsigned active);

/** It has been. */
void fa_bucket_start(struct fa_bucket *bucket);

/** Bytes a second for each of so many; 0: no limit. */
uint64_t fa_bucket_share(const struct fa_bucket *bucket, unsigned active);

/** Seconds until the debt is paid, if nothing more comes. */
double fa_bucket_wait(const struct fa_bucket *bucket);

#endif
