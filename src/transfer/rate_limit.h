/**
 * Rate limits that a server declares in its responses: pure.
 *
 * There are three dialects: X-RateLimit-Remaining with X-RateLimit-Reset (GitHub and many others),
 * the same names without "X-", and the fields RateLimit of the IETF drafts
 * (draft-ietf-httpapi-ratelimit-headers).
 */
#ifndef FA_TRANSFER_RATE_LIMIT_H
#define FA_TRANSFER_RATE_LIMIT_H

#include "transfer/retry_after.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fa_rate_limit {
    bool known;                  /**< The server says how many requests are left. */
    bool spent;                  /**< No request is left. */
    struct fa_retry_after reset; /**< When there are requests again: the longest wait, and the
                                      latest time. */
};

void fa_rate_limit_init(struct fa_rate_limit *limit);

/**
 * Take a field of a response header into account.
 *
 * @name, value  Need not be terminated by zero.
 * @return whether it is a field about a rate limit.
 */
bool fa_rate_limit_field(struct fa_rate_limit *limit, const char *name, size_t name_len,
                         const char *value, size_t len);

/**
 * Seconds to wait before the next request; -1: the server asks for none.
 *
 * @status  Of the response: 429 means that the limit is spent, unless a field says otherwise.
 * @now     Seconds since 1970, by the clock of the server.
 */
double fa_rate_limit_wait(const struct fa_rate_limit *limit, int status, int64_t now);

#endif
