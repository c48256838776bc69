/**
 * A comparison with its verdict, and the memory that both own.
 */
#ifndef FETCHALL_CLI_COMPARE_RESULT_H
#define FETCHALL_CLI_COMPARE_RESULT_H

#include <stdbool.h>

#include "cli/compare/trial.h"
#include "cli/compare/verdict.h"

struct fa_result_of {
    struct fa_comparison comparison;
    struct fa_verdict verdict; /**< Only if judged. */
    bool judged;
    char *title, *command, *list; /**< Strings that the comparison borrows. */
    struct fa_race *race;         /**< The same; NULL: none. */
};

/**
 * Initialize with contestants, which are copied, and memory for their trials.
 *
 * @return 0, or -1: no memory.  Call fa_result_fini() in any case.
 */
int fa_result_init(struct fa_result_of *result, const struct fa_contestant *contestants, size_t n,
                   unsigned rounds, struct fa_error *err);

/** Drop the trials of rounds that not every contestant has ended. */
void fa_result_trim(struct fa_result_of *result);

void fa_result_fini(struct fa_result_of *result);

#endif
