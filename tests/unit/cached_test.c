#include "transfer/cached.h"

#include <criterion/criterion.h>

#include <string.h>

/* A header, "Name: value|Name: value". */
static struct fa_cached cached_of(const char *fields)
{
    struct fa_cached cached = {0};
    while (*fields) {
        size_t len = strcspn(fields, "|");
        size_t name = strcspn(fields, ":");
        fa_cached_field(&cached, fields, name, fields + name + 2, len - name - 2);
        fields += len + (fields[len] == '|');
    }
    return cached;
}

Test(cached, hits_and_misses_are_read_in_all_dialects)
{
    static const struct {
        const char *fields;
        enum fa_cache cache;
        uint64_t age;
    } rows[] = {
        {"ETag: \"hit\"", FA_CACHE_UNKNOWN, 0},
        {"X-Cache: HIT", FA_CACHE_HIT, 0},
        {"x-cache: TCP_MISS from proxy:3128", FA_CACHE_MISS, 0},
        {"X-Cache: Hit from cloudfront|Age: 77", FA_CACHE_HIT, 77},
        {"X-Cache: MISS, HIT", FA_CACHE_HIT, 0},
        {"X-Cache: MISS|Age: 0", FA_CACHE_MISS, 0},
        {"X-Cache: HIT|CF-Cache-Status: DYNAMIC", FA_CACHE_HIT, 0},
        {"X-Cache-Status: EXPIRED", FA_CACHE_MISS, 0},
        {"CF-Cache-Status: REVALIDATED", FA_CACHE_HIT, 0},
        {"CF-Cache-Status: BYPASS", FA_CACHE_MISS, 0},
        {"Cache-Status: \"a b\"; fwd=uri-miss; stored, b ;hit; ttl=30", FA_CACHE_HIT, 0},
        {"Cache-Status: hit; fwd=hit", FA_CACHE_MISS, 0},
        {"Cache-Status: a; fwd=stale, hit", FA_CACHE_MISS, 0},
        {"Age: 4294967295", FA_CACHE_HIT, 4294967295},
        {"Age: 99999999999", FA_CACHE_UNKNOWN, 0},
        {"Age: -1|Age: x", FA_CACHE_UNKNOWN, 0},
        {"Age: ", FA_CACHE_UNKNOWN, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_cached cached = cached_of(rows[i].fields);
        cr_expect_eq(cached.cache, rows[i].cache, "%s", rows[i].fields);
        cr_expect_eq(cached.age, rows[i].age, "%s: %llu", rows[i].fields,
                     (unsigned long long)cached.age);
    }
}
