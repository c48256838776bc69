/**
 * Digests of files that servers declare in the headers of their answers.
 *
 * Repr-Digest and Content-Digest (RFC 9530), Digest (RFC 3230), Content-MD5 (RFC 1864), x-goog-hash
 * and x-amz-checksum-*.  What is malformed or of an unknown algorithm is ignored, and so is a
 * digest that a second field contradicts.  Pure.
 */
#ifndef FA_TRANSFER_HTTP_DIGEST_H
#define FA_TRANSFER_HTTP_DIGEST_H

#include "transfer/representation.h"

#include <fetchall/event.h>

#include <stdbool.h>
#include <stddef.h>

/** What a digest is computed over. */
enum fa_digest_of {
    FA_DIGEST_OF_FILE,    /**< The whole representation, as it is sent. */
    FA_DIGEST_OF_CONTENT, /**< The body of this answer. */
    FA_DIGEST_OF_STORED,  /**< What Google stores, which it may send decompressed. */
    FA_DIGEST_OF_OBJECT,  /**< What Amazon stores, which a cache may send compressed. */
    FA_DIGEST_OFS
};

struct fa_http_digests {
    struct fa_digest best[FA_DIGEST_OFS]; /**< The best one of each kind; hash 0: none. */
    unsigned disputed;                    /**< enum fa_hash bits that two fields contradict. */
    char stored[FA_CODING_MAX];           /**< x-goog-stored-content-encoding */
    bool odd_stored;                      /**< That is malformed. */
};

/** Read a field.  @return whether it is one of these */
bool fa_http_digests_field(struct fa_http_digests *digests, const char *name, size_t name_len,
                           const char *value, size_t len);

/**
 * The digest of the bytes of the file, or one with hash 0.
 *
 * @coding  Content-Encoding of the answer.
 * @whole   The body of the answer is the whole file.
 */
struct fa_digest fa_http_digests_choose(const struct fa_http_digests *digests, const char *coding,
                                        bool whole);

#endif
