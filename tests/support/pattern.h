#ifndef FETCHALL_SUPPORT_PATTERN_H
#define FETCHALL_SUPPORT_PATTERN_H

/*
 * Bodies that nobody needs to store: every byte is a pure function of a seed (any text; the bad
 * server takes the path of the request) and its offset. The server writes them, the tests compute
 * them again.
 */

#include <stddef.h>
#include <stdint.h>

/* The size of the body where a path of the bad server names none. */
#define FA_PATTERN_SMALL 1024

/* The state for one seed, for callers that fill a buffer in pieces. */
uint64_t fa_pattern_key(const char *seed);

/* Writes the LEN bytes from OFFSET on. */
void fa_pattern_fill_key(uint64_t key, uint64_t offset, void *buf, size_t len);
void fa_pattern_fill(const char *seed, uint64_t offset, void *buf, size_t len);

/* The first SIZE bytes as a gzip file, the same each time. Returns malloc'd bytes, or NULL. */
unsigned char *fa_pattern_gzip(const char *seed, size_t size, size_t *gzip_size);

#endif
