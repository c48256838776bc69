/**
 * Where a list comes from: a stream of bytes.
 *
 * It may be a file, standard input or another pipe that is still being written, plain or gzip
 * (RFC 1952): also of several members, and with zeros behind them.  Gzip is told by its first two
 * bytes, and what is handed out is unpacked.  Or it is a URL given instead of a file, whose bytes
 * are handed out as they are.
 *
 * Nothing here blocks: where read(2) could, poll(2) is asked first.  So O_NONBLOCK, which would be
 * set for everyone who shares the descriptor, is not needed.  One thread at a time.
 */
#ifndef FA_LIST_SOURCE_H
#define FA_LIST_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Bytes that are read at once, and bytes of a URL at most. */
#define FA_SOURCE_SIZE 65536

struct fa_source;

/** What became of a call to read. */
enum fa_source_what {
    FA_SOURCE_SOME,  /**< Go on; there may be new bytes, or none. */
    FA_SOURCE_AGAIN, /**< Not now: wait until fa_source_fd() is readable. */
    FA_SOURCE_END,   /**< There are no more. */
    FA_SOURCE_ERROR, /**< Reading failed, or the gzip is corrupt or cut: see fa_source_explain(). */
};

/**
 * Open a source.
 *
 * @name  A file; "-" for standard input, which is not closed in the end; or what begins with
 *        http:// or https://.  Borrowed until fa_source_free().
 * @return A source to release with fa_source_free(), or NULL with FA_CLASS_LOCAL_IO, or with
 *         FA_CLASS_BAD_URL for a URL that is longer than FA_SOURCE_SIZE or has a line end in it.
 */
struct fa_source *fa_source_open(const char *name, struct fa_error *err);

/** NULL is fine. */
void fa_source_free(struct fa_source *source);

/**
 * Go on reading, until the first answer of FA_SOURCE_END or FA_SOURCE_ERROR.
 *
 * @room     Bytes of to; at least 1.
 * @now      Seconds on a monotonic clock.
 * @ret_len  How many new bytes there are.  Those that zlib made before it found an error come with
 *           FA_SOURCE_ERROR; with FA_SOURCE_AGAIN and FA_SOURCE_END there are none.
 */
enum fa_source_what fa_source_read(struct fa_source *source, void *to, size_t room, double now,
                                   size_t *ret_len);

/** When it was last heard of: the `now` of the last read(2) that gave bytes or the end, or 0. */
double fa_source_heard(const struct fa_source *source);

/** The descriptor, or -1 for a URL. */
int fa_source_fd(const struct fa_source *source);

/** The name it was opened by. */
const char *fa_source_name(const struct fa_source *source);

/**
 * After FA_SOURCE_ERROR: say what has happened, of FA_CLASS_LOCAL_IO.
 *
 * @line  How many lines had been read, for the message.
 */
void fa_source_explain(const struct fa_source *source, uint64_t line, struct fa_error *err);

#endif
