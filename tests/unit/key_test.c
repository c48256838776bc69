#include "base/key.h"

#include <criterion/criterion.h>
#include <string.h>

Test(key, values_are_those_of_xxh3)
{
    cr_assert_eq(fa_key("", 0), 0x2d06800538d394c2u);
    cr_assert_eq(fa_key_str(""), fa_key("", 0));
    cr_assert_eq(fa_key_str("abc"), fa_key("abcd", 3));
    cr_assert_eq(fa_key_str("abc"), 0x78af5f94892f3950u);
}

Test(key, pairs_keep_their_order_and_their_border)
{
    cr_assert_neq(fa_key_pair("a", "b"), fa_key_pair("b", "a"));
    cr_assert_neq(fa_key_pair("ab", "c"), fa_key_pair("a", "bc"));
    cr_assert_neq(fa_key_pair("", "a"), fa_key_pair("a", ""));
    cr_assert_eq(fa_key_pair("a", "b"), fa_key_pair("a", "b"));
}
