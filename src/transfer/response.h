/**
 * Parses the header of an HTTP response (RFC 9112); what it means for the file is for judge.h.
 *
 * libcurl passes on the lines of every header section: those of 1xx responses, of the final
 * response, and trailers after the body.  Only the final response counts.  The first line of a
 * section is its status line, and no other line is, whatever it looks like.
 */
#ifndef FA_TRANSFER_RESPONSE_H
#define FA_TRANSFER_RESPONSE_H

#include "base/media_type.h"
#include "base/robots_tag.h"
#include "base/slice.h"
#include "transfer/http_digest.h"
#include "transfer/outcome.h"
#include "transfer/rate_limit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** What to do with the body. */
enum fa_verdict {
    FA_VERDICT_NONE,      /**< The header is not complete. */
    FA_VERDICT_FILE,      /**< The body is the file, starting at head.kept. */
    FA_VERDICT_COMPLETE,  /**< The part file is already the whole file. */
    FA_VERDICT_UNCHANGED, /**< 304: the file has not changed. */
    FA_VERDICT_REDIRECT,  /**< Follow location; discard the body. */
    FA_VERDICT_ERROR,     /**< Discard the body; fa_judge_explain() has the reason. */
};

/** The request that the response is checked against; see struct fa_attempt. */
struct fa_asked {
    uint64_t offset;     /**< Start of the requested range; 0: the whole file. */
    uint64_t end;        /**< End of the range, not included; 0: that of the file.  Only exactly
                              this range of the known version is accepted. */
    uint64_t part_bytes; /**< Bytes of the part file that are kept until a response brings the
                              file. */
    const struct fa_representation *rep; /**< Borrowed; not NULL. */
    bool conditional;
    bool guard;            /**< A web page is not the file. */
    const char *types;     /**< The file is of one of these; NULL: of any type.  Borrowed. */
    bool named;            /**< The name that the server gives to the file is wanted. */
    const char *respect;   /**< Rules of X-Robots-Tag that refuse it; NULL: none.  Borrowed. */
    struct fa_slice slice; /**< What the user asks for. */
};

struct fa_response {
    struct fa_asked asked;
    enum fa_verdict verdict;
    int status;
    struct fa_head head;     /**< Set with FILE, COMPLETE and UNCHANGED; else empty. */
    enum fa_restart restart; /**< Why the requested range could not be used. */
    bool http2;
    bool chunked;       /**< The last transfer coding is chunked, which frames the body. */
    bool bad_coding;    /**< There is a transfer coding other than chunked, which was not
                             requested. */
    bool bad_head;      /**< The status line is malformed, or a field that matters is folded. */
    bool bad_length;    /**< Content-Length is invalid or ambiguous. */
    int64_t length;     /**< Content-Length; -1: none. */
    char *location;     /**< Owned. */
    char *name;         /**< Owned.  Of the file, with asked.named; NULL: none. */
    double retry_after; /**< Seconds that the server asks to wait, with the verdict; -1: none. */
    bool digest;        /**< It has a challenge for HTTP Digest authentication (RFC 7616). */
    bool failed;        /**< Memory ran out. */

    /* Used until there is a verdict. */
    bool in_head; /**< Between a status line and the empty line that ends the header. */
    bool matters; /**< The last field was one that affects the verdict. */
    struct fa_retry_after after; /**< Of the field Retry-After. */
    struct fa_rate_limit rate_limit;
    struct fa_cached cached;
    char etag[FA_ETAG_MAX];
    bool bad_etag; /**< Invalid, or two that differ. */
    int64_t modified, date;
    bool odd_date;   /**< Last-Modified is not in the form in which it would be sent back. */
    unsigned ranges; /**< Number of Content-Range fields. */
    bool byte_range; /**< One of them has the unit "bytes". */
    bool bad_range;
    struct fa_range range;
    char coding[FA_CODING_MAX];
    bool odd_coding;                 /**< A Content-Encoding is malformed or too long. */
    bool multipart;                  /**< It is multipart/byteranges. */
    bool unasked;                    /**< It does not bring the slice that the user asks for. */
    bool page;                       /**< It is a web page: see guard.h. */
    bool guarded;                    /**< That is why there is an error. */
    bool typed;                      /**< It has a Content-Type. */
    bool unfit;                      /**< That is not what was asked for. */
    char type[FA_MEDIA_TYPE_MAX];    /**< If unfit: the type that it has. */
    bool mistyped;                   /**< That is why there is an error. */
    char opt_out[FA_ROBOTS_TAG_MAX]; /**< A rule of asked.respect that it has; "": none. */
    bool declined;                   /**< That is why there is an error. */
    bool far;                        /**< Its Location is too long. */
    struct fa_http_digests digests;
    bool partial; /**< A 200 or 203 that brings only part of the file. */
};

/** @asked  The request to check the response against; NULL: accept any whole file. */
void fa_response_init(struct fa_response *response, const struct fa_asked *asked);
void fa_response_fini(struct fa_response *response);

/** Parse one line, which includes its line ending.
 *
 * @now  The current time, if the server does not say what its clock has. */
void fa_response_line(struct fa_response *response, const char *line, size_t len, time_t now);

/** Whether the response, as far as its status says, is one that another request of the same chain
 * follows: a redirect or a challenge. */
bool fa_response_continues(const struct fa_response *response);

#endif
