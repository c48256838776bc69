#include "list/list.h"

#include "support/scratch.h"
#include "support/transcript.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MD5    "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 MD5 MD5

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_scratch_write(&scratch, "bag/bagit.txt",
                     "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(format_bagit, .init = begin, .fini = end, .timeout = 60.0);

static const struct fa_list_options chosen = {.format = FA_LIST_FORMAT_BAGIT};
static const struct fa_list_options guessed = {.base = "http://h/"};

static void expect(const char *name, const char *text, const struct fa_list_options *options,
                   const char *expected, const char *why)
{
    const char *list = fa_scratch_write(&scratch, name, text);
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    struct fa_list *opened = fa_list_open_with(list, options, NULL);
    transcript->shown = 1000;
    while (fa_transcript_drain(transcript, opened, 1) != FA_LIST_END)
        cr_assert(fa_list_wake_at(opened) <= 1);
    cr_expect_str_eq(transcript->text, expected, "%s (%s)", transcript->text, transcript->why);
    cr_expect(!why || strstr(transcript->why, why), "%s", transcript->why);
    fa_list_free(opened);
    free(transcript);
}

Test(format_bagit, lines_get_the_digests_of_the_manifest)
{
    fa_scratch_write(&scratch, "bag/manifest-md5.txt", MD5 "  data/no\n");
    fa_scratch_write(&scratch, "bag/manifest-sha256.txt",
                     SHA256 "  data/b c\r\n" SHA256 " *data/a\n" SHA256 " ./data/d/50%25\n" SHA256
                            "\tdata/e");
    static const char text[] = "http://h/a 7 data/a\nhttp://h/b\t-\tdata/b c\r\n"
                               "http://h/d - ./data/d/50%25\n\nhttp://h/e 0 data/e\n";
    static const char expected[] =
        "1:http://h/a\n checksum=sha256=" SHA256 "\n size=7\n out=data/a|"
        "2:http://h/b\n checksum=sha256=" SHA256 "\n out=data/b c|"
        "3:http://h/d\n checksum=sha256=" SHA256 "\n out=data/d/50%|"
        "5:http://h/e\n checksum=sha256=" SHA256 "\n size=0\n out=data/e|.";
    expect("bag/fetch.txt", text, &chosen, expected, NULL);
    expect("bag/fetch.txt", text, &guessed, expected, NULL);
}

Test(format_bagit, a_bad_line_costs_no_other_one)
{
    fa_scratch_write(&scratch, "bag/manifest-md5.txt",
                     MD5 "  data/a\n" MD5 "  data/b%0Ac\n" MD5 "  tag.txt\n");
    expect("bag/fetch.txt",
           "http://h/a\nhttp://h/a x data/a\nhttp://h/t - tag.txt\nhttp://h/b - data/b%0Ac\n"
           "http://h/c - data/c\nhttp://h/a - data/a\n",
           &chosen,
           "1!:http://h/a|2!:http://h/a x data/a|3!:http://h/t - tag.txt|"
           "4!:http://h/b - data/b%0Ac|5!:http://h/c - data/c|6:http://h/a\n checksum=md5=" MD5
           "\n out=data/a|.",
           "is not in '");
}

Test(format_bagit, a_bag_without_a_manifest_is_one_error)
{
    expect("bag/fetch.txt", "http://h/a - data/a\n", &chosen, "E.", "no manifest-ALG.txt");
}

Test(format_bagit, a_long_manifest_is_read_in_parts)
{
    char *text = malloc(100000 * 60), *at = text;
    for (int i = 0; i < 100000; ++i)
        at += sprintf(at, MD5 "  data/%d\n", i);
    fa_scratch_write(&scratch, "bag/manifest-md5.txt", text);
    expect("bag/fetch.txt", "http://h/a - data/99999\nhttp://h/b - data/0\n", &chosen,
           "1:http://h/a\n checksum=md5=" MD5 "\n out=data/99999|"
           "2:http://h/b\n checksum=md5=" MD5 "\n out=data/0|.",
           NULL);
    free(text);
}

Test(format_bagit, a_list_of_text_is_not_taken_for_a_bag)
{
    fa_scratch_write(&scratch, "bag/manifest-md5.txt", MD5 "  data/a\n");
    expect("bag/fetch.txt", "http://h/a\n", &guessed, "1:http://h/a|.", NULL);
    expect("bag/list.txt", "http://h/a - data/a\n", &guessed, "1:http://h/a - data/a|.", NULL);
    expect("fetch.txt", "http://h/a - data/a\n", &guessed, "1:http://h/a - data/a|.", NULL);
}
