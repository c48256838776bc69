/**
 * Validators: what tells one version of a file from another (RFC 9110, 8.8).
 *
 * Pure functions on values.
 */
#ifndef FA_TRANSFER_VALIDATOR_H
#define FA_TRANSFER_VALIDATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longer entity tags are not kept. */
#define FA_ETAG_MAX 160
/** Room for an IMF-fixdate and a zero. */
#define FA_DATE_MAX 32

struct fa_validator {
    char etag[FA_ETAG_MAX]; /**< With its quotes, and W/ if weak; "": none. */
    int64_t modified;       /**< Last-Modified, in seconds since 1970; -1: none. */
    bool strong; /**< It may be resumed with: the entity tag is strong, or there is none and the
                    file was a minute old when it was sent (RFC 9110, 8.8.2.2). */
};

/** One that says nothing. */
extern const struct fa_validator fa_validator_none;

/** Whether an entity tag is well-formed (RFC 9110, 8.8.3), and fits. */
bool fa_etag_is_good(const char *text, size_t len);

/** Read an IMF-fixdate ("Sun, 06 Nov 1994 08:49:37 GMT"), and no other form.  @return -1: it is
 * none. */
int64_t fa_date_parse(const char *text, size_t len);

/** Write an IMF-fixdate. */
void fa_date_format(int64_t seconds, char ret[FA_DATE_MAX]);

/**
 * What the fields of an answer amount to.
 *
 * @etag      "" if there is none.
 * @modified, @date  Last-Modified and Date; -1 if there is none.
 */
void fa_validator_make(struct fa_validator *ret, const char *etag, int64_t modified, int64_t date);

/** The value for If-Range, or "" if it is not strong.  @room  At least FA_ETAG_MAX. */
void fa_validator_if_range(const struct fa_validator *validator, char room[FA_ETAG_MAX]);

/** Whether an answer with other may be the same version: what both have must agree, and they have
 * something in common. */
bool fa_validator_same(const struct fa_validator *one, const struct fa_validator *other);

/** A Content-Range (RFC 9110, 14.4). */
struct fa_range {
    bool satisfied; /**< "bytes first-last/total"; else "bytes * /total". */
    uint64_t first, last;
    int64_t total; /**< -1: "*". */
};

/** @return 0, or -1 if it is none of bytes. */
int fa_range_parse(const char *text, size_t len, struct fa_range *ret);

#endif
