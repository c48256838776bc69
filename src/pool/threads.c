/*
 * The backend for threads.  Threads are started as tasks arrive, up to the configured number.
 *
 * Ownership moves with the queues: a task in `todo` or `done` is protected by the lock; while a
 * thread works on it, only that thread uses it, except for its atomic fields (progress, tuned,
 * cancelled, noted).  The loop's thread keeps a separate list of all running tasks, which needs no
 * lock.
 *
 * Unlike a process, a thread cannot be killed, and a crash ends the whole program.  So there is no
 * hang timeout here, no task is ever lost, and fa_pool_free() waits for the running tasks.
 */
#include "base/thread.h"
#include "pool/backend.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* The default, often 8 MiB, times hundreds of threads may exceed a limit of address space. */
#define STACK (512 * 1024)

struct fa_backend {
    struct fa_pool *pool;
    struct fa_task_table table;
    struct fa_wake *wake;
    pthread_t *threads;
    unsigned n_threads;

    pthread_mutex_t lock; /* guards the fields below */
    pthread_cond_t work;
    struct fa_task_queue todo;
    struct fa_task_queue done;
    unsigned idle;
    unsigned todo_count;
    bool stop;

    LIST_HEAD(, fa_pool_task) running; /* for the loop's thread only */
};

/* If the runner could not be created, retry with each task, which fails without one. */
static void backend_run_task(struct fa_backend *self, struct fa_task_runner *runner, bool *ready,
                             struct fa_pool_task *task)
{
    if (task->task.cancelled)
        fa_error_set(&task->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "cancelled");
    else if (*ready || (*ready = fa_task_runner_init(runner, &self->table, &task->error) == 0))
        task->ok = fa_task_runner_run(runner, task->type, &task->task, &task->error) == 0;
    pthread_mutex_lock(&self->lock);
    TAILQ_INSERT_TAIL(&self->done, task, in_queue);
    pthread_mutex_unlock(&self->lock);
    fa_wake_post(self->wake);
}

/* `idle` counts the threads that wait, so that a task starts a new thread only if none is free.  An
 * idle thread stays: its connections are warm. */
static void *backend_thread(void *arg)
{
    struct fa_backend *self = arg;
    struct fa_task_runner runner;
    bool ready = fa_task_runner_init(&runner, &self->table, NULL) == 0;
    pthread_mutex_lock(&self->lock);
    for (;;) {
        ++self->idle;
        while (!self->stop && TAILQ_EMPTY(&self->todo))
            pthread_cond_wait(&self->work, &self->lock);
        --self->idle;
        if (self->stop)
            break;
        struct fa_pool_task *task = fa_task_queue_pop(&self->todo);
        --self->todo_count;
        pthread_mutex_unlock(&self->lock);
        backend_run_task(self, &runner, &ready, task);
        pthread_mutex_lock(&self->lock);
    }
    pthread_mutex_unlock(&self->lock);
    if (ready)
        fa_task_runner_fini(&runner);
    return NULL;
}

/* A failure matters only if there is no thread at all: otherwise the task waits for one. */
static int backend_add_thread(struct fa_backend *self)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    int code = fa_thread_start(&self->threads[self->n_threads], &attr, backend_thread, self);
    pthread_attr_destroy(&attr);
    if (code == 0)
        ++self->n_threads;
    return code;
}

/* Move the queue under the lock, call back without it. */
static void backend_on_done(void *arg)
{
    struct fa_backend *self = arg;
    struct fa_task_queue done = TAILQ_HEAD_INITIALIZER(done);
    struct fa_pool_task *task;
    pthread_mutex_lock(&self->lock);
    TAILQ_CONCAT(&done, &self->done, in_queue);
    pthread_mutex_unlock(&self->lock);
    while ((task = fa_task_queue_pop(&done))) {
        LIST_REMOVE(task, running);
        fa_pool_finish(self->pool, task);
    }
}

/* Running tasks are asked to end: a thread cannot be killed.  Tasks in `todo` stay there, and are
 * freed by the pool. */
