/**
 * Names of query keys whose values sign or authorise a request.
 */
#ifndef FA_TRANSFER_SECRET_KEY_H
#define FA_TRANSFER_SECRET_KEY_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Whether the value of a key is a secret.
 *
 * Case is ignored, %XX is decoded, and everything but letters and digits is skipped: "api_key" and
 * "Api-Key" are the same name.
 *
 * @value  The length of the value.
 * @more   Further names, separated by commas; NULL: none.
 */
bool fa_secret_key(const char *name, size_t len, size_t value, const char *more);

#endif
