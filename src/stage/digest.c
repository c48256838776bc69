/*
 * All requested digests are computed in one pass: each chunk is read once and fed to every
 * algorithm while it is in the cache.  EVP_MD_fetch(3) is slow (it searches the providers), so the
 * algorithms are fetched once and shared; the contexts belong to one thread.
 *
 * EVP_sha256(3) and the like would be shorter, but since OpenSSL 3.0 EVP_DigestInit_ex(3) then
 * fetches implicitly, for each file (crypto(7)).  xxHash and the checksums of 32 bits are not in
 * OpenSSL: xxHash has a state of its own, whose alignment XXH3_createState() takes care of.
 */
#include "stage/digest.h"

#include "stage/crc32c.h"
#include "stage/inflated.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <xxhash.h>
#include <zlib.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pages that are copied pass through the L2 cache, too: a buffer of half its size is evicted
 * before it is hashed, and reading then costs three times as much. */
#define CHUNK_SIZE (64 * 1024)
#define TICK_EVERY (8 * 1024 * 1024)

/* In the order of their bits, which is the order of the results. */
static const struct {
    enum fa_hash hash;
    const char *name; /* OpenSSL's name; NULL: xxHash, zlib, crc32c.c */
} algorithms[FA_HASHES] = {
    {FA_HASH_MD5, "MD5"},       {FA_HASH_SHA1, "SHA1"},           {FA_HASH_SHA256, "SHA256"},
    {FA_HASH_SHA512, "SHA512"}, {FA_HASH_BLAKE2B, "BLAKE2B-512"}, {FA_HASH_XXH128, NULL},
    {FA_HASH_SHA224, "SHA224"}, {FA_HASH_SHA384, "SHA384"},       {FA_HASH_ADLER32, NULL},
    {FA_HASH_CRC32, NULL},      {FA_HASH_CRC32C, NULL},
};

struct fa_digest_set {
    EVP_MD *md[FA_HASHES];
    struct fa_crc32c crc32c;
};

struct fa_digester {
    const struct fa_digest_set *set;
    EVP_MD_CTX *ctx[FA_HASHES];
    XXH3_state_t *xxh;
    uLong adler, crc32;
    uint32_t crc32c;
    unsigned hashes;
    unsigned char *piece;         /* NULL: no file was read yet */
    struct fa_inflated *inflated; /* NULL: not needed yet */
};

static int digest_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up digests");
    return -1;
}

/* A FIPS provider, for example, has no MD5.  Clear OpenSSL's error queue: it is per thread. */
static int digest_openssl_failed(struct fa_error *err, const char *name)
{
    ERR_clear_error();
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "OpenSSL does not support %s here",
                 name);
    return -1;
}

/* All algorithms are fetched, not only those in use: a list may request any of them later. */
struct fa_digest_set *fa_digest_set_new(struct fa_error *err)
{
    struct fa_digest_set *set = calloc(1, sizeof(*set));
    if (!set) {
        digest_no_memory(err);
        return NULL;
    }
    fa_crc32c_init(&set->crc32c);
    for (size_t i = 0; i < FA_HASHES; ++i) {
        if (!algorithms[i].name)
            continue;
        set->md[i] = EVP_MD_fetch(NULL, algorithms[i].name, NULL);
        if (!set->md[i]) {
            digest_openssl_failed(err, algorithms[i].name);
            fa_digest_set_free(set);
            return NULL;
        }
    }
    return set;
}

/* A half-built set is accepted: EVP_MD_free(3) ignores a null pointer. */
void fa_digest_set_free(struct fa_digest_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < FA_HASHES; ++i)
        EVP_MD_free(set->md[i]);
    free(set);
}

struct fa_digester *fa_digester_new(const struct fa_digest_set *set, struct fa_error *err)
{
    struct fa_digester *d = calloc(1, sizeof(*d));
    if (d)
        d->set = set;
    else
        digest_no_memory(err);
    return d;
}

void fa_digester_free(struct fa_digester *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < FA_HASHES; ++i)
        EVP_MD_CTX_free(d->ctx[i]);
    XXH3_freeState(d->xxh);
    fa_inflated_free(d->inflated);
    free(d->piece);
    free(d);
}

/* Whether an algorithm of OpenSSL is requested: the others have no context. */
static bool digester_uses(const struct fa_digester *d, size_t i)
{
    return algorithms[i].name && (d->hashes & algorithms[i].hash);
}

/* A context is created once and re-initialised for each file: a small file should not pay for it. */
static int digester_prepare(struct fa_digester *d, struct fa_error *err)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (digester_uses(d, i) && !d->ctx[i] && !(d->ctx[i] = EVP_MD_CTX_new()))
            return digest_no_memory(err);
    if ((d->hashes & FA_HASH_XXH128) && !d->xxh && !(d->xxh = XXH3_createState()))
        return digest_no_memory(err);
    return 0;
}

/* That of the previous file need not be finished, if that one failed. */
int fa_digester_begin(struct fa_digester *d, unsigned hashes, struct fa_error *err)
{
    d->hashes = hashes;
    if (digester_prepare(d, err))
        return -1;
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (digester_uses(d, i) && EVP_DigestInit_ex2(d->ctx[i], d->set->md[i], NULL) != 1)
            return digest_openssl_failed(err, algorithms[i].name);
    if (hashes & FA_HASH_XXH128)
        XXH3_128bits_reset(d->xxh);
    d->adler = adler32(0, NULL, 0);
    d->crc32 = crc32(0, NULL, 0);
    d->crc32c = 0;
    return 0;
}

