/*
 * A pattern decides who gets passwords, so it is read strictly: what could be understood in two
 * ways is refused, not guessed.  "127.1" and "0x7f.0.0.1" are addresses for some resolvers and
 * names for others; "*.0.0.1" would match addresses by their text.
 */
#include "base/host_pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The longest name (RFC 1035, 2.3.4), with a final dot and the wildcard. */
#define HOST_MAX 256

/* The parts of a pattern. */
struct pattern {
    char host[HOST_MAX + 1]; /* without brackets and wildcard, and without a final dot */
    const char *port;        /* "": any */
    bool wildcard;
    bool brackets;
};

/* A host that is too long fits no pattern. */
static bool host_copy(char *to, const char *host, size_t len)
{
    if (len > HOST_MAX)
        return false;
    memcpy(to, host, len);
    to[len] = '\0';
    return true;
}

/* The colon before a port is the only one, except after a bracket. */
static bool pattern_split(const char *text, struct pattern *ret)
{
    const char *colon = strchr(text, ':');
    *ret = (struct pattern){.brackets = text[0] == '['};
    if (ret->brackets) {
        const char *end = strchr(text, ']');
        if (!end || (end[1] && (end[1] != ':' || !end[2])))
            return false;
        ret->port = end[1] ? end + 2 : "";
        return host_copy(ret->host, text + 1, (size_t)(end - text - 1));
    }
    ret->wildcard = strncmp(text, "*.", 2) == 0;
    text += ret->wildcard ? 2 : 0;
    size_t len = strlen(text);
    ret->port = "";
    if (colon && !strchr(colon + 1, ':')) {
        len = (size_t)(colon - text);
        ret->port = colon + 1;
        if (!*ret->port)
            return false;
    }
    len -= len > 1 && text[len - 1] == '.';
    return host_copy(ret->host, text, len);
}

static bool port_is_good(const char *port)
{
    unsigned long value = 0;
    for (const char *at = port; *at; ++at) {
        if (*at < '0' || *at > '9' || at - port > 4)
            return false;
        value = value * 10 + (unsigned long)(*at - '0');
    }
    return !*port || (port[0] != '0' && value <= 65535);
}

/* @return the size of the address, or 0 */
static size_t host_address(const char *host, unsigned char ret[sizeof(struct in6_addr)])
{
    if (inet_pton(AF_INET, host, ret) == 1)
        return sizeof(struct in_addr);
    return inet_pton(AF_INET6, host, ret) == 1 ? sizeof(struct in6_addr) : 0;
}

/* Labels of letters, digits, "-" and "_".  The last one must not begin with a digit, as those of
 * addresses do. */
static bool name_is_good(const char *name)
{
    const char *label = name;
    for (const char *at = name;; ++at) {
        if (*at != '.' && *at != '\0') {
            if ((unsigned char)*at >= 0x80 || (!isalnum((unsigned char)*at) && !strchr("-_", *at)))
                return false;
            continue;
        }
        if (at == label)
            return false;
        if (!*at)
            return !isdigit((unsigned char)*label);
        label = at + 1;
    }
}

bool fa_host_pattern_is_good(const char *text)
{
    struct pattern pattern;
    unsigned char address[sizeof(struct in6_addr)];
    if (!pattern_split(text, &pattern) || !port_is_good(pattern.port))
        return false;
    size_t size = host_address(pattern.host, address);
    if (size > 0)
        return !pattern.wildcard && (size == sizeof(struct in6_addr) || !pattern.brackets);
    return !pattern.brackets && name_is_good(pattern.host);
}

/* At least one character is before the dot: a name that begins with one is malformed. */
static bool name_matches(const struct pattern *pattern, const char *host)
{
    char name[HOST_MAX + 1];
    size_t len = strlen(host), wanted = strlen(pattern->host);
    len -= len > 1 && host[len - 1] == '.';
    if (!host_copy(name, host, len))
        return false;
    if (!pattern->wildcard)
        return strcasecmp(name, pattern->host) == 0;
    return len > wanted + 1 && name[0] != '.' && name[len - wanted - 1] == '.' &&
           strcasecmp(name + len - wanted, pattern->host) == 0;
}

bool fa_host_pattern_match(const char *text, const char *host, const char *port)
{
    struct pattern pattern;
    unsigned char wanted[sizeof(struct in6_addr)], given[sizeof(struct in6_addr)];
    if (!fa_host_pattern_is_good(text) || !pattern_split(text, &pattern))
        return false;
    if (*pattern.port && strcmp(pattern.port, port) != 0)
        return false;
    size_t size = host_address(host, given), wanted_size = host_address(pattern.host, wanted);
    if (size > 0 || wanted_size > 0)
        return size == wanted_size && memcmp(wanted, given, size) == 0;
    return name_matches(&pattern, host);
}
