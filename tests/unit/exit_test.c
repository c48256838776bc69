#include <criterion/criterion.h>

#include "cli/exit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

Test(exit, the_first_of_4_3_1_5_is_returned)
{
    static const struct {
        struct fa_exit exit;
        enum fa_exit_status status;
    } cases[] = {
        {{0}, FA_EXIT_OK},
        {{.transient = 9}, FA_EXIT_TRANSIENT},
        {{.transient = 9, .permanent = 1, .listed = true}, FA_EXIT_PERMANENT},
        {{.permanent = 1}, FA_EXIT_USAGE},
        {{.transient = 9, .permanent = 9, .integrity = 1}, FA_EXIT_INTEGRITY},
        {{.transient = 9, .permanent = 9, .integrity = 9, .local = 1}, FA_EXIT_LOCAL},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        cr_assert_eq(fa_exit_status(&cases[i].exit), cases[i].status, "case %zu", i);
}

Test(exit, results_count_by_what_they_mean)
{
    static const struct {
        enum fa_status status;
        enum fa_class class;
        int transient;
        int exit;
    } cases[] = {
        {FA_STATUS_OK, FA_CLASS_NONE, 0, 0},          {FA_STATUS_UNCHANGED, FA_CLASS_NONE, 0, 0},
        {FA_STATUS_EXISTS, FA_CLASS_NONE, 0, 0},      {FA_STATUS_DUPLICATE, FA_CLASS_NONE, 0, 0},
        {FA_STATUS_PLANNED, FA_CLASS_NONE, 0, 0},     {FA_STATUS_FAILED, FA_CLASS_HTTP, 0, 1},
        {FA_STATUS_FAILED, FA_CLASS_BAD_URL, 0, 1},   {FA_STATUS_FAILED, FA_CLASS_TLS, 0, 1},
        {FA_STATUS_FAILED, FA_CLASS_HTTP, 1, 5},      {FA_STATUS_FAILED, FA_CLASS_TIMEOUT, 1, 5},
        {FA_STATUS_FAILED, FA_CLASS_INTEGRITY, 0, 3}, {FA_STATUS_FAILED, FA_CLASS_INTEGRITY, 1, 3},
        {FA_STATUS_FAILED, FA_CLASS_LOCAL_IO, 0, 4},  {FA_STATUS_FAILED, FA_CLASS_LOCAL_IO, 1, 5},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_exit exit = {0};
        struct fa_result result = {
            .line = 1, .status = cases[i].status, .transient = cases[i].transient};
        result.error.class = cases[i].class;
        fa_exit_count(&exit, &result);
        cr_assert_eq((int)fa_exit_status(&exit), cases[i].exit, "case %zu", i);
    }
}

Test(exit, lists_of_which_none_could_be_read_are_a_usage_error)
{
    struct fa_exit exit = {0};
    struct fa_result unread = {.status = FA_STATUS_FAILED, .error.class = FA_CLASS_BAD_URL};
    struct fa_result read = {.line = 3, .status = FA_STATUS_OK};
    fa_exit_count(&exit, &unread);
    cr_assert_eq(fa_exit_status(&exit), FA_EXIT_USAGE);
    fa_exit_count(&exit, &read);
    cr_assert_eq(fa_exit_status(&exit), FA_EXIT_PERMANENT);
}
