#include "list/text.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fa_entry *parse(const char *text)
{
    struct fa_entry *entry = fa_text_parse("list", 7, text, strlen(text), NULL);
    cr_assert_not_null(entry);
    return entry;
}

Test(text, has_one_url_and_no_options)
{
    struct fa_entry *entry = parse("http://h/a");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_str_eq(entry->list, "list");
    cr_assert_eq(entry->line, 7);
    cr_assert_eq(entry->n_urls, 1);
    cr_assert_str_eq(entry->urls[0], "http://h/a");
    cr_assert_null(entry->out);
    cr_assert_null(entry->dir);
    cr_assert_eq(entry->n_headers, 0);
    cr_assert_eq(entry->hash, 0);
    cr_assert_eq(entry->size, -1);
    cr_assert_eq(entry->n_unknown, 0);
    fa_entry_free(entry);
}

Test(text, separates_mirrors_at_tabs_and_drops_empty_ones)
{
    struct fa_entry *entry = parse(" http://a/x \t\t  \thttp://b/x\t https://c/x\t");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_eq(entry->n_urls, 3);
    cr_assert_str_eq(entry->urls[0], "http://a/x");
    cr_assert_str_eq(entry->urls[1], "http://b/x");
    cr_assert_str_eq(entry->urls[2], "https://c/x");
    fa_entry_free(entry);
}

Test(text, drops_quotes_around_urls_whatever_their_number)
{
    static const char *const rows[] = {"\"http://h/a\"", "'http://h/a'", "<http://h/a>",
                                       "\"'http://h/a'\"", "\"\"\"http://h/a\"\"\""};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_entry *entry = parse(rows[i]);
        cr_expect_eq(entry->n_urls, 1, "%s", rows[i]);
        cr_expect_str_eq(entry->urls[0], "http://h/a", "%s", rows[i]);
        fa_entry_free(entry);
    }
}

Test(text, takes_every_option)
{
    struct fa_entry *entry = parse("http://h/a\n"
                                   " out=b c=d.iso  \n"
                                   "\tdir=sub/dir\n"
                                   "  size=9223372036854775807\n"
                                   " header=X-One: 1\n"
                                   " checksum=MD5=00112233445566778899aAbBcCdDeEfF\n"
                                   " header=X-Two:\t2:2\t");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_str_eq(entry->out, "b c=d.iso");
    cr_assert_str_eq(entry->dir, "sub/dir");
    cr_assert_eq(entry->size, INT64_MAX);
    cr_assert_eq(entry->n_headers, 2);
    cr_assert_str_eq(entry->headers[0], "X-One: 1");
    cr_assert_str_eq(entry->headers[1], "X-Two:\t2:2");
    cr_assert_eq(entry->hash, FA_HASH_MD5);
    const unsigned char bytes[] =
        "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
    cr_assert_arr_eq(entry->hash_bytes, bytes, 16);
    fa_entry_free(entry);
}

Test(text, lets_the_last_option_win)
{
    struct fa_entry *entry = parse("http://h/a\n out=1\n out=2\n size=1\n size=0\n dir=x\n dir=");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_str_eq(entry->out, "2");
    cr_assert_str_eq(entry->dir, "");
    cr_assert_eq(entry->size, 0);
    fa_entry_free(entry);
}

Test(text, knows_the_digests_by_both_spellings)
{
    static const struct {
        const char *name;
        enum fa_hash hash;
    } rows[] = {
        {"md5", FA_HASH_MD5},        {"sha1", FA_HASH_SHA1},       {"sha-1", FA_HASH_SHA1},
        {"sha256", FA_HASH_SHA256},  {"sha-256", FA_HASH_SHA256},  {"SHA-256", FA_HASH_SHA256},
        {"sha-512", FA_HASH_SHA512}, {"blake2b", FA_HASH_BLAKE2B}, {"xxh128", FA_HASH_XXH128},
        {"sha-224", FA_HASH_SHA224}, {"sha384", FA_HASH_SHA384},   {"SHA-384", FA_HASH_SHA384},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char hex[129] = "";
        char text[256];
        memset(hex, '7', 2 * fa_hash_size(rows[i].hash));
        snprintf(text, sizeof(text), "http://h/\n checksum=%s=%s", rows[i].name, hex);
        struct fa_entry *entry = parse(text);
        cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s: %s", text, entry->error.msg);
        cr_assert_eq(entry->hash, rows[i].hash, "%s", text);
        cr_assert_eq(entry->hash_bytes[fa_hash_size(rows[i].hash) - 1], 0x77);
        fa_entry_free(entry);
    }
}

