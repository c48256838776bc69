/*
 * The engine in virtual time: ranges of one file that are fetched at once. See
 * support/virtual_world.h for the language of the scripts.
 */

#include "engine/growth.h"

#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ENGINE_SUITE(engine_segments);

/* 16 MB, a megabyte a second for each connection. */
#define SIZE  "size=16000000"
#define BYTES 16000000
#define FILE_ "200 " SIZE " rate=1000000"

static void begin_split(unsigned segments, const char *script)
{
    begin_world(script, "http://a/x");
    config->segments = segments;
    config->jobs = 16;
    config->per_host = 16;
    config->no_state = false;
}

static void expect_file(const char *version)
{
    fa_expect_file(config->dir, "x", version, BYTES);
    fa_expect_parts(config->dir, 0);
    cr_expect_null(fa_world_check(world), "%s", fa_world_check(world));
}

Test(engine_segments, a_file_comes_as_many_times_faster_as_it_has_connections)
{
    begin_split(4, "a/x " FILE_);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "...\n"
                                "@4-4.7 done a/x ok size=16000000 attempts=1 resumed=0 http=200\n"
                                "end complete\n");
    cr_expect_eq(fa_world_peak(world), 4);
    expect_file("x");
}

Test(engine_segments, one_connection_makes_no_range_request)
{
    begin_split(1, "a/x " FILE_);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n@16 done a/x ok bytes=16000000\nend complete\n");
    expect_file("x");
}

Test(engine_segments, a_small_file_is_not_split)
{
    begin_split(8, "a/x 200 size=2000000 rate=1000000");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok bytes=2000000\nend complete\n");
}

Test(engine_segments, a_file_without_a_strong_validator_is_not_split)
{
    begin_split(8, "a/x " FILE_ " weak");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok bytes=16000000\nend complete\n");
    fa_world_script(world, "a/x " FILE_ " nolength");
}

Test(engine_segments, limits_of_the_host_hold)
{
    begin_split(8, "a/x " FILE_);
    config->per_host = 3;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok\nend complete\n");
    cr_expect_eq(fa_world_peak(world), 3);
    expect_file("x");
}

Test(engine_segments, the_request_rate_of_the_host_holds)
{
    begin_split(4, "a/x " FILE_);
    config->host_rate = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n@1-1.1 get a/x\n...\ndone a/x ok\nend complete\n");
    expect_file("x");
}

Test(engine_segments, a_file_that_is_replaced_is_the_new_one)
{
    begin_split(4, "a/x " FILE_ " version=1");
    config->hash = FA_HASH_SHA256;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok\nend complete\n");
    expect_file("1");
    fa_world_script(world, "a/x " FILE_ " version=2\nat 2 drain");
    config->sync = true;
    fa_world_list(world, "http://a/x");
    fa_world_run(world);
    expect_file("1");
    fa_world_script(world, "a/x " FILE_ " version=2");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x if\n...\ndone a/x ok resumed=0\nend complete\n");
    expect_file("2");
}

Test(engine_segments, other_entries_come_first)
{
    begin_split(8, "a/x " FILE_ "\na/y 200 size=10 took=5");
    config->jobs = 2;
    fa_world_list(world, "http://a/y");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get a/y\n"
                                "@5 done a/y ok\n"
                                "@5-5.2 get a/x\n"
                                "...\n"
                                "done a/x ok\n"
                                "end complete\n");
    cr_expect_eq(fa_world_peak(world), 2);
    expect_file("x");
}

Test(engine_segments, an_entry_that_comes_later_gets_the_slot_of_a_segment)
{
    world = fa_world_new("a/x " FILE_ "\na/y 200 size=10\n"
                         "at 0 feed http://a/x\nat 1 feed http://a/y\nat 2 close");
    config = fa_world_config(world);
    config->segments = 4;
    config->per_host = 4;
    fa_world_pipe(world);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "...\n"
                                "@2-2.2 get a/y\n"
                                "done a/y ok\n"
                                "...\n"
                                "@5-6 done a/x ok attempts=1\n"
                                "end complete\n");
    expect_file("x");
}

Test(engine_segments, a_server_that_ignores_ranges_costs_one_request)
{
    begin_split(8, "a/x " FILE_ " norange");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "@0.2-0.4 get a/x\n"
                                "@16 done a/x ok attempts=1\n"
                                "end complete\n");
    expect_file("x");
}

Test(engine_segments, a_server_that_denies_ranges_costs_one_request)
{
    begin_split(8, "a/x " FILE_ " deny=403");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "@0.2-0.4 get a/x\n"
                                "@16 done a/x ok attempts=1\n"
                                "end complete\n");
    expect_file("x");
}

