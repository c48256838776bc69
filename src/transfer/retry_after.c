/*
 * The value comes from a server, so every length and number is bounded: seconds saturate at
 * FA_RETRY_AFTER_MAX.
 */
#include "transfer/retry_after.h"

#include "base/http_field.h"
#include "transfer/validator.h"

#include <stdbool.h>
#include <string.h>

static bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static double seconds_cap(double seconds)
{
    return seconds < FA_RETRY_AFTER_MAX ? seconds : FA_RETRY_AFTER_MAX;
}

/* Not strtod(3), which depends on the locale and accepts "inf" and hex digits. */
static double seconds_parse(const char *at, const char *end)
{
    double seconds = 0;
    for (; at < end && char_is_digit(*at); ++at)
        seconds = seconds_cap(seconds * 10 + (*at - '0'));
    if (at < end && *at == '.') {
        double unit = 0.1;
        for (++at; at < end && char_is_digit(*at); ++at, unit /= 10)
            seconds += unit * (*at - '0');
    }
    if (end - at > 1 && (*at == 'e' || *at == 'E')) {
        at += at[1] == '+' && end - at > 2 ? 2 : 1;
        unsigned exponent = 0;
        for (; at < end && char_is_digit(*at); ++at)
            exponent = exponent < 100 ? exponent * 10 + (unsigned)(*at - '0') : exponent;
        for (; exponent > 0 && seconds < FA_RETRY_AFTER_MAX && seconds > 0; --exponent)
            seconds *= 10;
    }
    return at == end ? seconds_cap(seconds) : -1;
}

double fa_retry_after_parse(const char *value, size_t len, time_t now)
{
    bool exact;
    fa_http_trim(&value, &len);
    if (len == 0)
        return -1;
    if (char_is_digit(*value))
        return seconds_parse(value, value + len);
    int64_t when = fa_date_read(value, len, &exact);
    if (when < 0)
        return -1;
    return when > now ? seconds_cap((double)when - (double)now) : 0;
}
