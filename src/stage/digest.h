/**
 * Computes digests of files (OpenSSL's EVP, xxHash).
 */
#ifndef FA_STAGE_DIGEST_H
#define FA_STAGE_DIGEST_H

#include <fetchall/error.h>
#include <fetchall/event.h>

#include <stdbool.h>
#include <stdint.h>

/** All algorithms, fetched once; may be shared by threads. */
struct fa_digest_set;

struct fa_digest_set *fa_digest_set_new(struct fa_error *err);
void fa_digest_set_free(struct fa_digest_set *set);

/** Computes one set of digests after another; belongs to one thread. */
struct fa_digester;

/** @set  Borrowed until fa_digester_free(). */
struct fa_digester *fa_digester_new(const struct fa_digest_set *set, struct fa_error *err);
void fa_digester_free(struct fa_digester *digester);

/**
 * Begin digests, add data, and get them.
 *
 * @hashes enum fa_hash bits.
 * @ret    Has space for FA_HASHES of them, in the order of enum fa_hash.
 * @return 0 or -1; fa_digester_end(): the number of digests, or -1.
 */
int fa_digester_begin(struct fa_digester *digester, unsigned hashes, struct fa_error *err);
int fa_digester_update(struct fa_digester *digester, const void *data, size_t len,
                       struct fa_error *err);
int fa_digester_end(struct fa_digester *digester, struct fa_digest *ret, struct fa_error *err);

/**
 * Read a file from start to end (pread(2): the file offset does not change), and compute its
 * digests.
 *
 * @size   The expected size, which saves a system call; the file is read to its end in any case.
 * @hashes enum fa_hash bits.
 * @tick   Called from time to time with the bytes read so far; may be NULL.
 * @ret    Has space for FA_HASHES of them, in the order of enum fa_hash.
 * @return the number of digests, or -1.
 */
int fa_digester_read(struct fa_digester *digester, int fd, uint64_t size, unsigned hashes,
                     void (*tick)(void *arg, uint64_t bytes), void *arg, struct fa_digest *ret,
                     struct fa_error *err);

/** A part of a file, such as a member of an archive. */
struct fa_digest_range {
    uint64_t from; /**< Offset of its first byte. */
    uint64_t size; /**< Not more bytes than that. */
    bool deflated; /**< It is compressed, and size says what it is then (deflate, RFC 1951). */
};

/** The same for a part of a file. */
int fa_digester_read_member(struct fa_digester *digester, int fd,
                            const struct fa_digest_range *range, unsigned hashes,
                            void (*tick)(void *arg, uint64_t bytes), void *arg,
                            struct fa_digest *ret, struct fa_error *err);

#endif
