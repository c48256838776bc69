#include "engine/learned.h"

#include <criterion/criterion.h>

static struct fa_learned learned;

static void put(uint64_t key, unsigned per_host, double at)
{
    fa_learned_put(&learned, &(struct fa_state_limit){key, at, per_host});
}

Test(learned, limit_of_an_origin_is_the_last_one)
{
    cr_expect_eq(fa_learned_get(&learned, 7), 0);
    cr_expect_eq(fa_learned_get(&learned, 0), 0);
    cr_expect_not(learned.changed);
    put(7, 64, 1000);
    put(0, 16, 1000);
    put(7, 32, 999);
    cr_expect(learned.changed);
    cr_expect_eq(fa_learned_get(&learned, 7), 32);
    cr_expect_eq(fa_learned_get(&learned, 0), 16);
}

Test(learned, oldest_one_makes_room)
{
    for (unsigned i = 0; i < FA_LEARNED_WAYS; ++i)
        put(7 + i * FA_LEARNED_SETS, 10 + i, 1000 + (i + 2) % FA_LEARNED_WAYS);
    put(7 + 100 * FA_LEARNED_SETS, 99, 2000);
    unsigned kept = 0;
    for (unsigned i = 0; i < FA_LEARNED_WAYS; ++i)
        kept += fa_learned_get(&learned, 7 + i * FA_LEARNED_SETS) == 10 + i;
    cr_expect_eq(kept, FA_LEARNED_WAYS - 1);
    cr_expect_eq(fa_learned_get(&learned, 7 + (FA_LEARNED_WAYS - 2) * FA_LEARNED_SETS), 0);
    cr_expect_eq(fa_learned_get(&learned, 7 + 100 * FA_LEARNED_SETS), 99);
}
