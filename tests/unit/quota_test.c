#include <criterion/criterion.h>

#include "engine/quota.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

Test(quota, every_origin_gives_the_same_until_it_has_no_more)
{
    static const struct {
        uint64_t counts[4];
        uint64_t most;
        uint64_t shares[4];
        uint64_t sum;
    } cases[] = {
        {{100, 100, 100, 100}, 40, {10, 10, 10, 10}, 40},
        {{1, 2, 100, 100}, 43, {1, 2, 20, 20}, 43},
        {{1000, 1, 1, 1}, 10, {7, 1, 1, 1}, 10},
        {{5, 5, 5, 5}, 100, {5, 5, 5, 5}, 20},
        {{5, 5, 5, 5}, 20, {5, 5, 5, 5}, 20},
        {{5, 5, 5, 5}, 7, {2, 2, 2, 1}, 7},
        {{5, 5, 5, 5}, 3, {1, 1, 1, 0}, 3},
        {{1, 3, 3, 3}, 6, {1, 2, 2, 1}, 6},
        {{0, 0, 0, 0}, 6, {0, 0, 0, 0}, 0},
        {{UINT64_MAX, 1, UINT64_MAX, 1}, 6, {2, 1, 2, 1}, 6},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_quota quotas[4] = {0};
        for (size_t j = 0; j < 4; ++j)
            quotas[j].count = cases[i].counts[j];
        cr_assert_eq(fa_quota_share(quotas, 4, cases[i].most), cases[i].sum, "case %zu", i);
        for (size_t j = 0; j < 4; ++j)
            cr_assert_eq(quotas[j].share, cases[i].shares[j], "case %zu, %zu", i, j);
    }
    cr_assert_eq(fa_quota_share(NULL, 0, 5), 0);
}

Test(quota, exactly_the_share_is_taken_and_evenly_spaced)
{
    for (uint64_t count = 1; count < 60; ++count) {
        for (uint64_t share = 0; share <= count; ++share) {
            struct fa_quota quota = {.count = count};
            fa_quota_share(&quota, 1, share);
            uint64_t taken = 0, last = 0, least = count, most = 0;
            for (uint64_t i = 0; i < count; ++i) {
                if (!fa_quota_takes(&quota))
                    continue;
                uint64_t gap = i - last;
                if (taken++ > 0) {
                    least = gap < least ? gap : least;
                    most = gap > most ? gap : most;
                }
                last = i;
            }
            cr_assert_eq(taken, share, "%lu of %lu", share, count);
            cr_assert(share < 2 || most - least <= 1, "%lu of %lu", share, count);
        }
    }
}

Test(quota, a_list_that_has_grown_gives_no_more)
{
    struct fa_quota quota = {.count = 10};
    fa_quota_share(&quota, 1, 3);
    unsigned taken = 0;
    for (int i = 0; i < 1000; ++i)
        taken += fa_quota_takes(&quota);
    cr_assert_eq(taken, 3);
}
