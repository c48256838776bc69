#include "base/robots_tag.h"

#include <criterion/criterion.h>
#include <string.h>

Test(robots_tag, rules_for_all_and_for_the_crawler_count)
{
    static const struct {
        const char *value, *rule;
    } rows[] = {
        {"noai", "noai"},
        {"NoIndex, NoImageAI", "noimageai"},
        {" noai ", "noai"},
        {"noindex", NULL},
        {"noaix", NULL},
        {"", NULL},
        {",,", NULL},
        {"fetchall: noai", "noai"},
        {"FetchAll:nofollow,noimageai", "noimageai"},
        {"*: noai", "noai"},
        {"otherbot: noai", NULL},
        {"otherbot: noai, noimageai", NULL},
        {"otherbot: noai, fetchall: noai", "noai"},
        {"unavailable_after: 25 Jun 2010 15:00:00 PST, noai", "noai"},
        {"otherbot: noai, max-snippet: 20, noai", NULL},
        {"max-image-preview: large, noimageai", "noimageai"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char rule[FA_ROBOTS_TAG_MAX] = "";
        const char *value = rows[i].value;
        bool has = fa_robots_tags_have("noai,noimageai", value, strlen(value), "fetchall", rule);
        cr_expect_eq(has, rows[i].rule != NULL, "%s", value);
        cr_expect_str_eq(rule, rows[i].rule ? rows[i].rule : "", "%s", value);
    }
}

Test(robots_tag, names_are_words)
{
    cr_expect(fa_robots_tags_are_good("noai") && fa_robots_tags_are_good("noai,no_x,no-y"));
    static const char *const bad[] = {"",      ",",   "noai,",
                                      "no ai", "a:b", "a-name-that-is-far-too-long-for-a-rule"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(fa_robots_tags_are_good(bad[i]), "%s", bad[i]);
}
