/*
 * The engine in virtual time: stragglers that are requested a second time.  See
 * support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

ENGINE_SUITE(engine_hedge);

#define OTHERS 40

/* A slow file, between others of its size. */
static void begin(const char *script)
{
    begin_world(script, "http://a/slow");
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/f%u", i);
}

/* Nothing is left of the other request. */
static void expect_no_parts(void)
{
    DIR *dir = opendir(fa_world_path(world, ".fetchall"));
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        cr_expect_null(strstr(entry->d_name, ".part"), "%s", entry->d_name);
    if (dir)
        closedir(dir);
}

/* The run ends between these times, with that line for the slow file. */
static void expect_slow(const char *done, unsigned requests)
{
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE, "%s", fa_world_trace(world));
    cr_expect_null(fa_world_check(world), "%s\n%s", fa_world_check(world), fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, done), 1, "%s\n%s", done, fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "get a/slow"), requests, "%s", fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done a/slow"), 1);
    expect_no_parts();
}

Test(engine_hedge, a_straggler_is_requested_again_and_the_first_answer_counts)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@1-1.5 done a/slow ok http=200 attempts=2 size=1000", 2);
}

Test(engine_hedge, one_without_an_answer_is_requested_again)
{
    begin("a/slow hang; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@1-1.5 done a/slow ok http=200 attempts=2 size=1000", 2);
}

Test(engine_hedge, the_first_request_may_be_the_first_to_end)
{
    begin("a/slow 200 size=1000 took=3; 200 size=1000 took=60\n"
          "a/* 200 size=1000");
    expect_slow("@3 done a/slow ok http=200 attempts=2 size=1000", 2);
}

Test(engine_hedge, a_hedge_that_fails_changes_nothing)
{
    begin("a/slow 200 size=1000 took=5; 404; 500\n"
          "a/* 200 size=1000");
    expect_slow("@5 done a/slow ok http=200 attempts=2 size=1000", 2);
}

Test(engine_hedge, a_hedge_that_is_redirected_changes_nothing)
{
    begin("a/slow 200 size=1000 took=5; 302 to=a/f1\n"
          "a/* 200 size=1000");
    expect_slow("@5 done a/slow ok http=200 attempts=2 size=1000", 2);
}

Test(engine_hedge, a_file_behind_a_redirect_is_requested_again_where_that_led)
{
    begin("a/slow 302 to=b/slow\n"
          "b/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@1-1.5 done a/slow ok http=200 attempts=2 size=1000 effective=b/slow", 1);
    cr_expect_eq(fa_world_count(world, "get b/slow"), 2);
}

Test(engine_hedge, a_failure_of_the_first_request_waits_for_the_hedge)
{
    begin("a/slow 200 size=1000 cut=900 took=3; 200 size=1000 took=4\n"
          "a/* 200 size=1000");
    expect_slow("@5-5.5 done a/slow ok http=200 attempts=2 size=1000", 2);
    cr_expect_eq(fa_world_count(world, "retry"), 0);
}

Test(engine_hedge, a_failure_counts_after_the_hedge_has_failed_too)
{
    begin("a/slow 200 size=1000 cut=900 took=3; 200 size=1000 cut=10 took=4; 200 size=1000\n"
          "a/* 200 size=1000");
    config->retries = 1;
    expect_slow("@5-5.5 done a/slow ok http=206 attempts=3 size=1000 resumed=900", 3);
    cr_expect_eq(fa_world_count(world, "@5-5.5 retry a/slow truncated"), 1);
}

Test(engine_hedge, an_entry_is_hedged_once)
{
    begin("a/slow 200 size=1000 took=100; 200 size=1000 took=100\n"
          "a/* 200 size=1000");
    expect_slow("@100 done a/slow ok attempts=2", 2);
}

Test(engine_hedge, without_hedging_a_straggler_is_waited_for)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    config->no_hedge = true;
    expect_slow("@60 done a/slow ok attempts=1", 1);
}

Test(engine_hedge, a_host_that_has_refused_requests_gets_none_twice)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/f5 429; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@60 done a/slow ok attempts=1", 1);
}

