/**
 * One attempt to download something: a value.
 */
#ifndef FA_TRANSFER_ATTEMPT_H
#define FA_TRANSFER_ATTEMPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/slice.h"
#include "transfer/login.h"
#include "transfer/representation.h"

/** Mode of a part file.  A part is stale if its bytes are not those that the state has recorded.
 * The mode is changed before the bytes are, so that a crash in between leaves the part marked. */
#define FA_PART_KNOWN 0600
#define FA_PART_STALE 0200
/** Mode of a part that several attempts write to: its length says nothing about its bytes. */
#define FA_PART_SPLIT 0700

/** At most so many of the received bytes are not written to the part file yet. */
#define FA_PART_UNWRITTEN (512 * 1024)

/** The metadata of a response that a later attempt needs. */
struct fa_head {
    struct fa_representation rep;
    uint64_t kept; /**< Bytes of the part file that the response continues: fa_attempt.offset, or
                        0. */
};

struct fa_attempt {
    const char *url;            /**< Normalised by fa_url_parse(). */
    const char *const *headers; /**< n_headers lines "Name: value". */
    size_t n_headers;
    const char *cookies;   /**< Of the chain that led here: see cookies.h; NULL: none. */
    const char *host_port; /**< "host:port", as CURLOPT_RESOLVE(3) names an origin. */
    const char *types;     /**< Refuse files that are not of these: see media_type.h; NULL: any. */
    const char *respect;   /**< Refuse files whose X-Robots-Tag has one of these rules: see
                                robots_tag.h; NULL: none. */
    const char *addresses; /**< "addr,addr" of host_port, as for CURLOPT_RESOLVE(3), but they may
                                  have zones ("[fe80::1%2]"); NULL: libcurl resolves it. */
    uint64_t origin;       /**< Hash of the origin: equal for equal origins. */
    uint64_t rule;         /**< Whose settings apply: see fa_settings_of(). */
    enum fa_netrc_use netrc; /**< Which entries of ~/.netrc may be used, with the setting. */
    bool digest;             /**< Send user and password only in answer to a challenge: the origin
                                  asks for HTTP Digest authentication. */
    bool http1;              /**< Use HTTP/1.1: HTTP/2 has failed for this attempt or its origin. */
    bool close;              /**< Close the connection afterwards: it is not worth keeping. */
    bool fresh;              /**< Open a connection of its own. */
    bool announce;           /**< Announce the header as soon as it is there, if the strategy can:
                                  see fa_strategy_env. */
    int fd;                  /**< The part file, open for writing.  Taken by the strategy. */
    void (*written)(void *arg, const void *data, size_t len,
                    uint64_t offset); /**< NULL, or called after each write to the part file: the
                                           ops of a strategy say whether it does so. */
    void (*declared)(void *arg,
                     unsigned hash); /**< With written: called before the first write if the
                                          response declares such a digest of the file. */
    void *written_arg;               /**< Of both. */
    bool lent;                       /**< The strategy borrows fd until the attempt is done. */
    uint64_t offset;                 /**< Bytes of the part file to keep; the rest is truncated. */
    bool whole;       /**< With offset: request the whole file.  Keep the part file until a
                                response brings the file. */
    uint64_t end;     /**< 0: up to the end of the file.  Else request only the bytes from
                                offset to end, of the version and total size in rep, and truncate
                                nothing.  Without whole, conditional, size, max_size and slice. */
    bool shared;      /**< Other attempts may write to the part file, too: do not truncate
                                it once the response has begun. */
    bool conditional; /**< Request the file only if it does not match rep.validator. */
    bool durable;     /**< Sync the part file before the attempt is done. */
    bool unmarked;    /**< The part file needs no FA_PART_STALE: the state has no record of its
                                bytes, because the file system has no modes. */
    bool guard;       /**< Refuse a web page: the file is none.  See guard.h. */
    bool named;       /**< The outcome brings the name that the server gives to the file. */
    bool capture;     /**< The outcome brings request and response as they were sent.  They are
                        those of the whole file, so that a part of it is not resumed. */
    struct fa_slice
        slice;         /**< Request these bytes only: the file is that slice.  Without offset. */
    int64_t size;      /**< Size given by the list; -1: none. */
    uint64_t max_size; /**< Limit in bytes; 0: none. */
    uint64_t min_size; /**< Smaller files are refused. */
    _Atomic uint64_t rate; /**< Bytes per second; 0: no limit.  May change during the attempt. */

    /** What an earlier response declared.  With offset: of the bytes before it; conditional: of
     * the existing file; else of bytes that were discarded.  A response that contradicts it is
     * rejected. */
    struct fa_representation rep;

    _Atomic uint64_t received; /**< Body bytes so far.  Written by the strategy, read by the
                                    engine. */
    atomic_bool cancelled;     /**< Set by the strategy's cancel(). */
    struct fa_head head;       /**< Written once, before has_head. */
    double latency;            /**< Seconds from the request to the header; as head. */
    atomic_bool has_head;      /**< Written by the strategy, read by the engine. */

    void *owner;                   /**< Private to the engine; NULL: the job that it is in. */
    void *segment;                 /**< Private to the engine; not NULL: the segment that it is. */
    STAILQ_ENTRY(fa_attempt) link; /**< Link in the strategy's queues. */
    void *slot;                    /**< Private to the strategy. */
    uint64_t task;                 /**< Private to the strategy. */
};

STAILQ_HEAD(fa_attempt_queue, fa_attempt);

/**
 * Copy the texts of an attempt, so that it can outlive their owner.
 *
 * @ret  What to free(3) after the attempt.
 * @return 0, or -1: no memory.
 */
int fa_attempt_copy_texts(struct fa_attempt *attempt, void **ret);

/** Mark the part file as stale, before its bytes change.  @return 0, or -1 with errno. */
int fa_attempt_mark_stale(const struct fa_attempt *attempt);

#endif
