/*
 * The options of a host are printed as a run would use them: those of its section in the file of
 * --hosts, and the others of the command line.  Headers have secrets, so only their names are
 * printed.
 */
#include "cli/doctor_host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/redact.h>
#include <fetchall/version.h>

#include "base/http_field.h"
#include "cli/option.h"
#include "cli/term.h"
#include "cli/value.h"

/* A host as fa_config_find_host() requires it. */
struct named_host {
    char name[512];
    const char *port;
};

/* "NAME", "NAME:PORT", "[ADDRESS]" or "[ADDRESS]:PORT"; without a port it is that of HTTPS. */
static int host_split(const char *text, struct named_host *ret, struct fa_error *err)
{
    size_t len = strlen(text);
    bool brackets = text[0] == '[';
    const char *end = brackets ? strchr(text, ']') : strchr(text, ':');
    if (!brackets && end && strchr(end + 1, ':'))
        end = NULL; /* an IPv6 address */
    size_t first = brackets, size = end ? (size_t)(end - text) - first : len;
    const char *rest = end ? end + brackets : "";
    uint64_t port = 443;
    if ((brackets && !end) || size == 0 || size >= sizeof(ret->name) || strpbrk(text, "/@ ") ||
        (*rest && (*rest != ':' || fa_value_number(rest + 1, &port) != 0 || port > 65535)))
        return fa_option_refuse(err, "--host requires a host, such as example.org:443, not '%s'",
                                text);
    for (size_t i = 0; i < size; ++i)
        ret->name[i] = (char)tolower((unsigned char)text[first + i]);
    ret->name[size] = '\0';
    ret->port = *rest ? rest + 1 : "443";
    return 0;
}

static void doctor_put(const char *name, const char *value)
{
    printf("%-12s ", name);
    fa_term_put(stdout, value);
    putchar('\n');
}

static void doctor_put_headers(const char *const *headers, size_t n,
                               const struct fa_host_config *host)
{
    for (size_t i = 0; i < n; ++i) {
        bool replaced = false;
        for (size_t j = 0; host && j < host->n_headers; ++j)
            replaced |= fa_http_lines_match(host->headers[j], headers[i]);
        if (!replaced)
            printf("%-12s %.*s: ***\n", "header", (int)strcspn(headers[i], ":;"), headers[i]);
    }
}

static void doctor_put_limits(const struct fa_config *config, const struct fa_host_config *host)
{
    bool own = host && host->set & FA_HOST_PER_HOST;
    unsigned most = own ? host->per_host : config->per_host;
    bool search = own ? host->per_host_auto : config->per_host_auto;
    double rate = host && host->set & FA_HOST_RATE ? host->host_rate : config->host_rate;
    if (most > 0)
        printf("%-12s %s%u\n", "per-host", search ? "auto:" : "", most);
    else
        doctor_put("per-host", "auto");
    if (rate > 0)
        printf("%-12s %g\n", "host-rate", rate);
    else
        doctor_put("host-rate", "no limit");
}

static void doctor_put_connection(const struct fa_config *config, const struct fa_host_config *host)
{
    unsigned set = host ? host->set : 0;
    const char *agent = set & FA_HOST_USER_AGENT ? host->user_agent : config->user_agent;
    const char *proxy = set & FA_HOST_PROXY ? host->proxy : config->proxy;
    const char *cert = set & FA_HOST_CERT ? host->cert : config->cert;
    const char *key = set & FA_HOST_CERT ? host->key : config->key;
    char *redacted = proxy && *proxy ? fa_redact_url(proxy, config->secret_keys) : NULL;
    doctor_put("user-agent", agent ? agent : "fetchall/" FA_VERSION);
    doctor_put("proxy", !proxy ? "environment" : !*proxy ? "none" : redacted ? redacted : "?");
    doctor_put("http", fa_value_http(set & FA_HOST_HTTP ? host->http : config->http));
    doctor_put("insecure",
               (set & FA_HOST_INSECURE ? host->insecure : config->insecure) ? "yes" : "no");
    doctor_put("cert", cert ? cert : "none");
    doctor_put("key", key ? key : "none");
    doctor_put("netrc", (set & FA_HOST_NETRC ? host->netrc : config->netrc) ? "yes" : "no");
    free(redacted);
}

enum fa_exit_status fa_doctor_host(const struct fa_options *options)
{
    const struct fa_config *config = &options->config;
    struct fa_error err = {0};
    struct named_host named = {0};
    if (host_split(options->doctor_host, &named, &err) != 0) {
        fa_term_error(&err);
        return FA_EXIT_USAGE;
    }
    const struct fa_host_config *host = fa_config_find_host(config, named.name, named.port);
    doctor_put("host", named.name);
    doctor_put("port", named.port);
    doctor_put("section", host ? host->pattern : "none");
    doctor_put_limits(config, host);
    if (host)
        doctor_put_headers(host->headers, host->n_headers, NULL);
    doctor_put_headers(config->headers, config->n_headers, host);
    doctor_put_connection(config, host);
    if (fa_term_flush(&err) == 0)
        return FA_EXIT_OK;
    fa_term_error(&err);
    return fa_exit_of(&err);
}
