#include "engine/hosts.h"

#include "base/key.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fa_hosts hosts;

static void begin(void)
{
    cr_assert_eq(fa_hosts_init(&hosts, NULL), 0);
}

static void end(void)
{
    fa_hosts_fini(&hosts);
}

TestSuite(hosts, .init = begin, .fini = end);

static struct fa_origin *get(const char *text)
{
    struct fa_url url;
    cr_assert_eq(fa_url_parse(&url, text, NULL, NULL), 0);
    struct fa_origin *origin = fa_hosts_get(&hosts, &url, fa_key_str(url.origin));
    fa_url_fini(&url);
    return origin;
}

Test(hosts, equal_origins_are_one)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"http://a/x", "http://A:80/y", true},    {"http://a/", "https://a/", false},
        {"http://a/", "http://a:81/", false},     {"http://a/", "http://b/", false},
        {"http://u:p@a/", "http://a/", true},     {"https://a/", "https://a:443/", true},
        {"http://[::1]/", "http://[::1]/", true}, {"http://127.1/", "http://127.0.0.1/", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_assert_eq(get(rows[i].a) == get(rows[i].b), rows[i].same, "%s %s", rows[i].a, rows[i].b);
}

Test(hosts, many_origins_are_found_again)
{
    enum { MANY = 20000 };
    static struct fa_origin *all[MANY];
    char text[64];
    for (int i = 0; i < MANY; ++i) {
        snprintf(text, sizeof(text), "http://host%d/", i);
        all[i] = get(text);
        cr_assert_eq(strncmp(all[i]->host, text + 7, strlen(all[i]->host)), 0);
    }
    cr_assert_eq(hosts.count, MANY);
    for (int i = 0; i < MANY; ++i) {
        snprintf(text, sizeof(text), "http://host%d/", i);
        cr_assert_eq(get(text), all[i]);
    }
    for (int i = 0; i < MANY; i += 2)
        fa_hosts_forget(&hosts, all[i]);
    cr_assert_eq(hosts.count, MANY / 2);
    for (int i = 1; i < MANY; i += 2) {
        snprintf(text, sizeof(text), "http://host%d/", i);
        cr_assert_eq(get(text), all[i]);
    }
}

Test(hosts, the_ring_gives_each_its_turn)
{
    struct fa_origin *a = get("http://a/"), *b = get("http://b/"), *c = get("http://c/");
    cr_assert_null(fa_hosts_next(&hosts, FA_RING_READY));
    fa_hosts_set_ring(&hosts, a, FA_RING_READY);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), a);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), a);
    fa_hosts_set_ring(&hosts, b, FA_RING_READY);
    fa_hosts_set_ring(&hosts, c, FA_RING_READY);
    fa_hosts_set_ring(&hosts, c, FA_RING_READY);
    struct fa_origin *first = fa_hosts_next(&hosts, FA_RING_READY);
    struct fa_origin *second = fa_hosts_next(&hosts, FA_RING_READY);
    struct fa_origin *third = fa_hosts_next(&hosts, FA_RING_READY);
    cr_assert(first != second && second != third && third != first);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), first);
    fa_hosts_set_ring(&hosts, second, FA_RING_NONE);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), third);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), first);
    fa_hosts_set_ring(&hosts, first, FA_RING_NONE);
    fa_hosts_set_ring(&hosts, third, FA_RING_NONE);
    fa_hosts_set_ring(&hosts, third, FA_RING_NONE);
    cr_assert_null(fa_hosts_next(&hosts, FA_RING_READY));
}

Test(hosts, one_is_in_one_ring_at_a_time)
{
    struct fa_origin *a = get("http://a/"), *b = get("http://b/");
    fa_hosts_set_ring(&hosts, a, FA_RING_READY);
    fa_hosts_set_ring(&hosts, b, FA_RING_READY);
    fa_hosts_set_ring(&hosts, a, FA_RING_PROBES);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_PROBES), a);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_PROBES), a);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), b);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), b);
    fa_hosts_set_ring(&hosts, b, FA_RING_PROBES);
    cr_assert_null(fa_hosts_next(&hosts, FA_RING_READY));
    cr_assert_neq(fa_hosts_next(&hosts, FA_RING_PROBES), fa_hosts_next(&hosts, FA_RING_PROBES));
    fa_hosts_set_ring(&hosts, a, FA_RING_NONE);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_PROBES), b);
}

Test(hosts, those_that_are_down_are_listed_until_they_are_forgotten)
{
    struct fa_origin *a = get("http://a/"), *b = get("http://b/"), *c = get("http://c/");
    fa_hosts_set_waited(&hosts, a, true);
    fa_hosts_set_waited(&hosts, b, true);
    fa_hosts_set_waited(&hosts, b, true);
    fa_hosts_set_waited(&hosts, c, true);
    fa_hosts_set_waited(&hosts, b, false);
    fa_hosts_set_waited(&hosts, b, false);
    cr_assert_eq(LIST_FIRST(&hosts.waited), c);
    cr_assert_eq(LIST_NEXT(c, in_waited), a);
    cr_assert_null(LIST_NEXT(a, in_waited));
    fa_hosts_forget(&hosts, c);
    cr_assert_eq(LIST_FIRST(&hosts.waited), a);
    fa_hosts_set_waited(&hosts, a, false);
    cr_assert(LIST_EMPTY(&hosts.waited));
}

Test(hosts, what_there_is_to_remember_is_not_forgotten)
{
    static const char *const what[] = {"nothing", "active", "lookup", "timer", "breaker", "queue"};
    struct fa_job job = {0};
    for (size_t i = 0; i < sizeof(what) / sizeof(*what); ++i) {
        char text[64];
        snprintf(text, sizeof(text), "http://%s/", what[i]);
        struct fa_origin *origin = get(text);
        size_t before = hosts.count;
        origin->active = i == 1;
        origin->lookup = i == 2 ? FA_LOOKUP_ASKED : FA_LOOKUP_KNOWN;
        origin->timer.place = i == 3;
        origin->breaker.failures = i == 4;
        if (i == 5)
            fa_job_queue_push(&origin->lines[FA_LINE_FRESH], &job);
        cr_assert_eq(fa_origin_waiting(origin), i == 5);
        fa_hosts_forget(&hosts, origin);
        cr_assert_eq(hosts.count, i == 0 ? before - 1 : before, "%s", what[i]);
    }
}

Test(hosts, one_in_the_ring_leaves_it_when_forgotten)
{
    struct fa_origin *a = get("http://a/"), *b = get("http://b/");
    fa_hosts_set_ring(&hosts, a, FA_RING_READY);
    fa_hosts_set_ring(&hosts, b, FA_RING_READY);
    fa_hosts_forget(&hosts, a);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), b);
    cr_assert_eq(fa_hosts_next(&hosts, FA_RING_READY), b);
    fa_hosts_forget(&hosts, b);
    cr_assert_null(fa_hosts_next(&hosts, FA_RING_READY));
}
