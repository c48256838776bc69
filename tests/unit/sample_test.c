#include <fetchall/sample.h>

#include "list/list.h"
#include "list/text.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static struct fa_scratch scratch;
static struct fa_sample sample = {.size = sizeof(sample)};
static struct fa_error err;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(sample, .init = begin, .fini = end, .timeout = 60);

/* The entries of a list as text; free() it. */
static char *read_back(const char *file)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct fa_entry *entry;
    struct fa_list *list = fa_list_open(file, &err);
    cr_assert(list, "%s", err.msg);
    enum fa_list_what what;
    while ((what = fa_list_next(list, 1, &entry, &err)) == FA_LIST_ENTRY) {
        char *one = fa_text_write(entry, NULL);
        fprintf(out, "%s\n", one);
        free(one);
        fa_entry_free(entry);
    }
    cr_assert_eq(what, FA_LIST_END);
    fa_list_free(list);
    fclose(out);
    return text;
}

/* The sample of one list as a text; free() it. */
static char *take(const char *list, uint64_t most)
{
    const char *out = fa_scratch_path(&scratch, "sample");
    cr_assert_eq(fa_sample_write(&list, 1, most, out, &sample, &err), 0, "%s", err.msg);
    return read_back(out);
}

static char *take_text(const char *text, uint64_t most)
{
    return take(fa_scratch_write(&scratch, "list", text), most);
}

static void expect_counts(uint64_t entries, uint64_t origins, uint64_t bad, uint64_t taken,
                          uint64_t taken_origins)
{
    cr_expect_eq(sample.entries, entries);
    cr_expect_eq(sample.origins, origins);
    cr_expect_eq(sample.bad, bad);
    cr_expect_eq(sample.taken, taken);
    cr_expect_eq(sample.taken_origins, taken_origins);
}

Test(sample, lists_are_read_as_by_a_session_of_the_config)
{
    const char *list = fa_scratch_write(&scratch, "list", "link,out,url\nhttp://h/1,a,x\n");
    const char *out = fa_scratch_path(&scratch, "sample");
    struct fa_config config;
    fa_config_init(&config);
    config.format = FA_LIST_FORMAT_CSV;
    config.columns = "url=link";
    cr_assert_eq(fa_sample_write_config(&config, &list, 1, 5, out, &sample, &err), 0, "%s",
                 err.msg);
    char *text = read_back(out);
    cr_expect_str_eq(text, "http://h/1\n url\n out=a\n");
    free(text);
    config.columns = "link";
    cr_expect_eq(fa_sample_write_config(&config, &list, 1, 5, out, &sample, &err), -1);
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
}

Test(sample, a_short_list_is_taken_whole_but_for_what_is_bad)
{
    char *text = take_text("\xef\xbb\xbf# comment\n"
                           "http://a.test/1\thttp://b.test/1\r\n"
                           "  out=x\n"
                           "\theader=A: b\n"
                           "nonsense\n"
                           " out=y\n"
                           "\n"
                           "https://a.test/2",
                           10);
    cr_assert_str_eq(text, "http://a.test/1\thttp://b.test/1\n header=A: b\n out=x\n"
                           "https://a.test/2\n");
    expect_counts(2, 2, 1, 2, 2);
    cr_assert_eq(sample.first_bad.list, 0);
    cr_assert_eq(sample.first_bad.line, 5);
    cr_assert(strstr(sample.first_bad.error.msg, "not a URL"), "%s", sample.first_bad.error.msg);
    struct stat st;
    cr_assert_eq(stat(fa_scratch_path(&scratch, "sample"), &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0600);
    free(text);
}

/* 1000 entries of one host, and 3 of others in between. */
static const char *write_uneven(void)
{
    const char *path = fa_scratch_path(&scratch, "uneven");
    FILE *out = fopen(path, "w");
    for (int i = 0; i < 1000; ++i) {
        fprintf(out, "http://big.test/%d\n out=f%d\n", i, i);
        if (i % 400 == 0)
            fprintf(out, "http://small%d.test/x\n", i);
    }
    fclose(out);
    return path;
}

Test(sample, origins_are_taken_evenly_and_in_order)
{
    char *text = take(write_uneven(), 8);
    cr_assert_str_eq(text, "http://small0.test/x\n"
                           "http://big.test/99\n out=f99\n"
                           "http://big.test/299\n out=f299\n"
                           "http://small400.test/x\n"
                           "http://big.test/499\n out=f499\n"
                           "http://big.test/699\n out=f699\n"
                           "http://small800.test/x\n"
                           "http://big.test/899\n out=f899\n");
    expect_counts(1003, 4, 0, 8, 4);
    free(text);
}

Test(sample, several_lists_are_one)
{
    const char *lists[] = {write_uneven(), fa_scratch_write(&scratch, "two", "http://two.test/\n"),
                           "http://three.test/url"};
    const char *out = fa_scratch_path(&scratch, "sample");
    cr_assert_eq(fa_sample_write(lists, 3, 6, out, &sample, &err), 0, "%s", err.msg);
    expect_counts(1005, 6, 0, 6, 6);
    char *text = read_back(out);
    cr_assert_not_null(strstr(text, "http://two.test/\nhttp://three.test/url\n"), "%s", text);
    free(text);
}

Test(sample, gzip_is_unpacked)
{
    const char *path = fa_scratch_path(&scratch, "list.gz");
    gzFile gz = gzopen(path, "w");
    gzputs(gz, "http://a.test/1\nhttp://a.test/2\n");
    gzclose(gz);
    char *text = take(path, 1);
    cr_assert_str_eq(text, "http://a.test/1\n");
    free(text);
}

Test(sample, a_pipe_is_read_once_and_waited_for)
{
    int ends[2];
    char name[40];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        static const char *const parts[] = {"http://a.te", "st/1\n out=x\nhttp://b.test/", "2\n"};
        for (size_t i = 0; i < 3; ++i)
            if (write(ends[1], parts[i], strlen(parts[i])) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
    char *text = take(name, 10);
    cr_assert_str_eq(text, "http://a.test/1\n out=x\nhttp://b.test/2\n");
    free(text);
    close(ends[0]);
}

Test(sample, many_origins_are_distinguished)
{
    const char *path = fa_scratch_path(&scratch, "many");
    FILE *out = fopen(path, "w");
    for (int i = 0; i < 20000; ++i)
        fprintf(out, "http://h%d.test/\n", i % 7000);
    fclose(out);
    char *text = take(path, 7000);
    expect_counts(20000, 7000, 0, 7000, 7000);
    free(text);
}

Test(sample, errors_of_reading_and_writing_are_reported)
{
    const char *missing = fa_scratch_path(&scratch, "missing");
    const char *out = fa_scratch_path(&scratch, "sample");
    cr_assert_eq(fa_sample_write(&missing, 1, 1, out, &sample, &err), -1);
    cr_assert_not_null(strstr(err.msg, "missing"), "%s", err.msg);
    const char *list = fa_scratch_write(&scratch, "list", "http://a.test/\n");
    cr_assert_eq(fa_sample_write(&list, 1, 1, "/nonexistent/x", &sample, &err), -1);
    cr_assert_not_null(strstr(err.msg, "/nonexistent/x"), "%s", err.msg);
    const char *empty = fa_scratch_write(&scratch, "empty", "");
    cr_assert_eq(fa_sample_write(&empty, 1, 1, out, &sample, &err), 0);
    expect_counts(0, 0, 0, 0, 0);
}
