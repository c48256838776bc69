/**
 * A file that appears as a whole.
 *
 * It is written under a temporary name beside its own, and renamed when nothing is missing from
 * it, so that a reader never meets half of one.  What is in the way and no regular file
 * (/dev/stdout, a FIFO) is written to in place; a symbolic link is followed.
 */
#ifndef FETCHALL_CLI_WHOLE_H
#define FETCHALL_CLI_WHOLE_H

#include <fetchall/error.h>

#include "cli/output.h"

/** All zero: not open. */
struct fa_whole {
    struct fa_output output; /**< To write to. */
    char *path;              /**< Owned; links followed. */
    char *temp;              /**< Owned; NULL: written in place. */
    int lock;                /**< Of the temporary file; held until that has its name. */
};

/**
 * @what    "manifest"; named in errors.  Borrowed, as the path is.
 * @path    "-" is standard output.
 * @return  0, or -1: there is nothing to release.
 */
int fa_whole_open(struct fa_whole *whole, const char *what, const char *path, struct fa_error *err);

/**
 * Close it and give it its name, unless something is missing from it.
 *
 * @return  0, or -1 for the first error only, as fa_output_close() does.
 */
int fa_whole_publish(struct fa_whole *whole, struct fa_error *err);

/** Release it; what was not published is removed. */
void fa_whole_fini(struct fa_whole *whole);

#endif
