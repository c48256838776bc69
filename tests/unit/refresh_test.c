/* What a command of --refresh printed. */

#include "engine/refresh.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char text[200];
static const char *lines[3];

static long split(const char *printed)
{
    memset(lines, 0, sizeof(lines));
    snprintf(text, sizeof(text), "%s", printed);
    return fa_refresh_split(text, strlen(text), lines, 3);
}

Test(refresh, lines_are_trimmed)
{
    cr_expect_eq(split(" http://a/ b\t\r\n\thttp://c/"), 2);
    cr_expect_str_eq(lines[0], "http://a/ b");
    cr_expect_str_eq(lines[1], "http://c/");
    cr_expect_null(lines[2]);
}

Test(refresh, empty_lines_count_unless_they_are_the_last)
{
    cr_expect_eq(split(""), 0);
    cr_expect_eq(split("\n \r\n"), 0);
    cr_expect_eq(split("a\n\n"), 1);
    cr_expect_eq(split("\na\n\nb\n\n"), 4);
    cr_expect_str_eq(lines[0], "");
    cr_expect_str_eq(lines[1], "a");
    cr_expect_str_eq(lines[2], "");
}

Test(refresh, zero_byte_is_refused)
{
    char zero[] = "http://a/\0b\n";
    cr_expect_eq(fa_refresh_split(zero, sizeof(zero) - 1, lines, 3), -1);
}
