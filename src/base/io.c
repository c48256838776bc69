/*
 * pwrite(2) returning 0 is not an error by POSIX, but looping on it would hang; a file that ends
 * before the bytes that must be there has been truncated by someone else.  Both get an errno here,
 * so that callers need not handle a third result.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* EOPNOTSUPP comes from a file system without O_TMPFILE.  A kernel that does not know the flag
 * takes the call for an attempt to write to a directory (EISDIR); some layers report the other
 * errors. */
int fa_io_unlinked(int dirfd)
{
    int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
        return fd;

    /* Fall back for file systems without O_TMPFILE (NFS, some overlays). */
    for (unsigned i = 0; i < 100; ++i) {
        char name[64];
        snprintf(name, sizeof(name), "unlinked-%ld-%u.tmp", (long)getpid(), i);
        fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            unlinkat(dirfd, name, 0);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int fa_io_pwrite(int fd, const void *data, size_t len, uint64_t at)
{
    const char *from = data;
    while (len > 0) {
        ssize_t n = pwrite(fd, from, len, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return -1;
        from += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

ssize_t fa_io_pread(int fd, void *data, size_t least, size_t most, uint64_t at)
{
    size_t len = 0;
    while (len < least) {
        ssize_t n = pread(fd, (char *)data + len, most - len, (off_t)(at + len));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return -1;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

/* A server that declares more bytes than are free is reported without an errno: that is only a
 * claim. */
bool fa_io_is_full(const struct fa_error *error)
{
    return error->class == FA_CLASS_LOCAL_IO && error->domain == FA_DOMAIN_SYSTEM &&
           (error->code == ENOSPC || error->code == EDQUOT);
}

/* A file system without a fixed number of inodes reports 0 of them in total. */
static bool folder_lacks_inodes(int dirfd, const char *path)
{
    struct statvfs fs;
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? openat(dirfd, folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    bool lacks =
        fd >= 0 && fstatvfs(fd, &fs) == 0 && fs.f_files > 0 && fs.f_favail == 0 && fs.f_bavail > 0;
    if (fd >= 0)
        close(fd);
    free(folder);
    return lacks;
}

void fa_io_not_created(struct fa_error *err, int dirfd, const char *path, const char *what,
                       const char *object)
{
    int code = errno;
    if (code == ENOSPC && folder_lacks_inodes(dirfd, path))
        fa_error_set(err, FA_DOMAIN_SYSTEM, ENOSPC, FA_CLASS_LOCAL_IO,
                     "cannot %s '%s': No inodes left on the file system (df -i)", what, object);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s '%s'", what, object);
}
