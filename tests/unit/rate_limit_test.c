#include "transfer/rate_limit.h"
#include "transfer/retry_after.h"

#include <criterion/criterion.h>

#include <string.h>

#define NOW 1800000000

/* A header, "Name: value|Name: value". */
static double wait_of_status(const char *fields, int status)
{
    struct fa_rate_limit limit;
    fa_rate_limit_init(&limit);
    while (*fields) {
        size_t len = strcspn(fields, "|");
        size_t name = strcspn(fields, ":");
        fa_rate_limit_field(&limit, fields, name, fields + name + 2, len - name - 2);
        fields += len + (fields[len] == '|');
    }
    return fa_rate_limit_wait(&limit, status, NOW);
}

static double wait_of(const char *fields)
{
    return wait_of_status(fields, 403);
}

Test(rate_limit, waits_are_read_in_all_dialects)
{
    static const struct {
        const char *fields;
        double wait;
    } rows[] = {
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1800000042", 42},
        {"x-ratelimit-reset: 1800000042|x-ratelimit-remaining: 0", 42},
        {"X-Rate-Limit-Remaining: 0|X-Rate-Limit-Reset: 1800000042000", 42},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1799999999", 0},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 30", 30},
        {"RateLimit-Remaining: 0|RateLimit-Reset: 30", 30},
        {"RateLimit-Remaining: 0", -1},
        {"RateLimit-Reset: 30", -1},
        {"RateLimit-Remaining: 1|RateLimit-Reset: 30", -1},
        {"RateLimit-Remaining: none|RateLimit-Reset: 30", -1},
        {"RateLimit: \"day\";r=0;t=600", 600},
        {"RateLimit: \"burst\";r=5;t=1, \"day\";r=0;t=600", 600},
        {"RateLimit: \"burst\";r=0;t=2, \"day\";r=0;t=600", 600},
        {"RateLimit: \"burst\";r=0;t=2, \"day\";r=9;t=600", 2},
        {"RateLimit: \"day\";t=600;r=0", 600},
        {"RateLimit: \"day\";t=600;r=0, \"burst\";t=1;r=5", 600},
        {"RateLimit: \"burst\";t=1;r=5, \"day\";t=600;r=0", 600},
        {"RateLimit: \"day\";r=0, \"burst\";r=5;t=1", -1},
        {"RateLimit: limit=10, remaining=0, reset=50", 50},
        {"RateLimit: limit=10, reset=50, remaining=0", 50},
        {"RateLimit: limit=10, remaining=3, reset=50", -1},
        {"RateLimit: ", -1},
        {"RateLimit: r", -1},
        {"RateLimit: r=|Ratelimit: t=", -1},
        {"RateLimit-Policy: \"day\";q=0;w=600", -1},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 99999999999999999999999", FA_RETRY_AFTER_MAX},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 2027-01-15T08:00:42Z", 42},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 2027-01-15 08:00:42", 42},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: Fri, 15 Jan 2027 08:00:42 GMT", 42},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 2027-01-15", -1},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 60s", 60},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1.5s", 1.5},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1800000042.5", 42.5},
        {"X-RateLimit-Remaining: 0, 0;w=1|X-RateLimit-Reset: 2, 2;w=1", 2},
        {"X-RateLimit-Remaining: 0.0|X-RateLimit-Reset: 30.5", 30.5},
        {"X-RateLimit-Remaining: 0/60|X-RateLimit-Reset: 30", -1},
        {"X-RateLimit-Remaining: 0|X-RateLimit-Reset: 5|X-RateLimit-Reset: 1800000042", 42},
        {"X-RateLimit-Limit: 0|X-RateLimit-Reset: 30", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i)
        cr_expect_float_eq(wait_of(rows[i].fields), rows[i].wait, 0.001, "%s: %g", rows[i].fields,
                           wait_of(rows[i].fields));
}

Test(rate_limit, status_429_means_spent_unless_the_server_says_otherwise)
{
    cr_expect_float_eq(wait_of_status("X-RateLimit-Reset: 30", 429), 30, 0.001);
    cr_expect_float_eq(wait_of_status("RateLimit: \"day\";t=30", 429), -1, 0.001);
    cr_expect_float_eq(wait_of_status("X-RateLimit-Remaining: 0|X-RateLimit-Reset: 30", 429), 30,
                       0.001);
    cr_expect_float_eq(wait_of_status("X-RateLimit-Remaining: 5|X-RateLimit-Reset: 30", 429), -1,
                       0.001);
    cr_expect_float_eq(wait_of_status("X-RateLimit-Limit: 5", 429), -1, 0.001);
}

Test(rate_limit, other_fields_are_left_alone)
{
    struct fa_rate_limit limit;
    fa_rate_limit_init(&limit);
    cr_expect_not(fa_rate_limit_field(&limit, "Retry-After", 11, "3", 1));
    cr_expect_not(fa_rate_limit_field(&limit, "X-Request-Id", 12, "0", 1));
    cr_expect_not(fa_rate_limit_field(&limit, "X-RateLimit-Limit", 17, "0", 1));
    cr_expect_not(fa_rate_limit_field(&limit, "RateLimited", 11, "0", 1));
    cr_expect_not(limit.spent);
}
