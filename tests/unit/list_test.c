#include "list/list.h"

#include "list/entry.h"
#include "support/transcript.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(list, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

Test(list, reads_files)
{
    for (size_t i = 0; i < fa_transcript_row_count; ++i) {
        struct fa_transcript *transcript =
            fa_transcript_read_bytes(fa_transcript_rows[i].text, fa_transcript_rows[i].len);
        fa_transcript_check(transcript, &fa_transcript_rows[i], "a file");
        free(transcript);
    }
}

/* One step of a list that is a pipe: bytes arrive (NULL: none), and the list returns this at that
 * time.  The last step, at 0, is the end of the pipe. */
struct step {
    const char *bytes;
    double now;
    const char *transcript;
    double wake; /* when it requires the next call; 0: not checked */
};

static void step_check(struct fa_transcript *transcript, struct fa_list *list,
                       const struct step *step)
{
    transcript->len = 0;
    transcript->text[0] = '\0';
    fa_transcript_drain(transcript, list, step->now > 0 ? step->now : 1e6);
    cr_assert_str_eq(transcript->text, step->transcript, "at %g: %s", step->now, transcript->text);
    if (step->wake > 0)
        cr_assert_eq(fa_list_wake_at(list), step->wake, "at %g", step->now);
}

/* Return what free(3) releases: the reasons of the last bad entry. */
static struct fa_transcript *play(const struct step *step)
{
    int fds[2];
    char name[32];
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    cr_assert_eq(pipe(fds), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open(name, NULL);
    cr_assert_not_null(list);
    close(fds[0]);
    for (; step->now > 0; ++step) {
        size_t len = step->bytes ? strlen(step->bytes) : 0;
        cr_assert_eq(write(fds[1], step->bytes, len), (ssize_t)len);
        step_check(transcript, list, step);
    }
    close(fds[1]);
    step_check(transcript, list, step);
    fa_list_free(list);
    return transcript;
}

#define PLAY(...) free(play((const struct step[]){__VA_ARGS__}))

Test(list, takes_an_entry_for_complete_after_a_second_of_silence)
{
    PLAY({NULL, 5, "", INFINITY}, {"a\n", 10, "", 11}, {NULL, 10.9, "", 0},
         {" out=b\n", 10.95, "", 0}, {NULL, 11.9, "", 0}, {NULL, 12, "1:a\n out=b|", 0},
         {NULL, 50, "", INFINITY}, {"c\nd\n", 60, "3:c|", 0}, {NULL, 61, "4:d|", 0},
         {NULL, 0, ".", 0});
}

Test(list, counts_silence_from_the_last_byte_read_not_from_the_last_call)
{
    PLAY({"a\n", 10, "", 0}, {"#\n", 20, "", 0}, {NULL, 21, "1:a|", 0}, {NULL, 0, ".", 0});
}

Test(list, reports_options_that_come_too_late)
{
    struct fa_transcript *transcript =
        play((const struct step[]){{"a\n", 10, "", 0},
                                   {NULL, 11, "1:a|", 0},
                                   {"#\n out=b\n dir=c\nd\n", 12, "3!:out=b|4!:dir=c|", 0},
                                   {NULL, 0, "5:d|.", 0}});
    cr_assert_not_null(strstr(transcript->why, "second"), "%s", transcript->why);
    free(transcript);
}

Test(list, needs_no_silence_when_the_next_entry_has_begun)
{
    PLAY({"a\nb", 10, "1:a|", 0}, {NULL, 99, "", 0}, {"c\n", 100, "", 0}, {NULL, 0, "2:bc|.", 0});
}

Test(list, waits_for_the_end_of_an_option_that_has_begun)
{
    PLAY({"a\n o", 10, "", 0}, {NULL, 99, "", INFINITY}, {"ut=b\n", 100, "", 0},
         {NULL, 101, "1:a\n out=b|", 0}, {NULL, 0, ".", 0});
}

Test(list, does_not_take_a_comment_that_has_begun_for_an_entry)
{
    PLAY({"a\n#", 10, "", 0}, {"\n out=b\n", 10.5, "", 0}, {NULL, 0, "1:a\n out=b|.", 0});
}

/* "a LF", then a line of a first byte and len times c, LF, "b". */
static struct fa_transcript *read_long(char first, char c, size_t len)
{
    char *text = malloc(len + 8);
    memcpy(text, "a\n", 2);
    memset(text + 2, c, len);
    text[2] = first;
    memcpy(text + 2 + len, "\nb", 2);
    struct fa_transcript *transcript = fa_transcript_read_bytes(text, len + 4);
    free(text);
    return transcript;
}

Test(list, takes_the_longest_line)
{
    struct fa_transcript *transcript = read_long('x', 'x', FA_LIST_LINE_MAX);
    cr_assert_not_null(strstr(transcript->text, "1:a|2:xxx"));
    cr_assert_not_null(strstr(transcript->text, "x|3:b|."));
    free(transcript);
}

Test(list, makes_one_bad_entry_of_a_line_that_is_too_long)
{
    static const size_t lens[] = {
        FA_LIST_LINE_MAX + 1, FA_LIST_LINE_MAX + 2, 100000, 131072, 131073, 1 << 20, 3 << 20};
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); ++i) {
        struct fa_transcript *transcript = read_long('x', 'x', lens[i]);
        cr_assert_not_null(strstr(transcript->text, "1:a|2!:xxx"), "%zu: %s", lens[i],
                           transcript->text);
        cr_assert_not_null(strstr(transcript->text, "x|3:b|."), "%zu: %s", lens[i],
                           transcript->text);
        cr_assert_str_eq(transcript->why, "the line is longer than 65536 bytes");
        free(transcript);
    }
}

