/*
 * Runs a child and measures it.  The child is forked stopped: it waits for a byte, so that the
 * meter and the counter of system calls are attached before its exec.  All of its descendants are
 * adopted (subreaper) and reaped, because their CPU time counts.
 *
 * The child gets a process group of its own, so that it can be killed with its descendants.  The
 * group is signalled only while the child is not reaped: until then the kernel cannot give its
 * number to another process.  So the end of the child is awaited through a pidfd (pidfd_open(2)),
 * which leaves the zombie in place.
 *
 * The kernel adds the CPU time of a process to that of its parent when the parent reaps it.  A
 * descendant whose parent died first would be lost; as a subreaper (prctl(2)) this process reaps it
 * itself.
 */
#include "cli/compare/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/compare/meter.h"
#include "cli/compare/trial.h"
#include "cli/signals.h"

/* Milliseconds between two checks for a signal, for orphans to end, and for those that were
 * killed. */
#define LOOK_AROUND 200
#define LAST_WAIT   2000
#define KILL_WAIT   10000

/* A failure is ignored: then only the CPU time of orphans is missing. */
void fa_child_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The number of the tracepoint; 0 if it is missing or not permitted. */
static unsigned long long tracepoint_number(void)
{
    /* tracefs has its own mount point since Linux 4.1; before, it was part of debugfs. */
    static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    char path[96], text[32];
    unsigned long long id = 0;
    for (size_t i = 0; id == 0 && i < sizeof(places) / sizeof(*places); ++i) {
        snprintf(path, sizeof(path), "%s/events/raw_syscalls/sys_enter/id", places[i]);
        FILE *file = fopen(path, "re");
        if (file && fgets(text, sizeof(text), file))
            id = strtoull(text, NULL, 10);
        if (file)
            fclose(file);
    }
    return id;
}

/* Open a counter of the system calls of a process and its descendants, from its exec on; or -1. */
static int child_count_calls(pid_t pid)
{
    unsigned long long id = tracepoint_number();
    struct perf_event_attr attr = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attr),
        .config = id,
        .disabled = 1,
        .inherit = 1,
        .enable_on_exec = 1,
    };
    /* Usually only root can read the number: a missing count is not an error. */
    if (id == 0)
        return -1;
    return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/* The child until exec.  Uses only system calls: locks may be held by threads that do not exist
 * here (fork(2)).  A failure is status 127, as in a shell. */
static void child_become(const struct fa_child *child, const int go[2], int said)
{
    char byte;
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    /* It is preserved across execve(2), so a killed comparison leaves no run behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close(go[1]);
    /* End of file without a byte: the parent has died. */
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(child->mute ? null : said, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0 ||
        (child->dir && chdir(child->dir) != 0) || read(go[0], &byte, 1) != 1)
        _exit(127);
    /* Ignored signals stay ignored across execve(2), and other programs expect to get this one. */
    if (child->program)
        signal(SIGPIPE, SIG_DFL);
    /* The running program itself, even if its file was replaced by an update in the meantime. */
    execv(child->program ? child->program : "/proc/self/exe", child->argv);
    _exit(127);
}

