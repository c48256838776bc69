#include "list/columns.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned find(const char *map, const char *name)
{
    return fa_columns_find(map, name, strlen(name));
}

Test(columns, a_part_is_the_column_of_its_name)
{
    cr_expect_eq(find(NULL, "url"), FA_COLUMN_URL);
    cr_expect_eq(find(NULL, "URL"), FA_COLUMN_URL);
    cr_expect_eq(find(NULL, "mirror"), FA_COLUMN_MIRROR);
    cr_expect_eq(find(NULL, "Header"), FA_COLUMN_HEADER);
    cr_expect_eq(find(NULL, "urls"), 0);
    cr_expect_eq(find(NULL, ""), 0);
    for (unsigned i = 0; i < FA_COLUMNS; ++i)
        cr_expect_eq(find(NULL, fa_column_name(1u << i)), 1u << i == FA_COLUMN_TYPE ? 0 : 1u << i);
}

Test(columns, a_map_says_which_column_a_part_is)
{
    const char *map = "url=image_url,out=id,dir=id,checksum=a=b,mirror=m1,mirror=m2";
    cr_expect_eq(find(map, "image_url"), FA_COLUMN_URL);
    cr_expect_eq(find(map, "Image_url"), 0);
    cr_expect_eq(find(map, "url"), 0, "it is another column now");
    cr_expect_eq(find(map, "id"), FA_COLUMN_OUT | FA_COLUMN_DIR);
    cr_expect_eq(find(map, "a=b"), FA_COLUMN_CHECKSUM);
    cr_expect_eq(find(map, "m2"), FA_COLUMN_MIRROR);
    cr_expect_eq(find(map, "size"), FA_COLUMN_SIZE);
    cr_expect_eq(fa_columns_mapped("size=a,out=b"), FA_COLUMN_SIZE | FA_COLUMN_OUT);
    cr_expect_eq(fa_columns_mapped(NULL), 0);
}

Test(columns, a_malformed_map_is_refused)
{
    static const char *const bad[] = {"",       "url",    "url=",         "=x",
                                      "link=x", "url=a,", "url=a,,out=b", ","};
    struct fa_error err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        cr_expect_eq(fa_columns_check(bad[i], &err), -1, "%s", bad[i]);
        cr_expect(strstr(err.msg, "PART=NAME"));
    }
    cr_expect_eq(fa_columns_check("url=a,out=b", &err), 0);
}
