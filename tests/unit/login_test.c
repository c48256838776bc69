/* What a request may use of ~/.netrc, with the file formats that libcurl reads. */

#include "transfer/login.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "user:password", or "none". */
static const char *search(const char *text, const char *host, const char *user,
                          enum fa_netrc_use use)
{
    static char found[8192];
    struct fa_login login = {0};
    cr_assert_eq(fa_login_search(text, host, user, use, &login), 0);
    cr_assert_eq(login.source, login.user ? FA_LOGIN_NETRC : FA_LOGIN_NONE);
    snprintf(found, sizeof(found), "%s%s%s", login.user ? login.user : "none",
             login.user ? ":" : "", login.user ? login.password : "");
    fa_login_fini(&login);
    return found;
}

Test(login, the_first_entry_of_the_host_is_used)
{
    static const struct {
        const char *text, *host, *user, *found;
    } rows[] = {
        {"machine a login u password p", "a", NULL, "u:p"},
        {"machine a login u password p", "A", NULL, "u:p"},
        {"MACHINE a LOGIN u PASSWORD p\n", "a", NULL, "u:p"},
        {"machine a\n\tlogin u\n\tpassword p\n", "a", NULL, "u:p"},
        {"machine a\r\nlogin u\r\npassword p\r\n", "a", NULL, "u:p"},
        {"machine a password p login u", "a", NULL, "u:p"},
        {"machine a login u account x password p", "a", NULL, "u:p"},
        {"machine a account machine login u password p", "a", NULL, "u:p"},
        {"machine a login u", "a", NULL, "u:"},
        {"machine a password p", "a", NULL, "none"},
        {"machine a login u password", "a", NULL, "u:"},
        {"machine a login u password p", "b", NULL, "none"},
        {"machine a login u password p", "a.b", NULL, "none"},
        {"machine a login u password p", "evil-a", NULL, "none"},
        {"machine a login u password p", "a.", NULL, "none"},
        {"machine b login v password q machine a login u password p", "a", NULL, "u:p"},
        {"machine b login machine password a machine a login u password p", "a", NULL, "u:p"},
        {"machine a login u password p machine a login v password q", "a", NULL, "u:p"},
        {"machine a login u password p machine a login v password q", "a", "v", "v:q"},
        {"machine a login u password p login v password q", "a", "v", "v:q"},
        {"machine a login u password p", "a", "w", "none"},
        {"machine a login u password p", "a", "U", "none"},
        {"default login d password e", "a", NULL, "d:e"},
        {"machine a login u password p default login d password e", "b", NULL, "d:e"},
        {"machine a login u password p default login d password e", "a", NULL, "u:p"},
        {"# machine a login x password y\nmachine a login u #l\n password p", "a", NULL, "u:p"},
        {"machine a login u password p#q", "a", NULL, "u:p#q"},
        {"machine a login \"u v\" password \"p \\\"q\\\" \\\\\"", "a", NULL, "u v:p \"q\" \\"},
        {"machine a login \"u\\r\\nX: y\" password p", "a", NULL, "none"},
        {"machine a login u password \"p\\nq\" machine b login v password q", "b", NULL, "v:q"},
        {"machine a login u password \"p", "a", NULL, "none"},
        {"machine a login u password \"p\nmachine b login v password q", "b", NULL, "none"},
        {"macdef m\nmachine a login x password y\n\nmachine a login u password p", "a", NULL,
         "u:p"},
        {"macdef m\r\nmachine a login x password y\r\n\r\nmachine a login u password p", "a", NULL,
         "u:p"},
        {"macdef m\nmachine a login x password y", "a", NULL, "none"},
        {"machine ::1 login u password p", "::1", NULL, "u:p"},
        {"machine", "a", NULL, "none"},
        {"machine a login", "a", NULL, "none"},
        {"", "a", NULL, "none"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_str_eq(search(rows[i].text, rows[i].host, rows[i].user, FA_NETRC_ANY),
                         rows[i].found, "%zu: %s", i, rows[i].text);
}

Test(login, the_default_entry_is_not_for_hosts_that_a_redirect_has_chosen)
{
    static const char text[] = "machine a login u password p\ndefault login d password e\n"
                               "machine b login v password q";
    cr_expect_str_eq(search(text, "a", NULL, FA_NETRC_NAMED), "u:p");
    cr_expect_str_eq(search(text, "c", NULL, FA_NETRC_NAMED), "none");
    cr_expect_str_eq(search(text, "b", NULL, FA_NETRC_NAMED), "v:q");
    cr_expect_str_eq(search(text, "b", NULL, FA_NETRC_ANY), "d:e");
    cr_expect_str_eq(search(text, "a", NULL, FA_NETRC_NONE), "none");
}

Test(login, tokens_that_are_too_long_end_the_search)
{
    static char text[20000];
    memset(text, 'x', sizeof(text) - 1);
    cr_expect_str_eq(search(text, "a", NULL, FA_NETRC_ANY), "none");
    memcpy(text, "machine a login u password ", 27);
    cr_expect_str_eq(search(text, "a", NULL, FA_NETRC_ANY), "none");
    text[27] = '"';
    cr_expect_str_eq(search(text, "a", NULL, FA_NETRC_ANY), "none");
}

static struct fa_login choose(const char *url, const char *host_port, enum fa_netrc_use use)
{
    struct fa_login login;
    cr_assert_eq(fa_login_choose(url, host_port, use, &login), 0);
    return login;
}

Test(login, a_password_in_the_url_takes_precedence)
{
    struct fa_scratch scratch;
    fa_scratch_init(&scratch);
    setenv("HOME", scratch.path, 1);
    struct fa_login login = choose("http://a/", "a:80", FA_NETRC_ANY);
    cr_expect_eq(login.source, FA_LOGIN_NONE, "no file");
    fa_scratch_write(&scratch, ".netrc",
                     "machine a login u password p machine ::1 login six password p");
    static const struct {
        const char *url, *host_port;
        enum fa_netrc_use use;
        enum fa_login_source source;
        const char *user;
    } rows[] = {
        {"http://a/", "a:80", FA_NETRC_NAMED, FA_LOGIN_NETRC, "u"},
        {"http://a/", "a:80", FA_NETRC_NONE, FA_LOGIN_NONE, NULL},
        {"http://a/@", "a:80", FA_NETRC_NAMED, FA_LOGIN_NETRC, "u"},
        {"http://[::1]:81/", "::1:81", FA_NETRC_NAMED, FA_LOGIN_NETRC, "six"},
        {"http://v:q@a/", "a:80", FA_NETRC_ANY, FA_LOGIN_URL, NULL},
        {"http://:q@a/", "a:80", FA_NETRC_ANY, FA_LOGIN_URL, NULL},
        {"http://u@a/", "a:80", FA_NETRC_ANY, FA_LOGIN_NETRC, "u"},
        {"http://%75@a/", "a:80", FA_NETRC_ANY, FA_LOGIN_NETRC, "u"},
        {"http://v@a/", "a:80", FA_NETRC_ANY, FA_LOGIN_URL, NULL},
        {"http://u@a/", "a:80", FA_NETRC_NAMED, FA_LOGIN_URL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        login = choose(rows[i].url, rows[i].host_port, rows[i].use);
        cr_expect_eq(login.source, rows[i].source, "%s", rows[i].url);
        cr_expect(rows[i].user ? login.user && strcmp(login.user, rows[i].user) == 0 : !login.user,
                  "%s", rows[i].url);
        fa_login_fini(&login);
    }
    fa_scratch_fini(&scratch);
}
