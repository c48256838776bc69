/*
 * The engine in virtual time: what one run leaves to the next. See support/virtual_world.h for the
 * language of the scripts.
 */

#include "base/key.h"
#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ENGINE_SUITE(engine_state);

static void begin_with_state(const char *script, const char *list)
{
    begin_world(script, list);
    config->no_state = false;
}

Test(engine_state, a_file_of_an_earlier_run_exists)
{
    begin_with_state("a/* 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok\nend complete");
    fa_world_list(world, "http://a/x\nhttp://a/y");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists size=10\n"
                                "get a/y\n"
                                "done a/y ok\n"
                                "end complete\n");
}

Test(engine_state, a_file_that_was_removed_is_fetched_again)
{
    begin_with_state("a/* 200 size=10", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    cr_assert_eq(unlink(fa_world_path(world, "x")), 0);
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok\nend complete");
}

Test(engine_state, a_file_that_lost_bytes_is_fetched_again)
{
    begin_with_state("a/* 200 size=10", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    cr_assert_eq(truncate(fa_world_path(world, "x"), 5), 0);
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok size=10\nend complete");
    fa_expect_file(config->dir, "x", "x", 10);
}

static void list_files(const char *prefix, unsigned count)
{
    for (unsigned i = 0; i < count; ++i)
        fa_world_list(world, "http://a/%s%u", prefix, i);
}

/* More files than are looked at in advance. */
Test(engine_state, of_a_long_list_each_file_that_is_not_what_it_was_is_noticed)
{
    enum { COUNT = 3000, EVERY = 50 };
    begin_with_state("a/* 200 size=10", "");
    list_files("x", COUNT);
    fa_world_run(world);
    fa_world_forget(world);
    for (unsigned i = 0; i < COUNT; i += EVERY) {
        char name[16];
        snprintf(name, sizeof(name), "x%u", i);
        const char *path = fa_world_path(world, name);
        if (i / EVERY % 2 == 0)
            cr_assert_eq(truncate(path, 5), 0);
        else
            cr_assert_eq(unlink(path), 0);
        if (i / EVERY % 4 == 3)
            cr_assert_eq(mkdir(path, 0700), 0);
    }
    list_files("x", COUNT);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "done * exists size=10"), COUNT - COUNT / EVERY);
    cr_assert_eq(fa_world_count(world, "done * ok"), COUNT / EVERY / 4 * 3);
    cr_assert_eq(fa_world_count(world, "done * failed refused"), COUNT / EVERY / 4);
}

Test(engine_state, the_limit_that_a_run_found_starts_the_next_one)
{
    begin_with_state("a/* 200 size=10 took=0.1", "");
    config->per_host = 0;
    config->per_host_auto = true;
    list_files("x", 400);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0-0.05 get"), 8);
    fa_world_forget(world);
    list_files("y", 400);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0-0.05 get"), 64);
    cr_assert_leq(fa_world_now(world), 1);
}

/* One that is not verified in this run stays what it was. */
Test(engine_state, the_limit_of_a_host_is_kept_though_a_run_fetches_little)
{
    begin_with_state("a/* 200 size=10 took=0.1", "");
    config->per_host = 0;
    config->per_host_auto = true;
    list_files("x", 400);
    fa_world_run(world);
    list_files("few", 3);
    fa_world_run(world);
    fa_world_forget(world);
    list_files("y", 100);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0-0.05 get"), 64);
}

Test(engine_state, what_was_never_requested_comes_before_what_failed)
{
    begin_with_state("a/bad1 404; 200 size=10\na/bad2 404; 200 size=10\na/* 200 size=10",
                     "http://a/bad1\nhttp://a/bad2");
    config->jobs = 1;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "done * failed"), 2, "%s", fa_world_trace(world));
    fa_world_forget(world);
    fa_world_list(world, "http://a/bad1\nhttp://a/x\nhttp://a/bad2\nhttp://a/y");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok\n"
                                "get a/y\n"
                                "done a/y ok\n"
                                "get a/bad1\n"
                                "done a/bad1 ok\n"
                                "get a/bad2\n"
                                "done a/bad2 ok\n"
                                "end complete\n");
}

