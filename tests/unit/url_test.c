#include "transfer/library.h"
#include "transfer/url.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(url, good_ones_are_taken_apart)
{
    static const struct {
        const char *text, *whole, *origin, *host_port, *path;
        bool numeric;
    } rows[] = {
        {"http://a/b", "http://a/b", "http://a:80", "a:80", "/b", false},
        {"HTTP://A.B/C", "http://a.b/C", "http://a.b:80", "a.b:80", "/C", false},
        {"https://a", "https://a/", "https://a:443", "a:443", "/", false},
        {"https://a:8443/", "https://a:8443/", "https://a:8443", "a:8443", "/", false},
        {"http://a:80/", "http://a:80/", "http://a:80", "a:80", "/", false},
        {"http://a?q=1", "http://a/?q=1", "http://a:80", "a:80", "/", false},
        {"http://a/b#c", "http://a/b", "http://a:80", "a:80", "/b", false},
        {"http://a/x/../b", "http://a/b", "http://a:80", "a:80", "/b", false},
        {"http://a/b c", "http://a/b%20c", "http://a:80", "a:80", "/b%20c", false},
        {"http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1:80", "127.0.0.1:80", "/",
         true},
        {"http://[::1]:81/", "http://[::1]:81/", "http://[::1]:81", "::1:81", "/", true},
        {"http://[::A]/", "http://[::a]/", "http://[::a]:80", "::a:80", "/", true},
        {"http://[FE80::1%25Eth0.1]/x", "http://[fe80::1%25Eth0.1]/x",
         "http://[fe80::1%25Eth0.1]:80", "fe80::1%25Eth0.1:80", "/x", true},
        {"https://u:p@[fe80::1%2]:81/", "https://u:p@[fe80::1%252]:81/", "https://[fe80::1%252]:81",
         "fe80::1%252:81", "/", true},
        {"http://0x7f.1/", "http://127.0.0.1/", "http://127.0.0.1:80", "127.0.0.1:80", "/", true},
        {"http://2130706433/", "http://127.0.0.1/", "http://127.0.0.1:80", "127.0.0.1:80", "/",
         true},
        {"http://127.0.0.1.:81/", "http://127.0.0.1:81/", "http://127.0.0.1:81", "127.0.0.1:81",
         "/", true},
        {"http://a%62c/", "http://abc/", "http://abc:80", "abc:80", "/", false},
        {"http://1.2.3/", "http://1.2.0.3/", "http://1.2.0.3:80", "1.2.0.3:80", "/", true},
        {"http://0300.1.1.1/", "http://192.1.1.1/", "http://192.1.1.1:80", "192.1.1.1:80", "/",
         true},
        {"http://B\xc3\xbc"
         "cher.example/",
         "http://xn--bcher-kva.example/", "http://xn--bcher-kva.example:80",
         "xn--bcher-kva.example:80", "/", false},
        {"http://a/b c?d e+f g", "http://a/b%20c?d%20e+f%20g", "http://a:80", "a:80", "/b%20c",
         false},
        {"http://a/[b]|{c}?d|[]", "http://a/[b]|{c}?d|[]", "http://a:80", "a:80", "/[b]|{c}",
         false},
        {"http://u:p@a/", "http://u:p@a/", "http://a:80", "a:80", "/", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_url url;
        struct fa_error err = {0};
        cr_assert_eq(fa_url_parse(&url, rows[i].text, NULL, &err), 0, "%s: %s", rows[i].text,
                     err.msg);
        cr_assert_str_eq(url.whole, rows[i].whole);
        cr_assert_str_eq(url.origin, rows[i].origin);
        cr_assert_str_eq(url.host_port, rows[i].host_port);
        cr_assert_str_eq(url.path, rows[i].path);
        cr_assert_eq(url.numeric, rows[i].numeric, "%s", rows[i].text);
        cr_assert_eq(url.secure, strncmp(url.whole, "https", 5) == 0);
        fa_url_fini(&url);
    }
}

/* Newer versions of libcurl resolve them, as browsers do. */
Test(url, encoded_dots_are_a_name_or_a_step_up)
{
    struct fa_url url;
    struct fa_error err = {0};
    cr_assert_eq(fa_url_parse(&url, "http://a/x/%2e%2e/b", NULL, &err), 0, "%s", err.msg);
    cr_assert_str_eq(url.path, fa_library_has(FA_FAULT_HTTP2_ENDS) ? "/x/%2e%2e/b" : "/b");
    fa_url_fini(&url);
}

Test(url, invalid_ones_are_refused_with_a_reason)
{
    static const char *const rows[] = {
        "",
        "a",
        "/a",
        "-oops",
        "//a/b",
        "h/x",
        " http://a/",
        "http:/a",
        "http:a",
        "http://",
        "http:///x",
        "http://?x",
        "http://#x",
        "https:///x",
        "ftp://a/b",
        "file:///etc/passwd",
        "gopher://a/",
        "javascript:alert(1)",
        "http://a\\b@c/",
        "http://a\\b/",
        "http://:80/",
        "http://u:p@/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:port/",
        "http://a:-1/",
        "http://a b/",
        "http://a%00b/",
        "http://a%20b/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://a.1/",
        "http://xn--a/",
        "http://a.xn--/",
        "http://a<b/",
        "http://u p@a|b/",
        "http://a^/",
        "http://a\"b\"/",
        "http://a\r\nb/",
        "http://a/b\r\nHost: c",
        "http://a/\x01",
        "http://[::1",
        "http://[::g]/",
        "http://[fe80::1%25a b]/",
        "http://[fe80::1%25a%20b]/",
        "http://[fe80::1%25sixteen-is-long-]/",
        "http://x.onion/",
        "http://X.ONION/",
        "https://x.Onion:443/a",
        "http://a.onion./",
        "http://u%0D%0AX:y@a/",
        "http://u:p%0a@a/",
        "http://u%01@a/",
        "http://:p%1f@a/",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_url url;
        struct fa_error err = {0};
        cr_assert_eq(fa_url_parse(&url, rows[i], NULL, &err), -1, "'%s' is taken as %s", rows[i],
                     url.whole);
        cr_assert_eq(err.class, FA_CLASS_BAD_URL, "%s", rows[i]);
        cr_assert_neq(err.msg[0], '\0');
        cr_assert_null(url.whole);
        cr_assert_null(url.host);
        fa_url_fini(&url);
    }
}

Test(url, a_byte_that_no_host_has_is_named)
{
    static const char *const hosts[] = {"a b", "u:p@a|b", "<a>", "a{b}"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); ++i) {
        char text[64];
        struct fa_url url;
        struct fa_error err = {0};
        snprintf(text, sizeof(text), "http://%s/x", hosts[i]);
        cr_assert_eq(fa_url_parse(&url, text, NULL, &err), -1);
        cr_expect(strstr(err.msg, "in its host"), "%s: %s", text, err.msg);
    }
}

