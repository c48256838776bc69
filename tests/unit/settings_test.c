#include "transfer/settings.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct fa_config config_full(void)
{
    struct fa_config config;
    fa_config_init(&config);
    config.connect_timeout = 1.25;
    config.stall_timeout = 2.5;
    config.speed_limit = 77;
    config.speed_time = 7.5;
    config.timeout = 1e9;
    config.expect_length = config.netrc = true;
    config.family = FA_FAMILY_V6;
    config.tls_min = FA_TLS_1_1;
    config.http = FA_HTTP_2;
    config.user_agent = "";
    config.proxy = "http://u:p@proxy:3128";
    config.cacert = "/a b";
    config.cert = "c";
    return config;
}

static void expect_same(const char *a, const char *b)
{
    cr_assert(a == b || (a && b && strcmp(a, b) == 0));
}

Test(settings, come_back_as_they_were)
{
    struct fa_config config = config_full();
    struct fa_settings a, b;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_settings_init(&a, &config);
    struct fa_settings hosts[2] = {a, a};
    hosts[1].insecure = true;
    hosts[1].http2 = false;
    hosts[1].proxy = "http://other";
    a.hosts = hosts;
    a.n_hosts = 2;
    fa_settings_encode(&a, &buf);
    cr_assert_eq(fa_settings_decode(&b, buf.data, buf.len), 0);
    cr_assert_eq(fa_settings_of(&b, 0), &b);
    cr_assert(!fa_settings_of(&b, 1)->insecure && fa_settings_of(&b, 2)->insecure);
    expect_same(fa_settings_of(&b, 2)->proxy, "http://other");
    expect_same(fa_settings_of(&b, 2)->cert, a.cert);
    cr_assert_eq(fa_settings_of(&b, 3), &b, "no such rule");
    cr_assert(fa_settings_any_http2(&b));
    cr_assert(a.speed_limit == b.speed_limit && a.speed_time == b.speed_time);
    cr_assert(a.connect_timeout == b.connect_timeout && a.stall_timeout == b.stall_timeout);
    cr_assert(a.timeout == b.timeout && a.expect_length == b.expect_length);
    cr_assert(a.netrc == b.netrc && a.insecure == b.insecure && a.family == b.family);
    cr_assert(a.http2 && b.http2);
    cr_assert(a.tls_min == FA_TLS_1_1 && b.tls_min == FA_TLS_1_1);
    expect_same(a.user_agent, b.user_agent);
    expect_same(a.proxy, b.proxy);
    expect_same(a.cacert, b.cacert);
    expect_same(a.cert, b.cert);
    expect_same(a.key, b.key);
    fa_settings_fini(&b);
    fa_buf_fini(&buf);
}

Test(settings, every_truncation_is_refused)
{
    struct fa_config config = config_full();
    struct fa_settings settings;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_settings_init(&settings, &config);
    struct fa_settings host = settings, general = settings;
    general.hosts = &host;
    general.n_hosts = 1;
    fa_settings_encode(&general, &buf);
    for (size_t len = 0; len < buf.len; ++len) {
        void *bytes = malloc(len + 1);
        memcpy(bytes, buf.data, len);
        cr_assert_eq(fa_settings_decode(&settings, bytes, len), -1, "%zu bytes", len);
        free(bytes);
    }
    fa_buf_put_u8(&buf, 0);
    cr_assert_eq(fa_settings_decode(&settings, buf.data, buf.len), -1);
    fa_buf_fini(&buf);
}

Test(settings, a_proxy_is_used_as_said_or_as_the_environment_has_it)
{
    static const struct {
        const char *proxy, *name, *value;
        bool use;
    } rows[] = {
        {NULL, "nothing", "", false},
        {"", "nothing", "", false},
        {"", "http_proxy", "http://p", false},
        {"http://p", "nothing", "", true},
        {NULL, "http_proxy", "http://p", true},
        {NULL, "http_proxy", "", false},
        {NULL, "HTTP_PROXY", "http://p", false}, /* a header of a CGI request */
        {NULL, "https_proxy", "http://p", true},
        {NULL, "HTTPS_PROXY", "http://p", true},
        {NULL, "all_proxy", "http://p", true},
        {NULL, "ALL_PROXY", "http://p", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_config config;
        struct fa_settings settings;
        clearenv();
        setenv(rows[i].name, rows[i].value, 1);
        fa_config_init(&config);
        config.proxy = rows[i].proxy;
        fa_settings_init(&settings, &config);
        cr_assert_eq(fa_settings_use_proxy(&settings), rows[i].use, "%s=%s", rows[i].name,
                     rows[i].value);
    }
}
