/*
 * The engine in virtual time: hosts that redirect each request to one of their mirrors, some of
 * which fail.  See support/virtual_world.h for the language of the scripts.
 */

#include "engine/scheduler.h"
#include "support/virtual_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ENGINE_SUITE(engine_redirect);

#define ENTRIES 100
#define DRAWS   12

static char script[256 * 1024];

static void add(const char *format, ...)
{
    size_t len = strlen(script);
    va_list args;
    va_start(args, format);
    vsnprintf(script + len, sizeof(script) - len, format, args);
    va_end(args);
}

/* Of every ten requests for URLs of "a", in an order without a pattern, that many are redirected to
 * "b" and the others to "c".  REST: about the hosts. */
static void begin_redirector(unsigned to_b, const char *rest)
{
    uint32_t random = 1;
    snprintf(script, sizeof(script), "%s\n", rest);
    for (unsigned i = 0; i < ENTRIES; ++i) {
        add("a/f%u ", i);
        for (unsigned draw = 0; draw < DRAWS; ++draw) {
            random = random * 1664525 + 1013904223;
            add("%s302 to=%s/f%u", draw ? "; " : "", (random >> 16) % 10 < to_b ? "b" : "c", i);
        }
        add("\n");
    }
    begin_world(script, "");
    config->retry_wait = 1;
    for (unsigned i = 0; i < ENTRIES; ++i)
        fa_world_list(world, "http://a/f%u", i);
}

Test(engine_redirect, a_mirror_that_fails_costs_no_entry)
{
    static const struct {
        const char *b;
        unsigned most; /* requests to it */
        double seconds;
    } rows[] = {
        {"b/* refused", 40, 30},
        {"b/* timeout", 40, 60},
        {"b/* reset", 40, 30},
        {"b/* tls", 200, 30},
        {"dns b 0 9999 missing", 0, 30},
        {"dns b 0 9999 fail", 0, 30},
        {"b/* 500", 200, 30},
        {"b/* 503 retry-after=50", 40, 30},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char rest[256];
        snprintf(rest, sizeof(rest), "c/* 200 size=10\n%s", rows[i].b);
        begin_redirector(3, rest);
        config->connect_timeout = 15;
        fa_world_run(world);
        cr_expect_eq(fa_world_check(world), NULL, "%s: %s", rows[i].b, fa_world_check(world));
        cr_expect_eq(fa_world_count(world, "done * ok"), ENTRIES, "%s: %u", rows[i].b,
                     fa_world_count(world, "done * ok"));
        unsigned gets = fa_world_count(world, "get b/");
        cr_expect_leq(gets, rows[i].most, "%s: %u requests", rows[i].b, gets);
        cr_expect_leq(fa_world_now(world), rows[i].seconds, "%s: %g s", rows[i].b,
                      fa_world_now(world));
        cr_expect_eq(fa_world_count(world, "host a"), 0, "%s", rows[i].b);
        end_world();
    }
    begin_world("a/* 404", "");
}

/* Every request to "a" is redirected to the same URL of "b". */
static void begin_single(const char *b)
{
    snprintf(script, sizeof(script), "%s\na/* 302 to=b/x\na/good 200 size=10", b);
    begin_world(script, "");
    config->retry_wait = 1;
    for (unsigned i = 0; i < ENTRIES; ++i)
        fa_world_list(world, "http://a/f%u", i);
    fa_world_list(world, "http://a/good");
}

Test(engine_redirect, a_redirector_is_not_hammered_for_a_host_that_is_down)
{
    static const char *const rows[] = {"b/* refused", "b/* timeout took=15", "dns b 0 9999 missing",
                                       "dns b 0 9999 fail", "b/* 503"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        begin_single(rows[i]);
        fa_world_run(world);
        cr_expect_eq(fa_world_check(world), NULL, "%s: %s", rows[i], fa_world_check(world));
        cr_expect_eq(fa_world_count(world, "done * failed"), ENTRIES, "%s", rows[i]);
        unsigned gets = fa_world_count(world, "get a/"),
                 most = ENTRIES * (1 + FA_DRAWS_MAX + 5) + 1;
        cr_expect_leq(gets, most, "%s: %u requests", rows[i], gets);
        cr_expect_leq(fa_world_now(world), 200, "%s: %g s", rows[i], fa_world_now(world));
        cr_expect_eq(fa_world_count(world, "host a"), 0, "%s", rows[i]);
        cr_expect_eq(fa_world_count(world, "@0-1 done a/good ok"), 1, "%s", rows[i]);
        end_world();
    }
    begin_world("a/* 404", "");
}

Test(engine_redirect, a_host_that_is_back_gets_all_that_is_redirected_to_it)
{
    static const char *const rows[] = {"down b 0 40 refused", "dns b 0 40 fail",
                                       "down b 0 40 timeout"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char b[64];
        snprintf(b, sizeof(b), "b/* 200 size=10\n%s", rows[i]);
        begin_single(b);
        config->retries = 0;
        fa_world_run(world);
        cr_expect_eq(fa_world_check(world), NULL, "%s: %s", rows[i], fa_world_check(world));
        cr_expect_eq(fa_world_count(world, "done * ok"), ENTRIES + 1, "%s: %u", rows[i],
                     fa_world_count(world, "done * ok"));
        end_world();
    }
    begin_world("a/* 404", "");
}