/* The data is in the cache from the second algorithm on. */
int fa_digester_update(struct fa_digester *d, const void *data, size_t len, struct fa_error *err)
{
    for (size_t i = 0; i < FA_HASHES; ++i)
        if (digester_uses(d, i) && EVP_DigestUpdate(d->ctx[i], data, len) != 1)
            return digest_openssl_failed(err, algorithms[i].name);
    if (d->hashes & FA_HASH_XXH128)
        XXH3_128bits_update(d->xxh, data, len);
    if (d->hashes & FA_HASH_ADLER32)
        d->adler = adler32(d->adler, data, (uInt)len);
    if (d->hashes & FA_HASH_CRC32)
        d->crc32 = crc32(d->crc32, data, (uInt)len);
    if (d->hashes & FA_HASH_CRC32C)
        d->crc32c = fa_crc32c(&d->set->crc32c, d->crc32c, data, len);
    return 0;
}

static uint32_t digester_sum(const struct fa_digester *d, enum fa_hash hash)
{
    return hash == FA_HASH_ADLER32 ? (uint32_t)d->adler
           : hash == FA_HASH_CRC32 ? (uint32_t)d->crc32
                                   : d->crc32c;
}

/* xxHash's result is converted to its canonical form, so that it is equal on every machine. */
int fa_digester_end(struct fa_digester *d, struct fa_digest *ret, struct fa_error *err)
{
    int n = 0;
    for (size_t i = 0; i < FA_HASHES; ++i) {
        if (!(d->hashes & algorithms[i].hash))
            continue;
        ret[n].hash = algorithms[i].hash;
        if (algorithms[i].name) {
            if (EVP_DigestFinal_ex(d->ctx[i], ret[n].bytes, NULL) != 1)
                return digest_openssl_failed(err, algorithms[i].name);
        } else if (algorithms[i].hash & FA_HASHES_WEAK) {
            for (unsigned byte = 0; byte < 4; ++byte) /* big-endian */
                ret[n].bytes[byte] =
                    (unsigned char)(digester_sum(d, algorithms[i].hash) >> (24 - 8 * byte));
        } else {
            XXH128_canonical_t canonical;
            XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->xxh));
            memcpy(ret[n].bytes, canonical.digest, sizeof(canonical.digest));
        }
        ++n;
    }
    return n;
}

/* What of a file is hashed. */
struct span {
    struct fa_digest_range range;
    bool member; /* not more than that */
};

/* What is deflated is read from its start, in order. */
static ssize_t digester_fill(struct fa_digester *d, int fd, const struct span *span, uint64_t at)
{
    uint64_t left = span->range.size - at;
    size_t most = span->member && left < CHUNK_SIZE ? (size_t)left : CHUNK_SIZE;
    return span->range.deflated ? fa_inflated_read(d->inflated, d->piece, most)
                                : pread(fd, d->piece, most, (off_t)(span->range.from + at));
}

static int digester_open(struct fa_digester *d, int fd, const struct span *span,
                         struct fa_error *err)
{
    if (!d->piece && !(d->piece = malloc(CHUNK_SIZE)))
        return digest_no_memory(err);
    if (!span->range.deflated)
        return 0;
    d->inflated = d->inflated ? d->inflated : fa_inflated_new();
    if (!d->inflated)
        return digest_no_memory(err);
    fa_inflated_begin(d->inflated, fd, span->range.from);
    return 0;
}

/* Read up to the end, not to an expected size: the digest is that of what the file contains.  A
 * short read alone is not the end, because some file systems return one for a signal, but a short
 * read up to the expected size is.  The progress callback keeps a worker with a large file from
 * being taken for hung. */
static int digester_read(struct fa_digester *d, int fd, const struct span *span, unsigned hashes,
                         void (*tick)(void *arg, uint64_t bytes), void *arg, struct fa_digest *ret,
                         struct fa_error *err)
{
    if (fa_digester_begin(d, hashes, err) || digester_open(d, fd, span, err))
        return -1;
    uint64_t at = 0, size = span->range.size;
    for (;;) {
        ssize_t n = digester_fill(d, fd, span, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read the file back");
            return -1;
        }
        if (fa_digester_update(d, d->piece, (size_t)n, err))
            return -1;
        at += (uint64_t)n;
        if (n == 0 || (n < CHUNK_SIZE && at == size))
            return fa_digester_end(d, ret, err);
        /* Once every TICK_EVERY bytes, also after short reads. */
        if (tick && at % TICK_EVERY < CHUNK_SIZE)
            tick(arg, at);
    }
}

int fa_digester_read(struct fa_digester *d, int fd, uint64_t size, unsigned hashes,
                     void (*tick)(void *arg, uint64_t bytes), void *arg, struct fa_digest *ret,
                     struct fa_error *err)
{
    const struct span whole = {.range = {.size = size}};
    return digester_read(d, fd, &whole, hashes, tick, arg, ret, err);
}

int fa_digester_read_member(struct fa_digester *d, int fd, const struct fa_digest_range *range,
                            unsigned hashes, void (*tick)(void *arg, uint64_t bytes), void *arg,
                            struct fa_digest *ret, struct fa_error *err)
{
    const struct span member = {.range = *range, .member = true};
    return digester_read(d, fd, &member, hashes, tick, arg, ret, err);
}