Test(text, keeps_unknown_options_in_their_order)
{
    struct fa_entry *entry = parse("http://h/a\n split=5\n out=x\n lonely\n out =y\n =\n out");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_eq(entry->n_unknown, 5);
    cr_assert_str_eq(entry->unknown[0].name, "split");
    cr_assert_str_eq(entry->unknown[0].value, "5");
    cr_assert_str_eq(entry->unknown[1].name, "lonely");
    cr_assert_null(entry->unknown[1].value);
    cr_assert_str_eq(entry->unknown[2].name, "out ");
    cr_assert_str_eq(entry->unknown[3].name, "");
    cr_assert_str_eq(entry->unknown[3].value, "");
    cr_assert_str_eq(entry->unknown[4].name, "out");
    cr_assert_str_eq(entry->out, "x");
    fa_entry_free(entry);
}

#define BAD(text, part)              \
    {                                \
        text, sizeof(text) - 1, part \
    }

Test(text, spaces_in_a_url_are_part_of_it)
{
    struct fa_entry *entry = parse("http://h/a b \t \" http://h/c  d \"");
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_assert_eq(entry->n_urls, 2);
    cr_expect_str_eq(entry->urls[0], "http://h/a b");
    cr_expect_str_eq(entry->urls[1], "http://h/c  d");
    fa_entry_free(entry);
}

Test(text, reports_what_is_bad)
{
    static const struct {
        const char *text;
        size_t len;
        const char *part; /* of the message */
    } rows[] = {
        BAD("", "no URL"),
        BAD("\t \t", "no URL"),
        BAD("\n out=x", "no URL"),
        BAD("http://h/a\thttp://h/b http://h/c", "a space before a second URL"),
        BAD("http://h/a https://h/b", "a space before a second URL"),
        BAD("http://h/\0a", "0x00"),
        BAD("\0", "0x00"),
        BAD("http://h/\x1b[2J", "0x1b"),
        BAD("http://h/\ra", "0x0d in the line (lines end with LF or CR LF"),
        BAD("http://h/\x7f", "0x7f"),
        BAD("http://h/\xff", "UTF-8"),
        BAD("http://h/\xc0\xaf", "UTF-8"),
        BAD("http://h/\xe0\x80\xaf", "UTF-8"),
        BAD("http://h/\xed\xa0\x80", "UTF-8"),
        BAD("http://h/\xf4\x90\x80\x80", "UTF-8"),
        BAD("http://h/\xf5\x80\x80\x80", "UTF-8"),
        BAD("http://h/\xe2\x82", "UTF-8"),
        BAD("http://h/\x80", "UTF-8"),
        BAD("http://h/\n out=a\0b", "0x00"),
        BAD("http://h/\n out=\xff", "UTF-8"),
        BAD("http://h/\n checksum=", "digest"),
        BAD("http://h/\n checksum=sha256", "64 hex digits, not 0"),
        BAD("http://h/\n checksum=sha256=", "64 hex digits, not 0"),
        BAD("http://h/\n checksum=crc64=01234567", "'crc64'"),
        BAD("http://h/\n checksum=md5=0011", "32 hex digits, not 4"),
        BAD("http://h/\n checksum=md5=00112233445566778899aabbccddeefg", "hex"),
        BAD("http://h/\n checksum=md5=00112233445566778899aabbccddeeff0", "not 33"),
        BAD("http://h/\n size=", "empty"),
        BAD("http://h/\n size=-1", "'-1'"),
        BAD("http://h/\n size=0x10", "'0x10'"),
        BAD("http://h/\n size=1k", "'1k'"),
        BAD("http://h/\n size= 1", "' 1'"),
        BAD("http://h/\n size=9223372036854775808", "9223372036854775808"),
        BAD("http://h/\n type=png", "'png'"),
        BAD("http://h/\n header=", "colon"),
        BAD("http://h/\n header=Nothing", "colon"),
        BAD("http://h/\n header=: x", "name"),
        BAD("http://h/\n header=A B: x", "name"),
        BAD("http://h/\n range=", "FIRST-LAST"),
        BAD("http://h/\n range=5-4", "no bytes"),
        BAD("http://h/\n range=0-1,4-5", "several ranges"),
        BAD("http://h/\n header=Range: bytes=0-1,4-5", "several ranges"),
        BAD("http://h/\n header=range: lines=1-2", "unit"),
        BAD("http://h/\n header=A: x\r", "0x0d"),
        BAD("http://h/\n header=A: x\ry", "0x0d"),
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_entry *entry = fa_text_parse("list", 1, rows[i].text, rows[i].len, NULL);
        cr_assert_not_null(entry);
        cr_assert_eq(entry->error.class, FA_CLASS_BAD_URL, "row %zu", i);
        cr_assert_not_null(strstr(entry->error.msg, rows[i].part), "row %zu: '%s' without '%s'", i,
                           entry->error.msg, rows[i].part);
        cr_assert_eq(entry->n_urls, 1, "row %zu", i);
        cr_assert_eq(entry->n_headers, 0, "row %zu", i);
        cr_assert_null(entry->out, "row %zu", i);
        fa_entry_free(entry);
    }
}

