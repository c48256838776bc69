/* Cookies that all transfers share. */

#include "transfer/jar.h"

#include "transfer/cookies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE(domain, below, path, secure, expires, name, value) \
    domain "\t" below "\t" path "\t" secure "\t" expires "\t" name "\t" value "\n"
#define SIMPLE(domain, value) LINE(domain, "FALSE", "/", "FALSE", "0", "n", value)

static struct fa_jar jar;
static struct fa_error err;

static void end(void)
{
    fa_jar_fini(&jar);
}

TestSuite(jar, .fini = end);

static int read_text(const char *text)
{
    fa_jar_fini(&jar);
    return fa_jar_read(&jar, text, strlen(text), "jar", &err);
}

/* The names of the cookies for a URL. */
static const char *names_for(const char *text, int64_t now)
{
    static char names[256];
    struct fa_url url;
    char *lines;
    fa_url_init(&url);
    cr_assert_eq(fa_url_parse(&url, text, NULL, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_jar_select(&jar, &url, now, &lines), 0);
    fa_url_fini(&url);
    names[0] = '\0';
    cr_expect(!lines || fa_cookies_are_good(lines));
    for (char *line = lines; line && *line; line = strchr(line, '\n') + 1) {
        const char *name = line;
        for (int i = 0; i < 5; ++i)
            name = strchr(name, '\t') + 1;
        strncat(names, name, strcspn(name, "\t"));
    }
    free(lines);
    return names;
}

static void merge(const char *text, const char *given, const char *got)
{
    struct fa_url url;
    fa_url_init(&url);
    cr_assert_eq(fa_url_parse(&url, text, NULL, &err), 0);
    fa_jar_merge(&jar, &url, given, got);
    fa_url_fini(&url);
}

Test(jar, cookies_are_for_their_domain_path_scheme_and_time)
{
    cr_assert_eq(read_text("# Netscape HTTP Cookie File\r\n\r\n" LINE("a.test", "FALSE", "/",
                                                                      "FALSE", "0", "a", "1")
                               LINE(".x.test", "TRUE", "/", "FALSE", "0", "b",
                                    "2") LINE("a.test", "FALSE", "/p", "FALSE", "0", "c", "3")
                                   LINE("a.test", "FALSE", "/q/", "FALSE", "0", "d", "4")
                                       LINE("#HttpOnly_a.test", "FALSE", "/", "TRUE", "0", "e", "5")
                                           LINE("a.test", "FALSE", "/", "FALSE", "1000.5", "f", "6")
                                               LINE(".127.0.0.1", "TRUE", "/", "false", "-1", "g",
                                                    "7") "a.test\tFALSE\t/\tFALSE\t0\th"),
                 0, "%s", err.msg);
    cr_expect_eq(jar.count, 8);
    static const struct {
        const char *url;
        int64_t now;
        const char *names;
    } rows[] = {
        {"http://a.test/", 999, "afh"},         {"http://A.TEST/", 1000, "ah"},
        {"http://a.test/p", 2000, "ach"},       {"http://a.test/p/x?y", 2000, "ach"},
        {"http://a.test/px", 2000, "ah"},       {"http://a.test/q", 2000, "ah"},
        {"http://a.test/q/r", 2000, "adh"},     {"https://a.test:8443/", 2000, "aeh"},
        {"http://b.a.test/", 2000, ""},         {"http://x.test/", 2000, "b"},
        {"http://y.x.test/", 2000, "b"},        {"http://evilx.test/", 2000, ""},
        {"http://x.test.evil/", 2000, ""},      {"http://127.0.0.1/", 2000, "g"},
        {"http://2.127.0.0.1.test/", 2000, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_str_eq(names_for(rows[i].url, rows[i].now), rows[i].names, "%s", rows[i].url);
}

Test(jar, malformed_lines_are_named_and_not_printed)
{
    static const char *const bad[] = {
        "a.test FALSE / FALSE 0 name s3cret",
        "a.test\tFALSE\t/\tFALSE\t0",
        "a.test\tFALSE\t/\tFALSE\t0\tname\ts3cret\tmore",
        "a.test\tmaybe\t/\tFALSE\t0\tname\ts3cret",
        "a.test\tFALSE\tp\tFALSE\t0\tname\ts3cret",
        "a.test\tFALSE\t/\tFALSE\tsoon\tname\ts3cret",
        "\tFALSE\t/\tFALSE\t0\tname\ts3cret",
        "a.test\tFALSE\t/\tFALSE\t0\t\ts3cret",
        "a.test\tFALSE\t/\tFALSE\t0\tname\ts3cret\x01",
        "Set-Cookie: name=s3cret",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i) {
        char text[256];
        snprintf(text, sizeof(text), "# x\n%s\n", bad[i]);
        cr_expect_eq(read_text(text), -1, "%s", bad[i]);
        cr_expect_not_null(strstr(err.msg, "line 2 of 'jar' is not a cookie"), "%s", err.msg);
        cr_expect_null(strstr(err.msg, "s3cret"), "%s", err.msg);
    }
    cr_expect_eq(fa_jar_open(&jar, "/nonexistent/jar", &err), -1);
    cr_expect_not_null(strstr(err.msg, "cannot read '/nonexistent/jar': No such file"));
    cr_expect_eq(fa_jar_open(&jar, "/", &err), -1);
}

Test(jar, responses_add_change_and_remove_cookies)
{
    cr_assert_eq(read_text(SIMPLE("a.test", "old")), 0);
    merge("http://a.test/", SIMPLE("a.test", "old"), SIMPLE("a.test", "new"));
    cr_assert_eq(jar.count, 1);
    cr_expect_str_eq(jar.cookies[0].value, "new");
    merge("http://a.test/", SIMPLE("a.test", "new"),
          SIMPLE("a.test", "new") LINE("a.test", "FALSE", "/", "FALSE", "0", "m", "2"));
    cr_expect_str_eq(names_for("http://a.test/", 0), "nm");
    merge("http://a.test/", SIMPLE("a.test", "new"), NULL);
    cr_expect_str_eq(names_for("http://a.test/", 0), "m");
}

Test(jar, what_another_transfer_changed_stays)
{
    cr_assert_eq(read_text(SIMPLE("a.test", "1")), 0);
    merge("http://a.test/", SIMPLE("a.test", "1"), SIMPLE("a.test", "2"));
    merge("http://a.test/", SIMPLE("a.test", "1"), SIMPLE("a.test", "1"));
    cr_expect_str_eq(jar.cookies[0].value, "2");
    merge("http://a.test/", SIMPLE("a.test", "1"), NULL);
    cr_expect_eq(jar.count, 1, "removed was the old one");
}

Test(jar, responses_cannot_set_cookies_of_other_hosts)
{
    merge("http://a.test/", NULL,
          SIMPLE("b.test", "1") LINE(".b.a.test", "TRUE", "/", "FALSE", "0", "x", "1")
              LINE("a.test", "FALSE", "/", "TRUE", "0", "secure", "1") "malformed\n");
    cr_expect_eq(jar.count, 0);
    merge("https://b.a.test/", NULL,
          LINE(".a.test", "TRUE", "/", "TRUE", "0", "x", "1") SIMPLE("a.test", "host only, above"));
    cr_expect_str_eq(names_for("https://a.test/", 0), "x");
}

Test(jar, servers_cannot_fill_the_memory)
{
    char line[128];
    for (int i = 0; i < FA_JAR_DOMAIN_MAX + 10; ++i) {
        snprintf(line, sizeof(line), "a.test\tFALSE\t/\tFALSE\t0\tn%d\t1\n", i);
        merge("http://a.test/", NULL, line);
    }
    cr_expect_eq(jar.count, FA_JAR_DOMAIN_MAX);
    merge("http://a.test/", NULL, "a.test\tFALSE\t/\tFALSE\t0\tn1\t2\n");
    cr_expect_str_eq(jar.cookies[1].value, "2", "a known one can change");
    merge("http://b.test/", NULL, SIMPLE("b.test", "1"));
    cr_expect_eq(jar.count, FA_JAR_DOMAIN_MAX + 1);
}
