/*
 * Patterns are parsed once and sorted by how specific they are, so the first one that fits is the
 * rule of a host.  Each origin looks for its rule once.
 *
 * Each rule has a whole config: code that needs a value for a host takes it from there, and does
 * not have to know whether the rule or the general config has set it.
 */
#include "engine/host_rules.h"

#include "base/http_field.h"
#include "base/sized.h"
#include "base/slice.h"
#include "transfer/library.h"
#include "transfer/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int host_refuse(const struct fa_host_config *host, const char *what, struct fa_error *err)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "hosts '%s': %s", host->pattern,
                 what);
    return -1;
}

/* A line break would end the header, and start another one. */
static bool text_is_line(const char *text)
{
    return !strpbrk(text, "\r\n");
}

static const char *host_check_headers(const struct fa_host_config *host)
{
    for (size_t i = 0; i < host->n_headers; ++i) {
        const char *line = host->headers[i];
        if (!strpbrk(line, ":;") || !text_is_line(line))
            return "a header is not 'Name: value'";
        if (fa_slice_is_field(line, strlen(line)))
            return "a Range belongs to an entry of the list";
    }
    return NULL;
}

/* Members that the rule does not set have no effect, so their values are not looked at. */
static const char *host_check_values(const struct fa_host_config *host)
{
    unsigned set = host->set;
    if (set & FA_HOST_PER_HOST && host->per_host == 0 && !host->per_host_auto)
        return "per_host must be at least 1";
    if (set & FA_HOST_RATE && !(host->host_rate >= 0 && host->host_rate <= FA_HOST_RATE_MAX))
        return "invalid host_rate";
    if (set & FA_HOST_USER_AGENT && host->user_agent && !text_is_line(host->user_agent))
        return "user_agent must be a single line";
    if (set & FA_HOST_HTTP && host->http > FA_HTTP_2)
        return "invalid version of HTTP";
    if (set & FA_HOST_HTTP && host->http == FA_HTTP_2 && !fa_library_http2())
        return "this libcurl has no HTTP/2";
    if (set & FA_HOST_CERT && host->key && !host->cert)
        return "a key requires its certificate";
    return host_check_headers(host);
}

/* Fails if a later version of the struct sets something: it would be ignored here. */
static int host_copy(struct fa_host_config *to, const struct fa_host_config *from,
                     struct fa_error *err)
{
    fa_host_config_init(to);
    return fa_sized_get(to, sizeof(*to), from, sizeof(*to), "fa_host_config", err);
}

int fa_host_config_check(const struct fa_host_config *host, struct fa_error *err)
{
    struct fa_host_config own;
    if (host_copy(&own, host, err))
        return -1;
    if (!own.pattern || !fa_host_pattern_is_good(own.pattern)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "'%s' is not a host, as in example.org, *.example.org or example.org:8443",
                     own.pattern ? own.pattern : "");
        return -1;
    }
    const char *wrong = host_check_values(&own);
    if (wrong)
        return host_refuse(&own, wrong, err);
    return own.set & FA_HOST_PROXY && own.proxy ? fa_proxy_check(own.proxy, err) : 0;
}

/* What belongs together is set together: a key of the general config must not be used with the
 * certificate of a rule. */
static void rule_apply(struct fa_host_rule *rule)
{
    const struct fa_host_config *own = &rule->own;
    struct fa_config *config = &rule->config;
    if (own->set & FA_HOST_PER_HOST) {
        config->per_host = own->per_host;
        config->per_host_auto = own->per_host_auto;
    }
    if (own->set & FA_HOST_RATE)
        config->host_rate = own->host_rate;
    if (own->set & FA_HOST_USER_AGENT)
        config->user_agent = own->user_agent;
    if (own->set & FA_HOST_PROXY)
        config->proxy = own->proxy;
    if (own->set & FA_HOST_HTTP)
        config->http = own->http;
    if (own->set & FA_HOST_INSECURE)
        config->insecure = own->insecure;
    if (own->set & FA_HOST_CERT) {
        config->cert = own->cert;
        config->key = own->key;
    }
    if (own->set & FA_HOST_NETRC)
        config->netrc = own->netrc;
}

