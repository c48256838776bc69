/**
 * One try to download something: a value.
 */
#ifndef FA_TRANSFER_ATTEMPT_H
#define FA_TRANSFER_ATTEMPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/representation.h"

/** Mode of a part file.  A part is stale if its bytes are not those that the state has recorded.
 * The mode is changed before the bytes are, so that a crash in between leaves the part marked. */
#define FA_PART_KNOWN 0600
#define FA_PART_STALE 0200

/** What an answer says of the file that it brings, as far as a later attempt needs it. */
struct fa_head {
    struct fa_representation rep;
    uint64_t kept; /**< Bytes of the part that it builds on: fa_attempt.offset, or 0. */
};

struct fa_attempt {
    const char *url;            /**< Normalised by fa_url_parse(). */
    const char *const *headers; /**< n_headers lines "Name: value". */
    size_t n_headers;
    const char *host_port; /**< "host:port", as CURLOPT_RESOLVE(3) names an origin. */
    const char *addresses; /**< "addr,addr": where host_port is; NULL: libcurl finds out. */
    uint64_t origin;       /**< A hash of the origin: equal for equal origins. */
    bool foreign;          /**< A redirect has led here: no passwords from ~/.netrc. */
    bool http1;            /**< HTTP/2 has failed it, or its origin. */
    bool close;            /**< The connection is not worth keeping. */
    int fd;                /**< The part, open for writing.  Taken by the strategy. */
    uint64_t offset;       /**< Bytes of the part that stand; what lies behind them goes. */
    bool whole;            /**< With offset: ask for all of the file.  The part is left alone until
                              an answer brings it. */
    bool conditional;      /**< Ask for it only if it is not what rep.validator says. */
    bool durable;          /**< Have the part on the disk before the attempt is done. */
    int64_t size;          /**< What the list says that the file has; -1: nothing. */
    uint64_t max_size;     /**< 0: none. */
    _Atomic uint64_t rate; /**< Bytes a second; 0: no limit.  May change under way. */

    /** What an earlier answer said: of those bytes; conditional: of the file; else of bytes that
     * were thrown away.  An answer that contradicts it is not taken. */
    struct fa_representation rep;

    _Atomic uint64_t received; /**< Body bytes so far: the strategy writes, the engine reads. */
    atomic_bool cancelled;     /**< Set by the strategy's cancel(). */
    struct fa_head head;       /**< Written once, before has_head. */
    atomic_bool has_head;      /**< The strategy writes, the engine reads. */

    struct fa_attempt *next; /**< For the strategy's queues. */
    void *slot;              /**< For the strategy. */
    uint64_t task;           /**< For the strategy. */
};

#endif
