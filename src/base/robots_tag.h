/**
 * The header field X-Robots-Tag: rules for one answer, as in "noindex, noai" or "somebot: noai".
 * Pure.
 */
#ifndef FA_BASE_ROBOTS_TAG_H
#define FA_BASE_ROBOTS_TAG_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of a name of a rule, with its final zero. */
#define FA_ROBOTS_TAG_MAX 32

/** The known names of rules that a file can be refused for, separated by commas. */
extern const char fa_robots_tags[];

/** The first name of a list, separated by commas, that is not among the known ones; NULL: none.
 * @ret_len  Its length, perhaps 0. */
const char *fa_robots_tags_unknown(const char *names, size_t *ret_len);

/**
 * Whether a value has one of these rules, for all crawlers or for this one.
 *
 * @names  As in "noai,noimageai".
 * @token  The product token of the crawler.
 * @ret    The rule, as in names; unchanged if there is none.
 */
bool fa_robots_tags_have(const char *names, const char *value, size_t len, const char *token,
                         char ret[FA_ROBOTS_TAG_MAX]);

#endif
