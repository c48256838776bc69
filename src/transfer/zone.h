/**
 * Zones of IPv6 addresses (RFC 4007, 11): the interface that a link-local address belongs to, as
 * "fe80::1%eth0" or "fe80::1%2".
 *
 * CURLOPT_RESOLVE(3) has no syntax for them; CURLOPT_ADDRESS_SCOPE(3) sets one for all addresses of
 * a host.
 */
#ifndef FA_TRANSFER_ZONE_H
#define FA_TRANSFER_ZONE_H

#include <stdbool.h>

/**
 * Remove the zones from a list of addresses.
 *
 * @addresses  As fa_attempt.addresses.
 * @ret        Owned by the caller: free(3).  Addresses of another zone than the first one are left
 *             out, as a host has one scope only.
 * @ret_zone   The index of the interface; 0: no address has a zone, or there is no such interface.
 * @return 0, or -1: there is no memory.
 */
int fa_zone_strip(const char *addresses, char **ret, unsigned *ret_zone);

/**
 * The zone of a host that is not the name or index of an interface here.
 *
 * @host_port  As fa_url.host_port.
 * @return a copy, to be freed; NULL: there is no zone, or it exists, or there is no memory.
 */
char *fa_zone_missing(const char *host_port);

/** Whether a host is a link-local address without a zone, which nothing can connect to. */
bool fa_zone_is_needed(const char *host_port);

#endif
