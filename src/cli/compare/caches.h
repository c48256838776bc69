/**
 * Says whether one contestant got more of its answers from caches than another: its speed may then
 * be that of the caches.
 */
#ifndef FETCHALL_CLI_COMPARE_CACHES_H
#define FETCHALL_CLI_COMPARE_CACHES_H

#include <stdbool.h>

#include "cli/compare/verdict.h"

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

#endif
