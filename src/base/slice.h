/**
 * A range of bytes that the user asks for (RFC 9110, 14.1.2): the file is that slice.  Pure.
 */
#ifndef FA_BASE_SLICE_H
#define FA_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Size of a buffer for the text of a slice, with the final zero. */
#define FA_SLICE_MAX 44

struct fa_slice {
    bool set;      /**< false: the whole file. */
    int64_t first; /**< -1: the last `last` bytes of the file. */
    int64_t last;  /**< Inclusive; -1: to the end of the file. */
};

/** Parse "FIRST-LAST", "FIRST-" or "-LENGTH".  @return 0, or -1 with FA_CLASS_BAD_URL. */
int fa_slice_parse(const char *text, size_t len, struct fa_slice *ret, struct fa_error *err);

/** Whether a header line is a Range field with a value. */
bool fa_slice_is_field(const char *line, size_t len);

/** Parse such a line.  Only one range of bytes is supported. */
int fa_slice_parse_field(const char *line, size_t len, struct fa_slice *ret, struct fa_error *err);

/** Write it as fa_slice_parse() reads it; "" for the whole file. */
void fa_slice_print(const struct fa_slice *slice, char ret[FA_SLICE_MAX]);

/**
 * Whether bytes of a file are those of the slice.  A slice that begins inside the file and would
 * end behind it ends with it.
 *
 * @first, last  The bytes, inclusive.
 * @total        Size of the file; -1: unknown, so that only "FIRST-LAST" can be proved.
 */
bool fa_slice_is(const struct fa_slice *slice, uint64_t first, uint64_t last, int64_t total);

#endif
