/*
 * The backend for worker processes.  A worker has one task at a time.
 *
 * The death of a worker is noticed twice: its socket reports end of file, and the nursery reports
 * its wait status.  The task fails only with the second, so that the message can say "signal 9,
 * Killed"; until then the worker is `dying`.
 *
 * After a death, new workers are started after an exponential back-off, so that a task type that
 * always crashes does not become a fork bomb.
 *
 * A worker may have been taken over by hostile data.  Each frame must be one that the worker may
 * send in its current state (received.c); otherwise it is killed.
 *
 * A worker is used before it exists: worker_new() creates its socket and asks the nursery to fork a
 * process for the other end, and the first task is sent without waiting for the answer.  It stays
 * in the socket until the worker reads it, so starting a worker costs no round trip.
 */
#include "pool/backend.h"

#include "base/clock.h"
#include "pool/frame.h"
#include "pool/received.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Seconds: until the next request if the socket of the nursery was full; the first back-off, which
 * is doubled with each further death; its maximum. */
#define NURSERY_BUSY   0.02
#define BACK_OFF_MIN   0.05
#define BACK_OFF_MAX   5.0
#define FRAMES_AT_ONCE 16

struct worker_handle {
    struct fa_child child; /* first: worker_on_changed() casts its address */
    struct fa_backend *backend;
    int sock;
    struct event *event;
    struct fa_pool_task *task;
    double last_frame; /* when it last sent a frame */
    bool dying;
    const char *reason; /* why we killed it, or NULL */
    bool is_idle;
    LIST_ENTRY(worker_handle) idle; /* if is_idle */
};

struct fa_backend {
    struct fa_pool *pool;
    struct fa_role role;
    uint64_t role_id;
    struct worker_handle **workers;
    unsigned n_workers;
    LIST_HEAD(, worker_handle) idle; /* most recently used first: its connections are warm */
    double back_off;
    double not_before;
    struct event *retry;
    struct fa_frame_buffer room;
};

static void worker_free(struct worker_handle *w)
{
    if (!w)
        return;
    if (w->event)
        event_free(w->event);
    if (w->sock >= 0)
        close(w->sock);
    free(w);
}

static void worker_set_idle(struct worker_handle *w, bool idle)
{
    if (idle && !w->is_idle)
        LIST_INSERT_HEAD(&w->backend->idle, w, idle);
    else if (!idle && w->is_idle)
        LIST_REMOVE(w, idle);
    w->is_idle = idle;
}

/* Name the most specific cause known. */
static void worker_explain(const struct worker_handle *w, struct fa_error *ret)
{
    const struct fa_child *child = &w->child;
    if (child->error.class != FA_CLASS_NONE) {
        *ret = child->error;
        return;
    }
    char how[96];
    if (w->reason)
        snprintf(how, sizeof(how), "%s", w->reason);
    else if (child->orphaned)
        snprintf(how, sizeof(how), "the nursery (the process that forks workers) ended");
    else if (WIFSIGNALED(child->status))
        snprintf(how, sizeof(how), "signal %d, %s", WTERMSIG(child->status),
                 strsignal(WTERMSIG(child->status)));
    else
        snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(child->status));
    fa_error_set(ret, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED, "worker process %d died: %s",
                 (int)child->pid, how);
}

/* `lost` tells a task whose worker died from one that failed by itself: it may be submitted
 * again. */
static void worker_lose_task(struct worker_handle *w)
{
    struct fa_pool_task *task = w->task;
    w->task = NULL;
    if (!task)
        return;
    worker_explain(w, &task->error);
    task->lost = true;
    fa_pool_finish(w->backend->pool, task);
}

/* event_add() replaces the time of a pending event, so there is at most one retry. */
static void backend_schedule_retry(struct fa_backend *self)
{
    struct timeval wait = fa_loop_time(self->not_before - fa_clock_now());
    event_add(self->retry, &wait);
}

/* Workers whose start has not been reported may still fail to be forked. */
static bool backend_has_living(const struct fa_backend *self)
{
    for (unsigned i = 0; i < self->n_workers; ++i)
        if (self->workers[i]->child.pid > 0 && !self->workers[i]->dying)
            return true;
    return false;
}

/* The limit of processes may be reached: the task waits for a worker that lives, instead of failing
 * for ever with the next attempts.  It was in the socket of the worker, which nobody has read. */
static void worker_return_task(struct worker_handle *w)
{
    struct fa_pool_task *task = w->task;
    bool never_ran = w->child.error.class != FA_CLASS_NONE && w->child.pid == 0;
    if (!task || !never_ran || !backend_has_living(w->backend))
        return;
    w->task = NULL;
    if (task->task.cancelled) {
        fa_pool_finish_cancelled(w->backend->pool, task);
        return;
    }
    task->worker = NULL;
    task->state = FA_POOL_TASK_PENDING;
    TAILQ_INSERT_HEAD(&w->backend->pool->pending, task, in_queue);
}

