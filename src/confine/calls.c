/*
 * Workers have a list of what they may do; all else fails with EPERM.  The supervisor, which has
 * SQLite, an event loop and threads in it, has a list of what it may not: what only programs that
 * attack others, or the kernel, have a use for.
 */
#include "confine/calls.h"

#include <errno.h>
#include <seccomp.h>

/* Every worker: memory, descriptors that it is given, its socket, its end. */
static const int basic[] = {
    SCMP_SYS(brk),        SCMP_SYS(mmap),       SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),    SCMP_SYS(futex),      SCMP_SYS(read),          SCMP_SYS(pread64),
    SCMP_SYS(recvmsg),    SCMP_SYS(sendmsg),    SCMP_SYS(close),         SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(fadvise64),  SCMP_SYS(clock_gettime), SCMP_SYS(getrandom),
    SCMP_SYS(exit),       SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),  SCMP_SYS(restart_syscall),
};

/* Sockets, the part, and the threads of libcurl's resolver and of the watchdog. */
static const int download[] = {
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

static const int forbidden[] = {
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(personality),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(syslog),
    SCMP_SYS(vhangup),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
};

bool fa_confine_has_calls(void)
{
    return seccomp_api_get() >= 2;
}

#define ADD(filter, action, list) add(filter, action, list, sizeof(list) / sizeof(*(list)))

/* What an architecture does not have needs no rule. */
static int add(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; ++i) {
        int code = seccomp_rule_add(filter, action, calls[i], 0);
        if (code && code != -EDOM && code != -EINVAL)
            return code;
    }
    return 0;
}

/* Threads may be made, processes not.  Of clone3 the flags cannot be seen, and glibc falls back. */
static int add_threads(scmp_filter_ctx filter)
{
    int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (code)
        return code;
    const uint64_t thread = 0x00010000; /* CLONE_THREAD */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
}

static int fill(scmp_filter_ctx filter, enum fa_confine_role role)
{
    if (role == FA_CONFINE_SUPERVISOR)
        return ADD(filter, SCMP_ACT_ERRNO(EPERM), forbidden);
    int code = ADD(filter, SCMP_ACT_ALLOW, basic);
    if (code == 0 && role == FA_CONFINE_DOWNLOAD)
        code = ADD(filter, SCMP_ACT_ALLOW, download);
    if (code == 0 && role == FA_CONFINE_DOWNLOAD)
        code = add_threads(filter);
    return code;
}

int fa_confine_calls(enum fa_confine_role role)
{
    bool worker = role != FA_CONFINE_SUPERVISOR;
    scmp_filter_ctx filter = seccomp_init(worker ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
    if (!filter) {
        errno = ENOMEM;
        return -1;
    }
    /* All threads, those that are there already too. */
    int code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (code == 0)
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (code == 0)
        code = fill(filter, role);
    if (code == 0)
        code = seccomp_load(filter);
    seccomp_release(filter);
    if (code)
        errno = -code;
    return code ? -1 : 0;
}
