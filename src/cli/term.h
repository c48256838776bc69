/**
 * The terminal: whether there is one, its width, and text that is safe to show on it.
 *
 * Text from lists and servers may contain anything.  Bytes that could move the cursor, change
 * colours, reorder the line or break it are shown as \xNN: C0 and C1 controls, DEL, bidirectional
 * controls, line separators, and invalid UTF-8.
 *
 * Widths are in columns, as wcwidth(3) counts them in a UTF-8 locale.
 */
#ifndef FETCHALL_CLI_TERM_H
#define FETCHALL_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <fetchall/error.h>

/** Whether a line on fd can be redrawn: fd is a terminal, and not a dumb one. */
bool fa_term_redraws(int fd);

/** Whether fd is a terminal, and this process is in its foreground. */
bool fa_term_foreground(int fd);

/** The columns of the terminal fd; else $COLUMNS; else 80. */
unsigned fa_term_columns(int fd);

/**
 * Escape text for a terminal.
 *
 * @buf     Receives as much as fits, cut between characters, and a final zero if size is not 0.
 * @return  The length of the whole result, without the zero.
 */
size_t fa_term_escape(const char *text, char *buf, size_t size);

/** Write escaped text to a stream. */
void fa_term_put(FILE *file, const char *text);

/** Print an error on standard error, escaped. */
void fa_term_error(const struct fa_error *err);

/** Flush standard output: a full disk may show only then.  @return 0, or -1. */
int fa_term_flush(struct fa_error *err);

/** The width of an escaped text in columns. */
unsigned fa_term_width(const char *text);

/** Shorten an escaped text in place; ".." marks the cut.  @columns  Maximum width. */
void fa_term_cut(char *text, unsigned columns);

#endif
