#include "lab/link.h"

#include <criterion/criterion.h>

#define MS   INT64_C(1000000)
#define GONE INT64_C(-1)

struct step {
    int64_t now;
    size_t size;
    int64_t due; /* GONE: dropped */
};

static void expect_steps(struct fa_link link, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t due = GONE;
        enum fa_link_fate fate = fa_link_send(&link, steps[i].now, steps[i].size, &due);
        bool arrives = steps[i].due != GONE;
        cr_assert_eq(fate, arrives ? FA_LINK_ARRIVES : FA_LINK_DROPPED, "step %zu", i);
        cr_assert(!arrives || due == steps[i].due, "step %zu: due at %lld, not %lld", i,
                  (long long)due, (long long)steps[i].due);
    }
}

#define EXPECT(link, ...)                                              \
    do {                                                               \
        static const struct step steps[] = {__VA_ARGS__};              \
        expect_steps((link), steps, sizeof(steps) / sizeof(steps[0])); \
    } while (0)

Test(link, without_limits_only_delays)
{
    struct fa_link link = {.delay = 25 * MS};
    EXPECT(link, {0, 1500, 25 * MS}, {0, 1500, 25 * MS}, {7, 40, 25 * MS + 7});
}

Test(link, sends_one_packet_after_another)
{
    /* 8 Mbit/s: 1 ms for 1000 bytes. */
    struct fa_link link = {.rate = 8e6, .delay = 10 * MS};
    EXPECT(link, {0, 1000, 11 * MS}, {0, 1000, 12 * MS}, {0, 500, 12 * MS + MS / 2},
           {20 * MS, 1000, 31 * MS}, {20 * MS + MS / 2, 1000, 32 * MS});
}

Test(link, drops_packets_when_the_queue_is_full)
{
    struct fa_link link = {.rate = 8e6, .queue = 2000};
    EXPECT(link, {0, 1000, 1 * MS}, {0, 1000, 2 * MS}, {0, 1, GONE}, {MS / 2, 501, GONE},
           {MS / 2, 500, 2 * MS + MS / 2}, {MS, 1000, GONE}, {2 * MS, 1000, 3 * MS + MS / 2});
}

Test(link, takes_a_packet_larger_than_the_queue_when_it_is_idle)
{
    struct fa_link link = {.rate = 8e6, .queue = 100};
    EXPECT(link, {0, 1000, 1 * MS}, {0, 1, GONE}, {1 * MS, 1000, 2 * MS});
}

Test(link, remembers_its_longest_queue)
{
    struct fa_link link = {.rate = 8e6, .queue = 5000};
    int64_t due;
    for (int i = 0; i < 9; i++) {
        fa_link_send(&link, 0, 1000, &due);
    }
    fa_link_send(&link, 100 * MS, 1000, &due);
    cr_assert_float_eq(link.queue_max, 5000, 0.1);
}

/* A second of full-sized packets takes a second at each rate, despite rounding. */
Test(link, keeps_its_rate_over_many_packets)
{
    static const double rates[] = {1e6, 10e6, 33.3e6, 100e6, 1e9, 10e9};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct fa_link link = {.rate = rates[i]};
        int64_t due = 0;
        for (double sent = 0; sent < rates[i]; sent += 1500 * 8) {
            fa_link_send(&link, 0, 1500, &due);
        }
        cr_assert_float_eq((double)due / 1e9, 1, 0.0121, "%g bit/s: %lld ns", rates[i],
                           (long long)due);
    }
}

static size_t count_lost(double loss, uint64_t seed, size_t packets)
{
    struct fa_link link = {.loss = loss, .random = seed};
    size_t lost = 0;
    for (size_t i = 0; i < packets; i++) {
        int64_t due;
        lost += fa_link_send(&link, (int64_t)i, 1500, &due) == FA_LINK_LOST;
    }
    return lost;
}

Test(link, loses_its_share_and_the_same_packets_for_a_seed)
{
    cr_assert_eq(count_lost(0, 1, 100000), 0);
    cr_assert_eq(count_lost(1, 1, 1000), 1000);
    for (uint64_t seed = 0; seed < 10; seed++) {
        size_t lost = count_lost(0.02, seed, 100000);
        /* Five standard deviations. */
        cr_assert(lost > 1779 && lost < 2221, "seed %llu: %zu", (unsigned long long)seed, lost);
        cr_assert_eq(lost, count_lost(0.02, seed, 100000));
    }
    cr_assert_neq(count_lost(0.02, 1, 100000), count_lost(0.02, 2, 100000));
}

Test(link, a_lost_packet_takes_its_time_on_the_link)
{
    struct fa_link link = {.rate = 8e6, .loss = 1, .delay = MS};
    int64_t due;
    cr_assert_eq(fa_link_send(&link, 0, 1000, &due), FA_LINK_LOST);
    link.loss = 0;
    cr_assert_eq(fa_link_send(&link, 0, 1000, &due), FA_LINK_ARRIVES);
    cr_assert_eq(due, 3 * MS);
}
