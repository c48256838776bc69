/* Who gets the user's secrets, and what the message says to a user who is denied. */

#include "engine/redirect.h"
#include "engine/secrecy.h"
#include "support/listed_job.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const headers[] = {"X-Token: secret"};
static const char *const trusted[] = {"*.trusted.test", "c.test:8443"};

static struct fa_job *job;
static struct fa_config config;

/* A job whose URL was redirected to the others, separated by spaces. */
static void open_chain(const char *urls)
{
    char text[1024], *save = NULL;
    snprintf(text, sizeof(text), "%s", urls);
    const char *url = strtok_r(text, " ", &save);
    job = fa_listed_job(1, url);
    while ((url = strtok_r(NULL, " ", &save))) {
        job->outcome.location = strdup(url);
        cr_assert_eq(fa_redirect_follow(job, &config), 0, "%s: %s", url, job->outcome.error.msg);
        free(job->outcome.location);
        job->outcome.location = NULL;
    }
}

static void begin(void)
{
    fa_config_init(&config);
    config.allow_downgrade = true;
    config.trust_hosts = trusted;
    config.n_trust_hosts = 2;
}

TestSuite(secrecy, .init = begin);

Test(secrecy, each_target_is_judged_by_its_origin)
{
    static const struct {
        const char *urls;
        enum fa_secrecy secrecy;
        enum fa_netrc_use netrc;
    } rows[] = {
        {"http://a", FA_SECRECY_HOME, FA_NETRC_ANY},
        {"http://a http://a:80/b", FA_SECRECY_HOME, FA_NETRC_ANY},
        {"http://a http://A/b", FA_SECRECY_HOME, FA_NETRC_ANY},
        {"http://a http://b", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://b http://a", FA_SECRECY_HOME, FA_NETRC_ANY},
        {"http://a http://b http://c http://b http://a", FA_SECRECY_HOME, FA_NETRC_ANY},
        {"http://a http://a:81", FA_SECRECY_FOREIGN, FA_NETRC_NONE},
        {"http://a http://a.", FA_SECRECY_FOREIGN, FA_NETRC_NONE},
        {"http://a https://a", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a https://a:80", FA_SECRECY_FOREIGN, FA_NETRC_NONE},
        {"http://a:81 http://a", FA_SECRECY_FOREIGN, FA_NETRC_NONE},
        {"http://a http://b.a", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://b.trusted.test", FA_SECRECY_TRUSTED, FA_NETRC_ANY},
        {"http://a http://B.Trusted.TEST./", FA_SECRECY_TRUSTED, FA_NETRC_ANY},
        {"http://a http://trusted.test", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://evil-trusted.test", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://b.trusted.test@evil.test", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://b.trusted.test.evil.test", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a https://c.test:8443", FA_SECRECY_TRUSTED, FA_NETRC_ANY},
        {"http://a https://c.test", FA_SECRECY_FOREIGN, FA_NETRC_NAMED},
        {"http://a http://b http://d.trusted.test", FA_SECRECY_TRUSTED, FA_NETRC_ANY},
        {"https://a http://a", FA_SECRECY_DOWNGRADED, FA_NETRC_NONE},
        {"https://a http://b.trusted.test", FA_SECRECY_DOWNGRADED, FA_NETRC_NONE},
        {"https://a http://b https://a", FA_SECRECY_DOWNGRADED, FA_NETRC_NONE},
        {"http://a https://b http://a", FA_SECRECY_DOWNGRADED, FA_NETRC_NONE},
        {"http://a https://b http://a https://b", FA_SECRECY_DOWNGRADED, FA_NETRC_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        open_chain(rows[i].urls);
        cr_expect_eq(job->target.secrecy, rows[i].secrecy, "%s: %d", rows[i].urls,
                     job->target.secrecy);
        cr_expect_eq(fa_secrecy_netrc(&job->target), rows[i].netrc, "%s", rows[i].urls);
        fa_job_free(job);
    }
}

Test(secrecy, a_new_attempt_forgets_a_downgrade)
{
    open_chain("https://a http://a");
    cr_assert_eq(fa_job_target(job, 0), 0);
    cr_expect_eq(job->target.secrecy, FA_SECRECY_HOME);
    fa_job_free(job);
}

Test(secrecy, a_login_goes_where_the_headers_go)
{
    static const struct {
        const char *urls, *whole;
    } rows[] = {
        {"http://u:p@a http://a/b", "http://u:p@a/b"},
        {"http://u:p@a http://b", "http://b/"},
        {"http://u:p@a http://b http://a/c", "http://u:p@a/c"},
        {"http://u:p@a http://b http://e:v@a/c", "http://u:p@a/c"},
        {"http://a http://b http://e:v@a/c", "http://a/c"},
        {"http://a http://e:v@b", "http://e:v@b/"},
        {"http://a http://e:v@b http://b/c", "http://e:v@b/c"},
        {"http://u:p@a http://e:v@d.trusted.test", "http://u:p@d.trusted.test/"},
        {"http://u:p@a http://u:p@a:81", "http://u:p@a:81/"},
        {"http://u:p@a http://a:81", "http://a:81/"},
        {"https://u:p@a http://a", "http://a/"},
        {"https://u:p@a http://a https://a", "https://a/"},
        {"https://u:p@a http://d.trusted.test", "http://d.trusted.test/"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        open_chain(rows[i].urls);
        cr_expect_str_eq(job->target.url->whole, rows[i].whole, "%s", rows[i].urls);
        fa_job_free(job);
    }
}

struct denial {
    const char *urls;
    int http;
    bool headers, netrc;
    enum fa_login_source login;
    const char *message;
};

static void expect_message(const struct denial *row)
{
    open_chain(row->urls);
    config.headers = headers;
    config.n_headers = row->headers;
    config.netrc = row->netrc;
    job->outcome.http = row->http;
    job->outcome.login = row->login;
    fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, row->http, FA_CLASS_HTTP, "as it was");
    fa_secrecy_explain(job, &config);
    cr_expect_str_eq(job->outcome.error.msg, row->message, "%s: %s", row->urls,
                     job->outcome.error.msg);
    cr_expect_eq(job->outcome.error.code, row->http);
    fa_job_free(job);
}

#define THERE     "because a redirect led there (see --trust-host)"
#define DOWNGRADE "because a redirect led from https to http"

Test(secrecy, the_message_names_who_asked_and_what_was_not_sent_and_why)
{
    static const struct denial rows[] = {
        {"http://a", 401, false, false, FA_LOGIN_NONE,
         "401 Unauthorized: a requires a user name and password"},
        {"http://a", 401, true, true, FA_LOGIN_NONE,
         "401 Unauthorized: a requires a password, and ~/.netrc has none for it"},
        {"http://a", 401, false, true, FA_LOGIN_NETRC,
         "401 Unauthorized: a rejected the password of ~/.netrc"},
        {"http://a", 401, false, true, FA_LOGIN_URL,
         "401 Unauthorized: a rejected the user and password of the URL"},
        {"http://a", 403, true, false, FA_LOGIN_NONE, "as it was"},
        {"http://a", 403, true, false, FA_LOGIN_URL,
         "403 Forbidden: a rejected the user and password of the URL"},
        {"http://a http://b", 403, false, false, FA_LOGIN_NONE,
         "403 Forbidden: b refused the request"},
        {"http://a http://b", 401, false, true, FA_LOGIN_NONE,
         "401 Unauthorized: b requires a password, and ~/.netrc has none for it"},
        {"http://a http://b", 401, true, false, FA_LOGIN_NONE,
         "401 Unauthorized: b requires a user name and password; the headers for a were not sent "
         "to it, " THERE},
        {"http://u:p@a http://b", 403, true, true, FA_LOGIN_NETRC,
         "403 Forbidden: b rejected the password of ~/.netrc; the headers and password for a were "
         "not sent to it, " THERE},
        {"http://u:p@a http://b", 401, false, false, FA_LOGIN_NONE,
         "401 Unauthorized: b requires a user name and password; the user and password for a were "
         "not sent to it, " THERE},
        {"http://a http://a:81", 401, false, true, FA_LOGIN_NONE,
         "401 Unauthorized: a:81 requires a user name and password; the passwords for a:80 were not "
         "sent to it, " THERE},
        {"https://a http://b", 401, true, true, FA_LOGIN_NONE,
         "401 Unauthorized: b requires a user name and password; the headers for a were not sent "
         "to it, " DOWNGRADE},
        {"http://u:p@a http://b http://a", 401, true, false, FA_LOGIN_URL,
         "401 Unauthorized: a rejected the user and password of the URL"},
        {"http://a http://b.trusted.test", 401, true, false, FA_LOGIN_NONE,
         "401 Unauthorized: b.trusted.test requires a user name and password"},
        {"http://a http://b", 404, true, false, FA_LOGIN_NONE, "as it was"},
        {"http://a/f?X-Amz-Signature=0&X-Amz-Expires=9", 403, false, false, FA_LOGIN_NONE,
         "403 Forbidden: a rejected the signed URL, which may have expired: use a new list"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        expect_message(&rows[i]);
}

Test(secrecy, other_failures_with_such_a_status_keep_their_message)
{
    open_chain("http://a http://b");
    job->outcome.http = 403;
    fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, 403, FA_CLASS_PROTOCOL, "as it was");
    fa_secrecy_explain(job, &config);
    cr_expect_str_eq(job->outcome.error.msg, "as it was");
    job->outcome.http = 0;
    fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, 403, FA_CLASS_HTTP, "the proxy answered");
    fa_secrecy_explain(job, &config);
    cr_expect_str_eq(job->outcome.error.msg, "the proxy answered");
    fa_job_free(job);
}

/* The pattern of a rule is what the user has named: it needs no --trust-host. */
Test(secrecy, headers_of_a_rule_are_for_its_host_whatever_led_there)
{
    static const struct {
        const char *urls, *pattern;
        bool sent;
    } rows[] = {
        {"http://a", "a", true},
        {"https://a", "a", true},
        {"http://a http://b", "b", false},
        {"http://a http://b:80", "b:80", true},
        {"http://a https://b", "b", true},
        {"http://a https://b http://b", "b:80", false},
        {"https://a http://b", "b:80", false},
        {"https://a http://b https://b", "b", false},
        {"http://b http://a http://b", "b", true},
        {"http://a http://b.trusted.test", "b.trusted.test", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_host_rule rule = {0};
        cr_assert(fa_host_pattern_parse(rows[i].pattern, &rule.pattern));
        open_chain(rows[i].urls);
        cr_expect_eq(fa_secrecy_allows_rule(&job->target, &rule), rows[i].sent, "%s", rows[i].urls);
        cr_expect_not(fa_secrecy_allows_rule(&job->target, NULL));
        fa_job_free(job);
    }
}
