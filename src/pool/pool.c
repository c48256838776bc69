/*
 * Bookkeeping of tasks, independent of the kind of workers: submission, ids, queues, and callbacks.
 *
 * A task is pending until the backend takes it, running until the backend finishes it, and finished
 * until its callback has been called.  Callbacks run from an event of their own, never from inside
 * a function that the user has called, so that the user's code is not re-entered.
 */
#include "pool/pool.h"

#include "base/sized.h"
#include "pool/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Seconds between two checks of progress and of hung workers. */
#define TICK 0.25

struct fa_pool_task *fa_task_queue_pop(struct fa_task_queue *queue)
{
    struct fa_pool_task *task = TAILQ_FIRST(queue);
    if (task)
        TAILQ_REMOVE(queue, task, in_queue);
    return task;
}

void fa_pool_task_close(struct fa_pool_task *task)
{
    for (size_t i = 0; i < task->task.n_fds && !task->lent; ++i)
        close(task->fds[i]);
    task->task.n_fds = 0;
}

static void task_free(struct fa_pool_task *task)
{
    if (!task)
        return;
    fa_pool_task_close(task);
    fa_buf_fini(&task->task.reply);
    fa_buf_fini(&task->task.note);
    free((void *)(uintptr_t)task->task.input);
    free(task);
}

static void slot_release(struct fa_pool *pool, struct fa_pool_task *task)
{
    uint32_t slot = (uint32_t)task->id;
    pool->slots[slot] = NULL;
    pool->free_slots[pool->n_free++] = slot;
}

/* Slots are reused; the high half of an id is a generation that tells the tasks of a slot apart. */
static int slot_take(struct fa_pool *pool, struct fa_pool_task *task)
{
    if (pool->n_free == 0) {
        size_t n = pool->n_slots ? pool->n_slots * 2 : 64;
        struct fa_pool_task **slots = realloc(pool->slots, n * sizeof(*slots));
        if (slots)
            pool->slots = slots;
        uint32_t *free_slots = realloc(pool->free_slots, n * sizeof(*free_slots));
        if (free_slots)
            pool->free_slots = free_slots;
        if (!slots || !free_slots)
            return -1;
        for (size_t i = n; i > pool->n_slots; --i) {
            pool->slots[i - 1] = NULL;
            pool->free_slots[pool->n_free++] = (uint32_t)(i - 1);
        }
        pool->n_slots = n;
    }
    uint32_t slot = pool->free_slots[--pool->n_free];
    pool->slots[slot] = task;
    task->id = (uint64_t)++pool->generation << 32 | slot;
    return 0;
}

/* The task of an id may have ended, and another one may have its slot by now. */
static struct fa_pool_task *pool_find_task(struct fa_pool *pool, uint64_t id)
{
    uint32_t slot = (uint32_t)id;
    struct fa_pool_task *task = slot < pool->n_slots ? pool->slots[slot] : NULL;
    return task && task->id == id ? task : NULL;
}

/* The descriptors are closed at once: a file must not stay open until its callback is due. */
void fa_pool_finish(struct fa_pool *pool, struct fa_pool_task *task)
{
    fa_pool_task_close(task);
    task->state = FA_POOL_TASK_FINISHED;
    TAILQ_INSERT_TAIL(&pool->finished, task, in_queue);
    event_active(pool->deliver, EV_TIMEOUT, 0);
}

void fa_pool_finish_cancelled(struct fa_pool *pool, struct fa_pool_task *task)
{
    fa_error_set(&task->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "cancelled");
    fa_pool_finish(pool, task);
}

static void task_report_note(struct fa_pool_task *task)
{
    if (task->note_reported || !task->task.noted)
        return;
    task->note_reported = true;
    if (task->on_note)
        task->on_note(task->arg, task->task.note.data, task->task.note.len);
}

void fa_pool_report(struct fa_pool_task *task)
{
    task_report_note(task);
    uint64_t progress = task->task.progress;
    if (progress == task->reported)
        return;
    task->reported = progress;
    if (task->on_progress)
        task->on_progress(task->arg, progress);
}

/* Release the slot before the callback: it may submit a task. */
static void pool_deliver(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_pool *pool = arg;
    struct fa_pool_task *task;
    while ((task = fa_task_queue_pop(&pool->finished))) {
        struct fa_task_result result = {
            .ok = task->ok,
            .lost = task->lost,
            .error = task->error,
            .data = task->ok ? task->task.reply.data : NULL,
            .len = task->ok ? task->task.reply.len : 0,
        };
        task_report_note(task);
        slot_release(pool, task);
        --pool->unfinished;
        task->done(task->arg, &result);
        task_free(task);
    }
    pool->ops->dispatch(pool->backend);
}

