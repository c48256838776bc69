/*
 * Ranges that the user asks for.
 */

#include "base/slice.h"

#include <criterion/criterion.h>
#include <string.h>

static struct fa_slice slice;
static struct fa_error err;

static int parse(const char *text)
{
    return fa_slice_parse(text, strlen(text), &slice, &err);
}

static int parse_field(const char *line)
{
    return fa_slice_parse_field(line, strlen(line), &slice, &err);
}

Test(slice, what_is_parsed_is_printed)
{
    static const char *const texts[] = {
        "0-0", "0-99", "100-199", "5-", "0-", "-7", "9223372036854775-9223372036854775806"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        char text[FA_SLICE_MAX];
        cr_assert_eq(parse(texts[i]), 0, "%s: %s", texts[i], err.msg);
        fa_slice_print(&slice, text);
        cr_expect_str_eq(text, texts[i]);
    }
    char text[FA_SLICE_MAX];
    fa_slice_print(&(struct fa_slice){0}, text);
    cr_expect_str_eq(text, "");
}

Test(slice, what_is_no_range_is_refused)
{
    static const char *const texts[] = {"",     "-",    "5",     "a-b",  "1-x",
                                        "5-4",  "-0",   "1-2-3", " 1-2", "9223372036854775807-",
                                        "1--2", "0x1-2"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i)
        cr_expect(parse(texts[i]) && err.class == FA_CLASS_BAD_URL, "%s", texts[i]);
    cr_assert_eq(parse("0-1,5-6"), -1);
    cr_expect(strstr(err.msg, "several ranges"), "%s", err.msg);
}

Test(slice, a_field_has_the_unit_bytes)
{
    cr_expect(fa_slice_is_field("Range: bytes=0-1", 16));
    cr_expect(fa_slice_is_field("range:x", 7));
    cr_expect(!fa_slice_is_field("Range:", 6), "curl: the field is removed");
    cr_expect(!fa_slice_is_field("Range;", 6));
    cr_expect(!fa_slice_is_field("If-Range: x", 11));
    cr_assert_eq(parse_field("range:  Bytes=10-19 "), 0);
    cr_expect(slice.first == 10 && slice.last == 19);
    cr_expect_eq(parse_field("Range: lines=1-2"), -1);
    cr_assert_eq(parse_field("Range: bytes=0-1, 5-6"), -1);
    cr_expect(strstr(err.msg, "several ranges"), "%s", err.msg);
}

Test(slice, bytes_are_compared_with_what_was_asked)
{
    static const struct {
        const char *slice;
        uint64_t first, last;
        int64_t total;
        bool is;
    } cases[] = {
        {"10-19", 10, 19, 100, true}, {"10-19", 10, 19, -1, true},  {"10-19", 10, 18, 100, false},
        {"10-19", 9, 19, 100, false}, {"10-19", 0, 99, 100, false}, {"10-19", 10, 14, 15, true},
        {"10-19", 10, 14, -1, false}, {"10-", 10, 99, 100, true},   {"10-", 10, 98, 100, false},
        {"10-", 10, 99, -1, false},   {"-7", 93, 99, 100, true},    {"-7", 0, 4, 5, true},
        {"-7", 0, 6, 100, false},     {"-7", 93, 99, -1, false},    {"0-99", 0, 99, 100, true},
        {"0-199", 0, 99, 100, true},  {"0-", 0, 99, 100, true},     {"10-19", 19, 10, 100, false},
        {"10-19", 10, 19, 5, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        cr_assert_eq(parse(cases[i].slice), 0);
        cr_expect_eq(fa_slice_is(&slice, cases[i].first, cases[i].last, cases[i].total),
                     cases[i].is, "%zu: %s", i, cases[i].slice);
    }
}
