/**
 * How an attempt ended: a value.
 */
#ifndef FA_TRANSFER_OUTCOME_H
#define FA_TRANSFER_OUTCOME_H

#include <fetchall/event.h>

#include <stdbool.h>

/** Whether trying again may help. */
enum fa_hope {
    FA_HOPE_NONE,
    FA_HOPE_ONCE,  /**< Once more; the same failure again is final. */
    FA_HOPE_AGAIN, /**< It is of the kind that passes. */
};

struct fa_outcome {
    struct fa_error error; /**< FA_CLASS_NONE: the part is complete, or location is set. */
    enum fa_hope hope;
    char *location;     /**< Owned.  A redirect: the absolute URL that it names. */
    double retry_after; /**< Seconds that the server asks to wait; -1: it does not. */
    int http;           /**< 0: no answer. */
    uint64_t received;  /**< Body bytes, those of error bodies included. */
    uint64_t size;      /**< Bytes in the part. */
    struct fa_times time;
    char ip[46];     /**< "" if it never connected. */
    char version[4]; /**< "1.1", or "". */
};

/** Release what an outcome owns, not the outcome. */
void fa_outcome_fini(struct fa_outcome *outcome);

#endif
