#include "engine/extents.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 300

static const char *print(const struct fa_extents *extents)
{
    static char text[512];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < extents->count; ++i)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu-%llu", i ? " " : "",
                                (unsigned long long)extents->items[i].first,
                                (unsigned long long)extents->items[i].end);
    return text;
}

Test(extents, neighbours_are_joined)
{
    struct fa_extents extents = {0};
    fa_extents_add(&extents, 10, 20);
    fa_extents_add(&extents, 30, 40);
    fa_extents_add(&extents, 5, 5);
    cr_expect_str_eq(print(&extents), "10-20 30-40");
    fa_extents_add(&extents, 20, 25);
    cr_expect_str_eq(print(&extents), "10-25 30-40");
    fa_extents_add(&extents, 24, 31);
    cr_expect_str_eq(print(&extents), "10-40");
    fa_extents_add(&extents, 0, 100);
    cr_expect_str_eq(print(&extents), "0-100");
    cr_expect(fa_extents_are_whole(&extents, 100));
    cr_expect_not(fa_extents_are_whole(&extents, 101));
}

/* Against one bit for each byte. */
Test(extents, any_sequence_of_changes_equals_a_bitmap)
{
    srand(7);
    for (int round = 0; round < 200; ++round) {
        struct fa_extents extents = {0};
        char bits[SIZE] = {0};
        for (int step = 0; step < 60; ++step) {
            unsigned first = (unsigned)rand() % SIZE, len = (unsigned)rand() % 20;
            unsigned end = first + len < SIZE ? first + len : SIZE;
            bool add = rand() % 3 > 0;
            (add ? fa_extents_add : fa_extents_remove)(&extents, first, end);
            memset(bits + first, add, end - first);
            cr_assert(fa_extents_are_valid(&extents, SIZE), "%s", print(&extents));
        }
        uint64_t sum = 0;
        struct fa_extents copy = {0};
        for (unsigned i = 0; i < SIZE; ++i) {
            sum += (uint64_t)bits[i];
            fa_extents_add(&copy, i, i + (uint64_t)bits[i]);
        }
        cr_assert_eq(fa_extents_bytes(&extents), sum);
        cr_assert_eq(copy.count, extents.count);
        cr_assert_eq(memcmp(copy.items, extents.items, copy.count * sizeof(*copy.items)), 0);
    }
}

Test(extents, gaps_are_found_in_their_order)
{
    struct fa_extents extents = {0};
    struct fa_extent gap;
    fa_extents_add(&extents, 10, 20);
    fa_extents_add(&extents, 30, 40);
    static const struct {
        uint64_t at, first, end;
    } rows[] = {{0, 0, 10}, {5, 5, 10}, {10, 20, 30}, {15, 20, 30}, {20, 20, 30}, {30, 40, 50}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        cr_assert(fa_extents_gap(&extents, rows[i].at, 50, &gap));
        cr_expect(gap.first == rows[i].first && gap.end == rows[i].end, "row %zu", i);
    }
    cr_expect_not(fa_extents_gap(&extents, 30, 40, &gap));
}

Test(extents, one_too_many_is_not_remembered)
{
    struct fa_extents extents = {0};
    for (uint64_t i = 0; i < FA_EXTENTS_MAX + 10; ++i)
        fa_extents_add(&extents, i * 10, i * 10 + 5);
    cr_expect_eq(extents.count, FA_EXTENTS_MAX);
    fa_extents_add(&extents, 5, 10);
    cr_expect_eq(extents.count, FA_EXTENTS_MAX - 1);
    cr_expect(fa_extents_are_valid(&extents, 10000));
}
