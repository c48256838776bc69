#include "list/curl_option.h"

#include "unit/curl_names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NAMES (sizeof(curl_names) / sizeof(*curl_names))

Test(curl_option, every_option_of_its_manual_has_one_row_and_no_other_has)
{
    size_t n;
    const struct fa_curl_row *rows = fa_curl_options(&n);
    cr_assert_eq(n, NAMES);
    for (size_t i = 0; i < n; ++i) {
        cr_expect_str_eq(rows[i].name, curl_names[i]);
        cr_expect_eq(fa_curl_option_find(rows[i].name, strlen(rows[i].name)), &rows[i]);
        for (size_t j = 0; rows[i].letter && j < i; ++j)
            cr_expect_neq(rows[i].letter, rows[j].letter, "%s and %s", rows[i].name, rows[j].name);
    }
    cr_expect_null(fa_curl_option_find("outpu", 5));
    cr_expect_null(fa_curl_option_find("", 0));
}

Test(curl_option, lines_are_parsed_by_name_and_by_letter)
{
    static const struct {
        const char *line, *name, *value;
        enum fa_curl_action action;
    } rows[] = {
        {"user = \"a:b\"", "user", "a:b", FA_CURL_IGNORE},
        {"-ua:b", "user", "a:b", FA_CURL_IGNORE},
        {"--data x", "data", "x", FA_CURL_REFUSE},
        {"doh-url=https://d/", "doh-url", "https://d/", FA_CURL_REFUSE_WAY},
        {"-L", "location", "", FA_CURL_NONE},
        {"-o \"a b\"", "output", "a b", FA_CURL_OUTPUT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char line[64];
        struct fa_curl_option option;
        snprintf(line, sizeof(line), "%s", rows[i].line);
        cr_assert(fa_curl_option_parse(line, &option), "%s", rows[i].line);
        cr_expect_str_eq(option.name, rows[i].name);
        cr_expect_str_eq(option.value, rows[i].value);
        cr_expect_eq(option.row->action, rows[i].action, "%s", rows[i].line);
    }
}
