#include <fetchall/config.h>

#include <ctype.h>
#include <string.h>

static const struct {
    enum fa_hash hash;
    const char *name;
    const char *dashed; /* as RFC 9530 and aria2 spell it */
    size_t size;
} hashes[FA_HASHES] = {
    {FA_HASH_MD5, "md5", NULL, 16},
    {FA_HASH_SHA1, "sha1", "sha-1", 20},
    {FA_HASH_SHA256, "sha256", "sha-256", 32},
    {FA_HASH_SHA512, "sha512", "sha-512", 64},
    {FA_HASH_BLAKE2B, "blake2b", NULL, 64},
    {FA_HASH_XXH128, "xxh128", NULL, 16},
};

const char *fa_hash_name(enum fa_hash hash)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (hashes[i].hash == hash)
            return hashes[i].name;
    return NULL;
}

static int same(const char *name, const char *text, size_t len)
{
    if (!name || strlen(name) != len)
        return 0;
    for (size_t i = 0; i < len; ++i)
        if (tolower((unsigned char)text[i]) != name[i])
            return 0;
    return 1;
}

enum fa_hash fa_hash_from_name(const char *name, size_t len)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (same(hashes[i].name, name, len) || same(hashes[i].dashed, name, len))
            return hashes[i].hash;
    return 0;
}

size_t fa_hash_size(enum fa_hash hash)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (hashes[i].hash == hash)
            return hashes[i].size;
    return 0;
}
