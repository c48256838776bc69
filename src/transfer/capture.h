/**
 * A request and its response as they were sent and received, for an archive.
 *
 * It has the header of a request, and that of the final response to it.  The body of a file is in
 * the part file; that of a redirect or an error is small, or cut, and here.  Functions that append
 * remember failure, as those of base/buf.h do.
 */
#ifndef FA_TRANSFER_CAPTURE_H
#define FA_TRANSFER_CAPTURE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fa_capture {
    struct fa_buf request;      /**< From the request line to the empty line. */
    struct fa_buf head;         /**< From the status line to the empty line. */
    struct fa_buf body;         /**< Of a redirect or an error. */
    int64_t began;              /**< When the request was sent; seconds since 1970. */
    bool chunked;               /**< The response came in chunks, which libcurl has joined. */
    bool cut;                   /**< body is only the beginning. */
    char ip[46];                /**< Of the peer; "": unknown. */
    char *url;                  /**< Owned.  Set by the engine; NULL: not yet. */
    struct fa_capture *earlier; /**< Owned.  The redirect that led here; NULL: none. */
};

/** @return NULL: no memory. */
struct fa_capture *fa_capture_new(void);

/** Free it, and those before it. */
void fa_capture_free(struct fa_capture *capture);

/** Bytes of a request header: of the same one, until it is complete, or of the next one, which
 * replaces it.
 *
 * @now  Seconds since 1970. */
void fa_capture_sent(struct fa_capture *capture, const void *data, size_t len, int64_t now);

/** A line of a response header.  @first  It is the first one, so that an interim response before it
 * is dropped. */
void fa_capture_line(struct fa_capture *capture, const char *line, size_t len, bool first);

/** Whether memory ran out. */
bool fa_capture_failed(const struct fa_capture *capture);

/** Write one, or NULL, without url and earlier. */
void fa_capture_put(struct fa_buf *buf, const struct fa_capture *capture);

/** Read what fa_capture_put() wrote.  @return NULL: there was none; or see reader->failed */
struct fa_capture *fa_capture_get(struct fa_reader *reader);

#endif
