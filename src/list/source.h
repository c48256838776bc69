/**
 * The source of a list: a stream of bytes, decompressed, and converted from UTF-16 if they are.
 */
#ifndef FA_LIST_SOURCE_H
#define FA_LIST_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Maximum bytes per read, and maximum length of a URL. */
#define FA_SOURCE_SIZE 65536

struct fa_source;

/** Result of a read. */
enum fa_source_what {
    FA_SOURCE_SOME,  /**< Continue; there may be new bytes. */
    FA_SOURCE_AGAIN, /**< Nothing available: wait until fa_source_fd() is readable. */
    FA_SOURCE_END,   /**< End of the stream. */
    FA_SOURCE_ERROR, /**< Reading failed, or its data is corrupt or cut: see fa_source_explain(). */
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

/** NULL is ignored. */
void fa_source_free(struct fa_source *source);

/**
 * Go on reading, until the first answer of FA_SOURCE_END or FA_SOURCE_ERROR.
 *
 * @room     Bytes of to; at least 4.
 * @now      Seconds on a monotonic clock.
 * @ret_len  How many new bytes there are.  Those before a corrupt place may come with
 *           FA_SOURCE_ERROR; with FA_SOURCE_AGAIN and FA_SOURCE_END there are none.
 */
enum fa_source_what fa_source_read(struct fa_source *source, void *to, size_t room, double now,
                                   size_t *ret_len);

/** The `now` of the last read(2) that returned bytes or the end; 0: none. */
double fa_source_heard(const struct fa_source *source);

/** The descriptor, or -1 for a URL. */
int fa_source_fd(const struct fa_source *source);

/** Give it another name in messages and entries.  @name  Borrowed, like the first one. */
void fa_source_rename(struct fa_source *source, const char *name);

/** The name that it was opened with, or got. */
const char *fa_source_name(const struct fa_source *source);

/**
 * After FA_SOURCE_ERROR: say what has happened, of FA_CLASS_LOCAL_IO.
 *
 * @line  How many lines had been read, for the message.
 */
void fa_source_explain(const struct fa_source *source, uint64_t line, struct fa_error *err);

#endif
