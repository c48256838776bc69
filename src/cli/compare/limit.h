/**
 * Whether a limit that all contestants have holds them back.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_LIMIT_H
#define FETCHALL_CLI_COMPARE_LIMIT_H

#include <stdbool.h>

#include "cli/compare/verdict.h"

/** Buffer size for the text, including the final zero. */
#define FA_LIMIT_MAX 320

/**
 * Describe the limit, how far it was reached, and what to add: "16 at once ...".
 *
 * @verdict  Concluded.
 * @return false: there is none.
 */
bool fa_limit_describe(const struct fa_verdict *verdict, const struct fa_comparison *comparison,
                       char buf[FA_LIMIT_MAX]);

#endif
