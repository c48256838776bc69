/**
 * Where an entry stands: a list and a line.
 */
#ifndef FETCHALL_CLI_PLACE_H
#define FETCHALL_CLI_PLACE_H

#include <stdint.h>
#include <stdio.h>

/** The list's name, or NULL if it is a URL: that has no lines, and may hold a password. */
const char *fa_place_list(const char *list);

/** Print "urls.txt:17: ", escaped; nothing for a URL of the command line, or NULL. */
void fa_place_put(FILE *out, const char *list, uint64_t line);

#endif
