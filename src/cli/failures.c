/*
 * Failures are grouped by class and origin with one example each, so that a million failures of one
 * host are one line.  The number of groups is limited, and so is the time to search them; failures
 * that fit in no group are only counted.
 *
 * A hint names the option to use or what to check.  It follows the first group that it applies to,
 * and is not repeated.
 */
#include "cli/failures.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/place.h"
#include "cli/term.h"

/* Hints by class.  A hint must be valid for every failure of its class. */
static const char *const hints[FA_CLASSES] = {
    [FA_CLASS_DNS] = "check the host name; if it is correct, run it again later",
    [FA_CLASS_CONNECT] = "run it again later",
    [FA_CLASS_TLS] = "check the port and the system clock; use --cacert FILE for a private CA",
    [FA_CLASS_TIMEOUT] = "use --connect-timeout or --timeout to allow more time",
    [FA_CLASS_STALLED] = "use --stall-timeout or --speed-limit to allow slower servers",
    [FA_CLASS_TRUNCATED] = "run it again later",
    [FA_CLASS_TOO_LARGE] = "use --max-size to allow larger files",
    [FA_CLASS_INTEGRITY] = "the server sends other data than the list expects",
    [FA_CLASS_CHANGED] = "run it again",
    [FA_CLASS_LOCAL_IO] = "check disk space and permissions of the directory (--dir)",
    [FA_CLASS_CANCELLED] = "run it again: complete files are not downloaded again",
    [FA_CLASS_CONTENT] =
        "log in (--netrc, -H @FILE), or check the URL; --guard off takes web pages",
    [FA_CLASS_HOOK] = "run it again: the command of --exec runs again, without a download",
};

#define NETRC_HINT "if a password is required, add the host to ~/.netrc; send a token with -H @FILE"
#define LOGIN_HINT "if a password or token is required, send it with --netrc or -H @FILE"
#define AGENT_HINT "; some servers refuse programs that they do not know (--user-agent)"

/* For the statuses that --refresh asks its command about: it has been asked in vain. */
#define REFRESH_HINT \
    "run the command of --refresh by hand: it has to print a URL that the server accepts"

static const char *hint_by_status(int status, const struct fa_hint_given *given)
{
    if (given->refresh && (status == 401 || status == 403 || status == 410))
        return REFRESH_HINT;
    switch (status) {
    case 401:
        return given->netrc ? NETRC_HINT : LOGIN_HINT;
    case 403:
        return given->netrc ? NETRC_HINT AGENT_HINT : LOGIN_HINT AGENT_HINT;
    case 407:
        return "the proxy requires a password: use --proxy or the http_proxy variable";
    case 404:
    case 410:
        return "check the URL";
    case 429:
        return "use --host-rate or --per-host to send fewer requests; run it again later";
    case 503:
        return "use --per-host to send fewer requests at once; run it again later";
    default:
        return NULL;
    }
}

/* CURLE_SSL_CONNECT_ERROR of libcurl-errors(3): the handshake failed, but not the certificate. */
#define HANDSHAKE_FAILED 35

/* A run waits for space (--disk-wait), but not before it begins. */
#define FULL_HINT \
    "remove files (df -h shows the space, df -i the inodes), or use another disk (--dir)"
#define QUOTA_HINT "remove files (quota -s shows the limits), or use another disk (--dir)"
#define WAIT_HINT  "; --disk-wait waits longer"

static const char *hint_by_errno(int code)
{
    switch (code) {
    case ENOSPC:
        return FULL_HINT WAIT_HINT;
    case EDQUOT:
        return QUOTA_HINT WAIT_HINT;
    case EROFS:
        return "remount the file system (dmesg may say why it is read-only), or use another disk "
               "(--dir)";
    case EXDEV:
        return "files are renamed when they are complete, which works within one file system only: "
               "use the mounted directory itself (--dir), or unmount it";
    case ENAMETOOLONG:
        return "use out=NAME in the list for a shorter name, or another disk (--dir)";
    case EFBIG:
        return "use a file system that allows larger files (--dir); check ulimit -f";
    case EACCES:
    case EPERM:
        return "check owner and mode of the directory (ls -ld), or use another one (--dir)";
    case EIO:
        return "check the disk (dmesg), or use another one (--dir)";
    case EMFILE:
    case ENFILE:
        return "use fewer --jobs, or raise ulimit -n";
    case EAGAIN: /* of fork() and pthread_create() */
        return "use fewer --jobs and --hash-jobs, or raise ulimit -u";
    case ENOMEM:
        return "use fewer --jobs, or free memory";
    default:
        return NULL;
    }
}

/* Other errors may be about any file of the run, such as a certificate. */
const char *fa_failures_disk_hint(const struct fa_error *error, bool begun)
{
    bool disk =
        error->domain == FA_DOMAIN_SYSTEM && (error->code == ENOSPC || error->code == EDQUOT ||
                                              error->code == EROFS || error->code == EIO);
    if (disk && !begun && error->code == ENOSPC)
        return FULL_HINT;
    if (disk && !begun && error->code == EDQUOT)
        return QUOTA_HINT;
    return disk ? hint_by_errno(error->code) : NULL;
}

