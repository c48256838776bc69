/*
 * The engine in virtual time: what becomes of entries, names, files that exist, and limits. See
 * support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <string.h>
#include <sys/stat.h>

ENGINE_SUITE(engine);

Test(engine, a_file_is_fetched_and_gets_its_name)
{
    begin_world("a/x 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/x\n"
                                "@0.01 done a/x ok http=200 attempts=1 size=10 bytes=10 path=x\n"
                                "@0.01 end complete\n");
    fa_expect_file(config->dir, "x", "x", 10);
}

Test(engine, an_empty_file_is_a_file)
{
    begin_world("a/x 200 size=0", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok size=0 bytes=0\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 0);
}

Test(engine, an_empty_list_is_complete)
{
    begin_world("", "# nothing\n\n   \n");
    EXPECT_RUN(FA_END_COMPLETE, "end complete");
}

Test(engine, a_bad_line_fails_and_the_rest_continues)
{
    begin_world("a/* 200 size=10", "http://a/x\nftp://a/y\nhttp://a/z");
    EXPECT_RUN(FA_END_COMPLETE, "done ftp://a/y failed bad_url attempts=0 transient=0 line=2\n"
                                "get a/x\n"
                                "get a/z\n"
                                "done a/x ok line=1\n"
                                "done a/z ok line=3\n"
                                "end complete\n");
}

Test(engine, a_url_that_is_listed_twice_is_one_download)
{
    begin_world("a/* 200 size=10", "http://a/x\nhttp://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x duplicate attempts=0 line=2\n"
                                "get a/x\n"
                                "done a/x ok line=1\n"
                                "end complete\n");
}

Test(engine, two_urls_of_one_name_get_two_files)
{
    begin_world("a/x.txt 200 size=10\n"
                "b/x.txt 200 size=20 took=1",
                "http://a/x.txt\nhttp://b/x.txt");
    fa_world_run(world);
    fa_world_expect(world, "get a/x.txt\n"
                           "get b/x.txt\n"
                           "done a/x.txt ok path=x.txt size=10\n"
                           "done b/x.txt ok size=20\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done b/x.txt ok path=x.txt"), 0);
    cr_assert_eq(fa_truth_count_files(config->dir), 2);
}

Test(engine, the_tree_layout_has_a_folder_for_each_host)
{
    begin_world("a/* 200 size=10\nb/* 200 size=20", "http://a/d/x\nhttp://b/d/x");
    config->layout = FA_LAYOUT_TREE;
    EXPECT_RUN(FA_END_COMPLETE, "get a/d/x\n"
                                "get b/d/x\n"
                                "done a/d/x ok path=a/d/x size=10\n"
                                "done b/d/x ok path=b/d/x size=20\n"
                                "end complete\n");
}

Test(engine, a_folder_that_has_the_name_of_a_file_gets_another)
{
    begin_world("a/* 200 size=10", "http://a/d\nhttp://a/d/x");
    config->layout = FA_LAYOUT_TREE;
    fa_world_run(world);
    fa_world_expect(world, "get a/d\n"
                           "get a/d/x\n"
                           "done a/d ok path=a/d\n"
                           "done a/d/x ok\n"
                           "end complete\n");
    cr_assert_eq(fa_truth_count_files(config->dir), 2);
}

Test(engine, out_and_dir_of_an_entry_name_its_file)
{
    begin_world("a/* 200 size=10", "http://a/x\n out=y\n dir=d");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok path=d/y\n"
                                "end complete\n");
}

Test(engine, an_unknown_option_is_a_warning)
{
    begin_world("a/* 200 size=10", "http://a/x\n colour=green");
    EXPECT_RUN(FA_END_COMPLETE, "note\n"
                                "get a/x\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine, a_file_that_exists_is_not_fetched_again)
{
    begin_world("a/* 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok\n"
                                "end complete\n");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists size=10 bytes=0 attempts=0\n"
                                "end complete\n");
}

Test(engine, overwrite_fetches_what_exists)
{
    begin_world("a/x 200 size=10 version=1; 200 size=20 version=2", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok size=10\n"
                                "end complete\n");
    config->overwrite = true;
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok size=20\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "2", 20);
}

Test(engine, a_file_that_exists_stays_when_its_successor_fails)
{
    begin_world("a/x 200 size=10 version=1; 404", "http://a/x");
    fa_world_run(world);
    config->overwrite = true;
    fa_world_forget(world);
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed http\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "1", 10);
}

Test(engine, a_folder_in_the_way_is_refused_and_left_alone)
{
    begin_world("a/* 200 size=10", "http://a/x");
    cr_assert_eq(mkdir(fa_world_path(world, "x"), 0777), 0);
    EXPECT_RUN(FA_END_COMPLETE, "done a/x failed refused attempts=0 transient=0\n"
                                "end complete\n");
}

Test(engine, a_file_of_another_size_than_listed_is_fetched_again)
{
    begin_world("a/x 200 size=10 version=1; 200 size=20 version=2", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://a/x\n size=20");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok size=20\n"
                                "end complete\n");
}

Test(engine, a_plan_names_files_and_asks_nobody)
{
    begin_world("a/* 200 size=10", "http://a/x\nhttp://a/x\nnonsense");
    config->plan = true;
    EXPECT_RUN(FA_END_COMPLETE, "done a/x planned path=x attempts=0\n"
                                "done a/x duplicate\n"
                                "done nonsense failed bad_url\n"
                                "end complete\n");
    cr_assert_eq(fa_truth_count_files(config->dir), 0);
}

Test(engine, no_more_than_the_jobs_are_under_way)
{
    begin_world("a/* 200 size=10 took=1\nb/* 200 size=10 took=1", "");
    config->jobs = 3;
    for (int i = 0; i < 6; ++i)
        fa_world_list(world, "http://a/x%d\nhttp://b/y%d", i, i);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "@4 end complete");
    cr_assert_eq(fa_world_peak(world), 3);
    cr_assert_eq(fa_world_count(world, "done"), 12);
}

Test(engine, no_more_than_per_host_go_to_one_host_and_others_continue)
{
    begin_world("a/* 200 size=10 took=1\nb/* 200 size=10 took=0.3",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://b/4\nhttp://b/5");
    config->per_host = 1;
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/1\n"
                                "@0 get b/4\n"
                                "@0.3 done b/4 ok\n"
                                "@0.3 get b/5\n"
                                "@0.6 done b/5 ok\n"
                                "@1 done a/1 ok\n"
                                "@1 get a/2\n"
                                "@2 done a/2 ok\n"
                                "@2 get a/3\n"
                                "@3 done a/3 ok\n"
                                "@3 end complete\n");
}

/* The first files of a host say nothing, and then each round trip says whether more is faster. */
Test(engine, transfers_to_a_host_grow_with_its_throughput)
{
    begin_world("a/* 200 size=10 took=0.1", "");
    for (int i = 0; i < 400; ++i)
        fa_world_list(world, "http://a/%d", i);
    config->per_host = 0;
    config->per_host_auto = true;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "@0-0.05 get"), 8);
    cr_assert_eq(fa_world_count(world, "@0.06-0.15 get"), 12);
    cr_assert_eq(fa_world_count(world, "@0.16-0.25 get"), 48, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_peak(world), 64, "%u, all jobs", fa_world_peak(world));
    cr_assert_leq(fa_world_now(world), 1.3);
    cr_assert_eq(fa_world_count(world, "done * ok attempts=1"), 400);
}

