#ifndef FETCHALL_SUPPORT_PROCESS_H
#define FETCHALL_SUPPORT_PROCESS_H

/* Starting processes in a known state, and looking at them through /proc. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * What a new process gets. Its signals are at their defaults, it leads a process group of its
 * own, it has no descriptors but 0, 1 and 2, and it gets death_signal when the thread that
 * started it ends, so that nothing outlives a test.
 */
struct fa_spawn {
    const char *const *argv; /* the first is the program; looked for in PATH without a slash */
    const char *const *env;  /* NAME=value besides the few below; NULL: none; it wins over them */
    const char *cwd;         /* NULL: ours */
    int fds[3];              /* become 0, 1, 2; they stay open here, and are the caller's */
    rlim_t nofile;           /* RLIMIT_NOFILE; 0: ours */
    rlim_t fsize;            /* RLIMIT_FSIZE; 0: ours */
    bool has_umask;
    mode_t umask;
    int death_signal;
};

/*
 * Passed on from our environment: PATH, TMPDIR, the options of sanitizers and coverage. LC_ALL is
 * C. There is no HOME and no proxy. Returns the process; fails the test if there is none.
 */
pid_t fa_process_spawn(const struct fa_spawn *spawn);

/* A pipe whose ends are closed on exec. */
void fa_process_pipe(int ends[2]);

/*
 * The processes below PID, children of children included, that are not zombies. Writes at most
 * MAX of them and returns how many there are.
 */
size_t fa_process_descendants(pid_t pid, pid_t *pids, size_t max);

/* Whether PID is there and not a zombie. */
bool fa_process_alive(pid_t pid);

/* Open descriptors and threads of a process; -1 if it is gone. */
int fa_process_fds(pid_t pid);
int fa_process_threads(pid_t pid);

/* Its peak resident size up to now, in KiB; -1 if it is gone. */
long fa_process_peak_rss(pid_t pid);

/* Seconds on the monotonic clock. */
double fa_now(void);

/*
 * Asks DONE(ARG) again and again, at most 20 ms apart, until it is true. False after TIMEOUT_S
 * seconds, which the environment's FA_SLOW (a factor, for sanitizers) makes longer.
 */
bool fa_wait_until(bool (*done)(void *arg), void *arg, double timeout_s);

/* TIMEOUT_S times FA_SLOW. */
double fa_timeout(double timeout_s);

#endif