Test(url, references_are_resolved_and_secrets_stay_with_their_origin)
{
    static const struct {
        const char *base, *text, *whole; /* NULL: refused */
    } rows[] = {
        {"http://a/b/c", "d", "http://a/b/d"},
        {"http://u:p@[fe80::1%25e]/b", "d", "http://u:p@[fe80::1%25e]/d"},
        {"http://u:p@[fe80::1%25e]/b", "http://[fe80::1%25e]/d", "http://u:p@[fe80::1%25e]/d"},
        {"http://u:p@[fe80::1%25e]/b", "http://[fe80::1%25f]/d", "http://[fe80::1%25f]/d"},
        {"http://u:p@[fe80::1%25e]/b", "http://[fe80::1]/d", "http://[fe80::1]/d"},
        {"http://u:p@[fe80::1]/b", "http://[fe80::1%25e]/d", "http://[fe80::1%25e]/d"},
        {"http://a/b/c", "/d", "http://a/d"},
        {"http://a/b/c", "/d e?f g", "http://a/d%20e?f%20g"},
        {"http://a/b/c", "../d", "http://a/d"},
        {"http://a/b/c", "?q", "http://a/b/c?q"},
        {"http://a/b/c", "//e/d", "http://e/d"},
        {"https://a/b", "//e/d", "https://e/d"},
        {"http://a/b", "https://e/d", "https://e/d"},
        {"http://a/b", "ftp://e/d", NULL},
        {"http://a/b", "file:///etc/passwd", NULL},
        {"http://a/b", "http:///x", NULL},
        {"http://a/b", "HTTPS:/x", NULL},
        {"http://a/b", "///x", NULL},
        {"http://a/b", "//", NULL},
        {"http://a/b", "//c\\d@e/", NULL},
        {"http://a/b", "http://c\\d@e/", NULL},
        {"http://a/b", "http://x.onion/", NULL},
        {"http://a/b", "http://u%0d%0aX%3A%20y:p@a/", NULL},
        {"http://a/b", "//u:p%0a@c/", NULL},
        {"http://a/b", "//u%7F%80:p%20@c/", "http://u%7F%80:p%20@c/"},
        {"http://u:p@a/b", "/c", "http://u:p@a/c"},
        {"http://u:p@a/b", "http://a/c", "http://u:p@a/c"},
        {"http://u:p@a/b", "http://A:80/c", "http://u:p@a:80/c"},
        {"http://u@a/b", "/c", "http://u@a/c"},
        {"http://u:p@a/b", "http://v:q@a/c", "http://v:q@a/c"},
        {"http://u:p@a/b", "http://a:81/c", "http://a:81/c"},
        {"http://u:p@a/b", "https://a/c", "https://a/c"},
        {"http://u:p@a/b", "http://b/c", "http://b/c"},
        {"http://u:p@a/b", "//b/c", "http://b/c"},
        {"http://u:p@a/b", "http://b.a/c", "http://b.a/c"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_url url;
        struct fa_error err = {0};
        int result = fa_url_parse(&url, rows[i].text, rows[i].base, &err);
        cr_assert_eq(result, rows[i].whole ? 0 : -1, "%s + %s: %s", rows[i].base, rows[i].text,
                     err.msg);
        if (rows[i].whole)
            cr_assert_str_eq(url.whole, rows[i].whole, "%s + %s is %s", rows[i].base, rows[i].text,
                             url.whole);
        fa_url_fini(&url);
    }
}

/* An empty fragment does not change a URL, but it makes libcurl parse it. */
static void expect_same_as_libcurl(const char *text)
{
    struct fa_url plain, parsed;
    struct fa_error err = {0}, err_parsed = {0};
    char *with = NULL;
    cr_assert(asprintf(&with, "%s#", text) > 0);
    int result = fa_url_parse(&plain, text, NULL, &err);
    cr_assert_eq(fa_url_parse(&parsed, with, NULL, &err_parsed), result, "%s: %s", text,
                 err_parsed.msg);
    cr_assert_str_eq(err.msg, err_parsed.msg, "%s", text);
    if (result == 0) {
        cr_assert_str_eq(plain.whole, parsed.whole, "%s", text);
        cr_assert_str_eq(plain.host, parsed.host, "%s", text);
        cr_assert_str_eq(plain.origin, parsed.origin, "%s", text);
        cr_assert_str_eq(plain.host_port, parsed.host_port, "%s", text);
        cr_assert_str_eq(plain.path, parsed.path, "%s", text);
        cr_assert_eq(plain.secure, parsed.secure, "%s", text);
        cr_assert_eq(plain.numeric, parsed.numeric, "%s", text);
    }
    free(with);
    fa_url_fini(&plain);
    fa_url_fini(&parsed);
}

Test(url, plain_urls_are_parsed_as_by_libcurl)
{
    static const char *const rows[] = {
        "http://a",          "http://a/",           "http://a/b?c=d&e=%2F/../",
        "https://a.b.c",     "https://1a.b/",       "http://1.2.3.4/x",
        "http://1.2.3.4.b/", "http://1.2.3.04/",    "http://1.2.3/",
        "http://1.2.3.256/", "http://0x7f.a/",      "http://a.0x7f/",
        "http://a.1/",       "http://a..b/",        "http://a./",
        "http://.a/",        "http://-a-.b-/",      "http://a:65535/",
        "http://a:65536/",   "http://a:080/",       "http://a:80",
        "http://a:0/",       "http://a:/",          "http://a?",
        "http://a/?",        "http://a/b??c?d",     "http://a/%2E%2E/b",
        "http://a/.",        "http://a/..",         "http://a/.b/c",
        "http://a/b/../c",   "http://a/b.../c./d",  "http://a//b///c",
        "http://a/%",        "http://a/%4",         "http://a/%4g",
        "http://a/%41%5A",   "http://a/%c3%BC",     "http://a/b@c:d",
        "http://a@b/c",      "http://a:b@c/d",      "http://a.onion/",
        "http://onion/",     "http://a.onion.b/",   "http://xn--bcher-kva.example/",
        "http://a/b\\c",     "http://a/{b}|c^d`e<", "http://a/\"b\"[c]",
        "http://a/ b?c d",   "http://a/\xc3\xbc",   "http://a/b\x7f",
        "http://A/B",        "HTTP://a/b",          "http://a_b/",
        "http://[::1]/",     "http://a%62c/",       "ftp://a/b",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_same_as_libcurl(rows[i]);
}

Test(url, random_urls_are_parsed_as_by_libcurl)
{
    static const char *const pieces[] = {
        "a", "b",   "0",  "1", "9",   "255", "x", "-", "_",     ".",  "..",
        "/", "/.",  "//", "?", "%41", "%",   "@", ":", ":8",    "+",  "~",
        "'", "%2E", "A",  "!", ";",   "=",   "&", "[", "onion", "0x",
    };
    uint64_t seed = 1;
    unsigned good = 0;
    for (int i = 0; i < 20000; ++i) {
        char text[256];
        size_t len = (size_t)snprintf(text, sizeof(text), "http%s://", i % 2 ? "s" : "");
        for (int n = 0; n < 2 + i % 11; ++n) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t at = (size_t)(seed >> 33) % (sizeof(pieces) / sizeof(*pieces));
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", pieces[at]);
        }
        expect_same_as_libcurl(text);
        struct fa_url url;
        if (fa_url_parse(&url, text, NULL, NULL) == 0)
            ++good;
        fa_url_fini(&url);
    }
    cr_assert(good > 1000 && good < 19000, "%u", good);
}

Test(url, packed_one_is_the_same)
{
    static const char *const urls[] = {"http://a/", "https://u:p@[::1]:8443/x?y=z",
                                       "http://h.example/%20", "http://h/\xc3\xa4"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); ++i) {
        struct fa_url url, copy;
        struct fa_buf buf;
        struct fa_reader reader;
        fa_buf_init(&buf);
        cr_assert_eq(fa_url_parse(&url, urls[i], NULL, NULL), 0);
        fa_url_pack(&url, &buf);
        for (size_t len = 0; len < buf.len; ++len) {
            fa_reader_init(&reader, buf.data, len);
            cr_expect_eq(fa_url_unpack(&copy, &reader), -1, "%zu of %zu", len, buf.len);
        }
        fa_reader_init(&reader, buf.data, buf.len);
        cr_assert_eq(fa_url_unpack(&copy, &reader), 0);
        cr_expect_str_eq(copy.whole, url.whole);
        cr_expect_str_eq(fa_url_sent(&copy), fa_url_sent(&url));
        cr_expect_eq(!copy.sent, !url.sent);
        cr_expect_str_eq(copy.host, url.host);
        cr_expect_str_eq(copy.origin, url.origin);
        cr_expect_str_eq(copy.host_port, url.host_port);
        cr_expect_str_eq(copy.path, url.path);
        cr_expect(copy.secure == url.secure && copy.numeric == url.numeric);
        fa_url_fini(&url);
        fa_url_fini(&copy);
        fa_buf_fini(&buf);
    }
}

