/**
 * Whether a job that failed is tried again, and when: pure.
 *
 * What may pass is tried again as often as the policy says, after an exponential back-off with
 * full jitter: a random part of min(FA_RETRY_WAIT_MAX, wait * 2^n), n being the failures before.
 * Jitter keeps thousands of jobs that failed together from coming back together.  A server's
 * Retry-After is the least that is waited.
 *
 * Beside the policy, and also with no retries at all:
 *  - A worker's death is no fault of the server: the job is tried again at once, and does not
 *    count, until it has ended FA_RETRY_CRASHES_MAX workers.
 *  - A file that is not what its checksum says is fetched once more, from its first byte.
 */
#ifndef FA_ENGINE_RETRY_H
#define FA_ENGINE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "transfer/outcome.h"

#include <fetchall/error.h>

/** Seconds of back-off, at most. */
#define FA_RETRY_WAIT_MAX 60.0
/** Seconds that a server may make us wait. */
#define FA_RETRY_AFTER_CAP 600.0
/** The death of that many workers is final. */
#define FA_RETRY_CRASHES_MAX 3
/** That many mismatches of a checksum are final. */
#define FA_RETRY_INTEGRITY_MAX 2
/** That many failures of FA_RETRYABLE_ONCE are final. */
#define FA_RETRY_ONCE_MAX 2

struct fa_retry_policy {
    unsigned retries; /**< Tries after the first. */
    double wait;      /**< Seconds: the base of the back-off. */
};

/** A job after an attempt that failed; all counts include that attempt. */
struct fa_retry_case {
    enum fa_class class;
    enum fa_retryability retryable;
    unsigned attempts;  /**< Made so far. */
    unsigned crashes;   /**< Those that ended with their worker. */
    unsigned integrity; /**< Those that ended with FA_CLASS_INTEGRITY. */
    unsigned once;      /**< Those that ended with FA_RETRYABLE_ONCE. */
    double retry_after; /**< Seconds, or -1: the server said nothing. */
    uint64_t random;    /**< All of its bits are random. */
};

struct fa_retry_verdict {
    bool again;
    double wait;  /**< Seconds until then, at least. */
    bool restart; /**< What was fetched so far is worth nothing. */
};

struct fa_retry_verdict fa_retry_decide(const struct fa_retry_policy *policy,
                                        const struct fa_retry_case *failed);

/**
 * The back-off after so many failures in a row.
 *
 * @base    Seconds.
 * @random  All of its bits are random.
 */
double fa_retry_back_off(double base, unsigned failures, uint64_t random);

#endif
