#include "cli/digest.h"

void fa_digest_hex(const struct fa_digest *digest, char hex[2 * FA_DIGEST_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t len = fa_hash_size(digest->hash);
    if (len > FA_DIGEST_MAX)
        len = FA_DIGEST_MAX;
    for (size_t i = 0; i < len; ++i) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[2 * len] = '\0';
}
