/*
 * A worker has one task at a time.  Its end is noticed twice: its socket reports the end of the
 * stream, and the nursery reports how it ended.  The task is given up with the second, so that the
 * message can say "killed by signal 9"; until then the worker is "dying".
 *
 * After a death new workers are started with a growing pause, so that a task type that always
 * crashes does not become a fork bomb.
 */
#include "pool/backend.h"

#include "base/clock.h"
#include "pool/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NURSERY_BUSY   0.02
#define BACK_OFF_MIN   0.05
#define BACK_OFF_MAX   5.0
#define FRAMES_AT_ONCE 16

struct worker {
    struct fa_child child; /* first: changed() gets its address */
    struct fa_backend *backend;
    int sock;
    struct event *event;
    struct fa_pool_task *task;
    double sign; /* of life, the last */
    bool dying;
    const char *reason;  /* why we killed it, or NULL */
    struct worker *next; /* among the idle */
};

struct fa_backend {
    struct fa_pool *pool;
    struct fa_role role;
    uint64_t role_id;
    struct worker **workers;
    unsigned n_workers;
    struct worker *idle; /* the one used last first: its connections are warm */
    double back_off;
    double not_before;
    struct event *retry;
    struct fa_frame_room room;
};

static void worker_free(struct worker *w)
{
    if (!w)
        return;
    if (w->event)
        event_free(w->event);
    if (w->sock >= 0)
        close(w->sock);
    free(w);
}

static void forget_idle(struct fa_backend *self, struct worker *w)
{
    for (struct worker **at = &self->idle; *at; at = &(*at)->next) {
        if (*at == w) {
            *at = w->next;
            return;
        }
    }
}

static void explain(const struct worker *w, struct fa_error *ret)
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
        snprintf(how, sizeof(how), "its nursery, the process that forks workers, ended");
    else if (WIFSIGNALED(child->status))
        snprintf(how, sizeof(how), "signal %d, %s", WTERMSIG(child->status),
                 strsignal(WTERMSIG(child->status)));
    else
        snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(child->status));
    fa_error_set(ret, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED, "worker process %d died: %s",
                 (int)child->pid, how);
}

static void lose_task(struct worker *w)
{
    struct fa_pool_task *task = w->task;
    w->task = NULL;
    if (!task)
        return;
    explain(w, &task->error);
    task->lost = true;
    fa_pool_finish(w->backend->pool, task);
}

static void schedule_retry(struct fa_backend *self)
{
    struct timeval wait = fa_loop_time(self->not_before - fa_clock_now());
    event_add(self->retry, &wait);
}

static void worker_gone(struct worker *w)
{
    struct fa_backend *self = w->backend;
    for (unsigned i = 0; i < self->n_workers; ++i)
        if (self->workers[i] == w)
            self->workers[i] = self->workers[--self->n_workers];
    forget_idle(self, w);
    /* Several that die together, with their nursery say, are one death. */
    if (w->task && fa_clock_now() >= self->not_before) {
        self->back_off = self->back_off > 0 ? self->back_off * 2 : BACK_OFF_MIN;
        if (self->back_off > BACK_OFF_MAX)
            self->back_off = BACK_OFF_MAX;
        self->not_before = fa_clock_now() + self->back_off;
    }
    lose_task(w);
    worker_free(w);
    if (!self->pool->closing)
        self->pool->ops->dispatch(self);
}

static void worker_dying(struct worker *w, const char *reason)
{
    if (w->dying)
        return;
    w->dying = true;
    w->reason = reason;
    event_del(w->event);
    forget_idle(w->backend, w);
    fa_child_kill(&w->child);
}

static void take_failure(struct fa_pool_task *task, const struct fa_frame *frame)
{
    if (fa_frame_error(frame, &task->error))
        fa_error_set(&task->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "the task failed without a reason");
}

