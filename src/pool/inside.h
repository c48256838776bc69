/**
 * The code that runs inside the nursery and inside a worker process.
 */
#ifndef FA_POOL_INSIDE_H
#define FA_POOL_INSIDE_H

#include "pool/launch.h"
#include "pool/task.h"

/** The nursery's end of its socket, and the environment variable that announces it. */
#define FA_NURSERY_FD       FA_LAUNCH_FD
#define FA_NURSERY_VARIABLE "FETCHALL_NURSERY"

/** Whether this process was started as a nursery, and has not become one yet. */
bool fa_nursery_is_due(void);

/** Serve tasks from a socket until it is closed; then exit.  The process must be
 * single-threaded. */
_Noreturn void fa_worker_run(int sock, const struct fa_task_table *table);

#endif
