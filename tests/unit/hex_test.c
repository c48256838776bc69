#include "base/hex.h"

#include <criterion/criterion.h>

#include <stdio.h>

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

Test(hex, refuses_what_stands_beside_the_digits)
{
    static const char *const rows[] = {"",   "0",  "/0", ":0", "@0",  "G0",   "`0", "g0",
                                       "0/", "0:", "0@", "0G", "0`",  "0g",   " 0", "0 ",
                                       "-1", "+1", "0x", "%%", "a\n", "\3770"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_assert_eq(fa_hex_byte(rows[i]), -1, "row %zu", i);
}
