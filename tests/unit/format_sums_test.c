#include "list/list.h"

#include "support/transcript.h"

#include <criterion/criterion.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MD5    "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 MD5 MD5
#define SHA512 SHA256 SHA256

TestSuite(format_sums, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

static const struct fa_list_options based = {.format = FA_LIST_FORMAT_SUMS, .base = "http://h/d/"};
static const struct fa_list_options guessed = {.base = "http://h/d/"};
static const struct fa_list_options without = {.format = FA_LIST_FORMAT_SUMS};

#define ENTRY(line, url, sum, out) #line ":" url "\n checksum=" sum "\n out=" out "|"

Test(format_sums, lines_of_coreutils_become_entries)
{
    static const struct fa_list_options *const options[] = {&based, &guessed};
    for (int i = 0; i < 2; ++i) {
        fa_transcript_expect("SHA256SUMS", SHA256 "  a.iso\n" SHA256 " *d/b c\r\n", options[i],
                             ENTRY(1, "http://h/d/a.iso", "sha256=" SHA256, "a.iso")
                                 ENTRY(2, "http://h/d/d/b%20c", "sha256=" SHA256, "d/b c") ".",
                             NULL);
        fa_transcript_expect("sums",
                             "\xef\xbb\xbf# made by a script\n\nMD5 (a) = " MD5 "\n" SHA512 "  ./b",
                             options[i],
                             ENTRY(3, "http://h/d/a", "md5=" MD5, "a")
                                 ENTRY(4, "http://h/d/b", "sha512=" SHA512, "b") ".",
                             NULL);
    }
}

Test(format_sums, escaped_names_are_the_names)
{
    fa_transcript_expect("list", "\\" SHA256 "  a\\\\b\n\\MD5 (c\\\\) = " MD5 "\n", &based,
                         ENTRY(1, "http://h/d/a%5Cb", "sha256=" SHA256, "a\\b")
                             ENTRY(2, "http://h/d/c%5C", "md5=" MD5, "c\\") ".",
                         NULL);
    fa_transcript_expect("list", "\\" SHA256 "  a\\nb\n", &based, "1!:\\" SHA256 "  a\\nb|.",
                         "control byte 0x0a");
}

Test(format_sums, the_name_of_the_list_tells_algorithms_of_one_size_apart)
{
    fa_transcript_expect("B2SUMS", SHA512 "  a\n", &guessed,
                         ENTRY(1, "http://h/d/a", "blake2b=" SHA512, "a") ".", NULL);
    fa_transcript_expect("x.xxh128", MD5 "  a\n", &guessed,
                         ENTRY(1, "http://h/d/a", "xxh128=" MD5, "a") ".", NULL);
}

Test(format_sums, a_name_that_is_a_url_needs_no_base)
{
    fa_transcript_expect("list", SHA256 "  https://o/x//y.iso\n" MD5 "  HTTP://o/%41", &without,
                         "1:https://o/x//y.iso\n checksum=sha256=" SHA256
                         "|2:HTTP://o/%41\n checksum=md5=" MD5 "|.",
                         NULL);
}

Test(format_sums, without_a_base_the_list_is_one_error)
{
    fa_transcript_expect("list", MD5 "  http://o/x\n" MD5 "  a\n" MD5 "  b\n", &without,
                         "1:http://o/x\n checksum=md5=" MD5 "|E.", "--base URL");
}

Test(format_sums, a_bad_line_costs_no_other_one)
{
    fa_transcript_expect("list", "x\n" MD5 "  ../a\n" MD5 "  a\n" MD5 "  /b\n\n" MD5 "\n", &based,
                         "1!:x|2!:" MD5 "  ../a|" ENTRY(3, "http://h/d/a", "md5=" MD5,
                                                        "a") "4!:" MD5 "  /b|6!:" MD5 "|.",
                         "malformed checksum line");
}

Test(format_sums, a_list_whose_first_name_is_refused_is_one_of_checksums)
{
    fa_transcript_expect("list", MD5 "  ../a\n" MD5 "  a\n", &guessed,
                         "1!:" MD5 "  ../a|" ENTRY(2, "http://h/d/a", "md5=" MD5, "a") ".",
                         "outside the directory");
}

Test(format_sums, a_list_of_urls_is_not_taken_for_checksums)
{
    fa_transcript_expect("SHA256SUMS", "http://h/1\n#\n" MD5 "  a\n", &guessed,
                         "1:http://h/1|3:" MD5 "  a|.", NULL);
    fa_transcript_expect("list", MD5 "\n", &guessed, "1:" MD5 "|.", NULL);
    fa_transcript_expect("list", "#\n\n", &guessed, ".", NULL);
}

/* Made by the programs themselves, whose --zero escapes no names. */
Test(format_sums, lists_of_coreutils_are_read_in_all_their_forms)
{
    static const char *const programs[] = {"sha256sum", "md5sum", "b2sum"};
    static const char *const forms[] = {"", "--tag", "--zero", "--tag --zero"};
    char command[1024], folder[512];
    snprintf(folder, sizeof(folder), "%s", fa_transcript_path());
    for (size_t i = 0; i < 12; ++i) {
        snprintf(command, sizeof(command),
                 "cd '%s' && for n in a 'b c' 'd\\e' 'f,g'; do echo x >\"$n\"; done && "
                 "%s %s a 'b c' 'd\\e' 'f,g' >'%s'",
                 i == 0 ? dirname(folder) : folder, programs[i / 4], forms[i % 4],
                 fa_transcript_path());
        cr_assert_eq(system(command), 0);
        struct fa_transcript *transcript = fa_transcript_read_with(fa_transcript_path(), &guessed);
        static const char *const entries[] = {"1:http://h/d/a\n checksum=", "|2:http://h/d/b%20c\n",
                                              "|3:http://h/d/d%5Ce\n", "|4:http://h/d/f,g\n"};
        for (size_t n = 0; n < 4; ++n)
            cr_expect(strstr(transcript->text, entries[n]), "%s: %s", command, transcript->text);
        cr_expect_str_eq(strrchr(transcript->text, '|'), "|.", "%s", command);
        free(transcript);
    }
}

Test(format_sums, a_name_with_a_line_end_costs_no_other_one)
{
    static const char text[] = MD5 "  a\0" MD5 "  b\nc\0" MD5 "  d\0";
    fa_transcript_put(text, sizeof(text) - 1);
    struct fa_transcript *transcript = fa_transcript_read_with(fa_transcript_path(), &guessed);
    cr_expect_str_eq(transcript->text,
                     ENTRY(1, "http://h/d/a", "md5=" MD5,
                           "a") "2!:" MD5 "  b|" ENTRY(3, "http://h/d/d", "md5=" MD5, "d") ".");
    free(transcript);
}

/* Only the end of the first line decides. */
Test(format_sums, a_zero_byte_in_a_later_line_is_an_error_of_that_line)
{
    static const char text[] = MD5 "  a\n" MD5 "  b\0\n" MD5 "  c\n";
    fa_transcript_put(text, sizeof(text) - 1);
    struct fa_transcript *transcript = fa_transcript_read_with(fa_transcript_path(), &guessed);
    cr_expect(strstr(transcript->text, "|2!:") && strstr(transcript->text, "|3:"), "%s",
              transcript->text);
    free(transcript);
}
