/**
 * Digests of files (OpenSSL's EVP, xxHash).
 */
#ifndef FA_STAGE_DIGEST_H
#define FA_STAGE_DIGEST_H

#include <fetchall/error.h>
#include <fetchall/event.h>

/** All algorithms, looked up once; may be shared by threads. */
struct fa_digest_set;

struct fa_digest_set *fa_digest_set_new(struct fa_error *err);
void fa_digest_set_free(struct fa_digest_set *set);

/** One computation after another; belongs to one thread. */
struct fa_digester;

/** @set  Borrowed until fa_digester_free(). */
struct fa_digester *fa_digester_new(const struct fa_digest_set *set, struct fa_error *err);
void fa_digester_free(struct fa_digester *digester);

/**
 * Read a file from its start to its end (pread(2): the offset stays), and give its digests.
 *
 * @hashes enum fa_hash bits.
 * @tick   Called with the bytes read so far, now and then; may be NULL.
 * @ret    Room for FA_HASHES of them, in the order of enum fa_hash.
 * @return how many, or -1.
 */
int fa_digester_read(struct fa_digester *digester, int fd, unsigned hashes,
                     void (*tick)(void *arg, uint64_t bytes), void *arg, struct fa_digest *ret,
                     struct fa_error *err);

#endif
