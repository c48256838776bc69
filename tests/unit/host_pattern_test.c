#include "base/host_pattern.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(host_pattern, only_hosts_with_an_optional_port_are_patterns)
{
    static const char *const good[] = {
        "example.org",
        "EXAMPLE.org.",
        "*.example.org",
        "*.internal",
        "localhost",
        "example.org:1",
        "*.a.org:65535",
        "192.0.2.7",
        "192.0.2.7:8443",
        "::1",
        "[::1]",
        "[::1]:8443",
        "xn--bcher-kva.example",
        "a_b.example",
        "*.example.org.",
    };
    static const char *const bad[] = {
        "",
        "*",
        "*.",
        ".",
        "..",
        "*.*",
        "*example.org",
        "a*.example.org",
        "*.example.*",
        "a..b",
        ".example.org",
        "example.org..",
        "example.org:",
        "example.org:0",
        "example.org:65536",
        "example.org:080",
        "example.org:99999999999",
        "example.org:x",
        "https://example.org",
        "example.org/",
        "user@example.org",
        "a b",
        "a,b",
        ("b\xc3\xbc"
         "cher.example"),
        "*.0.0.1",
        "*.192.0.2.7",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "[192.0.2.7]",
        "[example.org]",
        "[::1",
        "[::1]8443",
        "[::1]:",
        "*.::1",
        "*.[::1]",
        "[]",
        ":80",
        "1:2:3",
        "-\r\n",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); ++i)
        cr_expect(fa_host_pattern_is_good(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(fa_host_pattern_is_good(bad[i]), "%s", bad[i]);
}

Test(host_pattern, a_suffix_ends_at_a_dot)
{
    static const struct {
        const char *pattern, *host, *port;
        bool matches;
    } rows[] = {
        {"example.org", "example.org", "443", true},
        {"example.org", "EXAMPLE.ORG", "443", true},
        {"EXAMPLE.org", "example.org", "443", true},
        {"example.org", "example.org.", "443", true},
        {"example.org.", "example.org", "443", true},
        {"example.org", "example.org..", "443", false},
        {"example.org", "a.example.org", "443", false},
        {"example.org", "evil-example.org", "443", false},
        {"example.org", "example.org.evil.net", "443", false},
        {"example.org", "example.or", "443", false},
        {"example.org", "", "443", false},
        {"example.org", ".", "443", false},
        {"*.example.org", "a.example.org", "443", true},
        {"*.example.org", "A.B.Example.Org.", "443", true},
        {"*.example.org.", "a.example.org", "443", true},
        {"*.example.org", "example.org", "443", false},
        {"*.example.org", ".example.org", "443", false},
        {"*.example.org", "..example.org", "443", false},
        {"*.example.org", "evil-example.org", "443", false},
        {"*.example.org", "aexample.org", "443", false},
        {"*.example.org", "a.evil-example.org", "443", false},
        {"*.example.org", "a.example.org.evil.net", "443", false},
        {"*.example.org", "a.example.org..", "443", false},
        {"example.org:8443", "example.org", "8443", true},
        {"example.org:8443", "example.org", "443", false},
        {"example.org:8443", "example.org", "84430", false},
        {"*.example.org:443", "a.example.org", "443", true},
        {"*.example.org:443", "a.example.org", "80", false},
        {"127.0.0.1", "127.0.0.1", "80", true},
        {"127.0.0.1:81", "127.0.0.1", "80", false},
        {"127.0.0.1", "127.0.0.11", "80", false},
        {"127.0.0.1", "127.0.0.1.", "80", false},
        {"127.0.0.1", "1.127.0.0.1", "80", false},
        {"::1", "::1", "80", true},
        {"[::1]", "0:0:0:0:0:0:0:1", "80", true},
        {"[0:0::1]:80", "::1", "80", true},
        {"[::1]:81", "::1", "80", false},
        {"::1", "::11", "80", false},
        {"::ffff:127.0.0.1", "127.0.0.1", "80", false},
        {"127.0.0.1", "::ffff:127.0.0.1", "80", false},
        {"*", "example.org", "443", false},
        {"*.0.0.1", "127.0.0.1", "80", false},
        {"", "example.org", "443", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_eq(fa_host_pattern_match(rows[i].pattern, rows[i].host, rows[i].port),
                     rows[i].matches, "%s %s:%s", rows[i].pattern, rows[i].host, rows[i].port);
}

Test(host_pattern, texts_of_any_length_are_safe)
{
    char text[1000];
    for (size_t len = 250; len < sizeof(text) - 1; ++len) {
        memset(text, 'a', len);
        text[len] = '\0';
        bool good = fa_host_pattern_is_good(text);
        cr_expect(good == (len <= 256), "%zu", len);
        cr_expect_eq(fa_host_pattern_match(text, text, "80"), good);
        cr_expect_not(fa_host_pattern_match("example.org", text, "80"));
        text[0] = '[';
        cr_expect_not(fa_host_pattern_is_good(text));
    }
}

Test(host_pattern, specific_ones_come_first)
{
    static const char *const ordered[] = {"a.example.org:443", "a.example.org:80", "a.example.org",
                                          "192.0.2.7",         "[::1]:80",         "::1"};
    struct fa_host_pattern a, b;
    for (size_t i = 0; i < 6; ++i)
        for (size_t j = i + 1; j < 6; ++j) {
            cr_assert(fa_host_pattern_parse(ordered[i], &a));
            cr_assert(fa_host_pattern_parse(ordered[j], &b));
            cr_expect_lt(fa_host_pattern_compare(&a, &b), 0, "%s %s", ordered[i], ordered[j]);
            cr_expect_gt(fa_host_pattern_compare(&b, &a), 0, "%s %s", ordered[i], ordered[j]);
        }
    fa_host_pattern_parse("*.b.example.org", &a);
    fa_host_pattern_parse("*.example.org:443", &b);
    cr_expect_lt(fa_host_pattern_compare(&a, &b), 0);
    fa_host_pattern_parse("*.b.example.org:443", &b);
    cr_expect_gt(fa_host_pattern_compare(&a, &b), 0);
    fa_host_pattern_parse("b.example.org", &b);
    cr_expect_gt(fa_host_pattern_compare(&a, &b), 0);
}

Test(host_pattern, spellings_of_one_host_are_the_same)
{
    static const char *const same[][2] = {{"Example.ORG", "example.org."},
                                          {"*.A.b", "*.a.B."},
                                          {"::1", "[0:0::1]"},
                                          {"[::1]:80", "[0::1]:80"},
                                          {"a.org:443", "A.org.:443"}};
    struct fa_host_pattern a, b;
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); ++i) {
        cr_assert(fa_host_pattern_parse(same[i][0], &a));
        cr_assert(fa_host_pattern_parse(same[i][1], &b));
        cr_expect_eq(fa_host_pattern_compare(&a, &b), 0, "%s", same[i][0]);
    }
}
