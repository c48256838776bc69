/**
 * One run of the program itself, and what it took.
 */
#ifndef FETCHALL_CLI_COMPARE_CHILD_H
#define FETCHALL_CLI_COMPARE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/error.h>

/** Of the run and all processes below it; FA_UNMEASURED where the kernel does not tell. */
struct fa_usage {
    double wall; /**< From just before it is the program to its end. */
    double user, system;
    uint64_t switches;
    uint64_t calls; /**< System calls; needs the tracepoint raw_syscalls:sys_enter. */
    uint64_t peak_pss, peak_threads, peak_processes;
    double watching; /**< Seconds of CPU that measuring took us; not part of the above. */
    int status;      /**< Exit status, or 128 and the number of a signal. */
};

/** Become the parent of all orphans below, so that their CPU time is known.  Once, at first. */
void fa_child_adopt_orphans(void);

/**
 * Run it, in a process group of its own and with nothing on standard input, until it and all below
 * it have ended.  If we die, so does it.
 *
 * @argv   argv[0] too; ends with NULL.
 * @until  On the monotonic clock: then it is killed.  0: never.
 * @said   The file for its standard error, and standard output unless it is to be mute.
 * @return 0; or -1 if it cannot be run, or was killed (FA_CLASS_CANCELLED): it was time, or
 *         fa_signals_caught().
 */
int fa_child_run(char *const argv[], double until, const char *said, bool mute,
                 struct fa_usage *ret, struct fa_error *err);

#endif