static void finish_task(struct worker *w, const struct fa_frame *frame)
{
    struct fa_pool_task *task = w->task;
    w->task = NULL;
    task->ok = frame->type == FA_FRAME_RESULT;
    if (!task->ok)
        take_failure(task, frame);
    if (task->task.reply.failed) {
        task->ok = false;
        fa_error_system(&task->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take a reply");
    }
    w->backend->back_off = 0;
    if (!w->dying) {
        w->next = w->backend->idle;
        w->backend->idle = w;
    }
    fa_pool_finish(w->backend->pool, task);
}

/* @return whether it is one that the worker may send. */
static bool take_progress(struct fa_pool_task *task, const struct fa_frame *frame)
{
    if (frame->len > 0) {
        if (frame->len > FA_TASK_NOTE_MAX || task->task.noted)
            return false;
        fa_buf_put(&task->task.note, frame->payload, frame->len);
        task->task.noted = true;
        task->note_told = task->task.note.failed;
    }
    task->task.progress = frame->value;
    fa_pool_tell(task);
    return true;
}

/* @return whether the reply has no more bytes than the worker may send. */
static bool take_piece(struct fa_pool_task *task, const struct fa_frame *frame)
{
    struct fa_buf *reply = &task->task.reply;
    if (frame->len > FA_TASK_BYTES_MAX - reply->len)
        return false;
    fa_buf_put(reply, frame->payload, frame->len);
    return true;
}

/* @return whether the frame is one that this worker may send now. */
static bool take_frame(struct worker *w, const struct fa_frame *frame)
{
    if (!w->task || frame->id != w->task->id || frame->n_fds)
        return false;
    w->sign = fa_clock_now();
    switch (frame->type) {
    case FA_FRAME_PROGRESS:
        return take_progress(w->task, frame);
    case FA_FRAME_FAILURE:
        if (frame->len != sizeof(struct fa_error))
            return false;
        finish_task(w, frame);
        return true;
    case FA_FRAME_PIECE:
        return take_piece(w->task, frame);
    case FA_FRAME_RESULT:
        if (!take_piece(w->task, frame))
            return false;
        finish_task(w, frame);
        return true;
    default:
        return false;
    }
}

/* @return whether the worker is to be read again. */
static bool read_frames(struct worker *w)
{
    for (int i = 0; i < FRAMES_AT_ONCE; ++i) {
        struct fa_frame frame;
        int n = fa_frame_recv(w->sock, &w->backend->room, &frame, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n == 0 || (n < 0 && errno == ECONNRESET)) {
            worker_dying(w, NULL);
            return false;
        }
        bool good = n > 0 && take_frame(w, &frame);
        if (n > 0)
            fa_frame_close(&frame);
        if (!good) {
            worker_dying(w, "it broke the protocol, and was killed");
            return false;
        }
    }
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    read_frames(arg);
}

static void on_changed(struct fa_child *child)
{
    struct worker *w = (struct worker *)child;
    if (!child->ended)
        return;
    /* Its last words may still be in the socket. */
    if (!w->dying)
        read_frames(w);
    worker_gone(w);
}

static struct worker *worker_new(struct fa_backend *self, struct fa_error *err)
{
    int ends[2] = {-1, -1};
    struct worker *w = calloc(1, sizeof(*w));
    if (!w)
        goto fail;
    w->sock = -1;
    w->backend = self;
    w->child.changed = on_changed;
    if (fa_frame_pair(ends))
        goto fail;
    w->sock = ends[0];
    w->event = event_new(self->pool->base, w->sock, EV_READ | EV_PERSIST, on_readable, w);
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
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot make a worker");
    if (ends[1] >= 0)
        close(ends[1]);
    worker_free(w);
    return NULL;
}

static void processes_news(struct fa_backend *self, struct fa_pool_task *task)
{
    (void)self;
    struct worker *w = task->worker;
    struct fa_frame frame = {.type = FA_FRAME_TUNE, .id = task->id, .value = task->task.tuned};
    if (task->task.cancelled)
        frame.type = FA_FRAME_CANCEL;
    /* If it is not told now, the next news or the hang timeout will reach it. */
    fa_frame_send(w->sock, &frame, MSG_DONTWAIT);
}

/* @return 0, or -1 if the worker cannot be told. */
static int give(struct worker *w, struct fa_pool_task *task)
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
    w->sign = fa_clock_now();
    task->worker = w;
    task->state = FA_POOL_TASK_RUNNING;
    fa_pool_task_close(task);
    if (task->task.tuned)
        processes_news(w->backend, task);
    return 0;
}

static struct worker *find_worker(struct fa_backend *self, struct fa_error *err)
{
    struct worker *w = self->idle;
    if (w) {
        self->idle = w->next;
        return w;
    }
    if (self->n_workers >= self->pool->config.workers)
        return NULL;
    if (self->not_before > fa_clock_now()) {
        schedule_retry(self);
        return NULL;
    }
    w = worker_new(self, err);
    /* The nursery has more to do than its socket holds; in a moment it has less. */
    if (!w && err->domain == FA_DOMAIN_SYSTEM && err->code == EAGAIN) {
        *err = (struct fa_error){0};
        self->not_before = fa_clock_now() + NURSERY_BUSY;
        schedule_retry(self);
    }
    return w;
}

static void processes_dispatch(struct fa_backend *self)
{
    while (self->pool->pending.first) {
        struct fa_error err = {0};
        struct worker *w = find_worker(self, &err);
        if (!w && err.class == FA_CLASS_NONE)
            return;
        if (!w && self->n_workers > 0)
            return; /* fewer workers than wished for, but some */
        struct fa_pool_task *task = fa_task_queue_pop(&self->pool->pending);
        if (!w) {
            task->error = err;
            task->lost = true;
            fa_pool_finish(self->pool, task);
        } else if (give(w, task)) {
            w->task = task;
            task->worker = w;
            task->state = FA_POOL_TASK_RUNNING;
            worker_dying(w, "it does not take its task");
        }
    }
}

static void processes_tick(struct fa_backend *self)
{
    double limit = self->pool->config.hang_timeout;
    double now = fa_clock_now();
    for (unsigned i = 0; limit > 0 && i < self->n_workers; ++i) {
        struct worker *w = self->workers[i];
        if (w->task && !w->dying && now - w->sign > limit)
            worker_dying(w, "it hung, and was killed");
    }
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    processes_dispatch(arg);
}

static void processes_free(struct fa_backend *self)
{
    if (!self)
        return;
    for (unsigned i = 0; self->workers && i < self->n_workers; ++i) {
        fa_child_kill(&self->workers[i]->child);
        fa_nursery_forget(self->pool->nursery, &self->workers[i]->child);
        worker_free(self->workers[i]);
    }
    fa_nursery_drop(self->pool->nursery, self->role_id);
    if (self->retry)
        event_free(self->retry);
    free(self->workers);
    free(self);
}

static struct fa_backend *processes_new(struct fa_pool *pool, struct fa_error *err)
{
    struct fa_backend *self = calloc(1, sizeof(*self));
    if (!self)
        goto fail;
    self->pool = pool;
    self->workers = calloc(pool->config.workers, sizeof(struct worker *));
    self->retry = event_new(pool->base, -1, 0, on_retry, self);
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
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make a pool of processes");
    processes_free(self);
    return NULL;
}

const struct fa_backend_ops fa_backend_processes = {
    .new = processes_new,
    .dispatch = processes_dispatch,
    .news = processes_news,
    .tick = processes_tick,
    .free = processes_free,
};