Test(engine_segments, a_refused_connection_is_no_failure_of_the_entry)
{
    static const char *const refusals[] = {"503", "refused", "reset"};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); ++i) {
        char script[256];
        snprintf(script, sizeof(script), "a/x " FILE_ "; " FILE_ "; %s; %s; %s; " FILE_,
                 refusals[i], refusals[i], refusals[i]);
        begin_split(5, script);
        fa_world_run(world);
        fa_world_expect(world, "get a/x\n...\ndone a/x ok attempts=1\nend complete\n");
        cr_expect_eq(fa_world_count(world, "host"), 0);
        expect_file("x");
        end_world();
    }
}

Test(engine_segments, a_pause_that_the_host_asks_for_stops_no_connection)
{
    begin_split(4, "a/x " FILE_ "; " FILE_ "; 429 retry-after=100; " FILE_);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "...\n"
                                "host a paused\n"
                                "...\n"
                                "@4-16.1 done a/x ok attempts=1\n"
                                "end complete\n");
    expect_file("x");
}

Test(engine_segments, a_file_that_changes_meanwhile_is_of_one_version)
{
    /* The first answer goes on with the old file. */
    begin_split(4, "a/x " FILE_ " version=1; " FILE_ " version=1; " FILE_ " version=2");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok size=16000000\nend complete\n");
    expect_file("1");
}

Test(engine_segments, a_file_that_changes_before_the_end_is_fetched_again_as_one)
{
    begin_split(2, "a/x " FILE_ " version=1 cut=1000000; " FILE_ " version=1 cut=12000000; " FILE_
                   " version=2");
    config->segments = 2;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok size=16000000\nend complete\n");
    expect_file("2");
}

Test(engine_segments, an_attempt_that_fails_counts_only_if_its_bytes_are_missing)
{
    /* The own connection is cut; the segment takes over. */
    begin_split(2, "a/x " FILE_ " cut=3000000; " FILE_);
    config->retries = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok size=16000000\nend complete\n");
    expect_file("x");
}

Test(engine_segments, workers_that_crash_lose_only_what_they_had_not_reported)
{
    begin_split(4, "a/x " FILE_ "; " FILE_ "; crash=15500000; " FILE_);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok size=16000000\nend complete\n");
    expect_file("x");
}

Test(engine_segments, a_stopped_run_is_continued_by_any_number_of_connections)
{
    static const unsigned later[] = {1, 4, FA_SEGMENTS_AUTO};
    for (size_t i = 0; i < sizeof(later) / sizeof(*later); ++i) {
        begin_split(4, "a/x " FILE_ "\nat 2 drain");
        EXPECT_RUN(FA_END_STOPPED, "get a/x\n...\ndone a/x failed cancelled\nend stopped\n");
        fa_expect_parts(config->dir, 1);
        fa_world_script(world, "a/x " FILE_);
        config->segments = later[i];
        fa_world_list(world, "http://a/x");
        fa_world_run(world);
        fa_world_expect(world, "...\ndone a/x ok size=16000000\nend complete\n");
        cr_expect_eq(fa_world_count(world, "get a/x"), fa_world_count(world, "get a/x *"));
        expect_file("x");
        end_world();
    }
}

Test(engine_segments, a_part_of_another_version_is_dropped)
{
    begin_split(4, "a/x " FILE_ " version=1\nat 2 drain");
    EXPECT_RUN(FA_END_STOPPED, "get a/x\n...\ndone a/x failed cancelled\nend stopped\n");
    fa_world_script(world, "a/x " FILE_ " version=2");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x *\n"
                                "get a/x\n"
                                "done a/x ok size=16000000 resumed=0\n"
                                "end complete\n");
    expect_file("2");
}

Test(engine_segments, auto_adds_connections_as_long_as_they_pay)
{
    begin_split(FA_SEGMENTS_AUTO, "a/x 200 size=64000000 rate=1000000");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "...\n"
                                "@8-24 done a/x ok size=64000000 attempts=1\n"
                                "end complete\n");
    cr_expect_eq(fa_world_peak(world), 8);
}

Test(engine_segments, a_full_disk_pauses_and_the_rest_is_fetched)
{
    begin_split(4, "a/x " FILE_ "\nat 1 full\nat 30 free");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok size=16000000\nend complete\n");
    expect_file("x");
}

/* The own connection neither stops early nor waits for the slow one. */
Test(engine_segments, auto_that_does_not_pay_costs_one_request)
{
    static const char *const rates[] = {"10000", "100000", "400000"};
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); ++i) {
        char script[128];
        snprintf(script, sizeof(script), "a/x " FILE_ "; 200 " SIZE " rate=%s", rates[i]);
        begin_split(FA_SEGMENTS_AUTO, script);
        EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                    "@3-4 get a/x\n"
                                    "@13-16.1 done a/x ok attempts=1\n"
                                    "end complete\n");
        expect_file("x");
        end_world();
    }
}