Test(list, passes_over_a_comment_that_is_too_long)
{
    struct fa_transcript *transcript = read_long('#', 'x', 1 << 20);
    cr_assert_str_eq(transcript->text, "1:a|3:b|.");
    free(transcript);
}

Test(list, makes_the_entry_bad_whose_option_is_too_long)
{
    struct fa_transcript *transcript = read_long(' ', 'x', 1 << 20);
    cr_assert_str_eq(transcript->text, "1!:a|3:b|.");
    cr_assert_not_null(strstr(transcript->why, "option"), "%s", transcript->why);
    free(transcript);
}

Test(list, cuts_the_text_of_a_long_line_at_a_character)
{
    char *text = malloc(200000);
    text[0] = 'x';
    for (size_t i = 1; i + 1 < 200000; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    fa_transcript_put(text, 199999);
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    struct fa_entry *entry;
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_ENTRY);
    cr_assert_eq(entry->error.class, FA_CLASS_BAD_URL);
    cr_assert_eq(strlen(entry->urls[0]), FA_LIST_SHOWN_MAX - 1);
    fa_entry_free(entry);
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_END);
    fa_list_free(list);
    free(text);
}

Test(list, drops_the_options_of_a_line_that_is_too_long)
{
    char *text = malloc(100100);
    memset(text, 'x', 100000);
    memcpy(text + 100000, "\n out=y\n#\n dir=z\nb\n o=p", 23);
    struct fa_transcript *transcript = fa_transcript_read_bytes(text, 100023);
    cr_assert_not_null(strstr(transcript->text, "1!:xxx"));
    cr_assert_not_null(strstr(transcript->text, "x|5:b\n o=p|."), "%s", transcript->text);
    free(transcript);
    free(text);
}

Test(list, takes_an_entry_of_up_to_256_KiB)
{
    for (size_t over = 0; over < 2; ++over) {
        char *text = malloc(FA_LIST_ENTRY_MAX + 100);
        size_t len = 0;
        text[len++] = 'a';
        while (len < FA_LIST_ENTRY_MAX + over) {
            size_t room = FA_LIST_ENTRY_MAX + over - len;
            size_t n = room > 40001 ? 20001 : room;
            memset(text + len, 'x', n);
            memcpy(text + len, "\n ", 2);
            len += n;
        }
        memcpy(text + len, "\n#\nb", 4);
        struct fa_transcript *transcript = fa_transcript_read_bytes(text, len + 4);
        cr_assert_eq(strncmp(transcript->text, over ? "1!:a" : "1:a", 3), 0, "%s",
                     transcript->text);
        cr_assert_not_null(strstr(transcript->text, ":b|."));
        free(transcript);
        free(text);
    }
}

