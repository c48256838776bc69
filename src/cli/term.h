/**
 * The terminal: whether there is one, how wide it is, and text that is safe to show on it.
 *
 * Text from lists and servers may hold anything.  What could move the cursor, change colours,
 * reorder the line or break it is shown as \xNN, byte by byte: C0 and C1 controls, DEL, the
 * bidirectional controls, line separators, and bytes that are not UTF-8.
 *
 * Widths are in columns, as wcwidth(3) counts them in a UTF-8 locale.
 */
#ifndef FETCHALL_CLI_TERM_H
#define FETCHALL_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <fetchall/error.h>

/** Whether a line on fd can be drawn again and again: a terminal, and not a dumb one. */
bool fa_term_redraws(int fd);

/** Whether fd is a terminal that this process may write to now: it is not in the background. */
bool fa_term_foreground(int fd);

/** The columns of the terminal fd; else those of $COLUMNS; else 80. */
unsigned fa_term_columns(int fd);

/**
 * Make text safe.
 *
 * @buf     Gets as much as fits, cut between characters, and a final zero if size is not 0.
 * @return  The bytes that all of it needs, without the zero.
 */
size_t fa_term_escape(const char *text, char *buf, size_t size);

/** Write text to a stream, made safe. */
void fa_term_put(FILE *file, const char *text);

/** Tell an error on standard error, made safe. */
void fa_term_error(const struct fa_error *err);

/** How many columns a text takes; it is escaped already. */
unsigned fa_term_width(const char *text);

/** Cut an escaped text, in place, to at most that many columns; the cut shows as "..". */
void fa_term_cut(char *text, unsigned columns);

#endif
