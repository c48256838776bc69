#include "list/list.h"
#include "list/entry.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* What a list gave, as text: "LINE:TEXT|" for each entry, with '!' behind the line if it is bad,
 * "E" for an error, "." for the end. */
struct told {
    char text[1 << 16];
    size_t len;
    char why[FA_MESSAGE_MAX]; /* Of the last bad entry or error. */
};

static char dir[] = "/tmp/fa-list-XXXXXX";
static char path[64];

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/list", dir);
}

static void tear_down(void)
{
    unlink(path);
    rmdir(dir);
}

TestSuite(list, .init = set_up, .fini = tear_down, .timeout = 60.0);

static void tell(struct told *told, const void *data, size_t len)
{
    cr_assert_lt(told->len + len, sizeof(told->text));
    memcpy(told->text + told->len, data, len);
    told->len += len;
    told->text[told->len] = '\0';
}

static void tell_item(struct told *told, const struct fa_list_item *item)
{
    char line[32];
    int len = snprintf(line, sizeof(line), "%llu%s:", (unsigned long long)item->line,
                       item->error ? "!" : "");
    tell(told, line, (size_t)len);
    tell(told, item->text, item->len < 100 ? item->len : 100);
    tell(told, "|", 1);
    if (item->error)
        strcpy(told->why, item->error->msg);
}

/* Read until the source pauses or ends. */
static enum fa_list_what drain(struct fa_list *list, double now, struct told *told)
{
    struct fa_list_item item;
    struct fa_error err = {0};
    enum fa_list_what what;
    do {
        what = fa_list_next(list, now, &item, &err);
        if (what == FA_LIST_ENTRY)
            tell_item(told, &item);
        if (what == FA_LIST_ERROR) {
            tell(told, "E", 1);
            strcpy(told->why, err.msg);
        }
    } while (what != FA_LIST_END &&
             (what != FA_LIST_AGAIN || (fa_list_fd(list) < 0 && fa_list_wake_at(list) <= now)));
    if (what == FA_LIST_END)
        tell(told, ".", 1);
    return what;
}

static void put_file(const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_eq(write(fd, data, len), (ssize_t)len);
    close(fd);
}

static struct told *read_file(const void *data, size_t len)
{
    put_file(data, len);
    struct told *told = calloc(1, sizeof(*told));
    struct fa_list *list = fa_list_open(path, NULL);
    cr_assert_not_null(list);
    cr_assert_eq(drain(list, 1, told), FA_LIST_END);
    struct fa_list_item item;
    cr_assert_eq(fa_list_next(list, 1, &item, NULL), FA_LIST_END, "an end stays");
    fa_list_free(list);
    return told;
}

/* gzip-compress; the caller frees. */
static unsigned char *gzip(const void *data, size_t len, size_t *ret_len)
{
    z_stream z = {0};
    cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, len);
    unsigned char *out = malloc(room);
    z.next_in = (Bytef *)data;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    *ret_len = z.total_out;
    deflateEnd(&z);
    return out;
}

#define ROW(text, told)                                \
    {                                                  \
        text, sizeof(text) - 1, told, sizeof(told) - 1 \
    }

