/**
 * A file that is replaced atomically.
 *
 * It is written under a temporary name in the same folder, and renamed when it is complete, so
 * that a reader never sees half of it.  An existing file that is not regular (/dev/stdout, a FIFO)
 * is written to in place; a symbolic link is followed.
 */
#ifndef FETCHALL_CLI_WHOLE_H
#define FETCHALL_CLI_WHOLE_H

#include <fetchall/error.h>

#include "cli/output.h"

/** All zero: not open. */
struct fa_whole {
    struct fa_output output; /**< To write to. */
    char *path;              /**< Owned; with links resolved. */
    char *temp;              /**< Owned; NULL: written in place. */
    int lock;                /**< Lock of the temporary file, held until it is renamed. */
};

/**
 * @what    "manifest": its name in errors.  Borrowed, like the path.
 * @path    "-" is standard output.
 * @return  0, or -1: then there is nothing to close.
 */
int fa_whole_open(struct fa_whole *whole, const char *what, const char *path, struct fa_error *err);

/**
 * Close the file and rename it to its final name, unless it is incomplete.
 *
 * @return  0, or -1 for the first error only, as fa_output_close() does.
 */
int fa_whole_publish(struct fa_whole *whole, struct fa_error *err);

/**
 * Publish it, and close it in any case.
 *
 * @rc      The result of writing.
 * @return  0, or -1.
 */
int fa_whole_end(struct fa_whole *whole, int rc, struct fa_error *err);

/** Close it; remove it if it was not published. */
void fa_whole_fini(struct fa_whole *whole);

#endif
