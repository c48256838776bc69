/**
 * The completion for zsh(1).
 */
#ifndef FETCHALL_CLI_COMPLETION_ZSH_H
#define FETCHALL_CLI_COMPLETION_ZSH_H

#include <stdio.h>

/** Print the script. */
void fa_completion_zsh_print(FILE *out);

#endif
