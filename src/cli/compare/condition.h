/**
 * Results compared with earlier ones: --baseline and --fail-if.
 */
#ifndef FETCHALL_CLI_COMPARE_CONDITION_H
#define FETCHALL_CLI_COMPARE_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <fetchall/error.h>

struct fa_options;
struct fa_result_of;

/** Of the ratio of a measure to that of the baseline: "wall > 1.05". */
struct fa_condition {
    const char *measure; /**< The name of one of fa_measures; NULL: no condition. */
    bool below;
    double limit;
};

/** Parse the value of --fail-if. */
int fa_condition_parse(struct fa_options *options, const char *value, struct fa_error *err);

/**
 * Compare the contestants with those of the same names in the baseline, and print a line for each.
 *
 * @ret_holds  Whether the condition holds for one of them: its whole interval is beyond the limit.
 * @return 0; or -1: no memory, or no contestant is in both.
 */
int fa_condition_check(const struct fa_condition *condition, const struct fa_result_of *results,
                       size_t n, const struct fa_result_of *baseline, size_t n_baseline, FILE *out,
                       bool *ret_holds, struct fa_error *err);

#endif
