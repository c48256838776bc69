#include "base/hex.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

Test(hex, reads_every_byte_in_either_case)
{
    for (int byte = 0; byte < 256; ++byte) {
        char lower[3], upper[3];
        snprintf(lower, sizeof(lower), "%02x", (unsigned)byte);
        snprintf(upper, sizeof(upper), "%02X", (unsigned)byte);
        cr_assert_eq(fa_hex_byte(lower), byte, "%s", lower);
        cr_assert_eq(fa_hex_byte(upper), byte, "%s", upper);
    }
}

Test(hex, refuses_characters_beside_the_digits)
{
    static const char *const rows[] = {"",   "0",  "/0", ":0", "@0",  "G0",   "`0", "g0",
                                       "0/", "0:", "0@", "0G", "0`",  "0g",   " 0", "0 ",
                                       "-1", "+1", "0x", "%%", "a\n", "\3770"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_assert_eq(fa_hex_byte(rows[i]), -1, "row %zu", i);
}

Test(hex, writes_what_it_reads)
{
    char text[2 * 256 + 1];
    unsigned char bytes[256];
    for (size_t i = 0; i < 256; ++i)
        bytes[i] = (unsigned char)i;
    fa_hex_write(bytes, sizeof(bytes), text);
    cr_assert_eq(strlen(text), 512);
    cr_assert_eq(strncmp(text, "000102030405060708090a0b0c0d0e0f10", 34), 0, "%s", text);
    for (size_t i = 0; i < 256; ++i)
        cr_assert_eq(fa_hex_byte(text + 2 * i), (int)i);
    fa_hex_write(bytes, 0, text);
    cr_assert_str_empty(text);
}
