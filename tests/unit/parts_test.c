#include "cli/compare/parts.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(parts, .init = begin, .fini = end, .timeout = 30);

#define ENTRIES 1000

/* A list of numbers. */
static const char *list_of(unsigned entries)
{
    const char *path = fa_scratch_path(&scratch, "list");
    FILE *out = fopen(path, "w");
    fputs("#magic\n", out);
    for (unsigned i = 0; i < entries; ++i)
        fprintf(out, "%u\n", i);
    fclose(out);
    return path;
}

/* Counts the numbers in a part, and returns how many are even. */
static unsigned read_part(const struct fa_parts *parts, unsigned which, unsigned counts[ENTRIES],
                          unsigned *ret_n)
{
    const char *path = fa_scratch_path(&scratch, "part");
    unsigned number, even = 0;
    char head[16];
    struct fa_error err = {0};
    struct stat st;
    cr_assert_eq(fa_parts_write(parts, which, path, &err), 0, "%s", err.msg);
    cr_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    FILE *in = fopen(path, "r");
    cr_assert(fgets(head, sizeof(head), in) && strcmp(head, "#magic\n") == 0);
    for (*ret_n = 0; fscanf(in, "%u", &number) == 1; ++*ret_n) {
        cr_assert_lt(number, ENTRIES);
        ++counts[number];
        even += number % 2 == 0;
    }
    fclose(in);
    return even;
}

Test(parts, each_entry_is_in_one_part_at_most_and_all_are_of_one_size)
{
    struct fa_parts parts = {(char *)list_of(ENTRIES), 7, ENTRIES / 7, 5};
    unsigned counts[ENTRIES] = {0}, n, sum = 0;
    for (unsigned i = 0; i < parts.count; ++i) {
        read_part(&parts, i, counts, &n);
        cr_expect_eq(n, ENTRIES / 7, "%u", n);
    }
    for (unsigned i = 0; i < ENTRIES; ++i) {
        cr_assert_leq(counts[i], 1);
        sum += counts[i];
    }
    cr_expect_eq(sum, 7 * (ENTRIES / 7));
}

/* A list may alternate: every other file is large, or of another host. */
Test(parts, a_pattern_in_the_list_does_not_decide_what_a_part_gets)
{
    struct fa_parts parts = {(char *)list_of(ENTRIES), 4, ENTRIES / 4, 5};
    for (unsigned i = 0; i < parts.count; ++i) {
        unsigned counts[ENTRIES] = {0}, n;
        unsigned even = read_part(&parts, i, counts, &n);
        cr_expect(even > 90 && even < 160, "%u of %u", even, n);
    }
}

Test(parts, the_same_seed_gives_the_same_parts)
{
    unsigned first[ENTRIES] = {0}, again[ENTRIES] = {0}, other[ENTRIES] = {0}, n;
    struct fa_parts parts = {(char *)list_of(ENTRIES), 4, ENTRIES / 4, 5};
    read_part(&parts, 1, first, &n);
    read_part(&parts, 1, again, &n);
    parts.seed = 6;
    read_part(&parts, 1, other, &n);
    cr_expect_eq(memcmp(first, again, sizeof(first)), 0);
    cr_expect_neq(memcmp(first, other, sizeof(first)), 0);
}

Test(parts, a_list_that_is_gone_is_reported)
{
    struct fa_error err = {0};
    struct fa_parts parts = {(char *)"/nonexistent/list", 2, 2, 1};
    cr_expect_eq(fa_parts_write(&parts, 0, fa_scratch_path(&scratch, "part"), &err), -1);
    cr_expect(strstr(err.msg, "No such file"), "%s", err.msg);
}

Test(parts, a_short_list_is_enough_for_fewer_rounds)
{
    cr_expect_eq(fa_parts_rounds(0, 3, 20), 0);
    cr_expect_eq(fa_parts_rounds(61 * FA_PARTS_LEAST, 3, 20), 20);
    cr_expect_eq(fa_parts_rounds(61 * FA_PARTS_LEAST - 1, 3, 20), 19);
    cr_expect_eq(fa_parts_rounds(1000000, 3, 20), 20);
    cr_expect_eq(fa_parts_rounds(4 * FA_PARTS_LEAST, 3, 20), 1);
    cr_expect_eq(fa_parts_rounds(4 * FA_PARTS_LEAST - 1, 3, 20), 0);
}
