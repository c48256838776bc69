/*
 * Files that a download worker may read: certificates, and what getaddrinfo(3) and localtime(3)
 * need (their configuration, modules and sockets).
 *
 * The part file is not among them: the worker gets its descriptor with each task.  Missing paths
 * are skipped, so the list names the locations of several distributions.
 *
 * A rule applies to the file that a path leads to now.  /etc/resolv.conf often leads to a directory
 * below /run where it is replaced during the run, so those directories are listed as a whole.
 */
#include "strategy/sandbox.h"

#include "base/netrc.h"
#include "confine/confine.h"
#include "transfer/trust.h"

#include <errno.h>
#include <stdlib.h>

static const char *const read_only[] = {
    "/etc/ssl",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/passwd",
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/run/nscd",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/urandom",
    "/dev/null",
};
#define FIXED (sizeof(read_only) / sizeof(*read_only))
/* Of the settings: cacert, cert, key, netrc, and the places of the system. */
#define OWN 5
/* Of SSL_CERT_DIR; more are left out. */
#define FOLDERS 16

/* Folders of the environment, for an HTTPS proxy.  @return their number; to be released */
static size_t folders_list(const char *rest, char *ret[FOLDERS])
{
    size_t n = 0;
    while (rest && n < FOLDERS && (ret[n] = fa_trust_next_folder(&rest)))
        ++n;
    return n;
}

static size_t rules_add(struct fa_confine_rule *rules, size_t n, const char *path)
{
    if (path)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_READ, path};
    return n;
}

/* What the options name, for each host. */
static size_t rules_add_own(struct fa_confine_rule *rules, size_t n,
                            const struct fa_settings *settings, const char *netrc)
{
    bool reads_netrc = false;
    for (unsigned i = 0; i <= settings->n_hosts; ++i) {
        const struct fa_settings *of = fa_settings_of(settings, i);
        n = rules_add(rules, n, of->cert);
        n = rules_add(rules, n, of->key);
        reads_netrc |= of->netrc;
    }
    n = rules_add(rules, n, settings->cacert);
    return rules_add(rules, n, reads_netrc ? netrc : NULL);
}

int fa_sandbox_enter_worker(const struct fa_settings *settings, struct fa_error *err)
{
    char *netrc = fa_netrc_path();
    struct fa_trust_places places = fa_trust_find(NULL);
    char *folders[FOLDERS];
    size_t n_folders = folders_list(places.folders, folders), n = 0;
    struct fa_confine_rule *rules =
        calloc(FIXED + FOLDERS + OWN + 2ul * settings->n_hosts, sizeof(*rules));
    int result = -1;
    for (size_t i = 0; rules && i < FIXED; ++i)
        n = rules_add(rules, n, read_only[i]);
    for (size_t i = 0; rules && i < n_folders; ++i)
        n = rules_add(rules, n, folders[i]);
    if (rules) {
        n = rules_add(rules, n, places.file);
        n = rules_add_own(rules, n, settings, netrc);
        result = fa_confine(FA_CONFINE_DOWNLOAD, rules, n, err);
    } else {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot confine a worker");
    }
    for (size_t i = 0; i < n_folders; ++i)
        free(folders[i]);
    free(rules);
    free(netrc);
    return result;
}
