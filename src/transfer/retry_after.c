#include "transfer/retry_after.h"

#include <stdbool.h>
#include <string.h>

#include <curl/curl.h>

/* The longest date, "Wednesday, 09-Nov-94 08:49:37 GMT", and something to spare. */
#define DATE_MAX 48

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static double cap(double seconds)
{
    return seconds < FA_RETRY_AFTER_MAX ? seconds : FA_RETRY_AFTER_MAX;
}

/* Not strtod(3): that one goes by the locale, and reads "inf" and hex digits. */
static double parse_seconds(const char *at, const char *end)
{
    double seconds = 0;
    for (; at < end && is_digit(*at); ++at)
        seconds = cap(seconds * 10 + (*at - '0'));
    if (at < end && *at == '.') {
        double unit = 0.1;
        for (++at; at < end && is_digit(*at); ++at, unit /= 10)
            seconds += unit * (*at - '0');
    }
    if (end - at > 1 && (*at == 'e' || *at == 'E')) {
        at += at[1] == '+' && end - at > 2 ? 2 : 1;
        unsigned exponent = 0;
        for (; at < end && is_digit(*at); ++at)
            exponent = exponent < 100 ? exponent * 10 + (unsigned)(*at - '0') : exponent;
        for (; exponent > 0 && seconds < FA_RETRY_AFTER_MAX && seconds > 0; --exponent)
            seconds *= 10;
    }
    return at == end ? cap(seconds) : -1;
}

/* curl_getdate(3) reads more than the three forms; all of those have a day's name before them, and
 * a time. */
static double parse_date(const char *at, const char *end, time_t now)
{
    char date[DATE_MAX];
    size_t len = (size_t)(end - at);
    if (len >= sizeof(date) || memchr(at, '\0', len) || !memchr(at, ':', len))
        return -1;
    memcpy(date, at, len);
    date[len] = '\0';
    time_t when = curl_getdate(date, NULL);
    if (when == -1)
        return -1;
    return when > now ? cap((double)when - (double)now) : 0;
}

double fa_retry_after_parse(const char *value, size_t len, time_t now)
{
    if (len == 0)
        return -1;
    const char *at = value;
    const char *end = value + len;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (at == end)
        return -1;
    if (is_digit(*at))
        return parse_seconds(at, end);
    bool letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
    return letter ? parse_date(at, end, now) : -1;
}
