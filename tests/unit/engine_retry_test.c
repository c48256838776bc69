/*
 * The engine in virtual time: failures of one file, what follows them, and what is resumed. See
 * support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ENGINE_SUITE(engine_retry);

Test(engine_retry, a_final_status_is_not_retried)
{
    begin_world("a/1 404\na/2 403\na/3 410\na/4 401\na/5 501",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://a/4\nhttp://a/5");
    config->jobs = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\n"
                                "done a/1 failed http http=404 attempts=1 transient=0\n"
                                "get a/2\n"
                                "done a/2 failed http http=403 attempts=1 transient=0\n"
                                "get a/3\n"
                                "done a/3 failed http http=410 attempts=1 transient=0\n"
                                "get a/4\n"
                                "done a/4 failed http http=401 attempts=1 transient=0\n"
                                "get a/5\n"
                                "done a/5 failed http http=501 attempts=1 transient=0\n"
                                "end complete\n");
}

Test(engine_retry, a_transient_status_is_retried)
{
    begin_world("a/x 503; 500; 429; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http attempt=1\n"
                                "get a/x\n"
                                "retry a/x http attempt=2\n"
                                "get a/x\n"
                                "retry a/x http attempt=3\n"
                                "get a/x\n"
                                "done a/x ok http=200 attempts=4\n"
                                "end complete\n");
}

Test(engine_retry, a_408_on_an_idle_connection_is_no_attempt)
{
    begin_world("a/x 408 idle; 200 size=10\na/y 408 idle; 408; 200 size=10",
                "http://a/x\nhttp://a/y");
    config->jobs = 1;
    config->retry_wait = 1;
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/x\n"
                                "@0.01 get a/x\n"
                                "@0.02 done a/x ok http=200 attempts=1\n"
                                "get a/y\n"
                                "get a/y\n"
                                "retry a/y http attempt=1\n"
                                "get a/y\n"
                                "done a/y ok http=200 attempts=2\n"
                                "end complete\n");
}

Test(engine_retry, retries_are_the_attempts_after_the_first)
{
    begin_world("a/x 503", "http://a/x");
    config->retries = 2;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http\n"
                                "get a/x\n"
                                "retry a/x http\n"
                                "get a/x\n"
                                "done a/x failed http http=503 attempts=3 transient=1\n"
                                "end complete\n");
}

Test(engine_retry, with_no_retries_the_first_failure_is_the_last)
{
    begin_world("a/x 503; 200 size=10", "http://a/x");
    config->retries = 0;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed http attempts=1 transient=1\n"
                                "end complete\n");
}

Test(engine_retry, the_back_off_grows_and_never_exceeds_its_bounds)
{
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        begin_world("a/x 500; 500; 500; 200 size=10", "http://a/x");
        config->retry_wait = 1;
        fa_world_seed(world, seed);
        EXPECT_RUN(FA_END_COMPLETE, "@0 get a/x\n"
                                    "@0.01 retry a/x http\n"
                                    "@0-1.01 get a/x\n"
                                    "@0-1.02 retry a/x http\n"
                                    "@0-3.02 get a/x\n"
                                    "@0-3.03 retry a/x http\n"
                                    "@0-7.03 get a/x\n"
                                    "@0-7.04 done a/x ok\n"
                                    "@0-7.04 end complete\n");
        end_world();
    }
}

static char *trace_of(uint64_t seed)
{
    begin_world("a/* 500; 200 size=10\nb/* refused; 200 size=10",
                "http://a/1\nhttp://a/2\nhttp://b/3\nhttp://b/4");
    config->retry_wait = 1;
    fa_world_seed(world, seed);
    fa_world_run(world);
    char *trace = strdup(fa_world_trace(world));
    end_world();
    return trace;
}

Test(engine_retry, the_same_seed_gives_the_same_run)
{
    char *one = trace_of(7), *same = trace_of(7), *other = trace_of(8);
    cr_assert_str_eq(one, same);
    cr_assert_str_neq(one, other);
    free(one);
    free(same);
    free(other);
}

Test(engine_retry, a_retry_waits_as_long_as_the_host_asks_for)
{
    begin_world("a/x 503 retry-after=7; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/x\n"
                                "...\n"
                                "@7.01 get a/x\n"
                                "...\n"
                                "@7.02 done a/x ok attempts=2\n"
                                "end complete\n");
}

Test(engine_retry, a_host_can_ask_for_600_seconds_at_most)
{
    begin_world("a/x 429 retry-after=5000; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "@0 get a/x\n"
                                "...\n"
                                "@600.01 get a/x\n"
                                "...\n"
                                "done a/x ok attempts=2\n"
                                "end complete\n");
}

Test(engine_retry, a_reset_is_retried)
{
    begin_world("a/x reset; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x connect\n"
                                "get a/x\n"
                                "done a/x ok attempts=2\n"
                                "end complete\n");
}

Test(engine_retry, a_stalled_body_is_resumed)
{
    begin_world("a/x 200 size=100 stall=40; 200 size=100", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x stalled\n"
                                "get a/x 40-\n"
                                "done a/x ok http=206 size=100 bytes=100 resumed=40\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 100);
}

Test(engine_retry, a_truncated_body_is_resumed_again_and_again)
{
    begin_world("a/x 200 size=100 cut=10; 200 size=100 cut=30; 200 size=100 cut=90; 200 size=100",
                "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 10-\n"
                                "retry a/x truncated\n"
                                "get a/x 30-\n"
                                "retry a/x truncated\n"
                                "get a/x 90-\n"
                                "done a/x ok size=100 bytes=100 resumed=90 attempts=4\n"
                                "end complete\n");
}

/* A gateway that cuts each connection after STEP bytes. */
static void begin_gateway(unsigned size, unsigned step)
{
    char script[8192], *end = script + sizeof(script), *at = script;
    at += snprintf(at, (size_t)(end - at), "a/x ");
    for (unsigned sent = step; sent < size; sent += step)
        at += snprintf(at, (size_t)(end - at), "200 size=%u cut=%u; ", size, sent);
    snprintf(at, (size_t)(end - at), "200 size=%u", size);
    begin_world(script, "http://a/x");
}

