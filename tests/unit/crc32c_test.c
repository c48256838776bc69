/* The examples of RFC 3720, B.4. */

#include "stage/crc32c.h"

#include <criterion/criterion.h>
#include <string.h>

Test(crc32c, is_that_of_the_examples_of_the_rfc)
{
    struct fa_crc32c tables;
    unsigned char zeros[32] = {0}, ones[32], up[32], down[32];
    memset(ones, 0xff, sizeof(ones));
    for (unsigned char i = 0; i < 32; ++i) {
        up[i] = i;
        down[i] = (unsigned char)(31 - i);
    }
    fa_crc32c_init(&tables);
    cr_expect_eq(fa_crc32c(&tables, 0, zeros, 32), 0x8a9136aau);
    cr_expect_eq(fa_crc32c(&tables, 0, ones, 32), 0x62a8ab43u);
    cr_expect_eq(fa_crc32c(&tables, 0, up, 32), 0x46dd794eu);
    cr_expect_eq(fa_crc32c(&tables, 0, down, 32), 0x113fdb5cu);
    cr_expect_eq(fa_crc32c(&tables, 0, (const unsigned char *)"123456789", 9), 0xe3069283u);
    for (size_t cut = 0; cut <= 32; ++cut)
        cr_expect_eq(fa_crc32c(&tables, fa_crc32c(&tables, 0, up, cut), up + cut, 32 - cut),
                     0x46dd794eu);
}
