/**
 * What the warm-up tells of entries that fail, before more is asked of the servers.
 */
#ifndef FETCHALL_CLI_COMPARE_WARMUP_H
#define FETCHALL_CLI_COMPARE_WARMUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"

/** What ended well or not, in some trials. */
struct fa_warmup {
    uint64_t entries, failed, retried;
    enum fa_class most; /**< The class that most of the failed ones had. */
    uint64_t of_most;
};

/** Add up the last trial of each contestant that has one. */
struct fa_warmup fa_warmup_of(const struct fa_contestant *contestants, size_t n);

/**
 * Refuse to go on if every entry failed.
 *
 * @when  " in the warm-up", or "".
 * @return 0; or -1, and err has the class that most of them had.
 */
int fa_warmup_check(const struct fa_warmup *warmup, const char *when, struct fa_error *err);

/** Say on standard error what failing entries cost in each round, if they are tried again. */
void fa_warmup_tell(const struct fa_warmup *warmup);

#endif
