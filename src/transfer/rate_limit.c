/*
 * A reset is given in seconds from now, or as a time: see transfer/retry_after.h.
 *
 * The value of RateLimit is a list of policies, each with parameters: `"day";r=0;t=600` in the
 * newer drafts, `limit=10, remaining=0, reset=600` in the older ones.  A policy without requests
 * left is what counts; if there are several, the one with the longest wait.
 */
#include "transfer/rate_limit.h"

#include "base/http_field.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define TOO_MANY_REQUESTS 429

void fa_rate_limit_init(struct fa_rate_limit *limit)
{
    *limit = (struct fa_rate_limit){.reset = fa_retry_after_none};
}

/* The first element of a list, without its parameters: proxies join fields, and older drafts add
 * the policy ("0, 0;w=1").  A date has a comma, and begins with a letter. */
static size_t value_first(const char *value, size_t len)
{
    size_t n = 0;
    while (n < len && value[n] != ',' && value[n] != ';')
        ++n;
    return len > 0 && value[0] >= '0' && value[0] <= '9' ? n : len;
}

/* A number of requests, of which a fraction does not count; -1 if it is not one. */
static double count_parse(const char *value, size_t len)
{
    double number = -1;
    size_t i = 0;
    len = value_first(value, len);
    for (; i < len && i < 20 && value[i] >= '0' && value[i] <= '9'; ++i)
        number = fmax(0, number) * 10 + (value[i] - '0');
    return i == len || strchr(". ", value[i]) ? number : -1;
}

static struct fa_retry_after reset_parse(const char *value, size_t len)
{
    return fa_retry_after_parse(value, value_first(value, len));
}

static void limit_add_reset(struct fa_rate_limit *limit, struct fa_retry_after reset)
{
    limit->reset.seconds = fmax(limit->reset.seconds, reset.seconds);
    limit->reset.until = fmax(limit->reset.until, reset.until);
}

static void limit_read_remaining(struct fa_rate_limit *limit, double remaining)
{
    limit->known |= remaining >= 0;
    limit->spent |= remaining == 0;
}

/* A policy of the list is complete. */
static void limit_add_policy(struct fa_rate_limit *limit, double remaining,
                             struct fa_retry_after reset)
{
    limit_read_remaining(limit, remaining);
    if (remaining == 0)
        limit_add_reset(limit, reset);
}

/* Parameters are separated by semicolons or commas, in any order.  A policy starts with its name
 * (newer drafts), or where a parameter comes again. */
static void limit_read_list(struct fa_rate_limit *limit, const char *value, size_t len)
{
    static const char gaps[] = ";, \t";
    const char *end = value + len;
    double remaining = -1;
    struct fa_retry_after reset = fa_retry_after_none;
    while (value < end) {
        size_t n = 0;
        while (value + n < end && !strchr(gaps, value[n]))
            ++n;
        const char *equals = memchr(value, '=', n);
        size_t name = equals ? (size_t)(equals - value) : 0;
        size_t rest = equals ? n - name - 1 : 0;
        bool left =
            equals && (fa_http_is(value, name, "r") || fa_http_is(value, name, "remaining"));
        if (n > 0 && (!equals || (left && remaining >= 0))) {
            limit_add_policy(limit, remaining, reset);
            remaining = -1;
            reset = fa_retry_after_none;
        }
        if (left)
            remaining = count_parse(equals + 1, rest);
        else if (equals && (fa_http_is(value, name, "t") || fa_http_is(value, name, "reset")))
            reset = reset_parse(equals + 1, rest);
        value += n + 1;
    }
    limit_add_policy(limit, remaining, reset);
}

/* Most lines of a header are of other fields, so their first letter is looked at first. */
bool fa_rate_limit_field(struct fa_rate_limit *limit, const char *name, size_t name_len,
                         const char *value, size_t len)
{
    static const char prefixes[][13] = {"RateLimit", "X-RateLimit", "X-Rate-Limit"};
    if (name_len < 9 || !strchr("RrXx", name[0]))
        return false;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); ++i) {
        size_t prefix = strlen(prefixes[i]);
        if (name_len < prefix || strncasecmp(name, prefixes[i], prefix) != 0)
            continue;
        const char *rest = name + prefix;
        size_t rest_len = name_len - prefix;
        if (rest_len == 0)
            limit_read_list(limit, value, len);
        else if (fa_http_is(rest, rest_len, "-Remaining"))
            limit_read_remaining(limit, count_parse(value, len));
        else if (fa_http_is(rest, rest_len, "-Reset"))
            limit_add_reset(limit, reset_parse(value, len));
        else
            continue;
        return true;
    }
    return false;
}

double fa_rate_limit_wait(const struct fa_rate_limit *limit, int status, int64_t now)
{
    bool spent = limit->spent || (status == TOO_MANY_REQUESTS && !limit->known);
    struct fa_retry_after until = {.seconds = -1, .until = limit->reset.until};
    return spent ? fmax(limit->reset.seconds, fa_retry_after_wait(&until, now)) : -1;
}