/* Stops itself if there is nothing to do, so that an idle pool does not wake up the process. */
static void pool_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_pool *pool = arg;
    if (pool->unfinished == 0) {
        event_del(pool->tick);
        pool->ticking = false;
        return;
    }
    pool->ops->tick(pool->backend);
}

/* Size of these structs in the first release. */
#define CONFIG_FIRST_SIZE  offsetof(struct fa_pool_config, worker_program)
#define REQUEST_FIRST_SIZE offsetof(struct fa_task_request, note)

/* The caller's setup may be temporary, and a nursery that is restarted needs it again. */
static struct fa_pool *pool_new(const struct fa_pool_config *config, struct fa_error *err)
{
    struct fa_pool_config own = {0};
    if (fa_sized_get(&own, sizeof(own), config, CONFIG_FIRST_SIZE, "fa_pool_config", err))
        return NULL;
    if (own.setup_len > FA_TASK_BYTES_MAX) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, EMSGSIZE,
                        "cannot set up a pool of workers with %zu bytes (at most %d)",
                        own.setup_len, FA_TASK_BYTES_MAX);
        return NULL;
    }
    struct fa_pool *pool = calloc(1, sizeof(*pool));
    void *setup = pool && own.setup_len ? malloc(own.setup_len) : NULL;
    if (!pool || (own.setup_len && !setup)) {
        free(pool);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a pool of workers");
        return NULL;
    }
    if (setup)
        memcpy(setup, own.setup, own.setup_len);
    pool->config = own;
    pool->config.setup = setup;
    pool->config.workers += own.workers == 0;
    pool->ops = own.kind == FA_POOL_THREADS ? &fa_backend_threads : &fa_backend_processes;
    TAILQ_INIT(&pool->pending);
    TAILQ_INIT(&pool->finished);
    return pool;
}

/* After a failure the caller calls fa_pool_free(). */
static int pool_start(struct fa_pool *pool, struct fa_error *err)
{
    pool->deliver = event_new(pool->base, -1, 0, pool_deliver, pool);
    pool->tick = event_new(pool->base, -1, EV_PERSIST, pool_tick, pool);
    if (!pool->deliver || !pool->tick) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a pool of workers");
        return -1;
    }
    pool->backend = pool->ops->new (pool, err);
    return pool->backend ? 0 : -1;
}

struct fa_pool *fa_pool_new_on(struct event_base *base, struct fa_nursery *nursery,
                               const struct fa_pool_config *config, struct fa_error *err)
{
    struct fa_pool *pool = pool_new(config, err);
    if (!pool)
        return NULL;
    pool->base = base;
    pool->nursery = nursery;
    if (pool_start(pool, err)) {
        fa_pool_free(pool);
        return NULL;
    }
    return pool;
}

struct fa_pool *fa_pool_new(const struct fa_pool_config *config, struct fa_error *err)
{
    struct fa_pool *pool = pool_new(config, err);
    if (!pool)
        return NULL;
    pool->own_base = pool->own_nursery = true;
    pool->base = fa_loop_new(err);
    if (!pool->base)
        goto fail;
    if (pool->config.kind == FA_POOL_PROCESSES) {
        pool->nursery = fa_nursery_new(pool->base, pool->config.worker_program, true, err);
        if (!pool->nursery)
            goto fail;
    }
    if (pool_start(pool, err))
        goto fail;
    return pool;

fail:
    fa_pool_free(pool);
    return NULL;
}

/* The backend goes first: its workers may still refer to the tasks. */
void fa_pool_free(struct fa_pool *pool)
{
    if (!pool)
        return;
    pool->closing = true;
    if (pool->backend)
        pool->ops->free(pool->backend);
    for (size_t i = 0; i < pool->n_slots; ++i)
        task_free(pool->slots[i]);
    if (pool->own_nursery)
        fa_nursery_free(pool->nursery);
    if (pool->deliver)
        event_free(pool->deliver);
    if (pool->tick)
        event_free(pool->tick);
    if (pool->own_base && pool->base)
        event_base_free(pool->base);
    free(pool->slots);
    free(pool->free_slots);
    free((void *)(uintptr_t)pool->config.setup);
    free(pool);
}

/* The descriptors are stored after the task, so that submitting allocates twice. */
static struct fa_pool_task *task_new(const struct fa_task_request *request)
{
    size_t size = sizeof(struct fa_pool_task) + request->n_fds * sizeof(int);
    struct fa_pool_task *task = calloc(1, size);
    void *input = malloc(request->len + 1);
    if (!task || !input) {
        free(task);
        free(input);
        return NULL;
    }
    if (request->len)
        memcpy(input, request->data, request->len);
    if (request->n_fds)
        memcpy(task->fds, request->fds, request->n_fds * sizeof(int));
    task->task.input = input;
    task->task.len = request->len;
    task->task.fds = task->fds;
    task->task.n_fds = request->n_fds;
    task->type = request->type;
    task->done = request->done;
    task->on_progress = request->progress;
    task->on_note = request->note;
    task->arg = request->arg;
    return task;
}

