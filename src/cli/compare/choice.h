/**
 * Chooses the contestant to use among those that are not failing.  Pure.
 */
#ifndef FETCHALL_CLI_COMPARE_CHOICE_H
#define FETCHALL_CLI_COMPARE_CHOICE_H

#include "cli/compare/verdict.h"

/** An interval that begins below this is shown as 1.00, so it must count as reaching 1. */
#define FA_CHOICE_ONE 1.005

/** How the choice was made. */
struct fa_choice {
    size_t competing;  /**< Contestants that are not failing. */
    size_t equal;      /**< Of these, as fast as the fastest within the noise; 0: no choice. */
    size_t by_cpu;     /**< Of these, with the least CPU within the noise. */
    size_t by_memory;  /**< Of these, with the least memory within the noise. */
    bool by_reference; /**< Of these, one was chosen because it has no further options. */
    bool likely;       /**< The reference is as fast within the noise, but not by its median, so
                            that the fastest was chosen. */
    bool by_loops;     /**< Of these, one was chosen because it uses event loops. */
};

/**
 * Rank all contestants that are not failing by their ratios, and choose one: of those that are as
 * fast as the fastest, the reference (--tune); else the one with the least CPU; else the least
 * memory; else event loops; else the fastest.  A difference counts only if it is larger than the
 * noise.
 *
 * @verdict Complete up to fastest and the ratios.
 * @choice  Its competing is filled in.
 * @return  0, or -1: no memory.
 */
int fa_choice_make(struct fa_verdict *verdict, const struct fa_comparison *comparison,
                   struct fa_choice *choice);

#endif
