/**
 * What the caches of the servers have to do with a verdict.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_CACHES_H
#define FETCHALL_CLI_COMPARE_CACHES_H

#include <stdbool.h>

#include "cli/compare/result.h"

/** Buffer size for the description, including the final zero. */
#define FA_CACHES_MAX 360

/**
 * Describe the contestant whose share of answers from caches differs most from that of the best.
 *
 * @verdict  Concluded.
 * @return   false: none differs enough to matter, or the servers name no caches.
 */
bool fa_caches_describe(const struct fa_verdict *verdict, const struct fa_comparison *comparison,
                        char buf[FA_CACHES_MAX]);

/** "same", "fresh", "again": how a file names enum fa_asked; NULL: no such value. */
const char *fa_caches_asked(unsigned asked);

/**
 * Complete the reasons of fresh results by what the same entries showed when they were asked for
 * again.
 *
 * @results  Judged as far as possible; one of FA_ASKED_AGAIN follows that of FA_ASKED_FRESH.
 */
void fa_caches_relate(struct fa_result_of *results, size_t n);

#endif
