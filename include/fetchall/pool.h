/**
 * A pool runs tasks in worker threads or worker processes.
 *
 * A task type is a name and a few functions, known at build time.  A task is the name of a type,
 * input bytes and descriptors; its result, passed to a callback, is bytes or an error.  A worker
 * process that crashes loses its own task and no other.
 *
 * Worker processes are forked from a nursery: the program itself, executed again early and kept
 * small, so that a process with threads never forks.  For that, main() begins with
 *
 *     fa_worker_main(argc, argv, my_task_types);
 *
 * with the same table that the pool gets; otherwise a pool of processes is refused.  Workers
 * inherit standard output and error, but no standard input.  Descriptors 0, 1 and 2 must be open,
 * for example to /dev/null.
 *
 * Only the thread that created a pool may use it.  Callbacks run on that thread, inside
 * fa_pool_wait().  They may submit, cancel and tune tasks, but not wait or free the pool.
 */
#ifndef FETCHALL_POOL_H
#define FETCHALL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** The maximum input or output of one task in bytes, 16 MiB; pass larger data by descriptor
 * (memfd_create(2)).  A process needs a memory file or several messages for more than 64 KiB. */
#define FA_TASK_BYTES_MAX 16777216
/** The maximum size of a note in bytes. */
#define FA_TASK_NOTE_MAX 1000
/** The maximum number of descriptors of one task. */
#define FA_TASK_FDS_MAX 64

struct fa_pool;
struct fa_task; /**< A task inside its worker. */

/** A type of task.  Only run is required; it is called in a worker. */
struct fa_task_type {
    const char *name;

    /** Called once before the first worker starts, in the process that all workers come from (for
     * processes: the nursery).  Its result is passed to each open().  If it fails, a pool of
     * threads is not created, and each task of a pool of processes ends as lost. */
    int (*share)(const void *setup, size_t len, void **ret_shared, struct fa_error *err);

    /** Called once in each worker, before its first task.  Its result is passed to each run(). */
    int (*open)(void *shared, void **ret_state, struct fa_error *err);

    /** Called once in each worker process, after open(), never in a thread: drop the rights that
     * tasks of this type do not need.  Other types of the pool lose them, too. */
    int (*confine)(void *shared, struct fa_error *err);

    /** Do one task; return 0, or -1 with an error, which is passed to the callback. */
    int (*run)(void *state, struct fa_task *task, struct fa_error *err);

    /** Called once in each worker thread, at its end.  Worker processes just exit. */
    void (*close)(void *state);

    /** Called once, after the last worker thread ended. */
    void (*unshare)(void *shared);

    void (*reserved[4])(void); /**< NULL: for functions of later versions. */
};

/* The fa_task_*() functions are called inside run(), on the thread of the worker. */

/** The input of the task, not aligned; valid until run() returns. */
const void *fa_task_input(const struct fa_task *task, size_t *ret_len);

/** The descriptor of index i, or -1 if there is none.  The library closes it after run(). */
int fa_task_fd(const struct fa_task *task, size_t i);

/** How many descriptors the task has. */
size_t fa_task_fd_count(const struct fa_task *task);

/**
 * Append to the result.
 *
 * @return 0, or -1 if the result exceeds FA_TASK_BYTES_MAX or memory ran out.
 */
int fa_task_reply(struct fa_task *task, const void *data, size_t len);

/**
 * Report the progress of the task, and that its worker is alive.  Can be called often: it sends at
 * most a few messages per second.
 */
void fa_task_progress(struct fa_task *task, uint64_t value);

/**
 * Send a note to the submitter before the task ends: one per task, of 1 to FA_TASK_NOTE_MAX bytes.
 * It is sent at once, or with the next progress.
 *
 * @return 0, or -1 if the note is empty, too long or not the first one, or if memory ran out.
 */
int fa_task_note(struct fa_task *task, const void *data, size_t len);

/** Whether the submitter cancelled the task.  Can be called often. */
bool fa_task_cancelled(struct fa_task *task);

/** The last value that fa_pool_tune() sent; 0: none. */
uint64_t fa_task_tuned(struct fa_task *task);

enum fa_pool_kind { FA_POOL_THREADS, FA_POOL_PROCESSES };

