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

/** Whether a text is a list of names of rules, separated by commas. */
bool fa_robots_tags_are_good(const char *names);

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
