#include "transfer/validator.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

Test(validator, entity_tags_are_well_formed_or_none)
{
    static const struct {
        const char *text;
        size_t len;
        bool good;
    } rows[] = {
        {"\"\"", 2, true},
        {"\"abc\"", 5, true},
        {"W/\"abc\"", 7, true},
        {"W/\"\"", 4, true},
        {"\"W/\"", 4, true},
        {"\"\xff\x80!\"", 5, true},
        {"", 0, false},
        {"\"", 1, false},
        {"W/", 2, true},
        {"W/\"", 3, false},
        {"abc", 3, true},
        {"\"abc", 4, false},
        {"abc\"", 4, false},
        {"w/\"abc\"", 7, false},
        {"W/abc", 5, true},
        {"W\"abc\"", 6, false},
        {"\"a b\"", 5, false},
        {"\"a\"b\"", 5, false},
        {"\"a\\\"b\"", 6, false},
        {"\"a\0b\"", 5, false},
        {"\"a\x7f\"", 4, false},
        {"\"a\r\nX: 1\"", 9, false},
        {"\"a\", \"b\"", 8, false},
        {" \"a\"", 4, false},
        {"'a'", 3, true},
        {"*", 1, false},
        {"a,b", 3, false},
        {"a b", 3, false},
        {"a\0b", 3, false},
    };
    for (size_t i = 0; i < COUNT(rows); ++i)
        cr_assert_eq(fa_etag_is_good(rows[i].text, rows[i].len), rows[i].good, "%s", rows[i].text);
}

Test(validator, entity_tags_have_a_limit)
{
    char text[FA_ETAG_MAX + 1];
    memset(text, 'x', sizeof(text));
    text[0] = text[FA_ETAG_MAX - 2] = text[FA_ETAG_MAX - 1] = '"';
    cr_assert(fa_etag_is_good(text, FA_ETAG_MAX - 1));
    text[FA_ETAG_MAX - 2] = 'x';
    cr_assert(!fa_etag_is_good(text, FA_ETAG_MAX));
}

Test(validator, dates_are_read_and_written)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sat, 01 Jan 2022 00:00:00 GMT", 1640995200},
        {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        char text[FA_DATE_MAX];
        cr_assert_eq(fa_date_parse(rows[i].text, strlen(rows[i].text)), rows[i].seconds, "%s",
                     rows[i].text);
        fa_date_format(rows[i].seconds, text);
        cr_assert_str_eq(text, rows[i].text);
    }
}

Test(validator, text_that_is_not_an_imf_fixdate_is_not_a_date)
{
    static const char *const rows[] = {
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:4x:37 GMT",
        "Sun, 06 Nov 1994 08-49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sat, 31 Nov 1994 08:49:37 GMT",
        "Sun, 32 Dec 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Fri, 30 Feb 2024 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 6  Nov 1994 08:49:37 GMT",
        "Sun; 06 Nov 1994 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun Nov 06 08:49:37 1994 GMT ",
    };
    for (size_t i = 0; i < COUNT(rows); ++i)
        cr_assert_eq(fa_date_parse(rows[i], strlen(rows[i])), -1, "%s", rows[i]);
    cr_assert_eq(fa_date_parse("Sun, 06 Nov 1994 08:49:37\0GMT", 29), -1);
}

Test(validator, dates_in_other_forms_are_read_but_are_not_exact)
{
    static const char *const rows[] = {
        "Sunday, 06-Nov-94 08:49:37 GMT",  "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",   "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",    "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 09:49:37 +0100", "Sun, 06 Nov 1994 08:49:37",
    };
    static const char *const bad[] = {"", "0", "784111777", "soon",
                                      "Sun, 40 Nov 1994 08:49:37 GMT"};
    bool exact;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        cr_assert_eq(fa_date_read(rows[i], strlen(rows[i]), &exact), 784111777, "%s", rows[i]);
        cr_assert_not(exact, "%s", rows[i]);
    }
    for (size_t i = 0; i < COUNT(bad); ++i)
        cr_assert_eq(fa_date_read(bad[i], strlen(bad[i]), &exact), -1, "%s", bad[i]);
    cr_assert_eq(fa_date_read("Sun, 06 Nov 1994 08:49:37 GMT", 29, &exact), 784111777);
    cr_assert(exact);
}

