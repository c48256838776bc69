/**
 * Completion for bash, generated from the table of options.
 */
#ifndef FETCHALL_CLI_COMPLETION_H
#define FETCHALL_CLI_COMPLETION_H

#include <stdio.h>

/** Print the script. */
void fa_completion_print(FILE *out);

#endif
