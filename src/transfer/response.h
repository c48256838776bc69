/**
 * The head of an HTTP answer, line by line, and what it means for the file (RFC 9110, RFC 9112).
 *
 * libcurl hands over the lines of every head that comes: 1xx, the answer itself, and trailers
 * after the body.  Only the answer's own count.  The first line of a head is its status line, and
 * no other line is, whatever it looks like.
 */
#ifndef FA_TRANSFER_RESPONSE_H
#define FA_TRANSFER_RESPONSE_H

#include "transfer/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** What to do with the body. */
enum fa_verdict {
    FA_VERDICT_NONE,      /**< The head is not complete. */
    FA_VERDICT_FILE,      /**< It is the file from head.kept on. */
    FA_VERDICT_COMPLETE,  /**< The part that it was to continue is all of it. */
    FA_VERDICT_UNCHANGED, /**< It is still the one that was asked about. */
    FA_VERDICT_REDIRECT,  /**< The file is elsewhere; the body is dropped. */
    FA_VERDICT_ERROR,     /**< The body is dropped; fa_response_explain() says why. */
};

/** What the request said; see struct fa_attempt. */
struct fa_asked {
    uint64_t offset;                      /**< 0: for the whole file. */
    int64_t total;                        /**< -1: unknown. */
    const struct fa_validator *validator; /**< Borrowed; NULL if neither offset nor conditional. */
    bool conditional;
};

struct fa_response {
    struct fa_asked asked;
    enum fa_verdict verdict;
    int status;
    struct fa_head head;     /**< With FILE, COMPLETE and UNCHANGED; else it says nothing. */
    enum fa_restart restart; /**< What became of the range that was asked for. */
    bool http2;
    bool chunked;       /**< The transfer codings end in chunked, which frames the body. */
    bool bad_coding;    /**< There is a transfer coding besides chunked: nobody asked for one. */
    bool bad_head;      /**< The status line is malformed, or a field that matters is folded. */
    bool bad_length;    /**< Content-Length made no sense, or there were two. */
    int64_t length;     /**< Content-Length; -1: none. */
    char *location;     /**< Owned. */
    double retry_after; /**< -1: none. */
    bool failed;        /**< Memory ran out. */

    /* Until there is a verdict. */
    bool in_head; /**< Between a status line and the empty line that ends its head. */
    bool matters; /**< The last field was one that the verdict depends on. */
    char etag[FA_ETAG_MAX];
    bool bad_etag; /**< One that makes no sense, or two that differ. */
    int64_t modified, date;
    unsigned ranges; /**< How many Content-Range fields. */
    bool bad_range;
    struct fa_range range;
    bool encoded;   /**< There is a Content-Encoding. */
    bool multipart; /**< It is multipart/byteranges. */
};

/** @asked  What the answer is to be judged by; NULL: the whole file, whatever it is. */
void fa_response_init(struct fa_response *response, const struct fa_asked *asked);
void fa_response_fini(struct fa_response *response);

/** Take in one line, its end included.  @now is for Retry-After dates. */
void fa_response_line(struct fa_response *response, const char *line, size_t len, time_t now);

/** Say in outcome why the verdict is FA_VERDICT_ERROR. */
void fa_response_explain(const struct fa_response *response, struct fa_outcome *outcome);

#endif
