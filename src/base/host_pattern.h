/**
 * Patterns of hosts: "example.org", "*.example.org", "192.0.2.7", "[2001:db8::1]", each with an
 * optional ":PORT".  Pure.
 */
#ifndef FA_BASE_HOST_PATTERN_H
#define FA_BASE_HOST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

/** The longest name (RFC 1035, 2.3.4), with a final dot and the wildcard. */
#define FA_HOST_PATTERN_MAX 256

/** A pattern that was parsed. */
struct fa_host_pattern {
    char host[FA_HOST_PATTERN_MAX + 1]; /**< Without brackets, wildcard and final dot. */
    size_t len;                         /**< Of host. */
    char port[6];                       /**< "": any */
    bool wildcard;
    unsigned char address[sizeof(struct in6_addr)];
    size_t address_size; /**< 0: a name. */
};

/** Parse a text.  @return whether it is a pattern */
bool fa_host_pattern_parse(const char *text, struct fa_host_pattern *ret);

/** As fa_host_pattern_match(). */
bool fa_host_pattern_fits(const struct fa_host_pattern *pattern, const char *host,
                          const char *port);

/**
 * Order patterns by how specific they are: hosts before wildcards, long wildcards before short
 * ones, with a port before without.
 *
 * @return less than 0: a comes first; 0: the same pattern in any spelling
 */
int fa_host_pattern_compare(const struct fa_host_pattern *a, const struct fa_host_pattern *b);

/** Whether a text is a pattern.  There is none for all hosts, and a name must be in punycode. */
bool fa_host_pattern_is_good(const char *pattern);

/**
 * Whether a host matches a pattern.
 *
 * Names are compared without regard to case and to one final dot.  "*." stands for one or more
 * labels, so "*.example.org" matches neither "example.org" nor "evil-example.org".  An address
 * matches the same address only, in any spelling of IPv6.
 *
 * @host  As in fa_url.host: without the brackets of an IPv6 address.
 * @port  The port of the URL.  A pattern without a port matches every port.
 */
bool fa_host_pattern_match(const char *pattern, const char *host, const char *port);

#endif
