#include "base/utf8.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

/* With len 0: text that begins with these bytes is not well-formed. */
static const struct row {
    const char *bytes;
    size_t n; /* Bytes there are. */
    size_t len;
    uint32_t code;
} rows[] = {
    {"a", 1, 1, 'a'},
    {"\0", 1, 1, 0},
    {"\x7f", 1, 1, 0x7f},
    {"ab", 2, 1, 'a'},
    /* the first and the last of each length, and those around the surrogates */
    {"\xc2\x80", 2, 2, 0x80},
    {"\xdf\xbf", 2, 2, 0x7ff},
    {"\xe0\xa0\x80", 3, 3, 0x800},
    {"\xed\x9f\xbf", 3, 3, 0xd7ff},
    {"\xee\x80\x80", 3, 3, 0xe000},
    {"\xef\xbf\xbf", 3, 3, 0xffff},
    {"\xf0\x90\x80\x80", 4, 4, 0x10000},
    {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
    {"\xc3\xa4\xa4", 3, 2, 0xe4},
    {"\xe2\x82\xac!", 4, 3, 0x20ac},
    /* overlong */
    {"\xc0\x80", 2, 0, 0},
    {"\xc0\xaf", 2, 0, 0},
    {"\xc1\xbf", 2, 0, 0},
    {"\xe0\x80\xaf", 3, 0, 0},
    {"\xe0\x9f\xbf", 3, 0, 0},
    {"\xf0\x80\x80\xaf", 4, 0, 0},
    {"\xf0\x8f\xbf\xbf", 4, 0, 0},
    /* surrogates */
    {"\xed\xa0\x80", 3, 0, 0},
    {"\xed\xbf\xbf", 3, 0, 0},
    {"\xed\xa0\xbd\xed\xb8\x80", 6, 0, 0},
    /* beyond U+10FFFF */
    {"\xf4\x90\x80\x80", 4, 0, 0},
    {"\xf5\x80\x80\x80", 4, 0, 0},
    {"\xf8\x88\x80\x80\x80", 5, 0, 0},
    {"\xfc\x84\x80\x80\x80\x80", 6, 0, 0},
    {"\xfe", 1, 0, 0},
    {"\xff", 1, 0, 0},
    /* cut off */
    {"", 0, 0, 0},
    {"\xc3", 1, 0, 0},
    {"\xe2\x82", 2, 0, 0},
    {"\xf0\x9f\x98", 3, 0, 0},
    /* no continuation where there should be one, and one where there should be none */
    {"\x80", 1, 0, 0},
    {"\xbf\xbf", 2, 0, 0},
    {"\xc3(", 2, 0, 0},
    {"\xc3\xc3", 2, 0, 0},
    {"\xe2(\xac", 3, 0, 0},
    {"\xe2\x82(", 3, 0, 0},
    {"\xf0\x9f\x98(", 4, 0, 0},
    {"\xf0\x9f\0\x80", 4, 0, 0},
};

Test(utf8, takes_what_is_well_formed_and_nothing_else)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        /* Of exactly this size, so that a sanitizer detects reads past the end. */
        char *bytes = malloc(rows[i].n + !rows[i].n);
        memcpy(bytes, rows[i].bytes, rows[i].n);
        uint32_t code = 12345;
        cr_assert_eq(fa_utf8_get(bytes, rows[i].n, &code), rows[i].len, "row %zu", i);
        cr_assert_eq(code, rows[i].len ? rows[i].code : 12345, "row %zu: U+%X", i, code);
        free(bytes);
    }
}

Test(utf8, a_text_with_a_zero_at_its_end_is_read_alike)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        if (memchr(rows[i].bytes, 0, rows[i].n))
            continue;
        uint32_t code = 12345;
        char *text = strndup(rows[i].bytes, rows[i].n);
        cr_assert_eq(fa_utf8_decode(text, &code), rows[i].len, "row %zu", i);
        cr_assert_eq(code, rows[i].len ? rows[i].code : 12345, "row %zu: U+%X", i, code);
        free(text);
    }
}

static size_t encode(uint32_t c, unsigned char *ret)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; --i, c >>= 6)
        ret[i] = (unsigned char)(0x80 | (c & 0x3f));
    ret[0] = (unsigned char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
    return n;
}

Test(utf8, takes_every_character_but_no_surrogate)
{
    for (uint32_t c = 0; c < 0x200000; ++c) {
        unsigned char bytes[4];
        uint32_t code = c;
        size_t n = encode(c, bytes);
        bool good = c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
        cr_assert_eq(fa_utf8_get(bytes, n, &code), good ? n : 0, "U+%X", c);
        cr_assert_eq(code, c, "U+%X: U+%X", c, code);
    }
}

Test(utf8, cuts_a_text_between_characters)
{
    static const struct {
        const char *text;
        size_t max;
        size_t len;
    } cuts[] = {
        {"", 0, 0},
        {"abc", 5, 3},
        {"abc", 3, 3},
        {"abc", 2, 2},
        {"abc", 0, 0},
        {"\xc3\xa4\xc3\xa4", 3, 2},
        {"\xc3\xa4\xc3\xa4", 2, 2},
        {"\xc3\xa4\xc3\xa4", 1, 0},
        {"x\xe2\x82\xac", 3, 1},
        {"x\xf0\x9f\x98\x80y", 5, 5},
        {"x\xf0\x9f\x98\x80y", 4, 1},
        {"x\xf0\x9f\x98\x80y", 2, 1},
        /* not UTF-8 */
        {"\x80\x80\x80\x80\x80\x80", 5, 2},
        {"\x80\x80\x80", 2, 0},
        {"\xff\xff\xff", 2, 2},
    };
    for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); ++i) {
        size_t len = fa_utf8_cut(cuts[i].text, strlen(cuts[i].text), cuts[i].max);
        cr_assert_eq(len, cuts[i].len, "row %zu: %zu", i, len);
    }
}

Test(utf8, repair_replaces_malformed_bytes_only)
{
    char *text = fa_utf8_repair("a\xff\xc3\xbc\xc3");
    cr_expect_str_eq(text, "a\\xff\xc3\xbc\\xc3");
    free(text);
}
