#include "engine/parents.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct fa_parents parents;

static void limit_files(rlim_t most)
{
    const struct rlimit limit = {most, 64};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void set_up(void)
{
    limit_files(64);
    cr_assert_eq(fa_parents_init(&parents), 0);
}

static void tear_down(void)
{
    fa_parents_fini(&parents);
}

TestSuite(parents, .init = set_up, .fini = tear_down, .timeout = 60.0);

static int some_folder(void)
{
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    return fd;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

static struct fa_parent *add(const char *path, int fd)
{
    struct fa_parent *parent = fa_parents_add(&parents, path, strlen(path), fd);
    cr_assert(parent);
    return parent;
}

static struct fa_parent *find(const char *path)
{
    return fa_parents_find(&parents, path, strlen(path));
}

Test(parents, a_folder_is_found_by_its_whole_path)
{
    const char path[] = "a/b/file";
    struct fa_parent *parent = add("a/b", some_folder());
    cr_assert_eq(fa_parents_find(&parents, path, 3), parent);
    cr_assert_null(find("a"));
    cr_assert_null(find("a/b/file"));
    cr_assert_null(find("a/c"));
    cr_assert_not(parent->checked);
}

Test(parents, the_limit_of_open_files_bounds_them)
{
    cr_assert_eq(parents.max, 4);
    fa_parents_fini(&parents);
    limit_files(8);
    cr_assert_eq(fa_parents_init(&parents), 0);
    limit_files(64);
    cr_assert_eq(parents.max, 1, "one is kept in any case");
    int first = some_folder();
    add("a", first);
    add("b", some_folder());
    cr_assert_null(find("a"));
    cr_assert_not(is_open(first));
}

Test(parents, the_one_that_was_not_used_for_longest_is_closed)
{
    char name[] = "a";
    int fds[4];
    for (int i = 0; i < 4; ++i, ++name[0])
        add(name, fds[i] = some_folder());
    cr_assert_eq(fa_parents_last(&parents), find("d"));
    cr_assert(find("a"), "it is used again");
    cr_assert_eq(fa_parents_last(&parents), find("a"));
    add("e", some_folder());
    cr_assert(find("a"));
    cr_assert_null(find("b"));
    cr_assert_not(is_open(fds[1]));
    cr_assert(find("c") && find("d") && find("e"));
    cr_assert(is_open(fds[0]) && is_open(fds[2]));
}

Test(parents, one_that_is_forgotten_is_closed)
{
    int fd = some_folder();
    add("a", fd);
    fa_parents_forget(&parents, "b", 1);
    cr_assert(find("a"));
    fa_parents_forget(&parents, "a/file", 1);
    cr_assert_null(find("a"));
    cr_assert_not(is_open(fd));
    add("a", some_folder());
    cr_assert(find("a"));
}