/* A tenth of the URLs that all failed in the first run is there in the second. */
Test(engine_state, all_that_failed_in_the_last_run_is_requested_in_this_one)
{
    enum { COUNT = 240, GOOD = 24 };
    static char script[COUNT * 64];
    for (int run = 1; run <= 2; ++run) {
        script[0] = '\0';
        for (unsigned i = 0; i < COUNT; ++i)
            snprintf(script + strlen(script), 64, "a/x%u %s\n", i,
                     run == 2 && (i * 7919 + 13) % COUNT < GOOD ? "200 size=10" : "503");
        if (run == 1)
            begin_with_state(script, "");
        fa_world_script(world, script);
        config->retry_wait = 1;
        list_files("x", COUNT);
        fa_world_run(world);
        cr_expect_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
        cr_expect_eq(fa_world_count(world, "done * failed"), run == 1 ? COUNT : COUNT - GOOD);
        cr_expect_eq(fa_world_count(world, "done * failed http attempts=0"), 0);
        fa_world_forget(world);
    }
    cr_assert_leq(fa_world_now(world), 400, "%g s", fa_world_now(world));
}

Test(engine_state, a_part_of_a_failed_run_is_resumed)
{
    begin_with_state("a/x 200 size=100 cut=40; 200 size=100", "http://a/x");
    config->retries = 0;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed truncated transient=1\n"
                                "end complete\n");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x 40-\n"
                                "done a/x ok resumed=40 bytes=60 size=100\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 100);
}

Test(engine_state, a_part_whose_file_has_changed_is_dropped)
{
    begin_with_state("a/x 200 size=100 cut=40 version=1; 200 size=50 version=2", "http://a/x");
    config->retries = 0;
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x 40-\n"
                                "done a/x ok resumed=0 size=50 restarted=1\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "2", 50);
}

Test(engine_state, a_final_failure_leaves_no_part)
{
    begin_with_state("a/x 200 size=100 cut=40; 404", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "...\n"
                                "done a/x failed http http=404\n"
                                "end complete\n");
    fa_expect_parts(config->dir, 0);
}

Test(engine_state, what_failed_can_be_run_again_without_its_list)
{
    begin_with_state("a/1 200 size=10\na/2 503; 200 size=10\na/3 404",
                     "http://a/1\nhttp://a/2\nhttp://a/3");
    config->retries = 0;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    fa_world_forget(world);
    fa_world_list_failed(world);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "get"), 2);
    cr_assert_eq(fa_world_count(world, "done a/2 ok"), 1);
    cr_assert_eq(fa_world_count(world, "done a/3 failed http"), 1);
}

Test(engine_state, retry_failed_takes_of_a_list_only_what_failed)
{
    begin_with_state("a/1 200 size=10\na/2 503; 200 size=10", "http://a/1\nhttp://a/2");
    config->retries = 0;
    fa_world_run(world);
    fa_world_forget(world);
    config->retry_failed = true;
    fa_world_list(world, "http://a/1\nhttp://a/2\nhttp://a/4");
    EXPECT_RUN(FA_END_COMPLETE, "get a/2\n"
                                "done a/2 ok line=2\n"
                                "end complete\n");
}

