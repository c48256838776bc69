#include "engine/growth.h"

#include <criterion/criterion.h>
#include <math.h>

/* A server on which N connections bring rate(N) bytes a second.  @return connections in the end */
static unsigned grow(unsigned most, double (*rate)(unsigned n))
{
    struct fa_growth growth;
    unsigned live = 1;
    double bytes = 1;
    fa_growth_init(&growth, most);
    for (double now = 0; now < 60; now += 0.1) {
        live = fa_growth_wanted(&growth, live, (uint64_t)bytes, now);
        bytes += rate(live) * 0.1;
    }
    return live;
}

static double each_the_same(unsigned n)
{
    return 1e6 * n;
}

static double one_link(unsigned n)
{
    return 1e7 - 1e5 * n;
}

static double three_at_most(unsigned n)
{
    return 1e6 * fmin(n, 3);
}

Test(growth, auto_follows_the_rate)
{
    cr_expect_eq(grow(0, each_the_same), FA_GROWTH_AUTO);
    cr_expect_eq(grow(0, one_link), 1);
    cr_expect_eq(grow(0, three_at_most), 4, "the step from 2 to 4 brought half of what it could");
}

Test(growth, a_number_is_not_measured)
{
    struct fa_growth growth;
    fa_growth_init(&growth, 5);
    cr_expect_eq(fa_growth_wanted(&growth, 1, 0, 0), 5);
    cr_expect_eq(grow(5, one_link), 5);
}

Test(growth, a_refusal_is_tried_again_later_and_not_for_ever)
{
    struct fa_growth growth;
    unsigned tries = 0;
    fa_growth_init(&growth, 8);
    for (double now = 0; now < 600; now += 0.1) {
        unsigned wanted = fa_growth_wanted(&growth, 3, 0, now);
        cr_assert(now < 0.05 || wanted <= 4, "%g", now);
        for (; wanted > 3; --wanted, ++tries)
            fa_growth_refused(&growth, 3, now); /* the server allows three */
    }
    cr_expect_eq(tries, 5u + FA_GROWTH_REFUSALS - 1);
}

Test(growth, a_refusal_does_not_go_below_one)
{
    struct fa_growth growth;
    fa_growth_init(&growth, 8);
    fa_growth_refused(&growth, 0, 1);
    cr_expect_eq(fa_growth_wanted(&growth, 1, 0, 1), 1);
}

Test(growth, stops_at_one)
{
    struct fa_growth growth;
    fa_growth_init(&growth, 8);
    fa_growth_stop(&growth);
    cr_expect_eq(fa_growth_wanted(&growth, 1, 0, 100), 1);
}
