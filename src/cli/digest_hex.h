/**
 * Digests as text.
 */
#ifndef FETCHALL_CLI_DIGEST_HEX_H
#define FETCHALL_CLI_DIGEST_HEX_H

#include <fetchall/event.h>

/** Lower-case hexadecimal digits. */
void fa_digest_hex(const struct fa_digest *digest, char hex[2 * FA_DIGEST_MAX + 1]);

#endif
