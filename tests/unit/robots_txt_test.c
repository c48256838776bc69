/* What a robots.txt says, after the examples of RFC 9309 and of Google's parser. */

#include "base/robots_txt.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fa_robots_txt robots;

static void end(void)
{
    fa_robots_txt_fini(&robots);
}

TestSuite(robots_txt, .fini = end);

static void read_text(const char *text)
{
    fa_robots_txt_fini(&robots);
    cr_assert_eq(fa_robots_txt_parse(&robots, text, strlen(text), "fetchall"), 0);
}

static bool allows(const char *path)
{
    const struct fa_robots_rule *rule = fa_robots_txt_find(&robots, path);
    return !rule || rule->allow;
}

/* Under one rule that forbids it. */
static bool fits(const char *pattern, const char *path)
{
    char text[200];
    snprintf(text, sizeof(text), "User-agent: *\nDisallow: %s\n", pattern);
    read_text(text);
    return !allows(path);
}

/* RFC 9309, 5.1. */
Test(robots_txt, simple_example)
{
    const char *text = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\n"
                       "Allow: /publications/\n\n"
                       "User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\n"
                       "Allow:/example/allowed.gif\n\n"
                       "User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n"
                       "User-Agent: quxbot\n";
    static const struct {
        const char *token, *path;
        bool allowed;
    } rows[] = {
        {"fetchall", "/a.gif", false},
        {"fetchall", "/a.gif?b", true},
        {"fetchall", "/example/x", false},
        {"fetchall", "/publications/x", true},
        {"fetchall", "/other", true},
        {"foobot", "/other", false},
        {"FooBot", "/example/page.html", true},
        {"foobot", "/example/allowed.gif", true},
        {"foobot", "/example/", false},
        {"barbot", "/example/page.html", false},
        {"bazbot", "/example/page.html", false},
        {"barbot", "/a.gif", true},
        {"quxbot", "/example/", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        fa_robots_txt_fini(&robots);
        cr_assert_eq(fa_robots_txt_parse(&robots, text, strlen(text), rows[i].token), 0);
        cr_expect_eq(allows(rows[i].path), rows[i].allowed, "%s %s", rows[i].token, rows[i].path);
    }
}

/* RFC 9309, 5.2. */
Test(robots_txt, longest_match_decides)
{
    read_text("User-Agent: fetchall\nAllow: /example/page/\n"
              "Disallow: /example/page/disallowed.gif\n");
    cr_expect(allows("/example/page/x"));
    cr_expect_not(allows("/example/page/disallowed.gif"));
    cr_expect_eq(fa_robots_txt_find(&robots, "/example/page/disallowed.gif")->line, 3);
    read_text("user-agent: *\ndisallow: /page\nallow: /page\n");
    cr_expect(allows("/page"), "of two equal ones, the one that allows");
    read_text("user-agent: *\nallow: /p\ndisallow: /\n");
    cr_expect(allows("/page") && !allows("/folder"));
}

Test(robots_txt, star_and_dollar)
{
    static const struct {
        const char *pattern, *path;
        bool fits;
    } rows[] = {
        {"/fish", "/fish.html", true},
        {"/fish", "/Fish.asp", false},
        {"/fish*", "/fishheads/yummy", true},
        {"/fish/", "/fish", false},
        {"/fish/", "/fish/?id=anything", true},
        {"/*.php", "/folder/any.php.file.html", true},
        {"/*.php", "/windows.PHP", false},
        {"/*.php$", "/filename.php", true},
        {"/*.php$", "/filename.php?a", false},
        {"/*.php$", "/filename.php5", false},
        {"/fish*.php", "/fishheads/a.php?b", true},
        {"/a**b$", "/axxbxb", true},
        {"/a$b", "/a$b", false},
        {"/a%24b", "/a$b", true},
        {"/a%2Ab", "/a*b", true},
        {"/a%2ab", "/axb", false},
        {"*", "/", true},
        {"/$", "/", true},
        {"/$", "/x", false},
        {"/a*$", "/abc", true},
        {"fish", "/fish", false},
        {"/*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaa", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_eq(fits(rows[i].pattern, rows[i].path), rows[i].fits, "%s %s", rows[i].pattern,
                     rows[i].path);
}

/* RFC 9309, 2.2.2. */
Test(robots_txt, percent_encoding_does_not_matter_except_of_what_is_reserved)
{
    static const struct {
        const char *pattern, *path;
        bool fits;
    } rows[] = {
        {"/foo/bar?baz=quz", "/foo/bar?baz=quz", true},
        {"/foo/bar?baz=http://foo.bar", "/foo/bar?baz=http%3A%2F%2Ffoo.bar", false},
        {"/foo/bar/\xe3\x83\x84", "/foo/bar/%E3%83%84", true},
        {"/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", true},
        {"/foo/bar/%62%61%7A", "/foo/bar/baz", true},
        {"/~x", "/%7Ex", true},
        {"/a b", "/a%20b", true},
        {"/a%2Fb", "/a/b", false},
        {"/100%", "/100%", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_eq(fits(rows[i].pattern, rows[i].path), rows[i].fits, "%s %s", rows[i].pattern,
                     rows[i].path);
}

Test(robots_txt, groups_of_one_crawler_are_one)
{
    read_text("User-agent: fetchall\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n\n"
              "User-agent: other\nSitemap: http://h/\nUser-agent: FetchAll/2.0\nDisallow: /c\n");
    cr_expect(!allows("/a") && allows("/b") && !allows("/c"));
    read_text("User-agent: fetchall-news\nDisallow: /a\nUser-agent: *\nDisallow: /b\n");
    cr_expect(allows("/a") && !allows("/b"), "another token");
    read_text("User-agent: fetchall\n\nUser-agent: *\nDisallow: /\n");
    cr_expect_not(allows("/a"), "lines in a row are one group");
    read_text("User-agent: fetchall\nDisallow:\n\nUser-agent: *\nDisallow: /\n");
    cr_expect(allows("/a"), "an empty rule");
}

Test(robots_txt, what_is_not_understood_is_ignored)
{
    read_text("\xef\xbb\xbfUser-agent: *\r\nDisallow : /a # why\rNonsense\n\n: /\nDissallow: /c\n"
              "Disallow: /b");
    cr_expect(!allows("/a") && !allows("/b") && allows("/c"));
    read_text("Disallow: /\n<html>: <b>\n");
    cr_expect(allows("/"), "a rule without a group");
    read_text("");
    cr_expect(allows("/"));
}

Test(robots_txt, crawl_delay)
{
    static const struct {
        const char *value;
        double seconds;
    } rows[] = {{"2", 2}, {"0.5", 0.5}, {"0", 0}, {"-1", 0},
                {"x", 0}, {"1e9", 600}, {"", 0},  {"nan", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char text[100];
        snprintf(text, sizeof(text), "User-agent: *\nCrawl-delay: %s\nUser-agent: b\nAllow: /\n",
                 rows[i].value);
        read_text(text);
        cr_expect_float_eq(robots.delay, rows[i].seconds, 1e-9, "%s", rows[i].value);
    }
}

Test(robots_txt, more_than_500_kib_are_ignored)
{
    size_t len = FA_ROBOTS_MAX + 100;
    char *text = malloc(len + 1);
    memset(text, '\n', len);
    memcpy(text, "User-agent: *\nDisallow: /a\n", 27);
    memcpy(text + FA_ROBOTS_MAX + 1, "Disallow: /b\n", 13);
    cr_assert_eq(fa_robots_txt_parse(&robots, text, len, "fetchall"), 0);
    free(text);
    cr_expect(!allows("/a") && allows("/b"));
}