Test(engine_state, sync_asks_and_keeps_what_is_unchanged)
{
    begin_with_state("a/x 200 size=10 version=1", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    config->sync = true;
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x if\n"
                                "done a/x unchanged http=304 bytes=0\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "1", 10);
    fa_expect_parts(config->dir, 0);
}

Test(engine_state, sync_fetches_what_has_changed)
{
    begin_with_state("a/x 200 size=10 version=1; 200 size=20 version=2", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    config->sync = true;
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x if\n"
                                "done a/x ok http=200 size=20\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "2", 20);
}

Test(engine_state, sync_keeps_the_file_when_the_new_one_fails)
{
    begin_with_state("a/x 200 size=10 version=1; 200 size=20 version=2 cut=5; 404", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    config->sync = true;
    config->retries = 0;
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x if\n"
                                "done a/x failed truncated\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "1", 10);
}

Test(engine_state, a_path_belongs_to_its_url_in_later_runs)
{
    begin_with_state("a/x 200 size=10\nb/x 200 size=20", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://b/x");
    fa_world_run(world);
    fa_world_expect(world, "get b/x\ndone b/x ok size=20\nend complete");
    cr_assert_eq(fa_world_count(world, "done b/x ok path=x"), 0);
    fa_expect_file(config->dir, "x", "x", 10);
}

Test(engine_state, digests_of_existing_files_are_made_when_asked_for)
{
    begin_with_state("a/x 200 size=10", "http://a/x");
    fa_world_run(world);
    fa_world_forget(world);
    config->hash = config->hash_first = FA_HASH_SHA256;
    config->hash_existing = true;
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists digests=1\n"
                                "end complete\n");
}

static void put_file(const char *name, const char *text)
{
    FILE *out = fopen(fa_world_path(world, name), "we");
    cr_assert(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

/* A file of that name that somebody else has put there: of any size, and also where the entry had
 * failed. */
Test(engine_state, a_file_that_nothing_vouches_for_stays_not_verified)
{
    begin_with_state("a/x 404\na/y 200 size=10", "http://a/x\nhttp://a/y");
    config->hash = config->hash_first = FA_HASH_SHA256;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "done a/x failed"), 1);
    put_file("x", "foreign");
    for (int run = 0; run < 3; ++run) {
        fa_world_forget(world);
        config->hash_existing = run == 1;
        fa_world_list(world, "http://a/x\nhttp://a/y");
        fa_world_run(world);
        fa_world_expect(world, "...\nend complete");
        cr_expect_eq(fa_world_count(world, "done a/x exists verified=0"), 1, "%s",
                     fa_world_trace(world));
        cr_expect_eq(fa_world_count(world, "done a/y exists verified=0"), 0);
        put_file("x", "foreign, and longer");
    }
    fa_world_forget(world);
    char hex[FA_SHA256_HEX];
    fa_truth_sha256_file(fa_world_path(world, "x"), hex);
    fa_world_list(world, "http://a/x\n checksum=sha256=%s", hex);
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists digests=1\nend complete");
    fa_world_list(world, "http://a/x");
    fa_world_forget(world);
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists digests=0\nend complete");
    cr_expect_eq(fa_world_count(world, "done a/x exists verified=0"), 0);
}

Test(engine_state, a_part_of_a_long_transfer_survives_a_kill)
{
    begin_with_state("a/x 200 size=1000 took=100\nat 50 stop", "http://a/x");
    EXPECT_RUN(FA_END_STOPPED, "get a/x\n@50 end stopped");
    fa_world_script(world, "a/x 200 size=1000");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok size=1000\nend complete");
    fa_expect_file(config->dir, "x", "x", 1000);
}

Test(engine_state, a_full_disk_keeps_the_part_for_the_next_run)
{
    begin_with_state("a/x 200 size=100 full=30", "http://a/x");
    config->disk_wait = 0;
    cr_assert_eq(fa_world_run(world), FA_END_LOCAL);
    fa_world_forget(world);
    fa_world_script(world, "a/x 200 size=100");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x 30-\n"
                                "done a/x ok resumed=30\n"
                                "end complete\n");
}

Test(engine_state, a_hundred_runs_of_the_same_list_fetch_it_once)
{
    begin_with_state("a/* 200 size=10", "http://a/1\nhttp://a/2");
    fa_world_run(world);
    for (int i = 0; i < 100; ++i) {
        fa_world_forget(world);
        fa_world_list(world, "http://a/1\nhttp://a/2");
        EXPECT_RUN(FA_END_COMPLETE, "done a/1 exists\ndone a/2 exists\nend complete");
    }
}

Test(engine_state, durable_files_are_synced_and_done)
{
    begin_with_state("a/* 200 size=10", "http://a/1");
    config->fsync = FA_FSYNC_EACH;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\ndone a/1 ok\nend complete");
    config->fsync = FA_FSYNC_BATCH;
    fa_world_list(world, "http://a/2");
    EXPECT_RUN(FA_END_COMPLETE, "get a/2\ndone a/2 ok\nend complete");
}

#define SIGNED(path, signature) "http://a/" path "?X-Amz-Signature=" signature

Test(engine_state, a_new_signature_gets_the_file)
{
    begin_with_state("a/x?X-Amz-Signature=1 200 size=10", SIGNED("x", "1"));
    fa_world_run(world);
    fa_world_forget(world);
    for (int day = 2; day < 5; ++day) {
        fa_world_list(world, SIGNED("x", "%d"), day);
        fa_world_run(world);
    }
    cr_assert_eq(fa_world_count(world, "get"), 0);
    cr_assert_eq(fa_world_count(world, "done"), 3);
    fa_world_expect(world, "done * exists path=x size=10\nend complete\n...\nend complete\n"
                           "...\nend complete\n");
}

/* A part of version v, and on the next day a new signature and that version of the file. */
static void resume_with_new_signature(const char *version)
{
    char script[160];
    snprintf(script, sizeof(script),
             "a/x?X-Amz-Signature=1 200 size=100 cut=40 version=v\n"
             "a/x?X-Amz-Signature=2 200 size=100 version=%s",
             version);
    begin_with_state(script, SIGNED("x", "1"));
    config->retries = 0;
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, SIGNED("x", "2"));
    fa_world_run(world);
}

Test(engine_state, a_new_signature_resumes_the_part_by_its_validator)
{
    resume_with_new_signature("v");
    fa_world_expect(world, "get * 40-\n"
                           "done * ok resumed=40 bytes=60 size=100 path=x\n"
                           "end complete\n");
    fa_expect_file(config->dir, "x", "v", 100);
    fa_expect_parts(config->dir, 0);
}

Test(engine_state, a_part_of_another_version_is_not_mixed_with_that_of_a_new_signature)
{
    resume_with_new_signature("w");
    fa_world_expect(world, "...\ndone * ok resumed=0 size=100 path=x\nend complete\n");
    fa_expect_file(config->dir, "x", "w", 100);
}

Test(engine_state, retry_failed_takes_the_new_signature)
{
    begin_with_state("a/x?X-Amz-Signature=1 403\na/x?X-Amz-Signature=2 200 size=10",
                     SIGNED("x", "1"));
    fa_world_run(world);
    fa_world_forget(world);
    config->retry_failed = true;
    fa_world_list(world, SIGNED("x", "2"));
    fa_world_run(world);
    fa_world_expect(world, "get *\ndone * ok path=x\nend complete\n");
}

/* Which of them has which name is a matter of the order of the first run only. */
Test(engine_state, two_signatures_in_one_list_are_two_files_on_every_run)
{
    begin_with_state("a/* 200 size=10",
                     SIGNED("x", "1") "\n" SIGNED("x", "2") "\n" SIGNED("x", "3"));
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "get"), 3);
    fa_world_forget(world);
    fa_world_list(world, SIGNED("x", "3") "\n" SIGNED("x", "1") "\n" SIGNED("x", "2"));
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "get"), 0, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done"), 3);
    fa_expect_file(config->dir, "x", "x?X-Amz-Signature=1", 10);
}

