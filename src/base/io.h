/**
 * Files by their descriptors: a temporary one without a name, and transfers that go on until all
 * is done (pread(2) and pwrite(2) may do less, or be interrupted).
 *
 * All of it blocks, and may be called on any thread.  Failure leaves its reason in errno: only the
 * caller knows what the file is for, and so what to say.
 */
#ifndef FA_BASE_IO_H
#define FA_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Make a file that is read and written by its descriptor only, and is gone when that is closed
 * (O_TMPFILE of open(2); a file that is unlinked at once where the file system has no such thing).
 *
 * @dirfd  The folder whose file system holds it.  Borrowed.
 * @return A descriptor, closed on exec, to release with close(2); or -1.
 */
int fa_io_unlinked(int dirfd);

/**
 * Write all of it.
 *
 * @at  The offset; that of the descriptor stays.
 * @return 0, or -1: then any part of it may have been written.  A write that takes nothing and
 *         tells no reason counts as ENOSPC.
 */
int fa_io_pwrite(int fd, const void *data, size_t len, uint64_t at);

/**
 * Read as much as there is at hand, but no less than is needed.
 *
 * @least, most  Bytes; data has room for most.  With least == most: read all of it.
 * @at           The offset; that of the descriptor stays.
 * @return How many bytes, from least to most; or -1, with EIO if the file ends before least.
 */
ssize_t fa_io_pread(int fd, void *data, size_t least, size_t most, uint64_t at);

#endif