Test(text, shows_the_first_line_of_what_is_bad)
{
    struct fa_entry *entry = fa_text_parse("list", 1, "http://h/\0 b\n out=x", 19, NULL);
    cr_assert_str_eq(entry->urls[0], "http://h/? b");
    fa_entry_free(entry);
}

Test(text, keeps_secrets_out_of_messages)
{
    static const char *const rows[] = {
        "http://me:hunter2@h/a http://me:hunter2@h/b",
        "http://h/\n header=hunter2",
        "http://h/\n header=Bad Name: hunter2",
        "http://me:hunter2@h/\x01",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_entry *entry = parse(rows[i]);
        cr_assert_eq(entry->error.class, FA_CLASS_BAD_URL);
        cr_assert_null(strstr(entry->error.msg, "hunter2"), "%s", entry->error.msg);
        fa_entry_free(entry);
    }
}

Test(text, can_be_made_bad_by_the_reader)
{
    struct fa_error why = {0};
    fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "too long");
    struct fa_entry *entry = fa_entry_bad("list", 3, "http://h/\n x=y", 14, &why, NULL);
    cr_assert_eq(entry->error.class, FA_CLASS_BAD_URL);
    cr_assert_str_eq(entry->error.msg, "too long");
    cr_assert_str_eq(entry->urls[0], "http://h/");
    cr_assert_eq(entry->n_urls, 1);
    cr_assert_eq(entry->line, 3);
    fa_entry_free(entry);
    fa_entry_free(NULL);
}

Test(text, is_written_with_every_option)
{
    static const struct {
        const char *text, *out, *expected;
    } cases[] = {
        {"http://a/x", NULL, "http://a/x"},
        {"http://a/x", "x", "http://a/x\n out=x"},
        {"http://a/x\n range=5-9", NULL, "http://a/x\n range=5-9"},
        {"http://a/x\n header=Range: bytes=-7\n header=A: b", NULL,
         "http://a/x\n range=-7\n header=A: b"},
        {" http://a/x \t http://b/x\n out= y \n size=3", NULL,
         "http://a/x\thttp://b/x\n size=3\n out= y"},
        {"http://a/x\thttp://b/x\n out=y\n size=3", "y", "http://a/x\thttp://b/x\n size=3\n out=y"},
        {"http://a/x\n\t dir=d\n size=0\n  out=e/y", NULL, "http://a/x\n dir=d\n size=0\n out=e/y"},
        {"http://a/x\n\t dir=d\n size=3\n  out=e/y", "d/e/y", "http://a/x\n size=3\n out=d/e/y"},
        {"http://a/x\n checksum=MD5=00112233445566778899aAbBcCdDeEfF", NULL,
         "http://a/x\n checksum=md5=00112233445566778899aabbccddeeff"},
        {"http://a/out=1\n outer=1\n lonely\n header=A: out=2\n header=A: b", " b",
         "http://a/out=1\n header=A: out=2\n header=A: b\n outer=1\n lonely\n out= b"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        struct fa_entry *entry = parse(cases[i].text);
        char *text = fa_text_write(entry, cases[i].out);
        cr_expect_str_eq(text, cases[i].expected);
        struct fa_entry *again = parse(text);
        if (cases[i].out) {
            cr_expect_str_eq(again->out, cases[i].out);
            cr_expect_null(again->dir);
        }
        char *same = fa_text_write(again, NULL);
        cr_expect_str_eq(same, text);
        free(same);
        free(text);
        fa_entry_free(again);
        fa_entry_free(entry);
    }
}
