/**
 * The result of an attempt: a value.
 */
#ifndef FA_TRANSFER_OUTCOME_H
#define FA_TRANSFER_OUTCOME_H

#include <fetchall/event.h>

#include <stdbool.h>

#include "transfer/attempt.h"
#include "transfer/cached.h"
#include "transfer/capture.h"

/** Whether and when a failed attempt is worth repeating. */
enum fa_retryability {
    FA_RETRYABLE_NEVER, /**< Permanent, or no failure. */
    FA_RETRYABLE_ONCE,  /**< Perhaps transient: the same failure again is permanent. */
    FA_RETRYABLE_NOW,   /**< Transient: retry in this run. */
    FA_RETRYABLE_LATER, /**< Retry in a later run only, e.g. when the disk is full. */
    FA_RETRYABILITIES
};

/** Whether another attempt in this run may succeed. */
static inline bool fa_retryable_is_now(enum fa_retryability retryable)
{
    return retryable == FA_RETRYABLE_ONCE || retryable == FA_RETRYABLE_NOW;
}

/** Why the bytes of an earlier attempt could not be used. */
enum fa_restart {
    FA_RESTART_NONE,
    FA_RESTART_CHANGED,  /**< The server has another version now. */
    FA_RESTART_IGNORED,  /**< It sends the whole file, although the file has not changed. */
    FA_RESTART_REFUSED,  /**< It has no bytes after the offset, or sends another range than
                             requested. */
    FA_RESTART_DENIED,   /**< It answered the range with an error, and sends the whole file. */
    FA_RESTART_DISPUTED, /**< It declares another length than before for the same version. */
    FA_RESTART_UNPROVEN, /**< It sends the range without the entity tag of its version. */
    FA_RESTARTS
};

struct fa_outcome {
    struct fa_error error; /**< FA_CLASS_NONE: the part file is complete, or location or
                                unchanged is set. */
    enum fa_retryability retryable;
    char *location; /**< Owned.  Absolute URL of a redirect, or NULL. */
    char *cookies;  /**< Owned.  With location or digest: those of the chain; with the
                            setting, those after any response.  NULL: none. */
    char *name;     /**< Owned.  The name that the server gives to the file (disposition.h); NULL:
                            none, or not asked for. */
    double retry_after;  /**< Seconds requested by the server; -1: none. */
    bool limited;        /**< Its header says that a rate limit is spent. */
    int http;            /**< Status; 0: no response. */
    uint64_t received;   /**< Body bytes, including those of error responses. */
    uint64_t size;       /**< Valid bytes in the part file, also after an error. */
    struct fa_head head; /**< head.rep is empty if no response brought the file. */
    bool unchanged;      /**< 304 to a conditional attempt; the part file is empty. */
    bool doubtful;       /**< The end of an HTTP/2 body was ambiguous: with an error, to be
                              requested again over HTTP/1.1. */
    enum fa_restart
        restart; /**< With FA_RETRYABLE_NOW and size 0: request the whole file next.  Without an
                      error: the server sent the whole file already. */
    enum fa_login_source login; /**< Whose user and password were sent. */
    bool digest; /**< With an error: the server asks for HTTP Digest authentication, so the
                      attempt can be made again with it. */
    bool idle;   /**< A 408 on a kept connection: the server may have sent it before it had the
                      request, because the connection was idle. */
    struct fa_capture *capture; /**< Owned.  If the attempt asks for it, of a redirect, an error
                                       status, and the whole file; else NULL. */
    struct fa_cached cached;
    struct fa_tcp tcp;
    struct fa_times time;
    char ip[46];     /**< "" if never connected. */
    char version[4]; /**< "1.1", or "". */
};

/** Empty: no response, no file, no Retry-After. */
extern const struct fa_outcome fa_outcome_none;

/** Release what an outcome owns, but not the outcome. */
void fa_outcome_fini(struct fa_outcome *outcome);

#endif
