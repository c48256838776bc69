#include "cli/tally.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct fa_tally tally;

static void end(void)
{
    fa_tally_fini(&tally);
}

TestSuite(tally, .fini = end);

static void add(const char *origin, enum fa_standing standing, enum fa_class class)
{
    struct fa_state_entry entry = {
        .origin = origin,
        .standing = standing,
        .class = class,
        .size = standing == FA_STANDING_DONE ? 10 : -1,
        .transient = class == FA_CLASS_TIMEOUT,
        .text = class == FA_CLASS_TLS ? NULL : "text",
    };
    fa_tally_add(&tally, &entry);
}

Test(tally, counts_by_standing_class_and_origin)
{
    add("http://a:80", FA_STANDING_DONE, FA_CLASS_NONE);
    add("http://b:80", FA_STANDING_FAILED, FA_CLASS_TIMEOUT);
    add("http://a:80", FA_STANDING_DONE, FA_CLASS_NONE);
    add("http://b:80", FA_STANDING_FAILED, FA_CLASS_TLS);
    add(NULL, FA_STANDING_FAILED, FA_CLASS_TIMEOUT);
    add("http://b:80", FA_STANDING_PART, FA_CLASS_NONE);
    fa_tally_sort(&tally);
    cr_assert_eq(tally.all.standings[FA_STANDING_DONE], 2);
    cr_assert_eq(tally.all.standings[FA_STANDING_FAILED], 3);
    cr_assert_eq(tally.all.standings[FA_STANDING_PART], 1);
    cr_assert_eq(tally.all.classes[FA_CLASS_TIMEOUT], 2);
    cr_assert_eq(tally.bytes, 20);
    cr_assert_eq(tally.transient, 2);
    cr_assert_eq(tally.unwritten, 1);
    cr_assert_eq(tally.n_rows, 3);
    cr_assert_str_eq(tally.rows[0].origin, "http://b:80");
    cr_assert_eq(tally.rows[0].classes[FA_CLASS_TIMEOUT], 1);
    cr_assert_str_eq(tally.rows[1].origin, "");
    cr_assert_str_eq(tally.rows[2].origin, "http://a:80");
}

Test(tally, memory_is_bounded_and_nothing_goes_uncounted)
{
    for (int i = 0; i < FA_TALLY_ROWS + 7; ++i) {
        char origin[40];
        snprintf(origin, sizeof(origin), "http://h%d:80", i);
        add(origin, FA_STANDING_FAILED, FA_CLASS_DNS);
        add(origin, FA_STANDING_DONE, FA_CLASS_NONE);
    }
    cr_assert_eq(tally.n_rows, FA_TALLY_ROWS);
    cr_assert_eq(tally.all.standings[FA_STANDING_DONE], FA_TALLY_ROWS + 7);
    cr_assert_eq(tally.others, 14);
    cr_assert_eq(tally.other_failures, 7);
}