Test(engine_redirect, a_pause_of_one_mirror_is_not_one_of_the_entry)
{
    begin_world("a/x 302 to=b/x; 302 to=b/x; 302 to=c/x\n"
                "b/* 503 retry-after=100\nc/x 200 size=10",
                "http://a/x");
    config->retry_wait = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get b/x\n"
                                "host b paused wait=100\n"
                                "@0 retry b/x http\n"
                                "get a/x\n"
                                "@0-3 retry a/x http\n"
                                "get a/x\n"
                                "get c/x\n"
                                "@0-4 done a/x ok effective=c/x\n"
                                "end complete\n");
}

/* Thirty requests are redirected to "b" at once, which serves two at a time. */
Test(engine_redirect, entries_on_their_way_to_a_host_that_pauses_draw_again)
{
    snprintf(script, sizeof(script), "b/* 503 retry-after=300 took=0.1\nc/* 200 size=10\n");
    for (unsigned i = 0; i < 30; ++i)
        add("a/f%u 302 to=b/f%u; 302 to=c/f%u\n", i, i, i);
    begin_world(script, "");
    config->retry_wait = 1;
    config->per_host = 2;
    for (unsigned i = 0; i < 30; ++i)
        fa_world_list(world, "http://a/f%u", i);
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done * ok"), 30);
    cr_assert_leq(fa_world_now(world), 5, "%g s: %s", fa_world_now(world), fa_world_trace(world));
}

Test(engine_redirect, a_pause_of_the_only_host_behind_a_redirect_is_kept)
{
    begin_world("a/* 302 to=b/x\nb/x 503 retry-after=100; 200 size=10", "http://a/1\nhttp://a/2");
    config->retry_wait = 1;
    config->per_host = 1;
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "@100-116 done * ok"), 2, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@0.1-99 get b/"), 0);
    cr_assert_leq(fa_world_count(world, "get a/"), 2 * (1 + FA_DRAWS_MAX) + 1);
}

Test(engine_redirect, a_mirror_without_the_file_is_drawn_twice_at_most)
{
    begin_world("a/1 302 to=b/1; 302 to=c/1\nb/1 404\nc/1 200 size=10\n"
                "a/2 302 to=b/2\nb/2 404\n"
                "a/3 302 to=b/3\nb/3 401\n"
                "a/4 302 to=a/5\na/5 404",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://a/4");
    config->retry_wait = 1;
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done a/1 ok attempts=2"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done a/2 failed http http=404 attempts=2 transient=0"), 1);
    cr_assert_eq(fa_world_count(world, "done a/3 failed http http=401 attempts=1 transient=0"), 1);
    cr_assert_eq(fa_world_count(world, "done a/4 failed http http=404 attempts=1 transient=0"), 1);
}

Test(engine_redirect, a_part_is_resumed_whatever_mirror_is_drawn)
{
    begin_world("a/x 302 to=b/x; 302 to=dead/x; 302 to=c/x\n"
                "b/x 200 size=100 version=1 cut=40\nc/x 200 size=100 version=1\ndead/* refused",
                "http://a/x");
    fa_world_run(world);
    fa_world_expect(world, "...\nget c/x 40-\ndone a/x ok size=100 bytes=100 resumed=40\n...\n");
}

/* Each entry is redirected until it has a cookie, as the second reply says. */
Test(engine_redirect, one_entry_logs_in_for_all_of_its_host)
{
    begin_world("a/1 301 to=http://login/1; 301 to=http://b/1\n"
                "a/2 301 to=http://login/2; 200 size=10\n"
                "a/3 301 to=http://login/3; 200 size=10\n"
                "a/* 200 size=10\n"
                "login/1 301 to=http://a/1 took=2\n"
                "b/1 200 size=10",
                "http://a/1\nhttp://a/2\nhttp://a/3");
    config->cookies = "/dev/null";
    config->per_host = 3;
    for (int i = 4; i < 9; ++i)
        fa_world_list(world, "http://a/%d", i);
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n@0 get a/2\n@0 get a/3\n@0 get login/1\n"
                           "@2 get a/1\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "get login/2"), 0, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "get login/3"), 0);
    cr_assert_eq(fa_world_count(world, "get b/1"), 1);
    cr_assert_eq(fa_world_count(world, "done * ok attempts=1"), 8);
}

Test(engine_redirect, host_whose_files_are_elsewhere_is_held_up_once)
{
    begin_world("a/1 301 to=http://b/1\na/2 301 to=http://b/2\na/3 301 to=http://b/3\n"
                "b/* 200 size=10 took=1",
                "http://a/1\nhttp://a/2\nhttp://a/3");
    config->cookies = "/dev/null";
    config->per_host = 1;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0 get a/1"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@0.1 get a/2"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@0.1 get a/3"), 1);
    cr_assert_eq(fa_world_count(world, "done * ok attempts=1"), 3);
}

Test(engine_redirect, login_that_fails_is_tried_by_the_next_entry)
{
    begin_world("a/1 301 to=http://login/1\na/2 301 to=http://login/2\n"
                "login/1 401 took=1\nlogin/2 401",
                "http://a/1\nhttp://a/2");
    config->cookies = "/dev/null";
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "done * failed http http=401"), 2, "%s",
                 fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@1 get login/2"), 1);
}

Test(engine_redirect, login_host_that_is_down_does_not_hold_up_its_host_for_ever)
{
    begin_world("a/1 301 to=http://login/1\na/2 200 size=10\nlogin/1 refused",
                "http://a/1\nhttp://a/2");
    config->cookies = "/dev/null";
    config->per_host = 1;
    config->host_wait = 5;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "done a/2 ok"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done a/1 failed connect"), 1);
}
