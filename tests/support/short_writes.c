/*
 * An LD_PRELOAD library whose pwrite() writes at most as many bytes as SHORT_WRITES says, at least
 * one: what a signal or a nearly full disk may do at any time; and whose fdatasync() of a part
 * takes as many seconds as SLOW_SYNC says, as on a file server that hangs.  With AddressSanitizer
 * in the program, add verify_asan_link_order=0 to ASAN_OPTIONS.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    const char *text = getenv("SHORT_WRITES");
    size_t most = text ? strtoul(text, NULL, 10) : 0;
    size_t n = most > 0 && most < len ? most : len;
    return syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    return pwrite(fd, data, len, at);
}

static int is_part(int fd)
{
    char link[32];
    char name[256] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, name, sizeof(name) - 1);
    return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

int fdatasync(int fd)
{
    const char *text = is_part(fd) ? getenv("SLOW_SYNC") : NULL;
    struct timespec left = {.tv_sec = text ? strtol(text, NULL, 10) : 0};
    while (nanosleep(&left, &left)) {
    }
    return (int)syscall(SYS_fdatasync, fd);
}
