/* Options of hosts: which rule applies, and what it changes. */

#include "engine/host_rules.h"

#include <criterion/criterion.h>
#include <string.h>

#define MAX 8

static struct fa_config config;
static struct fa_host_config hosts[MAX];
static const struct fa_host_config *list[MAX];
static struct fa_host_rules rules;
static struct fa_error err;

static struct fa_host_config *add(const char *pattern)
{
    struct fa_host_config *host = &hosts[config.n_hosts];
    cr_assert_lt(config.n_hosts, MAX);
    fa_host_config_init(host);
    host->pattern = pattern;
    list[config.n_hosts++] = host;
    return host;
}

static void begin(void)
{
    fa_config_init(&config);
    config.hosts = list;
    config.host_rate = 1;
    config.user_agent = "general";
    config.netrc = true;
}

static void end(void)
{
    fa_host_rules_fini(&rules);
}

TestSuite(host_rules, .init = begin, .fini = end);

static void open_rules(void)
{
    cr_assert_eq(fa_host_rules_init(&rules, &config, &err), 0, "%s", err.msg);
}

static const char *pattern_of(const char *text)
{
    struct fa_url url;
    fa_url_init(&url);
    cr_assert_eq(fa_url_parse(&url, text, NULL, &err), 0);
    const struct fa_host_rule *rule = fa_host_rules_get(&rules, fa_host_rules_find(&rules, &url));
    const struct fa_host_config *found =
        fa_config_find_host(&config, url.host, strrchr(url.host_port, ':') + 1);
    cr_assert_eq(found ? found->pattern : NULL, rule ? rule->own.pattern : NULL);
    fa_url_fini(&url);
    return rule ? rule->own.pattern : "";
}

Test(host_rules, most_specific_pattern_applies)
{
    static const char *const rows[][2] = {
        {"http://example.org/a", "example.org"},
        {"https://example.org/a", "example.org:443"},
        {"https://u:p@EXAMPLE.org./a", "example.org:443"},
        {"https://x.example.org/", "*.example.org"},
        {"https://x.y.example.org/", "*.y.example.org"},
        {"https://x.y.example.org:8443/", "*.y.example.org:8443"},
        {"https://y.example.org:8443/", "*.example.org"},
        {"https://evil-example.org/", ""},
        {"https://example.org.evil.net/", ""},
        {"http://[::1]:81/", "[0::1]:81"},
        {"http://[::1]/", ""},
    };
    add("*.example.org"), add("example.org"), add("*.y.example.org:8443"), add("[0::1]:81");
    add("example.org:443"), add("*.y.example.org");
    open_rules();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_str_eq(pattern_of(rows[i][0]), rows[i][1], "%s", rows[i][0]);
}

Test(host_rules, rule_sets_what_it_names_and_leaves_the_rest)
{
    struct fa_host_config *host = add("a.test");
    host->set = FA_HOST_RATE | FA_HOST_NETRC | FA_HOST_PER_HOST;
    host->host_rate = 5;
    host->per_host = 3;
    host->user_agent = "not set";
    add("b.test");
    open_rules();
    struct fa_url url;
    fa_url_init(&url);
    fa_url_parse(&url, "http://a.test", NULL, &err);
    const struct fa_config *of = fa_host_rules_config(&rules, fa_host_rules_find(&rules, &url));
    cr_expect_eq(of->host_rate, 5);
    cr_expect(of->per_host == 3 && !of->per_host_auto);
    cr_expect_not(of->netrc);
    cr_expect_str_eq(of->user_agent, "general");
    fa_url_fini(&url);
    fa_url_parse(&url, "http://b.test", NULL, &err);
    of = fa_host_rules_config(&rules, fa_host_rules_find(&rules, &url));
    cr_expect(of->host_rate == 1 && of->netrc && of->per_host_auto);
    cr_expect_eq(fa_host_rules_config(&rules, 0), &config);
    cr_expect_null(fa_host_rules_get(&rules, 0));
    fa_url_fini(&url);
}

Test(host_rules, header_of_a_rule_replaces_that_of_the_same_name)
{
    static const char *const headers[] = {"X-Token: own", "Accept;"};
    struct fa_host_config *host = add("a.test");
    host->headers = headers;
    host->n_headers = 2;
    open_rules();
    const struct fa_host_rule *rule = fa_host_rules_get(&rules, 1);
    cr_expect(fa_host_rule_replaces(rule, "x-token: general"));
    cr_expect(fa_host_rule_replaces(rule, "accept: *"));
    cr_expect_not(fa_host_rule_replaces(rule, "X-Token-2: a"));
    cr_expect_not(fa_host_rule_replaces(rule, "X: a"));
    cr_expect_not(fa_host_rule_replaces(NULL, "X-Token: a"));
    cr_expect_eq(rules.most_headers, 2);
}

static void expect_refused(const char *why)
{
    cr_expect_eq(fa_host_rules_init(&rules, &config, &err), -1, "%s", why);
    cr_expect_eq(err.class, FA_CLASS_REFUSED);
    cr_expect_not_null(strstr(err.msg, why), "%s", err.msg);
    fa_host_rules_fini(&rules);
    config.n_hosts = 0;
    config.rate = 0;
}

Test(host_rules, two_spellings_of_one_host_are_refused)
{
    add("a.test"), add("A.test.");
    expect_refused("there are two of them");
    add("[::1]:80"), add("[0:0::1]:80");
    expect_refused("there are two of them");
}

Test(host_rules, invalid_values_are_refused_and_no_secret_is_printed)
{
    static const char *const broken[] = {"X-Token s3cret"}, *const split[] = {"A: s3cret\r\nB: c"};
    static const char *const range[] = {"Range: bytes=0-1"};
    add("*");
    expect_refused("'*' is not a host");
    add(NULL);
    expect_refused("is not a host");
    add("a.test")->set = FA_HOST_PER_HOST;
    expect_refused("per_host");
    struct fa_host_config *host = add("a.test");
    host->set = FA_HOST_RATE;
    host->host_rate = -1;
    expect_refused("host_rate");
    host = add("a.test");
    host->set = FA_HOST_PROXY;
    host->proxy = "ftp://user:s3cret@p";
    expect_refused("proxy");
    cr_expect_null(strstr(err.msg, "s3cret"));
    const char *const *const headers[] = {broken, split, range};
    static const char *const why[] = {"not 'Name: value'", "not 'Name: value'", "Range"};
    for (size_t i = 0; i < 3; ++i) {
        host = add("a.test");
        host->headers = headers[i];
        host->n_headers = 1;
        expect_refused(why[i]);
        cr_expect_null(strstr(err.msg, "s3cret"));
    }
    host = add("a.test");
    host->set = FA_HOST_CERT;
    host->key = "k";
    expect_refused("certificate");
    host = add("a.test");
    host->set = FA_HOST_HTTP;
    host->http = FA_HTTP_2;
    config.rate = 1000;
    expect_refused("HTTP/2");
    add("a.test")->size = 8;
    expect_refused("fa_host_config");
}
