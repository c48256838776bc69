/*
 * The engine in virtual time: robots.txt, which is fetched before anything else of its origin.
 * See support/virtual_world.h for the language of the scripts.
 */

#include "support/virtual_play.h"

ENGINE_SUITE(engine_robots);

static void begin(const char *script, const char *list)
{
    begin_world(script, list);
    config->robots = FA_ROBOTS_OBEY;
}

Test(engine_robots, origin_waits_for_its_file_and_others_go_on)
{
    begin("a/robots.txt 404 took=1\na/* 200 size=10\nb/* 200 size=10\nb/robots.txt 404",
          "http://a/1\nhttp://a/2\nhttp://b/3");
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/robots.txt\n"
                                "@0 get b/robots.txt\n"
                                "@0 get b/3\n"
                                "...\n"
                                "@1 get\n"
                                "...\n"
                                "end complete\n");
}

Test(engine_robots, file_is_requested_once_and_again_after_a_transient_failure)
{
    begin("a/robots.txt 503; reset; 404\na/* 200 size=10", "http://a/1\nhttp://a/2\nhttp://a/3");
    config->retries = 5;
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "get a/robots.txt"), 3, "%s", fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done"), 3);
    cr_expect_eq(fa_world_count(world, "retry"), 0, "it is no entry");
}

Test(engine_robots, unreachable_file_refuses_all_of_its_origin)
{
    begin("a/robots.txt 500\na/* 200 size=10\nb/* 200 size=10",
          "http://a/1\nhttp://a/2\nhttp://b/1");
    config->retries = 2;
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done a/1 failed refused attempts=0"), 1, "%s",
                 fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done a/2 failed refused attempts=0"), 1);
    cr_expect_eq(fa_world_count(world, "done b/1 ok"), 1);
    cr_expect_eq(fa_world_count(world, "get a/1"), 0);
}

Test(engine_robots, host_that_is_down_is_given_up_as_ever)
{
    begin("down a 0 1000 refused\nb/* 200 size=10", "http://a/1\nhttp://a/2\nhttp://b/1");
    config->host_wait = 20;
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done a/1 failed"), 1, "%s", fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done a/2 failed"), 1);
    cr_expect_eq(fa_world_count(world, "done b/1 ok"), 1);
}

/* Each origin waits for a file that the other one is asked for. */
Test(engine_robots, files_that_redirect_to_each_other_do_not_wait_for_ever)
{
    begin("a/robots.txt 301 to=http://b/robots.txt\nb/robots.txt 301 to=http://a/robots.txt\n"
          "a/* 200 size=10\nb/* 200 size=10",
          "http://a/1\nhttp://b/1\nhttp://a/2\nhttp://b/2");
    config->per_host = 1;
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done a/1 ok"), 1, "%s", fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done"), 4);
}

Test(engine_robots, list_of_thousands_is_held_back_without_being_requested)
{
    begin("a/robots.txt 404 took=2\na/* 200 size=1", "http://a/x");
    for (int i = 0; i < 1500; ++i)
        fa_world_list(world, "http://a/f%d", i);
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done"), 1501);
    cr_expect_eq(fa_world_count(world, "@0-1.9 get a/f"), 0);
}

Test(engine_robots, stop_while_a_file_is_fetched_leaves_nothing)
{
    begin("a/robots.txt hang\nat 1 drain", "http://a/1\nhttp://a/2");
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done a/1 failed cancelled"), 1, "%s",
                 fa_world_trace(world));
    cr_expect_eq(fa_world_count(world, "done"), 2);
}
