#include "transfer/disposition.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Expect the name; NULL: none. */
static void expect(const char *value, const char *name)
{
    char *got = fa_disposition_name(value, strlen(value));
    cr_expect((got == NULL) == (name == NULL) && (!name || strcmp(got, name) == 0),
              "%s: %s instead of %s", value, got ? got : "(none)", name ? name : "(none)");
    free(got);
}

/* Examples of RFC 6266, 5, and what servers of archives send. */
Test(disposition, filename_is_a_token_or_quoted)
{
    expect("Attachment; filename=example.html", "example.html");
    expect("INLINE; FILENAME= \"an example.html\"", "an example.html");
    expect("attachment;filename=\"a;b=c.txt\";size=3", "a;b=c.txt");
    expect("attachment; filename=\"a \\\"b\\\".txt\"", "a \"b\".txt");
    expect("attachment; size=3 ; filename = x.csv ", "x.csv");
    expect("filename=x.csv", "x.csv");
    expect("attachment; filename=two words.pdf", "two words.pdf");
}

Test(disposition, extended_name_is_preferred)
{
    expect("attachment; filename*=UTF-8''%e2%82%ac%20rates", "\xe2\x82\xac rates");
    expect("attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates",
           "\xe2\x82\xac rates");
    expect("attachment; filename*=utf-8'de'%c3%a4.txt; filename=a.txt", "\xc3\xa4.txt");
    expect("attachment; filename*=ISO-8859-1''%e4.txt", "\xc3\xa4.txt");
    expect("attachment; filename*=\"UTF-8''x%20y.zip\"", "x y.zip");
}

Test(disposition, malformed_extended_name_is_none)
{
    expect("attachment; filename*=UTF-8''%e2%82; filename=a.txt", "a.txt");
    expect("attachment; filename*=UTF-8''%zz; filename=a.txt", "a.txt");
    expect("attachment; filename*=UTF-8''%4; filename=a.txt", "a.txt");
    expect("attachment; filename*=UTF-16''a; filename=a.txt", "a.txt");
    expect("attachment; filename*=UTF-8'a; filename=a.txt", "a.txt");
    expect("attachment; filename*=b.txt", NULL);
    expect("attachment; filename*=UTF-8''a%00b", NULL);
}

Test(disposition, other_bytes_are_of_latin_1)
{
    expect("attachment; filename=\"\xe4.txt\"", "\xc3\xa4.txt");
    expect("attachment; filename=\"\xc3\xa4.txt\"", "\xc3\xa4.txt");
}

Test(disposition, only_the_last_component_counts)
{
    expect("attachment; filename=\"../../etc/passwd\"", "passwd");
    expect("attachment; filename=\"C:\\\\temp\\\\x.txt\"", "x.txt");
    expect("attachment; filename*=UTF-8''..%2f..%5cx.txt", "x.txt");
    expect("attachment; filename=\"a/\"", NULL);
    expect("attachment; filename*=UTF-8''a%2f; filename=b", "b");
}

Test(disposition, without_a_name_there_is_none)
{
    expect("", NULL);
    expect("attachment", NULL);
    expect("inline;", NULL);
    expect("attachment; filename=", NULL);
    expect("attachment; filename=\"\"", NULL);
    expect("attachment; filename=\"never ends; filename=b", NULL);
    expect("attachment; name=x; xfilename=y; filename*0=z", NULL);
    expect(";;;=;\"", NULL);
}

Test(disposition, first_of_two_counts)
{
    expect("attachment; filename=a; filename=b", "a");
}

Test(disposition, one_that_is_too_long_is_none)
{
    char value[FA_DISPOSITION_MAX + 2];
    memset(value, 'x', sizeof(value));
    memcpy(value, "filename=", 9);
    value[sizeof(value) - 1] = '\0';
    expect(value, NULL);
    value[FA_DISPOSITION_MAX] = '\0';
    expect(value, value + 9);
}
