/*
 * Nothing is requested, and nothing is written: a check must not change what it looks at.  Whether
 * there is a route is asked of the kernel by connecting a datagram socket, which sends nothing
 * (udp(7)).
 */
#include "cli/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include <fetchall/redact.h>
#include <fetchall/version.h>

#include "cli/doctor_host.h"
#include "cli/doctor_lists.h"
#include "cli/environment.h"
#include "cli/term.h"
#include "cli/units.h"

/* A clock before this is wrong: 2026-01-01. */
#define CLOCK_LEAST 1767225600
/* Less than that is a sign of a disk that is nearly full. */
#define BYTES_FEW  (100.0 * 1024 * 1024)
#define INODES_FEW 1000
/* Besides one for each transfer: the state, lists, workers. */
#define FILES_OWN 64

static void check_versions(struct fa_findings *findings)
{
    fa_findings_put(findings, FA_FINDING_OK, "version", NULL, "fetchall %s, libcurl %s", FA_VERSION,
                    fa_version_libcurl());
    for (unsigned i = 0; fa_version_fault(i); ++i)
        fa_findings_put(findings, FA_FINDING_NOTE, "libcurl", NULL, "worked around: it %s",
                        fa_version_fault(i));
}

static void check_files(struct fa_findings *findings)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    unsigned long long most = limit.rlim_max;
    bool few = most < 2 * 256 + FILES_OWN;
    fa_findings_put(findings, few ? FA_FINDING_NOTE : FA_FINDING_OK, "files",
                    few ? "raise the limit (ulimit -Hn), or use fewer --jobs" : NULL,
                    "at most %llu open files", most);
}

static void check_clock(struct fa_findings *findings)
{
    struct timex state = {.modes = 0};
    time_t now = time(NULL);
    struct tm utc;
    char text[40];
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&now, &utc));
    if (now < CLOCK_LEAST)
        fa_findings_put(findings, FA_FINDING_BAD, "clock",
                        "set the clock: certificates count as not yet valid", "%s", text);
    else if (adjtimex(&state) == TIME_ERROR)
        fa_findings_put(findings, FA_FINDING_NOTE, "clock",
                        "compare it with another clock if certificates are rejected",
                        "%s, not synchronized", text);
    else
        fa_findings_put(findings, FA_FINDING_OK, "clock", NULL, "%s", text);
}

static void check_resolver(struct fa_findings *findings)
{
    FILE *file = fopen("/etc/resolv.conf", "re");
    char line[256], text[128] = "";
    while (file && fgets(line, sizeof(line), file)) {
        char address[80];
        size_t len = strlen(text);
        if (sscanf(line, "nameserver %79s", address) == 1)
            snprintf(text + len, sizeof(text) - len, "%s%s", len ? ", " : "", address);
    }
    if (file)
        fclose(file);
    if (*text)
        fa_findings_put(findings, FA_FINDING_OK, "resolver", NULL, "name servers %s", text);
    else
        fa_findings_put(findings, FA_FINDING_NOTE, "resolver",
                        "add a name server, unless all hosts are in /etc/hosts or --resolve",
                        "no name server in /etc/resolv.conf");
}

static bool has_route(int family, const void *address, size_t len)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is = connect(fd, address, (socklen_t)len) == 0;
    close(fd);
    return is;
}

/* To addresses for documentation, which nobody has (RFC 5737, RFC 3849). */
static void check_routes(struct fa_findings *findings)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
    inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
    bool has_v4 = has_route(AF_INET, &v4, sizeof(v4)),
         has_v6 = has_route(AF_INET6, &v6, sizeof(v6));
    fa_findings_put(
        findings, has_v4 || has_v6 ? FA_FINDING_OK : FA_FINDING_NOTE, "network",
        has_v4 || has_v6 ? NULL : "only hosts of this network can be reached (ip route)", "%s",
        has_v4   ? has_v6 ? "routes for IPv4 and IPv6" : "a route for IPv4 only"
        : has_v6 ? "a route for IPv6 only"
                 : "no route to the Internet");
}