/** New fields go to the end; the smallest accepted size ends before worker_program. */
struct fa_pool_config {
    size_t size; /**< sizeof(struct fa_pool_config). */
    enum fa_pool_kind kind;
    unsigned workers; /**< The maximum, at least 1; workers start as tasks arrive. */
    const struct fa_task_type *types; /**< Ends with a row without a name.  Borrowed until
                                         fa_pool_free(). */
    const void *setup;                /**< Passed to share() of each type, setup_len bytes, at most
                                         FA_TASK_BYTES_MAX.  Copied. */
    size_t setup_len;
    double hang_timeout; /**< Processes: seconds without a sign of life after which a worker that
                            has a task is killed; 0: never. */
    const char *worker_program; /**< As in struct fa_config. */
};

/** How a task ended. */
struct fa_task_result {
    bool ok;
    bool lost; /**< The worker crashed, hung or broke the protocol. */
    struct fa_error error;
    const void *data; /**< The reply, if ok; valid until the callback returns. */
    size_t len;
};

/** A task to submit.  New fields go to the end; the smallest accepted size ends before note. */
struct fa_task_request {
    size_t size;      /**< sizeof(struct fa_task_request). */
    const char *type; /**< Borrowed until done() was called. */
    const void *data; /**< Copied. */
    size_t len;
    const int *fds; /**< Closed by the library, also if submitting fails for another reason
                       than the size of this struct. */
    size_t n_fds;
    /** Required.  Called exactly once, inside fa_pool_wait(). */
    void (*done)(void *arg, const struct fa_task_result *result);
    void (*progress)(void *arg, uint64_t value); /**< May be NULL. */
    void *arg;
    /** May be NULL.  Not called after done(). */
    void (*note)(void *arg, const void *data, size_t len);
};

/**
 * Create a pool.  A pool of processes starts a nursery, so call it before the program creates
 * threads.
 *
 * @config Copied.
 * @return A pool to release with fa_pool_free(), or NULL with FA_CLASS_REFUSED (the program did not
 *         call fa_worker_main(), or the size of the config is wrong) or FA_CLASS_LOCAL_IO.
 */
struct fa_pool *fa_pool_new(const struct fa_pool_config *config, struct fa_error *err);

/**
 * End the workers and release the pool; NULL is allowed.  Tasks without a result are dropped, and
 * their callbacks are not called.  Worker processes are killed; a thread finishes its task first:
 * see fa_task_cancelled().
 */
void fa_pool_free(struct fa_pool *pool);

/**
 * Submit a task.  done() is called exactly once for it, never inside this call.
 *
 * @ret_id The id of the task, for the functions below; may be NULL.
 * @return 0, or -1 with FA_CLASS_REFUSED (no done(), an unknown type, a wrong size) or
 *         FA_CLASS_LOCAL_IO (too many bytes or descriptors, a closed descriptor, memory).
 */
int fa_pool_submit(struct fa_pool *pool, const struct fa_task_request *request, uint64_t *ret_id,
                   struct fa_error *err);

/**
 * Ask a task to end early.  done() is still called, with FA_CLASS_CANCELLED if it had not started.
 * Does nothing if the task has ended.
 */
void fa_pool_cancel(struct fa_pool *pool, uint64_t id);

/** Send a number to a task, which it can read with fa_task_tuned().  Ignored after its end. */
void fa_pool_tune(struct fa_pool *pool, uint64_t id, uint64_t value);

/**
 * Call callbacks until every task has its result.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED inside a callback, and with FA_CLASS_LOCAL_IO otherwise.
 */
int fa_pool_wait(struct fa_pool *pool, struct fa_error *err);

/**
 * How many CPUs this process may use, at least 1: the minimum of its affinity
 * (sched_getaffinity(2)) and the quotas of its control groups (cgroups(7)), rounded up.  Reads
 * files, so call it once.  Can be called from any thread.
 */
unsigned fa_cores(void);

/**
 * Become the nursery of worker processes, and never return, if the program was started for that;
 * otherwise return at once.  Call it first in main(), before the program creates threads.
 *
 * @types  The task types of the program; ends with a row without a name; may be NULL.
 */
void fa_worker_main(int argc, char **argv, const struct fa_task_type *types);

FA_API_END

#endif
