#ifndef FETCHALL_SUPPORT_TRANSCRIPT_H
#define FETCHALL_SUPPORT_TRANSCRIPT_H

/*
 * What a list returned, as text: "LINE:TEXT|" for each entry, with '!' after the line number if it
 * is bad, and at most 100 bytes of the text (list/text.h); "E" for an error, "." for the end.
 */

#include <stddef.h>

#include "list/list.h"

struct fa_transcript {
    char text[1 << 16];
    size_t len;
    size_t shown;             /* Bytes of each text; 0: 100. */
    char why[FA_MESSAGE_MAX]; /* Of the last bad entry or error. */
};

/* Lists, and what they return wherever their bytes come from. */
struct fa_transcript_row {
    const char *text;
    size_t len;
    const char *transcript;
    size_t told_len;
};
extern const struct fa_transcript_row fa_transcript_rows[];
extern const size_t fa_transcript_row_count;

/* For tests that write a list into a file: a folder of the test's own, and that file in it. */
void fa_transcript_begin(void);
void fa_transcript_end(void);
const char *fa_transcript_path(void);
void fa_transcript_put(const void *data, size_t len);

/* Put a list into the file and read the whole of it.  Return what free(3) releases. */
struct fa_transcript *fa_transcript_read_bytes(const void *data, size_t len);

/* Read until the source pauses or ends. */
enum fa_list_what fa_transcript_drain(struct fa_transcript *transcript, struct fa_list *list,
                                      double now);

/* Read a whole list, which never pauses.  Return what free(3) releases. */
struct fa_transcript *fa_transcript_read(const char *name);

struct fa_transcript *fa_transcript_read_with(const char *name,
                                              const struct fa_list_options *options);

/* Fail the test unless a list of that name and text gives this; with a format, also from a pipe
 * whose bytes arrive one by one.  why: part of the reason of the last bad entry or error; NULL:
 * any. */
void fa_transcript_expect(const char *name, const char *text, const struct fa_list_options *options,
                          const char *expected, const char *why);

/* Fail the test unless the result is that of the row. */
void fa_transcript_check(const struct fa_transcript *transcript,
                         const struct fa_transcript_row *row, const char *how);

#endif