Test(engine, transfers_to_a_host_that_refuses_fall_and_none_is_lost)
{
    begin_world("a/* 200 size=10 took=0.1\n"
                "a/r1 429; 200 size=10 took=0.1\n"
                "a/r2 429; 200 size=10 took=0.1",
                "");
    for (int i = 0; i < 300; ++i) {
        if (i == 60 || i == 61)
            fa_world_list(world, "http://a/r%d", i - 59);
        else
            fa_world_list(world, "http://a/%d", i);
    }
    config->per_host = 0;
    config->per_host_auto = true;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done * ok"), 300, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_peak(world), 48, "%u", fa_world_peak(world));
    cr_assert_leq(fa_world_now(world), 2);
}

Test(engine, hosts_take_turns)
{
    begin_world("a/* 200 took=1\nb/* 200 took=1",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://b/4\nhttp://b/5\nhttp://b/6");
    config->jobs = 2;
    config->per_host = 2;
    fa_world_run(world);
    fa_world_expect(world, "...\n@3 end complete");
    cr_assert_eq(fa_world_count(world, "@0 get"), 2);
    cr_assert_geq(fa_world_count(world, "@0-1 get b/4"), 1, "%s", fa_world_trace(world));
}

Test(engine, a_rate_is_kept_over_all_transfers)
{
    begin_world("a/* 200 size=200000\nb/* 200 size=200000",
                "http://a/1\nhttp://a/2\nhttp://b/3\nhttp://b/4");
    config->rate = 100000;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 4);
    cr_assert_geq(fa_world_now(world), 7, "%s", fa_world_trace(world));
    cr_assert_leq(fa_world_now(world), 16, "%s", fa_world_trace(world));
}

