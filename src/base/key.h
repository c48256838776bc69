/**
 * 64-bit hashes of strings (xxHash, XXH3): equal on every run and every machine.
 */
#ifndef FA_BASE_KEY_H
#define FA_BASE_KEY_H

#include <stddef.h>
#include <stdint.h>

uint64_t fa_key(const void *data, size_t len);

/** Key of a string. */
uint64_t fa_key_str(const char *str);

/** Key of an ordered pair of strings. */
uint64_t fa_key_pair(const char *first, const char *second);

#endif
