/**
 * Runs a program, and measures what it takes.
 */
#ifndef FETCHALL_CLI_COMPARE_CHILD_H
#define FETCHALL_CLI_COMPARE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Of the process and all of its descendants; FA_UNMEASURED where the kernel has no value. */
struct fa_usage {
    double wall; /**< From just before execve(2) to the end. */
    double user, system;
    uint64_t switches;
    uint64_t calls; /**< System calls; needs the tracepoint raw_syscalls:sys_enter. */
    uint64_t peak_pss, peak_threads, peak_processes;
    double watching; /**< Seconds of CPU for measuring; not included above. */
    int status;      /**< Exit status, or 128 plus the number of a signal. */
};

/** Become the parent of all orphaned descendants, so that their CPU time is known.  Call it once,
 * first. */
void fa_child_adopt_orphans(void);

/** A program to run. */
struct fa_child {
    char *const *argv;   /**< Including argv[0]; ends with NULL. */
    const char *program; /**< Its file; NULL: fetchall itself. */
    const char *dir;     /**< Its working directory; NULL: that of this process. */
    const char *said;    /**< The file for its standard error, and for its standard output. */
    bool mute;           /**< Discard its standard output. */
};

/**
 * Run a program in a process group of its own, with empty standard input, until it and all of its
 * descendants have ended.  It is killed if this process dies.
 *
 * @until  Time on the monotonic clock when it is killed.  0: never.
 * @return 0; or -1 if it cannot be run, or was killed (FA_CLASS_CANCELLED) because of @until or
 *         fa_signals_caught().
 */
int fa_child_run(const struct fa_child *child, double until, struct fa_usage *ret,
                 struct fa_error *err);

#endif
