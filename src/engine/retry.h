/**
 * Whether a failed job is retried, and when.  Pure.
 *
 * Transient failures are retried as often as the policy says, after an exponential back-off with
 * full jitter: a random fraction of min(FA_RETRY_WAIT_MAX, wait * 2^n), n being the number of
 * earlier failures.  Jitter keeps thousands of jobs that failed together from coming back
 * together.  A Retry-After header is the minimum wait.
 *
 * Independent of the policy, so also without retries:
 * - The crash of a worker is not the fault of the server: the job is retried at once and the
 *   attempt does not count, until the job has crashed FA_RETRY_CRASHES_MAX workers.
 * - A file that does not match its checksum is fetched once more, from byte 0.
 */
#ifndef FA_ENGINE_RETRY_H
#define FA_ENGINE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "transfer/outcome.h"

#include <fetchall/error.h>

/** Maximum seconds of back-off. */
#define FA_RETRY_WAIT_MAX 60.0
/** Maximum seconds that a Retry-After header is honoured for. */
#define FA_RETRY_AFTER_CAP 600.0
/** Crashed workers after which a job fails. */
#define FA_RETRY_CRASHES_MAX 3
/** Checksum mismatches after which a job fails. */
#define FA_RETRY_INTEGRITY_MAX 2
/** Failures with FA_RETRYABLE_ONCE after which a job fails. */
#define FA_RETRY_ONCE_MAX 2

struct fa_retry_policy {
    unsigned retries; /**< Attempts after the first. */
    double wait;      /**< Base of the back-off, in seconds. */
};

/** A job after a failed attempt; all counts include that attempt. */
struct fa_retry_case {
    enum fa_class class;
    enum fa_retryability retryable;
    unsigned attempts;  /**< Made so far. */
    unsigned crashes;   /**< Those that ended with their worker. */
    unsigned integrity; /**< Those that ended with FA_CLASS_INTEGRITY. */
    unsigned once;      /**< Those that ended with FA_RETRYABLE_ONCE. */
    double retry_after; /**< Seconds; -1: the server sent none. */
    uint64_t random;    /**< All of its bits are random. */
};

struct fa_retry_verdict {
    bool again;
    double wait;  /**< Minimum seconds until then. */
    bool restart; /**< Discard the bytes fetched so far. */
};

struct fa_retry_verdict fa_retry_decide(const struct fa_retry_policy *policy,
                                        const struct fa_retry_case *failed);

/**
 * The back-off after a number of failures in a row, in seconds.
 *
 * @base    Seconds.
 * @random  All of its bits are random.
 */
double fa_retry_back_off(double base, unsigned failures, uint64_t random);

#endif
