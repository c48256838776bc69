#include "list/list.h"

#include "support/scratch.h"
#include "support/transcript.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MD5    "d41d8cd98f00b204e9800998ecf8427e"
#define SHA256 MD5 MD5

TestSuite(format_jsonl, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

static const struct fa_list_options chosen = {.format = FA_LIST_FORMAT_JSONL};
static const struct fa_list_options guessed = {0};

static void expect(const char *text, const char *expected, const char *why)
{
    fa_transcript_expect("list", text, &chosen, expected, why);
    fa_transcript_expect("list", text, &guessed, expected, why);
}

Test(format_jsonl, members_are_parts_of_the_entry)
{
    expect(
        "{\"out\": \"b/c\", \"url\": \"http://h/1\", \"dir\": \"d\", \"size\": 12, \"range\": \"0-3\"}\n"
        "\n"
        "\xef\xbb\xbf {\"URL\": \"http://h/\\u00e4\", \"checksum\": \"" SHA256 "\"}\r\n"
        "{\"url\": \"http://h/3\", \"checksum\": \"sha-1=0123456789012345678901234567890123456789\"}",
        "1:http://h/1\n dir=d\n size=12\n range=0-3\n out=b/c|3:http://h/\xc3\xa4\n checksum=sha256=" SHA256
        "|4:http://h/3\n checksum=sha1=0123456789012345678901234567890123456789|.",
        NULL);
}

Test(format_jsonl, names_keep_their_spaces)
{
    expect("{\"out\": \" b \", \"url\": \" http://h/1 \", \"dir\": \" d \"}",
           "1:http://h/1\n dir= d \n out= b |.", NULL);
}

Test(format_jsonl, members_are_kept_as_text_on_demand)
{
    static const char text[] = "{\"id\": 7, \"url\": \"http://h/1\", \"a\": {\"b\": [1, \"x\"]}, "
                               "\"t\": true, \"n\": null, \"e\": \"\"}";
    const struct fa_list_options options = {.keep_columns = true};
    struct fa_error err;
    struct fa_entry *entry = NULL;
    fa_transcript_put(text, strlen(text));
    struct fa_list *list = fa_list_open_with(fa_transcript_path(), &options, &err);
    cr_assert_eq(fa_list_next(list, 0, &entry, &err), FA_LIST_ENTRY);
    cr_expect_eq(entry->n_columns, 3);
    cr_expect_str_eq(fa_entry_column(entry, "id", 2), "7");
    cr_expect_str_eq(fa_entry_column(entry, "a", 1), "{\"b\":[1,\"x\"]}");
    cr_expect_str_eq(fa_entry_column(entry, "t", 1), "true");
    cr_expect_eq(entry->n_unknown, 0);
    fa_entry_free(entry);
    fa_list_free(list);
}

/* A line of a crawl has the text of a page. */
Test(format_jsonl, kept_members_are_bounded)
{
    const struct fa_list_options options = {.keep_columns = true, .name = "{z}"};
    struct fa_error err;
    struct fa_entry *entry = NULL;
    char page[8192], *text = NULL;
    size_t len, kept = 0;
    memset(page, 'x', sizeof(page) - 1);
    page[sizeof(page) - 1] = '\0';
    FILE *to = open_memstream(&text, &len);
    fputs("{\"url\": \"http://h/1\"", to);
    for (int i = 0; i < 50; ++i)
        fprintf(to, ", \"m%d\": \"%s\"", i, page);
    fputs(", \"z\": \"last\"}", to);
    fclose(to);
    fa_transcript_put(text, len);
    struct fa_list *list = fa_list_open_with(fa_transcript_path(), &options, &err);
    cr_assert_eq(fa_list_next(list, 0, &entry, &err), FA_LIST_ENTRY);
    for (size_t i = 0; i < entry->n_columns; ++i)
        kept += strlen(entry->columns[i].value);
    cr_expect_leq(kept, 40000);
    cr_expect_eq(strlen(fa_entry_column(entry, "m0", 2)), 4096);
    cr_expect_str_eq(fa_entry_column(entry, "z", 1), "last");
    fa_entry_free(entry);
    fa_list_free(list);
    free(text);
}

Test(format_jsonl, the_forms_that_json_has_are_accepted)
{
    expect(
        "{\"mirror\": [\"http://m/1\", \"http://m/2\"], \"url\": [\"http://h/1\", \"http://h/2\"]}\n"
        "{\"url\": \"http://h/1\", \"header\": {\"A\": \"b\", \"C\": \"d\"}, \"out\": 17}\n"
        "{\"url\": \"http://h/1\", \"header\": [\"A: b\"], \"mirror\": \"http://m/1\\nhttp://m/2\"}\n"
        "{\"url\": \"http://h/1\", \"checksum\": {\"crc\": \"1\", \"md5\": \"" MD5
        "\"}, \"out\": null}\n"
        "{\"url\": \"http://h/1\", \"out\": 1.5, \"size\": \"7\"}\n",
        "1:http://h/1\thttp://h/2\thttp://m/1\thttp://m/2|"
        "2:http://h/1\n header=A: b\n header=C: d\n out=17|"
        "3:http://h/1\thttp://m/1\thttp://m/2\n header=A: b|"
        "4:http://h/1\n checksum=md5=" MD5 "|5:http://h/1\n size=7\n out=1.5|.",
        NULL);
}

Test(format_jsonl, columns_names_the_members)
{
    fa_transcript_expect("list",
                         "{\"image_url\": \"http://h/1\", \"id\": \"x\", \"url\": \"page\"}\n",
                         &(struct fa_list_options){.columns = "url=image_url,out=id"},
                         "1:http://h/1\n url\n out=x|.", NULL);
}

Test(format_jsonl, unknown_members_are_reported_with_the_first_good_entry)
{
    expect("{\"url\": 1.5e300, \"a\": [1, {}], \"size\": -1}\n"
           "{\"url\": \"http://h/1\", \"a\": \"x\\ny\", \"out=x\": 1, \"\\n\": 1}\n"
           "{\"url\": \"http://h/2\", \"a\": 2, \"b\": true, \"=\": 0}\n",
           "1!:{\"url\": 1.5e300, \"a\": [1, {}], \"size\": -1}|"
           "2:http://h/1\n a\n out\n ?|3:http://h/2\n b\n ?|.",
           NULL);
}

Test(format_jsonl, a_bad_line_costs_no_other_one)
{
    static const char *const bad[][2] = {
        {"{\"url\": \"http://h/1\"", "malformed JSON"},
        {"{\"url\": \"http://h/1\"}}", "malformed JSON"},
        {"[\"http://h/1\"]", "not a JSON object"},
        {"http://h/1", "malformed JSON"},
        {"{}", "no URL"},
        {"{\"url\": \"\"}", "no URL"},
        {"{\"url\": true}", "the member 'url' is true or false"},
        {"{\"url\": {\"a\": \"b\"}}", "the member 'url' is an object"},
        {"{\"url\": [[\"b\"]]}", "the member 'url' is an array of more than strings"},
        {"{\"url\": \"http://h/1\", \"out\": [\"a\"]}", "the member 'out' is an array"},
        {"{\"url\": \"http://h/1\", \"size\": 1.5}", "invalid size"},
        {"{\"url\": \"http://h/1\", \"out\": \"a\\nb\"}", "control byte"},
        {"{\"url\": \"http://h/1\", \"out\": \"a\\u0000b\"}", "malformed JSON"},
        {"{\"url\": \"http://h/1\", \"out\": \"\xff\"}", "malformed JSON"},
    };
    char text[200], expected[200];
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        snprintf(text, sizeof(text), "%s\n{\"url\": \"http://h/2\"}\n", bad[i][0]);
        snprintf(expected, sizeof(expected), "1!:%s|2:http://h/2|.", bad[i][0]);
        fa_transcript_expect("list", text, &chosen, expected, bad[i][1]);
    }
}

