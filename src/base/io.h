/**
 * Operations on descriptors: create an unnamed temporary file, and read or write completely
 * (pread(2) and pwrite(2) may transfer less or be interrupted).
 *
 * Everything blocks, and may be called on any thread.  On failure the reason is in errno: only the
 * caller knows what the file is for, and can report it.
 */
#ifndef FA_BASE_IO_H
#define FA_BASE_IO_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * Create a temporary file without a name, which is deleted when its descriptor is closed (O_TMPFILE
 * of open(2); on file systems without it, a file that is unlinked immediately).
 *
 * @dirfd  A directory on the file system to use.  Borrowed.
 * @return A close-on-exec descriptor, to be closed with close(2); or -1.
 */
int fa_io_unlinked(int dirfd);

/**
 * Write all bytes.
 *
 * @at  The offset; the descriptor's own offset does not change.
 * @return 0, or -1: any part may have been written.  A write of 0 bytes is reported as ENOSPC.
 */
int fa_io_pwrite(int fd, const void *data, size_t len, uint64_t at);

/**
 * Read what is available, but at least the required minimum.
 *
 * @least, most  Bytes; data has space for most.  With least == most, read exactly that.
 * @at           The offset; the descriptor's own offset does not change.
 * @return Number of bytes, from least to most; or -1, with EIO if the file ends before least.
 */
ssize_t fa_io_pread(int fd, void *data, size_t least, size_t most, uint64_t at);

/** Whether an error says that a disk or a quota is full, or that no inode is left. */
bool fa_io_is_full(const struct fa_error *error);

/**
 * Set the error of a file or folder that could not be created from errno: "cannot WHAT 'OBJECT':
 * why".  ENOSPC says that space or inodes are lacking, and the message says which.
 *
 * @dirfd, path  As for openat(2).
 */
void fa_io_not_created(struct fa_error *err, int dirfd, const char *path, const char *what,
                       const char *object);

#endif
