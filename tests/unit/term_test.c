#include <criterion/criterion.h>

#include <locale.h>
#include <string.h>

#include "cli/term.h"
#include "cli/units.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void utf8_locale(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(term, .init = utf8_locale);

Test(term, harmful_text_is_shown_as_bytes)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"", ""},
        {"https://h/a?b=c#d", "https://h/a?b=c#d"},
        {"\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80", "\xc3\xbc\xe6\x97\xa5\xf0\x9f\x98\x80"},
        {"a\x1b[31mb", "a\\x1b[31mb"},
        {"a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b", "\\xc2\\x9b"}, /* C1: CSI in one character */
        {"\xe2\x80\xae"
         "txt",
         "\\xe2\\x80\\xaetxt"},              /* right-to-left override */
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* isolate */
        {"\xe2\x80\x8f", "\\xe2\\x80\\x8f"}, /* right-to-left mark */
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* line separator */
        {"\xff", "\\xff"},
        {"\xc3", "\\xc3"}, /* cut short */
        {"\xc3(", "\\xc3("},
        {"\xc0\xaf", "\\xc0\\xaf"}, /* overlong */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond U+10FFFF */
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char buf[80];
        size_t len = fa_term_escape(cases[i].text, buf, sizeof(buf));
        cr_assert_str_eq(buf, cases[i].shown, "case %zu", i);
        cr_assert_eq(len, strlen(cases[i].shown), "case %zu", i);
    }
}

Test(term, escaped_text_is_cut_between_characters)
{
    static const struct {
        size_t size;
        const char *shown;
    } cases[] = {{1, ""},
                 {2, "a"},
                 {3, "a"},
                 {4, "a\xc3\xbc"},
                 {7, "a\xc3\xbc"},
                 {8, "a\xc3\xbc\\x1b"},
                 {9, "a\xc3\xbc\\x1b"
                     "b"}};
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char buf[16] = "###############";
        cr_assert_eq(fa_term_escape("a\xc3\xbc\x1b"
                                    "b",
                                    buf, cases[i].size),
                     8);
        cr_assert_str_eq(buf, cases[i].shown, "size %zu", cases[i].size);
    }
    cr_assert_eq(fa_term_escape("abc", NULL, 0), 3);
}

Test(term, no_byte_sequence_leaves_a_control_character)
{
    for (unsigned a = 1; a < 256; ++a) {
        for (unsigned b = 1; b < 256; ++b) {
            const char text[] = {(char)a, (char)b, '\0'};
            char buf[16];
            fa_term_escape(text, buf, sizeof(buf));
            for (const char *at = buf; *at; ++at) {
                unsigned char c = (unsigned char)*at;
                cr_assert(c >= 0x20 && c != 0x7f, "%02x %02x", a, b);
                /* U+0080 to U+009F */
                cr_assert_not(c == 0xc2 && (unsigned char)at[1] < 0xa0, "%02x %02x", a, b);
            }
        }
    }
}

Test(term, widths_are_columns)
{
    static const struct {
        const char *text;
        unsigned width;
    } cases[] = {
        {"", 0},          {"abc", 3},
        {"\xc3\xbc", 1},  {"\xe6\x97\xa5\xe6\x9c\xac", 4},
        {"e\xcc\x81", 1}, {"\xf0\x9f\x98\x80", 2},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        cr_assert_eq(fa_term_width(cases[i].text), cases[i].width, "case %zu", i);
}

Test(term, cutting_keeps_the_width)
{
    static const struct {
        const char *text;
        unsigned columns;
        const char *kept;
    } cases[] = {
        {"abcdef", 6, "abcdef"},
        {"abcdef", 5, "abc.."},
        {"abcdef", 4, "ab.."},
        {"abcdef", 3, "abc"},
        {"abcdef", 0, ""},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, "\xe6\x97\xa5.."},
        {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 3, "\xe6\x97\xa5"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char text[32];
        strcpy(text, cases[i].text);
        fa_term_cut(text, cases[i].columns);
        cr_assert_str_eq(text, cases[i].kept, "case %zu", i);
    }
}

Test(term, bytes_are_shown_in_binary_units)
{
    static const struct {
        double bytes;
        const char *shown;
    } cases[] = {
        {0, "0 B"},
        {1023, "1023 B"},
        {1024, "1.0 KiB"},
        {1536, "1.5 KiB"},
        {1048575, "1.0 MiB"},
        {12.34 * 1048576, "12.3 MiB"},
        {1073741824.0, "1.0 GiB"},
        {-5, "0 B"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char buf[FA_UNITS_MAX];
        cr_assert_str_eq(fa_units_bytes(cases[i].bytes, buf), cases[i].shown);
    }
}

Test(term, times_are_shown_as_clocks)
{
    static const struct {
        double seconds;
        const char *shown;
    } cases[] = {
        {0, "0 s"},   {0.1, "1 s"},      {59, "59 s"},      {59.5, "1:00"},
        {83, "1:23"}, {3600, "1:00:00"}, {7384, "2:03:04"}, {86400 + 7200, "1 d 2 h"},
        {-3, "0 s"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char buf[FA_UNITS_MAX];
        cr_assert_str_eq(fa_units_seconds(cases[i].seconds, buf), cases[i].shown);
    }
}

Test(term, numbers_have_no_exponent_and_no_needless_zeros)
{
    static const struct {
        double number;
        int digits;
        const char *shown;
    } cases[] = {
        {0, 2, "0"},       {100, 2, "100"},    {133, 2, "133"},         {99.9, 2, "100"},
        {2, 2, "2"},       {2.04, 2, "2"},     {2.06, 2, "2.1"},        {1.333, 3, "1.33"},
        {0.05, 2, "0.05"}, {1e-7, 2, "0.001"}, {1234567, 3, "1234567"}, {12.34, 3, "12.3"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char buf[FA_UNITS_MAX];
        cr_assert_str_eq(fa_units_number(cases[i].number, cases[i].digits, buf), cases[i].shown);
    }
    cr_assert_str_eq(fa_units_plural(0), "s");
    cr_assert_str_eq(fa_units_plural(1), "");
}