/* A list is a stream: the owner of the name may come after an entry that has taken it over. */
Test(engine_state, the_owner_of_a_name_that_was_taken_over_is_downloaded)
{
    begin_with_state("a/* 200 size=10", SIGNED("x", "1"));
    fa_world_run(world);
    fa_world_forget(world);
    for (int run = 0; run < 2; ++run) {
        fa_world_list(world, SIGNED("x", "2") "\n" SIGNED("x", "1"));
        fa_world_run(world);
    }
    cr_assert_eq(fa_world_count(world, "get"), 1, "%s", fa_world_trace(world));
    fa_world_expect(world, "done * exists path=x line=1\n"
                           "get *\n"
                           "done * ok line=2\n"
                           "end complete\n"
                           "done * exists path=x line=1\n"
                           "done * exists line=2\n"
                           "end complete\n");
}

Test(engine_state, signed_files_with_other_parameters_keep_their_names)
{
    begin_with_state("a/* 200 size=10", SIGNED("get", "1&id=1") "\n" SIGNED(
                                            "get", "1&id=2") "\n" SIGNED("get", "1&id=3"));
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(
        world, SIGNED("get", "2&id=3") "\n" SIGNED("get", "2&id=2") "\n" SIGNED("get", "2&id=1"));
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "get"), 0, "%s", fa_world_trace(world));
    fa_world_expect(world, "done * exists line=1\n"
                           "done * exists line=2\n"
                           "done * exists path=get line=3\n"
                           "end complete\n");
}

Test(engine_state, a_query_that_does_not_sign_is_another_file)
{
    begin_with_state("a/* 200 size=10", "http://a/x?v=1");
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://a/x?v=2");
    EXPECT_RUN(FA_END_COMPLETE, "get *\ndone * ok\nend complete\n");
    config->match = FA_MATCH_PATH;
    fa_world_list(world, "http://a/x?v=3");
    EXPECT_RUN(FA_END_COMPLETE, "done * exists path=x\nend complete\n");
}

#define TOKEN(number) "http://a/download?token=" number "&expires=9"

/* The path is the same, and the tokens are new: nobody knows which of two files is which. */
Test(engine_state, files_that_only_a_token_tells_apart_are_not_exchanged)
{
    static const enum fa_match ways[] = {FA_MATCH_AUTO, FA_MATCH_PATH};
    for (unsigned i = 0; i < 2; ++i) {
        begin_with_state("a/* 200 size=10", TOKEN("1") "\n" TOKEN("2"));
        config->match = ways[i];
        fa_world_run(world);
        fa_world_forget(world);
        fa_world_list(world, TOKEN("3") "\n" TOKEN("4") "\n" TOKEN("2") "\n" TOKEN("1"));
        fa_world_run(world);
        cr_expect_eq(fa_world_count(world, "get"), 2, "%s", fa_world_trace(world));
        cr_expect_eq(fa_world_count(world, "done * exists path=download line=4"), 1, "%s",
                     fa_world_trace(world));
        cr_expect_eq(fa_world_count(world, "done * exists line=3"), 1);
        cr_expect_eq(fa_truth_count_files(config->dir), 4);
        end_world();
    }
}

