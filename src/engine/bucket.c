/*
 * A token bucket: tokens are bytes, and they may be negative.  The bytes of all transfers are
 * known only afterwards, so a debt is paid by lower rates of the transfers rather than by stopping
 * them, which servers would take for a stall.
 */
#include "engine/bucket.h"

#include <math.h>

/* Seconds of the rate that can be saved: byte counts arrive in bursts, up to a second apart. */
#define SAVED 1.0
/* Seconds of the rate that are available at the start. */
#define FIRST 0.1
/* Minimum fraction of the rate while a debt is being paid, so that no transfer stalls. */
#define SLOWEST 0.5

void fa_bucket_init(struct fa_bucket *bucket, uint64_t limit, double now)
{
    *bucket = (struct fa_bucket){.limit = (double)limit, .at = now};
    bucket->tokens = bucket->limit * FIRST;
}

void fa_bucket_update(struct fa_bucket *bucket, double now, double seen)
{
    bucket->tokens += bucket->limit * (now - bucket->at) - (seen - bucket->seen);
    bucket->tokens = fmin(bucket->tokens, bucket->limit * SAVED);
    bucket->seen = seen;
    bucket->at = now;
}

/* With more transfers than the limit has FA_BUCKET_FIRST for, none could be slowed down enough. */
bool fa_bucket_allows(const struct fa_bucket *bucket, unsigned active)
{
    if (bucket->limit <= 0)
        return true;
    return bucket->tokens > 0 && (active == 0 || active * (double)FA_BUCKET_FIRST < bucket->limit);
}

/* The first bytes of a transfer arrive before its rate can be changed: they are charged in
 * advance. */
void fa_bucket_start(struct fa_bucket *bucket)
{
    bucket->tokens -= FA_BUCKET_FIRST;
    bucket->seen += FA_BUCKET_FIRST;
}

uint64_t fa_bucket_share(const struct fa_bucket *bucket, unsigned active)
{
    if (bucket->limit <= 0)
        return 0;
    double debt = fmin(0, bucket->tokens) / bucket->limit;
    double speed = bucket->limit * fmax(SLOWEST, 1 + debt);
    return (uint64_t)(speed / (active ? active : 1)) + 1;
}

/* While there is a debt no transfer starts, as its first bytes would only increase it. */
double fa_bucket_wait(const struct fa_bucket *bucket)
{
    return bucket->limit > 0 && bucket->tokens <= 0 ? -bucket->tokens / bucket->limit : 0;
}
