/**
 * The interface between a pool and its kind of workers.
 *
 * pool.c keeps the tasks in the order of submission.  A backend takes them from the pending queue,
 * and returns each with fa_pool_finish().  Everything happens on the thread of the event loop.
 */
#ifndef FA_POOL_BACKEND_H
#define FA_POOL_BACKEND_H

#include "base/loop.h"
#include "pool/pool.h"
#include "pool/task.h"

#include <sys/queue.h>

struct fa_backend;

enum fa_pool_task_state { FA_POOL_TASK_PENDING, FA_POOL_TASK_RUNNING, FA_POOL_TASK_FINISHED };

/** A task from the pool's point of view. */
struct fa_pool_task {
    struct fa_task task; /**< Owns its input, fds and reply. */
    uint64_t id;
    enum fa_pool_task_state state;
    const char *type;
    void (*done)(void *arg, const struct fa_task_result *result);
    void (*on_progress)(void *arg, uint64_t value);
    void (*on_note)(void *arg, const void *data, size_t len);
    void *arg;
    uint64_t reported;  /**< The last progress that was reported. */
    bool note_reported; /**< The note has been reported. */
    bool lent;          /**< The descriptors are the submitter's. */
    bool ok;
    bool lost;
    struct fa_error error;
    void *worker;                       /**< Private to the backend. */
    LIST_ENTRY(fa_pool_task) running;   /**< Link in the backend's list of running tasks. */
    TAILQ_ENTRY(fa_pool_task) in_queue; /**< Link in its current queue. */
    int fds[];
};

TAILQ_HEAD(fa_task_queue, fa_pool_task);

/** @return the first task, removed from the queue; or NULL. */
struct fa_pool_task *fa_task_queue_pop(struct fa_task_queue *queue);

struct fa_backend_ops {
    /** @return the backend, or NULL. */
    struct fa_backend *(*new)(struct fa_pool *pool, struct fa_error *err);
    /** There may be new pending tasks or idle workers. */
    void (*dispatch)(struct fa_backend *self);
    /** A running task was cancelled or tuned: notify its worker. */
    void (*notify)(struct fa_backend *self, struct fa_pool_task *task);
    /** Called about four times a second while tasks run. */
    void (*tick)(struct fa_backend *self);
    void (*free)(struct fa_backend *self);
};

extern const struct fa_backend_ops fa_backend_threads;
extern const struct fa_backend_ops fa_backend_processes;

struct fa_pool {
    struct fa_pool_config config; /**< setup is a copy owned by the pool. */
    struct event_base *base;
    bool own_base;
    struct fa_nursery *nursery;
    bool own_nursery;
    const struct fa_backend_ops *ops;
    struct fa_backend *backend;
    struct fa_task_queue pending;
    struct fa_task_queue finished; /**< Tasks whose callbacks are due. */
    struct event *deliver;
    struct event *tick;
    struct fa_pool_task **slots; /**< Indexed by the low half of a task's id. */
    size_t n_slots;
    uint32_t *free_slots;
    size_t n_free;
    uint32_t generation;
    size_t unfinished;
    bool ticking;
    bool waiting;
    bool closing;
};

/** Close the remaining descriptors of a task. */
void fa_pool_task_close(struct fa_pool_task *task);

/** The task has ended, with ok, lost, error and reply set.  Schedules its callback. */
void fa_pool_finish(struct fa_pool *pool, struct fa_pool_task *task);

/** The same for a task that was cancelled before it began. */
void fa_pool_finish_cancelled(struct fa_pool *pool, struct fa_pool_task *task);

/** Report a task's note and progress if they are new. */
void fa_pool_report(struct fa_pool_task *task);

#endif
