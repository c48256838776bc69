#include "engine/timers.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(timers, come_in_order)
{
    enum { MANY = 1000 };
    static struct fa_timer timers[MANY];
    struct fa_timers heap = {0};
    srand(1);
    for (int i = 0; i < MANY; ++i)
        cr_assert_eq(fa_timers_set(&heap, &timers[i], rand() % 500), 0);
    double before = -1;
    for (int i = 0; i < MANY; ++i) {
        struct fa_timer *next = fa_timers_next(&heap);
        cr_assert(next && next->at >= before && next->place);
        before = next->at;
        fa_timers_clear(&heap, next);
        cr_assert_eq(next->place, 0);
    }
    cr_assert_null(fa_timers_next(&heap));
    fa_timers_fini(&heap);
}

/* The heap, compared with a linear search for the minimum. */
Test(timers, setting_anew_and_clearing_keep_the_order)
{
    enum { MANY = 64, STEPS = 20000 };
    static struct fa_timer timers[MANY];
    struct fa_timers heap = {0};
    srand(2);
    for (int step = 0; step < STEPS; ++step) {
        struct fa_timer *timer = &timers[rand() % MANY];
        if (rand() % 3)
            cr_assert_eq(fa_timers_set(&heap, timer, rand() % 100), 0);
        else
            fa_timers_clear(&heap, timer);
        const struct fa_timer *least = NULL;
        size_t count = 0;
        for (int i = 0; i < MANY; ++i) {
            count += timers[i].place > 0;
            if (timers[i].place && (!least || timers[i].at < least->at))
                least = &timers[i];
        }
        const struct fa_timer *next = fa_timers_next(&heap);
        cr_assert_eq(count, heap.count);
        cr_assert_eq(!next, !least);
        cr_assert(!next || next->at <= least->at);
    }
    fa_timers_fini(&heap);
}

Test(timers, clearing_what_is_not_set_is_fine)
{
    struct fa_timers heap = {0};
    struct fa_timer timer = {0};
    fa_timers_clear(&heap, &timer);
    cr_assert_null(fa_timers_next(&heap));
    fa_timers_fini(&heap);
}
