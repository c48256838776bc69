#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "cli/compare/command.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Compare a text that is owned, and free it. */
static void expect(char *text, const char *expected)
{
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(command, words_are_quoted_where_a_shell_would_read_them)
{
    static const char *const cases[][2] = {
        {"urls.txt", "urls.txt"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$x", "'$x'"},
        {"a\nb", "'a\nb'"},
        {"~", "'~'"},
        {"a&b", "'a&b'"},
        {"--a=b:c,d", "--a=b:c,d"},
        {"\xc3\xbc", "'\xc3\xbc'"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i)
        expect(fa_command_quote(cases[i][0]), cases[i][1]);
}

Test(command, passwords_and_values_of_headers_are_not_shown)
{
    static const char *const cases[][2] = {
        {"--proxy=http://u:s3@h:1", "fetchall '--proxy=http://u:***@h:1'"},
        {"--proxy=http://u:s3&x@h:1", "fetchall '--proxy=http://u:***@h:1'"},
        {"--proxy=u:s3@h:1", "fetchall '--proxy=u:***@h:1'"},
        {"--proxy=s3@h:1", "fetchall '--proxy=***@h:1'"},
        {"--proxy=socks5h://u:s3@h", "fetchall '--proxy=socks5h://u:***@h'"},
        {"--proxy=h:1", "fetchall --proxy=h:1"},
        {"--proxy=http://h:1/x:y@z", "fetchall --proxy=http://h:1/x:y@z"},
        {"--header=A: s3", "fetchall '--header=A: ***'"},
        {"--header=A:", "fetchall --header=A:"},
        {"--header=A;", "fetchall '--header=A;'"},
        {"--header=@file", "fetchall --header=@file"},
        {"--insecure", "fetchall --insecure"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        struct fa_options options;
        fa_options_init(&options);
        fa_texts_add(&options.passed, cases[i][0], strlen(cases[i][0]));
        expect(fa_command_program(&options), cases[i][1]);
        cr_expect_eq(fa_command_redacted(&options), strstr(cases[i][1], "***") != NULL);
        fa_options_fini(&options);
    }
}

Test(command, lists_are_named_as_they_were_given)
{
    struct fa_options options;
    fa_options_init(&options);
    fa_options_add_list(&options, "-", NULL);
    expect(fa_command_lists(&options), "-");
    expect(fa_command_title(&options), "standard input");
    fa_options_add_list(&options, "my list", NULL);
    fa_options_add_list(&options, "http://u:p@h/", NULL);
    expect(fa_command_lists(&options), "- 'my list' 'http://u:***@h/'");
    expect(fa_command_title(&options), "standard input and 2 more");
    fa_options_add_list(&options, "--odd", NULL);
    expect(fa_command_lists(&options), "-- - 'my list' 'http://u:***@h/' --odd");
    fa_options_fini(&options);
}

Test(command, a_folder_is_verified)
{
    struct fa_options options;
    fa_options_init(&options);
    options.config.hash_jobs = 3;
    fa_options_add_list(&options, "a b", NULL);
    expect(fa_command_verify(&options), "fetchall verify -d 'a b' --hash-jobs 3");
    fa_options_fini(&options);
}
