/**
 * The digests of a file, computed while it is written, so that it need not be read back.
 *
 * They are those of the file if it was written from its start to its end, in order, and only by the
 * caller of fa_running_digest_put().
 */
#ifndef FA_STAGE_RUNNING_H
#define FA_STAGE_RUNNING_H

#include "stage/digest.h"

#include <stdbool.h>
#include <stddef.h>

/** Belongs to the thread that writes the file, from fa_running_digest_begin() until its end. */
struct fa_running_digest;

/** @set  Borrowed until fa_running_digest_free().  @return NULL: no memory. */
struct fa_running_digest *fa_running_digest_new(const struct fa_digest_set *set);
void fa_running_digest_free(struct fa_running_digest *running);

/**
 * Begin a file.
 *
 * @hashes  enum fa_hash bits; 0: none so far.
 * @adds    Whether fa_running_digest_add() adds to them.
 */
void fa_running_digest_begin(struct fa_running_digest *running, unsigned hashes, bool adds);

/** Another digest of the file is needed.  What was written before does not count.
 * @arg  The fa_running_digest.  @hash  enum fa_hash bit. */
void fa_running_digest_add(void *arg, unsigned hash);

/** Bytes were written at an offset: 0 starts the file again, and a gap makes the digests useless.
 * @arg  The fa_running_digest. */
void fa_running_digest_put(void *arg, const void *data, size_t len, uint64_t offset);

/**
 * The file is complete.
 *
 * @hashes  What is needed.
 * @ret     Has space for FA_HASHES digests.
 * @return  Their number; or -1 if they are not those of all bytes up to size: read the file.
 */
int fa_running_digest_end(struct fa_running_digest *running, uint64_t size, unsigned hashes,
                          struct fa_digest *ret);

#endif
