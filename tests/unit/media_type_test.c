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

Test(media_type, a_type_is_shown_without_parameters_and_odd_bytes)
{
    static const struct {
        const char *value, *shown;
    } rows[] = {
        {"text/html; charset=utf-8", "text/html"},
        {" Image/PNG ", "Image/PNG"},
        {"a/\x1b[31m\xc3", "a/??31m?"},
        {"", ""},
        {"text/a-name-that-is-longer-than-any-type-that-somebody-has-registered",
         "text/a-name-that-is-longer-than-any-type-that-somebody-has-regi"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char shown[FA_MEDIA_TYPE_MAX];
        fa_media_type_show(rows[i].value, strlen(rows[i].value), shown);
        cr_expect_str_eq(shown, rows[i].shown, "%s", shown);
    }
}
