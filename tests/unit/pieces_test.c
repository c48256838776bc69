#include "list/pieces.h"

#include "list/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"

static const unsigned char md5[] = {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04,
                                    0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e};

static bool parses(const char *text)
{
    struct fa_pieces pieces;
    return fa_pieces_parse(text, strlen(text), &pieces);
}

Test(pieces, a_text_is_algorithm_length_and_digests)
{
    struct fa_pieces pieces;
    static const char text[] = "md5:1000:" MD5 "D41D8CD98F00B204E9800998ECF8427E" MD5 "rest";
    cr_assert(fa_pieces_parse(text, strlen(text) - 4, &pieces));
    cr_expect_eq(pieces.hash, FA_HASH_MD5);
    cr_expect_eq(pieces.length, 1000);
    cr_expect_eq(pieces.count, 3);
    cr_expect(fa_pieces_match(&pieces, 0, md5));
    cr_expect(fa_pieces_match(&pieces, 1, md5));
    cr_expect_not(fa_pieces_match(&pieces, 2, (const unsigned char *)"0123456789abcdef"));
}

Test(pieces, other_texts_are_none)
{
    static const char *const bad[] = {
        "",
        ":",
        "md5",
        "md5:",
        "md5:1",
        "md5:1:",
        "md5::" MD5,
        "md5:0:" MD5,
        "md5:-1:" MD5,
        "md5:1:" MD5 "0",
        "md5:1:x" MD5,
        "md7:1:" MD5,
        "md5:99999999999999999999:" MD5,
        "sha256:1:" MD5,
        "md5:1:g41d8cd98f00b204e9800998ecf8427e",
    };
    cr_expect(parses("md5:1:" MD5));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(parses(bad[i]), "%s", bad[i]);
    char *text = malloc(FA_PIECES_TEXT_MAX + 100);
    char *end = text + sprintf(text, "md5:1:");
    while (end - text <= FA_PIECES_TEXT_MAX - 32)
        end = stpcpy(end, MD5);
    cr_expect(parses(text));
    strcpy(end, MD5);
    cr_expect_not(parses(text));
    free(text);
}

Test(pieces, their_number_is_that_of_the_size)
{
    struct fa_pieces pieces = {.length = 10, .count = 3};
    cr_expect(fa_pieces_fit(&pieces, 21) && fa_pieces_fit(&pieces, 30));
    cr_expect_not(fa_pieces_fit(&pieces, 20) || fa_pieces_fit(&pieces, 31));
    cr_expect_not(fa_pieces_fit(&pieces, 0));
}

static struct fa_piece_sets sets;

static void add_set(const char *type, const char *length, const char *hex)
{
    fa_piece_sets_begin(&sets, type, length);
    if (hex)
        fa_piece_sets_take(&sets, hex, strlen(hex));
    fa_piece_sets_end(&sets);
}

Test(pieces, the_longest_digests_of_several_sets_count)
{
    add_set("x", "1", "12");
    cr_expect(sets.unusable && !sets.type);
    fa_piece_sets_reset(&sets);
    add_set("sha-1", "7", MD5 "01234567");
    add_set("md5", "8", MD5);
    add_set("sha-256", "9", MD5);
    add_set("sha-256", NULL, MD5 MD5);
    add_set("sha-256", "9", NULL);
    cr_expect_eq(sets.type, FA_HASH_SHA1);
    cr_expect_eq(sets.best.len, strlen("sha1:7:" MD5 "01234567"));
    cr_expect(memcmp(sets.best.data, "sha1:7:" MD5 "01234567", sets.best.len) == 0);
    cr_expect(sets.unusable);
    fa_piece_sets_reset(&sets);
    cr_expect(!sets.unusable && !sets.type);
    fa_piece_sets_fini(&sets);
}

/* A line that no list could have is left out of a list for another run. */
Test(pieces, an_entry_keeps_them_and_writes_short_ones)
{
    static char text[100000] = "http://h/a\n pieces=md5:1:";
    for (int long_one = 0; long_one < 2; ++long_one) {
        char *end = text + strlen(text);
        for (int i = 0; i < (long_one ? 2000 : 2); ++i)
            end = stpcpy(end, MD5);
        struct fa_entry *entry = fa_text_parse("list", 1, text, strlen(text), NULL);
        cr_assert(entry && entry->error.class == FA_CLASS_NONE && entry->pieces);
        cr_expect_str_eq(entry->pieces, text + strlen("http://h/a\n pieces="));
        cr_expect_not(fa_entry_is_plain(entry));
        char *written = fa_text_write(entry, NULL);
        cr_expect_str_eq(written, long_one ? "http://h/a" : text);
        free(written);
        fa_entry_free(entry);
    }
}
