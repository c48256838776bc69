/**
 * Hosts as browsers take them (WHATWG URL Standard, 3.5): what they refuse is refused.  Pure.
 */
#ifndef FA_TRANSFER_HOST_H
#define FA_TRANSFER_HOST_H

/** Bytes of an IPv4 address, with its final zero. */
#define FA_HOST_ADDRESS 16

/**
 * Check a host name, and find out whether it is an IPv4 address in an unusual form, as "0x7f.1".
 *
 * @host         In lower case, not an IPv6 address.
 * @ret_address  Its canonical form, as "127.0.0.1"; "": it is a name.
 * @return       NULL: it is valid; or why it is not, for a message.
 */
const char *fa_host_check(const char *host, char ret_address[FA_HOST_ADDRESS]);

#endif
