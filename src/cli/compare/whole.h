/**
 * A text that becomes a file as a whole.
 */
#ifndef FETCHALL_CLI_COMPARE_WHOLE_H
#define FETCHALL_CLI_COMPARE_WHOLE_H

#include <stddef.h>

#include <fetchall/error.h>

/**
 * Write a file under another name beside its own, and rename it, so that a reader never meets
 * half of it.  What is in the way and no regular file (/dev/stdout, a FIFO) is written to in
 * place; a symbolic link is followed.
 *
 * @file    "-" is standard output.
 * @what    "page"; named in errors.
 * @return  0, or -1.
 */
int fa_whole_write(const char *file, const char *what, const char *text, size_t len,
                   struct fa_error *err);

#endif
