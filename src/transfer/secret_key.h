/**
 * The names of what signs or authorises a request, as the keys of queries.
 */
#ifndef FA_TRANSFER_SECRET_KEY_H
#define FA_TRANSFER_SECRET_KEY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Whether the value of a key is a secret.
 *
 * Letters of either case are the same, %XX is the byte that it stands for, and what is no letter or
 * digit is left out: "api_key" is "X-API-Key" but for the X.
 *
 * @more  Further names, parted by commas; NULL: none.
 */
bool fa_secret_key(const char *name, size_t len, const char *more);

#endif
