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
#define OWN   5
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

int fa_sandbox_enter_worker(const struct fa_settings *settings, struct fa_error *err)
{
    char *netrc = settings->netrc ? fa_netrc_path() : NULL;
    struct fa_trust_places places = fa_trust_find(NULL);
    char *folders[FOLDERS];
    size_t n_folders = folders_list(places.folders, folders);
    const char *own[OWN] = {places.file, settings->cacert, settings->cert, settings->key, netrc};
    struct fa_confine_rule rules[FIXED + OWN + FOLDERS];
    size_t n = 0;
    for (size_t i = 0; i < FIXED; ++i)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_READ, read_only[i]};
    for (size_t i = 0; i < OWN; ++i)
        if (own[i])
            rules[n++] = (struct fa_confine_rule){FA_CONFINE_READ, own[i]};
    for (size_t i = 0; i < n_folders; ++i)
        rules[n++] = (struct fa_confine_rule){FA_CONFINE_READ, folders[i]};
    int result = fa_confine(FA_CONFINE_DOWNLOAD, rules, n, err);
    for (size_t i = 0; i < n_folders; ++i)
        free(folders[i]);
    free(netrc);
    return result;
}
