#ifndef FETCHALL_SUPPORT_WARC_H
#define FETCHALL_SUPPORT_WARC_H

/* Reading WARC files by zlib and the letter of the standard, without the program under test. */

#include <stddef.h>

struct fa_warc_found {
    char *header; /* lines, each ended by CR LF */
    char *block;  /* with a NUL after it */
    size_t len;
};

struct fa_warc_file {
    struct fa_warc_found *records;
    size_t count;
};

/* Reads a file; what is malformed, and a digest that does not match, fail the test.  If its name
 * ends in .gz, each record must be one member of it. */
void fa_warc_read(struct fa_warc_file *file, const char *path);
void fa_warc_fini(struct fa_warc_file *file);

/* The value of a field of the header, until the next call; NULL: there is none. */
const char *fa_warc_field(const struct fa_warc_found *record, const char *name);

/* What is after the header of a message in the block. */
const char *fa_warc_payload(const struct fa_warc_found *record, size_t *ret_len);

#endif
