/**
 * How long a server asks to wait, as Retry-After (RFC 9110, 10.2.3) and the fields about rate
 * limits have it: pure.
 */
#ifndef FA_TRANSFER_RETRY_AFTER_H
#define FA_TRANSFER_RETRY_AFTER_H

#include <stddef.h>
#include <stdint.h>

/** Longer waits are reduced to this, in seconds. */
#define FA_RETRY_AFTER_MAX 1e9

/** A wait, or the end of one; at most one of them is known. */
struct fa_retry_after {
    double seconds; /**< 0 to FA_RETRY_AFTER_MAX; -1: not known. */
    double until;   /**< Seconds since 1970, by the clock of the server; -1: not known. */
};

extern const struct fa_retry_after fa_retry_after_none;

/**
 * Parse the value of a field.
 *
 * It is a number of seconds, with a fraction, an exponent or an "s", which some servers send; or a
 * time: a number of seconds or milliseconds since 1970, a date in one of the three forms of RFC
 * 9110, 5.6.7, or one of ISO 8601 (RFC 3339), which is in UTC unless it says otherwise.  Anything
 * else is not known: a number with something after it is none.
 *
 * @value  Need not be terminated by zero; surrounding spaces are ignored.
 */
struct fa_retry_after fa_retry_after_parse(const char *value, size_t len);

/**
 * Seconds to wait, from 0 (the time is over) to FA_RETRY_AFTER_MAX; -1: not known.
 *
 * @now  Seconds since 1970, by the clock of the server.
 */
double fa_retry_after_wait(const struct fa_retry_after *after, int64_t now);

#endif
