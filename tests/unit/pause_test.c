#include "engine/pause.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>

static struct fa_pause pause_;

static struct fa_error disk_error(int code)
{
    struct fa_error err;
    fa_error_system(&err, FA_CLASS_LOCAL_IO, code, "cannot write");
    return err;
}

static enum fa_pause_change begin(int code, uint64_t need, uint64_t done, double now)
{
    struct fa_error err = disk_error(code);
    return fa_pause_begin(&pause_, &err, need, done, now);
}

static void init(void)
{
    pause_ = (struct fa_pause){.patience = 60};
}

TestSuite(pause, .init = init);

Test(pause, only_a_full_disk_or_quota_pauses_the_run)
{
    static const int others[] = {EIO, EACCES, ENOENT, EMFILE, EROFS, ENAMETOOLONG, EFBIG};
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
        cr_expect_eq(begin(others[i], 0, 0, 1), FA_PAUSE_NONE, "%d", others[i]);
    cr_expect_not(pause_.full);
    cr_expect_eq(begin(ENOSPC, 0, 0, 1), FA_PAUSE_BEGINS);
    init();
    cr_expect_eq(begin(EDQUOT, 0, 0, 1), FA_PAUSE_BEGINS);
}

Test(pause, without_patience_a_full_disk_is_a_failure)
{
    pause_.patience = 0;
    cr_expect_eq(begin(ENOSPC, 0, 0, 1), FA_PAUSE_NONE);
    cr_expect(isinf(fa_pause_alarm(&pause_)));
}

Test(pause, is_reported_once_and_remembers_the_largest_need)
{
    cr_assert_eq(begin(ENOSPC, 10, 0, 1), FA_PAUSE_BEGINS);
    cr_assert_eq(begin(ENOSPC, 30, 0, 2), FA_PAUSE_SAME);
    cr_assert_eq(begin(ENOSPC, 20, 0, 3), FA_PAUSE_SAME);
    cr_assert_eq(pause_.need, 30);
    cr_assert_eq(fa_pause_alarm(&pause_), 1 + FA_PAUSE_CHECK);
}

Test(pause, ends_when_there_is_space)
{
    begin(ENOSPC, 0, 0, 1);
    cr_assert_eq(fa_pause_check(&pause_, false, 2), FA_PAUSE_WAIT);
    cr_assert_eq(fa_pause_alarm(&pause_), 2 + FA_PAUSE_CHECK);
    cr_assert_eq(fa_pause_check(&pause_, true, 3), FA_PAUSE_RESUME);
    cr_assert_not(pause_.full);
    cr_assert(isinf(fa_pause_alarm(&pause_)));
}

Test(pause, gives_up_when_patience_is_over_but_takes_space_that_came_late)
{
    begin(ENOSPC, 0, 0, 1);
    cr_assert_eq(fa_pause_check(&pause_, false, 60.9), FA_PAUSE_WAIT);
    cr_assert_eq(fa_pause_check(&pause_, false, 61), FA_PAUSE_GIVE_UP);
    init();
    begin(ENOSPC, 0, 0, 1);
    cr_assert_eq(fa_pause_check(&pause_, true, 61), FA_PAUSE_RESUME);
}

Test(pause, space_that_lets_no_entry_end_is_no_new_pause)
{
    begin(ENOSPC, 0, 5, 1);
    for (double now = 2; now < 62; now += 2) {
        cr_assert_eq(fa_pause_check(&pause_, true, now), FA_PAUSE_RESUME, "at %g", now);
        cr_assert_eq(begin(ENOSPC, 0, 5, now + 0.1), FA_PAUSE_SAME, "at %g", now);
    }
    /* Only the time during pauses counts, not the time between them. */
    cr_assert_gt(pause_.since, 1);
    cr_assert_lt(pause_.since, 5);
    cr_assert_eq(fa_pause_check(&pause_, true, 66), FA_PAUSE_GIVE_UP);
}

Test(pause, is_a_new_one_after_an_entry_has_ended_or_some_time)
{
    begin(ENOSPC, 0, 5, 1);
    fa_pause_check(&pause_, true, 2);
    cr_assert_eq(begin(ENOSPC, 0, 6, 3), FA_PAUSE_BEGINS);
    fa_pause_check(&pause_, true, 4);
    cr_assert_eq(begin(ENOSPC, 0, 6, 4 + FA_PAUSE_HELD), FA_PAUSE_BEGINS);
}
