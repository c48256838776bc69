/**
 * A task from its worker's point of view, and the task types that a worker knows.  Shared by
 * threads and processes.
 */
#ifndef FA_POOL_TASK_H
#define FA_POOL_TASK_H

#include "base/buf.h"

#include <fetchall/pool.h>

#include <stdatomic.h>

struct fa_task {
    const void *input;
    size_t len;
    const int *fds;
    size_t n_fds;
    struct fa_buf reply;
    _Atomic uint64_t progress;
    _Atomic uint64_t tuned;
    atomic_bool cancelled;
    struct fa_buf note;
    atomic_bool noted; /**< Once set, note is no longer written. */

    /** Exchange messages with the pool, at a limited rate, but a note at once; NULL where memory
     * is shared. */
    void (*exchange)(struct fa_task *task);
};

/** The task types of a program with the results of their share(). */
struct fa_task_table {
    const struct fa_task_type *types; /**< Borrowed; n of them. */
    size_t n;
    void **shared;
    size_t n_shared; /**< Number of initialised entries. */
};

/** Call each share().  @return 0, or -1 with nothing to release. */
int fa_task_table_init(struct fa_task_table *table, const struct fa_task_type *types,
                       const void *setup, size_t len, struct fa_error *err);
void fa_task_table_fini(struct fa_task_table *table);

/** @return whether one of the types has that name. */
bool fa_task_table_has(const struct fa_task_type *types, const char *name);

/** Runs tasks in one worker: the worker's state of each type. */
struct fa_task_runner {
    const struct fa_task_table *table; /**< Borrowed. */
    void **states;
    bool *opened;
    bool confines; /**< The worker is a process of its own, which may be confined. */
};

int fa_task_runner_init(struct fa_task_runner *runner, const struct fa_task_table *table,
                        struct fa_error *err);
void fa_task_runner_fini(struct fa_task_runner *runner);

/** Run a task of the named type. */
int fa_task_runner_run(struct fa_task_runner *runner, const char *name, struct fa_task *task,
                       struct fa_error *err);

#endif
