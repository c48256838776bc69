/* Where redirects lead, and what they may change. */

#include "engine/redirect.h"

#include "support/listed_job.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct fa_job *job;
static struct fa_config config;

static void open_job(const char *url)
{
    job = fa_listed_job(1, url);
}

static void begin(void)
{
    open_job("http://127.0.0.1/a");
}

static void end(void)
{
    fa_job_free(job);
}

TestSuite(redirect, .init = begin, .fini = end);

Test(redirect, is_followed_within_limits)
{
    char *to = strdup("/b");
    job->outcome.location = to;
    cr_assert_eq(fa_redirect_follow(job, &config), 0);
    cr_expect_str_eq(job->target.url->path, "/b");
    cr_expect_eq(job->target.hops, 1);
    cr_expect_eq(job->target.secrecy, FA_SECRECY_HOME);
    job->outcome.location = strdup("http://127.0.0.2/c");
    free(to);
    cr_assert_eq(fa_redirect_follow(job, &config), 0);
    cr_expect_eq(job->target.secrecy, FA_SECRECY_FOREIGN);
    for (unsigned i = 2; i < FA_HOPS_MAX; ++i)
        cr_assert_eq(fa_redirect_follow(job, &config), 0, "%u", i);
    cr_expect_eq(fa_redirect_follow(job, &config), -1);
    cr_expect_eq(job->outcome.error.class, FA_CLASS_REDIRECT);
}

Test(redirect, from_https_to_http_is_refused)
{
    end();
    open_job("https://127.0.0.1/a");
    job->outcome.location = strdup("http://127.0.0.1/a");
    cr_expect_eq(fa_redirect_follow(job, &config), -1);
    cr_expect(strstr(job->outcome.error.msg, "https to http"));
    config.allow_downgrade = true;
    cr_expect_eq(fa_redirect_follow(job, &config), 0);
    cr_expect_eq(job->target.secrecy, FA_SECRECY_DOWNGRADED);
}

/* Where the job is after a redirect. */
static const char *redirected(const char *listed, const char *const *to)
{
    end();
    open_job(listed);
    for (; *to; ++to) {
        free(job->outcome.location);
        job->outcome.location = strdup(*to);
        cr_assert_eq(fa_redirect_follow(job, &config), 0, "%s", job->outcome.error.msg);
    }
    return job->target.url->whole;
}

Test(redirect, never_replaces_the_login_of_the_user)
{
    static const struct {
        const char *listed, *to[3], *whole;
        bool netrc;
    } rows[] = {
        {"http://u:p@127.0.0.1/a", {"http://e:v@127.0.0.1/b"}, "http://u:p@127.0.0.1/b", false},
        {"http://u:p@127.0.0.1/a", {"http://e@127.0.0.1/b", "/c"}, "http://u:p@127.0.0.1/c", false},
        {"http://127.0.0.1/a", {"http://e:v@127.0.0.1/b"}, "http://127.0.0.1/b", true},
        {"http://127.0.0.1/a", {"http://e:v@127.0.0.1/b"}, "http://e:v@127.0.0.1/b", false},
        {"http://u:p@127.0.0.1/a", {"http://e:v@127.0.0.2/b"}, "http://e:v@127.0.0.2/b", false},
        {"https://u:p@127.0.0.1/a", {"http://e:v@127.0.0.1/b"}, "http://127.0.0.1/b", false},
        {"https://127.0.0.1/a", {"http://e:v@127.0.0.2/b", "/c"}, "http://127.0.0.2/c", false},
        {"https://127.0.0.1/a",
         {"http://127.0.0.2/b", "https://e:v@127.0.0.2/c"},
         "https://127.0.0.2/c",
         false},
    };
    config.allow_downgrade = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        config.netrc = rows[i].netrc;
        cr_expect_str_eq(redirected(rows[i].listed, rows[i].to), rows[i].whole, "%zu", i);
    }
}
