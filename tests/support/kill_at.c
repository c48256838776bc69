/*
 * An LD_PRELOAD library that counts the calls which change files, and kills the process that makes
 * a certain one of them, right before or after it; or makes calls fail, or write little. See
 * kill_plan.h. The calls are made as bare system calls, so nothing is looked up.
 */

#include "kill_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct fa_kill_plan *plan;

__attribute__((constructor)) static void take_plan(void)
{
    const char *path = getenv("FA_KILL_PLAN");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return;
    }
    void *map = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    plan = map == MAP_FAILED ? NULL : map;
    close(fd);
}

/* Asked each time, because a worker is forked before it gets its name. */
static int role_of_self(void)
{
    char name[32] = "";
    long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/comm", O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        syscall(SYS_read, fd, name, sizeof(name) - 1);
        syscall(SYS_close, fd);
    }
    bool ours = strncmp(name, "fetchall", 8) == 0 && strncmp(name, "fetchall-keeper", 15) != 0;
    return strncmp(name, "fetchall-nurse", 14) == 0    ? FA_KILL_NURSERY
           : strncmp(name, "fetchall-worker", 15) == 0 ? FA_KILL_WORKER
           : ours || strncmp(name, "exe", 3) == 0      ? FA_KILL_SUPERVISOR
                                                       : FA_KILL_ROLES;
}

static void die(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) {
        pause();
    }
}

enum verdict { GO_ON, DIE_AFTER, DIE_HALFWAY, FAIL };

/* Counts a step; does not return if it is to die before it. */
static enum verdict step(enum fa_kill_call call)
{
    if (!plan) {
        return GO_ON;
    }
    int keep = errno;
    int role = role_of_self();
    errno = keep;
    if (role == FA_KILL_ROLES) { /* a command of the user, or its keeper */
        return GO_ON;
    }
    uint64_t of_call = atomic_fetch_add(&plan->counts[role][call], 1) + 1;
    uint64_t of_all = atomic_fetch_add(&plan->totals[role], 1) + 1;
    if (!plan->step || role != plan->role ||
        (plan->call != FA_KILL_ANY && plan->call != (int)call)) {
        return GO_ON;
    }
    uint64_t at = plan->call == FA_KILL_ANY ? of_all : of_call;
    uint64_t times = plan->when == FA_KILL_FAIL ? plan->times : 1;
    if (at < plan->step || at >= plan->step + times) {
        return GO_ON;
    }
    plan->hit_call = (int)call;
    atomic_fetch_add(&plan->hits, 1);
    switch (plan->when) {
    case FA_KILL_AFTER:
        return DIE_AFTER;
    case FA_KILL_FAIL:
        errno = plan->error;
        return FAIL;
    case FA_KILL_HALF:
        if (call == FA_KILL_PWRITE || call == FA_KILL_WRITE) {
            return DIE_HALFWAY;
        }
        break;
    default:
        break;
    }
    die();
    return GO_ON;
}

/* The result of a call that was made, unless it was the last. */
static long made(enum verdict verdict, long result)
{
    if (verdict == DIE_AFTER || verdict == DIE_HALFWAY) {
        die();
    }
    return result;
}

#define STEP(call, ...)                \
    enum verdict verdict = step(call); \
    if (verdict == FAIL) {             \
        return -1;                     \
    }                                  \
    return (int)made(verdict, syscall(__VA_ARGS__))

static bool is_file(int fd)
{
    struct stat st;
    int keep = errno;
    bool file = plan && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    errno = keep;
    return file;
}

static size_t portion(enum verdict verdict, size_t len)
{
    return verdict == DIE_HALFWAY ? len / 2 : plan && plan->tiny && len > 0 ? 1 : len;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    enum verdict verdict = is_file(fd) ? step(FA_KILL_PWRITE) : GO_ON;
    if (verdict == FAIL) {
        return -1;
    }
    return made(verdict, syscall(SYS_pwrite64, fd, bytes, portion(verdict, len), at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    return pwrite(fd, bytes, len, at);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (!is_file(fd)) {
        return syscall(SYS_write, fd, bytes, len);
    }
    enum verdict verdict = step(FA_KILL_WRITE);
    if (verdict == FAIL) {
        return -1;
    }
    return made(verdict, syscall(SYS_write, fd, bytes, portion(verdict, len)));
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
    if (!(flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))) {
        return (int)syscall(SYS_openat, dir, path, flags, 0);
    }
    STEP(FA_KILL_OPEN, SYS_openat, dir, path, flags, mode);
}

static mode_t mode_of(int flags, va_list more)
{
    return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(more, mode_t) : 0;
}

#define OPEN(dir)                       \
    va_list more;                       \
    va_start(more, flags);              \
    mode_t mode = mode_of(flags, more); \
    va_end(more);                       \
    return open_at(dir, path, flags, mode)

int open(const char *path, int flags, ...)
{
    OPEN(AT_FDCWD);
}

int open64(const char *path, int flags, ...)
{
    OPEN(AT_FDCWD);
}

int openat(int dir, const char *path, int flags, ...)
{
    OPEN(dir);
}

int openat64(int dir, const char *path, int flags, ...)
{
    OPEN(dir);
}

int rename(const char *from, const char *to)
{
    STEP(FA_KILL_RENAME, SYS_rename, from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    STEP(FA_KILL_RENAME, SYS_renameat, from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    STEP(FA_KILL_RENAME, SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    STEP(FA_KILL_RENAME, SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
    STEP(FA_KILL_UNLINK, SYS_unlink, path);
}

int unlinkat(int dir, const char *path, int flags)
{
    STEP(FA_KILL_UNLINK, SYS_unlinkat, dir, path, flags);
}

int ftruncate(int fd, off_t size)
{
    STEP(FA_KILL_TRUNCATE, SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    STEP(FA_KILL_TRUNCATE, SYS_ftruncate, fd, size);
}

int fchmod(int fd, mode_t mode)
{
    STEP(FA_KILL_CHMOD, SYS_fchmod, fd, mode);
}

int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
    if (flags) {
        errno = EOPNOTSUPP;
        return -1;
    }
    STEP(FA_KILL_CHMOD, SYS_fchmodat, dir, path, mode);
}

int fsync(int fd)
{
    STEP(FA_KILL_SYNC, SYS_fsync, fd);
}

int fdatasync(int fd)
{
    STEP(FA_KILL_SYNC, SYS_fdatasync, fd);
}

int syncfs(int fd)
{
    STEP(FA_KILL_SYNC, SYS_syncfs, fd);
}

int mkdir(const char *path, mode_t mode)
{
    STEP(FA_KILL_MKDIR, SYS_mkdir, path, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    STEP(FA_KILL_MKDIR, SYS_mkdirat, dir, path, mode);
}

int fallocate(int fd, int mode, off_t at, off_t len)
{
    STEP(FA_KILL_ALLOCATE, SYS_fallocate, fd, mode, at, len);
}

int fallocate64(int fd, int mode, off64_t at, off64_t len)
{
    STEP(FA_KILL_ALLOCATE, SYS_fallocate, fd, mode, at, len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    enum verdict verdict = step(FA_KILL_SENDMSG);
    if (verdict == FAIL) {
        return -1;
    }
    return made(verdict, syscall(SYS_sendmsg, fd, message, flags));
}
