#include "base/media_type.h"

#include <criterion/criterion.h>
#include <string.h>

Test(media_type, lists_are_of_types_with_a_slash)
{
    static const char *const good[] = {"image/png", "image/png,video/*", "*/*",
                                       "application/vnd.api+json"};
    static const char *const bad[] = {"",      "image",   "image/",         "/png", "image/png,",
                                      "a/b/c", "a/b;c=d", "image/png, a/b", ",",    "a/\xc3\xa4"};
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); ++i)
        cr_expect(fa_media_types_are_good(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(fa_media_types_are_good(bad[i]), "%s", bad[i]);
}

static bool have(const char *types, const char *value)
{
    return fa_media_types_have(types, value, strlen(value));
}

Test(media_type, case_and_parameters_do_not_count)
{
    cr_expect(have("image/png", "image/png"));
    cr_expect(have("image/PNG", "Image/png ; q=1"));
    cr_expect(have("text/csv,image/*", "image/png;x"));
    cr_expect(have("*/*", "anything"));
    cr_expect_not(have("image/png", "image/pn"));
    cr_expect_not(have("image/*", "images/png"));
    cr_expect_not(have("image/*", "image"));
    cr_expect_not(have("text/csv", ""));
}