/* An entry waits a second for lines of options that may follow. */
Test(engine, entries_from_a_pipe_begin_as_they_come)
{
    world = fa_world_new("a/* 200 size=10\n"
                         "at 5 feed http://a/x\n"
                         "at 9 feed http://a/y\n"
                         "at 20 close");
    fa_world_pipe(world);
    EXPECT_RUN(FA_END_COMPLETE, "@5-6 get a/x\n"
                                "@5-6 done a/x ok\n"
                                "@9-10 get a/y\n"
                                "@9-10 done a/y ok\n"
                                "@20 end complete\n");
}

Test(engine, a_session_can_run_again)
{
    begin_world("a/* 200 size=10", "http://a/x");
    cr_assert_eq(fa_world_run_on(world), FA_END_COMPLETE);
    fa_world_list(world, "http://a/x\nhttp://a/y");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok line=1\n"
                                "end complete\n"
                                "done a/x exists line=1\n"
                                "get a/y\n"
                                "done a/y ok line=2\n"
                                "end complete\n");
}

Test(engine, headers_of_config_and_entry_go_along)
{
    static const char *const headers[] = {"X-Key: 1"};
    begin_world("a/* 200 size=10", "http://a/x\n header=X-More: 2\nhttp://a/y");
    config->headers = headers;
    config->n_headers = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x headers=2\n"
                                "get a/y headers=1\n"
                                "done a/x ok\n"
                                "done a/y ok\n"
                                "end complete\n");
}

Test(engine, a_file_is_hashed_before_it_gets_its_name)
{
    begin_world("a/* 200 size=10", "http://a/x");
    config->hash = FA_HASH_SHA256 | FA_HASH_MD5;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok digests=2\n"
                                "end complete\n");
}

Test(engine, an_existing_file_is_compared_with_the_listed_checksum)
{
    begin_world("a/x 200 size=10 version=1; 200 size=10 version=2", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://a/x\n checksum=sha-256=%s", fa_world_sha256(world, "1", 10));
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists\n"
                                "end complete\n");
    fa_world_list(world, "http://a/x\n checksum=sha-256=%s", fa_world_sha256(world, "2", 10));
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "2", 10);
}

Test(engine, thousands_of_entries_of_one_host_all_end)
{
    begin_world("a/* 200 size=1", "");
    for (int i = 0; i < 6000; ++i)
        fa_world_list(world, "http://a/f%d", i);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 6000);
    cr_assert_eq(fa_truth_count_files(config->dir), 6000);
}
