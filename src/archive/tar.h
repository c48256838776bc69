/**
 * Tar archives (POSIX.1-2017, pax): headers to write, and the same headers read again.
 *
 * A member whose name or size does not fit in a ustar header has a pax header before it, and so has
 * one whose name is not ASCII.
 */
#ifndef FA_ARCHIVE_TAR_H
#define FA_ARCHIVE_TAR_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

#define FA_TAR_BLOCK 512
/** Zeros at the end of an archive. */
#define FA_TAR_END (2 * FA_TAR_BLOCK)

/** A regular file of mode 0644 that belongs to nobody in particular. */
struct fa_tar_member {
    const char *name;
    uint64_t size;
    int64_t modified; /**< Seconds since 1970, not negative. */
};

/** Append the headers of a member.  Its data follows, and fa_tar_padding() zeros. */
void fa_tar_put_header(struct fa_buf *buf, const struct fa_tar_member *member);

/** How many zeros follow that many bytes of data. */
size_t fa_tar_padding(uint64_t size);

/** A member as it was read. */
struct fa_tar_found {
    char *name;    /**< To be freed. */
    uint64_t data; /**< Offset of its first byte. */
    uint64_t size;
    uint64_t next; /**< Offset of the next header. */
};

/**
 * Read the headers of a member that fa_tar_put_header() wrote.
 *
 * @at     Offset of its first header.
 * @return 1; 0: the archive ends there; or -1 with errno: EBADMSG, if it is not such a header.
 */
int fa_tar_read(int fd, uint64_t at, struct fa_tar_found *ret);

#endif
