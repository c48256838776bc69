/*
 * The sum of all shares grows with the level that they are cut off at, so the highest level that
 * fits is found by bisection, without sorting the origins.
 *
 * The entries to take are spread evenly over those of the origin, as lists are often sorted by
 * size or date and the first entries would be a biased sample.
 */
#include "engine/quota.h"

static uint64_t u64_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The sum of all shares if none exceeds level; counting stops above limit, so it cannot
 * overflow. */
static uint64_t quota_sum(const struct fa_quota *quotas, size_t n, uint64_t level, uint64_t limit)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n && sum <= limit; ++i)
        sum += u64_min(u64_min(quotas[i].count, level), limit + 1);
    return sum;
}

uint64_t fa_quota_share(struct fa_quota *quotas, size_t n, uint64_t most)
{
    /* Find the highest level whose sum is not more than `most`. */
    uint64_t low = 0, high = most < UINT64_MAX / 2 ? most : UINT64_MAX / 2;
    most = high;
    while (low < high) {
        uint64_t level = low + (high - low + 1) / 2;
        if (quota_sum(quotas, n, level, most) <= most)
            low = level;
        else
            high = level - 1;
    }
    uint64_t sum = quota_sum(quotas, n, low, most);
    uint64_t rest = most - sum;
    for (size_t i = 0; i < n; ++i) {
        struct fa_quota *quota = &quotas[i];
        bool more = rest > 0 && quota->count > low;
        quota->share = u64_min(quota->count, low) + more;
        quota->taken = 0;
        quota->step = quota->count / 2;
        rest -= more;
        sum += more;
    }
    return sum;
}

bool fa_quota_takes(struct fa_quota *quota)
{
    /* Bresenham's line: `share` steps up in `count` steps along.  Take no more if the list has
     * grown since it was counted. */
    quota->step += quota->share;
    if (quota->step < quota->count || quota->taken == quota->share)
        return false;
    quota->step -= quota->count;
    ++quota->taken;
    return true;
}
