#include "base/slice.h"

#include "base/http_field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FIELD "Range"
#define UNIT  "bytes="

static int slice_refuse(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "invalid range: %s", why);
    return -1;
}

/* -1: there are no digits; -2: the number is malformed or too large. */
static int64_t slice_number(const char *text, size_t len)
{
    int64_t number = 0;
    for (size_t i = 0; i < len; ++i) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || number > (INT64_MAX - 1 - digit) / 10)
            return -2;
        number = number * 10 + digit;
    }
    return len ? number : -1;
}

/* The one number of "-LENGTH" becomes `last`. */
int fa_slice_parse(const char *text, size_t len, struct fa_slice *ret, struct fa_error *err)
{
    const char *dash = memchr(text, '-', len);
    if (memchr(text, ',', len))
        return slice_refuse(err, "several ranges are not supported: write an entry for each, with "
                                 "range=FIRST-LAST");
    if (!dash)
        return slice_refuse(err, "write FIRST-LAST, FIRST- or -LENGTH");
    int64_t first = slice_number(text, (size_t)(dash - text));
    int64_t last = slice_number(dash + 1, len - (size_t)(dash - text) - 1);
    if (first < -1 || last < -1 || (first < 0 && last < 0))
        return slice_refuse(err, "write FIRST-LAST, FIRST- or -LENGTH");
    if (first >= 0 ? last >= 0 && last < first : last == 0)
        return slice_refuse(err, "it has no bytes");
    *ret = (struct fa_slice){.set = true, .first = first, .last = last};
    return 0;
}

/* The value of a field, without the spaces around it. */
static const char *field_value(const char *line, size_t len, size_t *ret_len)
{
    const char *value = line + sizeof(FIELD); /* after the colon */
    *ret_len = len - sizeof(FIELD);
    fa_http_trim(&value, ret_len);
    return value;
}

bool fa_slice_is_field(const char *line, size_t len)
{
    size_t name = sizeof(FIELD) - 1;
    if (len <= name || strncasecmp(line, FIELD, name) != 0 || line[name] != ':')
        return false;
    field_value(line, len, &len);
    return len > 0;
}

int fa_slice_parse_field(const char *line, size_t len, struct fa_slice *ret, struct fa_error *err)
{
    size_t unit = sizeof(UNIT) - 1;
    const char *value = field_value(line, len, &len);
    if (len < unit || strncasecmp(value, UNIT, unit) != 0)
        return slice_refuse(err, "the unit must be bytes");
    return fa_slice_parse(value + unit, len - unit, ret, err);
}

void fa_slice_print(const struct fa_slice *slice, char ret[FA_SLICE_MAX])
{
    if (!slice->set)
        ret[0] = '\0';
    else if (slice->first < 0)
        snprintf(ret, FA_SLICE_MAX, "-%lld", (long long)slice->last);
    else if (slice->last < 0)
        snprintf(ret, FA_SLICE_MAX, "%lld-", (long long)slice->first);
    else
        snprintf(ret, FA_SLICE_MAX, "%lld-%lld", (long long)slice->first, (long long)slice->last);
}

/* What a server may answer is fixed by the request and the size of the file (RFC 9110, 14.1.2); any
 * other range is not what the user asked for. */
bool fa_slice_is(const struct fa_slice *slice, uint64_t first, uint64_t last, int64_t total)
{
    if (last < first)
        return false;
    if (total < 0)
        return slice->first >= 0 && slice->last >= 0 && first == (uint64_t)slice->first &&
               last == (uint64_t)slice->last;
    uint64_t size = (uint64_t)total, length = (uint64_t)slice->last;
    uint64_t from = slice->first >= 0 ? (uint64_t)slice->first : size > length ? size - length : 0;
    uint64_t to = size - 1;
    if (slice->first >= 0 && slice->last >= 0 && (uint64_t)slice->last < to)
        to = (uint64_t)slice->last;
    return size > 0 && first == from && last == to;
}
