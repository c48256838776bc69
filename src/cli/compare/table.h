/**
 * The result of a comparison for a terminal.
 */
#ifndef FETCHALL_CLI_COMPARE_TABLE_H
#define FETCHALL_CLI_COMPARE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/compare/verdict.h"

/**
 * Print a table with bars, from the best to the slowest and the failing contestants; the failures;
 * the reason of the verdict; and the command line to use, if there is one, on a line of its own.
 *
 * @columns  Of the terminal.  No line is longer, except for a single long word, and the command
 *           line, which is never wrapped.
 * @color    Whether escape sequences for colours may be used.
 */
void fa_table_print(FILE *out, const struct fa_comparison *comparison,
                    const struct fa_verdict *verdict, unsigned columns, bool color);

#endif
