#include "transfer/encode.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *url, const char *encoded)
{
    char *text = fa_encode_url(url);
    cr_expect_str_eq(text, encoded);
    cr_expect_eq(fa_encode_is_needed(url), strcmp(url, encoded) != 0, "%s", url);
    cr_expect_not(fa_encode_is_needed(encoded));
    free(text);
}

Test(encode, bytes_that_a_request_must_not_have_are_encoded)
{
    expect("http://h/a b", "http://h/a%20b");
    expect("http://h/a|b[1]{x}.jpg", "http://h/a%7Cb%5B1%5D%7Bx%7D.jpg");
    expect("http://h/?q=a b|[]{}\\", "http://h/?q=a%20b%7C%5B%5D%7B%7D%5C");
    expect("http://h?\"<>^`", "http://h?%22%3C%3E%5E%60");
    expect("http://h/\xc3\xa4", "http://h/%C3%A4");
    expect("http://h/\x7f\x01", "http://h/%7F%01");
}

/* The percent-encode sets of the WHATWG URL Standard, 1.3, and what RFC 3986 forbids besides. */
Test(encode, each_character_is_encoded_where_it_has_to_be)
{
    static const char path[] = "\"<>[\\]^`{|}", query[] = "\"<>[\\]^`{|}'";
    for (int c = '!'; c < 0x7f; ++c) {
        char text[32], encoded[32];
        if (c == '#' || c == '?')
            continue; /* ends the part */
        snprintf(text, sizeof(text), "http://h/a%cb", c);
        snprintf(encoded, sizeof(encoded), !strchr(path, c) ? "http://h/a%cb" : "http://h/a%%%02Xb",
                 c);
        expect(text, c == '\\' ? "http://h/a/b" : encoded);
        snprintf(text, sizeof(text), "http://h/?a%cb", c);
        snprintf(encoded, sizeof(encoded),
                 !strchr(query, c) ? "http://h/?a%cb" : "http://h/?a%%%02Xb", c);
        expect(text, encoded);
    }
}

Test(encode, bytes_that_are_not_ascii_are_encoded_behind_the_host)
{
    static const struct {
        const char *text, *encoded;
    } cases[] = {
        {"http://h\xc3\xa4/\xc3\xa4?\xff%c3", "http://h\xc3\xa4/%C3%A4?%FF%c3"},
        {"//h\xc3\xa4/\xc3\xa4", "//h\xc3\xa4/%C3%A4"},
        {"\xc3\xa4/b//c", "%C3%A4/b//c"},
        {"/\xc3\xa4", "/%C3%A4"},
        {"?\xc3\xa4", "?%C3%A4"},
        {"http://h\xc3\xa4", NULL},
        {"a b[%c3%a4]", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        char *encoded = fa_encode_non_ascii(cases[i].text);
        cr_expect(cases[i].encoded ? encoded && strcmp(encoded, cases[i].encoded) == 0 : !encoded,
                  "%s: %s", cases[i].text, encoded);
        free(encoded);
    }
}

Test(encode, a_backslash_in_a_path_is_a_slash)
{
    expect("http://h/a\\b?c\\d", "http://h/a/b?c%5Cd");
}

Test(encode, what_a_url_may_have_stays)
{
    expect("http://h/a%20b%zz%?c=%5b", "http://h/a%20b%zz%?c=%5b");
    expect("http://u|x:p@[::1]:80/-._~!$&'()*+,;=:@/?/?",
           "http://u|x:p@[::1]:80/-._~!$&'()*+,;=:@/?/?");
    expect("http://h", "http://h");
    cr_expect_not(fa_encode_is_needed("http://h/a#b c"));
}

Test(encode, spaces_alone_are_encoded_for_the_parser)
{
    char *text = fa_encode_spaces("/a b?c d|");
    cr_expect_str_eq(text, "/a%20b?c%20d|");
    free(text);
}
