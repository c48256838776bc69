#include "engine/slots.h"

#include <criterion/criterion.h>

/* Seconds until there are as many as there may be. */
static double recover(struct fa_slots *slots, double now)
{
    double began = now;
    while (slots->now < slots->most && now < began + 100000) {
        now += 0.1;
        fa_slots_grow(slots, now);
    }
    return now - began;
}

Test(slots, one_shortage_is_over_in_a_while)
{
    struct fa_slots slots;
    fa_slots_init(&slots, 256);
    cr_assert_not(fa_slots_grow(&slots, 5));
    cr_assert(fa_slots_lower(&slots, 200, 10));
    cr_assert_eq(slots.now, 199);
    cr_assert_not(fa_slots_grow(&slots, 10.5), "at once it would fail again");
    double seconds = recover(&slots, 10);
    cr_assert(seconds > 1 && seconds < 5, "%g", seconds);
    cr_assert_eq(slots.now, 256);
}

Test(slots, twenty_thousand_are_back_in_two_minutes)
{
    struct fa_slots slots;
    fa_slots_init(&slots, 20000);
    fa_slots_lower(&slots, 2, 0);
    cr_assert_eq(slots.now, 1);
    double seconds = recover(&slots, 0);
    cr_assert(seconds < 120, "%g", seconds);
}

Test(slots, a_shortage_that_lasts_is_tried_less_and_less_and_said_once)
{
    struct fa_slots slots;
    unsigned said = 0, tried = 0;
    fa_slots_init(&slots, 100);
    said += fa_slots_lower(&slots, 50, 0);
    for (double now = 0; now < 3600; now += 0.1) {
        if (!fa_slots_grow(&slots, now))
            continue;
        ++tried;
        if (slots.now >= 50)
            said += fa_slots_lower(&slots, 50, now);
        cr_assert_leq(slots.wait, FA_SLOTS_WAIT_MAX);
    }
    cr_assert_eq(said, 1);
    cr_assert(tried >= 50 && tried < 80, "%u", tried);
}

Test(slots, the_next_shortage_after_a_recovery_is_a_new_one)
{
    struct fa_slots slots;
    fa_slots_init(&slots, 10);
    fa_slots_lower(&slots, 5, 0);
    cr_assert_not(fa_slots_lower(&slots, 3, 1));
    cr_assert_eq(slots.wait, 2 * FA_SLOTS_WAIT);
    recover(&slots, 1);
    cr_assert(fa_slots_lower(&slots, 9, 100));
    cr_assert_eq(slots.wait, FA_SLOTS_WAIT);
}

Test(slots, there_is_always_one)
{
    struct fa_slots slots;
    fa_slots_init(&slots, 1);
    fa_slots_lower(&slots, 1, 0);
    cr_assert_eq(slots.now, 1);
    fa_slots_lower(&slots, 0, 0);
    cr_assert_eq(slots.now, 1);
}
