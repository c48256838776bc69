/**
 * A file that results are written to: buffered, and its first error is told once.
 *
 * "-" is standard output.
 */
#ifndef FETCHALL_CLI_OUTPUT_H
#define FETCHALL_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include <fetchall/error.h>

/** All zero: not open; writing to it does nothing and succeeds. */
struct fa_output {
    FILE *file;
    const char *what; /**< "report"; named in errors.  Borrowed. */
    const char *path; /**< Borrowed. */
    bool terminal;    /**< What is written must be safe to show. */
    bool failed;      /**< Something is missing from it; nothing more is written. */
};

/** Open the file, created if it is missing; what it holds stays.  @return 0, or -1. */
int fa_output_open(struct fa_output *output, const char *what, const char *path,
                   struct fa_error *err);

/** Empty the file, once nothing can prevent that it is written anew.  @return 0, or -1. */
int fa_output_empty(struct fa_output *output, struct fa_error *err);

/** Use a stream that is open already; the output owns it, as after fa_output_open(). */
void fa_output_take(struct fa_output *output, const char *what, const char *path, FILE *file);

/** Write one line; the newline is added.  @return 0, or -1 for the first error only. */
int fa_output_line(struct fa_output *output, const char *line, struct fa_error *err);

/** Write a text as one line.  Takes it; NULL counts as lack of memory. */
int fa_output_text(struct fa_output *output, char *text, struct fa_error *err);

/** Write a JSON object as one line.  Takes the object; NULL counts as lack of memory. */
int fa_output_json(struct fa_output *output, json_t *object, struct fa_error *err);

/** Note that something is missing.  @code  An errno.  @return -1 for the first error only. */
int fa_output_fail(struct fa_output *output, int code, struct fa_error *err);

/** Hand over what is buffered.  @return 0, or -1 for the first error only. */
int fa_output_flush(struct fa_output *output, struct fa_error *err);

/** Flush and close.  @return 0, or -1 for the first error only; see also failed. */
int fa_output_close(struct fa_output *output, struct fa_error *err);

#endif
