/**
 * Joins the files that shards have written into one.
 */
#ifndef FETCHALL_CLI_JOINED_H
#define FETCHALL_CLI_JOINED_H

#include <stdint.h>

#include <fetchall/error.h>

/**
 * Write the lines of FILE.0-of-N, FILE.1-of-N... (cli/shards.h) to FILE.
 *
 * @what     "report": for messages.
 * @missing  Called for each of the N files that does not exist.
 * @return   0, or -1: no such files, those of several N, or an error.  FILE is not changed then.
 */
int fa_joined_write(const char *what, const char *file,
                    void (*missing)(void *ctx, const char *name), void *ctx, struct fa_error *err);

#endif
