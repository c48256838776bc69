/* Configurations that a session refuses. */

#include "support/scratch.h"

#include <fetchall/session.h>

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(config, .init = begin, .fini = end, .timeout = 60.0);

static void expect_refused(const struct fa_config *config, const char *field)
{
    struct fa_error err = {0};
    struct fa_session *session = fa_session_new(config, NULL, NULL, &err);
    cr_assert_null(session, "%s", field);
    cr_assert_eq(err.class, FA_CLASS_REFUSED, "%s: %s", field, err.msg);
    char quoted[64];
    snprintf(quoted, sizeof(quoted), "config field '%s'", field);
    cr_assert(strstr(err.msg, quoted), "%s: %s", field, err.msg);
}

#define REFUSED(field, value)            \
    do {                                 \
        struct fa_config config;         \
        fa_config_init(&config);         \
        config.dir = scratch.path;       \
        config.field = (value);          \
        expect_refused(&config, #field); \
    } while (0)

Test(config, trust_host_that_is_no_pattern_is_refused)
{
    static const char *const hosts[] = {"a", "*"};
    struct fa_config config;
    fa_config_init(&config);
    config.dir = scratch.path;
    config.trust_hosts = hosts;
    config.n_trust_hosts = 2;
    expect_refused(&config, "trust_hosts");
}

Test(config, invalid_values_are_refused)
{
    REFUSED(mode, FA_MODES);
    REFUSED(mode, (enum fa_mode)77);
    REFUSED(format, FA_LIST_FORMATS);
    REFUSED(base, "example.org/pub/");
    REFUSED(base, "ftp://h/");
    REFUSED(layout, (enum fa_layout)9);
    REFUSED(match, (enum fa_match)9);
    REFUSED(fsync, (enum fa_fsync)9);
    REFUSED(family, (enum fa_family)7);
    REFUSED(http, (enum fa_http)8);
    REFUSED(hash_with, (enum fa_hash_with)9);
    REFUSED(tls_min, (enum fa_tls)9);
    REFUSED(hash, 1u << 20);
    REFUSED(disk_wait, -1);
    REFUSED(retry_wait, NAN);
    REFUSED(host_wait, -60);
    REFUSED(connect_timeout, 1e300);
    REFUSED(stall_timeout, -0.5);
    REFUSED(speed_time, -1);
    REFUSED(timeout, INFINITY);
    REFUSED(host_rate, -1);
    REFUSED(host_rate, NAN);
    REFUSED(dir, NULL);
    REFUSED(dir, "");
    REFUSED(user_agent, "a\r\nX-Injected: b");
}

Test(config, a_fixed_number_per_host_is_at_least_one)
{
    struct fa_config config;
    fa_config_init(&config);
    config.dir = scratch.path;
    config.per_host_auto = false;
    expect_refused(&config, "per_host");
}

Test(config, headers_are_single_lines_with_a_name)
{
    static const char *const bad[] = {"no colon", "A: b\r\nC: d"};
    for (size_t i = 0; i < 2; i++) {
        struct fa_config config;
        fa_config_init(&config);
        config.dir = scratch.path;
        config.headers = &bad[i];
        config.n_headers = 1;
        expect_refused(&config, "headers");
    }
}

Test(config, the_defaults_are_taken)
{
    struct fa_error err = {0};
    struct fa_config config;
    fa_config_init(&config);
    config.dir = scratch.path;
    config.hash_with = FA_HASH_WITH_THREAD; /* so that no nursery is needed */
    struct fa_session *session = fa_session_new(&config, NULL, NULL, &err);
    cr_assert_not_null(session, "%s", err.msg);
    fa_session_free(session);
}

Test(config, every_mode_has_a_name_of_its_own_that_finds_it)
{
    for (unsigned i = 0; i < FA_MODES; ++i) {
        enum fa_mode found = FA_MODES;
        const char *name = fa_mode_name((enum fa_mode)i);
        cr_assert(name && name[0]);
        cr_expect_eq(fa_mode_parse(name, &found), 0);
        cr_expect_eq(found, i, "%s", name);
    }
    cr_expect_null(fa_mode_name(FA_MODES));
}

Test(config, an_unknown_mode_is_not_found)
{
    enum fa_mode found = FA_MODE_THREAD;
    cr_expect_eq(fa_mode_parse("fibre", &found), -1);
    cr_expect_eq(fa_mode_parse("", &found), -1);
    cr_expect_eq(found, FA_MODE_THREAD);
}

Test(config, each_mode_has_a_default_number_of_transfers)
{
    cr_expect_eq(fa_mode_jobs(FA_MODE_ASYNC), 256);
    cr_expect_eq(fa_mode_jobs(FA_MODE_THREAD), 64);
    cr_expect_eq(fa_mode_jobs(FA_MODE_PROCESS), 64);
    cr_expect_eq(fa_mode_jobs(FA_MODES), 0);
}

Test(config, only_async_has_event_loops)
{
    cr_expect(fa_mode_has_loops(FA_MODE_ASYNC));
    cr_expect_not(fa_mode_has_loops(FA_MODE_THREAD));
    cr_expect_not(fa_mode_has_loops(FA_MODE_PROCESS));
    cr_expect_not(fa_mode_has_loops(FA_MODES));
}
