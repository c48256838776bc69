/**
 * Patterns of hosts: "example.org", "*.example.org", "192.0.2.7", "[2001:db8::1]", each with an
 * optional ":PORT".  Pure.
 */
#ifndef FA_BASE_HOST_PATTERN_H
#define FA_BASE_HOST_PATTERN_H

#include <stdbool.h>

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
