/*
 * The names of the hash algorithms.  A table rather than an array, because the enumerators are
 * bits, so that a set of algorithms is one integer.
 */
#include <fetchall/config.h>

#include <ctype.h>
#include <string.h>

static const struct {
    enum fa_hash hash;
    const char *name;
    const char *dashed; /* spelling of RFC 9530 and aria2 */
    size_t size;
} hashes[FA_HASHES] = {
    {FA_HASH_MD5, "md5", NULL, 16},
    {FA_HASH_SHA1, "sha1", "sha-1", 20},
    {FA_HASH_SHA256, "sha256", "sha-256", 32},
    {FA_HASH_SHA512, "sha512", "sha-512", 64},
    {FA_HASH_BLAKE2B, "blake2b", NULL, 64},
    {FA_HASH_XXH128, "xxh128", NULL, 16},
    {FA_HASH_SHA224, "sha224", "sha-224", 28},
    {FA_HASH_SHA384, "sha384", "sha-384", 48},
    {FA_HASH_ADLER32, "adler32", NULL, 4},
    {FA_HASH_CRC32, "crc32", NULL, 4},
    {FA_HASH_CRC32C, "crc32c", NULL, 4},
};

const char *fa_hash_name(enum fa_hash hash)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (hashes[i].hash == hash)
            return hashes[i].name;
    return NULL;
}

/* Case-insensitive for ASCII only: strncasecmp(3) depends on the locale. */
static int name_equal(const char *name, const char *text, size_t len)
{
    if (!name || strlen(name) != len)
        return 0;
    for (size_t i = 0; i < len; ++i)
        if (tolower((unsigned char)text[i]) != name[i])
            return 0;
    return 1;
}

/* The name need not be terminated: it may be the part before "=" of a list's option. */
enum fa_hash fa_hash_from_name(const char *name, size_t len)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (name_equal(hashes[i].name, name, len) || name_equal(hashes[i].dashed, name, len))
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
