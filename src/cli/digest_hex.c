/*
 * Lower case, as sha256sum(1) prints digests.
 */
#include "cli/digest_hex.h"

#include "base/hex.h"

void fa_digest_hex(const struct fa_digest *digest, char hex[2 * FA_DIGEST_MAX + 1])
{
    size_t len = fa_hash_size(digest->hash);
    if (len > FA_DIGEST_MAX)
        len = FA_DIGEST_MAX;
    fa_hex_write(digest->bytes, len, hex);
}
