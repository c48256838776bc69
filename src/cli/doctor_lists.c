/*
 * Hosts are looked up and connected to, one after another, and only the first few of the lists: the
 * answer has to come soon, and nobody is bothered by a connection that is closed at once.
 */
#include "cli/doctor_lists.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fetchall/entries.h>

#include "base/clock.h"
#include "cli/environment.h"
#include "cli/term.h"
#include "cli/units.h"

/* Hosts that are tried, and invalid lines that are shown. */
#define HOSTS_TRIED 8
#define LINES_SHOWN 3
/* Milliseconds to wait for a connection to one address. */
#define CONNECT_WAIT 5000

struct lists {
    struct fa_findings *findings;
    uint64_t entries;
    uint64_t invalid;
    char *origins[HOSTS_TRIED];
    uint64_t keys[HOSTS_TRIED];
    size_t n_origins;
};

static void lists_add_origin(struct lists *lists, const struct fa_listed *entry)
{
    for (size_t i = 0; i < lists->n_origins; ++i)
        if (lists->keys[i] == entry->origin_key)
            return;
    if (lists->n_origins == HOSTS_TRIED)
        return;
    lists->keys[lists->n_origins] = entry->origin_key;
    lists->origins[lists->n_origins++] = strdup(entry->origin);
}

static bool lists_take(void *ctx, const struct fa_listed *entry)
{
    struct lists *lists = ctx;
    ++lists->entries;
    if (entry->error.class == FA_CLASS_NONE)
        lists_add_origin(lists, entry);
    else if (++lists->invalid <= LINES_SHOWN)
        fa_findings_put(lists->findings, FA_FINDING_BAD, "list", "correct the line",
                        "line %" PRIu64 ": %s", entry->line, entry->error.msg);
    return true;
}

/* @return 0, or an errno */
static int address_connect(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int error = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
    socklen_t len = sizeof(error);
    if (error == EINPROGRESS && poll(&ready, 1, CONNECT_WAIT) == 0)
        error = ETIMEDOUT;
    else if (error == EINPROGRESS && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    close(fd);
    return error;
}

static const char *address_help(int error, int family, bool others)
{
    if (family == AF_INET6 && others)
        return "use -4: transfers lose time with this address";
    switch (error) {
    case ETIMEDOUT:
        return "a firewall may discard the packets: --proxy URL, if there is one";
    case ECONNREFUSED:
        return "the server is down, or the port is wrong";
    default:
        return "check the network (ip route)";
    }
}

/* Each address is tried: one that fails costs time, even if another one works. */
static void addresses_try(struct fa_findings *findings, const char *origin,
                          const struct addrinfo *addresses)
{
    bool others = addresses->ai_next != NULL;
    for (const struct addrinfo *it = addresses; it; it = it->ai_next) {
        char name[INET6_ADDRSTRLEN + 16] = "?";
        getnameinfo(it->ai_addr, it->ai_addrlen, name, sizeof(name), NULL, 0, NI_NUMERICHOST);
        double began = fa_clock_read(CLOCK_MONOTONIC);
        int error = address_connect(it);
        double took = fa_clock_read(CLOCK_MONOTONIC) - began;
        if (error == 0)
            fa_findings_put(findings, FA_FINDING_OK, "host", NULL, "%s: %s, connected in %.1f ms",
                            origin, name, took * 1000);
        else
            fa_findings_put(findings, others ? FA_FINDING_NOTE : FA_FINDING_BAD, "host",
                            address_help(error, it->ai_family, others), "%s: %s: %s", origin, name,
                            strerror(error));
    }
}

static int family_of(enum fa_family family)
{
    return family == FA_FAMILY_V4 ? AF_INET : family == FA_FAMILY_V6 ? AF_INET6 : AF_UNSPEC;
}

/* @origin  "scheme://host:port" */
static void origin_try(struct fa_findings *findings, const char *origin, enum fa_family family)
{
    const char *host = strstr(origin, "://") + 3, *port = strrchr(host, ':');
    struct addrinfo hints = {.ai_family = family_of(family), .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    bool brackets = *host == '[';
    char *name = strndup(host + brackets, (size_t)(port - host) - 2 * brackets);
    int code = name ? getaddrinfo(name, port + 1, &hints, &addresses) : EAI_MEMORY;
    free(name);
    if (code != 0) {
        fa_findings_put(findings, FA_FINDING_BAD, "host",
                        code == EAI_AGAIN
                            ? "check the name servers (/etc/resolv.conf)"
                            : "check the name; --resolve HOST:PORT:ADDR gives an address",
                        "%s: %s", origin, gai_strerror(code));
        return;
    }
    addresses_try(findings, origin, addresses);
    freeaddrinfo(addresses);
}

/* Then the proxy connects to hosts, and this machine may have no way to them. */
static bool proxy_is_used(const struct fa_config *config)
{
    bool is = config->proxy && *config->proxy;
    for (size_t i = 0; !config->proxy && i < FA_PROXY_VARIABLES; ++i)
        is |= fa_environment(fa_proxy_variables[i]) != NULL;
    return is;
}

void fa_doctor_lists(const struct fa_options *options, struct fa_findings *findings)
{
    struct lists lists = {.findings = findings};
    struct fa_error err = {0};
    if (fa_entries_read(&options->config, (const char *const *)options->lists.items,
                        options->lists.count, lists_take, &lists, &err) != 0)
        fa_findings_put(findings, FA_FINDING_BAD, "list", "check the name of the list", "%s",
                        err.msg);
    else
        fa_findings_put(findings, lists.invalid ? FA_FINDING_NOTE : FA_FINDING_OK, "list", NULL,
                        "%" PRIu64 " entr%s, %" PRIu64 " invalid", lists.entries,
                        lists.entries == 1 ? "y" : "ies", lists.invalid);
    if (proxy_is_used(&options->config) && lists.n_origins > 0)
        fa_findings_put(findings, FA_FINDING_NOTE, "host", NULL,
                        "not connected to, as transfers use the proxy");
    for (size_t i = 0; i < lists.n_origins; ++i) {
        if (lists.origins[i] && !proxy_is_used(&options->config))
            origin_try(findings, lists.origins[i], options->config.family);
        free(lists.origins[i]);
    }
}
