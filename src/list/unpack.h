/**
 * Decompression of a stream: gzip (RFC 1952), xz, or Zstandard (RFC 8878).
 *
 * The data may be several compressed files one after the other, as `cat a.gz b.gz` makes them.  Its
 * end is valid only between them: a stream that was cut is reported.
 */
#ifndef FA_LIST_UNPACK_H
#define FA_LIST_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

/** The memory that a stream may request for its dictionary. */
#define FA_UNPACK_MEMORY (128u << 20)

struct fa_unpack_method;
struct fa_unpack;

/** Bytes to read or to fill; moved on by what was used of them. */
struct fa_unpack_in {
    const unsigned char *at;
    size_t len;
};
struct fa_unpack_out {
    unsigned char *at;
    size_t len;
};

enum fa_unpack_what {
    FA_UNPACK_SOME, /**< Continue: some bytes were used, or written, or more are needed. */
    FA_UNPACK_END,  /**< The end of the data, which is complete. */
    FA_UNPACK_CUT,  /**< The data ends early. */
    FA_UNPACK_CORRUPT,
    FA_UNPACK_LARGE, /**< It requires more than FA_UNPACK_MEMORY. */
    FA_UNPACK_NO_MEMORY,
};

/**
 * Detect the compression.
 *
 * @at        The first len bytes of the data; all of it if ended.
 * @ret_more  Whether it depends on more bytes.
 * @return NULL: none, or not known yet.
 */
const struct fa_unpack_method *fa_unpack_detect(const unsigned char *at, size_t len, bool ended,
                                                bool *ret_more);

/** "gzip", "xz" or "zstd". */
const char *fa_unpack_name(const struct fa_unpack *unpack);

/** @return To release with fa_unpack_free(); NULL: no memory. */
struct fa_unpack *fa_unpack_new(const struct fa_unpack_method *method);

/** NULL is ignored. */
void fa_unpack_free(struct fa_unpack *unpack);

/**
 * Decompress some bytes.
 *
 * @ended  Nothing follows `in`.
 */
enum fa_unpack_what fa_unpack_step(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                   struct fa_unpack_out *out, bool ended);

/** The last output was filled up: call again before there is more input. */
bool fa_unpack_has_more(const struct fa_unpack *unpack);

#endif
