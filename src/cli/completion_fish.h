/**
 * The completion for fish(1).
 */
#ifndef FETCHALL_CLI_COMPLETION_FISH_H
#define FETCHALL_CLI_COMPLETION_FISH_H

#include <stdio.h>

/** Print the script. */
void fa_completion_fish_print(FILE *out);

#endif
