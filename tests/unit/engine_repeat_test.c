/*
 * The engine in virtual time: entries that have the URL and name of an earlier one, and say more,
 * or something else, about the file.  See support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ENGINE_SUITE(engine_repeat);

#define WRONG "0000000000000000000000000000000000000000000000000000000000000000"

static const char *right(const char *version, unsigned size)
{
    return fa_world_sha256(world, version, size);
}

static void list_x(const char *options, ...) __attribute__((format(printf, 1, 2)));

/* An entry of http://a/x, with a line of options. */
static void list_x(const char *options, ...)
{
    char line[512];
    va_list args;
    va_start(args, options);
    vsnprintf(line, sizeof(line), options, args);
    va_end(args);
    fa_world_list(world, "http://a/x%s%s", line[0] ? "\n " : "", line);
}

/* In each way in which the file of the first entry may be known: by its digest in the state, by its
 * size there, or not at all. */
static bool begin_each(unsigned way, const char *script)
{
    if (way == 3)
        return false;
    world = fa_world_new(script);
    config = fa_world_config(world);
    config->no_state = way == 2;
    config->hash = config->hash_first = way == 0 ? FA_HASH_SHA256 : 0;
    return true;
}

Test(engine_repeat, a_checksum_that_is_wrong_is_seen)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10"); ++way) {
        list_x("%s", "");
        list_x("checksum=sha256=" WRONG);
        EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                    "done a/x ok line=1\n"
                                    "done a/x failed integrity attempts=0 line=2\n"
                                    "end complete\n");
        fa_expect_file(config->dir, "x", "x", 10);
        fa_expect_parts(config->dir, 0);
        end_world();
    }
}

Test(engine_repeat, a_checksum_that_is_right_is_a_duplicate)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10"); ++way) {
        list_x("%s", "");
        list_x("checksum=sha256=%s", right("x", 10));
        list_x("size=10");
        fa_world_run(world);
        fa_world_expect(world, "get a/x\ndone a/x ok line=1\n...\nend complete\n");
        cr_expect_eq(fa_world_count(world, "done a/x duplicate path=x"), 2);
        cr_expect_eq(fa_world_count(world, "get"), 1);
        end_world();
    }
}

Test(engine_repeat, what_is_right_comes_after_what_is_wrong)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10"); ++way) {
        list_x("checksum=sha256=" WRONG);
        list_x("checksum=sha256=%s", right("x", 10));
        list_x("%s", "");
        EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                    "retry a/x integrity\n"
                                    "get a/x\n"
                                    "done a/x failed integrity line=1\n"
                                    "get a/x\n"
                                    "done a/x ok line=3\n"
                                    "done a/x duplicate line=5\n"
                                    "end complete\n");
        fa_expect_file(config->dir, "x", "x", 10);
        end_world();
    }
}

Test(engine_repeat, without_a_checksum_a_file_arrives_that_a_wrong_one_has_failed)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10"); ++way) {
        list_x("checksum=sha256=" WRONG);
        list_x("%s", "");
        EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                    "retry a/x integrity\n"
                                    "get a/x\n"
                                    "done a/x failed integrity line=1\n"
                                    "get a/x\n"
                                    "done a/x ok line=3\n"
                                    "end complete\n");
        end_world();
    }
}

/* The server has another version by then, which would be that of the second entry. */
Test(engine_repeat, the_file_of_the_first_entry_is_not_replaced)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10 version=1; 200 size=20 version=2");
         ++way) {
        list_x("checksum=sha256=%s", right("1", 10));
        list_x("checksum=sha256=%s", right("2", 20));
        list_x("size=20");
        fa_world_run(world);
        fa_world_expect(world, "get a/x\ndone a/x ok line=1\n...\nend complete\n");
        cr_expect_eq(fa_world_count(world, "done a/x failed integrity attempts=0"), 2, "%s",
                     fa_world_trace(world));
        cr_expect_eq(fa_world_count(world, "get"), 1);
        fa_expect_file(config->dir, "x", "1", 10);
        end_world();
    }
}

Test(engine_repeat, mirrors_of_a_second_entry_are_used_when_the_first_has_failed)
{
    for (unsigned way = 0; begin_each(way, "a/x 404\nb/x 200 size=10 version=x"); ++way) {
        list_x("%s", "");
        fa_world_list(world, "http://a/x\thttp://b/x");
        fa_world_list(world, "http://a/x\thttp://b/x");
        fa_world_run(world);
        fa_world_expect(world, "get a/x\n"
                               "done a/x failed http line=1\n"
                               "get a/x\n"
                               "...\n"
                               "get b/x\n"
                               "done a/x ok line=2\n"
                               "done a/x duplicate line=3\n"
                               "end complete\n");
        end_world();
    }
}

/* More than fit in memory, so that most of them wait in the backlog. */
static void list_many(unsigned count)
{
    for (unsigned i = 0; i < count; ++i)
        list_x("checksum=sha256=%s", i % 2 ? WRONG : right("x", 10));
}

