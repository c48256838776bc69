#include "engine/retry.h"

#include <criterion/criterion.h>

static const struct fa_retry_policy policy = {.retries = 5, .wait = 1};

Test(retry, gives_the_verdicts_of_the_table)
{
    static const struct {
        const char *name;
        unsigned retries;
        struct fa_retry_case failed;
        bool again, restart;
    } rows[] = {
        {"a 404", 5, {FA_CLASS_HTTP, FA_RETRYABLE_NEVER, 1, 0, 0, 0, -1, 0}, false, false},
        {"a 404 with Retry-After",
         5,
         {FA_CLASS_HTTP, FA_RETRYABLE_NEVER, 1, 0, 0, 0, 5, 0},
         false,
         false},
        {"a 503", 5, {FA_CLASS_HTTP, FA_RETRYABLE_NOW, 1, 0, 0, 0, -1, 0}, true, false},
        {"the fifth 503", 5, {FA_CLASS_HTTP, FA_RETRYABLE_NOW, 5, 0, 0, 0, -1, 0}, true, false},
        {"the sixth 503", 5, {FA_CLASS_HTTP, FA_RETRYABLE_NOW, 6, 0, 0, 0, -1, 0}, false, false},
        {"a 503, no retries",
         0,
         {FA_CLASS_HTTP, FA_RETRYABLE_NOW, 1, 0, 0, 0, -1, 0},
         false,
         false},
        {"no space yet",
         5,
         {FA_CLASS_LOCAL_IO, FA_RETRYABLE_LATER, 1, 0, 0, 0, -1, 0},
         false,
         false},
        {"odd bytes", 5, {FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, 1, 0, 0, 1, -1, 0}, true, false},
        {"odd bytes again",
         5,
         {FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE, 4, 0, 0, 2, -1, 0},
         false,
         false},
        {"odd bytes, none left",
         2,
         {FA_CLASS_TLS, FA_RETRYABLE_ONCE, 3, 0, 0, 1, -1, 0},
         false,
         false},
        {"changed", 5, {FA_CLASS_CHANGED, FA_RETRYABLE_NOW, 1, 0, 0, 0, -1, 0}, true, true},
        {"a crash",
         0,
         {FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NEVER, 1, 1, 0, 0, -1, 0},
         true,
         false},
        {"a crash, late",
         1,
         {FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NEVER, 9, 2, 0, 0, -1, 0},
         true,
         false},
        {"the third crash",
         9,
         {FA_CLASS_WORKER_CRASHED, FA_RETRYABLE_NOW, 3, 3, 0, 0, -1, 0},
         false,
         false},
        {"crashes do not count",
         1,
         {FA_CLASS_DNS, FA_RETRYABLE_NOW, 3, 2, 0, 0, -1, 0},
         true,
         false},
        {"only crashes do not",
         1,
         {FA_CLASS_DNS, FA_RETRYABLE_NOW, 4, 2, 0, 0, -1, 0},
         false,
         false},
        {"a bad checksum",
         0,
         {FA_CLASS_INTEGRITY, FA_RETRYABLE_NEVER, 1, 0, 1, 0, -1, 0},
         true,
         true},
        {"a bad one again",
         5,
         {FA_CLASS_INTEGRITY, FA_RETRYABLE_NOW, 2, 0, 2, 0, -1, 0},
         false,
         false},
        {"a bad one, late",
         2,
         {FA_CLASS_INTEGRITY, FA_RETRYABLE_NEVER, 9, 0, 1, 0, -1, 0},
         true,
         true},
        {"cancelled", 5, {FA_CLASS_CANCELLED, FA_RETRYABLE_NOW, 1, 0, 0, 0, -1, 0}, false, false},
        {"no failure", 5, {FA_CLASS_NONE, FA_RETRYABLE_NOW, 1, 0, 0, 0, -1, 0}, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_retry_policy p = {rows[i].retries, 1};
        struct fa_retry_verdict verdict = fa_retry_decide(&p, &rows[i].failed);
        cr_assert_eq(verdict.again, rows[i].again, "%s", rows[i].name);
        cr_assert_eq(verdict.restart, rows[i].restart, "%s", rows[i].name);
        cr_assert_eq(verdict.wait, 0, "%s: random is 0", rows[i].name);
    }
}

Test(retry, waits_twice_as_long_each_time_up_to_a_minute)
{
    static const double most[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    struct fa_retry_policy p = {.retries = 1000, .wait = 1};
    for (unsigned i = 0; i < sizeof(most) / sizeof(*most); ++i) {
        struct fa_retry_case failed = {.class = FA_CLASS_TIMEOUT,
                                       .retryable = FA_RETRYABLE_NOW,
                                       .attempts = i + 1,
                                       .retry_after = -1};
        failed.random = UINT64_MAX;
        double wait = fa_retry_decide(&p, &failed).wait;
        cr_assert(wait < most[i] && wait > most[i] * 0.999999, "%u: %f", i, wait);
        failed.random = UINT64_C(1) << 63;
        wait = fa_retry_decide(&p, &failed).wait;
        cr_assert_eq(wait, most[i] / 2, "%u: %f", i, wait);
    }
}

Test(retry, never_waits_longer_than_the_caps)
{
    static const double bases[] = {0, 0.001, 1, 59, 61, 1e9};
    for (unsigned attempts = 1; attempts < 3000; attempts += attempts / 3 + 1) {
        for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); ++i) {
            struct fa_retry_policy p = {.retries = 5000, .wait = bases[i]};
            struct fa_retry_case failed = {.class = FA_CLASS_TIMEOUT,
                                           .retryable = FA_RETRYABLE_NOW,
                                           .attempts = attempts,
                                           .retry_after = -1,
                                           .random = UINT64_MAX};
            double wait = fa_retry_decide(&p, &failed).wait;
            cr_assert(wait >= 0 && wait <= FA_RETRY_WAIT_MAX, "%u: %f", attempts, wait);
        }
    }
}

Test(retry, waits_at_least_as_long_as_the_server_says)
{
    static const struct {
        double retry_after;
        uint64_t random;
        double wait;
    } rows[] = {
        {-1, 0, 0},         {0, 0, 0},     {7, 0, 7},
        {600, 0, 600},      {1e9, 0, 600}, {0.25, UINT64_C(1) << 63, 0.5},
        {7, UINT64_MAX, 7},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_retry_case failed = {.class = FA_CLASS_HTTP,
                                       .retryable = FA_RETRYABLE_NOW,
                                       .attempts = 1,
                                       .retry_after = rows[i].retry_after,
                                       .random = rows[i].random};
        cr_assert_eq(fa_retry_decide(&policy, &failed).wait, rows[i].wait, "row %zu", i);
    }
}

Test(retry, does_not_wait_longer_for_crashes)
{
    struct fa_retry_case failed = {.class = FA_CLASS_TIMEOUT,
                                   .retryable = FA_RETRYABLE_NOW,
                                   .attempts = 3,
                                   .crashes = 2,
                                   .retry_after = -1,
                                   .random = UINT64_C(1) << 63};
    cr_assert_eq(fa_retry_decide(&policy, &failed).wait, 0.5);
    failed.class = FA_CLASS_WORKER_CRASHED;
    cr_assert_eq(fa_retry_decide(&policy, &failed).wait, 0);
}
