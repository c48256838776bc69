/*
 * The engine in virtual time: hosts that are down or ask for a pause, names, redirects and mirrors.
 * See support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdio.h>

ENGINE_SUITE(engine_hosts);

static void list_many(const char *host, unsigned count)
{
    for (unsigned i = 0; i < count; ++i)
        fa_world_list(world, "http://%s/f%u", host, i);
}

Test(engine_hosts, a_pause_stops_requests_to_one_host_only)
{
    begin_world("a/1 503 retry-after=5 took=0.1; 200 size=10\n"
                "a/2 200 size=10\n"
                "b/* 200 size=10 took=1",
                "http://a/1\nhttp://b/3\nhttp://a/2\nhttp://b/4");
    config->per_host = 1;
    fa_world_run(world);
    fa_world_expect(world, "get a/1\n"
                           "get b/3\n"
                           "...\n"
                           "@1 done b/3 ok\n"
                           "@1 get b/4\n"
                           "@2 done b/4 ok\n"
                           "@5.1 get\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "@0.2-5 get a/1"), 0);
    cr_assert_eq(fa_world_count(world, "@0.2-5 get a/2"), 0);
    cr_assert_eq(fa_world_count(world, "@0.1 host a paused wait=5"), 1);
    cr_assert_eq(fa_world_count(world, "done a/1 ok attempts=2"), 1);
    cr_assert_eq(fa_world_count(world, "done a/2 ok attempts=1"), 1);
}

/* GitHub answers 403, archives on tape 202, until they are ready. */
Test(engine_hosts, any_status_that_asks_to_come_back_pauses_its_host)
{
    begin_world("a/1 403 retry-after=5 took=0.1; 200 size=10\n"
                "b/1 202 retry-after=6 took=0.1; 200 size=10\n"
                "c/1 404 retry-after=0 took=0.1; 200 size=10\n"
                "d/1 404 took=0.1; 200 size=10\n"
                "a/2 200 size=10\n"
                "b/2 200 size=10",
                "http://a/1\nhttp://b/1\nhttp://c/1\nhttp://d/1\nhttp://a/2\nhttp://b/2");
    config->per_host = 1;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0.1 host a paused wait=5"), 1);
    cr_assert_eq(fa_world_count(world, "@0.1 host b paused wait=6"), 1);
    cr_assert_eq(fa_world_count(world, "host c paused"), 0);
    cr_assert_eq(fa_world_count(world, "@0.2-5 get a/2"), 0);
    cr_assert_eq(fa_world_count(world, "@0.2-6 get b/2"), 0);
    cr_assert_eq(fa_world_count(world, "done c/1 ok attempts=2"), 1);
    cr_assert_eq(fa_world_count(world, "done d/1 failed"), 1);
    cr_assert_eq(fa_world_count(world, "done a/1 ok attempts=2"), 1);
    cr_assert_eq(fa_world_count(world, "done b/1 ok attempts=2"), 1);
}

Test(engine_hosts, answers_to_requests_under_way_do_not_end_a_pause)
{
    begin_world("a/1 429 retry-after=10; 200 size=10\n"
                "a/2 200 size=10 took=1\n"
                "a/3 200 size=10",
                "http://a/1\nhttp://a/2\nhttp://a/3");
    config->per_host = 2;
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n"
                           "@0 get a/2\n"
                           "...\n"
                           "@1 done a/2 ok\n"
                           "@10 get\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done"), 3);
    cr_assert_eq(fa_world_count(world, "@0.05-9.9 get a/3"), 0);
}

Test(engine_hosts, a_host_that_asks_for_pauses_for_ever_is_given_up)
{
    begin_world("a/* 503 retry-after=5", "http://a/1\nhttp://a/2");
    config->retries = 2;
    config->host_wait = 30;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "@30-36 host a given-up\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done a/1 failed http http=503 transient=1"), 1);
    cr_assert_eq(fa_world_count(world, "done a/2 failed http transient=1"), 1);
    cr_assert_leq(fa_world_now(world), 60);
}