/* As browsers do; what identifies the URL stays as earlier versions wrote it. */
Test(url, bytes_that_are_not_ascii_are_sent_with_upper_case_digits)
{
    static const struct {
        const char *text, *base, *whole, *sent;
    } rows[] = {
        {"http://a/\xc3\xa4?\xc3\xbc%c3", NULL, "http://a/%c3%a4?%c3%bc%c3",
         "http://a/%C3%A4?%C3%BC%c3"},
        {"http://u:p@a/\xff [", NULL, "http://u:p@a/%ff%20[", "http://u:p@a/%FF%20["},
        {"\xc3\xa4", "http://a/b/c", "http://a/b/%c3%a4", "http://a/b/%C3%A4"},
        {"?\xc3\xa4", "http://a/%C3%A4", "http://a/%C3%A4?%c3%a4", "http://a/%C3%A4?%C3%A4"},
        {"http://a/%c3%a4", NULL, "http://a/%c3%a4", NULL},
    };
    struct fa_error err;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_url url;
        cr_assert_eq(fa_url_parse(&url, rows[i].text, rows[i].base, &err), 0, "%s", err.msg);
        cr_expect_str_eq(url.whole, rows[i].whole);
        cr_expect_eq(!url.sent, !rows[i].sent);
        cr_expect_str_eq(fa_url_sent(&url), rows[i].sent ? rows[i].sent : rows[i].whole);
        cr_expect_eq(fa_url_set_login(&url, NULL, &err), 0);
        cr_expect(!strchr(url.whole, '@') && !strchr(fa_url_sent(&url), '@'));
        cr_expect_eq(!url.sent, !rows[i].sent);
        fa_url_fini(&url);
    }
}

