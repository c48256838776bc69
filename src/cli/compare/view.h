/**
 * How a comparison and its verdict are presented: the order of contestants, and typical trials.
 */
#ifndef FETCHALL_CLI_COMPARE_VIEW_H
#define FETCHALL_CLI_COMPARE_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"
#include "cli/compare/verdict.h"

struct fa_view {
    const struct fa_comparison *comparison; /**< Borrowed, as is the verdict. */
    const struct fa_verdict *verdict;
    size_t *order; /**< Indices of all contestants: the fastest first, failing ones last.  Owned. */
    size_t count;  /**< Length of order. */
};

/** @return 0, or -1: no memory. */
int fa_view_init(struct fa_view *view, const struct fa_comparison *comparison,
                 const struct fa_verdict *verdict);

void fa_view_fini(struct fa_view *view);

/** A measure of a trial, or NAN. */
typedef double fa_view_key(const struct fa_trial *trial);

fa_view_key fa_view_wall;
fa_view_key fa_view_cpu; /**< User and system together. */

/** The trial of a contestant with the median of a measure; NULL if no trial has it. */
const struct fa_trial *fa_view_typical(const struct fa_contestant *contestant, fa_view_key *key);

/** Failed entries of a contestant in all trials; FA_CLASS_NONE: of any class. */
uint64_t fa_view_failures(const struct fa_contestant *contestant, enum fa_class class);

#endif
