/* Commands that are split without a shell. */

#include "base/words.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "a|b|", or the reason in parentheses. */
static const char *split(const char *command)
{
    static char text[400];
    const char *why;
    size_t len = 0;
    char **words = fa_words_split(command, &why);
    if (!words) {
        snprintf(text, sizeof(text), "(%s)", why);
        return text;
    }
    text[0] = '\0';
    for (size_t i = 0; words[i]; ++i)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s|", words[i]);
    free(words);
    return text;
}

Test(words, are_split_at_spaces_and_quoted)
{
    static const struct {
        const char *command, *expected;
    } rows[] = {
        {"convert {} -resize 50%", "convert|{}|-resize|50%|"},
        {" \ta\n b\r\n", "a|b|"},
        {"'a b' c", "a b|c|"},
        {"a'b c'd", "ab cd|"},
        {"x ''", "x||"},
        {"x \"\" ''y", "x||y|"},
        {"x '\\'", "x|\\|"},
        {"x \"\\\\\"", "x|\\|"},
        {"x \"a\\\"b\\n\\$c\"", "x|a\"b\\n\\$c|"},
        {"x a\\ b \\'c", "x|a b|'c|"},
        {"x $HOME *.c ~ # `y` ; z", "x|$HOME|*.c|~|#|`y`|;|z|"},
        {"", "(it names no program)"},
        {"  ", "(it names no program)"},
        {"'' x", "(it names no program)"},
        {"x 'a", "(a quotation mark is not closed)"},
        {"x \"a\\\"", "(a quotation mark is not closed)"},
        {"x a\\", "(it ends with a backslash)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_str_eq(split(rows[i].command), rows[i].expected, "%s: %s", rows[i].command,
                         split(rows[i].command));
}

static void expect_replaced(const char *command, const char *expected)
{
    const char *why;
    char text[400] = "";
    char **words = fa_words_split(command, &why);
    char **all = fa_words_replace(words, "/d/a b{}");
    for (size_t i = 0; all[i]; ++i)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s|", all[i]);
    cr_expect_str_eq(text, expected, "%s: %s", command, text);
    free(all);
    free(words);
}

Test(words, get_a_text_in_each_place_or_at_the_end)
{
    expect_replaced("x", "x|/d/a b{}|");
    expect_replaced("x -y", "x|-y|/d/a b{}|");
    expect_replaced("x {} -y", "x|/d/a b{}|-y|");
    expect_replaced("x --in={} {}.{}", "x|--in=/d/a b{}|/d/a b{}./d/a b{}|");
    expect_replaced("{} y", "{}|y|/d/a b{}|");
}

Test(words, fit_their_allocation_whatever_the_command_is)
{
    char command[12];
    static const char from[] = "a '\"\\{}";
    srandom(1);
    for (int i = 0; i < 20000; ++i) {
        size_t len = (size_t)random() % (sizeof(command) - 1);
        for (size_t j = 0; j < len; ++j)
            command[j] = from[(size_t)random() % (sizeof(from) - 1)];
        command[len] = '\0';
        const char *why;
        char **words = fa_words_split(command, &why);
        if (words)
            free(fa_words_replace(words, "text"));
        free(words);
    }
}
