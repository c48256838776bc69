#include "cli/compare/program.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/contestant.h"
#include "cli/options.h"

/* The words of a command, joined by '|'; or the message of the error. */
static const char *words(const char *command)
{
    static char text[512];
    static const struct fa_place places[] = {{"dir", "/a b"}, {"jobs", "7"}, {NULL, NULL}};
    struct fa_texts ret = {0};
    struct fa_error err = {0};
    text[0] = '\0';
    if (fa_program_words(command, places, &ret, &err) != 0)
        strcpy(text, err.msg);
    else
        for (size_t i = 0; i < ret.count; ++i)
            strcat(strcat(text, i ? "|" : ""), ret.items[i]);
    fa_texts_fini(&ret);
    return text;
}

Test(program, a_command_is_split_as_by_a_shell_but_not_interpreted)
{
    cr_expect_str_eq(words("curl -s  $HOME *.txt "), "curl|-s|$HOME|*.txt");
    cr_expect_str_eq(words("sh -c 'a b; c' \"d 'e'\" f\\ g"), "sh|-c|a b; c|d 'e'|f g");
    cr_expect_str_eq(words("a '' \"\\\"\" 'b\\n'"), "a||\"|b\\n");
    cr_expect_str_eq(words("a 'b"), "--with: a quote is not closed in the command");
    cr_expect_str_eq(words("  "), "--with requires a command after NAME=");
}

Test(program, a_place_is_filled_in_and_stays_one_word)
{
    cr_expect_str_eq(words("x {dir} -P{jobs} '{jobs}' {other} {dir"), "x|/a b|-P7|7|{other}|{dir");
}

static struct fa_options options;

/* The message of the error; "": none. */
static const char *parse(const char *value)
{
    static struct fa_error err;
    err = (struct fa_error){0};
    return fa_programs_parse(&options, value, &err) == 0 ? "" : err.msg;
}

Test(program, known_programs_and_commands_of_users_are_accepted)
{
    const struct fa_programs *programs = &options.compare.programs;
    cr_expect_str_eq(parse("curl,wget2,aria2c,xargs"), "");
    cr_expect_str_eq(parse("mine=curl -s {list},x"), "");
    cr_assert_eq(programs->count, 5);
    cr_expect(programs->items[0].known && !programs->items[4].known);
    cr_expect_eq(programs->items[4].name_len, 4);
    cr_expect_str_eq(programs->items[4].command, "curl -s {list},x");
    cr_expect_str_eq(parse("curl"), "--with has 'curl' twice");
    cr_expect_not_null(strstr(parse("wget"), "curl, wget2, aria2c and xargs"));
    cr_expect_not_null(strstr(parse("wget2,"), "twice"));
    cr_expect_not_null(strstr(parse("=curl"), "NAME=COMMAND"));
    cr_expect_not_null(strstr(parse("a b=curl"), "NAME=COMMAND"));
    cr_expect_not_null(strstr(parse("a="), "a command"));
    cr_expect_not_null(strstr(parse("a='b"), "quote"));
    for (int i = 0; i < 7; ++i)
        cr_expect_str_eq(
            parse((const char *[]){"a=x", "b=x", "c=x", "d=x", "e=x", "f=x", "g=x"}[i]), "");
    cr_expect_str_eq(parse("h=x"), "--with accepts at most 12 programs");
}

Test(program, a_program_is_found_in_path_or_missing)
{
    setenv("PATH", "/nonexistent::/bin:/usr/bin", 1);
    char *sh = fa_program_find("sh");
    cr_assert_str_eq(sh, "/bin/sh");
    free(sh);
    cr_expect_null(fa_program_find("no-such-program"));
    cr_expect_null(fa_program_find("/bin"));
    cr_expect_null(fa_program_find(""));
}

/* The command that is recommended has the number of jobs, and no user's command, which may have a
 * secret. */
Test(program, the_command_of_a_known_program_is_shown)
{
    const struct fa_comparison comparison = {.command = "fetchall", .list = "l"};
    parse("curl");
    parse("mine=curl -u me:secret {list}");
    struct fa_contestant one = {.program = &options.compare.programs.items[0], .jobs = 8};
    char *command = fa_contestant_command(&one, &comparison);
    cr_assert_str_eq(command, "curl -q -Z --parallel-max 8 -K {curl}");
    free(command);
    one.program = &options.compare.programs.items[1];
    cr_expect_null(fa_contestant_command(&one, &comparison));
    one.program = NULL;
    one.hash_with = FA_HASH_WITH_AUTO;
    command = fa_contestant_command(&one, &comparison);
    cr_assert_str_eq(command, "fetchall -m async -j 8 l");
    free(command);
}
