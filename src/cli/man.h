/**
 * The man page fetchall(1): the template man/fetchall.1.in, completed from the table of options.
 */
#ifndef FETCHALL_CLI_MAN_H
#define FETCHALL_CLI_MAN_H

#include <stdio.h>

/** Print the page, as roff (man(7)). */
void fa_man_print(FILE *out);

#endif
