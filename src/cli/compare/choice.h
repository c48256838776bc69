/**
 * Which contestant to use, of those whose speed counts.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_CHOICE_H
#define FETCHALL_CLI_COMPARE_CHOICE_H

#include "cli/compare/verdict.h"

/** How the one to use was found. */
struct fa_choice {
    size_t competing; /**< Contestants that are not failing. */
    size_t equal;     /**< Of these, as fast as the fastest but for noise; 0: nothing was chosen. */
    size_t by_cpu;    /**< Of these, with the least CPU, or none that noise does not explain. */
    size_t by_memory; /**< Of these, with the least memory, likewise. */
    bool by_loops;    /**< Of these, one was taken because it runs on event loops. */
};

/**
 * Rank all that are not failing by their ratios, and name the one to use: of those that are as fast
 * as the fastest the one with the least CPU, else memory, else event loops, else the fastest.  A
 * difference in any of these counts only if it is larger than the noise.
 *
 * @verdict Complete up to fastest and the ratios.
 * @choice  Its competing is filled in.
 * @return  0, or -1 when memory ran out.
 */
int fa_choice_make(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                   struct fa_choice *choice);

#endif
