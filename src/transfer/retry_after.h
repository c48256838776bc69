/**
 * The Retry-After header (RFC 9110, 10.2.3): pure.
 */
#ifndef FA_TRANSFER_RETRY_AFTER_H
#define FA_TRANSFER_RETRY_AFTER_H

#include <stddef.h>
#include <time.h>

/** Seconds that more than that are read as. */
#define FA_RETRY_AFTER_MAX 1e9

/**
 * Read the value of a Retry-After header: seconds, also with a fraction or an exponent, which
 * servers do send, or a date in one of the three forms of RFC 9110, 5.6.7.
 *
 * @value  Need not end with a zero; blanks around it are fine.
 * @now    What time(2) says: a date is counted from then.
 * @return Seconds from 0 (a date in the past) to FA_RETRY_AFTER_MAX, or -1 if the value says
 *         nothing that can be used.
 */
double fa_retry_after_parse(const char *value, size_t len, time_t now);

#endif
