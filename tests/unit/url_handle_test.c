#include "transfer/url_handle.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_part(CURLU *one, CURLU *other, CURLUPart what, const char *url)
{
    char *a = NULL, *b = NULL;
    CURLUcode code = curl_url_get(one, what, &a, CURLU_DEFAULT_PORT);
    cr_assert_eq(curl_url_get(other, what, &b, CURLU_DEFAULT_PORT), code, "%s", url);
    cr_assert((!a && !b) || (a && b && strcmp(a, b) == 0), "%s: %s, not %s", url, a, b);
    curl_free(a);
    curl_free(b);
}

Test(url_handle, it_is_the_same_as_a_url_that_is_parsed)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_USER,    CURLUPART_PASSWORD,
                                      CURLUPART_HOST,   CURLUPART_PORT,    CURLUPART_PATH,
                                      CURLUPART_QUERY,  CURLUPART_FRAGMENT};
    static const char *const rows[] = {
        "http://a/b?c=d",
        "http://a/",
        "http://a/b/c",
        "https://a/b/c?d",
        "https://a.b:8443/?q",
        "https://a.b:844/x",
        "http://a:80/b",
        "http://ab/c",
        "http://a/c?",
        "http://1.2.3.4/x",
        "http://1.2.3.4:5/x?y=z&u=http://v:w@x/",
    };
    struct fa_url_handle url = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        CURLU *handle = fa_url_handle_set(&url, rows[i]);
        CURLU *parsed = curl_url();
        cr_assert_eq(curl_url_set(parsed, CURLUPART_URL, rows[i], 0), CURLUE_OK);
        cr_assert_eq(handle != NULL, strcmp(rows[i], "http://a/c?") != 0, "%s", rows[i]);
        for (size_t p = 0; handle && p < sizeof(parts) / sizeof(*parts); ++p)
            expect_part(handle, parsed, parts[p], rows[i]);
        curl_url_cleanup(parsed);
    }
    fa_url_handle_fini(&url);
}

Test(url_handle, a_url_of_the_same_origin_keeps_the_handle)
{
    struct fa_url_handle url = {0};
    CURLU *handle = fa_url_handle_set(&url, "http://a:81/b?c");
    cr_assert_not_null(handle);
    cr_assert_eq(fa_url_handle_set(&url, "http://a:81/d"), handle);
    cr_assert_str_eq(url.front, "http://a:81");
    fa_url_handle_set(&url, "http://a:8/d");
    cr_assert_str_eq(url.front, "http://a:8");
    fa_url_handle_fini(&url);
}

Test(url_handle, a_url_that_would_be_changed_is_left_to_libcurl)
{
    static const char *const rows[] = {"http://u:p@a/b", "http://a/b%2Fc", "http://a/b?c=%2F",
                                       "http://[::1]/b", "http://a/../b",  "http://a_b/c"};
    struct fa_url_handle url = {0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        cr_assert_null(fa_url_handle_set(&url, rows[i]), "%s", rows[i]);
        cr_assert_not_null(fa_url_handle_set(&url, "http://a/b"));
    }
    fa_url_handle_fini(&url);
}