Test(engine_hosts, a_dead_host_that_comes_back_loses_nothing)
{
    begin_world("a/* 200 size=10\ndown a 0 30 refused", "");
    config->retry_wait = 1;
    list_many("a", 40);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "host a broken\n"
                           "...\n"
                           "@30-46 host a back\n"
                           "...\n"
                           "@30-46 end complete\n");
    cr_assert_eq(fa_world_count(world, "done"), 40);
    cr_assert_eq(fa_world_count(world, "done * ok"), 40, "%s", fa_world_trace(world));
}

Test(engine_hosts, a_host_that_dies_and_returns_costs_no_retries)
{
    begin_world("a/* 200 size=10 took=1\ndown a 2.5 20 refused", "");
    config->retry_wait = 1;
    config->retries = 0;
    config->per_host = 2;
    list_many("a", 10);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 10);
    cr_assert_eq(fa_world_count(world, "done * ok"), 10, "%s", fa_world_trace(world));
}

Test(engine_hosts, a_dead_host_is_given_up_after_host_wait)
{
    begin_world("a/* refused", "http://a/1\nhttp://a/2\nhttp://a/3");
    config->retry_wait = 1;
    config->host_wait = 45;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "host a broken\n"
                           "...\n"
                           "@45 host a given-up\n"
                           "...\n"
                           "@45 end complete\n");
    cr_assert_eq(fa_world_count(world, "@45 done a/1 failed connect transient=1"), 1);
    cr_assert_eq(fa_world_count(world, "@45 done a/2 failed connect transient=1"), 1);
    cr_assert_eq(fa_world_count(world, "@45 done a/3 failed connect transient=1"), 1);
}

Test(engine_hosts, host_wait_counts_from_the_last_success)
{
    begin_world("a/1 200 size=10\na/2 200 size=10 took=20\ndown a 20 1000 refused",
                "http://a/1\nhttp://a/2\nhttp://a/3\nhttp://a/4\nhttp://a/5");
    config->retry_wait = 1;
    config->host_wait = 30;
    config->per_host = 1;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "@20 done a/2 ok\n"
                           "...\n"
                           "@50 host a given-up\n"
                           "...\n"
                           "@50 end complete\n");
}

Test(engine_hosts, a_dead_host_with_many_urls_costs_few_attempts)
{
    begin_world("a/* timeout", "");
    config->retry_wait = 1;
    config->connect_timeout = 10;
    list_many("a", 1000);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 1000);
    cr_assert_leq(fa_world_count(world, "get"), 40, "%u", fa_world_count(world, "get"));
    cr_assert_leq(fa_world_now(world), 100);
}

Test(engine_hosts, other_hosts_continue_while_one_is_down)
{
    begin_world("a/* timeout\nb/* 200 size=10 took=0.1", "");
    config->retry_wait = 1;
    config->jobs = 4;
    config->per_host = 2;
    list_many("a", 50);
    list_many("b", 50);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "@0-25 done b/f49 ok"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done"), 100);
}

Test(engine_hosts, without_host_wait_a_dead_host_fails_soon)
{
    begin_world("a/* refused", "");
    config->host_wait = 0;
    config->retries = 1;
    list_many("a", 20);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 20);
    cr_assert_leq(fa_world_now(world), 10);
    cr_assert_leq(fa_world_count(world, "get"), 40);
}

Test(engine_hosts, entries_of_a_host_given_up_fail_without_a_request)
{
    world = fa_world_new("a/* refused\n"
                         "at 0 feed http://a/1\n"
                         "at 40 feed http://a/2\n"
                         "at 41 close");
    config = fa_world_config(world);
    config->retry_wait = 1;
    config->host_wait = 20;
    fa_world_pipe(world);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "@20-22 done a/1 failed connect\n"
                           "@40-42 done a/2 failed connect attempts=0 transient=1\n"
                           "end complete\n");
}

Test(engine_hosts, a_host_that_was_given_up_is_asked_again_a_minute_later)
{
    world = fa_world_new("a/* 200 size=10\n"
                         "down a 0 50 refused\n"
                         "at 0 feed http://a/1\n"
                         "at 100 feed http://a/2\n"
                         "at 101 close");
    config = fa_world_config(world);
    config->retry_wait = 1;
    config->host_wait = 20;
    fa_world_pipe(world);
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/1 failed connect\n"
                           "@100-101 get a/2\n"
                           "...\n"
                           "done a/2 ok\n"
                           "...\n"
                           "end complete\n");
}

