#ifndef FETCHALL_SUPPORT_COMPARED_H
#define FETCHALL_SUPPORT_COMPARED_H

/*
 * A made-up comparison with its verdict, for tests of its output.  Its contents are the same every
 * time.  Needs src/ in the include path.
 */

#include "cli/compare/trial.h"
#include "cli/compare/verdict.h"

#define FA_COMPARED_MAX 12

struct fa_compared {
    struct fa_comparison comparison;
    struct fa_verdict verdict;
    struct fa_contestant contestants[FA_COMPARED_MAX];
    struct fa_standing_of standings[FA_COMPARED_MAX];
};

/* This many contestants, each slower than the previous one; all is measured, nothing failed. */
void fa_compared_init(struct fa_compared *compared, size_t contestants, unsigned rounds);
void fa_compared_fini(struct fa_compared *compared);

/* What only a system with perf, or with a network, can measure is missing. */
void fa_compared_unmeasure(struct fa_compared *compared);

/* A contestant fails that share of its entries, by time-outs and by HTTP. */
void fa_compared_fail(struct fa_compared *compared, size_t contestant, double share);

/* Hashing files was compared. */
void fa_compared_stage(struct fa_compared *compared);

#endif
