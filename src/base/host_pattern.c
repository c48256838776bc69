/*
 * A pattern decides who gets passwords, so it is read strictly: what could be understood in two
 * ways is refused, not guessed.  "127.1" and "0x7f.0.0.1" are addresses for some resolvers and
 * names for others; "*.0.0.1" would match addresses by their text.
 */
#include "base/host_pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* The parts of a text. */
struct parts {
    const char *host; /* without brackets and wildcard */
    size_t len;
    const char *port; /* "": any */
    bool wildcard;
    bool brackets;
};

/* The colon before a port is the only one, except after a bracket. */
static bool text_split(const char *text, struct parts *ret)
{
    const char *colon = strchr(text, ':');
    *ret = (struct parts){.brackets = text[0] == '[', .port = ""};
    if (ret->brackets) {
        const char *end = strchr(text, ']');
        if (!end || (end[1] && (end[1] != ':' || !end[2])))
            return false;
        ret->port = end[1] ? end + 2 : "";
        ret->host = text + 1;
        ret->len = (size_t)(end - text - 1);
        return true;
    }
    ret->wildcard = strncmp(text, "*.", 2) == 0;
    ret->host = text + (ret->wildcard ? 2 : 0);
    ret->len = strlen(ret->host);
    if (colon && !strchr(colon + 1, ':')) {
        ret->len = (size_t)(colon - ret->host);
        ret->port = colon + 1;
        if (!*ret->port)
            return false;
    }
    return true;
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

bool fa_host_pattern_parse(const char *text, struct fa_host_pattern *ret)
{
    struct parts parts;
    *ret = (struct fa_host_pattern){0};
    if (!text_split(text, &parts) || !port_is_good(parts.port))
        return false;
    parts.len -= !parts.brackets && parts.len > 1 && parts.host[parts.len - 1] == '.';
    if (parts.len > FA_HOST_PATTERN_MAX)
        return false;
    ret->wildcard = parts.wildcard;
    ret->len = parts.len;
    for (size_t i = 0; i < parts.len; ++i)
        ret->host[i] = (char)tolower((unsigned char)parts.host[i]);
    memcpy(ret->port, parts.port, strlen(parts.port));
    ret->address_size = host_address(ret->host, ret->address);
    if (ret->address_size > 0)
        return !ret->wildcard && (ret->address_size == sizeof(struct in6_addr) || !parts.brackets);
    return !parts.brackets && name_is_good(ret->host);
}

bool fa_host_pattern_is_good(const char *text)
{
    struct fa_host_pattern pattern;
    return fa_host_pattern_parse(text, &pattern);
}

/* At least one character is before the dot: a name that begins with one is malformed. */
static bool name_fits(const struct fa_host_pattern *pattern, const char *host)
{
    size_t len = strlen(host), wanted = pattern->len;
    len -= len > 1 && host[len - 1] == '.';
    if (!pattern->wildcard)
        return len == wanted && strncasecmp(host, pattern->host, len) == 0;
    return len <= FA_HOST_PATTERN_MAX && len > wanted + 1 && host[0] != '.' &&
           host[len - wanted - 1] == '.' &&
           strncasecmp(host + len - wanted, pattern->host, wanted) == 0;
}

/* A name that looks like an address fits no name: see name_is_good(). */
bool fa_host_pattern_fits(const struct fa_host_pattern *pattern, const char *host, const char *port)
{
    unsigned char given[sizeof(struct in6_addr)];
    if (*pattern->port && strcmp(pattern->port, port) != 0)
        return false;
    if (pattern->address_size == 0)
        return name_fits(pattern, host);
    return host_address(host, given) == pattern->address_size &&
           memcmp(pattern->address, given, pattern->address_size) == 0;
}

bool fa_host_pattern_match(const char *text, const char *host, const char *port)
{
    struct fa_host_pattern pattern;
    return fa_host_pattern_parse(text, &pattern) && fa_host_pattern_fits(&pattern, host, port);
}

static int pattern_compare_hosts(const struct fa_host_pattern *a, const struct fa_host_pattern *b)
{
    if (a->address_size == 0 && b->address_size == 0)
        return strcmp(a->host, b->host);
    if (a->address_size != b->address_size)
        return a->address_size < b->address_size ? -1 : 1;
    return memcmp(a->address, b->address, a->address_size);
}

int fa_host_pattern_compare(const struct fa_host_pattern *a, const struct fa_host_pattern *b)
{
    if (a->wildcard != b->wildcard)
        return a->wildcard ? 1 : -1;
    if (a->wildcard && a->len != b->len)
        return a->len > b->len ? -1 : 1;
    int order = pattern_compare_hosts(a, b);
    if (order != 0)
        return order;
    if (!*a->port != !*b->port)
        return *a->port ? -1 : 1;
    return strcmp(a->port, b->port);
}