Test(engine_hosts, a_name_that_does_not_exist_fails_at_once)
{
    begin_world("a/* 200 size=10\ndns a 0 1000 missing\nb/* 200 size=10",
                "http://a/1\nhttp://a/2\nhttp://b/3");
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "get a/1"), 0);
    cr_assert_eq(fa_world_count(world, "@0 done a/1 failed dns transient=0"), 1, "%s",
                 fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@0 done a/2 failed dns transient=0"), 1);
    cr_assert_eq(fa_world_count(world, "done b/3 ok"), 1);
}

Test(engine_hosts, a_resolver_that_fails_for_a_while_is_waited_for)
{
    begin_world("a/* 200 size=10\ndns a 0 20 fail", "http://a/1\nhttp://a/2");
    config->retry_wait = 1;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "@20-36 done a/1 ok"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@20-36 done a/2 ok"), 1);
}

Test(engine_hosts, a_resolver_that_never_answers_is_given_up)
{
    begin_world("dns a 0 1000 mute", "http://a/1");
    config->retry_wait = 1;
    config->host_wait = 40;
    config->connect_timeout = 5;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "host a given-up\n"
                           "@40-60 done a/1 failed dns transient=1\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "get"), 0);
}

Test(engine_hosts, a_redirect_is_followed_and_names_nothing)
{
    begin_world("a/x 301 to=b/y\nb/y 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get b/y\n"
                                "done a/x ok http=200 attempts=1 path=x effective=b/y\n"
                                "end complete\n");
}

static const char *const secret[] = {"Authorization: secret"};

static void begin_secret(const char *script, const char *list)
{
    begin_world(script, list);
    config->headers = secret;
    config->n_headers = 1;
}

