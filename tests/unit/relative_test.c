#include "list/relative.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *base, const char *name, const char *url)
{
    char *to = malloc(fa_relative_max(base, strlen(name)));
    cr_expect_eq(fa_relative_write(base, name, strlen(name), to), strlen(url), "%s", to);
    cr_expect_str_eq(to, url);
    free(to);
}

Test(relative, a_name_replaces_what_follows_the_last_slash_of_the_path)
{
    expect("http://h/", "a", "http://h/a");
    expect("http://h", "a", "http://h/a");
    expect("http://h?x/y", "a", "http://h/a");
    expect("https://u:p@h:8/d/e/", "a/b.c", "https://u:p@h:8/d/e/a/b.c");
    expect("https://h/d/SHA256SUMS?sig=a/b#/x", "a", "https://h/d/a");
    expect("h", "a", "h/a");
}

Test(relative, all_bytes_of_a_name_stand_for_themselves)
{
    expect("http://h/", "50% a?b#c.iso", "http://h/50%25%20a%3Fb%23c.iso");
    expect("http://h/", "\xc3\xa4\\\n\"<>[]|{}^`\x7f",
           "http://h/%C3%A4%5C%0A%22%3C%3E%5B%5D%7C%7B%7D%5E%60%7F");
    expect("http://h/", "-._~!$&'()*+,;=:@", "http://h/-._~!$&'()*+,;=:@");
}