/* Reject a bad descriptor here, where it can be named: passing it on would fail for the whole
 * message. */
static int request_check_fds(const struct fa_task_request *request, struct fa_error *err)
{
    for (size_t i = 0; i < request->n_fds && i < FA_TASK_FDS_MAX; ++i) {
        if (fcntl(request->fds[i], F_GETFD) < 0) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, EBADF,
                            "cannot submit a task with descriptor %d", request->fds[i]);
            return -1;
        }
    }
    return 0;
}

static int request_check(const struct fa_pool *pool, const struct fa_task_request *request,
                         struct fa_error *err)
{
    if (request->len > FA_TASK_BYTES_MAX || request->n_fds > FA_TASK_FDS_MAX)
        fa_error_system(err, FA_CLASS_LOCAL_IO, EMSGSIZE,
                        "cannot submit a task of %zu bytes and %zu descriptors (at most %d and %d)",
                        request->len, request->n_fds, FA_TASK_BYTES_MAX, FA_TASK_FDS_MAX);
    else if (!request->done)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "a task requires a done() callback");
    else if (!fa_task_table_has(pool->config.types, request->type))
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "unknown task type '%s'",
                     request->type);
    else
        return 0;
    return -1;
}

/* @return a pending task, or NULL with its descriptors open. */
static struct fa_pool_task *pool_add_task(struct fa_pool *pool,
                                          const struct fa_task_request *request,
                                          struct fa_error *err)
{
    if (request_check(pool, request, err))
        return NULL;
    struct fa_pool_task *task = task_new(request);
    if (task && slot_take(pool, task) == 0) {
        ++pool->unfinished;
        TAILQ_INSERT_TAIL(&pool->pending, task, in_queue);
        return task;
    }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot submit a task");
    if (task)
        task->task.n_fds = 0;
    task_free(task);
    return NULL;
}

static int pool_submit(struct fa_pool *pool, const struct fa_task_request *request, bool lent,
                       uint64_t *ret_id, struct fa_error *err)
{
    struct fa_pool_task *task = pool_add_task(pool, request, err);
    if (!task)
        return -1;
    task->lent = lent;
    if (ret_id)
        *ret_id = task->id;
    if (!pool->ticking) {
        struct timeval every = fa_loop_time(TICK);
        event_add(pool->tick, &every);
        pool->ticking = true;
    }
    pool->ops->dispatch(pool->backend);
    return 0;
}

/* Descriptors are taken even on failure, so that the caller has one rule. */
int fa_pool_submit(struct fa_pool *pool, const struct fa_task_request *request, uint64_t *ret_id,
                   struct fa_error *err)
{
    struct fa_task_request own = {0};
    if (fa_sized_get(&own, sizeof(own), request, REQUEST_FIRST_SIZE, "fa_task_request", err))
        return -1;
    if (request_check_fds(&own, err) == 0 && pool_submit(pool, &own, false, ret_id, err) == 0)
        return 0;
    for (size_t i = 0; i < own.n_fds; ++i)
        close(own.fds[i]);
    return -1;
}

int fa_pool_submit_lent(struct fa_pool *pool, const struct fa_task_request *request,
                        uint64_t *ret_id, struct fa_error *err)
{
    return pool_submit(pool, request, true, ret_id, err);
}

/* A running task is only asked to end: its worker decides when. */
void fa_pool_cancel(struct fa_pool *pool, uint64_t id)
{
    struct fa_pool_task *task = pool_find_task(pool, id);
    if (!task || task->state == FA_POOL_TASK_FINISHED)
        return;
    if (task->state == FA_POOL_TASK_PENDING) {
        TAILQ_REMOVE(&pool->pending, task, in_queue);
        fa_pool_finish_cancelled(pool, task);
        return;
    }
    task->task.cancelled = true;
    pool->ops->notify(pool->backend, task);
}

/* A pending task carries the value with it when it starts. */
void fa_pool_tune(struct fa_pool *pool, uint64_t id, uint64_t value)
{
    struct fa_pool_task *task = pool_find_task(pool, id);
    if (!task || task->state == FA_POOL_TASK_FINISHED)
        return;
    task->task.tuned = value;
    if (task->state == FA_POOL_TASK_RUNNING)
        pool->ops->notify(pool->backend, task);
}

int fa_pool_wait(struct fa_pool *pool, struct fa_error *err)
{
    if (pool->waiting) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "fa_pool_wait() must not be called from a callback");
        return -1;
    }
    int result = 0;
    pool->waiting = true;
    while (result == 0 && pool->unfinished > 0)
        result = event_base_loop(pool->base, EVLOOP_ONCE) < 0 ? -1 : 0;
    pool->waiting = false;
    if (result)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot wait for workers");
    return result;
}
