#include "transfer/retry_after.h"

#include <criterion/criterion.h>

#include <locale.h>
#include <string.h>

/* Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110, 5.6.7. */
#define THEN 784111777

static double wait_of(const char *value, size_t len, time_t now)
{
    struct fa_retry_after after = fa_retry_after_parse(value, len);
    return fa_retry_after_wait(&after, now);
}

Test(retry_after, reads_what_servers_send)
{
    static const struct {
        const char *value;
        time_t now;
        double seconds;
    } rows[] = {
        {"0", 0, 0},
        {"2", 0, 2},
        {"120", 0, 120},
        {" \t7\t ", 0, 7},
        {"007", 0, 7},
        {"1.5", 0, 1.5},
        {"1.", 0, 1},
        {"0.25", 0, 0.25},
        {"1e3", 0, 1000},
        {"1e20", 0, FA_RETRY_AFTER_MAX},
        {"1E+20", 0, FA_RETRY_AFTER_MAX},
        {"0e99999999999", 0, 0},
        {"100000000000000000000", 0, FA_RETRY_AFTER_MAX},
        {"18446744073709551618", 0, FA_RETRY_AFTER_MAX},
        {"999999999", 0, 999999999},
        {"1000000001", 0, FA_RETRY_AFTER_MAX},
        {"Sun, 06 Nov 1994 08:49:37 GMT", THEN - 2, 2},
        {"Sun, 06 Nov 1994 08:49:37 GMT", THEN, 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", THEN + 5, 0},
        {"Sunday, 06-Nov-94 08:49:37 GMT", THEN - 60, 60},
        {"Sun Nov  6 08:49:37 1994", THEN - 3600, 3600},
        {"Fri, 31 Dec 2100 23:59:59 GMT", THEN, FA_RETRY_AFTER_MAX},
        {"60s", 0, 60},
        {"1.5s", 0, 1.5},
        {"784111779", THEN, 784111779},
        {"1784111779", 1784111777, 2},
        {"1784111779.5", 1784111777, 2.5},
        {"1784111779000", 1784111777, 2},
        {"1784111779", 1784111790, 0},
        {"1994-11-06T08:49:37Z", THEN - 2, 2},
        {"1994-11-06t08:49:37z", THEN - 2, 2},
        {"1994-11-06T08:49:37.250Z", THEN - 2, 2},
        {"1994-11-06 08:49:37", THEN - 2, 2},
        {"1994-11-06 08:49:37 UTC", THEN - 2, 2},
        {"1994-11-06T09:49:37+01:00", THEN - 2, 2},
        {"1994-11-06 03:19:37 -0530", THEN - 2, 2},
        {"1994-11-06T08:49:37Z", THEN + 2, 0},
        {"1994-11-06T08:49Z", THEN, -1},
        {"1994-11-06", THEN, -1},
        {"1994-13-06T08:49:37Z", THEN, -1},
        {"1994-11-06T28:49:37Z", THEN, -1},
        {"1994-11-06T08:49:37+1", THEN, -1},
        {"1994-11-06T08:49:37 CET", THEN, -1},
        {"94-11-06T08:49:37Z", THEN, -1},
        {"19941106T084937Z", THEN, -1},
        {"0000-00-00T00:00:00Z", THEN, -1},
        {"1994-11-06T08:49:37Z and more", THEN, -1},
        {"", 0, -1},
        {"   ", 0, -1},
        {"-5", 0, -1},
        {"+5", 0, -1},
        {"-0", 0, -1},
        {".5", 0, -1},
        {"1 2", 0, -1},
        {"5 s", 0, -1},
        {"5m", 0, -1},
        {"0x10", 0, -1},
        {"1.2.3", 0, -1},
        {"1e", 0, -1},
        {"1e-3", 0, -1},
        {"1e+", 0, -1},
        {"inf", 0, -1},
        {"nan", 0, -1},
        {"soon", 0, -1},
        {"tomorrow", 0, -1},
        {"Sun", 0, -1},
        {"Sun, 99 Nov 1994 08:49:37 GMT", 0, -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT, and then some more", 0, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        double seconds = wait_of(rows[i].value, strlen(rows[i].value), rows[i].now);
        double off = seconds - rows[i].seconds;
        cr_assert(off > -1e-9 && off < 1e-9, "'%s': %f", rows[i].value, seconds);
    }
}

Test(retry_after, is_not_read_past_its_end)
{
    cr_assert_eq(wait_of("12345", 2, 0), 12);
    cr_assert_eq(wait_of("12\0", 3, 0), -1);
    cr_assert_eq(wait_of("Sun, 06 Nov 1994 08:49:37 GMT\0x", 31, 0), -1);
    cr_assert_eq(wait_of("1994-11-06T08:49:37\0", 20, THEN), -1);
    cr_assert_eq(wait_of(NULL, 0, 0), -1);
}

Test(retry_after, does_not_go_by_the_locale)
{
    static const char *const locales[] = {"de_DE.UTF-8", "tr_TR.UTF-8", "fr_FR.UTF-8", ""};
    for (size_t i = 0; i < sizeof(locales) / sizeof(*locales); ++i) {
        setlocale(LC_ALL, locales[i]);
        cr_assert_eq(wait_of("1.5", 3, 0), 1.5);
        cr_assert_eq(wait_of("Sun, 06 Nov 1994 08:49:37 GMT", 29, THEN - 9), 9);
    }
}