Test(engine_hosts, secrets_are_sent_to_the_listed_origin_whichever_way_led_there)
{
    begin_secret("a/x 302 to=a/y\na/y 302 to=b/z\nb/z 302 to=a/w\na/w 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x headers=1\n"
                                "get a/y headers=1\n"
                                "get b/z foreign headers=0\n"
                                "get a/w headers=1\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, secrets_are_sent_to_trusted_hosts_behind_a_redirect)
{
    static const char *const trusted[] = {"*.b", "c:81"};
    begin_secret("a/x 302 to=login.b/y\nlogin.b/y 302 to=evil-b/y\nevil-b/y 302 to=c/y\n"
                 "c/y 302 to=c:81/z\nc:81/z 200 size=10",
                 "http://a/x");
    config->trust_hosts = trusted;
    config->n_trust_hosts = 2;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x headers=1\n"
                                "get login.b/y headers=1\n"
                                "get evil-b/y foreign headers=0\n"
                                "get c/y foreign headers=0\n"
                                "get c:81/z headers=1\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, nothing_secret_is_sent_after_a_downgrade_not_even_at_home)
{
    static const char *const trusted[] = {"b"};
    begin_secret("https://a/x 302 to=http://b/y\nb/y 302 to=https://b/y\n"
                 "https://b/y 302 to=https://a/z\nhttps://a/z 200 size=10",
                 "https://a/x");
    config->trust_hosts = trusted;
    config->n_trust_hosts = 1;
    config->allow_downgrade = true;
    EXPECT_RUN(FA_END_COMPLETE, "get https://a/x headers=1\n"
                                "get b/y barred headers=0\n"
                                "get https://b/y barred headers=0\n"
                                "get https://a/z barred headers=0\n"
                                "done https://a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, netrc_is_for_all_hosts_of_a_chain_but_not_for_other_ports_of_the_listed_one)
{
    begin_world("a/x 302 to=b:81/x\nb:81/x 302 to=a:81/x\na:81/x 302 to=a./x\n"
                "a./x 302 to=https://a:444/x\nhttps://a:444/x 302 to=https://a/x\n"
                "https://a/x 302 to=https://b/x\nhttps://b/x 200 size=10",
                "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x headers=0\n"
                                "get b:81/x foreign\n"
                                "get a:81/x barred\n"
                                "get a./x barred\n"
                                "get https://a:444/x barred\n"
                                "get https://a/x foreign\n"
                                "get https://b/x foreign\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, cookies_are_kept_for_their_chain_only)
{
    begin_world("a/x 302 to=b/y cookies=A\nb/y 302 to=a/z cookies=B\na/z 302 to=a/w cookies=C\n"
                "a/w 503; 200 size=10\na/v 302 to=c/v took=0.035\nc/v 200 size=10",
                "http://a/x\nhttp://a/v");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x cookies=\n"
                                "get a/v cookies=\n"
                                "get b/y foreign cookies=A\n"
                                "get a/z cookies=B\n"
                                "get a/w cookies=C\n"
                                "get c/v foreign cookies=\n"
                                "retry a/w http\n"
                                "get a/x cookies=\n"
                                "done a/v ok\n"
                                "get b/y foreign cookies=A\n"
                                "get a/z cookies=B\n"
                                "get a/w cookies=C\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, no_cookies_are_sent_after_a_downgrade)
{
    begin_world("https://a/x 302 to=http://b/y cookies=A\nb/y 302 to=https://a/z cookies=B\n"
                "https://a/z 200 size=10",
                "https://a/x");
    config->allow_downgrade = true;
    EXPECT_RUN(FA_END_COMPLETE, "get https://a/x cookies=\n"
                                "get b/y barred cookies=\n"
                                "get https://a/z barred cookies=\n"
                                "done https://a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, a_login_belongs_to_the_listed_origin)
{
    begin_world("u:p@a/x 302 to=http://b/y\nb/y 302 to=http://a/z\nu:p@a/z 302 to=http://e:v@a/v\n"
                "u:p@a/v 302 to=http://e:v@b/y\ne:v@b/y 302 to=http://e:v@a/w\n"
                "u:p@a/w 200 size=10",
                "http://u:p@a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get u:p@a/x\n"
                                "get b/y foreign\n"
                                "get u:p@a/z\n"
                                "get u:p@a/v\n"
                                "get e:v@b/y foreign\n"
                                "get u:p@a/w\n"
                                "done * ok\n"
                                "end complete\n");
}

Test(engine_hosts, a_login_of_another_host_is_not_used_at_home)
{
    begin_secret("a/x 302 to=b/y\nb/y 302 to=http://e:v@a/z\na/z 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x headers=1\n"
                                "get b/y foreign headers=0\n"
                                "get a/z headers=1\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, a_redirect_loop_ends)
{
    begin_world("a/x 302 to=a/x", "http://a/x");
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "done a/x failed redirect attempts=1 transient=0\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "get a/x"), 11);
}

Test(engine_hosts, a_redirect_from_https_to_http_is_refused)
{
    begin_world("https://a/x 302 to=http://a/x\na/x 200 size=10", "https://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get https://a/x\n"
                                "done https://a/x failed redirect\n"
                                "end complete\n");
}

Test(engine_hosts, a_redirect_to_an_invalid_url_fails)
{
    begin_world("a/x 302 to=http://", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed redirect transient=0\n"
                                "end complete\n");
}

Test(engine_hosts, a_retry_asks_the_listed_url_again)
{
    begin_world("a/x 302 to=b/y\nb/y 503; 200 size=10", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get b/y\n"
                                "retry b/y http\n"
                                "get a/x\n"
                                "get b/y\n"
                                "done a/x ok attempts=2\n"
                                "end complete\n");
}

Test(engine_hosts, a_redirect_to_a_dead_host_is_waited_for)
{
    begin_world("a/x 302 to=b/y\nb/y 200 size=10\ndown b 0 20 refused", "http://a/x");
    config->retry_wait = 1;
    fa_world_run(world);
    fa_world_expect(world, "...\n"
                           "@20-40 done a/x ok\n"
                           "end complete\n");
}

Test(engine_hosts, a_mirror_is_asked_when_the_first_url_fails)
{
    begin_world("a/x 404\nb/x 200 size=10", "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http wait=0\n"
                                "get b/x\n"
                                "done a/x ok path=x effective=b/x attempts=2\n"
                                "end complete\n");
}

Test(engine_hosts, an_entry_fails_when_all_mirrors_have_failed)
{
    begin_world("a/x 404\nb/x 410", "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http\n"
                                "get b/x\n"
                                "done a/x failed http http=410 attempts=2 transient=0\n"
                                "end complete\n");
}

Test(engine_hosts, mirrors_take_turns_until_the_retries_are_spent)
{
    begin_world("a/x 503\nb/x 503", "http://a/x\thttp://b/x");
    config->retries = 1;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http\n"
                                "get b/x\n"
                                "retry b/x http\n"
                                "get a/x\n"
                                "retry a/x http\n"
                                "get b/x\n"
                                "...\n"
                                "done a/x failed http transient=1\n"
                                "end complete\n");
}

Test(engine_hosts, a_mirror_that_failed_permanently_is_left_out)
{
    begin_world("a/x 503; 200 size=10\nb/x 404", "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x http\n"
                                "get b/x\n"
                                "retry b/x http\n"
                                "get a/x\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, a_dead_host_does_not_delay_entries_with_a_mirror)
{
    begin_world("a/* refused\nb/* 200 size=10", "");
    config->retry_wait = 1;
    for (unsigned i = 0; i < 20; ++i)
        fa_world_list(world, "http://a/f%u\thttp://b/f%u", i, i);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_leq(fa_world_now(world), 5, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done"), 20);
    cr_assert_eq(fa_world_count(world, "get b/f19"), 1);
}

Test(engine_hosts, bytes_of_one_mirror_are_not_resumed_at_another)
{
    begin_world("a/x 200 size=100 cut=40 version=1\nb/x 200 size=100 version=1",
                "http://a/x\thttp://b/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x truncated\n"
                                "get b/x headers=0\n"
                                "done a/x ok size=100 bytes=140 resumed=0\n"
                                "end complete\n");
}

Test(engine_hosts, an_invalid_mirror_is_reported_and_left_out)
{
    begin_world("a/x 404\nc/x 200 size=10", "http://a/x\tftp://b/x\thttp://c/x");
    EXPECT_RUN(FA_END_COMPLETE, "note URL 2\n"
                                "get a/x\n"
                                "retry a/x http\n"
                                "get c/x\n"
                                "done a/x ok\n"
                                "end complete\n");
}

Test(engine_hosts, a_mirror_whose_file_has_another_checksum_is_not_the_end)
{
    begin_world("a/x 200 size=10 version=bad\nb/x 200 size=10 version=good", "");
    fa_world_list(world, "http://a/x\thttp://b/x\n checksum=sha-256=%s",
                  fa_world_sha256(world, "good", 10));
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "retry a/x integrity\n"
                                "get b/x\n"
                                "done a/x ok attempts=2\n"
                                "end complete\n");
}

Test(engine_hosts, a_host_with_failures_in_a_row_is_down_for_all)
{
    begin_world("a/* 503", "");
    config->retry_wait = 1;
    config->host_wait = 20;
    list_many("a", 100);
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done"), 100);
    for (unsigned i = 0; i < 100; ++i) {
        char get[32];
        snprintf(get, sizeof(get), "get a/f%u", i);
        cr_assert_geq(fa_world_count(world, get), 1, "%s: each is requested before it fails", get);
    }
    cr_assert_leq(fa_world_count(world, "get"), 130, "%u", fa_world_count(world, "get"));
    cr_assert_eq(fa_world_count(world, "host a given-up"), 1);
}

/* 300 URLs of one host in an order without a pattern; that many per cent are always answered with
 * 503.  The others must all be fetched, in one run. */
static void play_partial_overload(unsigned percent)
{
    unsigned good = 0;
    begin_world("a/bad* 503 took=0.01\na/f* 200 size=10 took=0.01", "");
    config->retry_wait = 1;
    for (unsigned i = 0; i < 300; ++i) {
        bool bad = (i * 7919 + 13) % 300 < percent * 3;
        fa_world_list(world, "http://a/%s%u", bad ? "bad" : "f", i);
        good += !bad;
    }
    fa_world_run(world);
    unsigned bad = 300 - good, gets = fa_world_count(world, "get");
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done * ok"), good, "%u %%: %u of %u", percent,
                 fa_world_count(world, "done * ok"), good);
    cr_assert_eq(fa_world_count(world, "done * failed http http=503 transient=1"), bad, "%u %%",
                 percent);
    cr_assert_leq(gets, good + 6 * bad, "%u %%: %u requests", percent, gets);
    cr_assert_leq(fa_world_now(world), 180, "%u %%: %g s", percent, fa_world_now(world));
    end_world();
}

Test(engine_hosts, a_host_that_serves_some_of_its_urls_is_not_down)
{
    for (unsigned percent = 50; percent <= 95; percent += 5)
        play_partial_overload(percent);
    begin_world("a/* 200 size=10", "http://a/1");
}

Test(engine_hosts, an_entry_that_asks_for_pauses_holds_up_nobody)
{
    begin_world("a/poison 503 retry-after=120 took=0.01\na/f* 200 size=10 took=0.01",
                "http://a/poison");
    list_many("a", 300);
    fa_world_run(world);
    fa_world_expect(world, "...\ndone a/poison failed http http=503 transient=1\nend complete");
    cr_assert_eq(fa_world_count(world, "@0-121 host a paused"), 1);
    cr_assert_eq(fa_world_count(world, "done * ok"), 300);
    cr_assert_eq(fa_world_count(world, "@121-9999 done"), 1);
}

/* Maintenance: all URLs, or the only one. */
Test(engine_hosts, a_host_that_pauses_all_of_its_urls_loses_nothing)
{
    static const unsigned counts[] = {1, 3, 200};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); ++i) {
        begin_world("a/* 200 size=10 took=0.01\ndown a 0 20 503 retry-after=1", "");
        config->retry_wait = 1;
        list_many("a", counts[i]);
        fa_world_run(world);
        cr_expect_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
        cr_expect_eq(fa_world_count(world, "done * ok"), counts[i], "%u", counts[i]);
        cr_expect_leq(fa_world_now(world), 22, "%g s", fa_world_now(world));
        cr_expect_leq(fa_world_count(world, "@0-20 get"), 16 + 21, "%u", counts[i]);
        end_world();
    }
    begin_world("a/* 404", "");
}

Test(engine_hosts, each_url_is_requested_before_a_host_that_only_pauses_is_given_up)
{
    begin_world("a/* 503 retry-after=1 took=0.01", "");
    config->retry_wait = 1;
    config->host_wait = 20;
    list_many("a", 100);
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done * failed http http=503 transient=1"), 100);
    for (unsigned i = 0; i < 100; ++i) {
        char get[32];
        snprintf(get, sizeof(get), "get a/f%u ", i);
        cr_assert_geq(fa_world_count(world, get), 1, "%s", get);
    }
    cr_assert_eq(fa_world_count(world, "host a given-up"), 1);
    cr_assert_leq(fa_world_now(world), 110, "%g s", fa_world_now(world));
}

/* Of 100 URLs, that many are always answered with that. */
static void play_poison(unsigned poison, const char *answer, double seconds)
{
    char script_text[256];
    snprintf(script_text, sizeof(script_text), "a/bad* %s took=0.01\na/f* 200 size=10 took=0.01",
             answer);
    begin_world(script_text, "");
    config->retry_wait = 1;
    for (unsigned i = 0; i < 100; ++i)
        fa_world_list(world, "http://a/%s%u", (i * 37 + 63) % 100 < poison ? "bad" : "f", i);
    fa_world_run(world);
    char done[64];
    snprintf(done, sizeof(done), "@0-%g done * ok", seconds);
    cr_expect_eq(fa_world_check(world), NULL, "%s: %s", answer, fa_world_check(world));
    cr_expect_eq(fa_world_count(world, done), 100 - poison, "%u %s: %u, and in all %u", poison,
                 answer, fa_world_count(world, done), fa_world_count(world, "done * ok"));
    cr_expect_eq(fa_world_count(world, "done * failed http attempts=0"), 0, "%s", answer);
    end_world();
}

Test(engine_hosts, some_urls_that_ask_for_pauses_pause_their_host_once)
{
    play_poison(5, "503 retry-after=5", 6);
    play_poison(5, "202 retry-after=5", 6);
    play_poison(5, "404 retry-after=5", 6);
    play_poison(20, "503 retry-after=5", 21);
    play_poison(20, "423 retry-after=30", 31);
    begin_world("a/* 404", "");
}

Test(engine_hosts, all_good_files_of_a_host_arrive_whatever_the_others_ask_for)
{
    static const char *const answers[] = {"503 retry-after=1", "202 retry-after=1",
                                          "404 retry-after=1", "429 retry-after=1"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); ++i) {
        play_poison(50, answers[i], 100);
        play_poison(90, answers[i], 120);
    }
    begin_world("a/* 404", "");
}

/* It serves for a third of a second, and then refuses all until the end of its window. */
Test(engine_hosts, a_limiter_is_never_asked_before_its_time)
{
    begin_world("a/* 200 size=10 took=0.1\n"
                "down a 0.3 10 429 retry-after=9.7\n"
                "down a 10.3 20 429 retry-after=9.7\n"
                "down a 20.3 30 429 retry-after=9.7\n"
                "down a 30.3 40 429 retry-after=9.7",
                "");
    config->retry_wait = 1;
    config->per_host = 4;
    list_many("a", 60);
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done * ok"), 60, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@0.4-9.9 get"), 0, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@10.4-19.9 get"), 0, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@20.4-29.9 get"), 0, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@30.4-39.9 get"), 0, "%s", fa_world_trace(world));
}

Test(engine_hosts, a_second_maintenance_of_a_host_is_noticed)
{
    begin_world("a/* 200 size=10 took=0.1\n"
                "down a 0 5 503 retry-after=5\n"
                "down a 6 36 503 retry-after=30",
                "");
    config->retry_wait = 1;
    config->per_host = 4;
    list_many("a", 200);
    fa_world_run(world);
    cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_check(world));
    cr_assert_eq(fa_world_count(world, "done * ok"), 200, "%s", fa_world_trace(world));
    unsigned gets = fa_world_count(world, "@6-35.9 get");
    cr_assert_leq(gets, 16, "%u", gets);
}

Test(engine_hosts, ports_are_different_origins)
{
    begin_world("a:81/* refused\na:82/* 200 size=10 took=1", "http://a:81/x\nhttp://a:82/y");
    config->retry_wait = 1;
    config->host_wait = 10;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "@1 done a:82/y ok"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "done a:81/x failed connect"), 1);
}

Test(engine_hosts, the_back_off_of_a_mirror_outlasts_the_end_of_a_host)
{
    begin_world("a/* refused\nb/1 503; 503; 503; 200 size=10",
                "http://a/1\thttp://b/1\nhttp://a/2");
    config->retry_wait = 8;
    config->host_wait = 10;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        fa_world_seed(world, seed);
        fa_world_run(world);
        cr_assert_eq(fa_world_check(world), NULL, "%s", fa_world_trace(world));
        end_world();
        begin_world("a/* refused\nb/1 503; 503; 503; 200 size=10",
                    "http://a/1\thttp://b/1\nhttp://a/2");
        config->retry_wait = 8;
        config->host_wait = 10;
    }
}

Test(engine_hosts, nothing_is_left_of_what_a_dead_host_has_sent)
{
    begin_world("a/1 200 size=100 cut=40; refused", "http://a/1");
    config->retry_wait = 1;
    config->host_wait = 5;
    fa_world_run(world);
    fa_world_expect(world, "...\ndone a/1 failed connect\nend complete");
    fa_expect_parts(config->dir, 0);
}

Test(engine_hosts, a_rate_spaces_the_requests_to_each_host)
{
    begin_world("a/* 200 size=10 took=0.5\nb/* 200 size=10", "");
    config->host_rate = 4;
    list_many("a", 9);
    list_many("b", 5);
    fa_world_run(world);
    fa_world_expect(world, "...\n@2.5 end complete\n");
    for (unsigned i = 0; i < 9; ++i) {
        char get[64];
        snprintf(get, sizeof(get), "@%g get a/f%u", i * 0.25, i);
        cr_expect_eq(fa_world_count(world, get), 1, "%s: %s", get, fa_world_trace(world));
    }
    cr_assert_eq(fa_world_count(world, "@1 get b/f4"), 1);
}

Test(engine_hosts, redirects_and_retries_count_for_the_rate_of_their_host)
{
    begin_world("a/1 301 to=http://a/2\n"
                "a/2 503; 503; 200 size=10\n"
                "b/1 301 to=http://a/3\n"
                "a/3 200 size=10",
                "http://a/1\nhttp://b/1");
    config->host_rate = 0.5;
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/1\n"
                           "@0 get b/1\n"
                           "@2 get\n"
                           "...\n"
                           "@12 get a/2\n"
                           "...\n"
                           "end complete\n");
    cr_assert_eq(fa_world_count(world, "done * ok"), 2, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "get"), 8);
}

Test(engine_hosts, a_rate_is_kept_when_a_host_is_idle_in_between)
{
    begin_world("a/* 200 size=10", "http://a/1");
    fa_world_pipe(world);
    fa_world_script(world, "a/* 200 size=10\nat 1 feed http://a/2\nat 1.5 feed http://a/3\n"
                           "at 1.6 close");
    config->host_rate = 0.1;
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@10 get a/2"), 1, "%s", fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@20 get a/3"), 1);
}

