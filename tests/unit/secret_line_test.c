#include "transfer/secret_line.h"

#include <criterion/criterion.h>
#include <string.h>

struct row {
    const char *line, *authority; /* NULL: the line begins with it */
    const char *secret, *host;    /* NULL: none */
};

static void check(const struct row *row)
{
    const char *authority = row->authority ? strstr(row->line, row->authority) : row->line;
    struct fa_secret_line found = fa_secret_line_find(row->line, authority, "mine");
    cr_expect_eq(!found.secret, !row->secret, "%s", row->line);
    if (found.secret && row->secret)
        cr_expect_str_eq(found.secret, row->secret, "%s", row->line);
    cr_expect_eq(!found.host, !row->host, "%s", row->line);
    if (found.host && row->host)
        cr_expect_str_eq(found.host, row->host, "%s", row->line);
}

Test(secret_line, begins_at_the_earliest_of_colon_login_and_name)
{
    static const struct row rows[] = {
        {"", NULL, NULL, NULL},
        {"plain words", NULL, NULL, NULL},
        {"host:80/x", NULL, NULL, NULL},
        {"http://host", "host", NULL, NULL},
        {"user:pw@host/x", NULL, "pw@host/x", "host/x"},
        {"http://user:pw@host", "user", "pw@host", "host"},
        {"http://token@host", "token", "token@host", "host"},
        {"u:p@w@host", NULL, "p@w@host", "host"},
        {"a=b u:p@host", NULL, "a=b u:p@host", "host"},
        {"Name: a@b", NULL, "a@b", NULL},
        {"Name:value", NULL, "value", NULL},
        {"name = u:p", NULL, "u:p", NULL},
        {"header=Name:a@b", NULL, "a@b", NULL},
        {"header=Name: a", NULL, "a", NULL},
        {"login u password a b", NULL, "a b", NULL},
        {"mine a", NULL, "a", NULL},
        {"login u:p password a", NULL, "p password a", NULL},
        {"password a@b", NULL, "password a@b", NULL},
        {"a=b: password c", NULL, "b: password c", NULL},
        {"password a", NULL, "a", NULL},
        {"password", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        check(&rows[i]);
}

Test(secret_line, colons_of_schemes_and_ports_are_none)
{
    cr_expect_null(fa_secret_line_colon("http://a:80/b"));
    cr_expect_null(fa_secret_line_colon("http:\\\\a:80"));
    cr_expect_str_eq(fa_secret_line_colon("http://a:80x"), ":80x");
    cr_expect_str_eq(fa_secret_line_colon("http://a:80/b:c"), ":c");
}
