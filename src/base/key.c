/*
 * XXH3 is fast and well distributed, but not cryptographic: users must not rely on the absence of
 * collisions where a list could be crafted to produce one.
 */
#include "base/key.h"

#include <string.h>
#include <xxhash.h>

uint64_t fa_key(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}

uint64_t fa_key_str(const char *str)
{
    return fa_key(str, strlen(str));
}

uint64_t fa_key_pair(const char *first, const char *second)
{
    return XXH3_64bits_withSeed(first, strlen(first), fa_key_str(second));
}
