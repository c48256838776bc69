/**
 * A file for results: buffered, and its first error is reported once.
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
    const char *what; /**< "report": its name in errors.  Borrowed. */
    const char *path; /**< Borrowed. */
    bool terminal;    /**< The text must be safe for a terminal. */
    bool append;      /**< Other runs may have written, or write at the same time. */
    const char *run; /**< Each line is a JSON object, to which this ID and the time are added; NULL:
                         they are not.  Borrowed. */
    char *buffer;    /**< Only whole lines are written.  Owned; only with append. */
    size_t buffered;
    bool failed; /**< It is incomplete, and nothing more is written. */
};

/** Open or create the file without truncating it.  @return 0, or -1. */
int fa_output_open(struct fa_output *output, const char *what, const char *path,
                   struct fa_error *err);

/** Open or create the file to append lines to it.  @return 0, or -1. */
int fa_output_append(struct fa_output *output, const char *what, const char *path,
                     struct fa_error *err);

/**
 * Begin to write, once it is certain that there is something to write: truncate the file, or, if
 * it is appended to, end a last line that was cut.  @return 0, or -1.
 */
int fa_output_begin(struct fa_output *output, struct fa_error *err);

/** Use an open stream, which the output owns from then on. */
void fa_output_take(struct fa_output *output, const char *what, const char *path, FILE *file);

/** Write a line and a newline.  @return 0, or -1 for the first error only. */
int fa_output_line(struct fa_output *output, const char *line, struct fa_error *err);

/** Write a text as one line.  @text  Taken; NULL: an error, no memory. */
int fa_output_text(struct fa_output *output, char *text, struct fa_error *err);

/** Write a JSON object as one line.  @object  Taken; NULL: an error, no memory. */
int fa_output_json(struct fa_output *output, json_t *object, struct fa_error *err);

/** Mark the output as incomplete.  @code  An errno.  @return -1 for the first error only. */
int fa_output_fail(struct fa_output *output, int code, struct fa_error *err);

/** Flush the buffer.  @return 0, or -1 for the first error only. */
int fa_output_flush(struct fa_output *output, struct fa_error *err);

/** Flush and close.  @return 0, or -1 for the first error only; see also failed. */
int fa_output_close(struct fa_output *output, struct fa_error *err);

#endif
