/**
 * One sentence for people: why this contestant is the one to use, or why none is named.
 */
#ifndef FETCHALL_CLI_COMPARE_REASON_H
#define FETCHALL_CLI_COMPARE_REASON_H

#include "cli/compare/verdict.h"

/** How the one to use was found. */
struct fa_choice {
    size_t competing; /**< Contestants that are not failing. */
    size_t equal;     /**< Of these, as fast as the fastest but for noise; 0: nothing was chosen. */
    size_t by_cpu;    /**< Of these, with the least CPU or as good as. */
    size_t by_memory; /**< Of these, with the least memory or as good as. */
    bool async;       /**< Of these, one was taken because it is async. */
};

/** Fill in the reason of a verdict that is complete but for it. */
void fa_reason_write(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                     const struct fa_choice *choice);

#endif
