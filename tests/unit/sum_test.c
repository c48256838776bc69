#include "list/sum.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MD5          "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1         "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256       MD5 MD5
#define SHA512       SHA256 SHA256

static int parse(const char *text, size_t len, char *line, struct fa_sum *ret)
{
    memcpy(line, text, len);
    return fa_sum_parse(line, len, ret, NULL);
}

Test(sum, lines_of_coreutils_are_read)
{
    static const struct {
        const char *line, *name;
        size_t size;
    } cases[] = {
        {SHA256 "  a", "a", 32},
        {SHA256 " *a", "a", 32},
        {SHA256 "   a", " a", 32},
        {SHA256 "  **a", "**a", 32},
        {SHA256 "  a \r", "a ", 32},
        {MD5 "  d/e", "d/e", 16},
        {SHA1 "  x", "x", 20},
        {SHA512 "  x", "x", 64},
        {SHA256 "  ./d//e/./f", "d/e/f", 32},
        {SHA256 "  a\\b", "a\\b", 32},
        {"\\" SHA256 "  a\\\\b\\nc\\rd", "a\\b\nc\rd", 32},
        {"D41D8CD98F00B204E9800998ECF8427E  x", "x", 16},
        {SHA256 "  ..a/...", "..a/...", 32},
        {"SHA256 (a b) = " SHA256, "a b", 32},
        {"SHA256 (a) = b) = " SHA256 "\r", "a) = b", 32},
        {"MD5 (./x) = " MD5, "x", 16},
        {"\\SHA1 (a\\nb) = " SHA1, "a\nb", 20},
        {"BLAKE2b (x) = " SHA512, "x", 64},
        {"XXH128 (x) = " MD5, "x", 16},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char line[300];
        struct fa_sum sum;
        cr_assert_eq(parse(cases[i].line, strlen(cases[i].line), line, &sum), 1, "%s",
                     cases[i].line);
        cr_assert_str_eq(sum.name, cases[i].name);
        cr_assert_eq(sum.size, cases[i].size);
        cr_assert(sum.bytes[0] == 0xd4 || sum.bytes[0] == 0xda);
    }
}

Test(sum, other_lines_are_comments_or_refused)
{
    static const struct {
        const char *line;
        int rc;
    } cases[] = {
        {"", 0},
        {"\r", 0},
        {"# " SHA256 "  a", 0},
        {" ", -1},
        {"junk", -1},
        {SHA256, -1},
        {SHA256 "  ", -1},
        {SHA256 " a", -1},
        {SHA256 "\ta", -1},
        {SHA256 "00  a", -1},
        {MD5 "0  a", -1},
        {"00  a", -1},
        {SHA512 "00  a", -1},
        {SHA256 "  /a", -1},
        {SHA256 "  ../a", -1},
        {SHA256 "  a/../b", -1},
        {SHA256 "  .", -1},
        {SHA256 "  a/..", -1},
        {"\\" SHA256 "  a\\", -1},
        {"\\" SHA256 "  a\\t", -1},
        {"SHA256 () = " SHA256, -1},
        {"SHA256 (a) = " SHA1, -1},
        {"SHA256 (a) =" SHA256, -1},
        {"SHA256 (a" SHA256, -1},
        {"SHA256 (../a) = " SHA256, -1},
        {"SHA257 (a) = " SHA256, -1},
        {" (a) = " SHA256, -1},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char line[300];
        struct fa_sum sum;
        cr_assert_eq(parse(cases[i].line, strlen(cases[i].line), line, &sum), cases[i].rc, "'%s'",
                     cases[i].line);
    }
    char line[300];
    struct fa_sum sum;
    static const char zero[] = SHA256 "  a\0b";
    cr_assert_eq(parse(zero, sizeof(zero) - 1, line, &sum), -1);
}

Test(sum, a_tag_determines_the_algorithm)
{
    char line[300];
    struct fa_sum sum;
    static const char tagged[] = "BLAKE2b (x) = " SHA512, plain[] = SHA512 "  x";
    cr_assert_eq(parse(tagged, sizeof(tagged) - 1, line, &sum), 1);
    cr_assert_eq(sum.hash, FA_HASH_BLAKE2B);
    cr_assert_eq(parse(plain, sizeof(plain) - 1, line, &sum), 1);
    cr_assert_eq(sum.hash, 0);
}

Test(sum, the_length_determines_the_algorithm_unless_another_is_likely)
{
    cr_assert_eq(fa_sum_hash(16, 0), FA_HASH_MD5);
    cr_assert_eq(fa_sum_hash(16, FA_HASH_XXH128), FA_HASH_XXH128);
    cr_assert_eq(fa_sum_hash(16, FA_HASH_SHA256), FA_HASH_MD5);
    cr_assert_eq(fa_sum_hash(20, 0), FA_HASH_SHA1);
    cr_assert_eq(fa_sum_hash(4, 0), 0);
    cr_assert_eq(fa_sum_hash(32, 0), FA_HASH_SHA256);
    cr_assert_eq(fa_sum_hash(64, 0), FA_HASH_SHA512);
    cr_assert_eq(fa_sum_hash(64, FA_HASH_BLAKE2B), FA_HASH_BLAKE2B);
    cr_assert_eq(fa_sum_hash(0, 0), 0);
    cr_assert_eq(fa_sum_hash(33, FA_HASH_SHA256), 0);
}
