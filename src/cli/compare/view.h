/**
 * A comparison and its verdict as they are shown: in which order, and what is typical.
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
    size_t count;  /**< Of them. */
};

/** @return 0, or -1 when memory ran out. */
int fa_view_init(struct fa_view *view, const struct fa_comparison *comparison,
                 const struct fa_verdict *verdict);

void fa_view_fini(struct fa_view *view);

/** Something that a trial measured, or NAN. */
typedef double fa_view_key(const struct fa_trial *trial);

fa_view_key fa_view_wall;
fa_view_key fa_view_cpu; /**< User and system together. */

/** The trial of a contestant that is the median by this key; NULL if none has measured it. */
const struct fa_trial *fa_view_typical(const struct fa_contestant *contestant, fa_view_key *key);

/** Failed entries of a contestant in all its trials; FA_CLASS_NONE: of any class. */
uint64_t fa_view_failures(const struct fa_contestant *contestant, enum fa_class class);

#endif
