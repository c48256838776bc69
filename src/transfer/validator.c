/*
 * A strong validator changes whenever the bytes change, so only a strong one may be used to resume.
 * A strong entity tag is marked as such by the server.  A modification time counts as strong only
 * if the file was already SETTLED seconds old when it was sent, because a time has a resolution of
 * one second and the file might have changed twice within it.
 */
#include "transfer/validator.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* RFC 9110, 8.8.2.2, recommends a minute. */
#define SETTLED 60
/* 31 Dec 9999 23:59:59: a year has four digits. */
#define DATE_LAST 253402300799
#define DATE_LEN  29

const struct fa_validator fa_validator_none = {.modified = -1};

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool etag_is_weak(const char *etag)
{
    return strncmp(etag, "W/", 2) == 0;
}

bool fa_etag_is_good(const char *text, size_t len)
{
    if (len >= FA_ETAG_MAX)
        return false;
    size_t at = len >= 2 && memcmp(text, "W/", 2) == 0 ? 2 : 0;
    if (len - at < 2 || text[at] != '"' || text[len - 1] != '"')
        return false;
    for (++at; at < len - 1; ++at) {
        unsigned char c = (unsigned char)text[at];
        if (c <= ' ' || c == '"' || c == 0x7f)
            return false;
    }
    return true;
}

void fa_date_format(int64_t seconds, char ret[FA_DATE_MAX])
{
    time_t when = seconds < 0 ? 0 : seconds > DATE_LAST ? DATE_LAST : seconds;
    struct tm tm;
    gmtime_r(&when, &tm);
    /* Not strftime(3), which depends on the locale. */
    snprintf(ret, FA_DATE_MAX, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * tm.tm_wday,
             (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon,
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

/* n digits; -1 if there is anything else. */
static int date_read_digits(const char *text, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int date_read_month(const char *text)
{
    for (int i = 0; i < 12; ++i)
        if (memcmp(text, months + (size_t)i * 3, 3) == 0)
            return i;
    return -1;
}

int64_t fa_date_parse(const char *text, size_t len)
{
    if (len != DATE_LEN)
        return -1;
    struct tm tm = {
        .tm_mday = date_read_digits(text + 5, 2),
        .tm_mon = date_read_month(text + 8),
        .tm_year = date_read_digits(text + 12, 4) - 1900,
        .tm_hour = date_read_digits(text + 17, 2),
        .tm_min = date_read_digits(text + 20, 2),
        .tm_sec = date_read_digits(text + 23, 2),
    };
    int64_t seconds = timegm(&tm);
    if (seconds < 0 || seconds > DATE_LAST)
        return -1;
    /* Reject impossible dates, wrong punctuation and wrong weekdays: formatting must restore the
     * text. */
    char again[FA_DATE_MAX];
    fa_date_format(seconds, again);
    return memcmp(text, again, DATE_LEN) == 0 ? seconds : -1;
}

/* A weak entity tag outranks a date (RFC 9110, 13.1.5): it must not be resumed with, even if the
 * date alone would be strong. */
void fa_validator_make(struct fa_validator *ret, const char *etag, int64_t modified, int64_t date)
{
    *ret = fa_validator_none;
    ret->modified = modified >= 0 ? modified : -1;
    if (fa_etag_is_good(etag, strlen(etag))) {
        memcpy(ret->etag, etag, strlen(etag) + 1);
        ret->strong = !etag_is_weak(etag);
    } else if (!etag[0]) {
        ret->strong = modified >= 0 && date >= modified && date - modified >= SETTLED;
    }
}

void fa_validator_if_range(const struct fa_validator *validator, char room[FA_ETAG_MAX])
{
    room[0] = '\0';
    if (!validator->strong || etag_is_weak(validator->etag))
        return;
    if (validator->etag[0])
        memcpy(room, validator->etag, FA_ETAG_MAX);
    else if (validator->modified >= 0)
        fa_date_format(validator->modified, room);
}

bool fa_validator_same(const struct fa_validator *one, const struct fa_validator *other)
{
    bool etags = one->etag[0] && other->etag[0];
    bool dates = one->modified >= 0 && other->modified >= 0;
    if (etags && strcmp(one->etag, other->etag) != 0)
        return false;
    if (dates && one->modified != other->modified)
        return false;
    return etags || dates;
}

struct cursor {
    const char *at, *end;
};

static bool cursor_take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    ++cursor->at;
    return true;
}

static bool cursor_take_number(struct cursor *cursor, uint64_t *ret)
{
    const char *start = cursor->at;
    *ret = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; ++cursor->at) {
        if (*ret > (INT64_MAX - 9) / 10)
            return false;
        *ret = *ret * 10 + (uint64_t)(*cursor->at - '0');
    }
    return cursor->at > start;
}

/* A Content-Range without a known total is accepted here; the caller decides whether it needs
 * one. */
int fa_range_parse(const char *text, size_t len, struct fa_range *ret)
{
    struct cursor cursor = {text, text + len};
    uint64_t total = 0;
    *ret = (struct fa_range){.total = -1};
    if (len < 6 || strncasecmp(text, "bytes ", 6) != 0)
        return -1;
    cursor.at += 6;
    ret->satisfied = !cursor_take(&cursor, '*');
    if (ret->satisfied &&
        (!cursor_take_number(&cursor, &ret->first) || !cursor_take(&cursor, '-') ||
         !cursor_take_number(&cursor, &ret->last) || ret->first > ret->last))
        return -1;
    if (!cursor_take(&cursor, '/'))
        return -1;
    bool known = !ret->satisfied || !cursor_take(&cursor, '*');
    if (known && (!cursor_take_number(&cursor, &total) || (ret->satisfied && ret->last >= total)))
        return -1;
    ret->total = known ? (int64_t)total : -1;
    return cursor.at == cursor.end ? 0 : -1;
}
