#include "transfer/cookies.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define A "a.test\tFALSE\t/\tFALSE\t0\tname\tvalue\n"
#define B "#HttpOnly_.b.test\tTRUE\t/x\tTRUE\t4102444800\tother\t\n"

Test(cookies, only_whole_lines_of_cookies_are_good)
{
    static const char *const good[] = {"", A, A B, B A A};
    static const char *const bad[] = {
        "\n",
        "ALL\n",
        "SESS\n",
        "FLUSH\n",
        "RELOAD\n",
        "Set-Cookie: a=b\n",
        "a.test\tFALSE\t/\tFALSE\t0\tname\tvalue",
        "a.test\tFALSE\t/\tFALSE\t0\tname\n",
        "a.test\tFALSE\t/\tFALSE\t0\tname\tvalue\tmore\n",
        "a.test\tFALSE\t/\tFALSE\t0\tname\tva\rlue\n",
        "a.test\tFALSE\t/\tFALSE\t0\tname\tva\x01lue\n",
        "# a.test\tFALSE\t/\tFALSE\t0\tname\tvalue\n",
        A "\n",
        A "ALL\n",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); ++i)
        cr_expect(fa_cookies_are_good(good[i]), "%zu", i);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(fa_cookies_are_good(bad[i]), "%s", bad[i]);
}

Test(cookies, a_text_that_is_too_long_is_not_good)
{
    char *text = malloc(FA_COOKIES_MAX + sizeof(A));
    size_t len = 0;
    for (; len <= FA_COOKIES_MAX - strlen(A); len += strlen(A))
        memcpy(text + len, A, sizeof(A));
    cr_expect(fa_cookies_are_good(text));
    memcpy(text + len, A, sizeof(A));
    cr_expect_not(fa_cookies_are_good(text));
    free(text);
}

static void expect_cookies(CURL *easy, const char *expected)
{
    char *cookies;
    cr_assert_eq(fa_cookies_get(easy, &cookies), 0);
    cr_expect(expected ? cookies && strcmp(cookies, expected) == 0 : !cookies, "%s",
              cookies ? cookies : "none");
    free(cookies);
}

Test(cookies, a_handle_has_those_that_it_was_given_and_no_others)
{
    CURL *easy = curl_easy_init();
    expect_cookies(easy, NULL);
    cr_assert_eq(fa_cookies_set(easy, NULL), 0);
    expect_cookies(easy, NULL);
    fa_cookies_collect(easy);
    expect_cookies(easy, NULL);
    cr_assert_eq(fa_cookies_set(easy, A), 0);
    expect_cookies(easy, A);
    fa_cookies_collect(easy);
    expect_cookies(easy, A);
    cr_assert_eq(fa_cookies_set(easy, B), 0);
    expect_cookies(easy, B);
    cr_assert_eq(fa_cookies_set(easy, NULL), 0);
    expect_cookies(easy, NULL);
    curl_easy_cleanup(easy);
}
