/*
 * The engine in virtual time: runs that are stopped, halted, or meet a full disk. See
 * support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

ENGINE_SUITE(engine_stop);

Test(engine_stop, a_drain_cancels_what_is_under_way_and_reports_the_rest)
{
    begin_world("a/* 200 size=100 took=10\nat 2 drain", "http://a/1\nhttp://a/2\nhttp://a/3");
    config->per_host = 2;
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n"
                           "@0 get a/2\n"
                           "@2 done\n"
                           "@2 done\n"
                           "@2 done\n"
                           "@2 end stopped\n");
    cr_assert_eq(fa_world_count(world, "done a/1 failed cancelled transient=1"), 1);
    cr_assert_eq(fa_world_count(world, "done a/2 failed cancelled transient=1"), 1);
    cr_assert_eq(fa_world_count(world, "done a/3 failed cancelled transient=1 attempts=0"), 1);
}

Test(engine_stop, a_stop_ends_at_once_and_reports_nothing)
{
    begin_world("a/* 200 size=100 took=10\nat 2 stop", "http://a/1\nhttp://a/2");
    EXPECT_RUN(FA_END_STOPPED, "@0 get a/1\n"
                               "@0 get a/2\n"
                               "@2 end stopped\n");
    fa_expect_no_file(config->dir, "1");
    fa_expect_parts(config->dir, 0);
}

Test(engine_stop, a_drain_that_is_followed_by_a_stop_ends_at_once)
{
    begin_world("a/1 hang\nat 2 drain\nat 2 stop", "http://a/1");
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    fa_world_expect(world, "...\n@2 end stopped");
}

Test(engine_stop, a_drain_does_not_wait_for_a_pause)
{
    begin_world("a/1 503 retry-after=100\nat 3 drain", "http://a/1");
    EXPECT_RUN(FA_END_STOPPED, "@0 get a/1\n"
                               "...\n"
                               "@3 done a/1 failed cancelled transient=1\n"
                               "@3 end stopped\n");
}

Test(engine_stop, a_drain_does_not_wait_for_a_retry)
{
    begin_world("a/1 500\nat 1 drain", "http://a/1");
    config->retry_wait = 50;
    config->retries = 100;
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    fa_world_expect(world, "...\n"
                           "@1 done a/1 failed cancelled transient=1\n"
                           "@1 end stopped\n");
}

Test(engine_stop, a_drain_does_not_wait_for_a_name)
{
    begin_world("dns a 0 100 mute\nat 1 drain", "http://a/1");
    EXPECT_RUN(FA_END_STOPPED, "@1 done a/1 failed cancelled transient=1\n"
                               "@1 end stopped\n");
}

Test(engine_stop, a_drain_does_not_wait_for_a_list)
{
    world = fa_world_new("a/* 200 size=10\nat 1 feed http://a/x\nat 5 drain\nat 50 close");
    fa_world_pipe(world);
    EXPECT_RUN(FA_END_STOPPED, "get a/x\n"
                               "done a/x ok\n"
                               "@5 end stopped\n");
}

Test(engine_stop, a_drain_reports_what_waits_for_a_dead_host)
{
    begin_world("a/* refused\nat 10 drain", "http://a/1\nhttp://a/2\nhttp://a/3");
    config->retry_wait = 1;
    fa_world_run(world);
    fa_world_expect(world, "...\n@10-15 end stopped");
    cr_assert_eq(fa_world_count(world, "done * failed cancelled transient=1"), 3, "%s",
                 fa_world_trace(world));
}

Test(engine_stop, thousands_that_wait_are_reported_by_a_drain)
{
    begin_world("a/* 200 size=10 took=1000\nat 5 drain", "");
    for (int i = 0; i < 6000; ++i)
        fa_world_list(world, "http://a/f%d", i);
    fa_world_run(world);
    fa_world_expect(world, "...\n@5-10 end stopped");
    cr_assert_eq(fa_world_count(world, "done * failed cancelled transient=1"),
                 fa_world_count(world, "done"));
}

Test(engine_stop, what_a_drain_cuts_off_is_resumed_by_the_next_run)
{
    begin_world("a/1 200 size=100 took=10\nat 4 drain", "http://a/1");
    config->no_state = false;
    EXPECT_RUN(FA_END_STOPPED, "get a/1\n"
                               "@4 done a/1 failed cancelled\n"
                               "end stopped\n");
    fa_expect_parts(config->dir, 1);
    fa_world_script(world, "a/1 200 size=100");
    fa_world_list(world, "http://a/1");
    fa_world_run(world);
    fa_world_expect(world, "get a/1\n"
                           "done a/1 ok http=206 size=100\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done a/1 ok resumed=0"), 0);
    fa_expect_file(config->dir, "1", "1", 100);
}

Test(engine_stop, without_a_state_a_drain_leaves_no_part)
{
    begin_world("a/1 200 size=100 took=10\nat 4 drain", "http://a/1");
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    fa_expect_parts(config->dir, 0);
}

Test(engine_stop, without_a_state_a_drain_leaves_no_part_of_what_waits)
{
    begin_world("a/1 200 size=100 cut=40; 503\nat 4 drain", "http://a/1");
    config->retry_wait = 60;
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    fa_expect_parts(config->dir, 0);
}

Test(engine_stop, a_file_that_is_complete_before_the_stop_stays)
{
    begin_world("a/1 200 size=10 took=1\na/2 200 size=10 took=9\nat 4 drain",
                "http://a/1\nhttp://a/2");
    EXPECT_RUN(FA_END_STOPPED, "get a/1\n"
                               "get a/2\n"
                               "@1 done a/1 ok\n"
                               "@4 done a/2 failed cancelled\n"
                               "@4 end stopped\n");
    fa_expect_file(config->dir, "1", "1", 10);
}

Test(engine_stop, halt_stops_after_that_many_failures)
{
    begin_world("a/* 404", "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://a/4\nhttp://a/5");
    config->jobs = 1;
    config->halt = 2;
    fa_world_run(world);
    fa_world_expect(world, "get a/1\n"
                           "done a/1 failed http\n"
                           "get a/2\n"
                           "done a/2 failed http\n"
                           "...\n"
                           "end halted\n");
    cr_assert_eq(fa_world_count(world, "get"), 2);
}

Test(engine_stop, halt_cancels_what_is_under_way)
{
    begin_world("a/1 404\na/2 200 size=100 took=50", "http://a/1\nhttp://a/2");
    config->halt = 1;
    EXPECT_RUN(FA_END_HALTED, "get a/1\n"
                              "get a/2\n"
                              "@0 done a/1 failed http\n"
                              "@0 done a/2 failed cancelled transient=1\n"
                              "@0 end halted\n");
}

Test(engine_stop, halt_by_an_entry_that_never_began_starts_no_other)
{
    begin_world("b/* 200 size=10\ndns a 0 40 missing", "http://a/1\nnonsense\nhttp://b/2");
    config->halt = 2;
    fa_world_run(world);
    fa_world_expect(world, "done nonsense failed bad_url\n"
                           "...\n"
                           "end halted\n");
    cr_assert_eq(fa_world_count(world, "get"), 0);
}

Test(engine_stop, halt_counts_no_retries)
{
    begin_world("a/1 503; 503; 200 size=10", "http://a/1");
    config->halt = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\n"
                                "...\n"
                                "done a/1 ok attempts=3\n"
                                "end complete\n");
}

Test(engine_stop, halt_by_percent_waits_for_ten_ends)
{
    begin_world("a/* 404", "");
    config->jobs = 1;
    config->halt = 50;
    config->halt_percent = true;
    for (int i = 0; i < 20; ++i)
        fa_world_list(world, "http://a/%d", i);
    cr_assert_eq(fa_world_run(world), FA_END_HALTED);
    fa_world_expect(world, "...\nend halted");
    cr_assert_eq(fa_world_count(world, "get"), 10);
}

Test(engine_stop, halt_by_percent_lets_a_smaller_share_pass)
{
    begin_world("a/1 404\na/* 200 size=10", "");
    config->jobs = 1;
    config->halt = 50;
    config->halt_percent = true;
    for (int i = 1; i <= 20; ++i)
        fa_world_list(world, "http://a/%d", i);
    cr_assert_eq(fa_world_run(world), FA_END_COMPLETE);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done * ok"), 19);
}

Test(engine_stop, a_full_disk_is_waited_for)
{
    begin_world("a/* 200 size=100 took=1\nat 0.5 full\nat 20 free",
                "http://a/1\nhttp://a/2\nhttp://a/3");
    config->per_host = 1;
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n"
                           "@1 note\n"
                           "@20-22 note\n"
                           "@20-22 get a/1\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done * ok"), 3);
    cr_assert_eq(fa_world_count(world, "done a/1 ok size=100"), 1);
}

Test(engine_stop, a_full_disk_is_reported_once_for_all_transfers)
{
    begin_world("a/* 200 size=100 took=1\nat 0.5 full\nat 9 free", "");
    for (int i = 0; i < 10; ++i)
        fa_world_list(world, "http://a/%d", i);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "note"), 2, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done * ok"), 10);
}

Test(engine_stop, a_disk_that_stays_full_ends_the_run)
{
    begin_world("a/* 200 size=100 took=1\nat 0.5 full", "http://a/1\nhttp://a/2");
    config->disk_wait = 30;
    config->per_host = 1;
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n"
                           "@1 note\n"
                           "...\n"
                           "@31-33 end local\n");
    cr_assert_eq(fa_world_count(world, "done"), 2);
    cr_assert_eq(fa_world_count(world, "get"), 1);
}

Test(engine_stop, without_disk_wait_a_full_disk_ends_the_run_at_once)
{
    begin_world("a/* 200 size=100 full=50", "http://a/1\nhttp://a/2");
    config->disk_wait = 0;
    config->per_host = 1;
    EXPECT_RUN(FA_END_LOCAL, "get a/1\n"
                             "done a/1 failed local_io\n"
                             "done a/2 failed cancelled\n"
                             "@0 end local\n");
}

Test(engine_stop, a_part_outlives_a_full_disk)
{
    begin_world("a/1 200 size=100 full=40; 200 size=100", "http://a/1");
    config->no_state = false;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\n"
                                "note\n"
                                "@1-2 note\n"
                                "get a/1 40-\n"
                                "done a/1 ok size=100 bytes=100\n"
                                "end complete\n");
}

Test(engine_stop, a_drain_ends_the_wait_for_a_full_disk)
{
    begin_world("a/* 200 size=100 took=1\nat 0.5 full\nat 10 drain", "http://a/1");
    config->disk_wait = 1000;
    cr_assert_eq(fa_world_run(world), FA_END_STOPPED);
    fa_world_expect(world, "...\n"
                           "@10 done a/1 failed\n"
                           "@10 end stopped\n");
}

Test(engine_stop, an_error_of_the_disk_stops_everything)
{
    begin_world("a/1 200 size=100 eio=10\na/2 200 size=10 took=60", "http://a/1\nhttp://a/2");
    EXPECT_RUN(FA_END_LOCAL, "get a/1\n"
                             "get a/2\n"
                             "@0 done a/1 failed local_io\n"
                             "@0 done a/2 failed cancelled transient=1\n"
                             "@0 end local\n");
}

Test(engine_stop, a_run_that_was_stopped_cannot_be_run_again)
{
    begin_world("a/* 200 size=10 took=5\nat 1 drain", "http://a/1");
    cr_assert_eq(fa_world_run_on(world), FA_END_STOPPED);
    fa_world_list(world, "http://a/1");
    cr_assert_eq(fa_world_run_on(world), FA_END_LOCAL);
    cr_assert_eq(fa_world_count(world, "get"), 1);
}
