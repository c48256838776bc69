/*
 * linkat(2) by descriptor alone (AT_EMPTY_PATH) saves the lookup of three names in /proc, but
 * requires a capability before Linux 6.10.  Else the file is named by its link in /proc.
 * Containers may have no /proc, and network file systems have no O_TMPFILE, or have it and cannot
 * link: hence the probe.
 *
 * The mode is that of open(2) under the umask.  A default access control list of the folder would
 * change it, which the probe notices too.
 */
#include "engine/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROBE "unnamed.probe"

int fa_unnamed_open(int at)
{
    return openat(at, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

static int unnamed_link_by_proc(int fd, int at, const char *name)
{
    char link[32];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, link, at, name, AT_SYMLINK_FOLLOW);
}

/* ENOENT means that the capability is missing, or the folder. */
int fa_unnamed_link(int fd, int at, const char *name)
{
    static atomic_bool needs_proc;
    if (!needs_proc) {
        if (linkat(fd, "", at, name, AT_EMPTY_PATH) == 0)
            return 0;
        if (errno != ENOENT)
            return -1;
    }
    int result = unnamed_link_by_proc(fd, at, name);
    if (result == 0)
        needs_proc = true;
    return result;
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