static void threads_free(struct fa_backend *self)
{
    if (!self)
        return;
    struct fa_pool_task *task;
    LIST_FOREACH (task, &self->running, running)
        task->task.cancelled = true;
    pthread_mutex_lock(&self->lock);
    self->stop = true;
    pthread_cond_broadcast(&self->work);
    pthread_mutex_unlock(&self->lock);
    for (unsigned i = 0; i < self->n_threads; ++i)
        pthread_join(self->threads[i], NULL);
    fa_task_table_fini(&self->table);
    fa_wake_free(self->wake);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->work);
    free(self->threads);
    free(self);
}

/* share() runs here, on the thread of the loop, before there is a worker that could need it. */
static struct fa_backend *threads_new(struct fa_pool *pool, struct fa_error *err)
{
    struct fa_backend *self = calloc(1, sizeof(*self));
    pthread_t *threads = calloc(pool->config.workers, sizeof(*threads));
    if (!self || !threads) {
        free(self);
        free(threads);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a pool of threads");
        return NULL;
    }
    self->pool = pool;
    self->threads = threads;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->work, NULL);
    LIST_INIT(&self->running);
    TAILQ_INIT(&self->todo);
    TAILQ_INIT(&self->done);
    self->wake = fa_wake_new(pool->base, backend_on_done, self, err);
    if (!self->wake || fa_task_table_init(&self->table, pool->config.types, pool->config.setup,
                                          pool->config.setup_len, err)) {
        threads_free(self);
        return NULL;
    }
    return self;
}

/* Hand a task to the threads, and start one if all are busy.  Fails only if there is no thread
 * at all. */
static void backend_start_task(struct fa_backend *self, struct fa_pool_task *task)
{
    task->state = FA_POOL_TASK_RUNNING;
    LIST_INSERT_HEAD(&self->running, task, running);
    pthread_mutex_lock(&self->lock);
    TAILQ_INSERT_TAIL(&self->todo, task, in_queue);
    ++self->todo_count;
    bool more = self->todo_count > self->idle && self->n_threads < self->pool->config.workers;
    pthread_mutex_unlock(&self->lock);
    pthread_cond_signal(&self->work); /* without the lock, which the thread needs first */
    int code = more ? backend_add_thread(self) : 0;
    if (code && self->n_threads == 0) {
        TAILQ_INIT(&self->todo);
        self->todo_count = 0;
        LIST_REMOVE(task, running);
        fa_error_system(&task->error, FA_CLASS_LOCAL_IO, code, "cannot start a thread");
        fa_pool_finish(self->pool, task);
    }
}

/* All tasks are handed over at once: `todo` keeps their order, and a thread that becomes free need
 * not wait for the loop. */
static void threads_dispatch(struct fa_backend *self)
{
    struct fa_pool_task *task;
    while ((task = fa_task_queue_pop(&self->pool->pending)))
        backend_start_task(self, task);
}

/* Remove a task from the queue, if no thread has taken it yet.  Linear, but only cancellation
 * needs it. */
static bool backend_remove_todo(struct fa_backend *self, struct fa_pool_task *task)
{
    struct fa_pool_task *at;
    TAILQ_FOREACH (at, &self->todo, in_queue) {
        if (at == task) {
            TAILQ_REMOVE(&self->todo, task, in_queue);
            --self->todo_count;
            return true;
        }
    }
    return false;
}

/* A task that no thread has taken yet can be finished here. */
static void threads_notify(struct fa_backend *self, struct fa_pool_task *task)
{
    /* The worker reads the atomic fields itself. */
    if (!task->task.cancelled)
        return;
    pthread_mutex_lock(&self->lock);
    bool waits = backend_remove_todo(self, task);
    pthread_mutex_unlock(&self->lock);
    if (waits) {
        LIST_REMOVE(task, running);
        fa_pool_finish_cancelled(self->pool, task);
    }
}

/* Poll progress instead of waking the loop for each report. */
static void threads_tick(struct fa_backend *self)
{
    struct fa_pool_task *task;
    LIST_FOREACH (task, &self->running, running)
        fa_pool_report(task);
}

const struct fa_backend_ops fa_backend_threads = {
    .new = threads_new,
    .dispatch = threads_dispatch,
    .notify = threads_notify,
    .tick = threads_tick,
    .free = threads_free,
};