static int rule_init(struct fa_host_rule *rule, const struct fa_host_config *host,
                     const struct fa_config *config, struct fa_error *err)
{
    if (fa_host_config_check(host, err) || host_copy(&rule->own, host, err))
        return -1;
    fa_host_pattern_parse(rule->own.pattern, &rule->pattern);
    rule->config = *config;
    rule_apply(rule);
    if (rule->config.http != FA_HTTP_2 || !config->rate)
        return 0;
    return host_refuse(&rule->own, "a rate limit has no effect on HTTP/2", err);
}

/* 0 only for two patterns that fit the same hosts: then nothing says which of the rules applies. */
static int rule_compare(const void *a, const void *b)
{
    const struct fa_host_rule *one = a, *other = b;
    return fa_host_pattern_compare(&one->pattern, &other->pattern);
}

int fa_host_rules_init(struct fa_host_rules *rules, const struct fa_config *config,
                       struct fa_error *err)
{
    *rules = (struct fa_host_rules){.config = config};
    if (config->n_hosts == 0)
        return 0;
    rules->rules = calloc(config->n_hosts, sizeof(*rules->rules));
    if (!rules->rules) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep options of hosts");
        return -1;
    }
    for (; rules->count < config->n_hosts; ++rules->count) {
        struct fa_host_rule *rule = &rules->rules[rules->count];
        if (rule_init(rule, config->hosts[rules->count], config, err))
            return -1;
        if (rule->own.n_headers > rules->most_headers)
            rules->most_headers = rule->own.n_headers;
    }
    qsort(rules->rules, rules->count, sizeof(*rules->rules), rule_compare);
    for (unsigned i = 1; i < rules->count; ++i)
        if (rule_compare(&rules->rules[i - 1], &rules->rules[i]) == 0)
            return host_refuse(&rules->rules[i].own, "there are two of them", err);
    return 0;
}

void fa_host_rules_fini(struct fa_host_rules *rules)
{
    free(rules->rules);
    *rules = (struct fa_host_rules){0};
}

unsigned fa_host_rules_find(const struct fa_host_rules *rules, const struct fa_url *url)
{
    const char *port = rules->count > 0 ? strrchr(url->host_port, ':') + 1 : "";
    for (unsigned i = 0; i < rules->count; ++i)
        if (fa_host_pattern_fits(&rules->rules[i].pattern, url->host, port))
            return i + 1;
    return 0;
}

const struct fa_host_rule *fa_host_rules_get(const struct fa_host_rules *rules, unsigned number)
{
    return number > 0 ? &rules->rules[number - 1] : NULL;
}

const struct fa_config *fa_host_rules_config(const struct fa_host_rules *rules, unsigned number)
{
    return number > 0 ? &rules->rules[number - 1].config : rules->config;
}

bool fa_host_rule_replaces(const struct fa_host_rule *rule, const char *line)
{
    for (size_t i = 0; rule && i < rule->own.n_headers; ++i)
        if (fa_http_lines_match(rule->own.headers[i], line))
            return true;
    return false;
}

/* For programs, which have no rules: the patterns are parsed each time. */
const struct fa_host_config *fa_config_find_host(const struct fa_config *config, const char *host,
                                                 const char *port)
{
    const struct fa_host_config *found = NULL;
    struct fa_host_pattern best, pattern;
    for (size_t i = 0; i < config->n_hosts; ++i) {
        if (!fa_host_pattern_parse(config->hosts[i]->pattern, &pattern) ||
            !fa_host_pattern_fits(&pattern, host, port) ||
            (found && fa_host_pattern_compare(&pattern, &best) > 0))
            continue;
        found = config->hosts[i];
        best = pattern;
    }
    return found;
}
