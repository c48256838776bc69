#include "list/list.h"

#include "list/entry.h"
#include "support/scratch.h"
#include "support/told.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fa_scratch scratch;
static const char *path;

static void set_up(void)
{
    fa_scratch_init(&scratch);
    path = fa_scratch_path(&scratch, "list");
}

static void tear_down(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(list, .init = set_up, .fini = tear_down, .timeout = 60.0);

static void put_file(const void *data, size_t len)
{
    fa_scratch_write_bytes(&scratch, "list", data, len);
}

static struct fa_told *read_file(const void *data, size_t len)
{
    put_file(data, len);
    return fa_told_read(path);
}

Test(list, reads_files)
{
    for (size_t i = 0; i < fa_told_row_count; ++i) {
        struct fa_told *told = read_file(fa_told_rows[i].text, fa_told_rows[i].len);
        fa_told_check(told, &fa_told_rows[i], "a file");
        free(told);
    }
}

/* A pipe, its writing end, and the list at its reading end. */
struct source {
    int fds[2];
    struct fa_list *list;
    struct fa_told told;
};

static struct source *open_source(void)
{
    struct source *source = calloc(1, sizeof(*source));
    cr_assert_eq(pipe(source->fds), 0);
    char name[32];
    snprintf(name, sizeof(name), "/dev/fd/%d", source->fds[0]);
    source->list = fa_list_open(name, NULL);
    cr_assert_not_null(source->list);
    close(source->fds[0]);
    return source;
}

static void say(struct source *source, const char *text)
{
    cr_assert_eq(write(source->fds[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void expect(struct source *source, double now, const char *told)
{
    source->told.len = 0;
    source->told.text[0] = '\0';
    fa_told_drain(&source->told, source->list, now);
    cr_assert_str_eq(source->told.text, told, "%s", source->told.text);
}

static void close_source(struct source *source, const char *told)
{
    close(source->fds[1]);
    expect(source, 1e6, told);
    fa_list_free(source->list);
    free(source);
}

Test(list, takes_an_entry_for_complete_after_a_second_of_silence)
{
    struct source *source = open_source();
    expect(source, 5, "");
    cr_assert_eq(fa_list_wake_at(source->list), (double)INFINITY);
    say(source, "a\n");
    expect(source, 10, "");
    cr_assert_eq(fa_list_wake_at(source->list), 11);
    expect(source, 10.9, "");
    say(source, " out=b\n");
    expect(source, 10.95, "");
    expect(source, 11.9, "");
    expect(source, 12, "1:a\n out=b|");
    expect(source, 50, "");
    cr_assert_eq(fa_list_wake_at(source->list), (double)INFINITY);
    say(source, "c\nd\n");
    expect(source, 60, "3:c|");
    expect(source, 61, "4:d|");
    close_source(source, ".");
}

Test(list, counts_silence_from_the_last_byte_read_not_from_the_last_call)
{
    struct source *source = open_source();
    say(source, "a\n");
    expect(source, 10, "");
    say(source, "#\n");
    expect(source, 20, "");
    expect(source, 21, "1:a|");
    close_source(source, ".");
}

Test(list, tells_of_options_that_come_too_late)
{
    struct source *source = open_source();
    say(source, "a\n");
    expect(source, 10, "");
    expect(source, 11, "1:a|");
    say(source, "#\n out=b\n dir=c\nd\n");
    expect(source, 12, "3!:out=b|4!:dir=c|");
    cr_assert_not_null(strstr(source->told.why, "second"), "%s", source->told.why);
    close_source(source, "5:d|.");
}

Test(list, needs_no_silence_when_the_next_entry_has_begun)
{
    struct source *source = open_source();
    say(source, "a\nb");
    expect(source, 10, "1:a|");
    expect(source, 99, "");
    say(source, "c\n");
    expect(source, 100, "");
    close_source(source, "2:bc|.");
}

Test(list, waits_for_the_end_of_an_option_that_has_begun)
{
    struct source *source = open_source();
    say(source, "a\n o");
    expect(source, 10, "");
    expect(source, 99, "");
    cr_assert_eq(fa_list_wake_at(source->list), (double)INFINITY);
    say(source, "ut=b\n");
    expect(source, 100, "");
    expect(source, 101, "1:a\n out=b|");
    close_source(source, ".");
}

Test(list, does_not_take_a_comment_that_has_begun_for_an_entry)
{
    struct source *source = open_source();
    say(source, "a\n#");
    expect(source, 10, "");
    say(source, "\n out=b\n");
    expect(source, 10.5, "");
    close_source(source, "1:a\n out=b|.");
}

/* "a LF", then a line of len times c behind a first byte, LF, "b". */
static struct fa_told *read_long(char first, char c, size_t len)
{
    char *text = malloc(len + 8);
    memcpy(text, "a\n", 2);
    memset(text + 2, c, len);
    text[2] = first;
    memcpy(text + 2 + len, "\nb", 2);
    struct fa_told *told = read_file(text, len + 4);
    free(text);
    return told;
}

Test(list, takes_the_longest_line)
{
    struct fa_told *told = read_long('x', 'x', FA_LIST_LINE_MAX);
    cr_assert_not_null(strstr(told->text, "1:a|2:xxx"));
    cr_assert_not_null(strstr(told->text, "x|3:b|."));
    free(told);
}

Test(list, makes_one_bad_entry_of_a_line_that_is_too_long)
{
    static const size_t lens[] = {
        FA_LIST_LINE_MAX + 1, FA_LIST_LINE_MAX + 2, 100000, 131072, 131073, 1 << 20, 3 << 20};
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); ++i) {
        struct fa_told *told = read_long('x', 'x', lens[i]);
        cr_assert_not_null(strstr(told->text, "1:a|2!:xxx"), "%zu: %s", lens[i], told->text);
        cr_assert_not_null(strstr(told->text, "x|3:b|."), "%zu: %s", lens[i], told->text);
        cr_assert_str_eq(told->why, "the line is longer than 65536 bytes");
        free(told);
    }
}

Test(list, passes_over_a_comment_that_is_too_long)
{
    struct fa_told *told = read_long('#', 'x', 1 << 20);
    cr_assert_str_eq(told->text, "1:a|3:b|.");
    free(told);
}

Test(list, makes_the_entry_bad_whose_option_is_too_long)
{
    struct fa_told *told = read_long(' ', 'x', 1 << 20);
    cr_assert_str_eq(told->text, "1!:a|3:b|.");
    cr_assert_not_null(strstr(told->why, "option"), "%s", told->why);
    free(told);
}

Test(list, cuts_the_text_of_a_long_line_at_a_character)
{
    char *text = malloc(200000);
    text[0] = 'x';
    for (size_t i = 1; i + 1 < 200000; i += 2)
        memcpy(text + i, "\xc3\xa4", 2);
    put_file(text, 199999);
    struct fa_list *list = fa_list_open(path, NULL);
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
    struct fa_told *told = read_file(text, 100023);
    cr_assert_not_null(strstr(told->text, "1!:xxx"));
    cr_assert_not_null(strstr(told->text, "x|5:b\n o=p|."), "%s", told->text);
    free(told);
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
        struct fa_told *told = read_file(text, len + 4);
        cr_assert_eq(strncmp(told->text, over ? "1!:a" : "1:a", 3), 0, "%s", told->text);
        cr_assert_not_null(strstr(told->text, ":b|."));
        free(told);
        free(text);
    }
}

Test(list, comes_back_to_its_caller_though_nothing_ends)
{
    struct fa_list *list = fa_list_open("/dev/zero", NULL);
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

Test(list, reads_many_lines_over_the_borders_of_its_buffer)
{
    FILE *file = fopen(path, "w");
    for (unsigned i = 1; i <= 200000; ++i)
        fprintf(file, "http://h/%0*u\n%s", (int)(i % 61), i, i % 7 ? "" : " out=x\n");
    fclose(file);
    struct fa_list *list = fa_list_open(path, NULL);
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
