/**
 * Failures in the warm-up, which show whether rounds are worth the requests.
 */
#ifndef FETCHALL_CLI_COMPARE_WARMUP_H
#define FETCHALL_CLI_COMPARE_WARMUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"

/** The result of the last trials of some contestants; borrows from them. */
struct fa_warmup {
    const struct fa_trial *worst; /**< The trial with the most failures; NULL: no failures. */
    bool pointless;               /**< Every entry failed in every trial. */
    bool useless;                 /**< HTTP/2 was requested, and no answer used it. */
};

struct fa_warmup fa_warmup_of(const struct fa_contestant *contestants, size_t n);

/**
 * Fail if rounds would be pointless.
 *
 * @when  " in the warm-up", or "".
 * @return 0, or -1.
 */
int fa_warmup_check(const struct fa_warmup *warmup, const char *when, struct fa_error *err);

/** Print the failures on standard error, if there are any. */
void fa_warmup_report(const struct fa_warmup *warmup);

#endif
