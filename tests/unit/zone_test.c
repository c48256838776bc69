#include "transfer/zone.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* lo is the first interface of every network namespace. */
Test(zone, is_taken_out_of_the_addresses)
{
    static const struct {
        const char *addresses, *stripped;
        unsigned zone;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1", 0},
        {"127.0.0.1,[::1]", "127.0.0.1,[::1]", 0},
        {"[fe80::1%7]", "[fe80::1]", 7},
        {"fe80::1%7", "fe80::1", 7},
        {"[fe80::1%lo],192.0.2.1", "[fe80::1],192.0.2.1", 1},
        {"192.0.2.1,[fe80::1%3],[2001:db8::1]", "192.0.2.1,[fe80::1],[2001:db8::1]", 3},
        {"[fe80::1%3],[fe80::2%3]", "[fe80::1],[fe80::2]", 3},
        {"[fe80::1%3],[fe80::2%4],[::1]", "[fe80::1],[::1]", 3},
        {"[fe80::1%none]", "[fe80::1]", 0},
        {"[fe80::1%]", "[fe80::1]", 0},
        {"[fe80::1%sixteen-is-long-]", "[fe80::1]", 0},
        {"", "", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        unsigned zone = 99;
        char *stripped = NULL;
        cr_assert_eq(fa_zone_strip(rows[i].addresses, &stripped, &zone), 0);
        cr_expect_str_eq(stripped, rows[i].stripped, "%s: %s", rows[i].addresses, stripped);
        cr_expect_eq(zone, rows[i].zone, "%s: %u", rows[i].addresses, zone);
        free(stripped);
    }
}

Test(zone, of_a_host_is_missing_if_no_interface_has_the_name)
{
    static const struct {
        const char *host_port, *missing;
    } rows[] = {
        {"a:80", NULL},
        {"::1:80", NULL},
        {"fe80::1%25lo:80", NULL},
        {"fe80::1%251:80", NULL},
        {"fe80::1%25none:80", "none"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char *missing = fa_zone_missing(rows[i].host_port);
        cr_expect((missing != NULL) == (rows[i].missing != NULL), "%s", rows[i].host_port);
        if (missing && rows[i].missing)
            cr_expect_str_eq(missing, rows[i].missing);
        free(missing);
    }
}

Test(zone, is_needed_by_link_local_addresses)
{
    static const struct {
        const char *host_port;
        bool needed;
    } rows[] = {
        {"fe80::1:80", true},       {"febf:1::2:443", true},    {"fe80::1%25lo:80", false},
        {"fec0::1:80", false},      {"fe80.example:80", false}, {"fe8:80", false},
        {"feed.example:80", false}, {"fe:80", false},           {"::1:80", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_eq(fa_zone_is_needed(rows[i].host_port), rows[i].needed, "%s", rows[i].host_port);
}