Test(validator, tags_without_quotes_do_not_resume)
{
    struct fa_validator validator;
    char if_range[FA_ETAG_MAX];
    fa_validator_make(&validator, "abc", 1000, 2000);
    cr_assert_str_eq(validator.etag, "abc");
    cr_assert_not(validator.strong);
    validator.strong = true;
    fa_validator_if_range(&validator, if_range);
    cr_assert_str_eq(if_range, "");
}

Test(validator, dates_beyond_four_digits_of_a_year_still_fit)
{
    char text[FA_DATE_MAX];
    fa_date_format(INT64_MIN, text);
    cr_assert_str_eq(text, "Thu, 01 Jan 1970 00:00:00 GMT");
    fa_date_format(INT64_MAX, text);
    cr_assert_str_eq(text, "Fri, 31 Dec 9999 23:59:59 GMT");
}

Test(validator, strong_is_what_may_be_resumed_with)
{
    static const struct {
        const char *etag;
        int64_t modified, date;
        const char *kept, *if_range;
        bool strong;
    } rows[] = {
        {"\"a\"", -1, -1, "\"a\"", "\"a\"", true},
        {"\"a\"", 1000, 1000, "\"a\"", "\"a\"", true},
        {"W/\"a\"", -1, -1, "W/\"a\"", "", false},
        {"W/\"a\"", 0, 1000000, "W/\"a\"", "", false},
        {"", 784111777, 784111837, "", "Sun, 06 Nov 1994 08:49:37 GMT", true},
        {"", 784111777, 784111836, "", "", false},
        {"", 784111777, 784111777, "", "", false},
        {"", 784111777, 784111000, "", "", false},
        {"", 784111777, -1, "", "", false},
        {"", -1, 784111777, "", "", false},
        {"", -1, -1, "", "", false},
        {"", 0, 60, "", "Thu, 01 Jan 1970 00:00:00 GMT", true},
        {"", INT64_MIN, INT64_MAX, "", "", false},
        {"", INT64_MAX, INT64_MIN, "", "", false},
        /* A malformed one is not treated as a missing one. */
        {"a", 0, 1000000, "a", "", false},
        {"a b", 0, 1000000, "", "", false},
        {"w/\"a\"", 0, 1000000, "", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        struct fa_validator validator;
        char room[FA_ETAG_MAX];
        fa_validator_make(&validator, rows[i].etag, rows[i].modified, rows[i].date);
        cr_assert_eq(validator.strong, rows[i].strong, "%zu", i);
        cr_assert_str_eq(validator.etag, rows[i].kept);
        cr_assert_eq(validator.modified, rows[i].modified < 0 ? -1 : rows[i].modified);
        fa_validator_if_range(&validator, room);
        cr_assert_str_eq(room, rows[i].if_range, "%zu", i);
    }
}

Test(validator, what_says_nothing_is_not_resumed_with)
{
    char room[FA_ETAG_MAX];
    struct fa_validator weak = {.etag = "W/\"a\"", .modified = 5, .strong = true};
    struct fa_validator zero = {0};
    fa_validator_if_range(&fa_validator_none, room);
    cr_assert_str_eq(room, "");
    fa_validator_if_range(&zero, room);
    cr_assert_str_eq(room, "");
    fa_validator_if_range(&weak, room);
    cr_assert_str_eq(room, "");
    cr_assert_eq(fa_validator_none.modified, -1);
}

Test(validator, the_same_is_what_has_something_in_common_and_differs_in_nothing)
{
    static const struct {
        const char *etag, *other_etag;
        int64_t modified, other_modified;
        bool same;
    } rows[] = {
        {"\"a\"", "\"a\"", -1, -1, true},
        {"\"a\"", "\"a\"", 5, 5, true},
        {"\"a\"", "\"a\"", 5, -1, true},
        {"\"a\"", "\"a\"", 5, 6, false},
        {"\"a\"", "\"b\"", 5, 5, false},
        {"\"a\"", "\"b\"", -1, -1, false},
        {"\"a\"", "W/\"a\"", -1, -1, false},
        {"W/\"a\"", "W/\"a\"", -1, -1, true},
        {"\"a\"", "", 5, 5, true},
        {"\"a\"", "", 5, 6, false},
        {"\"a\"", "", -1, 5, false},
        {"", "", 5, 5, true},
        {"", "", 0, 0, true},
        {"", "", 5, 6, false},
        {"", "", -1, -1, false},
        {"", "", 5, -1, false},
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        struct fa_validator one, other;
        fa_validator_make(&one, rows[i].etag, rows[i].modified, -1);
        fa_validator_make(&other, rows[i].other_etag, rows[i].other_modified, -1);
        cr_assert_eq(fa_validator_same(&one, &other), rows[i].same, "%zu", i);
        cr_assert_eq(fa_validator_same(&other, &one), rows[i].same, "%zu", i);
    }
}

Test(validator, ranges_are_read)
{
    static const struct {
        const char *text;
        bool satisfied;
        uint64_t first, last;
        int64_t total;
    } rows[] = {
        {"bytes 0-9/20", true, 0, 9, 20},
        {"bytes 10-19/20", true, 10, 19, 20},
        {"BYTES 0-0/1", true, 0, 0, 1},
        {"bytes 007-009/020", true, 7, 9, 20},
        {"bytes 0-9/*", true, 0, 9, -1},
        {"bytes */20", false, 0, 0, 20},
        {"bytes */0", false, 0, 0, 0},
        {"bytes 0-9000000000000000000/9000000000000000001", true, 0, 9000000000000000000,
         9000000000000000001},
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        struct fa_range range;
        cr_assert_eq(fa_range_parse(rows[i].text, strlen(rows[i].text), &range), 0, "%s",
                     rows[i].text);
        cr_assert_eq(range.satisfied, rows[i].satisfied, "%s", rows[i].text);
        cr_assert(range.first == rows[i].first && range.last == rows[i].last, "%s", rows[i].text);
        cr_assert_eq(range.total, rows[i].total, "%s", rows[i].text);
    }
}

Test(validator, hostile_ranges_are_refused)
{
    static const char *const rows[] = {
        "",
        "bytes",
        "bytes ",
        "bytes 0",
        "bytes 0-",
        "bytes 0-9",
        "bytes 0-9/",
        "bytes -9/20",
        "bytes 0--9/20",
        "bytes -1-9/20",
        "bytes 0-9/-20",
        "bytes +0-9/20",
        "bytes 9-0/20",
        "bytes 0-20/20",
        "bytes 0-19/0",
        "bytes 0-0/0",
        "bytes */*",
        "bytes *",
        "bytes */",
        "bytes *-*/20",
        "bytes *-9/20",
        "bytes 0-*/20",
        "bytes=0-9/20",
        "bytes: 0-9/20",
        "bytes  0-9/20",
        "bytes\t0-9/20",
        " bytes 0-9/20",
        "bytes 0-9/20 ",
        "bytes 0 - 9 / 20",
        "bytes 0-9 /20",
        "bytes 0-9/20x",
        "bytes 0x0-0x9/20",
        "bytes 0-9/20, 10-19/20",
        "bytes 0-9,10-19/20",
        "bytes 0-9/20\r\n",
        "items 0-9/20",
        "octets 0-9/20",
        "byte 0-9/20",
        "0-9/20",
        "bytes 0-9/99999999999999999999",
        "bytes 0-9/18446744073709551636",
        "bytes 18446744073709551616-18446744073709551625/20",
        "bytes 0-18446744073709551625/20",
        "bytes 0-9/9223372036854775808",
        "bytes */99999999999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        struct fa_range range;
        /* In memory of exactly its size, so that a sanitizer detects reads past the end. */
        size_t len = strlen(rows[i]);
        char *text = malloc(len ? len : 1);
        memcpy(text, rows[i], len);
        cr_assert_eq(fa_range_parse(text, len, &range), -1, "%s", rows[i]);
        free(text);
    }
    struct fa_range range;
    cr_assert_eq(fa_range_parse("bytes 0-9/20\0", 13, &range), -1);
    cr_assert_eq(fa_range_parse("bytes\0000-9/20", 12, &range), -1);
    cr_assert_eq(fa_range_parse("bytes 0-0/20", 11, &range), 0);
    cr_assert_eq(range.total, 2);
}

Test(validator, every_day_of_four_digit_years_is_formatted_as_by_the_c_library)
{
    for (int64_t day = 0; day <= 2932896; ++day) { /* 31 Dec 9999 */
        char text[FA_DATE_MAX], expected[FA_DATE_MAX];
        time_t when = day * 86400 + (day * 7919) % 86400;
        struct tm tm;
        gmtime_r(&when, &tm);
        if (day % 1000 == 0 || tm.tm_mday == 1 || (tm.tm_mon == 1 && tm.tm_mday > 27)) {
            strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
            fa_date_format(when, text);
            cr_assert_str_eq(text, expected);
            cr_assert_eq(fa_date_parse(text, strlen(text)), when, "%s", text);
        }
    }
}
