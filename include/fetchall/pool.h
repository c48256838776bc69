/**
 * A pool of workers for tasks: threads, or processes.
 *
 * A task type is a name and a few functions, known to the program at build time.  A task is a
 * name, bytes and descriptors in; bytes out.  Each result reaches a callback.  A worker process
 * that dies takes its own task with it and no other.
 *
 * Worker processes are forked from a nursery: the program itself, run again early and kept small,
 * so that nothing is ever forked from a process with threads.  For that, main() begins with
 *
 *     fa_worker_main(argc, argv, my_task_types);
 *
 * with the table that the pool is given, too; a program that does not gets no pool of processes.  A
 * worker has its standard output and error from the program, and no input.  Descriptors 0, 1 and 2
 * must be open, be it to /dev/null.
 *
 * A pool belongs to the thread that made it; callbacks run there, inside fa_pool_wait().  They may
 * submit, cancel and tune, but neither wait nor free the pool.
 */
#ifndef FETCHALL_POOL_H
#define FETCHALL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** Bytes in or out of one task, 16 MiB; larger data travels by descriptor (memfd_create(2)).  More
 * than 64 KiB cost a process a memory file, or several messages. */
#define FA_TASK_BYTES_MAX 16777216
/** Bytes of a note. */
#define FA_TASK_NOTE_MAX 1000
/** Descriptors of one task. */
#define FA_TASK_FDS_MAX 64

struct fa_pool;
struct fa_task; /**< A task as its worker sees it. */

/** A kind of task.  run is called in a worker; the other functions may be NULL. */
struct fa_task_type {
    const char *name;

    /** Once, before the first worker is started, in the process that workers share their start
     * with (for processes: the nursery).  What it returns is given to each open().  Where it fails,
     * there is no pool of threads, and every task of a pool of processes is lost. */
    int (*share)(const void *setup, size_t len, void **ret_shared, struct fa_error *err);

    /** Once in each worker, before its first task.  What it returns is given to each run(). */
    int (*open)(void *shared, void **ret_state, struct fa_error *err);

    /** Once in each worker process, after open(), never in a thread: give up, for good, what tasks of
     * this type do not need.  It is gone for the other types of the pool, too. */
    int (*confine)(void *shared, struct fa_error *err);

    /** Do one task.  A failure's err reaches the callback. */
    int (*run)(void *state, struct fa_task *task, struct fa_error *err);

    /** Once in each worker thread, at its end.  Worker processes just exit. */
    void (*close)(void *state);

    /** Once, after the last worker thread's end. */
    void (*unshare)(void *shared);

    void (*reserved[4])(void); /**< NULL: for functions of later versions. */
};

/** The bytes that the task was submitted with, at any alignment; valid until run() returns. */
const void *fa_task_input(const struct fa_task *task, size_t *ret_len);

/** Its i-th descriptor, or -1; closed after run(). */
int fa_task_fd(const struct fa_task *task, size_t i);

/** How many descriptors it came with. */
size_t fa_task_fd_count(const struct fa_task *task);

/** Append to the result.  @return 0, or -1 if it would be more than FA_TASK_BYTES_MAX. */
int fa_task_reply(struct fa_task *task, const void *data, size_t len);

/**
 * Tell how far the task is, and that its worker is alive.  Cheap to call often: it sends at most
 * a few times a second.
 */
void fa_task_progress(struct fa_task *task, uint64_t value);

/**
 * Tell the submitter something before the end.  At most once in a task, and from 1 to
 * FA_TASK_NOTE_MAX bytes; sent at once, or with the next progress.
 *
 * @return 0, or -1 if it is empty or too long, or not the first, or memory ran out.
 */
int fa_task_note(struct fa_task *task, const void *data, size_t len);

/** Whether the submitter has cancelled the task.  Cheap to call often. */
bool fa_task_cancelled(struct fa_task *task);

/** The last value given to fa_pool_tune() for the task; 0: none. */
uint64_t fa_task_tuned(struct fa_task *task);

enum fa_pool_kind { FA_POOL_THREADS, FA_POOL_PROCESSES };

struct fa_pool_config {
    size_t size; /**< sizeof(struct fa_pool_config). */
    enum fa_pool_kind kind;
    unsigned workers;                 /**< At most, 1 at least; they are started as tasks come. */
    const struct fa_task_type *types; /**< Ends with a row without name.  Borrowed. */
    const void *setup;                /**< Given to each type's share(): up to FA_TASK_BYTES_MAX.
                                         Copied. */
    size_t setup_len;
    double hang_timeout; /**< Processes: a worker that shows no sign of life for that many seconds
                            while it has a task is killed; 0: never. */
    const char *worker_program; /**< See struct fa_config. */
};

/** How a task ended. */
struct fa_task_result {
    bool ok;
    bool lost; /**< The worker died, hung or broke the protocol. */
    struct fa_error error;
    const void *data; /**< The reply, if ok; borrowed until the callback returns. */
    size_t len;
};

struct fa_task_request {
    size_t size;      /**< sizeof(struct fa_task_request). */
    const char *type; /**< Borrowed until the result. */
    const void *data; /**< Copied. */
    size_t len;
    const int *fds; /**< The descriptors are taken, also when submitting fails. */
    size_t n_fds;
    void (*done)(void *arg, const struct fa_task_result *result);
    void (*progress)(void *arg, uint64_t value); /**< May be NULL. */
    void *arg;
    /** May be NULL.  Never after done. */
    void (*note)(void *arg, const void *data, size_t len);
};

/** @return A pool to release with fa_pool_free(), or NULL. */
struct fa_pool *fa_pool_new(const struct fa_pool_config *config, struct fa_error *err);

/**
 * Ends the workers; tasks without a result are dropped, their callbacks are not called.  Worker
 * processes are killed; a thread ends its task first: see fa_task_cancelled().
 */
void fa_pool_free(struct fa_pool *pool);

/**
 * Submit a task.  done is called exactly once for it, never from inside this call.
 *
 * @ret_id  Names the task for the calls below; may be NULL.
 */
int fa_pool_submit(struct fa_pool *pool, const struct fa_task_request *request, uint64_t *ret_id,
                   struct fa_error *err);

/** Ask a task to end early.  done still follows, at once if it had not begun. */
void fa_pool_cancel(struct fa_pool *pool, uint64_t id);

/** Give a running task a number that it may read with fa_task_tuned(). */
void fa_pool_tune(struct fa_pool *pool, uint64_t id, uint64_t value);

/** Run callbacks until every task has its result. */
int fa_pool_wait(struct fa_pool *pool, struct fa_error *err);

/**
 * How many CPUs this process may use, which is how many workers can compute at once: its affinity
 * (sched_getaffinity(2)), and the quotas of its control groups (cgroups(7)), a started one counted
 * whole.  At least 1.  Reads files, so ask once.
 */
unsigned fa_cores(void);

/**
 * Become a worker process if the program was started as one; else return at once.
 *
 * @types  The program's own task types, or NULL; ends with a row without name.
 */
void fa_worker_main(int argc, char **argv, const struct fa_task_type *types);

FA_API_END

#endif