/* By what OpenSSL and libcurl say in their messages: they have no codes for it. */
static const char *hint_by_tls(const struct fa_error *error)
{
    static const char *const parts[][2] = {
        {"has expired",
         "check the clock (date); if it is right, the server needs a new certificate"},
        {"not yet valid", "check the clock of this machine (date)"},
        {"subject name", "check the host name: the certificate is for another one"},
        {"IP address", "use the name of the host: the certificate is not for its address"},
        {"issuer", "use --cacert FILE for a private CA, or for a proxy that inspects TLS"},
        {"self-signed", "use --cacert FILE for a private CA, or for a proxy that inspects TLS"},
        {"self signed", "use --cacert FILE for a private CA, or for a proxy that inspects TLS"},
        {"too weak", "the server needs a stronger key; --insecure does not verify it"},
        {"wrong version number", "check the port: it does not speak TLS"},
        {"certificate required", "use --cert FILE and --key FILE: the server wants a certificate"},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i)
        if (strstr(error->msg, parts[i][0]))
            return parts[i][1];
    return error->code == HANDSHAKE_FAILED
               ? "check the port; use --tls-min for a server with old TLS (insecure)"
               : NULL;
}

/* CURLE_GOT_NOTHING of libcurl-errors(3). */
#define GOT_NOTHING 52

static const char *hint_by_connection(const struct fa_error *error, enum fa_family family)
{
    if (error->code == GOT_NOTHING)
        return "check scheme and port: the server may expect https";
    if (error->class != FA_CLASS_CONNECT && error->class != FA_CLASS_DNS)
        return NULL;
    if (strstr(error->msg, "proxy"))
        return "check --proxy, and the variables http_proxy, https_proxy and all_proxy";
    return family == FA_FAMILY_V6   ? "leave out -6: the host may only be reached by IPv4"
           : family == FA_FAMILY_V4 ? "leave out -4: the host may only be reached by IPv6"
                                    : NULL;
}

/* An HTTP status, or an errno, allows a more specific hint than its class does. */
const char *fa_failures_hint(const struct fa_error *error, const struct fa_hint_given *given)
{
    const char *hint = NULL;
    if (error->domain == FA_DOMAIN_HTTP)
        hint = hint_by_status(error->code, given);
    else if (error->domain == FA_DOMAIN_SYSTEM &&
             (error->class == FA_CLASS_LOCAL_IO || error->class == FA_CLASS_TOO_LARGE ||
              error->class == FA_CLASS_WORKER_CRASHED))
        hint = hint_by_errno(error->code);
    else if (error->domain == FA_DOMAIN_CURL && error->class == FA_CLASS_TLS)
        hint = hint_by_tls(error);
    else if (error->domain == FA_DOMAIN_CURL)
        hint = hint_by_connection(error, given->family);
    return hint ? hint : hints[error->class];
}

static bool origin_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void fa_failures_add(struct fa_failures *failures, const struct fa_result *result)
{
    for (size_t i = 0; i < failures->n_groups; ++i) {
        struct fa_failure_group *group = &failures->groups[i];
        if (group->class == result->error.class && origin_equal(group->origin, result->origin)) {
            ++group->count;
            return;
        }
    }
    if (failures->n_groups == FA_FAILURES_GROUPS) {
        ++failures->others;
        return;
    }
    struct fa_failure_group *group = &failures->groups[failures->n_groups++];
    /* If memory runs out, only texts of the summary are missing. */
    *group = (struct fa_failure_group){
        .class = result->error.class,
        .origin = result->origin ? strdup(result->origin) : NULL,
        .count = 1,
        .list = result->list ? strdup(result->list) : NULL,
        .line = result->line,
        .url = result->url ? strdup(result->url) : NULL,
        .error = result->error,
    };
}

/* Most failures first.  Class and origin break ties, so that the order does not depend on which
 * entry failed first. */
static int compare(const void *a, const void *b)
{
    const struct fa_failure_group *x = a;
    const struct fa_failure_group *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    return strcmp(x->origin ? x->origin : "", y->origin ? y->origin : "");
}

/* Names, URLs and messages come from lists and servers, so they are escaped. */
static void group_print(const struct fa_failure_group *group, FILE *out)
{
    fprintf(out, "%8llu  %-12s ", (unsigned long long)group->count, fa_class_name(group->class));
    fa_term_put(out, group->origin ? group->origin : "(no host)");
    fprintf(out, "\n%10s", "");
    fa_place_put_entry(out, group->list, group->line, group->url);
    fa_term_put(out, group->error.msg);
    fputc('\n', out);
}

void fa_failures_print(struct fa_failures *failures, size_t most, FILE *out)
{
    qsort(failures->groups, failures->n_groups, sizeof(failures->groups[0]), compare);
    const char *shown[FA_FAILURES_GROUPS + 1] = {failures->shown};
    size_t n_shown = 1;
    uint64_t rest = failures->others;
    for (size_t i = 0; i < failures->n_groups; ++i) {
        const struct fa_failure_group *group = &failures->groups[i];
        if (i >= most) {
            rest += group->count;
            continue;
        }
        group_print(group, out);
        /* Print each hint once, at the first group that it applies to. */
        const char *hint = fa_failures_hint(&group->error, &failures->given);
        for (size_t j = 0; hint && j < n_shown; ++j)
            if (shown[j] == hint)
                hint = NULL;
        if (hint) {
            shown[n_shown++] = hint;
            fprintf(out, "%10s(%s)\n", "", hint);
        }
    }
    if (rest)
        fprintf(out, "%8llu  more, of other kinds or from other hosts; use --report FILE for all\n",
                (unsigned long long)rest);
}

void fa_failures_fini(struct fa_failures *failures)
{
    for (size_t i = 0; i < failures->n_groups; ++i) {
        free(failures->groups[i].origin);
        free(failures->groups[i].list);
        free(failures->groups[i].url);
    }
    failures->n_groups = 0;
}
