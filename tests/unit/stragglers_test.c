#include "engine/stragglers.h"

#include <criterion/criterion.h>

static struct fa_stragglers s;
static float slowness;

static void init(void)
{
    s = (struct fa_stragglers){0};
    slowness = 0;
}

TestSuite(stragglers, .init = init);

static void add(unsigned count, uint64_t bytes, double seconds)
{
    for (unsigned i = 0; i < count; ++i)
        fa_stragglers_add(&s, bytes, seconds, &slowness);
}

/* A transfer of a known size. */
static bool is_one(double seconds, uint64_t received, int64_t size)
{
    struct fa_straggler_case transfer = {seconds, received, size, size, slowness};
    return fa_stragglers_has(&s, &transfer);
}

Test(stragglers, nothing_is_compared_with_a_few_transfers)
{
    add(FA_STRAGGLER_LEAST - 1, 1000, 0.1);
    cr_assert_not(is_one(1000, 0, 1000));
    add(1, 1000, 0.1);
    cr_assert(is_one(1000, 0, 1000));
}

Test(stragglers, a_transfer_is_slow_after_several_times_the_time_of_nearly_all_others)
{
    add(100, 1000, 1);
    add(5, 1000, 5);
    slowness = 0;
    cr_assert_not(is_one(3.9, 0, 1000));
    cr_assert(is_one(5, 0, 1000));
    add(50, 1000, 3);
    slowness = 0;
    cr_assert_not(is_one(11.9, 0, 1000));
    cr_assert(is_one(15, 0, 1000));
}

Test(stragglers, none_is_one_within_the_first_second)
{
    add(100, 1000, 0.01);
    cr_assert_not(is_one(0.99, 0, 1000));
    cr_assert(is_one(1, 0, 1000));
}

Test(stragglers, a_transfer_that_ends_soon_is_left_alone)
{
    add(100, 1000000, 1);
    cr_assert_not(is_one(10, 990000, 1000000));
    cr_assert(is_one(10, 500000, 1000000));
}

Test(stragglers, large_files_may_take_as_long_as_large_files)
{
    add(100, 1000, 0.1);
    add(20, 100000000, 20);
    cr_assert_not(is_one(60, 50000000, 100000000));
    cr_assert(is_one(60, 500, 1000));
}

Test(stragglers, a_size_without_others_is_compared_with_larger_ones)
{
    add(20, 100000000, 20);
    cr_assert_not(is_one(60, 10, 1000));
    cr_assert(is_one(120, 10, 1000));
}

Test(stragglers, a_file_larger_than_all_others_may_take_proportionally_longer)
{
    add(20, 1000, 1);
    cr_assert_not(is_one(100, 1000, 1000000));
    cr_assert_not(is_one(3000, 1000, 1000000));
    cr_assert(is_one(20000, 1000, 1000000));
}

Test(stragglers, without_a_size_the_bytes_so_far_are_compared)
{
    add(20, 1000, 0.1);
    add(20, 1000000, 2);
    cr_assert(is_one(3, 1000, -1));
    cr_assert_not(is_one(3, 1000000, -1));
    cr_assert(is_one(10, 1000000, -1));
}

Test(stragglers, a_resumed_transfer_is_compared_with_what_it_has_to_fetch)
{
    add(20, 1000, 0.1);
    add(20, 1000000, 10);
    struct fa_straggler_case transfer = {
        .seconds = 5, .received = 100, .bytes = 1000, .size = 1000000};
    /* 45 seconds are left; a new one takes about 10. */
    cr_assert(fa_stragglers_has(&s, &transfer));
    transfer.received = 500; /* 5 seconds are left */
    cr_assert_not(fa_stragglers_has(&s, &transfer));
}

Test(stragglers, a_slow_host_is_compared_with_itself)
{
    float other = 0;
    add(100, 1000, 0.1);
    fa_stragglers_add(&s, 1000, 3, &other);
    slowness = other;
    cr_assert(is_one(2, 0, 1000));
    for (int i = 0; i < 4; ++i)
        fa_stragglers_add(&s, 1000, 3, &other);
    slowness = 0;
    cr_assert(is_one(2, 0, 1000));
    slowness = other;
    cr_assert_not(is_one(3, 0, 1000));
    cr_assert(is_one(12, 0, 1000));
}

Test(stragglers, extreme_values_are_counted)
{
    add(20, UINT64_MAX, 1e30);
    cr_assert_not(is_one(1e4, 0, INT64_MAX));
    slowness = 0;
    add(20, 0, 0);
    add(20, 0, -1);
    cr_assert(is_one(1, 0, 0));
}

Test(stragglers, the_end_is_a_fiftieth_of_the_batch_and_at_least_one_entry)
{
    cr_assert(fa_stragglers_at_end(10, 9));
    cr_assert_not(fa_stragglers_at_end(10, 8));
    cr_assert(fa_stragglers_at_end(1000, 980));
    cr_assert_not(fa_stragglers_at_end(1000, 979));
    cr_assert_eq(fa_stragglers_budget(0), 1);
    cr_assert_eq(fa_stragglers_budget(99), 1);
    cr_assert_eq(fa_stragglers_budget(1000), 20);
}
