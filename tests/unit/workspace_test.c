#include "cli/compare/workspace.h"

#include "support/scratch.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fa_scratch scratch;
static struct fa_workspace workspace;

/* A folder that belongs to another user according to the file system, or is on another one. */
static ino_t foreign, elsewhere;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st)
{
    int result = __real_fstat(fd, st);
    if (foreign && st->st_ino == foreign)
        ++st->st_uid;
    if (elsewhere && st->st_ino == elsewhere)
        ++st->st_dev;
    return result;
}

static void set_up(void)
{
    struct fa_error err = {0};
    fa_scratch_init(&scratch);
    fa_scratch_write(&scratch, "victim/a/b", "precious");
    cr_assert_eq(fa_workspace_init(&workspace, fa_scratch_mkdir(&scratch, "dir"), &err), 0, "%s",
                 err.msg);
}

static void tear_down(void)
{
    fa_workspace_fini(&workspace);
    fa_scratch_fini(&scratch);
}

TestSuite(workspace, .init = set_up, .fini = tear_down);

static const char *in(const char *name)
{
    return fa_scratch_path(&scratch, "%s/%s", strstr(workspace.path, "dir/"), name);
}

static void expect_victim(void)
{
    cr_expect_eq(access(fa_scratch_path(&scratch, "victim/a/b"), F_OK), 0);
}

Test(workspace, it_is_private_and_gone_at_the_end_with_all_that_is_in_it)
{
    struct stat st;
    cr_assert_eq(stat(workspace.path, &st), 0);
    cr_expect_eq(st.st_mode & 07777, 0700);
    for (int i = 0; i < 300; ++i) {
        char name[64];
        snprintf(name, sizeof(name), "%s/files/%d/x/y%d", strstr(workspace.path, "dir/"), i % 7, i);
        fa_scratch_write(&scratch, name, "x");
    }
    fa_workspace_remove(&workspace, "files");
    fa_expect_no_file(workspace.path, "files");
    fa_workspace_remove(&workspace, "files");
    fa_scratch_write(&scratch, strstr(in("more/f"), "dir/"), "x");
    fa_workspace_fini(&workspace);
    cr_expect_eq(fa_truth_count_files(fa_scratch_path(&scratch, "dir")), 0);
    cr_expect_eq(rmdir(fa_scratch_path(&scratch, "dir")), 0, "nothing is left in it");
}

Test(workspace, links_in_it_are_removed_and_not_followed)
{
    cr_assert_eq(symlink("../../../victim", in("link")), 0);
    cr_assert_eq(symlink(fa_scratch_path(&scratch, "victim"), in("files")), 0);
    fa_workspace_remove(&workspace, "files");
    fa_expect_no_file(workspace.path, "files");
    fa_workspace_fini(&workspace);
    expect_victim();
    cr_expect_eq(rmdir(fa_scratch_path(&scratch, "dir")), 0);
}

/* What has its name, or that of a folder above it, when it is removed. */
Test(workspace, another_folder_that_got_its_name_is_left_alone)
{
    char path[PATH_MAX], inside[PATH_MAX + 8];
    snprintf(path, sizeof(path), "%s", workspace.path);
    snprintf(inside, sizeof(inside), "%s/a/b", path);
    cr_assert_eq(rename(path, fa_scratch_path(&scratch, "moved")), 0);
    cr_assert_eq(rename(fa_scratch_path(&scratch, "victim"), path), 0);
    fa_workspace_remove(&workspace, "a");
    fa_workspace_fini(&workspace);
    cr_expect_eq(access(inside, F_OK), 0);
    cr_expect_eq(fa_truth_count_files(fa_scratch_path(&scratch, "moved")), 0);
}

Test(workspace, it_is_found_where_it_was_made_when_the_folder_above_is_replaced)
{
    char inside[PATH_MAX];
    snprintf(inside, sizeof(inside), "%s/a/b", strstr(workspace.path, "dir/"));
    cr_assert_eq(rename(fa_scratch_path(&scratch, "dir"), fa_scratch_path(&scratch, "moved")), 0);
    fa_scratch_write(&scratch, inside, "precious");
    fa_workspace_remove(&workspace, "a");
    fa_workspace_fini(&workspace);
    cr_expect_eq(access(fa_scratch_path(&scratch, "%s", inside), F_OK), 0);
    cr_expect_eq(rmdir(fa_scratch_path(&scratch, "moved")), 0);
}

Test(workspace, other_file_systems_and_folders_of_other_users_are_not_entered)
{
    static ino_t *const changes[] = {&foreign, &elsewhere};
    struct stat st;
    for (int i = 0; i < 3; ++i) {
        const char *file = fa_scratch_write(&scratch, strstr(in("files/f"), "dir/"), "x");
        cr_assert_eq(stat(in("files"), &st), 0);
        if (i < 2)
            *changes[i] = st.st_ino;
        fa_workspace_remove(&workspace, "files");
        cr_expect_eq(access(file, F_OK), i < 2 ? 0 : -1, "%d", i);
        foreign = elsewhere = 0;
    }
}

Test(workspace, what_killed_programs_left_is_swept_away_and_nothing_else)
{
    struct fa_workspace second;
    fa_scratch_write(&scratch, "dir/.fetchall-compare-dead/.workspace", "");
    fa_scratch_write(&scratch, "dir/.fetchall-compare-dead/files/f", "x");
    fa_scratch_write(&scratch, "dir/.fetchall-compare-backup/f", "no mark in it");
    fa_scratch_write(&scratch, "victim/.workspace", "");
    cr_assert_eq(symlink("../victim", fa_scratch_path(&scratch, "dir/.fetchall-compare-link")), 0);
    cr_assert_eq(fa_workspace_init(&second, fa_scratch_path(&scratch, "dir/not/there"), NULL), 0);
    fa_expect_no_file(fa_scratch_path(&scratch, "dir"), ".fetchall-compare-dead");
    cr_expect_eq(access(fa_scratch_path(&scratch, "dir/.fetchall-compare-backup/f"), F_OK), 0);
    cr_expect_eq(access(workspace.path, F_OK), 0, "one that is in use");
    expect_victim();
    fa_workspace_fini(&second);
}
