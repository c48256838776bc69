/*
 * Texts are borrowed from options, entry and target, and copied only for attempts that can outlive
 * their job (fa_attempt_copy_texts()): for most files nothing is allocated but the printed URL.
 */
#include "engine/compose.h"

#include "archive/sink.h"
#include "base/http_field.h"
#include "engine/hosts.h"
#include "engine/secrecy.h"
#include "transfer/guard.h"

#include <fetchall/redact.h>

#include <stdlib.h>
#include <string.h>

/* Bytes of a robots.txt that are fetched, of which FA_ROBOTS_MAX are parsed. */
#define ROBOTS_MAX ((uint64_t)4 << 20)

/* Lines of the options that are for all hosts, and those of the entry. */
static size_t headers_add_general(const struct fa_config *config, const struct fa_host_rule *rule,
                                  const struct fa_entry *entry, const char **headers, size_t n)
{
    for (size_t i = 0; i < config->n_headers; ++i)
        if (!fa_slice_is_field(config->headers[i], strlen(config->headers[i])) &&
            !fa_host_rule_replaces(rule, config->headers[i]))
            headers[n++] = config->headers[i];
    for (size_t i = 0; i < entry->n_headers; ++i)
        headers[n++] = entry->headers[i];
    return n;
}

/* Header lines may contain credentials: see secrecy.h.  A Range is a member of the attempt. */
static int attempt_set_headers(const struct fa_compose_env *env, const struct fa_job *job,
                               const struct fa_target *target, struct fa_attempt *attempt,
                               const char ***headers)
{
    const struct fa_config *config = env->config;
    const struct fa_host_rule *rule = fa_host_rules_get(env->rules, target->origin->rule);
    size_t most = config->n_headers + job->entry->n_headers + env->rules->most_headers, n = 0;
    attempt->n_headers = 0;
    if (most == 0)
        return 0;
    if (!*headers && !(*headers = calloc(most, sizeof(**headers))))
        return -1;
    if (fa_secrecy_allows_rule(target, rule))
        for (; n < rule->own.n_headers; ++n)
            (*headers)[n] = rule->own.headers[n];
    if (fa_secrecy_allows(target->secrecy))
        n = headers_add_general(config, rule, job->entry, *headers, n);
    attempt->headers = *headers;
    attempt->n_headers = n;
    return 0;
}

/* After a downgrade to http, nobody's cookies are sent: anyone on the way could read them. */
int fa_compose_cookies(const struct fa_compose_env *env, const struct fa_target *target,
                       double started, char **ret)
{
    *ret = NULL;
    if (target->secrecy == FA_SECRECY_DOWNGRADED)
        return 0;
    return fa_jar_select(env->jar, target->url, (int64_t)(env->epoch + started), ret);
}

bool fa_compose_allows_ranges(const struct fa_attempt *attempt)
{
    for (size_t i = 0; i < attempt->n_headers; ++i)
        if (fa_http_line_is(attempt->headers[i], "Range") ||
            fa_http_line_is(attempt->headers[i], "If-Range"))
            return false;
    return true;
}

/* The URL is redacted once for each request, and not for each event and report that prints it. */
int fa_compose_texts(const struct fa_compose_env *env, const struct fa_job *job,
                     const struct fa_target *target, struct fa_attempt *attempt,
                     const char ***headers, char **ret_printed)
{
    char *printed = fa_redact_url(fa_url_sent(target->url), env->config->secret_keys);
    if (!printed || attempt_set_headers(env, job, target, attempt, headers)) {
        free(printed);
        return -1;
    }
    free(*ret_printed);
    *ret_printed = printed;
    return 0;
}

/* By what was asked for, and not by where redirects lead. */
static bool job_is_guarded(const struct fa_job *job, const struct fa_target *target,
                           const struct fa_config *config)
{
    return config->guard == FA_GUARD_ON && !job->entry->hash &&
           (fa_guard_covers(job->place.path) ||
            fa_guard_covers(target->mirrors[target->mirror].url.path));
}

/* A name that the user gives wins, and so does one that the file has. */
static bool job_is_named_by_server(const struct fa_job *job, const struct fa_config *config)
{
    return config->server_names && !config->name && !job->entry->out && !job->place.replace &&
           !job->place.plain && !job->robots;
}

bool fa_compose_captures(const struct fa_compose_env *env, const struct fa_job *job)
{
    return !job->robots && fa_sink_kind(env->config->output) == FA_SINK_WARC;
}

void fa_compose_target(const struct fa_compose_env *env, const struct fa_job *job,
                       const struct fa_target *target, uint64_t rate, struct fa_attempt *attempt)
{
    const struct fa_config *config = env->config;
    attempt->url = fa_url_sent(target->url);
    attempt->host_port = target->url->host_port;
    attempt->addresses = target->origin->addresses;
    attempt->origin = target->origin->hash;
    attempt->rule = target->origin->rule;
    attempt->digest = target->digest || target->origin->digest;
    attempt->http1 = job->tries.http1 || target->origin->http2_failures >= FA_HTTP2_FAILURES;
    attempt->netrc = fa_secrecy_netrc(target);
    attempt->cookies = target->secrecy == FA_SECRECY_DOWNGRADED ? NULL : target->cookies;
    attempt->durable = config->fsync == FA_FSYNC_EACH;
    attempt->unmarked = !fa_store_marks_parts(env->store);
    attempt->types = job->entry->type ? job->entry->type : config->expect_type;
    attempt->respect = config->respect;
    attempt->guard = !attempt->types && job_is_guarded(job, target, config);
    attempt->named = job_is_named_by_server(job, config);
    attempt->capture = fa_compose_captures(env, job);
    attempt->slice = job->slice;
    attempt->size = job->entry->size;
    attempt->max_size = config->max_size;
    attempt->min_size = config->min_size;
    attempt->rate = rate;
    if (job->robots) { /* the user's rules are about files */
        attempt->types = attempt->respect = NULL;
        attempt->guard = false;
        attempt->max_size = ROBOTS_MAX;
        attempt->min_size = 0;
    }
    attempt->received = 0;
    attempt->cancelled = false;
}
