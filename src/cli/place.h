/**
 * The position of an entry: a list and a line.
 */
#ifndef FETCHALL_CLI_PLACE_H
#define FETCHALL_CLI_PLACE_H

#include <stdint.h>
#include <stdio.h>

/** The name of a list, or NULL if it is a URL, which has no lines and may contain a password. */
const char *fa_place_list(const char *list);

/** Print "urls.txt:17: ", escaped; nothing for a URL of the command line, or NULL. */
void fa_place_put(FILE *out, const char *list, uint64_t line);

#endif
