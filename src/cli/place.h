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

/** The same with the URL of the entry, for an error: "urls.txt:17: http://h/x: ".  An error of a
 * whole list, which is one of line 0, names it itself: then nothing is printed.  @url  NULL:
 * unknown. */
void fa_place_put_entry(FILE *out, const char *list, uint64_t line, const char *url);

#endif