Test(engine_retry, attempts_that_make_progress_are_not_counted)
{
    begin_gateway(400000, 20000);
    config->retries = 1;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/x ok size=400000 bytes=400000 attempts=20\n"
                           "end complete\n");
    fa_expect_file(config->dir, "x", "x", 400000);
}

Test(engine_retry, small_steps_add_up_to_progress)
{
    begin_gateway(100000, 4000);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/x ok bytes=100000 attempts=25\n"
                           "end complete\n");
}

Test(engine_retry, a_byte_each_time_is_not_progress)
{
    begin_gateway(100, 1);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/x failed truncated attempts=6 transient=1\n"
                           "end complete\n");
}

Test(engine_retry, without_retries_progress_renews_nothing)
{
    begin_gateway(400000, 200000);
    config->retries = 0;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed truncated attempts=1 transient=1\n"
                                "end complete\n");
}

Test(engine_retry, bytes_that_are_fetched_again_are_not_progress)
{
    begin_world("a/x 200 size=100000 cut=50000 norange", "http://a/x");
    config->retries = 3;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/x failed truncated transient=1\n"
                           "end complete\n");
    cr_assert_leq(fa_world_count(world, "get"), 6, "%s", fa_world_trace(world));
    end_world();
    begin_world("a/x 200 size=100000 cut=50000 weak", "http://a/x");
    config->retries = 3;
    fa_world_run(world);
    fa_world_expect(world, "...\ndone a/x failed truncated attempts=4\nend complete\n");
}

Test(engine_retry, failures_after_progress_have_all_retries)
{
    begin_world("a/x 500; 500; 200 size=50000 cut=30000; 500; 500; 500; 200 size=50000",
                "http://a/x");
    config->retries = 2;
    fa_world_run(world);
    fa_world_expect(world, "...\ndone a/x ok attempts=6 resumed=30000\nend complete\n");
}

