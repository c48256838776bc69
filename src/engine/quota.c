#include "engine/quota.h"

static uint64_t least_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What all give if none gives more than level; no more than limit is counted. */
static uint64_t filled(const struct fa_quota *quotas, size_t n, uint64_t level, uint64_t limit)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n && sum <= limit; ++i)
        sum += least_of(least_of(quotas[i].count, level), limit + 1);
    return sum;
}

uint64_t fa_quota_share(struct fa_quota *quotas, size_t n, uint64_t most)
{
    /* The highest level that is not too much. */
    uint64_t low = 0, high = most < UINT64_MAX / 2 ? most : UINT64_MAX / 2;
    most = high;
    while (low < high) {
        uint64_t level = low + (high - low + 1) / 2;
        if (filled(quotas, n, level, most) <= most)
            low = level;
        else
            high = level - 1;
    }
    uint64_t sum = filled(quotas, n, low, most);
    uint64_t rest = most - sum;
    for (size_t i = 0; i < n; ++i) {
        struct fa_quota *quota = &quotas[i];
        bool more = rest > 0 && quota->count > low;
        quota->share = least_of(quota->count, low) + more;
        quota->taken = 0;
        quota->step = quota->count / 2;
        rest -= more;
        sum += more;
    }
    return sum;
}

bool fa_quota_takes(struct fa_quota *quota)
{
    /* Bresenham's line: share steps up on count steps along.  A list that has grown since it was
     * counted gives no more for that. */
    quota->step += quota->share;
    if (quota->step < quota->count || quota->taken == quota->share)
        return false;
    quota->step -= quota->count;
    ++quota->taken;
    return true;
}
