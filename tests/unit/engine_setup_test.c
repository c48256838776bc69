/*
 * The engine in virtual time: what a session refuses, and what its config asks for. See
 * support/virtual_world.h for the language of the scripts.
 */

#include "support/truth.h"
#include "support/virtual_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

ENGINE_SUITE(engine_setup);

static struct fa_error refusal;

static void expect_refusal(enum fa_class class, const char *text)
{
    cr_assert_eq(fa_world_open(world, &refusal), -1, "it is not refused");
    cr_assert_eq(refusal.class, class, "%s", refusal.msg);
    cr_assert(strstr(refusal.msg, text), "%s", refusal.msg);
}

Test(engine_setup, a_config_with_an_invalid_field_is_refused)
{
    begin_world("", "");
    config->per_host = 0;
    expect_refusal(FA_CLASS_REFUSED, "per_host");
    config->per_host = 1;
    config->retry_wait = -1;
    expect_refusal(FA_CLASS_REFUSED, "retry_wait");
    config->retry_wait = 0;
    config->overwrite = config->sync = true;
    expect_refusal(FA_CLASS_REFUSED, "overwrite");
}

Test(engine_setup, a_rate_and_http_2_do_not_go_together)
{
    begin_world("", "");
    config->http = FA_HTTP_2;
    config->rate = 1000;
    expect_refusal(FA_CLASS_REFUSED, "HTTP/2");
}

Test(engine_setup, http_2_is_accepted_without_a_rate)
{
    begin_world("a/x 200 size=10", "http://a/x");
    config->http = FA_HTTP_2;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok\nend complete");
}

Test(engine_setup, an_invalid_proxy_is_refused)
{
    begin_world("", "");
    config->proxy = "gopher://p";
    expect_refusal(FA_CLASS_REFUSED, "proxy");
}

Test(engine_setup, with_a_proxy_no_name_is_looked_up)
{
    begin_world("a/x 200 size=10\ndns a 0 1000 missing", "http://a/x");
    config->proxy = "http://192.0.2.1:3128";
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok\nend complete");
}

Test(engine_setup, a_fixed_address_needs_no_lookup)
{
    static const char *const resolve[] = {"a:80:192.0.2.7", "*:81:192.0.2.8"};
    begin_world("a/x 200 size=10\nb:81/y 200 size=10\ndns a 0 1000 missing\ndns b 0 1000 missing",
                "http://a/x\nhttp://b:81/y\nhttp://b/z");
    config->resolve = resolve;
    config->n_resolve = 2;
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "get b:81/y\n"
                                "...\n"
                                "end complete\n");
}

Test(engine_setup, an_address_needs_no_lookup)
{
    begin_world("127.0.0.1/x 200 size=10\n[::1]/y 200 size=10\ndns 127.0.0.1 0 9 missing",
                "http://127.0.0.1/x\nhttp://[::1]/y");
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    cr_assert_eq(fa_world_count(world, "done * ok"), 2, "%s", fa_world_trace(world));
}

Test(engine_setup, certificates_that_cannot_be_read_are_refused)
{
    begin_world("", "");
    config->cacert = fa_world_path(world, "no such file");
    cr_assert_eq(fa_world_open(world, &refusal), -1);
    cr_assert_neq(refusal.class, FA_CLASS_NONE);
    cr_assert(strstr(refusal.msg, "no such file"), "%s", refusal.msg);
}

Test(engine_setup, a_missing_list_is_refused)
{
    begin_world("", "");
    fa_world_list_named(world, "/no/such/list");
    expect_refusal(FA_CLASS_LOCAL_IO, "/no/such/list");
}

Test(engine_setup, a_list_that_looks_like_a_url_shows_no_password)
{
    begin_world("", "");
    fa_world_list_named(world, "htp:/user:secret@a/x");
    expect_refusal(FA_CLASS_LOCAL_IO, "http://");
    cr_assert(!strstr(refusal.msg, "secret"), "%s", refusal.msg);
}

