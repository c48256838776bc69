/**
 * Stored results: printed again (--read), and compared with (--baseline).
 */
#ifndef FETCHALL_CLI_COMPARE_REVIEW_H
#define FETCHALL_CLI_COMPARE_REVIEW_H

#include "cli/exit.h"
#include "cli/compare/result.h"
#include "cli/options.h"

/** Print stored results, and write the files that are requested.  @return 0, or -1. */
int fa_review_read(const struct fa_options *options, enum fa_exit_status *ret_status,
                   struct fa_error *err);

/** Read the baseline, if there is one, to report errors early.  @return 0, or -1. */
int fa_review_check(const struct fa_options *options, struct fa_error *err);

/**
 * Compare results with the baseline, if there is one.
 *
 * @ret_status  FA_EXIT_CONDITION if the condition holds; else left alone.
 * @return 0, or -1.
 */
int fa_review_baseline(const struct fa_options *options, const struct fa_result_of *results,
                       size_t n, enum fa_exit_status *ret_status, struct fa_error *err);

#endif
