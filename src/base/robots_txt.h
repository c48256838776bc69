/**
 * The Robots Exclusion Protocol (RFC 9309): the rules of a robots.txt, and what they say about a
 * path.  Pure.
 */
#ifndef FA_BASE_ROBOTS_TXT_H
#define FA_BASE_ROBOTS_TXT_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes of a robots.txt that are parsed; the rest is ignored (RFC 9309, 2.5). */
#define FA_ROBOTS_MAX (500 * 1024)

/** Maximum seconds of a Crawl-delay; longer ones count as that. */
#define FA_ROBOTS_DELAY_MAX 600.0

struct fa_robots_rule {
    bool allow;
    size_t line;   /**< From 1. */
    char *pattern; /**< Owned: normalised, with * and $. */
};

/** The rules for one crawler.  All zero: everything is allowed. */
struct fa_robots_txt {
    struct fa_robots_rule *rules; /**< Owned. */
    size_t n_rules;
    double delay; /**< Crawl-delay, in seconds, which RFC 9309 does not have; 0: none. */
};

/**
 * Take the rules of all groups for a crawler, or else of those for "*".
 *
 * @token  The product token of the crawler, "fetchall".
 * @return 0, or -1: no memory.  Call fini() in both cases.
 */
int fa_robots_txt_parse(struct fa_robots_txt *robots, const char *text, size_t len,
                        const char *token);
void fa_robots_txt_fini(struct fa_robots_txt *robots);

/**
 * The rule that decides about a path.
 *
 * @path  Of a URL, with its query, as it is requested; up to a '#'.
 * @return NULL: none, so it is allowed.  Without memory, it is allowed, too.
 */
const struct fa_robots_rule *fa_robots_txt_find(const struct fa_robots_txt *robots,
                                                const char *path);

#endif
