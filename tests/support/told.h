#ifndef FETCHALL_SUPPORT_TOLD_H
#define FETCHALL_SUPPORT_TOLD_H

/*
 * What a list returned, as text: "LINE:TEXT|" for each entry, with '!' after the line number if it
 * is bad, and at most 100 bytes of the text (list/text.h); "E" for an error, "." for the end.
 */

#include <stddef.h>

#include "list/list.h"

struct fa_told {
    char text[1 << 16];
    size_t len;
    char why[FA_MESSAGE_MAX]; /* Of the last bad entry or error. */
};

/* Lists, and what they return wherever their bytes come from. */
struct fa_told_row {
    const char *text;
    size_t len;
    const char *told;
    size_t told_len;
};
extern const struct fa_told_row fa_told_rows[];
extern const size_t fa_told_row_count;

/* For tests that write a list into a file: a folder of the test's own, and that file in it. */
void fa_told_begin(void);
void fa_told_end(void);
const char *fa_told_path(void);
void fa_told_put(const void *data, size_t len);

/* Put a list into the file and read the whole of it.  Return what free(3) releases. */
struct fa_told *fa_told_read_bytes(const void *data, size_t len);

/* Read until the source pauses or ends. */
enum fa_list_what fa_told_drain(struct fa_told *told, struct fa_list *list, double now);

/* Read a whole list, which never pauses.  Return what free(3) releases. */
struct fa_told *fa_told_read(const char *name);

/* Fail the test unless the result is that of the row. */
void fa_told_check(const struct fa_told *told, const struct fa_told_row *row, const char *how);

#endif