Test(engine_retry, the_rest_of_a_part_that_grows_comes_from_the_same_mirror)
{
    begin_world("a/x 200 size=60000 cut=20000; 200 size=60000 cut=40000; 200 size=60000\n"
                "b/x 200 size=60000 version=x cut=20000",
                "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 20000-\n"
                                "retry a/x truncated\n"
                                "get a/x 40000-\n"
                                "done a/x ok bytes=60000 resumed=40000\n"
                                "end complete\n");
}

Test(engine_retry, a_mirror_that_stalls_is_left_though_it_made_progress)
{
    begin_world("a/x 200 size=60000 stall=20000\nb/x 200 size=60000 version=x",
                "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x stalled wait=0\n"
                                "get b/x headers=0\n"
                                "done a/x ok bytes=80000\n"
                                "end complete\n");
}

Test(engine_retry, a_status_between_leaves_the_part_alone)
{
    begin_world("a/x 200 size=100 cut=40; 503; reset; 200 size=100", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "...\n"
                                "get a/x 40-\n"
                                "retry a/x connect\n"
                                "get a/x 40-\n"
                                "done a/x ok size=100 bytes=100 resumed=40\n"
                                "end complete\n");
}

Test(engine_retry, a_changed_file_is_fetched_from_its_first_byte)
{
    begin_world("a/x 200 size=100 cut=40 version=1; 200 size=80 version=2", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "done a/x ok http=200 size=80 bytes=120 resumed=0 restarted=1\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "2", 80);
}

Test(engine_retry, a_server_that_ignores_ranges_sends_the_whole_file)
{
    begin_world("a/x 200 size=100 cut=40; 200 size=100 norange", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "done a/x ok size=100 bytes=140 resumed=0 restarted=1\n"
                                "end complete\n");
}

Test(engine_retry, a_refused_range_does_not_count_as_a_failure)
{
    begin_world("a/x 200 size=100 cut=40; 200 size=100 refuse; 200 size=100", "http://a/x");
    config->retries = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "get a/x\n"
                                "done a/x ok http=200 size=100\n"
                                "end complete\n");
}

Test(engine_retry, a_range_that_is_denied_is_asked_for_as_a_whole)
{
    begin_world("a/x 200 size=100 cut=40; 200 size=100 deny=403", "http://a/x");
    config->retries = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "get a/x whole\n"
                                "done a/x ok http=200 size=100\n"
                                "end complete\n");
}

Test(engine_retry, another_length_of_the_same_version_is_not_believed)
{
    begin_world("a/x 200 size=100 cut=40; 200 size=100 lies norange; 200 size=100", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x 40-\n"
                                "...\n"
                                "get a/x\n"
                                "done a/x ok size=100\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 100);
}

Test(engine_retry, a_weak_validator_resumes_nothing)
{
    begin_world("a/x 200 size=100 cut=40 weak; 200 size=100 weak", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get a/x headers=0\n"
                                "done a/x ok bytes=140 resumed=0\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 100);
}

Test(engine_retry, a_body_without_a_length_is_a_file)
{
    begin_world("a/x 200 size=100 nolength", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x ok size=100\n"
                                "end complete\n");
}

Test(engine_retry, a_certificate_that_is_refused_is_final)
{
    begin_world("a/x tls", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed tls attempts=1 transient=0\n"
                                "end complete\n");
}

Test(engine_retry, an_answer_that_is_not_http_is_retried_once)
{
    begin_world("a/x garbage; garbage; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x protocol\n"
                                "get a/x\n"
                                "done a/x failed protocol attempts=2\n"
                                "end complete\n");
}

Test(engine_retry, a_crash_of_a_worker_does_not_count_as_a_retry)
{
    begin_world("a/x crash; crash; 200 size=10", "http://a/x");
    config->retries = 0;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x worker_crashed wait=0\n"
                                "get a/x\n"
                                "retry a/x worker_crashed wait=0\n"
                                "get a/x\n"
                                "done a/x ok attempts=3\n"
                                "end complete\n");
}

Test(engine_retry, the_third_crash_by_one_file_is_final)
{
    begin_world("a/x crash; crash; crash; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x worker_crashed\n"
                                "get a/x\n"
                                "retry a/x worker_crashed\n"
                                "get a/x\n"
                                "done a/x failed worker_crashed attempts=3\n"
                                "end complete\n");
}

Test(engine_retry, a_crash_takes_no_other_entry_along)
{
    begin_world("a/x crash\na/y 200 size=10 took=1", "http://a/x\nhttp://a/y");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get a/y\n"
                                "...\n"
                                "done a/x failed worker_crashed\n"
                                "done a/y ok attempts=1\n"
                                "end complete\n");
}

