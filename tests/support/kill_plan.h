#ifndef FETCHALL_SUPPORT_KILL_PLAN_H
#define FETCHALL_SUPPORT_KILL_PLAN_H

/*
 * What libkill_at.so, an LD_PRELOAD library, does to the program and its children.  FA_KILL_PLAN in
 * the environment names a file that contains a struct fa_kill_plan; the test and all of the
 * processes have it mapped.  So the steps of all workers are counted together, a step takes effect
 * in one process only, and the counts survive the processes that are killed.
 *
 * A step is a call that changes a file or a folder, or that passes something to another process, by
 * the program or by SQLite.
 */

#include <stdatomic.h>
#include <stdint.h>

enum fa_kill_role { FA_KILL_SUPERVISOR, FA_KILL_NURSERY, FA_KILL_WORKER, FA_KILL_ROLES };

enum fa_kill_call {
    FA_KILL_PWRITE,
    FA_KILL_WRITE, /* to a regular file */
    FA_KILL_OPEN,  /* that makes a file */
    FA_KILL_RENAME,
    FA_KILL_UNLINK,
    FA_KILL_TRUNCATE,
    FA_KILL_CHMOD,
    FA_KILL_SYNC,
    FA_KILL_MKDIR,
    FA_KILL_ALLOCATE,
    FA_KILL_SENDMSG,
    FA_KILL_CALLS
};

#define FA_KILL_ANY -1

enum fa_kill_when {
    FA_KILL_BEFORE,
    FA_KILL_AFTER,
    FA_KILL_HALF, /* after half of the bytes of a write; before any other call */
    FA_KILL_FAIL, /* no death: the call fails */
    FA_KILL_WHENS
};

struct fa_kill_plan {
    /* Set by the test, all zero: just count. */
    int role;
    int call;      /* FA_KILL_ANY: all count */
    uint64_t step; /* the first is 1; 0: never */
    enum fa_kill_when when;
    int error;      /* FAIL: errno */
    uint64_t times; /* FAIL: this many calls in a row */
    int tiny;       /* writes to files write a byte */

    /* Filled in. */
    _Atomic uint64_t counts[FA_KILL_ROLES][FA_KILL_CALLS];
    _Atomic uint64_t totals[FA_KILL_ROLES];
    _Atomic uint64_t hits; /* 0: the step was never reached */
    int hit_call;          /* of the last hit */
};

#endif
