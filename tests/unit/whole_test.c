#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/compare/sheet.h"
#include "cli/whole.h"
#include "support/compared.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static const char *file;

static void set_up(void)
{
    fa_scratch_init(&scratch);
    file = fa_scratch_write(&scratch, "file", "old");
}

static void tear_down(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(whole, .init = set_up, .fini = tear_down);

/* No file may become larger, as if the disk were full. */
static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

static void expect_file(const char *text)
{
    char *found = fa_file_read(file, NULL);
    cr_expect_str_eq(found, text);
    cr_expect_neq(access(fa_scratch_path(&scratch, ".file.fetchall"), F_OK), 0);
    free(found);
}

Test(whole, it_has_its_name_once_it_is_published)
{
    struct fa_whole whole;
    cr_assert_eq(fa_whole_open(&whole, "text", file, NULL), 0);
    fa_output_line(&whole.output, "new", NULL);
    char *found = fa_file_read(file, NULL);
    cr_expect_str_eq(found, "old");
    free(found);
    cr_assert_eq(fa_whole_publish(&whole, NULL), 0);
    fa_whole_fini(&whole);
    expect_file("new\n");
}

Test(whole, nothing_is_lost_to_a_second_writer)
{
    struct fa_whole first, second;
    struct fa_error err = {0};
    cr_assert_eq(fa_whole_open(&first, "text", file, NULL), 0);
    fa_output_line(&first.output, "first", NULL);
    cr_assert_eq(fa_whole_open(&second, "text", file, &err), -1);
    cr_expect(strstr(err.msg, "cannot create the text '"), "%s", err.msg);
    fa_whole_fini(&second);
    cr_assert_eq(fa_whole_publish(&first, NULL), 0);
    cr_assert_eq(fa_whole_open(&second, "text", file, &err), 0);
    fa_whole_fini(&first);
    fa_whole_fini(&second);
    expect_file("first\n");
}

Test(whole, what_a_killed_run_left_is_used_again)
{
    struct fa_whole whole;
    fa_scratch_write(&scratch, ".file.fetchall", "more than what comes");
    cr_assert_eq(fa_whole_open(&whole, "text", file, NULL), 0);
    fa_output_line(&whole.output, "new", NULL);
    cr_assert_eq(fa_whole_publish(&whole, NULL), 0);
    fa_whole_fini(&whole);
    expect_file("new\n");
}

Test(whole, results_that_find_no_room_leave_the_old_file)
{
    struct fa_compared compared;
    struct fa_error err = {0};
    fa_compared_init(&compared, 3, 5);
    struct fa_result_of result = {
        .comparison = compared.comparison, .verdict = compared.verdict, .judged = true};
    limit_files(100);
    cr_expect_eq(fa_sheet_json(file, &result, 1, 1, 0, &err), -1);
    cr_expect(strstr(err.msg, "cannot write the results '") && strstr(err.msg, "too large"), "%s",
              err.msg);
    expect_file("old");
    cr_expect_eq(fa_sheet_csv(file, &result, 1, &err), -1);
    cr_expect(strstr(err.msg, "cannot write the table '"), "%s", err.msg);
    expect_file("old");
    limit_files(RLIM_INFINITY);
    cr_expect_eq(fa_sheet_csv(file, &result, 1, &err), 0, "%s", err.msg);
    fa_compared_fini(&compared);
}