Test(format_jsonl, a_line_of_a_mebibyte_is_read_and_a_longer_one_is_bad)
{
    size_t len = 1u << 20;
    char *text = malloc(2 * len + 100);
    char *end = text + sprintf(text, "{\"url\":\"http://h/1\",\"x\":\"");
    memset(end, 'x', len);
    strcpy(text + len - 2, "\"}\n");
    end = text + len + 1;
    memset(end, 'x', len + 1);
    strcpy(end + len + 1, "\n{\"url\":\"http://h/3\"}");
    struct fa_transcript *transcript = fa_transcript_read_bytes(text, strlen(text));
    cr_expect_eq(strncmp(transcript->text, "1:http://h/1\n x|2!:xxx", 20), 0, "%.50s",
                 transcript->text);
    cr_expect(strstr(transcript->text, "|3:http://h/3|."));
    cr_expect(strstr(transcript->why, "longer than 1048576 bytes"), "%s", transcript->why);
    free(transcript);
    free(text);
}

Test(format_jsonl, a_list_of_urls_is_not_taken_for_json)
{
    fa_transcript_expect("list.jsonl", "http://h/1\n{\"url\":\"http://h/2\"}\n", &guessed,
                         "1:http://h/1|2:{\"url\":\"http://h/2\"}|.", NULL);
}