Test(engine_hedge, a_host_that_was_overloaded_gets_none_twice)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/f5 503 retry-after=1; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@60 done a/slow ok attempts=1", 1);
    cr_expect_eq(fa_world_count(world, "get"), OTHERS + 2, "%s", fa_world_trace(world));
}

Test(engine_hedge, a_host_that_has_refused_connections_gets_none_twice)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/f30 refused; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@60 done a/slow ok attempts=1", 1);
}

/* The second straggler starts after the answer to the hedge of the first one. */
static void expect_two_stragglers(const char *script, unsigned requests_of_second)
{
    begin_world(script, "http://a/slow");
    config->per_host = 10;
    for (unsigned i = 0; i < 98; ++i)
        fa_world_list(world, "http://a/f%u", i);
    fa_world_list(world, "http://a/late");
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_null(fa_world_check(world), "%s", fa_world_check(world));
    cr_expect_eq(fa_world_count(world, "@1-2 get a/slow"), 1, "%s", fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "get a/late"), requests_of_second, "%s",
                 fa_world_trace(world));
}

Test(engine_hedge, a_hedge_that_is_refused_is_the_last_one_at_its_host)
{
    expect_two_stragglers("a/slow 200 size=1000 took=60; 429\n"
                          "a/late 200 size=1000 took=60; 200 size=1000\n"
                          "a/* 200 size=1000 took=0.1",
                          1);
}

Test(engine_hedge, a_hedge_that_fails_is_not_the_last_one_at_its_host)
{
    expect_two_stragglers("a/slow 200 size=1000 took=60; 404\n"
                          "a/late 200 size=1000 took=60; 200 size=1000\n"
                          "a/* 200 size=1000 took=0.1",
                          2);
}

/* The check of the world counts requests per second. */
Test(engine_hedge, the_rate_of_a_host_holds)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    config->host_rate = 10;
    expect_slow("@4-5 done a/slow ok attempts=2", 2);
}

Test(engine_hedge, a_mirror_is_asked_where_the_host_has_refused)
{
    begin_world("a/slow 200 size=1000 took=60; 200 size=1000\n"
                "a/f5 429; 200 size=1000\n"
                "b/slow 200 size=1000 version=a/slow\n"
                "a/* 200 size=1000",
                "http://a/slow\thttp://b/slow");
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/f%u", i);
    expect_slow("@1-2.5 done a/slow ok attempts=2", 1);
    cr_expect_eq(fa_world_count(world, "get b/slow"), 1);
}

Test(engine_hedge, the_limit_of_a_host_holds)
{
    begin("a/f39 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    config->per_host = 1;
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "@60.4 done a/f39 ok attempts=1"), 1, "%s",
                 fa_world_trace(world));
}

Test(engine_hedge, the_limit_of_all_transfers_holds)
{
    begin("a/f39 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000");
    config->jobs = 1;
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "@60.4 done a/f39 ok attempts=1"), 1, "%s",
                 fa_world_trace(world));
}

Test(engine_hedge, files_are_requested_once_before_the_end)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/f1 200 size=1000 took=30; 200 size=1000\n"
          "a/* 200 size=1000");
    expect_slow("@30-30.5 done a/slow ok attempts=2", 2);
    cr_expect_eq(fa_world_count(world, "get a/f1"), 1);
}

Test(engine_hedge, a_list_that_goes_on_is_not_at_its_end)
{
    begin("a/slow 200 size=1000 took=60; 200 size=1000\n"
          "a/* 200 size=1000\n"
          "at 20 close");
    fa_world_pipe(world);
    expect_slow("@20-20.5 done a/slow ok attempts=2", 2);
}

Test(engine_hedge, at_most_one_of_fifty_entries_is_requested_twice)
{
    begin_world("a/s0 hang; 200 size=1000\n"
                "a/s1 hang; 200 size=1000\n"
                "a/s2 hang; 200 size=1000\n"
                "a/s3 200 size=1000 took=50; 200 size=1000\n"
                "a/* 200 size=1000",
                "http://a/s0\nhttp://a/s1\nhttp://a/s2\nhttp://a/s3");
    for (unsigned i = 0; i < 196; ++i)
        fa_world_list(world, "http://a/f%u", i);
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "@1-1.5 done * ok attempts=2"), 4, "%s",
                 fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "get"), 204);
    cr_expect_eq(fa_world_count(world, "done"), 200);
    expect_no_parts();
}

