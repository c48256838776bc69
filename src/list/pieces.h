/**
 * Digests of the pieces of a file (RFC 5854, 4.1.3), as the text of an option of an entry:
 * "ALG:LENGTH:HEX", with the digests of all pieces behind each other.
 *
 * Pure.
 */
#ifndef FA_LIST_PIECES_H
#define FA_LIST_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#include <fetchall/config.h>

/** Bytes of the text, at most. */
#define FA_PIECES_TEXT_MAX 200000

struct fa_pieces {
    enum fa_hash hash;
    uint64_t length; /**< Of each piece but the last one. */
    size_t count;
    const char *hex; /**< Inside the text. */
};

/** @return whether the text, which is borrowed, has that form. */
bool fa_pieces_parse(const char *text, size_t len, struct fa_pieces *ret);

/** Whether these are the pieces of a file of that size. */
bool fa_pieces_fit(const struct fa_pieces *pieces, uint64_t size);

/** Whether a piece has that digest.  @i  From 0. */
bool fa_pieces_match(const struct fa_pieces *pieces, size_t i, const unsigned char *digest);

/** The sets of digests that a file has, one for each algorithm: the longest digests count.  All
 * zero: none. */
struct fa_piece_sets {
    struct fa_buf best; /**< The text. */
    enum fa_hash type;  /**< Its algorithm; 0: there is no set. */
    bool unusable;      /**< A set was ignored: it is malformed, or too long. */

    struct fa_buf set; /* The one that is read. */
    enum fa_hash set_type;
    bool set_bad;
};

void fa_piece_sets_fini(struct fa_piece_sets *sets);

/** A file begins. */
void fa_piece_sets_reset(struct fa_piece_sets *sets);

/** A set begins; one of an unknown algorithm is ignored.  @type, @length  NULL: not given. */
void fa_piece_sets_begin(struct fa_piece_sets *sets, const char *type, const char *length);

/** Add the digest of the next piece. */
void fa_piece_sets_take(struct fa_piece_sets *sets, const char *hex, size_t len);

/** The set ends. */
void fa_piece_sets_end(struct fa_piece_sets *sets);

#endif
