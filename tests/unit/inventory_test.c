#include "cli/compare/inventory.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fa_scratch scratch;
static struct fa_inventory reference, other;
static struct fa_differences found;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_scratch_mkdir(&scratch, "b");
    fa_scratch_write(&scratch, "a/one", "1");
    fa_scratch_write(&scratch, "a/two", "22");
    fa_scratch_write(&scratch, "a/sub/three", "333");
    fa_scratch_write(&scratch, "a/empty", "");
}

static void end(void)
{
    fa_inventory_fini(&reference);
    fa_inventory_fini(&other);
    fa_scratch_fini(&scratch);
}

TestSuite(inventory, .init = begin, .fini = end, .timeout = 30);

static void read_folder(struct fa_inventory *inventory, const char *name)
{
    struct fa_error err = {0};
    fa_inventory_fini(inventory);
    cr_assert_eq(fa_inventory_read(inventory, fa_scratch_path(&scratch, "%s", name), &err), 0, "%s",
                 err.msg);
}

static const char *compare(int status)
{
    static char text[320];
    struct fa_error err = {0};
    if (reference.count == 0)
        read_folder(&reference, "a");
    read_folder(&other, "b");
    cr_assert_eq(fa_inventory_compare(&reference, &other, &found, &err), 0);
    fa_differences_describe(&found, status, text, sizeof(text));
    return text;
}

Test(inventory, files_are_paired_by_path_and_else_by_content)
{
    fa_scratch_write(&scratch, "b/one", "1");
    fa_scratch_write(&scratch, "b/index.html.1", "333");
    fa_scratch_write(&scratch, "b/x", "22");
    fa_scratch_write(&scratch, "b/y", "");
    cr_expect_str_eq(compare(0), "");
    cr_expect_eq(reference.count, 4);
    cr_expect_eq(other.bytes, 6);
}

/* Two entries whose files got each other's name. */
Test(inventory, swapped_names_are_not_wrong)
{
    fa_scratch_write(&scratch, "b/one", "22");
    fa_scratch_write(&scratch, "b/two", "1");
    fa_scratch_write(&scratch, "b/sub/three", "333");
    fa_scratch_write(&scratch, "b/empty", "");
    cr_expect_str_eq(compare(0), "");
}

Test(inventory, missing_wrong_and_html_files_are_named)
{
    fa_scratch_write(&scratch, "b/one", "2");
    fa_scratch_write(&scratch, "b/two", "22");
    fa_scratch_write(&scratch, "b/error", "\n <!DOCTYPE HTML><p>404</p>");
    fa_scratch_write(&scratch, "b/log", "a log file");
    cr_expect_str_eq(compare(22), "2 files are missing, 1 file has other content, 1 file is an "
                                  "HTML page instead, exit status 22: empty, one, sub/three");
}

Test(inventory, one_file_for_two_of_the_same_content_is_one_missing)
{
    fa_scratch_write(&scratch, "a/again", "22");
    fa_scratch_write(&scratch, "b/one", "1");
    fa_scratch_write(&scratch, "b/two", "22");
    fa_scratch_write(&scratch, "b/sub/three", "333");
    fa_scratch_write(&scratch, "b/empty", "");
    cr_expect_str_eq(compare(137), "1 file is missing, killed by signal 9: again");
}

Test(inventory, a_file_that_varies_may_have_any_content_but_must_exist)
{
    read_folder(&reference, "a");
    fa_scratch_write(&scratch, "a/two", "now");
    read_folder(&other, "a");
    cr_expect_eq(fa_inventory_mark_varying(&reference, &other), 1);
    cr_expect_eq(fa_inventory_mark_varying(&reference, &other), 0);
    fa_scratch_write(&scratch, "b/one", "1");
    fa_scratch_write(&scratch, "b/two", "then");
    fa_scratch_write(&scratch, "b/sub/three", "333");
    fa_scratch_write(&scratch, "b/empty", "");
    cr_expect_str_eq(compare(0), "");
}

Test(inventory, a_folder_that_does_not_exist_is_empty)
{
    read_folder(&other, "none");
    cr_expect_eq(other.count, 0);
}