/* Of 100 entries two may be requested twice, and a third straggler is waited for. */
Test(engine_hedge, more_stragglers_than_that_are_not_requested_twice)
{
    begin_world("a/s0 200 size=1000 took=10; 200 size=1000\n"
                "a/s1 200 size=1000 took=60; 200 size=1000\n"
                "a/s2 200 size=1000 took=60; 200 size=1000\n"
                "a/* 200 size=1000",
                "http://a/s0\nhttp://a/s1\nhttp://a/s2");
    for (unsigned i = 0; i < 97; ++i)
        fa_world_list(world, "http://a/f%u", i);
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "@10 done a/s0 ok attempts=1"), 1, "%s",
                 fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "@10-10.5 done * ok attempts=2"), 2, "%s",
                 fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "get"), 102);
    expect_no_parts();
}

Test(engine_hedge, a_mirror_is_better_than_the_same_host)
{
    begin_world("a/slow 200 size=1000 took=60; 200 size=1000\n"
                "b/slow 200 size=1000 version=a/slow\n"
                "a/* 200 size=1000",
                "http://a/slow\thttp://b/slow");
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/f%u", i);
    expect_slow("@1-1.6 done a/slow ok attempts=2", 1);
    cr_expect_eq(fa_world_count(world, "@1-1.6 get b/slow"), 1);
}

Test(engine_hedge, a_mirror_without_an_address_changes_nothing)
{
    begin_world("a/slow 200 size=1000 took=5\n"
                "dns b 0 100 missing\n"
                "a/* 200 size=1000",
                "http://a/slow\thttp://b/slow");
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/f%u", i);
    expect_slow("@5 done a/slow ok attempts=1", 1);
    cr_expect_eq(fa_world_count(world, "get b/slow"), 0);
}

Test(engine_hedge, a_stop_ends_both)
{
    begin("a/slow hang\n"
          "a/* 200 size=1000\n"
          "at 5 drain");
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    cr_expect_null(fa_world_check(world));
    cr_expect_eq(fa_world_count(world, "@5-5.1 done a/slow failed cancelled attempts=2"), 1, "%s",
                 fa_world_trace(world));
    expect_no_parts();
}

Test(engine_hedge, a_stop_while_the_first_request_has_failed_ends_the_hedge)
{
    begin("a/slow 200 size=1000 cut=900 took=3; hang\n"
          "a/* 200 size=1000\n"
          "at 5 drain");
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    cr_expect_null(fa_world_check(world));
    cr_expect_eq(fa_world_count(world, "@5-5.1 done a/slow failed attempts=2"), 1, "%s",
                 fa_world_trace(world));
    expect_no_parts();
}

/* The hedge has another version than the part of the first request, which the state knows. */
Test(engine_hedge, a_part_that_was_recorded_is_replaced)
{
    begin_world("a/slow 200 size=300000 took=60 version=old; 200 size=300000 version=new\n"
                "a/* 200 size=300000",
                "");
    config->no_state = false;
    config->hash = config->hash_first = FA_HASH_SHA256;
    fa_world_list(world, "http://a/slow\n checksum=sha-256=%s",
                  fa_world_sha256(world, "new", 300000));
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/f%u", i);
    expect_slow("@1-1.6 done a/slow ok attempts=2 size=300000", 2);
    fa_world_list(world, "http://a/slow");
    fa_world_forget(world);
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "done a/slow exists"), 1, "%s", fa_world_trace(world));
}

Test(engine_hedge, a_file_that_may_be_current_is_asked_about_again)
{
    begin("a/slow 200 size=1000\n"
          "a/* 200 size=1000");
    config->no_state = false;
    config->sync = true;
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    fa_world_forget(world);
    fa_world_script(world, "a/slow hang; 200 size=1000\n"
                           "a/* 200 size=1000");
    fa_world_list(world, "http://a/slow");
    for (unsigned i = 0; i < OTHERS; ++i)
        fa_world_list(world, "http://a/g%u", i);
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    cr_expect_eq(fa_world_count(world, "@1-1.5 done a/slow unchanged attempts=2"), 1, "%s",
                 fa_world_trace(world));
    expect_no_parts();
}
