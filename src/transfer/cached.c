/*
 * Cache-Status has a list of caches with parameters: "a; hit; ttl=30, b; fwd=stale".  The other
 * fields have a word for each cache, in forms such as "HIT", "TCP_HIT from a", "Hit from
 * cloudfront", "HIT, MISS".  In all of them the word "hit" marks a hit, as a part of a word in the
 * older ones.  CF-Cache-Status has other words for answers that come from the cache, too.
 */
#include "transfer/cached.h"

#include <string.h>
#include <strings.h>

#include "base/http_field.h"

static void cached_note(struct fa_cached *cached, bool hit)
{
    if (hit)
        cached->cache = FA_CACHE_HIT;
    else if (cached->cache == FA_CACHE_UNKNOWN)
        cached->cache = FA_CACHE_MISS;
}

static bool value_has(const char *value, size_t len, const char *part)
{
    size_t n = strlen(part);
    for (; len >= n; ++value, --len)
        if (strncasecmp(value, part, n) == 0)
            return true;
    return false;
}

/* A parameter of its own: "fwd=hit" and a cache named "hit" are none. */
static bool status_has_hit(const char *value, size_t len)
{
    const char *end = value + len;
    while (value < end) {
        bool parameter = *value == ';';
        const char *at = value + 1;
        size_t n = 0;
        while (at + n < end && at[n] != ';' && at[n] != ',')
            ++n;
        value = at + n;
        fa_http_trim(&at, &n);
        if (parameter && fa_http_is(at, n, "hit"))
            return true;
    }
    return false;
}

/* Digits; a value that does not fit is of no use. */
static void cached_read_age(struct fa_cached *cached, const char *value, size_t len)
{
    uint64_t age = 0;
    for (size_t i = 0; i < len; ++i) {
        if (value[i] < '0' || value[i] > '9' || age > UINT32_MAX)
            return;
        age = 10 * age + (uint64_t)(value[i] - '0');
    }
    cached->age = age;
    if (age > 0)
        cached_note(cached, true);
}

bool fa_cached_field(struct fa_cached *cached, const char *name, size_t name_len, const char *value,
                     size_t len)
{
    if (fa_http_is(name, name_len, "Age"))
        cached_read_age(cached, value, len);
    else if (fa_http_is(name, name_len, "Cache-Status"))
        cached_note(cached, status_has_hit(value, len));
    else if (fa_http_is(name, name_len, "X-Cache") || fa_http_is(name, name_len, "X-Cache-Status"))
        cached_note(cached, value_has(value, len, "hit"));
    else if (fa_http_is(name, name_len, "CF-Cache-Status"))
        cached_note(cached, fa_http_is(value, len, "HIT") || fa_http_is(value, len, "STALE") ||
                                fa_http_is(value, len, "UPDATING") ||
                                fa_http_is(value, len, "REVALIDATED"));
    else
        return false;
    return true;
}
