#include "list/list.h"

#include "support/transcript.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"

TestSuite(format_csv, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

static const struct fa_list_options csv = {.format = FA_LIST_FORMAT_CSV};
static const struct fa_list_options tsv = {.format = FA_LIST_FORMAT_TSV};
static const struct fa_list_options guessed = {.base = "http://h/"};

static void expect(const char *text, const char *expected, const char *why)
{
    fa_transcript_expect("list", text, &csv, expected, why);
    fa_transcript_expect("list", text, &guessed, expected, why);
}

Test(format_csv, columns_are_parts_of_the_entry)
{
    expect("\xef\xbb\xbfout,url,size,checksum\r\nb/c,http://h/1,12," MD5 "\r\n,http://h/2,,\r\n\r\n"
           "\"d\",\" http://h/3 \",,md5=" MD5,
           "2:http://h/1\n checksum=md5=" MD5
           "\n size=12\n out=b/c|3:http://h/2|5:http://h/3\n checksum=md5=" MD5 "\n out=d|.",
           NULL);
}

Test(format_csv, quoted_fields_hold_anything)
{
    expect("\"url\",\"out\"\n\"http://h/1,2\",\"a \"\"b\"\", c\"\n",
           "2:http://h/1,2\n out=a \"b\", c|.", NULL);
    expect("url,mirror,note\nhttp://h/1,\"http://m/1\r\n\n http://m/2\n\",\"x\n\"\"y\"\"\n\n\"\n"
           "http://h/2,,\"\"\n",
           "2:http://h/1\thttp://m/1\thttp://m/2\n note|9:http://h/2|.", NULL);
    expect("url,header\nhttp://h/1,\"A: b\nC: d\"\n", "2:http://h/1\n header=A: b\n header=C: d|.",
           NULL);
}

Test(format_csv, quotes_in_titles_are_ordinary_bytes)
{
    expect("url,out\nhttp://h/1,a 5\" b\nhttp://h/2,\"Untitled\" (1920)\nhttp://h/3,\"\"\n",
           "2:http://h/1\n out=a 5\" b|3:http://h/2\n out=Untitled (1920)|4:http://h/3|.", NULL);
}

Test(format_csv, semicolons_and_tabs_separate_fields)
{
    expect("url;out\nhttp://h/1,2;a\n", "2:http://h/1,2\n out=a|.", NULL);
    static const char text[] = "id\turl\n1\thttp://h/1\n\"2\n3\"\thttp://h/2\n";
    fa_transcript_expect("list", text, &tsv, "2:http://h/1\n id|3:http://h/2|.", NULL);
    fa_transcript_expect("list", text, &guessed, "2:http://h/1\n id|3:http://h/2|.", NULL);
}

/* The columns of the first entry of a list. */
static void expect_columns(const char *text, const struct fa_list_options *options,
                           const char *expected)
{
    struct fa_error err;
    struct fa_entry *entry = NULL;
    char columns[512] = "";
    fa_transcript_put(text, strlen(text));
    struct fa_list *list = fa_list_open_with(fa_transcript_path(), options, &err);
    cr_assert_eq(fa_list_next(list, 0, &entry, &err), FA_LIST_ENTRY);
    cr_expect_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    for (size_t i = 0; i < entry->n_columns; ++i)
        sprintf(columns + strlen(columns), "%s=%s|", entry->columns[i].name,
                entry->columns[i].value);
    cr_expect_str_eq(columns, expected);
    cr_expect_eq(entry->n_unknown, options->keep_columns ? 0 : 1);
    fa_entry_free(entry);
    fa_list_free(list);
}

Test(format_csv, columns_of_a_template_are_kept)
{
    static const char text[] = "id,url,note,size,name\n\"7\n8\",http://h/1,x,12,\xff\x01n\n";
    struct fa_list_options options = {.format = FA_LIST_FORMAT_CSV,
                                      .name = "{id}-{size}-{column:name}"};
    expect_columns(text, &options, "id=7\n8|size=12|name=??n|");
    options = (struct fa_list_options){.format = FA_LIST_FORMAT_CSV, .keep_columns = true};
    expect_columns(text, &options, "id=7\n8|note=x|name=??n|");
}

Test(format_csv, columns_names_the_columns)
{
    fa_transcript_expect("list", "id,image url,url\nx,http://h/1,page\n",
                         &(struct fa_list_options){.columns = "url=image url,out=id,dir=id"},
                         "2:http://h/1\n dir=x\n url\n out=x|.", NULL);
}

Test(format_csv, without_its_columns_the_list_is_one_error)
{
    fa_transcript_expect("list", "id,link\n1,http://h/1\n2,http://h/2\n", &csv, "E.",
                         "no column for 'url': name it with --columns url=NAME");
    fa_transcript_expect(
        "list", "url,id\nhttp://h/1,2\n",
        &(struct fa_list_options){.format = FA_LIST_FORMAT_CSV, .columns = "out=name"}, "E.",
        "no column for 'out'");
    fa_transcript_expect("list", "url,\"id\nhttp://h/1,2\n", &csv, "E.", "header is malformed");
    fa_transcript_expect("list", "", &csv, ".", NULL);
    fa_transcript_expect("list.csv.gz", "id,link\n1,http://h/1\n2,http://h/2\n", &guessed, "E.",
                         "no column for 'url'");
    fa_transcript_expect("list.csv", "link,id\nhttp://h/1,1\nhttp://h/2,2\n", &guessed, "E.",
                         "no column for 'url'");
}

Test(format_csv, a_bad_record_costs_no_other_one)
{
    expect(
        "url,out\nhttp://h/1\nhttp://h/2,a,b\n,c\nhttp://h/3,d,,\nhttp://h/4,\"e\nf\"\nhttp://h/5,g\n",
        "2!:http://h/1|3!:http://h/2,a,b|4!:,c|5:http://h/3\n out=d|6!:http://h/4,\"e|"
        "8:http://h/5\n out=g|.",
        "control byte");
    expect("url,out\nhttp://h/1\n", "2!:http://h/1|.", "the record has 1 fields, and the header 2");
    expect("url,out\nhttp://h/1,\"a\nhttp://h/2,b\n", "2!:http://h/1,\"a|.", "is not closed");
}

Test(format_csv, a_record_that_does_not_end_is_given_up)
{
    size_t len = FA_LIST_ENTRY_MAX;
    char *text = malloc(len + 200), *end = text + sprintf(text, "url,out\nhttp://h/1,\"\n");
    for (char *stop = end + len; end < stop; end += 8)
        memcpy(end, "1234567\n", 8);
    strcpy(end, "\"\nhttp://h/2,b\n");
    struct fa_list_options options = csv;
    fa_transcript_put(text, strlen(text));
    struct fa_transcript *transcript = fa_transcript_read_with(fa_transcript_path(), &options);
    cr_expect(strncmp(transcript->text, "2!:http://h/1,\"|", 16) == 0, "%.60s", transcript->text);
    cr_expect(strstr(transcript->text, ":http://h/2\n out=b|."));
    free(transcript);
    free(text);
}

Test(format_csv, a_list_of_text_is_not_taken_for_csv)
{
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        {"a.csv", "http://h/1,2\nhttp://h/3,4\n", "1:http://h/1,2|2:http://h/3,4|."},
        {"b.csv", "# url,out\nhttp://h/1,2\n", "2:http://h/1,2|."},
        {"c.csv", "url\nhttp://h/1,2\n", "1:url|2:http://h/1,2|."},
        {"d.csv", "Links, 2024\nhttp://h/1\n", "1:Links, 2024|2:http://h/1|."},
        {"e.csv", "a,b", "1:a,b|."},
        {"f.tsv", "url\thttp://h/1\n", "1:url\thttp://h/1|."},
        {"g.tsv", "http://h/1\turl\n", "1:http://h/1\turl|."},
        {"h.txt", "a,b\nc,d\n", "1:a,b|2:c,d|."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i)
        fa_transcript_expect(cases[i].name, cases[i].text, &guessed, cases[i].expected, NULL);
}

static void expect_rows(const char *text, const char *expected)
{
    fa_transcript_expect("list.csv", text, &guessed, expected, NULL);
    fa_transcript_expect("list", text, &csv, expected, NULL);
}

Test(format_csv, the_delimiter_is_the_first_one_outside_quotes)
{
    expect_rows("\"url\";\"a, b\"\nhttp://h/1,2;x\n", "2:http://h/1,2\n a, b|.");
    expect_rows("\"url\"\t\"a; \"\"b\"\", c\"\nhttp://h/1\tx\n", "2:http://h/1\n a; \"b\", c|.");
}

Test(format_csv, empty_records_are_skipped)
{
    expect_rows("url,out\n,\nhttp://h/1,a\n\"\",\"\"\r\n,,\nhttp://h/2,\n",
                "3:http://h/1\n out=a|6:http://h/2|.");
    expect_rows("url,out\nhttp://h/1,a\n,b\n,\"", "2:http://h/1\n out=a|3!:,b|4!:,\"|.");
}

/* One sheet, as LibreOffice Calc 7.4 exports it. */
Test(format_csv, files_of_a_spreadsheet_program_are_read)
{
    static const char *const names[] = {"comma", "semicolon", "tab", "utf16"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i) {
        char path[512];
        snprintf(path, sizeof(path), "%s/tests/spreadsheets/%s.csv", FA_SOURCE_DIR, names[i]);
        struct fa_transcript *transcript = fa_transcript_read_with(path, &guessed);
        cr_expect_str_eq(transcript->text,
                         "2:http://h.example/a.jpg\n size=1234\n T\xc3\xadtulo; \"obra\"\n "
                         "out=a 1.jpg|3:http://h.example/b.jpg?x=1&y=2|"
                         "6:http://h.example/c.jpg\n out=c.jpg|.",
                         "%s: %s (%s)", names[i], transcript->text, transcript->why);
        free(transcript);
    }
}
