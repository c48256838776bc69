/**
 * What a comparison showed, for a terminal.
 */
#ifndef FETCHALL_CLI_COMPARE_TABLE_H
#define FETCHALL_CLI_COMPARE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/compare/verdict.h"

/**
 * Print a table with bars, from the best to the slowest and the failing; what failed; the sentence
 * of the verdict; and, if there is one, the command line to use, on a line of its own.
 *
 * @columns  Of the terminal.  No line is longer, but for one word that is; and the command line,
 *           which is never broken.
 * @color    Whether escape sequences for colours may be used.
 */
void fa_table_print(FILE *out, const struct fa_comparison *comparison,
                    const struct fa_verdict *verdict, unsigned columns, bool color);

#endif
