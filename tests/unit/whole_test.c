#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/compare/sheet.h"
#include "cli/whole.h"
#include "support/compared.h"
#include "support/scratch.h"

static struct fa_scratch scratch;
static const char *file;

/* The file system reports that each file belongs to another user. */
static bool foreign;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
    int result = __real_fstat(fd, st);
    if (foreign)
        ++st->st_uid;
    return result;
}

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

Test(whole, leftovers_of_a_killed_run_are_removed)
{
    struct fa_whole whole;
    struct stat left, made;
    const char *temp = fa_scratch_write(&scratch, ".file.fetchall", "more than what comes");
    cr_assert_eq(chmod(temp, 0666), 0);
    int open_still = open(temp, O_WRONLY | O_CLOEXEC); /* by whoever could write to it */
    cr_assert_eq(fstat(open_still, &left), 0);
    cr_assert_eq(fa_whole_open(&whole, "text", file, NULL), 0);
    fa_output_line(&whole.output, "new", NULL);
    cr_assert_eq(fa_whole_publish(&whole, NULL), 0);
    fa_whole_fini(&whole);
    expect_file("new\n");
    cr_assert_eq(stat(file, &made), 0);
    cr_expect_neq(left.st_ino, made.st_ino);
    close(open_still);
}

/* Each is in the place of the temporary file, in a folder that others may write to. */
Test(whole, what_others_put_in_its_place_is_refused_and_left_alone)
{
    const char *temp = fa_scratch_path(&scratch, ".file.fetchall");
    fa_scratch_write(&scratch, "victim", "precious");
    for (int i = 0; i < 4; ++i) {
        struct fa_whole whole;
        struct fa_error err = {0};
        int made = i == 0   ? symlink("victim", temp)
                   : i == 1 ? mkfifo(temp, 0666)
                   : i == 2 ? mkdir(temp, 0777)
                            : close(creat(temp, 0666));
        cr_assert_eq(made, 0);
        foreign = i == 3;
        cr_expect_eq(fa_whole_open(&whole, "text", file, &err), -1, "%d", i);
        cr_expect(strstr(err.msg, "cannot create the text '"), "%s", err.msg);
        foreign = false;
        cr_expect_eq(remove(temp), 0, "%d is left alone", i);
    }
    char *found = fa_file_read(fa_scratch_path(&scratch, "victim"), NULL);
    cr_expect_str_eq(found, "precious");
    free(found);
    expect_file("old");
}

Test(whole, what_took_the_place_of_the_temporary_file_does_not_get_the_name)
{
    struct fa_whole whole;
    struct fa_error err = {0};
    cr_assert_eq(fa_whole_open(&whole, "text", file, NULL), 0);
    fa_output_line(&whole.output, "new", NULL);
    const char *temp = fa_scratch_path(&scratch, ".file.fetchall");
    cr_assert(rename(temp, fa_scratch_path(&scratch, "kept")) == 0 && symlink("kept", temp) == 0);
    cr_expect_eq(fa_whole_publish(&whole, &err), -1);
    cr_expect(strstr(err.msg, "cannot write the text '"), "%s", err.msg);
    fa_whole_fini(&whole);
    struct stat st;
    cr_expect(lstat(file, &st) == 0 && S_ISREG(st.st_mode));
    cr_expect_eq(unlink(temp), 0, "it is left alone");
    expect_file("old");
}

Test(whole, results_without_disk_space_leave_the_old_file)
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
