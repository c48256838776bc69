/**
 * What the warm-up tells of entries that fail, before more is asked of the servers.
 */
#ifndef FETCHALL_CLI_COMPARE_WARMUP_H
#define FETCHALL_CLI_COMPARE_WARMUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"

/** What the last trials of some contestants showed; borrows from them. */
struct fa_warmup {
    const struct fa_trial *worst; /**< The one with the most failures; NULL: there is none. */
    bool hopeless;                /**< In every one of them, every entry failed. */
    bool useless;                 /**< HTTP/2 was asked for, and no answer came over it. */
};

struct fa_warmup fa_warmup_of(const struct fa_contestant *contestants, size_t n);

/**
 * Refuse to go on if rounds would show nothing.
 *
 * @when  " in the warm-up", or "".
 * @return 0, or -1.
 */
int fa_warmup_check(const struct fa_warmup *warmup, const char *when, struct fa_error *err);

/** Say on standard error what failed, if anything did. */
void fa_warmup_tell(const struct fa_warmup *warmup);

#endif
