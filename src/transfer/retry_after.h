/**
 * The Retry-After header (RFC 9110, 10.2.3): pure.
 */
#ifndef FA_TRANSFER_RETRY_AFTER_H
#define FA_TRANSFER_RETRY_AFTER_H

#include <stddef.h>
#include <time.h>

/** Longer waits are reduced to this, in seconds. */
#define FA_RETRY_AFTER_MAX 1e9

/**
 * Parse the value of a Retry-After field: a number of seconds, also with a fraction or an exponent,
 * which some servers send, or a date in one of the three forms of RFC 9110, 5.6.7.
 *
 * @value  Need not be terminated by zero; surrounding spaces are ignored.
 * @now    The current time, as of time(2): dates are relative to it.
 * @return Seconds from 0 (a date in the past) to FA_RETRY_AFTER_MAX, or -1 if the value is invalid.
 */
double fa_retry_after_parse(const char *value, size_t len, time_t now);

#endif
