/* Each status has its row, and the rows agree with each other. */
#include "engine/statuses.h"

#include <criterion/criterion.h>
#include <string.h>

Test(statuses, each_has_a_name_and_words_of_its_own)
{
    for (unsigned i = 0; i < FA_STATUSES; ++i) {
        cr_assert(fa_status_name((enum fa_status)i)[0]);
        cr_assert(fa_status_words((enum fa_status)i)[0]);
        for (unsigned j = 0; j < i; ++j) {
            cr_expect_str_neq(fa_status_name((enum fa_status)i), fa_status_name((enum fa_status)j));
            cr_expect_str_neq(fa_status_words((enum fa_status)i),
                              fa_status_words((enum fa_status)j));
        }
    }
}

Test(statuses, what_is_recorded_as_done_has_a_file_and_did_not_fail)
{
    unsigned failures = 0;
    for (unsigned i = 0; i < FA_STATUSES; ++i) {
        enum fa_status status = (enum fa_status)i;
        enum fa_recorded recorded = fa_status_recorded(status);
        bool done = recorded == FA_RECORDED_DONE || recorded == FA_RECORDED_IF_NEW;
        cr_expect_eq(fa_status_has_file(status), done, "%s", fa_status_name(status));
        cr_expect_eq(fa_status_is_failure(status), recorded == FA_RECORDED_FAILED, "%s",
                     fa_status_name(status));
        failures += fa_status_is_failure(status);
    }
    cr_expect_eq(failures, 1);
}

Test(statuses, the_names_are_those_of_the_report)
{
    cr_expect_str_eq(fa_status_name(FA_STATUS_OK), "ok");
    cr_expect_str_eq(fa_status_name(FA_STATUS_UNCHANGED), "unchanged");
    cr_expect_str_eq(fa_status_name(FA_STATUS_EXISTS), "exists");
    cr_expect_str_eq(fa_status_name(FA_STATUS_DUPLICATE), "duplicate");
    cr_expect_str_eq(fa_status_name(FA_STATUS_FAILED), "failed");
}

Test(statuses, an_unknown_one_is_a_failure)
{
    cr_expect_str_eq(fa_status_name(FA_STATUSES), "failed");
    cr_expect(fa_status_is_failure((enum fa_status)77));
    cr_expect_not(fa_status_has_file((enum fa_status)77));
}