Test(engine_hosts, a_rate_is_divided_by_the_shards_of_one_host)
{
    begin_world("a/* 200 size=10", "");
    config->host_rate = 4;
    config->shards = 4;
    config->shard_by = FA_SHARD_BY_URL;
    list_many("a", 40);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "note 1 of 4 requests a second to a host, as 4 shards"), 1,
                 "%s", fa_world_trace(world));
    unsigned n = fa_world_count(world, "get");
    cr_assert(n > 3 && n < 20, "%u", n);
    cr_assert_geq(fa_world_now(world), n - 1);
}

Test(engine_hosts, options_of_hosts_limit_them_and_no_others)
{
    static const char *const headers[] = {"X-Token: a", "X-Two: 2"};
    static const char *const general[] = {"x-token: general"};
    struct fa_host_config one, all;
    fa_host_config_init(&one);
    fa_host_config_init(&all);
    one.pattern = "a.test";
    one.set = FA_HOST_PER_HOST;
    one.per_host = 2;
    one.headers = headers;
    one.n_headers = 2;
    all.pattern = "*.test";
    all.set = FA_HOST_RATE;
    all.host_rate = 1;
    const struct fa_host_config *const hosts[] = {&all, &one};
    begin_world("a.test/* 200 size=10 took=1\nb.test/* 200 size=10\nc/* 200 size=10", "");
    config->hosts = hosts;
    config->n_hosts = 2;
    config->headers = general;
    config->n_headers = 1;
    list_many("a.test", 4);
    list_many("b.test", 3);
    list_many("c", 5);
    fa_world_run(world);
    cr_assert_eq(fa_world_count(world, "@0 get a.test/f1 headers=2"), 1, "%s",
                 fa_world_trace(world));
    cr_assert_eq(fa_world_count(world, "@1 get a.test/f2 headers=2"), 1);
    cr_assert_eq(fa_world_count(world, "@1 get a.test/f3 headers=2"), 1);
    cr_assert_eq(fa_world_count(world, "@2 get b.test/f2 headers=1"), 1);
    cr_assert_eq(fa_world_count(world, "@0 get c/f4 headers=1"), 1);
    cr_assert_eq(fa_world_count(world, "done * ok"), 12);
}

/* The rule is that of each host that is requested, not that of the list. */
Test(engine_hosts, redirected_request_gets_the_headers_of_its_own_host)
{
    static const char *const headers[] = {"X-Token: b"};
    struct fa_host_config host;
    fa_host_config_init(&host);
    host.pattern = "b:80";
    host.headers = headers;
    host.n_headers = 1;
    const struct fa_host_config *const hosts[] = {&host};
    begin_world("a/1 301 to=http://b/2\nb/2 301 to=http://b:81/3\nb:81/3 301 to=http://a/4\n"
                "a/4 200 size=10",
                "http://a/1");
    config->hosts = hosts;
    config->n_hosts = 1;
    fa_world_run(world);
    fa_world_expect(world, "get a/1 headers=0\n"
                           "get b/2 foreign headers=1\n"
                           "get b:81/3 foreign headers=0\n"
                           "get a/4 headers=0\n"
                           "done a/1 ok\n"
                           "end complete\n");
}
