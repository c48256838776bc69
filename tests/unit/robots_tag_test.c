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

Test(robots_tag, unknown_names_are_found)
{
    static const struct {
        const char *names, *unknown;
    } rows[] = {
        {"noai", NULL},     {"NoAI,noimageai,noindex", NULL},
        {"foo", "foo"},     {"noai,foo,bar", "foo,bar"},
        {"noa", "noa"},     {"noaii", "noaii"},
        {"", ""},           {"noai,", ""},
        {",noai", ",noai"}, {"no ai", "no ai"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        size_t len;
        const char *unknown = fa_robots_tags_unknown(rows[i].names, &len);
        cr_expect_eq(unknown != NULL, rows[i].unknown != NULL, "%s", rows[i].names);
        if (unknown && rows[i].unknown) {
            cr_expect_str_eq(unknown, rows[i].unknown);
            cr_expect_eq(len, strcspn(unknown, ","));
        }
    }
}
