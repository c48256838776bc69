/*
 * One digest is enough.  SHA-256 is taken first, because it is computed for most files anyway; then
 * the strongest.  A digest is only used if it is surely one of the bytes in the file, which are
 * stored as they were sent: a false mismatch would fail a good file.
 */
#include "transfer/http_digest.h"

#include "base/hex.h"
#include "base/http_field.h"

#include <string.h>

/* The best first. */
static const enum fa_hash ranks[] = {FA_HASH_SHA256, FA_HASH_SHA512, FA_HASH_SHA384,
                                     FA_HASH_SHA1,   FA_HASH_MD5,    FA_HASH_CRC32C,
                                     FA_HASH_CRC32,  FA_HASH_ADLER32};
#define RANKS (sizeof(ranks) / sizeof(*ranks))

static size_t hash_rank(enum fa_hash hash)
{
    for (size_t i = 0; i < RANKS; ++i)
        if (ranks[i] == hash)
            return i;
    return RANKS;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* RFC 4648, 4, of exactly size bytes.  @return whether it is that */
static bool base64_read(const char *text, size_t len, unsigned char *ret, size_t size)
{
    size_t digits = (size * 8 + 5) / 6, at = 0;
    unsigned bits = 0, held = 0;
    if (len != (size + 2) / 3 * 4 || strspn(text + digits, "=") < len - digits)
        return false;
    for (size_t i = 0; i < digits; ++i) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned)digit;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        ret[at++] = (unsigned char)(bits >> held);
        bits &= (1u << held) - 1;
    }
    return bits == 0;
}

static bool hex_read(const char *text, size_t len, unsigned char *ret, size_t size)
{
    if (len != 2 * size)
        return false;
    for (size_t i = 0; i < size; ++i) {
        int byte = fa_hex_byte(text + 2 * i);
        if (byte < 0)
            return false;
        ret[i] = (unsigned char)byte;
    }
    return true;
}

static void digests_add(struct fa_http_digests *digests, enum fa_digest_of of, enum fa_hash hash,
                        const unsigned char *bytes)
{
    struct fa_digest *best = &digests->best[of];
    if (best->hash == hash && memcmp(best->bytes, bytes, fa_hash_size(hash)) != 0)
        digests->disputed |= hash;
    if (best->hash && hash_rank(best->hash) <= hash_rank(hash))
        return;
    best->hash = hash;
    memcpy(best->bytes, bytes, fa_hash_size(hash));
}

/* The checksums of RFC 3230 are in hexadecimal digits, which those of Google are not. */
static void digests_read(struct fa_http_digests *digests, enum fa_digest_of of, enum fa_hash hash,
                         const char *value, size_t len)
{
    unsigned char bytes[FA_DIGEST_MAX];
    char text[2 * FA_DIGEST_MAX + 1];
    size_t size = fa_hash_size(hash);
    if (hash_rank(hash) == RANKS || len >= sizeof(text))
        return;
    memcpy(text, value, len);
    text[len] = '\0';
    if (base64_read(text, len, bytes, size) ||
        (of == FA_DIGEST_OF_FILE && size == 4 && hex_read(text, len, bytes, size)))
        digests_add(digests, of, hash, bytes);
}

/* "sha" is the SHA-1 of RFC 3230, which RFC 9530 keeps. */
static enum fa_hash hash_named(const char *name, size_t len)
{
    return fa_http_is(name, len, "sha") ? FA_HASH_SHA1 : fa_hash_from_name(name, len);
}

/* A list of NAME=VALUE.  In a dictionary of structured fields (RFC 8941) a value is between colons,
 * and parameters follow after a semicolon. */
static void digests_read_list(struct fa_http_digests *digests, enum fa_digest_of of,
                              const char *value, size_t len, bool colons)
{
    const char *end = value + len;
    for (const char *at = value, *next; at < end; at = next) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        next = comma ? comma + 1 : end;
        size_t n = (size_t)((comma ? comma : end) - at);
        const char *semicolon = memchr(at, ';', n);
        n = semicolon ? (size_t)(semicolon - at) : n;
        fa_http_trim(&at, &n);
        const char *equals = memchr(at, '=', n);
        if (!equals)
            continue;
        const char *text = equals + 1;
        size_t text_len = (size_t)(at + n - text);
        if (colons && (text_len < 2 || *text != ':' || text[text_len - 1] != ':'))
            continue;
        digests_read(digests, of, hash_named(at, (size_t)(equals - at)), text + colons,
                     text_len - 2 * colons);
    }
}

#define AMAZON "x-amz-checksum-"

static void digests_read_amazon(struct fa_http_digests *digests, const char *name, size_t name_len,
                                const char *value, size_t len)
{
    size_t prefix = strlen(AMAZON);
    digests_read(digests, FA_DIGEST_OF_OBJECT, fa_hash_from_name(name + prefix, name_len - prefix),
                 value, len);
}

bool fa_http_digests_field(struct fa_http_digests *digests, const char *name, size_t name_len,
                           const char *value, size_t len)
{
    if (fa_http_is(name, name_len, "Repr-Digest"))
        digests_read_list(digests, FA_DIGEST_OF_FILE, value, len, true);
    else if (fa_http_is(name, name_len, "Content-Digest"))
        digests_read_list(digests, FA_DIGEST_OF_CONTENT, value, len, true);
    else if (fa_http_is(name, name_len, "Digest"))
        digests_read_list(digests, FA_DIGEST_OF_FILE, value, len, false);
    else if (fa_http_is(name, name_len, "Content-MD5"))
        digests_read(digests, FA_DIGEST_OF_CONTENT, FA_HASH_MD5, value, len);
    else if (fa_http_is(name, name_len, "x-goog-hash"))
        digests_read_list(digests, FA_DIGEST_OF_STORED, value, len, false);
    else if (fa_http_is(name, name_len, "x-goog-stored-content-encoding"))
        digests->odd_stored |= fa_coding_append(digests->stored, value, len) != 0;
    else if (name_len > strlen(AMAZON) && fa_http_is(name, strlen(AMAZON), AMAZON))
        digests_read_amazon(digests, name, name_len, value, len);
    else
        return false;
    return true;
}

struct fa_digest fa_http_digests_choose(const struct fa_http_digests *digests, const char *coding,
                                        bool whole)
{
    const bool usable[FA_DIGEST_OFS] = {
        [FA_DIGEST_OF_FILE] = true,
        [FA_DIGEST_OF_CONTENT] = whole,
        [FA_DIGEST_OF_STORED] = !digests->odd_stored && strcmp(digests->stored, coding) == 0,
        [FA_DIGEST_OF_OBJECT] = coding[0] == '\0',
    };
    struct fa_digest ret = {0};
    for (unsigned of = 0; of < FA_DIGEST_OFS; ++of) {
        const struct fa_digest *best = &digests->best[of];
        if (usable[of] && best->hash && !(digests->disputed & best->hash) &&
            (!ret.hash || hash_rank(best->hash) < hash_rank(ret.hash)))
            ret = *best;
    }
    return ret;
}
