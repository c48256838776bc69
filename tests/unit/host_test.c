#include "transfer/host.h"

#include "transfer/url.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(host, addresses_are_found_as_browsers_do)
{
    static const struct {
        const char *host, *address; /* "": a name; NULL: refused */
    } rows[] = {
        {"127.0.0.1", "127.0.0.1"},
        {"127.0.0.1.", "127.0.0.1"},
        {"1.2.3", "1.2.0.3"},
        {"1.2", "1.0.0.2"},
        {"1", "0.0.0.1"},
        {"0x7f.1", "127.0.0.1"},
        {"0300.0x1.1", "192.1.0.1"},
        {"0x", "0.0.0.0"},
        {"1.0x", "1.0.0.0"},
        {"00.0x.0.", "0.0.0.0"},
        {"4294967295", "255.255.255.255"},
        {"0xffffffff", "255.255.255.255"},
        {"1.16777215", "1.255.255.255"},
        {"4294967296", NULL},
        {"1.16777216", NULL},
        {"99999999999999999999999999", NULL},
        {"256.1.1.1", NULL},
        {"1.1.1.256", NULL},
        {"1.256.1", NULL},
        {"1.2.3.4.5", NULL},
        {"1..2", NULL},
        {"a.1", NULL},
        {"a.0x1f", NULL},
        {"a.0x", NULL},
        {"1.2.3.08", NULL},
        {"09", NULL},
        {"1.2.3.4x", ""},
        {"0xg", ""},
        {"1.2.3.0xg", ""},
        {"1.2.3.4..", ""},
        {"1a", ""},
        {"a.1.", NULL},
        {"1.a", ""},
        {"a", ""},
        {".", ""},
        {"a..b", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char address[FA_HOST_ADDRESS];
        const char *why = fa_host_check(rows[i].host, address);
        cr_expect_eq(why == NULL, rows[i].address != NULL, "%s: %s", rows[i].host, why);
        if (!why && rows[i].address)
            cr_expect_str_eq(address, rows[i].address, "%s: %s", rows[i].host, address);
    }
}

Test(host, malformed_punycode_is_refused)
{
    static const struct {
        const char *host;
        bool valid;
    } rows[] = {
        {"xn--bcher-kva.example", true},
        {"www.xn--mnchen-3ya.de", true},
        {"xn--fsqu00a.xn--0zwm56d", true},
        {"xn--ls8h.la", true},
        {"xn--80ak6aa92e.com", true},
        {"xn--mgba3gch31f060k", true},
        {"xn--a", false},
        {"xn--", false},
        {"a.xn--.b", false},
        {"xn--abc-", false},
        {"xn--a_b", false},
        {"xn--99999999", false},
        {"xn--bcher-kv", false},
        {"axn--a", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char address[FA_HOST_ADDRESS];
        cr_expect_eq(fa_host_check(rows[i].host, address) == NULL, rows[i].valid, "%s",
                     rows[i].host);
    }
}

/* The characters that the standard forbids in a host, as they are and percent-encoded. */
Test(host, forbidden_characters_are_refused_in_any_form)
{
    static const char forbidden[] = "\x01\t\n\r\x1f #/:<>?@[\\]^|%\x7f";
    for (size_t i = 0; i < sizeof(forbidden); ++i) {
        struct fa_url url;
        char text[32];
        snprintf(text, sizeof(text), "http://a%%%02xb/", (unsigned char)forbidden[i]);
        cr_expect_eq(fa_url_parse(&url, text, NULL, NULL), -1, "%s", text);
        fa_url_fini(&url);
        if (forbidden[i] == '\0' || strchr("#/:?@", forbidden[i]))
            continue; /* ends the host, or the text */
        snprintf(text, sizeof(text), "http://a%cb/", forbidden[i]);
        cr_expect_eq(fa_url_parse(&url, text, NULL, NULL), -1, "%s", text);
        fa_url_fini(&url);
    }
}
