/**
 * Validators: entity tags and dates that identify a version of a file (RFC 9110, 8.8).
 *
 * Pure functions on values.
 */
#ifndef FA_TRANSFER_VALIDATOR_H
#define FA_TRANSFER_VALIDATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longer entity tags are ignored. */
#define FA_ETAG_MAX 160
/** Size of a buffer for an IMF-fixdate and a zero. */
#define FA_DATE_MAX 32

struct fa_validator {
    char etag[FA_ETAG_MAX]; /**< With its quotes, and W/ if weak; "": none. */
    int64_t modified;       /**< Last-Modified, in seconds since 1970; -1: none. */
    bool strong; /**< Safe for If-Range: the entity tag is strong, or there is none and the file
                      was at least a minute old when it was sent (RFC 9110, 8.8.2.2). */
};

/** An empty validator. */
extern const struct fa_validator fa_validator_none;

/** Whether an entity tag is short enough, and well-formed (RFC 9110, 8.8.3) or at least a word
 * without quotes, as some servers send. */
bool fa_etag_is_good(const char *text, size_t len);

/** Parse an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), and no other form.  @return -1 if it
 * is not one. */
int64_t fa_date_parse(const char *text, size_t len);

/**
 * Parse a date in any of the three forms of RFC 9110, 5.6.7, or a similar one, for example with
 * UTC, +0000 or a day of one digit.
 *
 * @ret_exact  Whether it is an IMF-fixdate.
 * @return -1 if it is not a date.
 */
int64_t fa_date_read(const char *text, size_t len, bool *ret_exact);

/** Format an IMF-fixdate. */
void fa_date_format(int64_t seconds, char ret[FA_DATE_MAX]);

/**
 * Make a validator from the fields of a response.
 *
 * @etag      "" if missing.
 * @modified, @date  Last-Modified and Date; -1 if missing.  Without a date, modified is not strong.
 */
void fa_validator_make(struct fa_validator *ret, const char *etag, int64_t modified, int64_t date);

/** The value for If-Range, or "" if the validator is not strong.
 *
 * @buf  A buffer of at least FA_ETAG_MAX bytes. */
void fa_validator_if_range(const struct fa_validator *validator, char buf[FA_ETAG_MAX]);

/** Whether a response with other may be the same version: they have a field in common, and all
 * common fields agree. */
bool fa_validator_same(const struct fa_validator *one, const struct fa_validator *other);

/** A Content-Range (RFC 9110, 14.4). */
struct fa_range {
    bool satisfied; /**< "bytes first-last/total"; else "bytes * /total". */
    uint64_t first, last;
    int64_t total; /**< -1: "*". */
};

/** @return 0, or -1 if it is not a valid range of bytes. */
int fa_range_parse(const char *text, size_t len, struct fa_range *ret);

#endif
