#include "engine/names.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* More than stay in memory, so that the table has moved to its file. */
#define MANY 3000000u

static char dir[] = "/tmp/fa-names-XXXXXX";
static int dirfd_ = -1;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(dir));
    dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
}

static void tear_down(void)
{
    close(dirfd_);
    cr_assert_eq(rmdir(dir), 0, "nothing was left behind");
}

TestSuite(names, .init = set_up, .fini = tear_down, .timeout = 120.0);

/* The output step of splitmix64: good bits from a count. */
static uint64_t mix(uint64_t z)
{
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static enum fa_claim claim(struct fa_names *names, uint64_t name, uint64_t url)
{
    struct fa_error err = {0};
    enum fa_claim ret;
    cr_assert_eq(fa_names_claim(names, name, url, &ret, &err), 0, "%s", err.msg);
    return ret;
}

Test(names, distinguishes_duplicates_from_names_that_are_taken)
{
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    cr_assert_eq(claim(names, 1, 10), FA_CLAIM_NEW);
    cr_assert_eq(claim(names, 1, 10), FA_CLAIM_SAME);
    cr_assert_eq(claim(names, 1, 11), FA_CLAIM_TAKEN);
    cr_assert_eq(claim(names, 1, 11), FA_CLAIM_TAKEN, "it has not got it by asking");
    cr_assert_eq(claim(names, 2, 11), FA_CLAIM_NEW);
    cr_assert_eq(fa_names_count(names), 2);
    fa_names_free(names);
    fa_names_free(NULL);
}

static unsigned mark(struct fa_names *names, uint64_t name, unsigned clear, unsigned set)
{
    unsigned before = 9;
    cr_assert_eq(fa_names_mark(names, name, clear, set, &before, NULL), 0);
    return before;
}

Test(names, keeps_marks_and_the_owner)
{
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    const uint64_t url = UINT64_MAX;
    cr_assert_eq(claim(names, 1, url), FA_CLAIM_NEW);
    cr_assert_eq(mark(names, 1, 0, FA_NAME_CHECKED), 0);
    cr_assert_eq(mark(names, 1, 0, FA_NAME_FAILED), FA_NAME_CHECKED);
    cr_assert_eq(mark(names, 7, 0, FA_NAME_FAILED), 0, "nobody has that name");
    for (uint64_t i = 2; i < 20000; ++i)
        cr_assert_eq(claim(names, mix(i), i), FA_CLAIM_NEW, "the table grows");
    cr_assert_eq(claim(names, 1, url), FA_CLAIM_SAME);
    cr_assert_eq(claim(names, 1, url - 1), FA_CLAIM_TAKEN);
    cr_assert_eq(mark(names, 1, FA_NAME_FAILED, 0), FA_NAME_CHECKED | FA_NAME_FAILED);
    cr_assert_eq(mark(names, 1, 0, 0), FA_NAME_CHECKED);
    cr_assert_eq(mark(names, 7, 0, 0), 0);
    fa_names_free(names);
}

Test(names, takes_hashes_that_are_zero)
{
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    cr_assert_eq(claim(names, 0, 0), FA_CLAIM_NEW);
    cr_assert_eq(claim(names, 0, 0), FA_CLAIM_SAME);
    cr_assert_eq(claim(names, 0, 1), FA_CLAIM_TAKEN);
    fa_names_free(names);
}

Test(names, takes_poor_hashes)
{
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    for (uint64_t i = 1; i < 20000; ++i)
        cr_assert_eq(claim(names, i, i), FA_CLAIM_NEW);
    for (uint64_t i = 1; i < 20000; ++i)
        cr_assert_eq(claim(names, i << 40, i), FA_CLAIM_NEW);
    for (uint64_t i = 1; i < 20000; ++i)
        cr_assert_eq(claim(names, i, i), FA_CLAIM_SAME);
    fa_names_free(names);
}

Test(names, keeps_all_of_them_in_memory_and_in_the_file)
{
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    for (uint64_t i = 0; i < MANY; ++i)
        cr_assert_eq(claim(names, mix(i), i), FA_CLAIM_NEW);
    cr_assert_eq(fa_names_count(names), MANY);
    cr_assert_eq(mark(names, mix(7), 0, FA_NAME_FAILED), 0);
    for (uint64_t i = 0; i < MANY; i += 7) {
        cr_assert_eq(claim(names, mix(i), i), FA_CLAIM_SAME);
        cr_assert_eq(claim(names, mix(i), i + 1), FA_CLAIM_TAKEN);
    }
    cr_assert_eq(mark(names, mix(7), 0, 0), FA_NAME_FAILED);
    cr_assert_eq(claim(names, mix(MANY), MANY), FA_CLAIM_NEW);
    fa_names_free(names);
}

Test(names, stays_small_in_memory)
{
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    for (uint64_t i = 0; i < MANY; ++i)
        claim(names, mix(i), i);
    getrusage(RUSAGE_SELF, &after);
    cr_assert_leq(after.ru_maxrss - before.ru_maxrss, 100 << 10, "%ld KiB",
                  after.ru_maxrss - before.ru_maxrss);
    fa_names_free(names);
}

/* Claim until it fails.  Return how many there are then. */
static uint64_t claim_until_full(struct fa_names *names, struct fa_error *err)
{
    uint64_t n = 0;
    enum fa_claim ret;
    while (n < MANY && fa_names_claim(names, mix(n), n, &ret, err) == 0)
        n++;
    return n;
}

Test(names, fails_as_a_whole_without_space_and_continues_with_space)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, none = {0, 0};
    getrlimit(RLIMIT_FSIZE, &limit);
    none.rlim_max = limit.rlim_max;
    struct fa_names *names = fa_names_new(dirfd_, NULL);
    struct fa_error err = {0};

    setrlimit(RLIMIT_FSIZE, &none);
    uint64_t n = claim_until_full(names, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_assert_lt(n, MANY);
    cr_assert_gt(n, FA_NAMES_MEMORY / 16 / 2);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_eq(err.code, EFBIG);

    cr_assert_eq(fa_names_count(names), n);
    cr_assert_eq(claim(names, mix(0), 0), FA_CLAIM_SAME);
    cr_assert_eq(claim(names, mix(n), n), FA_CLAIM_NEW);
    cr_assert_eq(claim(names, mix(n - 1), n - 1), FA_CLAIM_SAME);
    fa_names_free(names);
}

Test(names, reports_why_it_has_no_file)
{
    struct fa_names *names = fa_names_new(-1, NULL);
    struct fa_error err = {0};
    cr_assert_lt(claim_until_full(names, &err), MANY);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_eq(err.code, EBADF);
    cr_assert_not_null(strstr(err.msg, "table of names"), "%s", err.msg);
    fa_names_free(names);
}