/* As the URLs of object stores do when their signature has expired. */
Test(engine_segments, a_url_that_expires_meanwhile_fails_nothing)
{
    static const unsigned numbers[] = {4, FA_SEGMENTS_AUTO};
    for (size_t i = 0; i < 2; ++i)
        for (unsigned good = 2; good < 6; ++good) {
            char script[512] = "a/x " FILE_;
            for (unsigned j = 1; j < good; ++j)
                strcat(script, "; " FILE_);
            strcat(script, "; 403");
            begin_split(numbers[i], script);
            EXPECT_RUN(FA_END_COMPLETE, "get a/x\n...\ndone a/x ok attempts=1\nend complete\n");
            end_world();
        }
}

Test(engine_segments, options_of_a_host_hold_for_its_segments)
{
    static const char *const headers[] = {"X-Token: a", "X-Two: 2"};
    struct fa_host_config one, other;
    fa_host_config_init(&one);
    one.pattern = "a";
    one.set = FA_HOST_PER_HOST;
    one.per_host = 3;
    one.headers = headers;
    one.n_headers = 2;
    fa_host_config_init(&other);
    other.pattern = "b";
    other.set = FA_HOST_RATE;
    other.host_rate = 1;
    const struct fa_host_config *const hosts[] = {&one, &other};
    begin_split(8, "a/x " FILE_ "\nb/y " FILE_);
    config->hosts = hosts;
    config->n_hosts = 2;
    fa_world_run(world);
    fa_world_expect(world, "get a/x headers=2\n...\ndone a/x ok\nend complete\n");
    cr_expect_eq(fa_world_peak(world), 3);
    cr_expect_eq(fa_world_count(world, "get a/x headers=2"), fa_world_count(world, "get"));
    fa_world_forget(world);
    expect_file("x");
    fa_world_list(world, "http://b/y");
    EXPECT_RUN(FA_END_COMPLETE, "get b/y headers=0\n"
                                "@1-1.1 get b/y headers=0\n"
                                "@2-2.1 get b/y headers=0\n"
                                "@3-3.1 get b/y headers=0\n"
                                "...\n"
                                "done b/y ok\n"
                                "end complete\n");
}

/* A request without the session would get a page, and the cookies of another login. */
Test(engine_segments, a_login_comes_first_and_its_cookies_are_those_of_the_segments)
{
    begin_split(4,
                "a/x " FILE_ "\n"
                "a/1 301 to=http://login/1; 301 to=http://a/2 cookies=a\tFALSE\t/\tFALSE\t0\ts\t1\n"
                "a/2 200 size=10\n"
                "login/1 301 to=http://a/1 took=3");
    config->cookies = "/dev/null";
    fa_world_list(world, "http://a/1");
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/x\n"
                           "@0 get a/1\n"
                           "@0 get login/1\n"
                           "@3 get a/1\n"
                           "@3 get a/2\n"
                           "@3 done a/1 ok\n"
                           "@3-3.1 get a/x\n"
                           "...\n"
                           "@5-10 done a/x ok\n"
                           "end complete\n");
    cr_expect(strstr(fa_world_trace(world), "cookies=a\tFALSE"), "%s", fa_world_trace(world));
    expect_file("x");
}

/* The same time as with one connection, whatever the server does with the others. */
Test(engine_segments, auto_costs_nothing_but_what_it_tries)
{
    static const struct {
        const char *name, *replies;
        unsigned requests;
    } rows[] = {
        {"ignored", FILE_ " norange", 2},
        {"denied", FILE_ " deny=403", 2},
        {"changed", FILE_ " version=x; " FILE_ " version=2", 2},
        {"too many", FILE_ "; 429", 1 + FA_GROWTH_REFUSALS},
        {"paused", FILE_ "; 429 retry-after=5", 2},
        {"busy", FILE_ "; 503", 1 + FA_GROWTH_REFUSALS},
        {"reset", FILE_ "; reset", 1 + FA_GROWTH_REFUSALS},
        {"refused", FILE_ "; refused", 1 + FA_GROWTH_REFUSALS},
        {"mute", FILE_ "; hang", 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        char script[256];
        snprintf(script, sizeof(script), "a/x %s", rows[i].replies);
        begin_split(FA_SEGMENTS_AUTO, script);
        fa_world_run(world);
        fa_world_expect(world, "get a/x\n...\n@16-16.1 done a/x ok attempts=1\nend complete\n");
        cr_expect(fa_world_count(world, "get") >= 2 &&
                      fa_world_count(world, "get") <= rows[i].requests,
                  "%s: %s", rows[i].name, fa_world_trace(world));
        expect_file("x");
        end_world();
    }
}