/* The second of two hosts has the name with a hash, whatever the query is. */
Test(engine_state, matched_by_path_files_with_one_name_keep_theirs)
{
    begin_with_state("a/* 200 size=10\nb/* 200 size=10", "http://a/x?v=1\nhttp://b/x?v=1");
    config->match = FA_MATCH_PATH;
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://b/x?v=2\nhttp://a/x?v=2");
    EXPECT_RUN(FA_END_COMPLETE, "done * exists line=1\n"
                                "done * exists path=x line=2\n"
                                "end complete\n");
}

Test(engine_state, a_name_of_the_user_is_its_entry_whatever_the_url)
{
    begin_with_state("a/x 200 size=100 cut=40 version=v\nb/y 200 size=100 version=v",
                     "http://a/x\n  out=f");
    config->retries = 0;
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, "http://b/y\n  out=f");
    EXPECT_RUN(FA_END_COMPLETE, "get b/y\ndone b/y ok path=f resumed=0\nend complete\n");
    fa_world_list(world, "http://a/x\n  out=f");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists path=f\nend complete\n");
}

/* Records of a WARC file: thousands of slices of one URL. */
static void list_slices(unsigned n, const char *url)
{
    for (unsigned i = 0; i < n; ++i)
        fa_world_list(world, "%s\n  range=%u0-%u9", url, i + 1, i + 1);
}

Test(engine_state, slices_of_one_url_are_files_of_their_own)
{
    begin_with_state("a/* 200 size=10", "");
    list_slices(300, "http://a/x.warc");
    list_slices(3, "http://a/x.warc");
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "get"), 300);
    cr_assert_eq(fa_truth_count_files(config->dir), 300);
    fa_world_forget(world);
    fa_world_list(world, "http://a/x.warc\n  range=20-29\nhttp://a/x.warc\n  range=10-19\n"
                         "http://a/x.warc");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x.warc exists line=1\n"
                                "done a/x.warc exists path=x.warc line=3\n"
                                "get a/x.warc\n"
                                "done a/x.warc ok line=5\n"
                                "end complete\n");
}

Test(engine_state, another_slice_does_not_take_over_a_file)
{
    begin_with_state("a/* 200 size=10", SIGNED("x", "1") "\n  range=10-19\n"
                                                         "http://a/y\n  range=10-19\n  out=y");
    fa_world_run(world);
    fa_world_forget(world);
    fa_world_list(world, SIGNED("x", "2") "\n  header=Range: bytes=10-19\n" SIGNED(
                             "x", "2") "\n  range=20-29\nhttp://a/y\n  range=20-29\n  out=y");
    fa_world_run(world);
    fa_world_expect(world, "done * exists path=x line=1\n...\nend complete\n");
    cr_assert_eq(fa_world_count(world, "get"), 2, "%s", fa_world_trace(world));
    cr_assert_eq(fa_truth_count_files(config->dir), 4);
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Among so many URLs, two have the same hash of 32 bits; it is in the upper half, the number in the
 * lower one. */
#define URLS 200000u

static void find_collision(unsigned *ret_one, unsigned *ret_other)
{
    uint64_t *hashes = malloc(URLS * sizeof(*hashes));
    char url[64];
    cr_assert_not_null(hashes);
    for (unsigned i = 0; i < URLS; ++i) {
        snprintf(url, sizeof(url), "http://a/x?%u", i);
        hashes[i] = fa_key_str(url) << 32 | i;
    }
    qsort(hashes, URLS, sizeof(*hashes), compare_hashes);
    unsigned at = 1;
    while (at < URLS && hashes[at] >> 32 != hashes[at - 1] >> 32)
        ++at;
    cr_assert(at < URLS);
    *ret_one = (unsigned)hashes[at - 1];
    *ret_other = (unsigned)hashes[at];
    free(hashes);
}

Test(engine_state, urls_of_one_name_and_hash_are_different_files)
{
    unsigned one, other;
    find_collision(&one, &other);
    begin_with_state("a/* 200 size=10", "http://a/x");
    for (int run = 0; run < 2; ++run) {
        fa_world_list(world, "http://a/x?%u\nhttp://a/x?%u", one, other);
        fa_world_run(world);
    }
    cr_assert_eq(fa_world_count(world, "get"), 3, "%s", fa_world_trace(world));
    cr_assert_eq(fa_truth_count_files(config->dir), 3);
}