/* Fork a child that waits for a byte in *ret_go. */
static pid_t child_start(const struct fa_child *child, int *ret_go, struct fa_error *err)
{
    int go[2] = {-1, -1};
    int file =
        open(child->said, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    pid_t pid = file < 0 || pipe2(go, O_CLOEXEC) ? -1 : fork();
    if (pid == 0)
        child_become(child, go, file);
    if (pid < 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot start a run");
    if (file >= 0)
        close(file);
    if (go[0] >= 0)
        close(go[0]);
    if (pid < 0 && go[1] >= 0)
        close(go[1]);
    *ret_go = go[1];
    return pid;
}

/* Wait until the child is a zombie.  @return the time, or a negative one if it was killed because
 * of
 * @until or a signal. */
static double child_await(pid_t pid, double until)
{
    struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    double when = -1;
    while (end.fd >= 0 && when < 0 && !fa_signals_caught()) {
        double now = fa_clock_now();
        if (until > 0 && now >= until)
            break;
        /* A signal just before poll(2) does not interrupt it: wake up now and then to look. */
        int most = until > 0 && until - now < LOOK_AROUND / 1e3 ? (int)(1e3 * (until - now)) + 1
                                                                : LOOK_AROUND;
        if (poll(&end, 1, most) > 0)
            when = fa_clock_now();
    }
    if (end.fd >= 0)
        close(end.fd);
    return when;
}

static double timeval_seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void usage_add(struct fa_usage *usage, const struct rusage *more)
{
    usage->user += timeval_seconds(&more->ru_utime);
    usage->system += timeval_seconds(&more->ru_stime);
    usage->switches += (uint64_t)more->ru_nvcsw + (uint64_t)more->ru_nivcsw;
}

/* Kill what is left of a run, also what has left its group, as a daemon does.  The children of this
 * process are those that it has adopted; theirs follow when they have died. */
static void children_kill(void)
{
    char path[64];
    int pid;
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *in = fopen(path, "re");
    while (in && fscanf(in, "%d", &pid) == 1)
        kill(pid, SIGKILL);
    if (in)
        fclose(in);
}

/* Reap until no child is left, including adopted ones; what cannot be killed is left behind. */
static void child_reap(pid_t pid, struct fa_usage *usage)
{
    double until = fa_clock_now() + LAST_WAIT / 1e3;
    struct timespec pause = {.tv_nsec = 1000000};
    while (fa_clock_now() < until + KILL_WAIT / 1e3) {
        struct rusage more;
        int status;
        pid_t ended = wait4(-1, &status, WNOHANG, &more);
        if (ended > 0) {
            usage_add(usage, &more);
            if (ended == pid)
                usage->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        } else if (ended < 0 && errno == ECHILD) {
            return;
        } else {
            /* Descendants get some time to end by themselves, as their CPU time counts too. */
            if (fa_clock_now() > until || fa_signals_caught())
                children_kill();
            nanosleep(&pause, NULL);
        }
    }
}

static uint64_t counter_read(int counter)
{
    uint64_t calls = FA_UNMEASURED;
    if (counter >= 0 && read(counter, &calls, sizeof(calls)) != (ssize_t)sizeof(calls))
        calls = FA_UNMEASURED;
    if (counter >= 0)
        close(counter);
    return calls;
}

/* Let the child run, and measure it. */
static int child_measure(pid_t pid, int go, double until, struct fa_usage *ret,
                         struct fa_error *err)
{
    struct fa_peaks peaks = {0};
    int counter = child_count_calls(pid);
    struct fa_meter *meter = fa_meter_start(pid, err);
    /* After all preparations, which must not count as time of the run. */
    double began = fa_clock_now();
    double ended = -1;
    /* EPIPE: the child was killed already, and can be measured. */
    if (meter && (write(go, "", 1) == 1 || errno == EPIPE))
        ended = child_await(pid, until);
    close(go);
    if (meter)
        fa_meter_stop(meter, &peaks);
    if (ended < 0)
        kill(-pid, SIGKILL);
    child_reap(pid, ret);
    /* The end of the child, not of the last orphan: a user would wait for no longer. */
    ret->wall = ended - began;
    ret->calls = counter_read(counter);
    ret->peak_pss = peaks.pss;
    ret->peak_threads = peaks.threads;
    ret->peak_processes = peaks.processes;
    ret->watching = peaks.cpu;
    if (ended >= 0)
        return 0;
    if (meter)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "a run was ended");
    return -1;
}

int fa_child_run(const struct fa_child *child, double until, struct fa_usage *ret,
                 struct fa_error *err)
{
    int go;
    *ret = (struct fa_usage){0};
    pid_t pid = child_start(child, &go, err);
    if (pid < 0)
        return -1;
    /* Parent and child both do this, so that it is done whichever runs first. */
    setpgid(pid, pid);
    return child_measure(pid, go, until, ret, err);
}