/* The back-off grows only if the worker had a task: an idle worker may be killed for its memory. */
static void worker_gone(struct worker_handle *w)
{
    struct fa_backend *self = w->backend;
    for (unsigned i = 0; i < self->n_workers; ++i)
        if (self->workers[i] == w)
            self->workers[i] = self->workers[--self->n_workers];
    worker_set_idle(w, false);
    /* Count several workers that die together, for example with their nursery, as one death. */
    if (w->task && fa_clock_now() >= self->not_before) {
        self->back_off = self->back_off > 0 ? self->back_off * 2 : BACK_OFF_MIN;
        if (self->back_off > BACK_OFF_MAX)
            self->back_off = BACK_OFF_MAX;
        self->not_before = fa_clock_now() + self->back_off;
    }
    worker_return_task(w);
    worker_lose_task(w);
    worker_free(w);
    if (!self->pool->closing)
        self->pool->ops->dispatch(self);
}

/* Stop reading: after a violation nothing that the worker sends counts.  Its task fails when the
 * nursery reports the end. */
static void worker_dying(struct worker_handle *w, const char *reason)
{
    if (w->dying)
        return;
    w->dying = true;
    w->reason = reason;
    event_del(w->event);
    worker_set_idle(w, false);
    fa_child_kill(&w->child);
}

/* A completed task ends the back-off: the workers are not all broken. */
static void worker_finish_task(struct worker_handle *w)
{
    struct fa_pool_task *task = w->task;
    w->task = NULL;
    w->backend->back_off = 0;
    if (!w->dying)
        worker_set_idle(w, true);
    fa_pool_finish(w->backend->pool, task);
}

/* @return whether the frame is one that this worker may send now. */
static bool worker_take_frame(struct worker_handle *w, const struct fa_frame *frame)
{
    enum fa_received received = w->task ? fa_received_take(w->task, frame) : FA_RECEIVED_BAD;
    if (received == FA_RECEIVED_BAD)
        return false;
    w->last_frame = fa_clock_now();
    if (received == FA_RECEIVED_END)
        worker_finish_task(w);
    return true;
}

/* @return whether there may be another frame: nothing comes after that which ends the task. */
static bool worker_read_frame(struct worker_handle *w)
{
    struct fa_frame frame;
    int n = fa_frame_recv(w->sock, &w->backend->room, &frame, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n == 0 || (n < 0 && errno == ECONNRESET)) {
        worker_dying(w, NULL);
        return false;
    }
    bool good = n > 0 && worker_take_frame(w, &frame);
    if (n > 0)
        fa_frame_close(&frame);
    if (!good)
        worker_dying(w, "killed: protocol violation");
    return good && w->task;
}

/* The number of frames is limited, so that one busy worker does not starve the others. */
static void worker_read_frames(struct worker_handle *w)
{
    for (int i = 0; i < FRAMES_AT_ONCE && worker_read_frame(w); ++i)
        continue;
}

/* libevent reports the descriptor again if frames are left: its events are level-triggered. */
static void worker_on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    worker_read_frames(arg);
}

/* When a worker has started, its first task is already in the socket, and needs its descriptors
 * here no more: see worker_return_task(). */
static void worker_on_changed(struct fa_child *child)
{
    struct worker_handle *w = (struct worker_handle *)child;
    if (!child->ended) {
        if (w->task)
            fa_pool_task_close(w->task);
        return;
    }
    /* Its last frames may still be in the socket. */
    if (!w->dying)
        worker_read_frames(w);
    worker_gone(w);
}

/* Our copy of the worker's end is closed in any case: else its death would not end the stream. */
static struct worker_handle *worker_new(struct fa_backend *self, struct fa_error *err)
{
    int ends[2] = {-1, -1};
    struct worker_handle *w = calloc(1, sizeof(*w));
    if (!w)
        goto fail;
    w->sock = -1;
    w->backend = self;
    w->child.changed = worker_on_changed;
    if (fa_frame_pair(ends))
        goto fail;
    w->sock = ends[0];
    w->event = event_new(self->pool->base, w->sock, EV_READ | EV_PERSIST, worker_on_readable, w);
    if (!w->event || event_add(w->event, NULL))
        goto fail;
    if (fa_nursery_spawn(self->pool->nursery, self->role_id, ends[1], &w->child, err)) {
        close(ends[1]);
        worker_free(w);
        return NULL;
    }
    close(ends[1]);
    self->workers[self->n_workers++] = w;
    return w;

fail:
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot create a worker");
    if (ends[1] >= 0)
        close(ends[1]);
    worker_free(w);
    return NULL;
}

/* A task that is cancelled needs no other message. */
static void processes_notify(struct fa_backend *self, struct fa_pool_task *task)
{
    (void)self;
    struct worker_handle *w = task->worker;
    struct fa_frame frame = {.type = FA_FRAME_TUNE, .id = task->id, .value = task->task.tuned};
    if (task->task.cancelled)
        frame.type = FA_FRAME_CANCEL;
    /* If this is lost, the next notification or the hang timeout will reach it. */
    fa_frame_send(w->sock, &frame, MSG_DONTWAIT);
}

