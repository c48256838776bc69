/*
 * A host is requested through one interface, so the first zone decides: addresses of another one
 * would be those of other machines.  Addresses without a zone are the same everywhere, and stay.
 */
#include "transfer/zone.h"

#include <ctype.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interface may also be named by its index. */
static unsigned zone_index(const char *zone, size_t len)
{
    char name[IF_NAMESIZE], *end;
    if (len == 0 || len >= sizeof(name))
        return 0;
    memcpy(name, zone, len);
    name[len] = '\0';
    unsigned long index = strtoul(name, &end, 10);
    return *end ? if_nametoindex(name) : (unsigned)index;
}

/* In brackets or without. */
static size_t zone_length(const char *zone, size_t len)
{
    return len > 0 && zone[len - 1] == ']' ? len - 1 : len;
}

int fa_zone_strip(const char *addresses, char **ret, unsigned *ret_zone)
{
    char *to = *ret = malloc(strlen(addresses) + 1);
    bool zoned = false;
    *ret_zone = 0;
    if (!to)
        return -1;
    for (const char *at = addresses; *at; at += *at == ',') {
        const char *address = at;
        at += strcspn(at, ",");
        size_t len = (size_t)(at - address);
        const char *sign = memchr(address, '%', len);
        const char *zone = sign ? sign + 1 : NULL;
        size_t zone_len = sign ? zone_length(zone, (size_t)(at - zone)) : 0;
        unsigned index = sign ? zone_index(zone, zone_len) : 0;
        if (zoned && sign && index != *ret_zone)
            continue;
        if (sign) {
            zoned = true;
            *ret_zone = index;
        }
        if (to != *ret)
            *to++ = ',';
        to = mempcpy(to, address, sign ? (size_t)(sign - address) : len);
        if (sign && *address == '[')
            *to++ = ']';
    }
    *to = '\0';
    return 0;
}

/* An index is not checked: it is used as it is. */
char *fa_zone_missing(const char *host_port)
{
    const char *sign = strstr(host_port, "%25");
    if (!sign)
        return NULL;
    const char *zone = sign + 3;
    size_t len = strcspn(zone, ":");
    return zone_index(zone, len) ? NULL : strndup(zone, len);
}

/* fe80::/10 (RFC 4291, 2.5.6); libcurl has made the letters small. */
bool fa_zone_is_needed(const char *host_port)
{
    return strncmp(host_port, "fe", 2) == 0 && host_port[2] && strchr("89ab", host_port[2]) &&
           isxdigit((unsigned char)host_port[3]) && host_port[4] == ':' &&
           !strstr(host_port, "%25");
}
