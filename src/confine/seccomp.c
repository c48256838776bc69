/*
 * Workers may make only listed system calls; all others fail with EPERM.  EPERM rather than a
 * signal, because libraries probe for optional calls and handle their absence.
 *
 * The supervisor has no filter: it would cost about 70 ns per system call, and Landlock and the
 * dropped capabilities already prevent what matters (files, programs, tracing, mounts, modules,
 * users).
 */
#include "confine/seccomp.h"

#include <errno.h>
#include <seccomp.h>

/* All workers: memory, their descriptors, their socket, exit. */
static const int basic_calls[] = {
    SCMP_SYS(brk),        SCMP_SYS(mmap),       SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),    SCMP_SYS(futex),      SCMP_SYS(read),          SCMP_SYS(pread64),
    SCMP_SYS(recvmsg),    SCMP_SYS(sendmsg),    SCMP_SYS(close),         SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(fadvise64),  SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
    SCMP_SYS(exit),       SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall),
};

/* Downloads: sockets, the part file, and the threads of libcurl's resolver and of the watchdog. */
static const int download_calls[] = {
    SCMP_SYS(mprotect),
    SCMP_SYS(statx),
    SCMP_SYS(lseek),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sched_yield),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(readv),
    SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fchmod),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fcntl),
    SCMP_SYS(ioctl),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(dup),
    SCMP_SYS(uname),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getppid),
    SCMP_SYS(sysinfo),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_getres),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrusage),
    SCMP_SYS(tgkill),
    SCMP_SYS(time),
};

bool fa_seccomp_supported(void)
{
    return seccomp_api_get() >= 2;
}

#define ALLOW(filter, list) filter_allow(filter, list, sizeof(list) / sizeof(*(list)))

/* Skip calls that this architecture lacks. */
static int filter_allow(scmp_filter_ctx filter, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        int code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
        /* open(2) and other old calls do not exist on arm64; see seccomp_rule_add(3) for the
         * codes. */
        if (code && code != -EDOM && code != -EINVAL)
            return code;
    }
    return 0;
}

/* Allow new threads, but not processes.  The flags of clone3(2) are in memory, where a filter
 * cannot see them, so it fails with ENOSYS and glibc falls back to clone(2). */
static int filter_allow_threads(scmp_filter_ctx filter)
{
    int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (code)
        return code;
    const uint64_t thread = 0x00010000; /* CLONE_THREAD */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
}

static int filter_fill(scmp_filter_ctx filter, enum fa_confine_role role)
{
    int code = ALLOW(filter, basic_calls);
    if (code == 0 && role == FA_CONFINE_DOWNLOAD)
        code = ALLOW(filter, download_calls);
    if (code == 0 && role == FA_CONFINE_DOWNLOAD)
        code = filter_allow_threads(filter);
    return code;
}

int fa_seccomp_apply(enum fa_confine_role role)
{
    if (role == FA_CONFINE_SUPERVISOR)
        return 0;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter) {
        errno = ENOMEM;
        return -1;
    }
    /* Apply the filter to all existing threads. */
    int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (code == 0)
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (code == 0)
        code = filter_fill(filter, role);
    if (code == 0)
        code = seccomp_load(filter);
    seccomp_release(filter);
    if (code)
        errno = -code;
    return code ? -1 : 0;
}