/* The descriptors can be closed once the message is sent, as it holds references of its own
 * (unix(7), SCM_RIGHTS), and the worker exists.  @return 0, or -1 if the task cannot be sent. */
static int worker_give_task(struct worker_handle *w, struct fa_pool_task *task)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put_str(&buf, task->type);
    fa_buf_put(&buf, task->task.input, task->task.len);
    struct fa_frame frame = {
        .type = FA_FRAME_TASK, .id = task->id, .payload = buf.data, .len = buf.len};
    frame.n_fds = task->task.n_fds;
    memcpy(frame.fds, task->fds, task->task.n_fds * sizeof(int));
    int result = buf.failed ? -1 : fa_frame_send_large(w->sock, &frame, MSG_DONTWAIT);
    fa_buf_fini(&buf);
    if (result)
        return -1;
    w->task = task;
    w->last_frame = fa_clock_now();
    task->worker = w;
    task->state = FA_POOL_TASK_RUNNING;
    if (w->child.pid > 0)
        fa_pool_task_close(task);
    if (task->task.tuned)
        processes_notify(w->backend, task);
    return 0;
}

/* Prefer an idle worker to a new one. */
static struct worker_handle *backend_find_worker(struct fa_backend *self, struct fa_error *err)
{
    struct worker_handle *w = LIST_FIRST(&self->idle);
    if (w) {
        worker_set_idle(w, false);
        return w;
    }
    if (self->n_workers >= self->pool->config.workers)
        return NULL;
    if (self->not_before > fa_clock_now()) {
        backend_schedule_retry(self);
        return NULL;
    }
    w = worker_new(self, err);
    /* The nursery's socket is full: retry soon. */
    if (!w && err->domain == FA_DOMAIN_SYSTEM && err->code == EAGAIN) {
        *err = (struct fa_error){0};
        self->not_before = fa_clock_now() + NURSERY_BUSY;
        backend_schedule_retry(self);
    }
    return w;
}

/* A task fails here only if there is no worker and none can be started.  As long as one worker is
 * left, tasks wait for it. */
static void processes_dispatch(struct fa_backend *self)
{
    while (!TAILQ_EMPTY(&self->pool->pending)) {
        struct fa_error err = {0};
        struct worker_handle *w = backend_find_worker(self, &err);
        if (!w && err.class == FA_CLASS_NONE)
            return;
        if (!w && self->n_workers > 0)
            return; /* continue with fewer workers than configured */
        struct fa_pool_task *task = fa_task_queue_pop(&self->pool->pending);
        if (!w) {
            task->error = err;
            task->lost = true;
            fa_pool_finish(self->pool, task);
        } else if (worker_give_task(w, task)) {
            w->task = task;
            task->worker = w;
            task->state = FA_POOL_TASK_RUNNING;
            worker_dying(w, "killed: cannot send the task");
        }
    }
}

/* Kill workers that have sent nothing for hang_timeout seconds.  A stopped or swapped-out worker
 * cannot be told from a hung one, so the time-out should be generous. */
static void processes_tick(struct fa_backend *self)
{
    double limit = self->pool->config.hang_timeout;
    double now = fa_clock_now();
    for (unsigned i = 0; limit > 0 && i < self->n_workers; ++i) {
        struct worker_handle *w = self->workers[i];
        if (w->task && !w->dying && now - w->last_frame > limit)
            worker_dying(w, "killed: hung for longer than the hang timeout");
    }
}

static void backend_on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    processes_dispatch(arg);
}

/* Workers are killed: a process has nothing to lose, unlike a thread. */
static void processes_free(struct fa_backend *self)
{
    if (!self)
        return;
    for (unsigned i = 0; self->workers && i < self->n_workers; ++i) {
        fa_child_kill(&self->workers[i]->child);
        fa_nursery_forget(&self->workers[i]->child);
        worker_free(self->workers[i]);
    }
    fa_nursery_drop(self->pool->nursery, self->role_id);
    if (self->retry)
        event_free(self->retry);
    free(self->workers);
    free(self);
}

/* Only the role is defined now: workers are started as tasks arrive. */
static struct fa_backend *processes_new(struct fa_pool *pool, struct fa_error *err)
{
    struct fa_backend *self = calloc(1, sizeof(*self));
    if (!self)
        goto fail;
    self->pool = pool;
    LIST_INIT(&self->idle);
    self->workers = calloc(pool->config.workers, sizeof(struct worker_handle *));
    self->retry = event_new(pool->base, -1, 0, backend_on_retry, self);
    if (!self->workers || !self->retry)
        goto fail;
    self->role = (struct fa_role){.types = pool->config.types,
                                  .setup = pool->config.setup,
                                  .setup_len = pool->config.setup_len};
    self->role_id = fa_nursery_role(pool->nursery, &self->role, err);
    if (self->role_id)
        return self;
    processes_free(self);
    return NULL;

fail:
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create a pool of processes");
    processes_free(self);
    return NULL;
}

const struct fa_backend_ops fa_backend_processes = {
    .new = processes_new,
    .dispatch = processes_dispatch,
    .notify = processes_notify,
    .tick = processes_tick,
    .free = processes_free,
};
