/*
 * A reset is given in seconds from now, or as a time: seconds or milliseconds since 1970.  Which of
 * them follows from its size, as nobody waits for thirty years.
 *
 * The value of RateLimit is a list of policies, each with parameters: `"day";r=0;t=600` in the
 * newer drafts, `limit=10, remaining=0, reset=600` in the older ones.  A policy without requests
 * left is what counts; if there are several, the one with the longest wait.
 */
#include "transfer/rate_limit.h"

#include "base/http_field.h"
#include "transfer/retry_after.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define TOO_MANY_REQUESTS  429
#define EPOCH_SECONDS      1e9
#define EPOCH_MILLISECONDS 1e12

void fa_rate_limit_init(struct fa_rate_limit *limit)
{
    *limit = (struct fa_rate_limit){.reset = -1};
}

/* The digits at the start; -1 if there are none. */
static double number_parse(const char *value, size_t len)
{
    double number = -1;
    for (size_t i = 0; i < len && i < 20 && value[i] >= '0' && value[i] <= '9'; ++i)
        number = fmax(0, number) * 10 + (value[i] - '0');
    return number;
}

static double reset_parse(const char *value, size_t len, time_t now)
{
    double reset = number_parse(value, len);
    if (reset >= EPOCH_MILLISECONDS)
        reset /= 1000;
    if (reset >= EPOCH_SECONDS)
        reset = fmax(0, reset - (double)now);
    return fmin(reset, FA_RETRY_AFTER_MAX);
}

static void limit_read_remaining(struct fa_rate_limit *limit, double remaining)
{
    limit->known |= remaining >= 0;
    limit->spent |= remaining == 0;
}

/* A policy of the list is complete. */
static void limit_add_policy(struct fa_rate_limit *limit, double remaining, double reset)
{
    limit_read_remaining(limit, remaining);
    if (remaining == 0)
        limit->reset = fmax(limit->reset, reset);
}

/* Parameters are separated by semicolons or commas, in any order.  A policy starts with its name
 * (newer drafts), or where a parameter comes again. */
static void limit_read_list(struct fa_rate_limit *limit, const char *value, size_t len, time_t now)
{
    static const char gaps[] = ";, \t";
    const char *end = value + len;
    double remaining = -1, reset = -1;
    while (value < end) {
        size_t n = 0;
        while (value + n < end && !strchr(gaps, value[n]))
            ++n;
        const char *equals = memchr(value, '=', n);
        size_t name = equals ? (size_t)(equals - value) : 0;
        size_t rest = equals ? n - name - 1 : 0;
        bool left = fa_http_is(value, name, "r") || fa_http_is(value, name, "remaining");
        if (n > 0 && (!equals || (left && remaining >= 0))) {
            limit_add_policy(limit, remaining, reset);
            remaining = reset = -1;
        }
        if (left)
            remaining = number_parse(equals + 1, rest);
        else if (fa_http_is(value, name, "t") || fa_http_is(value, name, "reset"))
            reset = reset_parse(equals + 1, rest, now);
        value += n + 1;
    }
    limit_add_policy(limit, remaining, reset);
}

/* Most lines of a header are of other fields, so their first letter is looked at first. */
bool fa_rate_limit_field(struct fa_rate_limit *limit, const char *name, size_t name_len,
                         const char *value, size_t len, time_t now)
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
            limit_read_list(limit, value, len, now);
        else if (fa_http_is(rest, rest_len, "-Remaining"))
            limit_read_remaining(limit, number_parse(value, len));
        else if (fa_http_is(rest, rest_len, "-Reset"))
            limit->reset = fmax(limit->reset, reset_parse(value, len, now));
        else
            continue;
        return true;
    }
    return false;
}

double fa_rate_limit_wait(const struct fa_rate_limit *limit, int status)
{
    bool spent = limit->spent || (status == TOO_MANY_REQUESTS && !limit->known);
    return spent ? limit->reset : -1;
}
