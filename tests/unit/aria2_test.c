#include "list/aria2.h"

#include "list/text.h"

#include "unit/aria2_names.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NAMES (sizeof(aria2_names) / sizeof(*aria2_names))

Test(aria2, every_option_of_its_manual_has_one_row_and_no_other_has)
{
    size_t n;
    const struct fa_aria2_option *options = fa_aria2_options(&n);
    cr_assert_eq(n, NAMES);
    for (size_t i = 0; i < n; ++i) {
        cr_expect_str_eq(options[i].name, aria2_names[i]);
        cr_expect(i == 0 || strcmp(options[i - 1].name, options[i].name) < 0, "%s",
                  options[i].name);
        cr_expect_eq(fa_aria2_find(options[i].name, strlen(options[i].name)), &options[i]);
    }
    cr_expect_null(fa_aria2_find("spli", 4));
    cr_expect_null(fa_aria2_find("splits", 6));
    cr_expect_null(fa_aria2_find("", 0));
    cr_expect_null(fa_aria2_find("zzz", 3));
    cr_expect_null(fa_aria2_find("gid\0", 4));
}

/* No message repeats a value, which may be a secret. */
Test(aria2, options_are_done_ignored_or_refused)
{
    static const struct {
        const char *options, *header, *unknown, *error;
    } cases[] = {
        {"referer=http://r/?a=b c", "Referer: http://r/?a=b c", NULL, NULL},
        {"user-agent=Mozilla/5.0 (X11)", "User-Agent: Mozilla/5.0 (X11)", NULL, NULL},
        {"user-agent=", NULL, NULL, NULL},
        {"http-no-cache=true", "Cache-Control: no-cache", NULL, NULL},
        {"http-no-cache=false", NULL, NULL, NULL},
        {"http-user=Aladdin\n http-passwd=open sesame",
         "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", NULL, NULL},
        {"http-passwd=p:=\n http-user=u", "Authorization: Basic dTpwOj0=", NULL, NULL},
        {"http-user=ab", "Authorization: Basic YWI6", NULL, NULL},
        {"http-passwd=s3cret", NULL, NULL, NULL},
        {"http-user=a:b", NULL, NULL, "colon in http-user"},
        {"split=5", NULL, "split", NULL},
        {"gid", NULL, "gid", NULL},
        {"ftp-passwd=s3cret", NULL, "ftp-passwd", NULL},
        {"colour=red", NULL, "colour", NULL},
        {"all-proxy=http://u:s3cret@p:1", NULL, NULL,
         "option 'all-proxy' of aria2c is not supported for an entry: use --proxy"},
        {"all-proxy=", NULL, NULL, NULL},
        {"dry-run=true", NULL, NULL, "use --plan"},
        {"dry-run=false", NULL, NULL, NULL},
        {"parameterized-uri=true", NULL, NULL, "list each URL"},
        {"referer=a\tb\001", NULL, NULL, "control byte"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        char text[256];
        int len = snprintf(text, sizeof(text), "http://h/a\n %s", cases[i].options);
        struct fa_entry *entry = fa_text_parse("list", 1, text, (size_t)len, NULL);
        cr_expect_eq(entry->error.class != FA_CLASS_NONE, cases[i].error != NULL, "%s", text);
        if (cases[i].error) {
            cr_expect(strstr(entry->error.msg, cases[i].error), "%s", entry->error.msg);
            cr_expect_not(strstr(entry->error.msg, "s3cret"), "%s", entry->error.msg);
        }
        cr_expect_eq(entry->n_headers, cases[i].header != NULL, "%s", text);
        if (cases[i].header && entry->n_headers)
            cr_expect_str_eq(entry->headers[0], cases[i].header);
        cr_expect_eq(entry->n_unknown, cases[i].unknown != NULL, "%s", text);
        if (cases[i].unknown && entry->n_unknown) {
            cr_expect_str_eq(entry->unknown[0].name, cases[i].unknown);
            cr_expect(!entry->unknown[0].value || !strstr(entry->unknown[0].value, "s3cret"));
        }
        fa_entry_free(entry);
    }
}

/* The room is computed before: a sanitizer sees what is too small. */
Test(aria2, many_options_of_one_entry_have_room)
{
    char text[8192] = "http://h/a", *at = text + strlen(text);
    for (int i = 0; i < 50; ++i)
        at += sprintf(at, "\n referer=http://r/%d\n user-agent=%d\n http-user=%d\n http-passwd=%d",
                      i, i, i, i);
    struct fa_entry *entry = fa_text_parse("list", 1, text, strlen(text), NULL);
    cr_assert_eq(entry->error.class, FA_CLASS_NONE, "%s", entry->error.msg);
    cr_expect_eq(entry->n_headers, 101);
    cr_expect_str_eq(entry->headers[100], "Authorization: Basic NDk6NDk=");
    fa_entry_free(entry);
}