Test(engine_retry, what_a_crashed_worker_has_written_is_resumed)
{
    begin_world("a/x 200 size=100 crash=30; 200 size=100", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x worker_crashed\n"
                                "get a/x 30-\n"
                                "done a/x ok size=100 resumed=30\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 100);
}

Test(engine_retry, a_file_of_another_checksum_is_fetched_once_more_and_fails)
{
    begin_world("a/x 200 size=10", "");
    fa_world_list(world, "http://a/x\n checksum=sha-256=%s", fa_world_sha256(world, "other", 10));
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x integrity\n"
                                "get a/x headers=0\n"
                                "done a/x failed integrity attempts=2 transient=0\n"
                                "end complete\n");
    fa_expect_no_file(config->dir, "x");
    fa_expect_parts(config->dir, 0);
}

Test(engine_retry, a_file_that_has_its_checksum_at_the_second_time_is_good)
{
    begin_world("a/x 200 size=10 version=bad; 200 size=10 version=good", "");
    fa_world_list(world, "http://a/x\n checksum=sha-256=%s", fa_world_sha256(world, "good", 10));
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x integrity\n"
                                "get a/x\n"
                                "done a/x ok attempts=2\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "good", 10);
}

Test(engine_retry, a_file_of_another_size_than_listed_fails)
{
    begin_world("a/x 200 size=10", "http://a/x\n size=11");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "...\n"
                                "done a/x failed integrity transient=0\n"
                                "end complete\n");
    fa_expect_no_file(config->dir, "x");
    fa_expect_parts(config->dir, 0);
}

Test(engine_retry, a_file_that_is_too_large_fails_at_once_and_leaves_nothing)
{
    begin_world("a/x 200 size=1000", "http://a/x");
    config->max_size = 999;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed too_large attempts=1 transient=0\n"
                                "end complete\n");
    fa_expect_parts(config->dir, 0);
}

Test(engine_retry, out_of_descriptors_it_continues_with_fewer_at_once)
{
    begin_world("a/1 200 size=10 took=5\na/2 files; 200 size=10", "http://a/1\nhttp://a/2");
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\n"
                                "get a/2\n"
                                "...\n"
                                "get a/2\n"
                                "done a/2 ok\n"
                                "...\n"
                                "end complete\n");
    cr_assert_eq(fa_world_check(world), NULL);
}

Test(engine_retry, a_challenge_is_answered_once_and_is_not_a_failure)
{
    begin_world("a/1 401 digest; 200 size=10\na/2 200 size=10\na/3 401 digest", "http://a/1");
    fa_world_list(world, "http://a/2");
    fa_world_list(world, "http://a/3");
    config->retries = 0;
    config->jobs = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1\n"
                                "get a/1 digest\n"
                                "done a/1 ok attempts=1\n"
                                "get a/2 digest\n"
                                "done a/2 ok attempts=1\n"
                                "get a/3 digest\n"
                                "done a/3 failed http http=401 attempts=1 transient=0\n"
                                "end complete\n");
}

Test(engine_retry, each_host_of_a_chain_has_its_own_challenge_and_cookies_stay)
{
    begin_world("a/1 401 digest cookies=A; 302 to=b/1 cookies=B\n"
                "b/1 401 digest cookies=C; 401 digest",
                "http://a/1");
    config->retries = 0;
    EXPECT_RUN(FA_END_COMPLETE, "get a/1 cookies=\n"
                                "get a/1 digest cookies=A\n"
                                "get b/1 foreign cookies=B\n"
                                "get b/1 foreign digest cookies=C\n"
                                "done a/1 failed http http=401 attempts=1\n"
                                "end complete\n");
}
