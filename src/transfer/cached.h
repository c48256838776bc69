/**
 * What a response says about the caches that it passed: pure.
 *
 * Caches say it in Age (RFC 9111, 5.1) and Cache-Status (RFC 9211), or in fields of their own:
 * X-Cache (Squid, Varnish, CloudFront and others), X-Cache-Status (nginx) and CF-Cache-Status.
 */
#ifndef FA_TRANSFER_CACHED_H
#define FA_TRANSFER_CACHED_H

#include <fetchall/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** All zero: nothing is said. */
struct fa_cached {
    enum fa_cache cache; /**< A hit, if any cache on the way says so. */
    uint64_t age;        /**< Seconds; 0: fresh, or not said. */
};

/**
 * Take a field of a response header into account.
 *
 * @name, value  Need not be terminated by zero.
 * @return whether it is a field about caches.
 */
bool fa_cached_field(struct fa_cached *cached, const char *name, size_t name_len, const char *value,
                     size_t len);

#endif
