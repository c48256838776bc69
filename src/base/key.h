/**
 * 64-bit keys of strings (xxHash, XXH3): the same on every run and every machine.
 */
#ifndef FA_BASE_KEY_H
#define FA_BASE_KEY_H

#include <stddef.h>
#include <stdint.h>

uint64_t fa_key(const void *data, size_t len);

/** Of a string. */
uint64_t fa_key_str(const char *str);

/** The key of two strings, in this order. */
uint64_t fa_key_pair(const char *first, const char *second);

#endif