static const struct row {
    const char *text;
    size_t len;
    const char *told;
    size_t told_len;
} rows[] = {
    ROW("", "."),
    ROW("\n", "."),
    ROW("\xef\xbb\xbf", "."),
    ROW("a", "1:a|."),
    ROW("ab\n", "1:ab|."),
    ROW("a\nb\nc", "1:a|2:b|3:c|."),
    ROW("a\r\nb\r\n\r\nc\r", "1:a|2:b|4:c|."),
    ROW("a  \t\nb \r\n", "1:a|2:b|."),
    ROW("\xef\xbb\xbf"
        "a\nb",
        "1:a|2:b|."),
    ROW("\xef\xbb\xbf#x\n\xef\xbb\xbf"
        "b",
        "2:\xef\xbb\xbf"
        "b|."),
    ROW("\xef\xbb\xbf\r\na", "2:a|."),
    ROW("#a\n#b\nc\n#d", "3:c|."),
    ROW("\n \n\t\n  \t \r\na\n \n\n", "5:a|."),
    ROW("a\tb\nc", "1:a\tb|2:c|."),
    ROW("a\n out=b\n", "1:a\n out=b|."),
    ROW("a\n out=b\n#x\n\n  \n\tdir=c \r\nd\n e=f", "1:a\n out=b\n\tdir=c|7:d\n e=f|."),
    ROW("a\n #x\nb", "1:a\n #x|3:b|."),
    ROW(" out=a\nb\n", "1!: out=a|2:b|."),
    ROW(" x\n y\nb\n z", "1!: x|2!: y|3:b\n z|."),
    ROW("a\0b\nc\n o=\0", "1:a\0b|2:c\n o=\0|."),
    ROW("\0\n\0", "1:\0|2:\0|."),
    ROW("a\xff\nb", "1:a\xff|2:b|."),
    ROW("\r\r\na\r\r\n", "1:\r|2:a\r|."),
    ROW("\x1f", "1:\x1f|."),
    ROW("\x1f\n\x8b", "1:\x1f|2:\x8b|."),
    ROW("\n\x1f\x8b", "2:\x1f\x8b|."),
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static void check(const struct told *told, const struct row *row, const char *how)
{
    cr_assert(told->len == row->told_len && memcmp(told->text, row->told, told->len) == 0,
              "row %zu, %s: %s", (size_t)(row - rows), how, told->text);
}

Test(list, reads_files)
{
    for (size_t i = 0; i < ROWS; ++i) {
        struct told *told = read_file(rows[i].text, rows[i].len);
        check(told, &rows[i], "a file");
        free(told);
    }
}

Test(list, reads_gzip_of_one_or_more_members)
{
    for (size_t i = 0; i < ROWS; ++i) {
        for (size_t half = 0; half <= rows[i].len; ++half) {
            unsigned char all[4096] = "";
            size_t len, more;
            unsigned char *one = gzip(rows[i].text, half, &len);
            unsigned char *two = gzip(rows[i].text + half, rows[i].len - half, &more);
            memcpy(all, one, len);
            memcpy(all + len, two, more);
            /* Some zeros behind are padding. */
            struct told *told = read_file(all, len + more + half % 3);
            check(told, &rows[i], "gzip");
            free(told);
            free(one);
            free(two);
        }
    }
}

/* Write one half of the data, let the list read, then the other half. */
static void feed_in_halves(const struct row *row, const void *data, size_t len, size_t half,
                           size_t step)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    char name[32];
    snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open(name, NULL);
    cr_assert_not_null(list);
    struct told *told = calloc(1, sizeof(*told));
    double now = 100;
    for (size_t at = 0; at < len; now += 0.5) {
        size_t n = at < half ? half - at : len - at;
        n = step && step < n ? step : n;
        cr_assert_eq(write(fds[1], (const char *)data + at, n), (ssize_t)n);
        at += n;
        cr_assert_eq(drain(list, now, told), FA_LIST_AGAIN);
        cr_assert_geq(fa_list_fd(list), 0);
    }
    close(fds[1]);
    cr_assert_eq(drain(list, now, told), FA_LIST_END);
    check(told, row, "in halves");
    fa_list_free(list);
    free(told);
    close(fds[0]);
}

Test(list, reads_pipes_fed_in_pieces_at_every_byte)
{
    for (size_t i = 0; i < ROWS; ++i) {
        for (size_t half = 0; half <= rows[i].len; ++half)
            feed_in_halves(&rows[i], rows[i].text, rows[i].len, half, 0);
        feed_in_halves(&rows[i], rows[i].text, rows[i].len, 0, 1);
    }
}

Test(list, reads_gzip_pipes_fed_in_pieces_at_every_byte)
{
    for (size_t i = 0; i < ROWS; ++i) {
        size_t len;
        unsigned char *data = gzip(rows[i].text, rows[i].len, &len);
        for (size_t half = 0; half <= len; ++half)
            feed_in_halves(&rows[i], data, len, half, 0);
        feed_in_halves(&rows[i], data, len, 0, 1);
        free(data);
    }
}

