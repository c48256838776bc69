/*
 * An LD_PRELOAD library whose pwrite() writes at most as many bytes as SHORT_WRITES says, at least
 * one: what a signal or a nearly full disk may do at any time.  With AddressSanitizer in the
 * program, add verify_asan_link_order=0 to ASAN_OPTIONS.
 */

#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
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
