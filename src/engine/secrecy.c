/*
 * The origin of the listed URL is asked as if by the list, whichever way led there: a login host
 * sends its clients back.  Anybody on the way may have chosen the target of a plain http response
 * to an https request, so such a chain gets nothing from then on, not even at home, and no cookies.
 */
#include "engine/secrecy.h"

#include "base/host_pattern.h"
#include "transfer/request.h"
#include "transfer/signature.h"

#include <string.h>

static bool host_is_trusted(const struct fa_url *url, const struct fa_config *config)
{
    const char *port = strrchr(url->host_port, ':') + 1;
    for (size_t i = 0; i < config->n_trust_hosts; ++i)
        if (fa_host_pattern_match(config->trust_hosts[i], url->host, port))
            return true;
    return false;
}

enum fa_secrecy fa_secrecy_decide(const struct fa_target *target, const struct fa_url *to,
                                  const struct fa_config *config)
{
    if (target->secrecy == FA_SECRECY_DOWNGRADED || (target->secure && !to->secure))
        return FA_SECRECY_DOWNGRADED;
    if (strcmp(to->origin, target->mirrors[target->mirror].url.origin) == 0)
        return FA_SECRECY_HOME;
    return host_is_trusted(to, config) ? FA_SECRECY_TRUSTED : FA_SECRECY_FOREIGN;
}

bool fa_secrecy_allows(enum fa_secrecy secrecy)
{
    return secrecy == FA_SECRECY_HOME || secrecy == FA_SECRECY_TRUSTED;
}

bool fa_secrecy_allows_rule(const struct fa_target *target, const struct fa_host_rule *rule)
{
    if (!rule || target->secrecy == FA_SECRECY_DOWNGRADED)
        return false;
    return target->secrecy == FA_SECRECY_HOME || target->url->secure || *rule->pattern.port;
}

/* Except for a final dot, which makes another origin. */
static bool host_is_same(const char *a, const char *b)
{
    size_t len = strlen(a), other = strlen(b);
    len -= len > 0 && a[len - 1] == '.';
    other -= other > 0 && b[other - 1] == '.';
    return len == other && memcmp(a, b, len) == 0;
}

/* A .netrc names hosts without their ports.  On the listed host, the password is for the listed
 * port, or for HTTPS: another port may belong to another user of that machine. */
enum fa_netrc_use fa_secrecy_netrc(const struct fa_target *target)
{
    const struct fa_url *listed = &target->mirrors[target->mirror].url, *url = target->url;
    if (target->secrecy != FA_SECRECY_FOREIGN)
        return fa_secrecy_allows(target->secrecy) ? FA_NETRC_ANY : FA_NETRC_NONE;
    if (!host_is_same(url->host, listed->host))
        return FA_NETRC_NAMED;
    const char *port = strrchr(url->host_port, ':');
    return url->secure && strcmp(port, ":443") == 0 ? FA_NETRC_NAMED : FA_NETRC_NONE;
}

static bool job_is_signed(const struct fa_job *job)
{
    const char *query = strchr(job->target.url->whole, '?');
    return query && fa_signature_find(query + 1);
}

/* What the host has against the request. */
static const char *job_denial(const struct fa_job *job, const struct fa_config *config)
{
    if (fa_request_has_field(&job->attempt, "Authorization"))
        return "rejected the Authorization header";
    if (job->outcome.login == FA_LOGIN_URL)
        return "rejected the user and password of the URL";
    if (job->outcome.login == FA_LOGIN_NETRC)
        return "rejected the password of ~/.netrc";
    if (job_is_signed(job))
        return "rejected the signed URL, which may have expired: use a new list";
    if (job->outcome.http == 403)
        return "refused the request";
    return config->netrc && fa_secrecy_netrc(&job->target) != FA_NETRC_NONE
               ? "requires a password, and ~/.netrc has none for it"
               : "requires a user name and password";
}

/* What the user has given for the request, and the host did not get.  NULL: nothing. */
static const char *job_withheld(const struct fa_job *job, const struct fa_config *config)
{
    const struct fa_target *target = &job->target;
    if (fa_secrecy_allows(target->secrecy))
        return NULL;
    bool headers = config->n_headers + job->entry->n_headers > 0;
    if (fa_url_has_login(&target->mirrors[target->mirror].url))
        return headers ? "headers and password" : "user and password";
    if (headers)
        return "headers";
    return config->netrc && fa_secrecy_netrc(target) == FA_NETRC_NONE ? "passwords" : NULL;
}

void fa_secrecy_explain(struct fa_job *job, const struct fa_config *config)
{
    const struct fa_target *target = &job->target;
    const struct fa_outcome *outcome = &job->outcome;
    bool denied = outcome->http == 401 || outcome->http == 403;
    if (!denied || outcome->error.class != FA_CLASS_HTTP)
        return;
    const char *status = outcome->http == 401 ? "401 Unauthorized" : "403 Forbidden";
    const char *denial = job_denial(job, config), *withheld = job_withheld(job, config);
    const struct fa_url *listed = &target->mirrors[target->mirror].url;
    bool same = strcmp(target->url->host, listed->host) == 0; /* the ports differ */
    if (withheld)
        fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, outcome->http, FA_CLASS_HTTP,
                     "%s: %.60s %s; the %s for %.60s were not sent to it, because %s", status,
                     same ? target->url->host_port : target->url->host, denial, withheld,
                     same ? listed->host_port : listed->host,
                     target->secrecy == FA_SECRECY_DOWNGRADED
                         ? "a redirect led from https to http"
                         : "a redirect led there (see --trust-host)");
    else if (outcome->http == 401 || target->hops > 0 || outcome->login != FA_LOGIN_NONE ||
             job_is_signed(job))
        fa_error_set(&job->outcome.error, FA_DOMAIN_HTTP, outcome->http, FA_CLASS_HTTP,
                     "%s: %.100s %s", status, target->url->host, denial);
}