Test(url, packed_one_that_was_never_parsed_stays_so)
{
    struct fa_url url, copy;
    struct fa_buf buf;
    struct fa_reader reader;
    fa_buf_init(&buf);
    fa_url_init(&url);
    fa_url_pack(&url, &buf);
    fa_reader_init(&reader, buf.data, buf.len);
    cr_assert_eq(fa_url_unpack(&copy, &reader), 0);
    cr_assert_null(copy.whole);
    fa_url_fini(&copy);
    fa_buf_fini(&buf);
}

Test(url, a_login_is_replaced_by_that_of_another_url_or_by_none)
{
    static const struct {
        const char *to, *from, *whole;
    } rows[] = {
        {"http://a/x?q=1", "http://u:p@b/", "http://u:p@a/x?q=1"},
        {"http://e:v@a/x", "http://u:p@b/", "http://u:p@a/x"},
        {"http://e:v@a/x", "http://u@b/", "http://u@a/x"},
        {"http://e:v@a/x", "http://b/", "http://a/x"},
        {"http://a/x@y", "http://b/?@", "http://a/x@y"},
        {"https://a:8443/", "http://u%40b:p%3a%2f@b/", "https://u%40b:p%3a%2f@a:8443/"},
        {"http://[::1]:81/", "http://:p@b/", "http://:p@[::1]:81/"},
        {"http://[fe80::1%25e]/", "http://u:p@b/", "http://u:p@[fe80::1%25e]/"},
        {"http://e:v@a/x", NULL, "http://a/x"},
        {"http://a/x", NULL, "http://a/x"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_url to, from;
        struct fa_error err = {0};
        cr_assert_eq(fa_url_parse(&to, rows[i].to, NULL, &err), 0, "%s", err.msg);
        const char *text = rows[i].from;
        cr_assert_eq(fa_url_parse(&from, text ? text : rows[i].to, NULL, &err), 0, "%s", err.msg);
        cr_assert_eq(fa_url_set_login(&to, text ? &from : NULL, &err), 0, "%s", err.msg);
        cr_expect_str_eq(to.whole, rows[i].whole);
        fa_url_fini(&to);
        fa_url_fini(&from);
    }
}
