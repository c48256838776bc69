/**
 * Reads a part of a file that is compressed (deflate, RFC 1951).
 */
#ifndef FA_STAGE_INFLATED_H
#define FA_STAGE_INFLATED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fa_inflated;

/** @return NULL: no memory */
struct fa_inflated *fa_inflated_new(void);
void fa_inflated_free(struct fa_inflated *inflated);

/** Begin to read at an offset.  @fd  Borrowed until the next call. */
void fa_inflated_begin(struct fa_inflated *inflated, int fd, uint64_t from);

/**
 * Read up to that many bytes.
 *
 * @return How many; 0: there are no more, or what follows is damaged; or -1 with errno.
 */
ssize_t fa_inflated_read(struct fa_inflated *inflated, void *data, size_t most);

#endif
