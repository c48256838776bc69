#include "cli/compare/program_files.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct fa_scratch scratch;
static struct fa_options options;
static struct fa_program_files files;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_options_init(&options);
    options.command = FA_COMMAND_COMPARE;
}

static void end(void)
{
    fa_program_files_fini(&files);
    fa_options_fini(&options);
    fa_scratch_fini(&scratch);
}

TestSuite(program_files, .init = begin, .fini = end, .timeout = 30);

static void write_files(const char *text)
{
    struct fa_error err = {0};
    const char *list = fa_scratch_write(&scratch, "l", text);
    cr_assert_eq(fa_program_files_write(&files, &options, list, scratch.path, &err), 0, "%s",
                 err.msg);
}

static void expect_file(enum fa_program_file file, const char *expected)
{
    struct stat st;
    char *text = fa_file_read(files.paths[file], NULL);
    cr_expect_str_eq(text, expected, "%s", text);
    free(text);
    cr_expect(stat(files.paths[file], &st) == 0 && (st.st_mode & 0777) == 0600);
}

Test(program_files, each_program_gets_urls_and_the_names_of_fetchall)
{
    write_files("http://h/a.bin\nhttp://h/a.bin\nhttp://h/b/a.bin\n"
                "http://h/c\"\\\n  out=x/y.bin\n  header=X-One: 1\n"
                "  header=X-Two: a\\b\tc\n");
    expect_file(FA_PROGRAM_LIST, "http://h/a.bin\nhttp://h/b/a.bin\nhttp://h/c\"\\\n");
    char *pairs = fa_file_read(files.paths[FA_PROGRAM_PAIRS], NULL);
    cr_expect_eq(strncmp(pairs, "a.bin\nhttp://h/a.bin\n", 21), 0, "%s", pairs);
    cr_expect_not_null(strstr(pairs, "x/y.bin\nhttp://h/c"), "%s", pairs);
    free(pairs);
    char *aria2 = fa_file_read(files.paths[FA_PROGRAM_ARIA2], NULL);
    cr_expect_eq(strncmp(aria2, "http://h/a.bin\n out=a.bin\n", 26), 0, "%s", aria2);
    cr_expect_not_null(strstr(aria2, " out=x/y.bin\n header=X-One: 1\n"
                                     " header=X-Two: a\\b\tc\n"),
                       "%s", aria2);
    free(aria2);
    char *curl = fa_file_read(files.paths[FA_PROGRAM_CURL], NULL);
    cr_expect_not_null(strstr(curl, "url = \"http://h/a.bin\"\noutput = \"a.bin\"\n"), "%s", curl);
    cr_expect_not_null(strstr(curl, "url = \"http://h/c\\\"\\\\\"\n"), "%s", curl);
    free(curl);
    cr_expect_eq(files.headers, 1);
    cr_expect_eq(files.secret, 0);
}

Test(program_files, headers_limits_and_certificates_are_in_private_files)
{
    options.config.retries = 2;
    options.config.user_agent = "me/1";
    options.config.cacert = "/ca.pem";
    options.config.insecure = true;
    cr_assert_eq(fa_texts_add(&options.headers, "X-A: \"b\"", 8), 0);
    write_files("http://u:pw@h/a\n");
    expect_file(FA_PROGRAM_CURLRC,
                "silent\nfail\nlocation\ngloboff\ncreate-dirs\nretry = 2\nhttp1.1\n"
                "header = \"X-A: \\\"b\\\"\"\nuser-agent = \"me/1\"\ncacert = \"/ca.pem\"\n"
                "insecure\nconnect-timeout = 15.000\n");
    expect_file(FA_PROGRAM_ARIA2RC,
                "quiet=true\nfile-allocation=none\nallow-overwrite=true\n"
                "auto-file-renaming=false\nfollow-metalink=false\nfollow-torrent=false\n"
                "max-tries=3\nheader=X-A: \"b\"\nuser-agent=me/1\nca-certificate=/ca.pem\n"
                "check-certificate=false\n");
    expect_file(FA_PROGRAM_WGET2RC,
                "quiet = on\ntries = 3\nhttp2 = off\nheader = X-A: \"b\"\nuser-agent = me/1\n"
                "ca-certificate = /ca.pem\ncheck-certificate = off\n");
    cr_expect_eq(files.secret, 1);
}

Test(program_files, a_command_gets_their_paths)
{
    struct fa_texts words = {0};
    struct fa_error err = {0};
    write_files("http://h/a\n");
    cr_assert_eq(fa_program_files_fill(&files, "p {list} {dir} -j{jobs}", "/d", 3, &words, &err),
                 0);
    cr_assert_eq(words.count, 4);
    cr_expect_str_eq(words.items[1], files.paths[FA_PROGRAM_LIST]);
    cr_expect_str_eq(words.items[2], "/d");
    cr_expect_str_eq(words.items[3], "-j3");
    fa_texts_fini(&words);
}
