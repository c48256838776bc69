/*
 * linkat(2) by descriptor alone (AT_EMPTY_PATH) requires a capability on older kernels, so the file
 * is named by its link in /proc.  Containers may have no /proc, and network file systems have no
 * O_TMPFILE, or have it and cannot link: hence the probe.
 *
 * The mode is that of open(2) under the umask.  A default access control list of the folder would
 * change it, which the probe notices too.
 */
#include "engine/unnamed.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBE "unnamed.probe"

int fa_unnamed_open(int at)
{
    return openat(at, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

int fa_unnamed_link(int fd, int at, const char *name)
{
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, link, at, name, AT_SYMLINK_FOLLOW);
}

bool fa_unnamed_probe(int at, mode_t mode)
{
    struct stat st;
    int fd = fa_unnamed_open(at);
    if (fd < 0)
        return false;
    unlinkat(at, PROBE, 0); /* of a killed run */
    bool good =
        fstat(fd, &st) == 0 && (st.st_mode & 07777) == mode && fa_unnamed_link(fd, at, PROBE) == 0;
    if (good)
        good = unlinkat(at, PROBE, 0) == 0;
    close(fd);
    return good;
}