/* As transfers use them: see ENVIRONMENT in the manual. */
static void check_certificates(struct fa_findings *findings, const struct fa_config *config)
{
    static const char *const names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"};
    const char *from = "--cacert", *path = config->cacert;
    for (size_t i = 0; !path && i < sizeof(names) / sizeof(*names); ++i)
        if ((path = fa_environment(names[i])))
            from = names[i];
    if (!path) {
        from = "the system";
        path = "/etc/ssl/certs/ca-certificates.crt";
    }
    char first[256];
    snprintf(first, sizeof(first), "%.*s", (int)strcspn(path, ":"), path);
    if (access(first, R_OK) == 0)
        fa_findings_put(findings, FA_FINDING_OK, "certificates", NULL, "%s, from %s", first, from);
    else
        fa_findings_put(findings, FA_FINDING_BAD, "certificates",
                        "apt-get install ca-certificates, or --cacert FILE", "%s, from %s: %s",
                        first, from, strerror(errno));
}

static void check_proxy(struct fa_findings *findings, const char *name)
{
    const char *value = fa_environment(name);
    struct fa_error err = {0};
    if (!value)
        return;
    if (strcmp(name, "HTTP_PROXY") == 0) {
        fa_findings_put(findings, FA_FINDING_NOTE, "proxy", "use http_proxy, in lower case",
                        "HTTP_PROXY is ignored");
        return;
    }
    char *shown = fa_redact_url(value, NULL);
    bool fine = strcasecmp(name, "no_proxy") == 0 || fa_config_check_proxy(value, &err) == 0;
    fa_findings_put(findings, fine ? FA_FINDING_OK : FA_FINDING_BAD, "proxy",
                    fine ? NULL : "correct the variable", "%s=%s%s%s", name, shown ? shown : "?",
                    fine ? "" : ": ", fine ? "" : err.msg);
    free(shown);
}

static void check_proxies(struct fa_findings *findings, const struct fa_config *config)
{
    static const char *const others[] = {"no_proxy", "NO_PROXY", "HTTP_PROXY"};
    if (config->proxy) {
        char *shown = fa_redact_url(config->proxy, config->secret_keys);
        fa_findings_put(findings, FA_FINDING_OK, "proxy", NULL, "--proxy %s", shown ? shown : "?");
        free(shown);
        return;
    }
    for (size_t i = 0; i < FA_PROXY_VARIABLES; ++i)
        check_proxy(findings, fa_proxy_variables[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
        check_proxy(findings, others[i]);
}

/* Of DIR, or of the folder that it would be made in. */
static void check_disk(struct fa_findings *findings, const struct fa_config *config)
{
    struct statvfs disk;
    char path[4096], bytes[FA_UNITS_MAX];
    snprintf(path, sizeof(path), "%s", config->dir);
    while (statvfs(path, &disk) != 0 && errno == ENOENT && strcmp(path, ".") != 0) {
        char *slash = strrchr(path, '/');
        if (slash)
            slash[slash == path] = '\0';
        else
            strcpy(path, ".");
    }
    if (access(path, W_OK) != 0 || statvfs(path, &disk) != 0) {
        fa_findings_put(findings, FA_FINDING_BAD, "folder",
                        "check owner and mode (ls -ld), or use another one (--dir)", "%s: %s", path,
                        strerror(errno));
        return;
    }
    double left = (double)disk.f_bavail * (double)disk.f_frsize;
    bool few = left < BYTES_FEW || (disk.f_files > 0 && disk.f_favail < INODES_FEW);
    fa_findings_put(findings, few ? FA_FINDING_NOTE : FA_FINDING_OK, "disk",
                    few ? "remove files, or use another disk (--dir)" : NULL,
                    "%s: %s and %llu files are left", path, fa_units_bytes(left, bytes),
                    (unsigned long long)disk.f_favail);
}

enum fa_exit_status fa_doctor_command(const struct fa_options *options)
{
    struct fa_findings findings = {0};
    struct fa_error err = {0};
    if (options->doctor_host)
        return fa_doctor_host(options);
    check_versions(&findings);
    check_files(&findings);
    check_clock(&findings);
    check_resolver(&findings);
    check_routes(&findings);
    check_certificates(&findings, &options->config);
    check_proxies(&findings, &options->config);
    check_disk(&findings, &options->config);
    if (options->lists.count > 0)
        fa_doctor_lists(options, &findings);
    if (fa_term_flush(&err) == 0)
        return findings.bad ? FA_EXIT_PERMANENT : FA_EXIT_OK;
    fa_term_error(&err);
    return fa_exit_of(&err);
}
