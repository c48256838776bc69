/*
 * The value comes from a server, so every length and number is bounded: seconds saturate at
 * FA_RETRY_AFTER_MAX.
 *
 * A number of seconds and a time since 1970 are told apart by their size, as nobody waits for
 * thirty years.
 */
#include "transfer/retry_after.h"

#include "base/http_field.h"
#include "transfer/validator.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define EPOCH_SECONDS      1e9
#define EPOCH_MILLISECONDS 1e12
/* Larger numbers are not read on. */
#define NUMBER_MAX 1e15

const struct fa_retry_after fa_retry_after_none = {.seconds = -1, .until = -1};

static bool char_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Not strtod(3), which depends on the locale and accepts "inf" and hex digits.
 * @return -1 if there is anything after the number. */
static double number_parse(const char *at, const char *end)
{
    double number = 0;
    for (; at < end && char_is_digit(*at); ++at)
        number = fmin(number * 10 + (*at - '0'), NUMBER_MAX);
    if (at < end && *at == '.') {
        double unit = 0.1;
        for (++at; at < end && char_is_digit(*at); ++at, unit /= 10)
            number += unit * (*at - '0');
    }
    if (end - at > 1 && (*at == 'e' || *at == 'E')) {
        at += at[1] == '+' && end - at > 2 ? 2 : 1;
        unsigned exponent = 0;
        for (; at < end && char_is_digit(*at); ++at)
            exponent = exponent < 100 ? exponent * 10 + (unsigned)(*at - '0') : exponent;
        for (; exponent > 0 && number < NUMBER_MAX && number > 0; --exponent)
            number *= 10;
    }
    if (end - at == 1 && *at == 's')
        ++at;
    return at == end ? number : -1;
}

/* A number of exactly that many digits; -1 if there is anything else. */
static int iso_digits(const char **at, const char *end, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; ++i, ++*at) {
        if (*at == end || !char_is_digit(**at))
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool iso_take(const char **at, const char *end, const char *one_of)
{
    if (*at == end || **at == '\0' || !strchr(one_of, **at))
        return false;
    ++*at;
    return true;
}

/* "Z", "UTC", "+01:00", "+0100" or nothing, which is UTC.  @return whether it is one of them */
static bool iso_zone(const char *at, const char *end, int *ret_seconds)
{
    *ret_seconds = 0;
    iso_take(&at, end, " ");
    if (at == end || (end - at == 1 && (*at == 'Z' || *at == 'z')) ||
        (end - at == 3 && memcmp(at, "UTC", 3) == 0))
        return true;
    int sign = *at == '-' ? -60 : 60;
    if (!iso_take(&at, end, "+-"))
        return false;
    int hours = iso_digits(&at, end, 2);
    iso_take(&at, end, ":");
    int minutes = iso_digits(&at, end, 2);
    *ret_seconds = sign * (hours * 60 + minutes);
    return at == end && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

/* "2026-11-28T11:05:43Z", also with a space and a fraction.  @return -1 if it is not that */
static double iso_parse(const char *at, const char *end)
{
    struct tm tm = {0};
    int zone;
    tm.tm_year = iso_digits(&at, end, 4) - 1900;
    bool good = iso_take(&at, end, "-");
    tm.tm_mon = iso_digits(&at, end, 2) - 1;
    good &= iso_take(&at, end, "-");
    tm.tm_mday = iso_digits(&at, end, 2);
    good &= iso_take(&at, end, "Tt ");
    tm.tm_hour = iso_digits(&at, end, 2);
    good &= iso_take(&at, end, ":");
    tm.tm_min = iso_digits(&at, end, 2);
    good &= iso_take(&at, end, ":");
    tm.tm_sec = iso_digits(&at, end, 2);
    if (good && iso_take(&at, end, "."))
        while (at < end && char_is_digit(*at))
            ++at;
    if (!good || tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
        tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
        tm.tm_sec > 60 || !iso_zone(at, end, &zone))
        return -1;
    return fmax(-1, (double)timegm(&tm) - zone);
}

struct fa_retry_after fa_retry_after_parse(const char *value, size_t len)
{
    struct fa_retry_after ret = fa_retry_after_none;
    bool exact;
    fa_http_trim(&value, &len);
    double number = len > 0 && char_is_digit(*value) ? number_parse(value, value + len) : -1;
    if (number >= EPOCH_MILLISECONDS)
        ret.until = number / 1000;
    else if (number >= EPOCH_SECONDS)
        ret.until = number;
    else if (number >= 0)
        ret.seconds = number;
    else if (len > 0 && char_is_digit(*value))
        ret.until = iso_parse(value, value + len);
    else
        ret.until = (double)fa_date_read(value, len, &exact);
    return ret;
}

double fa_retry_after_wait(const struct fa_retry_after *after, int64_t now)
{
    if (after->until < 0)
        return after->seconds;
    return fmin(fmax(0, after->until - (double)now), FA_RETRY_AFTER_MAX);
}
