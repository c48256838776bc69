/* A list format is one row of a table: this one exists in the test only. */
#include "list/format.h"
#include "list/text.h"
#include "support/scratch.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(format, .init = begin, .fini = end, .timeout = 60.0);

/* The format pairs: "PAIRS:", then a line with a name and a line with its URL. */
struct pairs {
    bool has_name;
    char name[64];
};

static enum fa_format_match pairs_detect(const struct fa_format_look *look)
{
    if (strncmp(look->at, "PAIRS:", look->len < 6 ? look->len : 6) != 0)
        return FA_FORMAT_NO;
    return look->len < 6 ? FA_FORMAT_MORE : FA_FORMAT_YES;
}

static struct fa_entry *pairs_entry(const char *list, const struct pairs *pairs,
                                    const struct fa_line *line, struct fa_error *err)
{
    struct fa_entry_need need = {
        .urls = 1, .options = 1, .bytes = line->len + sizeof(pairs->name) + 8};
    char *room;
    struct fa_entry *entry = fa_entry_new(list, line->number, &need, &room, err);
    cr_assert_not_null(entry);
    memcpy(room, line->at, line->len);
    fa_entry_add_url(entry, room, line->len);
    room += line->len + 1;
    fa_entry_add_option(entry, room, (size_t)sprintf(room, "out=%s", pairs->name));
    fa_entry_finish(entry, line->at, line->len);
    return entry;
}

static enum fa_list_what pairs_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                    struct fa_error *err)
{
    struct pairs *pairs = reader->state;
    struct fa_line line;
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &line);
        if (what != FA_SOURCE_SOME)
            return what == FA_SOURCE_AGAIN ? FA_LIST_AGAIN : FA_LIST_END;
        bool is_url = pairs->has_name;
        if (is_url)
            *ret = pairs_entry(fa_source_name(reader->lines->source), pairs, &line, err);
        else if (line.number > 1)
            snprintf(pairs->name, sizeof(pairs->name), "%.*s", (int)line.len, line.at);
        pairs->has_name = !is_url && line.number > 1;
        fa_lines_use(reader->lines);
        if (is_url)
            return FA_LIST_ENTRY;
    }
}

static const struct fa_format pairs_format = {
    .name = "pairs",
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct pairs),
    .detect = pairs_detect,
    .next_record = pairs_next,
};

static const struct fa_format *const with_pairs[] = {&fa_format_packed, &pairs_format,
                                                     &fa_format_text, NULL};
static const struct fa_list_options pairs_options = {.formats = with_pairs};

static void expect_entry(struct fa_list *list, uint64_t line, const char *text)
{
    struct fa_entry *entry = NULL;
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_ENTRY);
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    char *written = fa_text_write(entry, NULL);
    cr_expect_str_eq(written, text);
    cr_expect_eq(entry->line, line);
    free(written);
    fa_entry_free(entry);
}

static void expect_end(struct fa_list *list)
{
    struct fa_entry *entry = NULL;
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_END);
    fa_list_free(list);
}

static struct fa_list *open_with_pairs(const char *text)
{
    struct fa_error err = {0};
    struct fa_list *list =
        fa_list_open_with(fa_scratch_write(&scratch, "list", text), &pairs_options, &err);
    cr_assert(list, "%s", err.msg);
    return list;
}

Test(format, another_one_is_detected_and_read)
{
    struct fa_list *list =
        open_with_pairs("PAIRS:\nx.iso\nhttp://h/1\ny.iso\nhttp://h/2\nlonely\n");
    expect_entry(list, 3, "http://h/1\n out=x.iso");
    expect_entry(list, 5, "http://h/2\n out=y.iso");
    expect_end(list);
}

Test(format, a_list_of_none_is_text)
{
    static const char *const firsts[] = {"P", "PAIR", "#", "#fetchall packed"};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(*firsts); ++i) {
        char text[64];
        snprintf(text, sizeof(text), "http://h/1\n%s", firsts[i]);
        struct fa_list *list = open_with_pairs(text);
        expect_entry(list, 1, "http://h/1");
        if (*firsts[i] != '#')
            expect_entry(list, 2, firsts[i]);
        expect_end(list);
        list = open_with_pairs(firsts[i]);
        if (*firsts[i] != '#')
            expect_entry(list, 1, firsts[i]);
        expect_end(list);
    }
}

Test(format, it_is_detected_though_the_bytes_come_one_by_one)
{
    const char text[] = "PAIRS:\nx.iso\nhttp://h/1\n";
    int fds[2];
    char name[32];
    struct fa_entry *entry;
    cr_assert_eq(pipe(fds), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open_with(name, &pairs_options, NULL);
    for (size_t i = 0; i < sizeof(text) - 2; ++i) {
        cr_assert_eq(write(fds[1], text + i, 1), 1);
        cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_AGAIN);
        cr_assert_geq(fa_list_fd(list), 0);
    }
    cr_assert_eq(write(fds[1], "\n", 1), 1);
    expect_entry(list, 3, "http://h/1\n out=x.iso");
    close(fds[1]);
    expect_end(list);
    close(fds[0]);
}

Test(format, packed_entries_are_read_as_a_list)
{
    const char *path = fa_scratch_write(
        &scratch, "list", "#fetchall packed entries 1\n\thttp://h/1\n\n\thttp://h/2\t\tout=x \n");
    struct fa_list *list = fa_list_open(path, NULL);
    expect_entry(list, 2, "http://h/1");
    expect_entry(list, 4, "http://h/2\n out=x ");
    expect_end(list);
}

Test(format, a_chosen_format_is_not_that_of_packed_entries_and_urls)
{
    const struct fa_list_options csv = {.format = FA_LIST_FORMAT_CSV};
    const char *path =
        fa_scratch_write(&scratch, "list", "#fetchall packed entries 1\n\thttp://h/1\n");
    struct fa_list *list = fa_list_open_with(path, &csv, NULL);
    expect_entry(list, 2, "http://h/1");
    expect_end(list);
    list = fa_list_open_with("http://h/x.csv", &csv, NULL);
    expect_entry(list, 1, "http://h/x.csv");
    expect_end(list);
}

Test(format, text_is_chosen_for_what_looks_like_another_format)
{
    const struct fa_list_options text = {.format = FA_LIST_FORMAT_TEXT};
    struct fa_list *list =
        fa_list_open_with(fa_scratch_write(&scratch, "list.csv", "url,out\na,b\n"), &text, NULL);
    expect_entry(list, 1, "url,out");
    expect_entry(list, 2, "a,b");
    expect_end(list);
}

Test(format, a_packed_entry_may_be_as_long_as_one_of_text)
{
    char *text = malloc(FA_LIST_ENTRY_MAX + 100);
    int len = sprintf(text, "#fetchall packed entries 1\n\thttp://h/1\t\tx=");
    memset(text + len, 'x', FA_LIST_ENTRY_MAX);
    strcpy(text + len + FA_LIST_ENTRY_MAX, "\n\thttp://h/2\n");
    struct fa_list *list = fa_list_open(fa_scratch_write(&scratch, "list", text), NULL);
    struct fa_entry *entry;
    cr_assert_eq(fa_list_next(list, 1, &entry, NULL), FA_LIST_ENTRY);
    cr_expect_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_expect_eq(strlen(entry->unknown[0].value), FA_LIST_ENTRY_MAX);
    fa_entry_free(entry);
    expect_entry(list, 3, "http://h/2");
    expect_end(list);
    free(text);
}
