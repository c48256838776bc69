/*
 * A redirect is chosen by a server, or by anybody on the way to it without TLS, and the next
 * request has what the user gave for the listed URL.  So each one is judged before it is followed:
 * where it may lead (redirect_check()), who its target is (secrecy.c), and whose login the request
 * gets.
 */
#include "engine/redirect.h"

#include "engine/secrecy.h"

#include <string.h>

static int redirect_check(const struct fa_job *job, const struct fa_url *to, bool downgrade,
                          struct fa_error *err)
{
    const char *why = NULL;
    if (job->target.hops >= (job->robots ? FA_ROBOTS_HOPS_MAX : FA_HOPS_MAX))
        why = "too many redirects";
    else if (job->target.secure && !to->secure && !downgrade)
        why = "a redirect leads from https to http (see --allow-downgrade)";
    if (why)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REDIRECT, "%s", why);
    return why ? -1 : 0;
}

/* Whether a login that a redirect within an origin names may be used: the user gives none. */
static bool redirect_may_log_in(const struct fa_target *target, const struct fa_url *to,
                                const struct fa_config *config)
{
    return strcmp(to->origin, target->url->origin) == 0 && !config->netrc && config->n_hosts == 0 &&
           !fa_url_has_login(&target->mirrors[target->mirror].url);
}

/* Where the user's secrets may go, the login is that of the listed URL: no redirect chooses one for
 * a request that has the user's header lines.  After a downgrade there is none. */
static int redirect_set_login(const struct fa_job *job, struct fa_url *to, enum fa_secrecy secrecy,
                              const struct fa_config *config, struct fa_error *err)
{
    const struct fa_target *target = &job->target;
    if (secrecy == FA_SECRECY_DOWNGRADED)
        return fa_url_set_login(to, NULL, err);
    if (!fa_secrecy_allows(secrecy) || redirect_may_log_in(target, to, config))
        return 0;
    return fa_url_set_login(to, &target->mirrors[target->mirror].url, err);
}

int fa_redirect_follow(struct fa_job *job, const struct fa_config *config)
{
    struct fa_url to;
    struct fa_error why = {0};
    if (fa_url_parse(&to, job->outcome.location, fa_url_sent(job->target.url), &why)) {
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REDIRECT,
                     "invalid redirect target: %.100s", why.msg);
        return -1;
    }
    enum fa_secrecy secrecy = fa_secrecy_decide(&job->target, &to, config);
    if (redirect_check(job, &to, config->allow_downgrade, &job->outcome.error) ||
        redirect_set_login(job, &to, secrecy, config, &job->outcome.error)) {
        fa_url_fini(&to);
        return -1;
    }
    fa_job_follow(job, &to, secrecy);
    return 0;
}
