/*
 * A strong validator changes whenever the bytes change, so only a strong one may be used to resume.
 * A strong entity tag is marked as such by the server.  A modification time counts as strong only
 * if the file was already SETTLED seconds old when it was sent, because a time has a resolution of
 * one second and the file might have changed twice within it.
 */
#include "transfer/validator.h"

#include <string.h>
#include <strings.h>

#include <curl/curl.h>

/* RFC 9110, 8.8.2.2, recommends a minute. */
#define SETTLED 60
/* 31 Dec 9999 23:59:59: a year has four digits. */
#define DATE_LAST 253402300799
#define DATE_LEN  29
/* More than the longest date, "Wednesday, 09-Nov-94 08:49:37 GMT". */
#define DATE_TEXT_MAX 48

const struct fa_validator fa_validator_none = {.modified = -1};

static const char day_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* A tag without quotes is not strong: a server that compares If-Range by the RFC ignores it. */
static bool etag_is_strong(const char *etag)
{
    return etag[0] == '"';
}

/* "*" would match any version, and a comma would make two tags of one. */
static bool etag_is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; ++i) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == '"' || c == ',' || c == 0x7f)
            return false;
    }
    return len > 0 && !(len == 1 && text[0] == '*');
}

bool fa_etag_is_good(const char *text, size_t len)
{
    if (len >= FA_ETAG_MAX)
        return false;
    size_t at = len >= 2 && memcmp(text, "W/", 2) == 0 ? 2 : 0;
    if (len - at < 2 || text[at] != '"' || text[len - 1] != '"')
        return etag_is_word(text, len);
    for (++at; at < len - 1; ++at) {
        unsigned char c = (unsigned char)text[at];
        if (c <= ' ' || c == '"' || c == 0x7f)
            return false;
    }
    return true;
}

/* Days between 1 Jan 1970 and the first day of a year. */
static int64_t date_days_to_year(int64_t year)
{
    int64_t last = year - 1;
    return 365 * (year - 1970) + last / 4 - last / 100 + last / 400 - 477;
}

/* Days of a year before a month, which counts from 0, up to 12: the next year. */
static int date_days_to_month(int64_t year, int month)
{
    static const short days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days_before[month] + (leap && month > 1);
}

static char *date_put_digits(char *at, size_t n, int64_t value)
{
    for (size_t i = n; i > 0; --i, value /= 10)
        at[i - 1] = (char)('0' + value % 10);
    return at + n;
}

/* The three letters of a day, counted from 1 Jan 1970, which was a Thursday. */
static const char *date_day_name(int64_t days)
{
    return day_names + 3 * ((days + 4) % 7);
}

/* Not strftime(3), which depends on the locale.  snprintf(3) and gmtime_r(3) would cost more than
 * all other work on the header lines of a response, most of which have two dates. */
void fa_date_format(int64_t seconds, char ret[FA_DATE_MAX])
{
    int64_t when = seconds < 0 ? 0 : seconds > DATE_LAST ? DATE_LAST : seconds;
    int64_t days = when / 86400, time = when % 86400;
    int64_t year = 1970 + days * 400 / 146097; /* days of 400 years; off by one at most */
    year += days >= date_days_to_year(year + 1);
    year -= days < date_days_to_year(year);
    int day = (int)(days - date_days_to_year(year));
    int month = 11;
    while (day < date_days_to_month(year, month))
        --month;

    char *at = mempcpy(ret, date_day_name(days), 3);
    at = mempcpy(at, ", ", 2);
    at = date_put_digits(at, 2, day - date_days_to_month(year, month) + 1);
    *at++ = ' ';
    at = mempcpy(at, month_names + (size_t)month * 3, 3);
    *at++ = ' ';
    at = date_put_digits(at, 4, year);
    *at++ = ' ';
    at = date_put_digits(at, 2, time / 3600);
    *at++ = ':';
    at = date_put_digits(at, 2, time / 60 % 60);
    *at++ = ':';
    at = date_put_digits(at, 2, time % 60);
    memcpy(at, " GMT", sizeof(" GMT"));
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
        if (memcmp(text, month_names + (size_t)i * 3, 3) == 0)
            return i;
    return -1;
}

/* Commas, spaces, colons and the time zone, which are the same in each date. */
static bool date_has_form(const char *text)
{
    return memcmp(text + 3, ", ", 2) == 0 && text[7] == ' ' && text[11] == ' ' && text[16] == ' ' &&
           text[19] == ':' && text[22] == ':' && memcmp(text + 25, " GMT", 4) == 0;
}

/* If-Range requires an exact match of dates (RFC 9110, 13.1.5), and a server may compare them as
 * text.  So only the form that we send is accepted, not the obsolete ones. */
int64_t fa_date_parse(const char *text, size_t len)
{
    if (len != DATE_LEN || !date_has_form(text))
        return -1;
    int day = date_read_digits(text + 5, 2);
    int month = date_read_month(text + 8);
    int year = date_read_digits(text + 12, 4);
    int hour = date_read_digits(text + 17, 2);
    int minute = date_read_digits(text + 20, 2);
    int second = date_read_digits(text + 23, 2);
    if (month < 0 || month > 11 || year < 1970 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return -1;
    int of_month = date_days_to_month(year, month + 1) - date_days_to_month(year, month);
    int64_t days = date_days_to_year(year) + date_days_to_month(year, month) + day - 1;
    if (day > of_month || memcmp(text, date_day_name(days), 3) != 0)
        return -1;
    return days * 86400 + hour * 3600 + minute * 60 + second;
}

/* curl_getdate(3) accepts more than the three forms.  Each of those starts with the name of a day,
 * and contains a time. */
int64_t fa_date_read(const char *text, size_t len, bool *ret_exact)
{
    char copy[DATE_TEXT_MAX];
    int64_t seconds = fa_date_parse(text, len);
    *ret_exact = seconds >= 0;
    bool letter = len > 0 && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z');
    if (*ret_exact || !letter || len >= sizeof(copy) || memchr(text, '\0', len) ||
        !memchr(text, ':', len))
        return seconds;
    memcpy(copy, text, len);
    copy[len] = '\0';
    seconds = curl_getdate(copy, NULL);
    return seconds >= 0 && seconds <= DATE_LAST ? seconds : -1;
}

/* A weak entity tag outranks a date (RFC 9110, 13.1.5): it must not be resumed with, even if the
 * date alone would be strong. */
void fa_validator_make(struct fa_validator *ret, const char *etag, int64_t modified, int64_t date)
{
    *ret = fa_validator_none;
    ret->modified = modified >= 0 ? modified : -1;
    if (fa_etag_is_good(etag, strlen(etag))) {
        memcpy(ret->etag, etag, strlen(etag) + 1);
        ret->strong = etag_is_strong(etag);
    } else if (!etag[0]) {
        ret->strong = modified >= 0 && date >= modified && date - modified >= SETTLED;
    }
}

/* `strong` may come from a worker process or from the state, so the entity tag is checked again. */
void fa_validator_if_range(const struct fa_validator *validator, char buf[FA_ETAG_MAX])
{
    buf[0] = '\0';
    if (!validator->strong || (validator->etag[0] && !etag_is_strong(validator->etag)))
        return;
    if (validator->etag[0])
        memcpy(buf, validator->etag, FA_ETAG_MAX);
    else if (validator->modified >= 0)
        fa_date_format(validator->modified, buf);
}

/* A field that only one of them has proves nothing: a 206 need not repeat every field of the 200
 * (RFC 9110, 15.3.7). */
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