Test(engine_repeat, any_number_of_them_never_writes_to_one_file_at_once)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10 took=1\na/y 200 took=3"); ++way) {
        list_x("%s", "");
        list_many(300);
        fa_world_list(world, "http://a/y");
        fa_world_run(world);
        fa_world_expect(world, "...\nend complete\n");
        cr_expect_eq(fa_world_count(world, "get"), 2);
        cr_expect_eq(fa_world_count(world, "done a/x duplicate"), 150);
        cr_expect_eq(fa_world_count(world, "done a/x failed integrity"), 150);
        cr_expect_eq(fa_world_count(world, "@1 done a/x"), 301, "not when all have ended");
        end_world();
    }
}

Test(engine_repeat, each_is_reported_when_the_run_is_stopped)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10 took=100\nat 5 drain"); ++way) {
        list_x("%s", "");
        list_many(300);
        cr_expect_eq(fa_world_run(world), FA_END_STOPPED);
        cr_expect_eq(fa_world_count(world, "done a/x failed cancelled"), 301);
        end_world();
    }
}

Test(engine_repeat, one_of_a_pipe_does_not_wait_for_the_end_of_it)
{
    world = fa_world_new("a/x 200 size=10\n"
                         "at 1 feed http://a/x\n"
                         "at 3 feed http://a/x\thttp://b/x\n"
                         "at 50 close");
    config = fa_world_config(world);
    fa_world_pipe(world);
    EXPECT_RUN(FA_END_COMPLETE, "@1-3 get a/x\n"
                                "@1-3 done a/x ok\n"
                                "@3-5 done a/x duplicate size=10\n"
                                "@50 end complete\n");
}

Test(engine_repeat, the_next_runs_find_the_same)
{
    for (unsigned way = 0; begin_each(way, "a/x 200 size=10"); ++way) {
        for (int run = 0; run < 3; ++run) {
            fa_world_forget(world);
            list_x("checksum=sha256=%s", right("x", 10));
            list_x("checksum=sha256=" WRONG);
            list_x("size=10");
            fa_world_run(world);
            fa_world_expect(world, "...\nend complete\n");
            cr_expect_eq(fa_world_count(world, "get"), run == 0, "%s", fa_world_trace(world));
            cr_expect_eq(fa_world_count(world, "done a/x failed integrity line=3"), 1);
            cr_expect_eq(fa_world_count(world, "done a/x duplicate line=5"), 1);
        }
        end_world();
    }
}

Test(engine_repeat, overwrite_and_sync_ask_once)
{
    for (unsigned i = 0; i < 2; ++i) {
        begin_each(i, "a/x 200 size=10");
        list_x("%s", "");
        fa_world_run(world);
        fa_world_forget(world);
        config->overwrite = i == 0;
        config->sync = i == 1;
        list_x("%s", "");
        list_x("size=10");
        fa_world_run(world);
        cr_expect_eq(fa_world_count(world, "get"), 1, "%s", fa_world_trace(world));
        cr_expect_eq(fa_world_count(world, "done a/x duplicate line=2"), 1);
        end_world();
    }
}

/* The old file stays when the first entry fails; the second one may have a better mirror. */
Test(engine_repeat, overwrite_uses_the_mirrors_of_the_second)
{
    begin_each(0, "a/x 200 size=10 version=1; 404\nb/x 200 size=20 version=2");
    list_x("%s", "");
    fa_world_run(world);
    fa_world_forget(world);
    config->overwrite = true;
    list_x("%s", "");
    fa_world_list(world, "http://a/x\thttp://b/x");
    fa_world_run(world);
    fa_world_expect(world, "get a/x\n"
                           "done a/x failed http line=1\n"
                           "get a/x\n"
                           "...\n"
                           "get b/x\n"
                           "done a/x ok size=20 line=2\n"
                           "end complete\n");
    fa_expect_file(config->dir, "x", "2", 20);
}

Test(engine_repeat, what_failed_before_is_retried_with_the_others)
{
    begin_each(0, "a/x 503; 200 size=10\na/y 200 size=10");
    config->retries = 0;
    list_x("%s", "");
    fa_world_run(world);
    fa_world_forget(world);
    config->retry_failed = true;
    fa_world_list(world, "http://a/y\nhttp://a/y\n size=20");
    list_x("%s", "");
    list_x("checksum=sha256=" WRONG);
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok line=4\n"
                                "done a/x failed integrity line=5\n"
                                "end complete\n");
}

/* Its own entry does not know what is in it. */
Test(engine_repeat, a_file_that_nothing_vouched_for_is_verified_by_the_second)
{
    char hex[FA_SHA256_HEX];
    begin_each(0, "a/x 200 size=10");
    FILE *out = fopen(fa_world_path(world, "x"), "we");
    cr_assert(out && fputs("foreign", out) >= 0 && fclose(out) == 0);
    fa_truth_sha256_file(fa_world_path(world, "x"), hex);
    list_x("%s", "");
    list_x("checksum=sha256=%s", hex);
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists verified=0 line=1\n"
                                "done a/x duplicate line=2\n"
                                "end complete\n");
    list_x("%s", "");
    fa_world_run(world);
    cr_expect_eq(fa_world_count(world, "done a/x exists"), 1);
    cr_expect_eq(fa_world_count(world, "done a/x exists verified=0"), 0);
}

Test(engine_repeat, a_plan_compares_nothing)
{
    begin_each(0, "a/x 200 size=10");
    config->plan = true;
    list_x("%s", "");
    list_x("size=10");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x planned\ndone a/x duplicate\nend complete\n");
}
