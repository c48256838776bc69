#include "cli/compare/listing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <fetchall/entries.h>

/* Longer names do not exist (RFC 1035). */
#define HOST_MAX 256

/* "localhost" and everything below it (RFC 6761), 127.0.0.0/8, or ::1. */
static bool host_is_local(const char *host)
{
    static const char name[] = "localhost";
    struct in6_addr six;
    struct in_addr four;
    size_t len = strlen(host), most = sizeof(name) - 1;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, host, &six) == 1)
        return IN6_IS_ADDR_LOOPBACK(&six);
    return len >= most && strcmp(host + len - most, name) == 0 &&
           (len == most || host[len - most - 1] == '.');
}

/* The host of "scheme://host:port" or "scheme://[host]:port". */
static bool origin_is_local(const char *origin)
{
    char host[HOST_MAX];
    const char *start = strstr(origin, "//"), *end = strrchr(origin, ':');
    if (!start || !end || end <= start + 2)
        return false;
    bool brackets = start[2] == '[' && end[-1] == ']';
    int len = (int)(end - start - 2) - 2 * brackets;
    snprintf(host, sizeof(host), "%.*s", len, start + 2 + brackets);
    return host_is_local(host);
}

static bool listing_add(void *ctx, const struct fa_listed *entry)
{
    struct fa_listing *listing = ctx;
    if (entry->error.class != FA_CLASS_NONE)
        return true;
    listing->https |= strncmp(entry->origin, "https:", strlen("https:")) == 0;
    listing->local &= origin_is_local(entry->origin);
    return listing->local || !listing->https;
}

int fa_listing_read(const struct fa_config *config, const char *list, struct fa_listing *ret,
                    struct fa_error *err)
{
    *ret = (struct fa_listing){.local = true};
    return fa_entries_read(config, &list, 1, listing_add, ret, err);
}
