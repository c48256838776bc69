#include "list/template.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

/* The pieces of a template: "text", or the number of what they are and the name of a column. */
static void expect_pieces(const char *text, const char *expected)
{
    struct fa_template_piece piece;
    const char *at = text, *why;
    char pieces[256] = "";
    while (fa_template_next(&at, &piece, &why)) {
        char one[64];
        snprintf(one, sizeof(one), "%d:%.*s ", (int)piece.what,
                 piece.what == FA_TEMPLATE_TEXT || piece.what == FA_TEMPLATE_COLUMN ? (int)piece.len
                                                                                    : 0,
                 piece.at);
        strcat(pieces, one);
    }
    cr_expect_null(why, "%s: %s", text, why);
    cr_expect_str_eq(pieces, expected, "%s", text);
}

Test(template, is_text_words_and_columns)
{
    expect_pieces("a b.c", "0:a b.c ");
    expect_pieces("{name}{stem}{ext}{host}{path}{query}{line}{hash8}", "2: 3: 4: 5: 6: 7: 8: 9: ");
    expect_pieces("x/{id}-{column:name}.{Name}", "0:x 1: 10:id 0:- 10:name 0:. 10:Name ");
    expect_pieces("{{{a}}}", "0:{ 10:a 0:} ");
}

static void expect_refused(const char *text, size_t position, const char *why)
{
    struct fa_error err = {0};
    char place[32];
    snprintf(place, sizeof(place), "at position %zu ", position);
    cr_expect_eq(fa_template_check(text, &err), -1, "%s", text);
    cr_expect(strstr(err.msg, place) && strstr(err.msg, why), "%s: %s", text, err.msg);
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
}

Test(template, errors_name_their_position)
{
    expect_refused("", 1, "empty name");
    expect_refused("a{id", 2, "{ without");
    expect_refused("a{id{x}}", 2, "{ without");
    expect_refused("a}b", 2, "} without");
    expect_refused("ab{}", 3, "without a name");
    expect_refused("ab{column:}", 3, "without a name");
    expect_refused("/{id}", 1, "empty name");
    expect_refused("a//{id}", 3, "empty name");
    expect_refused("{id}/", 6, "empty name");
    expect_refused("a/../{id}", 3, "'..'");
    expect_refused("./{id}", 1, "'.'");
    expect_refused("a\nb", 2, "control byte");
    expect_refused("ab\xff", 3, "UTF-8");
}

Test(template, good_ones_are_accepted)
{
    static const char *const good[] = {"{id}", "{a}/{b}.{ext}", ".x/{..}",
                                       "{{}}", "...",           "\xc3\xa4{ \xc3\xb6}"};
    struct fa_error err;
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); ++i)
        cr_expect_eq(fa_template_check(good[i], &err), 0, "%s", err.msg);
}

Test(template, columns_are_found)
{
    cr_expect(fa_template_has_column("{name}-{id}", "id", 2));
    cr_expect_not(fa_template_has_column("{name}-{id}", "name", 4));
    cr_expect(fa_template_has_column("{column:name}", "name", 4));
    cr_expect(fa_template_has_column("{name}-{id}", NULL, 0));
    cr_expect_not(fa_template_has_column("{name}-{line}", NULL, 0));
    cr_expect_not(fa_template_has_column(NULL, "id", 2));
}