Test(engine_setup, a_url_is_a_list_of_one)
{
    begin_world("a/x 200 size=10", "");
    fa_world_list_named(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok line=1\nend complete");
}

Test(engine_setup, what_failed_is_unknown_without_a_state)
{
    begin_world("", "");
    config->no_state = false;
    fa_world_list_failed(world);
    expect_refusal(FA_CLASS_REFUSED, "state");
}

Test(engine_setup, a_list_that_is_damaged_is_a_failed_entry)
{
    begin_world("a/* 200 size=10", "");
    static const unsigned char damaged[] = {0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3, 9, 9, 9, 9, 9, 9};
    const char *name = fa_world_path(world, "list.gz");
    FILE *file = fopen(name, "we");
    cr_assert(file && fwrite(damaged, 1, sizeof(damaged), file) == sizeof(damaged));
    fclose(file);
    fa_world_list_named(world, name);
    fa_world_run(world);
    fa_world_expect(world, "done * failed bad_url line=0\nend complete");
}

Test(engine_setup, a_state_elsewhere_is_used)
{
    begin_world("a/x 200 size=10", "http://a/x");
    config->no_state = false;
    config->state = fa_world_path(world, "../elsewhere.db");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok\nend complete");
    struct stat st;
    cr_assert_eq(stat(config->state, &st), 0);
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x exists\nend complete");
}

Test(engine_setup, a_file_that_is_not_a_state_is_left_alone)
{
    begin_world("", "http://a/x");
    config->no_state = false;
    config->state = fa_world_path(world, "notes");
    FILE *file = fopen(config->state, "we");
    cr_assert(file && fputs("these are notes of somebody", file) >= 0);
    fclose(file);
    expect_refusal(FA_CLASS_LOCAL_IO, "notes");
}

Test(engine_setup, a_folder_is_used_by_one_session_at_a_time)
{
    begin_world("a/* 200 size=10", "http://a/x");
    cr_assert_eq(fa_world_run_on(world), FA_END_COMPLETE);
    struct fa_error err = {0};
    struct fa_config other = *config;
    cr_assert_null(fa_session_new(&other, NULL, NULL, &err));
    cr_assert_neq(err.class, FA_CLASS_NONE);
}

Test(engine_setup, reserved_names_are_given_to_no_file)
{
    static const char *const reserved[] = {"x"};
    begin_world("a/x 200 size=10", "http://a/x");
    config->reserved = reserved;
    config->n_reserved = 1;
    fa_world_run(world);
    fa_world_expect(world, "get a/x\ndone a/x ok\nend complete");
    cr_assert_eq(fa_world_count(world, "done a/x ok path=x"), 0);
}

Test(engine_setup, a_file_that_the_run_reads_is_never_replaced)
{
    static const char *kept[1];
    begin_world("a/keys 200 size=10", "http://a/keys");
    kept[0] = fa_world_path(world, "keys");
    FILE *file = fopen(kept[0], "we");
    cr_assert(file && fputs("secret", file) >= 0);
    fclose(file);
    config->kept = kept;
    config->n_kept = 1;
    config->overwrite = true;
    fa_world_run(world);
    fa_world_expect(world, "...\nend complete");
    char *text = fa_file_read(kept[0], NULL);
    cr_assert_str_eq(text, "secret");
    free(text);
}

Test(engine_setup, a_file_that_appears_meanwhile_is_left_alone)
{
    begin_world("a/x 200 size=10 took=5\nat 2 touch out/x", "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\n"
                                "done a/x failed refused transient=0\n"
                                "end complete\n");
    fa_expect_file(config->dir, "x", "x", 0);
    fa_expect_parts(config->dir, 0);
}

Test(engine_setup, few_open_files_mean_few_at_once)
{
    struct rlimit limit;
    begin_world("a/* 200 size=10 took=1", "");
    for (int i = 0; i < 200; ++i)
        fa_world_list(world, "http://a/%d", i);
    config->jobs = config->per_host = 200;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 120;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    fa_world_run(world);
    fa_world_expect(world, "note the limit of open files\n...\nend complete");
    cr_assert_lt(fa_world_peak(world), 120);
    cr_assert_eq(fa_world_count(world, "done * ok"), 200);
}

Test(engine_setup, too_few_open_files_are_refused)
{
    struct rlimit limit;
    begin_world("", "");
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 20;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_refusal(FA_CLASS_LOCAL_IO, "open files");
}

Test(engine_setup, many_unknown_options_are_one_warning)
{
    begin_world("a/* 200 size=10", "http://a/x\n colour=green\n taste=sour\n smell=none");
    EXPECT_RUN(FA_END_COMPLETE, "note\nget a/x\ndone a/x ok\nend complete");
}

Test(engine_setup, a_name_that_leaves_the_folder_is_refused)
{
    begin_world("a/* 200 size=10", "http://a/x\n out=../y\nhttp://a/z\n out=/abs/z");
    EXPECT_RUN(FA_END_COMPLETE, "done a/x failed refused attempts=0 transient=0\n"
                                "done a/z failed refused attempts=0 transient=0\n"
                                "end complete\n");
}

Test(engine_setup, a_large_part_is_known_to_the_state_while_it_comes)
{
    begin_world("a/x 200 size=8000000 took=100\nat 90 stop", "http://a/x");
    config->no_state = false;
    config->segments = 1;
    config->fsync = FA_FSYNC_BATCH;
    EXPECT_RUN(FA_END_STOPPED, "get a/x\n@90 end stopped");
    fa_world_script(world, "a/x 200 size=8000000");
    fa_world_list(world, "http://a/x");
    EXPECT_RUN(FA_END_COMPLETE, "get a/x\ndone a/x ok size=8000000\nend complete");
    fa_expect_file(config->dir, "x", "x", 8000000);
}