Test(list, comes_back_to_its_caller_though_nothing_ends)
{
    /* A hole after text that is not taken for a binary file. */
    char text[8192];
    memset(text, 'x', sizeof(text));
    fa_transcript_put(text, sizeof(text));
    cr_assert_eq(truncate(fa_transcript_path(), 1 << 30), 0);
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    struct fa_entry *entry;
    cr_assert_eq(fa_list_next(list, 5, &entry, NULL), FA_LIST_ENTRY);
    cr_assert_eq(entry->error.class, FA_CLASS_BAD_URL);
    fa_entry_free(entry);
    for (int i = 0; i < 10; ++i) {
        cr_assert_eq(fa_list_next(list, 5, &entry, NULL), FA_LIST_AGAIN);
        cr_assert_eq(fa_list_fd(list), -1);
        cr_assert(fa_list_wake_at(list) <= 5);
    }
    fa_list_free(list);
}

#define JSON "it is a JSON array; write one object per line, as with: jq -c '.[]'"

Test(list, reports_a_binary_file_once)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *why;
    } rows[] = {
        {"SQLite format 3\0\x10\0\nx", 20, "it is not text but an SQLite database"},
        {"%PDF-1.4\n%\xe2\xe3\n", 13, "it is not text but a PDF document"},
        {"\x89PNG\r\n\x1a\n", 8, "it is not text but a PNG image"},
        {"[\n {\"url\": \"http://h/a\"}\n]\n", 27, JSON},
        {"[\"http://h/a\"]", 14, JSON},
        {"BZh91AY&SY", 10, "it is not text but compressed with bzip2"},
        {"http://h/a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\n", 27, "it is not text"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_transcript *transcript = fa_transcript_read_bytes(rows[i].bytes, rows[i].len);
        cr_expect_str_eq(transcript->text, "E.", "row %zu: %s", i, transcript->text);
        const char *why = strstr(transcript->why, "it is");
        cr_expect_str_eq(why, rows[i].why, "row %zu: %s", i, transcript->why);
        free(transcript);
    }
    struct fa_transcript *zeros = fa_transcript_read("/dev/zero");
    cr_expect_str_eq(zeros->text, "E.");
    cr_expect_str_eq(zeros->why, "cannot read the list '/dev/zero': it is not text");
    free(zeros);
}

/* An entry for each line would show the secrets in them. */
Test(list, reports_a_file_of_passwords_once)
{
    static const char header[] = "it is a file of headers: use --header @FILE";
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"# mine\n machine h login u password p\n", "it is a netrc file: --netrc reads ~/.netrc"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE\n",
         "it is a key or a certificate: use --key, --cert or --cacert"},
        {"# Netscape HTTP Cookie File\nh\tTRUE\t/\tTRUE\t0\ta\tb\n",
         "it is a cookie file: use --cookies FILE"},
        {"Authorization: Bearer p\n", header},
        {"cookie: a=p\r\n", header},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_transcript *transcript =
            fa_transcript_read_bytes(rows[i].text, strlen(rows[i].text));
        cr_expect_str_eq(transcript->text, "E.", "row %zu: %s", i, transcript->text);
        const char *why = strstr(transcript->why, "it is");
        cr_expect_str_eq(why, rows[i].why, "row %zu: %s", i, transcript->why);
        free(transcript);
    }
}

Test(list, with_a_few_bad_bytes_is_text)
{
    struct fa_transcript *transcript =
        fa_transcript_read_bytes("http://h/\0\0\xff\nhttp://h/b\nBZ\nPK\n%PDF\n", 35);
    cr_expect_str_eq(transcript->text, "1!:http://h/?\?\xff|2:http://h/b|3:BZ|4:PK|5:%PDF|.", "%s",
                     transcript->text);
    free(transcript);
}

Test(list, reads_many_lines_over_the_borders_of_its_buffer)
{
    FILE *file = fopen(fa_transcript_path(), "w");
    for (unsigned i = 1; i <= 200000; ++i)
        fprintf(file, "http://h/%0*u\n%s", (int)(i % 61), i, i % 7 ? "" : " out=x\n");
    fclose(file);
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    struct fa_entry *entry;
    for (unsigned i = 1; i <= 200000; ++i) {
        char want[128];
        snprintf(want, sizeof(want), "http://h/%0*u", (int)(i % 61), i);
        enum fa_list_what what;
        do {
            what = fa_list_next(list, 1, &entry, NULL);
        } while (what == FA_LIST_AGAIN);
        cr_assert_eq(what, FA_LIST_ENTRY);
        cr_assert_eq(entry->line, i + (i - 1) / 7);
        cr_assert_str_eq(entry->urls[0], want);
        cr_assert_eq(!entry->out, i % 7 != 0);
        cr_assert_eq(entry->n_urls, 1);
        fa_entry_free(entry);
    }
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_END);
    fa_list_free(list);
}