/* A pipe, its writing end, and the list at its reading end. */
struct source {
    int fds[2];
    struct fa_list *list;
    struct told told;
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
    drain(source->list, now, &source->told);
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
    expect(source, 12, "3!: out=b|4!: dir=c|");
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

Test(list, waits_for_a_fifo_that_has_no_writer_yet)
{
    cr_assert_eq(mkfifo(path, 0600), 0);
    struct fa_list *list = fa_list_open(path, NULL);
    struct fa_list_item item;
    cr_assert_eq(fa_list_next(list, 1, &item, NULL), FA_LIST_AGAIN);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(write(fd, "a", 1), 1);
    cr_assert_eq(fa_list_next(list, 2, &item, NULL), FA_LIST_AGAIN);
    close(fd);
    cr_assert_eq(fa_list_next(list, 3, &item, NULL), FA_LIST_ENTRY);
    cr_assert_eq(fa_list_next(list, 3, &item, NULL), FA_LIST_END);
    fa_list_free(list);
}

Test(list, reads_standard_input_and_leaves_it_open)
{
    put_file("a\nb", 3);
    int fd = open(path, O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    struct fa_list *list = fa_list_open("-", NULL);
    struct told *told = calloc(1, sizeof(*told));
    drain(list, 1, told);
    cr_assert_str_eq(told->text, "1:a|2:b|.");
    cr_assert_str_eq(fa_list_name(list), "-");
    fa_list_free(list);
    cr_assert_geq(fcntl(STDIN_FILENO, F_GETFD), 0);
    free(told);
    close(fd);
}

Test(list, takes_a_url_for_a_list_of_one)
{
    static const char *const urls[] = {"http://h/a b", "HTTPS://h/#x", "Http://"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); ++i) {
        struct told *told = calloc(1, sizeof(*told));
        struct fa_list *list = fa_list_open(urls[i], NULL);
        char all[64];
        snprintf(all, sizeof(all), "1:%s|.", urls[i]);
        drain(list, 1, told);
        cr_assert_str_eq(told->text, all);
        fa_list_free(list);
        free(told);
    }
}

Test(list, refuses_what_is_no_list)
{
    struct fa_error err = {0};
    cr_assert_null(fa_list_open("/nonexistent/list", &err));
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_not_null(strstr(err.msg, "'/nonexistent/list': No such file"), "%s", err.msg);
    cr_assert_null(fa_list_open("/tmp", &err));
    cr_assert_not_null(strstr(err.msg, "Is a directory"), "%s", err.msg);
    cr_assert_null(fa_list_open("", &err));
    cr_assert_null(fa_list_open("http://h/\n out=x", &err));
    cr_assert_eq(err.class, FA_CLASS_BAD_URL);
    char *url = calloc(1, FA_LIST_LINE_MAX + 2);
    memset(url, 'x', FA_LIST_LINE_MAX + 1);
    memcpy(url, "http://", 7);
    cr_assert_null(fa_list_open(url, &err));
    free(url);
    fa_list_free(NULL);
}

/* "a LF", then a line of len times c behind a first byte, LF, "b". */
static struct told *read_long(char first, char c, size_t len)
{
    char *text = malloc(len + 8);
    memcpy(text, "a\n", 2);
    memset(text + 2, c, len);
    text[2] = first;
    memcpy(text + 2 + len, "\nb", 2);
    struct told *told = read_file(text, len + 4);
    free(text);
    return told;
}

Test(list, takes_the_longest_line)
{
    struct told *told = read_long('x', 'x', FA_LIST_LINE_MAX);
    cr_assert_not_null(strstr(told->text, "1:a|2:xxx"));
    cr_assert_not_null(strstr(told->text, "x|3:b|."));
    free(told);
}

Test(list, makes_one_bad_entry_of_a_line_that_is_too_long)
{
    static const size_t lens[] = {
        FA_LIST_LINE_MAX + 1, FA_LIST_LINE_MAX + 2, 100000, 131072, 131073, 1 << 20, 3 << 20};
    for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); ++i) {
        struct told *told = read_long('x', 'x', lens[i]);
        cr_assert_not_null(strstr(told->text, "1:a|2!:xxx"), "%zu: %s", lens[i], told->text);
        cr_assert_not_null(strstr(told->text, "x|3:b|."), "%zu: %s", lens[i], told->text);
        cr_assert_str_eq(told->why, "the line is longer than 65536 bytes");
        free(told);
    }
}

Test(list, passes_over_a_comment_that_is_too_long)
{
    struct told *told = read_long('#', 'x', 1 << 20);
    cr_assert_str_eq(told->text, "1:a|3:b|.");
    free(told);
}

Test(list, makes_the_entry_bad_whose_option_is_too_long)
{
    struct told *told = read_long(' ', 'x', 1 << 20);
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
    struct fa_list_item item;
    cr_assert_eq(fa_list_next(list, 1, &item, NULL), FA_LIST_ENTRY);
    cr_assert_not_null(item.error);
    cr_assert_eq(item.error->class, FA_CLASS_BAD_URL);
    cr_assert_eq(item.len, FA_LIST_SHOWN_MAX - 1);
    struct fa_entry *entry = fa_entry_bad("l", item.line, item.text, item.len, item.error, NULL);
    cr_assert_eq(strlen(entry->urls[0]), FA_LIST_SHOWN_MAX - 1);
    fa_entry_free(entry);
    cr_assert_eq(fa_list_next(list, 1, &item, NULL), FA_LIST_END);
    fa_list_free(list);
    free(text);
}

