/**
 * How an attempt ended: a value.
 */
#ifndef FA_TRANSFER_OUTCOME_H
#define FA_TRANSFER_OUTCOME_H

#include <fetchall/event.h>

#include <stdbool.h>

#include "transfer/attempt.h"

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

/** Why the bytes of an earlier attempt were of no use. */
enum fa_restart {
    FA_RESTART_NONE,
    FA_RESTART_CHANGED, /**< The server has another version now. */
    FA_RESTART_IGNORED, /**< It sends the whole file, though it has not changed. */
    FA_RESTART_REFUSED, /**< It has nothing behind those bytes, or sends another part than asked. */
    FA_RESTART_DENIED,  /**< It has answered a range with an error, and sends the whole file. */
    FA_RESTART_DISPUTED, /**< It declares another length than before for the same version. */
    FA_RESTARTS
};

struct fa_outcome {
    struct fa_error error; /**< FA_CLASS_NONE: the part is complete, or location or unchanged is
                              set. */
    enum fa_retryability retryable;
    char *location;      /**< Owned.  A redirect: the absolute URL that it names. */
    double retry_after;  /**< Seconds that the server asks to wait; -1: it does not. */
    int http;            /**< 0: no answer. */
    uint64_t received;   /**< Body bytes, those of error bodies included. */
    uint64_t size;       /**< Bytes in the part that are good, also after an error. */
    struct fa_head head; /**< head.rep says nothing if no answer brought the file. */
    bool unchanged;      /**< 304 to a conditional attempt; the part is empty. */
    bool doubtful;       /**< Over HTTP/2 nobody could tell where the file ends: with an error,
                                  to be asked for again over HTTP/1.1. */
    enum fa_restart
        restart; /**< With FA_RETRYABLE_NOW and size 0: it is to be asked for as a whole.
                                Without an error: that has happened at once. */
    struct fa_times time;
    char ip[46];     /**< "" if it never connected. */
    char version[4]; /**< "1.1", or "". */
};

/** One that says nothing: no answer, no file, no wish to wait. */
extern const struct fa_outcome fa_outcome_none;

/** Release what an outcome owns, not the outcome. */
void fa_outcome_fini(struct fa_outcome *outcome);

#endif
