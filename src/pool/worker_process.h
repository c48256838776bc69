/**
 * The code that runs inside a worker process.
 */
#ifndef FA_POOL_WORKER_PROCESS_H
#define FA_POOL_WORKER_PROCESS_H

#include "pool/task.h"

/** Serve tasks from a socket until it is closed; then exit.  The process must be
 * single-threaded. */
_Noreturn void fa_worker_run(int sock, const struct fa_task_table *table);

#endif
