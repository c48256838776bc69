/**
 * The lines of a source (list/source.h), through one buffer.
 *
 * Lines end with LF, or with another byte that is set; the last one may lack it.  A line is handed out when it is complete, and stays
 * the current one until fa_lines_use().  Of a line longer than the limit only its beginning is
 * handed out, and the rest is skipped.
 *
 * Nothing here blocks.  One thread at a time.
 */
#ifndef FA_LIST_LINES_H
#define FA_LIST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list/source.h"

struct fa_line {
    const char *at; /**< Without the LF; may hold any byte.  Borrowed until fa_lines_use(). */
    size_t len;
    uint64_t number; /**< From 1. */
    bool too_long;
};

/** To be read only by others. */
struct fa_lines {
    struct fa_source *source;  /**< Owned. */
    enum fa_source_what ended; /**< FA_SOURCE_SOME while it has not. */
    struct fa_error error;     /**< If ended is FA_SOURCE_ERROR. */
    bool waiting;              /**< The source had nothing when it was last asked. */

    unsigned fills; /* Of this call. */
    bool have;      /* A line is current. */
    struct fa_line line;
    size_t used; /* Bytes of the buffer that it takes up. */
    uint64_t number;
    bool skipping; /* Inside a line that was too long. */

    char separator;    /* At the end of a line. */
    size_t max;        /* Bytes of a line. */
    size_t start, end; /* The unused bytes of buf. */
    size_t scanned;    /* Bytes after start that hold no line end. */
    char *buf;         /* max + FA_SOURCE_SIZE of them.  Owned. */
};

/**
 * Open a source.
 *
 * @name  As for fa_source_open().
 * @max   Bytes of a line without its LF.
 * @return 0, or -1: then there is nothing to release.
 */
int fa_lines_init(struct fa_lines *lines, const char *name, size_t max, struct fa_error *err);

void fa_lines_fini(struct fa_lines *lines);

/** Raise the limit, before the first line is asked for.  @return 0, or -1 if memory ran out. */
int fa_lines_set_max(struct fa_lines *lines, size_t max, struct fa_error *err);

/** Set the byte that ends a line, before the first line is asked for. */
void fa_lines_set_separator(struct fa_lines *lines, char separator);

/** A new call of the list's reader begins: it may fill the buffer some times, and then pauses, so
 * that it returns even if the list never ends. */
void fa_lines_begin_call(struct fa_lines *lines);

/**
 * The first unused bytes, before the first line is asked for; or in a format without lines.
 *
 * @least  How many are needed.
 * @return FA_SOURCE_SOME: *ret_len is at least that, or all there are; or FA_SOURCE_AGAIN.
 */
enum fa_source_what fa_lines_peek(struct fa_lines *lines, size_t least, double now,
                                  const char **ret, size_t *ret_len);

/** Use up the first len bytes that fa_lines_peek() returned, in a format without lines. */
void fa_lines_take(struct fa_lines *lines, size_t len);

/**
 * Have a current line.
 *
 * @now  Seconds on a monotonic clock.
 * @return FA_SOURCE_SOME: *ret is the current line; FA_SOURCE_AGAIN: not now; or lines->ended.
 */
enum fa_source_what fa_lines_next(struct fa_lines *lines, double now, struct fa_line *ret);

/** Skip byte order marks at the beginning of a line. */
void fa_line_skip_mark(struct fa_line *line);

/** The current line has been used. */
void fa_lines_use(struct fa_lines *lines);

/**
 * End the current line before its end: the rest becomes the next line, of the same number.
 *
 * @at  Inside the line, not at its beginning.
 */
void fa_lines_split(struct fa_lines *lines, const char *at);

/** Stop: the source ends here, with an error. */
void fa_lines_fail(struct fa_lines *lines, const struct fa_error *err);

/** The first byte of a line that has begun and is not complete; '\n' if there is none. */
char fa_lines_begun(const struct fa_lines *lines);

#endif