Test(list, drops_the_options_of_a_line_that_is_too_long)
{
    char *text = malloc(100100);
    memset(text, 'x', 100000);
    memcpy(text + 100000, "\n out=y\n#\n dir=z\nb\n o=p", 23);
    struct told *told = read_file(text, 100023);
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
        struct told *told = read_file(text, len + 4);
        cr_assert_eq(strncmp(told->text, over ? "1!:a" : "1:a", 3), 0, "%s", told->text);
        cr_assert_not_null(strstr(told->text, ":b|."));
        free(told);
        free(text);
    }
}

Test(list, delivers_what_stood_before_gzip_that_is_cut)
{
    static const char text[] = "http://h/a\nhttp://h/b\n out=c\nhttp://h/d\n";
    size_t len;
    unsigned char *data = gzip(text, sizeof(text) - 1, &len);
    for (size_t cut = 2; cut < len; ++cut) {
        struct told *told = read_file(data, cut);
        cr_assert_not_null(strstr(told->text, "E."), "%zu: %s", cut, told->text);
        cr_assert_not_null(strstr(told->why, "gzip data is cut"), "%s", told->why);
        cr_assert_not_null(strstr(told->why, path), "%s", told->why);
        cr_assert_null(strstr(told->text, ":http://h/|"), "half a line is no entry");
        free(told);
    }
    struct told *told = read_file(data, len - 8);
    cr_assert_str_eq(told->text, "1:http://h/a|2:http://h/b\n out=c|4:http://h/d|E.");
    cr_assert_not_null(strstr(told->why, "line 4"), "%s", told->why);
    free(told);
    free(data);
}

Test(list, does_not_deliver_an_entry_whose_options_are_cut)
{
    /* Stored, not deflated, so that a cut has its place. */
    z_stream z = {0};
    unsigned char data[256];
    deflateInit2(&z, 0, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (Bytef *)"a\nb\n checksum=md5=00";
    z.avail_in = 20;
    z.next_out = data;
    z.avail_out = sizeof(data);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = z.total_out;
    deflateEnd(&z);
    struct told *told = read_file(data, len - 8 - 3);
    cr_assert_str_eq(told->text, "1:a|2!:b|E.", "%s", told->text);
    free(told);
}

Test(list, delivers_what_stood_before_gzip_that_is_corrupt)
{
    char text[4000];
    for (size_t i = 0; i < sizeof(text); i += 8)
        memcpy(text + i, "http://\n", 8);
    size_t len;
    unsigned char *data = gzip(text, sizeof(text), &len);
    data[len - 5] ^= 1; /* its CRC */
    struct told *told = read_file(data, len);
    cr_assert_not_null(strstr(told->text, "|500:http://|E."), "%s", told->text);
    cr_assert_not_null(strstr(told->why, "corrupt"), "%s", told->why);
    free(told);

    /* What stands behind a member is another member, or zeros. */
    data[len - 5] ^= 1;
    unsigned char more[4096];
    memcpy(more, data, len);
    memcpy(more + len, "tail", 4);
    told = read_file(more, len + 4);
    cr_assert_not_null(strstr(told->text, "|500:http://|E."));
    free(told);
    free(data);
}

Test(list, tells_of_a_read_that_fails)
{
    struct fa_list *list = fa_list_open("/proc/self/mem", NULL);
    struct told *told = calloc(1, sizeof(*told));
    drain(list, 1, told);
    cr_assert_str_eq(told->text, "E.");
    cr_assert_not_null(strstr(told->why, "'/proc/self/mem' behind line 0: Input/output"), "%s",
                       told->why);
    fa_list_free(list);
    free(told);
}

Test(list, comes_back_to_its_caller_though_nothing_ends)
{
    struct fa_list *list = fa_list_open("/dev/zero", NULL);
    struct fa_list_item item;
    cr_assert_eq(fa_list_next(list, 5, &item, NULL), FA_LIST_ENTRY);
    cr_assert_not_null(item.error);
    for (int i = 0; i < 10; ++i) {
        cr_assert_eq(fa_list_next(list, 5, &item, NULL), FA_LIST_AGAIN);
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
    struct fa_list_item item;
    for (unsigned i = 1; i <= 200000; ++i) {
        char want[128];
        snprintf(want, sizeof(want), "http://h/%0*u%s", (int)(i % 61), i, i % 7 ? "" : "\n out=x");
        enum fa_list_what what;
        do {
            what = fa_list_next(list, 1, &item, NULL);
        } while (what == FA_LIST_AGAIN);
        cr_assert_eq(what, FA_LIST_ENTRY);
        cr_assert_eq(item.line, i + (i - 1) / 7);
        cr_assert(item.len == strlen(want) && memcmp(item.text, want, item.len) == 0, "%u", i);
    }
    cr_assert_eq(fa_list_next(list, 1, &item, NULL), FA_LIST_END);
    fa_list_free(list);
}
