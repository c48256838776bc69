/*
 * Any bytes are a Content-Range, a date or an entity tag that is written the same again, or none;
 * and whatever validator comes of them, what is resumed with is strong.
 */
#undef NDEBUG
#include "transfer/validator.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_range(const char *text, size_t len)
{
    struct fa_range range, again;
    char canonical[128];
    if (fa_range_parse(text, len, &range))
        return;
    assert(range.total >= -1);
    assert(range.satisfied || (range.total >= 0 && range.first == 0 && range.last == 0));
    assert(range.first <= range.last);
    assert(!range.satisfied || range.total < 0 || range.last < (uint64_t)range.total);
    int n = range.satisfied ? snprintf(canonical, sizeof(canonical), "bytes %ju-%ju/",
                                       (uintmax_t)range.first, (uintmax_t)range.last)
                            : snprintf(canonical, sizeof(canonical), "bytes */");
    size_t at = (size_t)n;
    if (range.total < 0)
        snprintf(canonical + at, sizeof(canonical) - at, "*");
    else
        snprintf(canonical + at, sizeof(canonical) - at, "%jd", (intmax_t)range.total);
    assert(fa_range_parse(canonical, strlen(canonical), &again) == 0);
    assert(again.satisfied == range.satisfied && again.total == range.total);
    assert(again.first == range.first && again.last == range.last);
}

static int64_t read_date(const char *text, size_t len)
{
    char again[FA_DATE_MAX];
    int64_t seconds = fa_date_parse(text, len);
    assert(seconds >= -1);
    if (seconds >= 0) {
        fa_date_format(seconds, again);
        assert(strlen(again) == len && memcmp(again, text, len) == 0);
    }
    return seconds;
}

static void make(const char *text, size_t len, int64_t modified, int64_t date)
{
    char etag[2 * FA_ETAG_MAX] = "", room[FA_ETAG_MAX];
    bool good = fa_etag_is_good(text, len);
    assert(!good || (len < FA_ETAG_MAX && !memchr(text, '\0', len)));
    memcpy(etag, text, len < sizeof(etag) ? len : sizeof(etag) - 1);
    struct fa_validator validator;
    fa_validator_make(&validator, etag, modified, date);
    assert(!good || strcmp(validator.etag, etag) == 0);
    assert(fa_validator_same(&validator, &validator) ==
           (validator.etag[0] || validator.modified >= 0));
    fa_validator_if_range(&validator, room);
    assert(validator.strong == (room[0] != '\0'));
    assert(strncmp(room, "W/", 2) != 0 && !strpbrk(room, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    read_range(text, len);
    int64_t date = read_date(text, len);
    make(text, len, -1, -1);
    make(text, len, 1000000000, date);
    make("", 0, date, 1000000000);
    return 0;
}
