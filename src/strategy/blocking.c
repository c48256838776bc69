/*
 * The thread and process strategies: a pool of workers, each of which drives one transfer at a time
 * and keeps its connections.  They differ only in the kind of the pool.
 *
 * An attempt is serialised (transfer/wire.c) as the input of a task; its outcome is the reply.  The
 * header of the response is sent earlier, as the task's note, so that the state can record it while
 * the body is still arriving.
 *
 * A thread or process per transfer costs memory and context switches, but isolates: a transfer that
 * blocks stops no other one, and in a process of its own neither does one that crashes.  A confined
 * worker process can write to no file but its part file (sandbox.c).
 *
 * The worker has a copy of the attempt, made from the bytes of the task.  The engine's attempt is
 * changed only by the callbacks of the pool, on the engine's thread.
 */
#include "strategy/strategy.h"

#include "base/buf.h"
#include "strategy/sandbox.h"
#include "transfer/driver.h"
#include "transfer/library.h"
#include "transfer/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A worker has hung if it is silent for this many seconds longer than its own stall timeout. */
#define HANG_GRACE 5

struct fa_strategy {
    struct fa_strategy_env env;
    struct fa_pool *pool;
};

/* The worker's side. */

struct shared {
    void *bytes; /* settings points into it */
    struct fa_settings settings;
    struct fa_trust *trust;
    struct fa_watchdog *watchdog; /* its thread starts with the first worker */
};

static void download_unshare(void *arg)
{
    struct shared *shared = arg;
    if (!shared)
        return;
    fa_watchdog_free(shared->watchdog);
    fa_trust_free(shared->trust);
    fa_settings_fini(&shared->settings);
    free(shared->bytes);
    free(shared);
}

/* Runs once before any worker: in the nursery, for processes.  The settings point into a copy of
 * the setup, which may be gone after this call. */
static int download_share(const void *setup, size_t len, void **ret, struct fa_error *err)
{
    struct shared *shared = calloc(1, sizeof(*shared));
    if (!shared || fa_library_init())
        goto fail;
    const unsigned char *bytes = setup;
    shared->bytes = len ? malloc(len) : NULL;
    if (!shared->bytes)
        goto fail;
    memcpy(shared->bytes, bytes, len);
    /* The first byte tells whether to parse the certificates now, for all workers. */
    if (fa_settings_decode(&shared->settings, (unsigned char *)shared->bytes + 1, len - 1))
        goto fail;
    shared->trust = fa_trust_new(shared->settings.cacert, err);
    shared->watchdog = shared->trust ? fa_watchdog_new(err) : NULL;
    if (!shared->watchdog)
        goto fail;
    if (bytes[0] || fa_trust_has_folder(shared->trust))
        fa_trust_load(shared->trust, NULL); /* on failure, the first transfer that needs them
                                               reports it */
    *ret = shared;
    return 0;

fail:
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot set up downloads");
    download_unshare(shared);
    return -1;
}

/* A driver per worker: connections are kept for the next task of the same worker. */
static int download_open(void *arg, void **ret, struct fa_error *err)
{
    struct shared *shared = arg;
    *ret = fa_driver_new(&shared->settings, shared->trust, shared->watchdog, err);
    return *ret ? 0 : -1;
}

/* After the driver is open, and before the first byte from a server. */
static int download_confine(void *arg, struct fa_error *err)
{
    const struct shared *shared = arg;
    return shared->settings.confined ? fa_sandbox_enter_worker(&shared->settings, err) : 0;
}

static void download_close(void *state)
{
    fa_driver_free(state);
}

struct tick {
    struct fa_task *task;
    struct fa_attempt *attempt;
    bool noted;
};

/* A response that has already arrived completely has its header in the outcome, which is
 * cheaper. */
static void tick_note_header(struct tick *tick)
{
    const struct fa_attempt *attempt = tick->attempt;
    if (tick->noted || !attempt->has_head)
        return;
    const struct fa_head *head = &attempt->head;
    if (head->rep.total >= 0 && head->kept + attempt->received >= (uint64_t)head->rep.total)
        return;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_wire_put_head(&buf, head);
    if (!buf.failed)
        fa_task_note(tick->task, buf.data, buf.len);
    fa_buf_fini(&buf);
    tick->noted = true;
}

/* Called by the driver a few times per second, in the middle of a transfer: the only time to
 * exchange messages with the pool. */
static void download_tick(void *arg)
{
    struct tick *tick = arg;
    tick_note_header(tick);
    fa_task_progress(tick->task, tick->attempt->received);
    if (fa_task_cancelled(tick->task))
        tick->attempt->cancelled = true;
    uint64_t rate = fa_task_tuned(tick->task);
    if (rate)
        tick->attempt->rate = rate;
}

/* A failed download is a result like any other: its outcome is the reply.  The task itself fails
 * only if there is no outcome. */
static int download_run(void *state, struct fa_task *task, struct fa_error *err)
{
    size_t len;
    const void *input = fa_task_input(task, &len);
    struct fa_attempt attempt;
    const char **headers;
    if (fa_wire_get_attempt(&attempt, &headers, input, len)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED, "malformed attempt");
        return -1;
    }
    attempt.fd = fa_task_fd(task, 0);
    struct tick tick = {.task = task, .attempt = &attempt};
    struct fa_outcome outcome;
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_driver_perform(state, &attempt, download_tick, &tick, &outcome);
    fa_wire_put_outcome(&buf, &outcome);
    int result = buf.failed ? -1 : fa_task_reply(task, buf.data, buf.len);
    if (result)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot reply with an outcome");
    fa_buf_fini(&buf);
    fa_outcome_fini(&outcome);
    free(headers);
    return result;
}

const struct fa_task_type fa_download_tasks[] = {
    {
        .name = "download",
        .share = download_share,
        .open = download_open,
        .confine = download_confine,
        .run = download_run,
        .close = download_close,
        .unshare = download_unshare,
    },
    {0},
};

/* The engine's side. */

static void download_on_progress(void *arg, uint64_t value)
{
    struct fa_attempt *attempt = arg;
    attempt->received = value;
}

/* The note comes from a worker that may be compromised: a malformed one is dropped here. */
static void download_on_note(void *arg, const void *data, size_t len)
{
    struct fa_attempt *attempt = arg;
    struct fa_head head;
    if (fa_wire_get_head(&head, data, len))
        return; /* the outcome has the reason */
    attempt->head = head;
    attempt->has_head = true;
}

/* A lost worker may have been killed for any reason, so its attempt is retried; the engine gives up
 * an entry whose workers die again and again. */
static void download_on_result(void *arg, const struct fa_task_result *result)
{
    struct fa_attempt *attempt = arg;
    struct fa_strategy *self = attempt->slot;
    struct fa_outcome outcome = fa_outcome_none;
    if (!result->ok) {
        outcome.error = result->error;
        outcome.retryable = result->lost ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER;
        outcome.received = attempt->received;
    } else if (fa_wire_get_outcome(&outcome, result->data, result->len)) {
        outcome = fa_outcome_none;
        outcome.retryable = FA_RETRYABLE_NOW;
        fa_error_set(&outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_WORKER_CRASHED,
                     "a worker sent a malformed reply");
    } else {
        attempt->received = outcome.received;
    }
    self->env.done(self->env.ctx, attempt, &outcome);
}

/* For processes the nursery parses the certificates, so that fork(2) passes them on to all workers.
 * Threads share them anyway, and parse them with the first TLS connection. */
static struct fa_strategy *blocking_new(const struct fa_strategy_env *env, enum fa_pool_kind kind,
                                        struct fa_error *err)
{
    struct fa_strategy *self = calloc(1, sizeof(*self));
    struct fa_buf setup;
    fa_buf_init(&setup);
    fa_buf_put_u8(&setup, kind == FA_POOL_PROCESSES);
    fa_settings_encode(env->settings, &setup);
    if (!self || setup.failed) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
        goto fail;
    }
    self->env = *env;
    struct fa_pool_config config = {
        .size = sizeof(config),
        .kind = kind,
        .workers = env->jobs,
        .types = fa_download_tasks,
        .setup = setup.data,
        .setup_len = setup.len,
        .hang_timeout =
            env->settings->stall_timeout > 0 ? env->settings->stall_timeout + HANG_GRACE : 0,
    };
    self->pool = fa_pool_new_on(env->base, env->nursery, &config, err);
    if (!self->pool)
        goto fail;
    fa_buf_fini(&setup);
    return self;

fail:
    fa_buf_fini(&setup);
    free(self);
    return NULL;
}

static struct fa_strategy *thread_new(const struct fa_strategy_env *env, struct fa_error *err)
{
    return blocking_new(env, FA_POOL_THREADS, err);
}

static struct fa_strategy *process_new(const struct fa_strategy_env *env, struct fa_error *err)
{
    return blocking_new(env, FA_POOL_PROCESSES, err);
}

/* If memory ran out, an impossible length makes the pool refuse the request: it closes the
 * descriptor as with any other failure. */
static int blocking_submit(struct fa_strategy *self, struct fa_attempt *attempt,
                           struct fa_error *err)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_wire_put_attempt(&buf, attempt);
    struct fa_task_request request = {
        .size = sizeof(request),
        .type = fa_download_tasks[0].name,
        .data = buf.data,
        .len = buf.failed ? SIZE_MAX : buf.len,
        .fds = &attempt->fd,
        .n_fds = 1,
        .done = download_on_result,
        .progress = download_on_progress,
        .note = download_on_note,
        .arg = attempt,
    };
    attempt->slot = self;
    int result = attempt->lent ? fa_pool_submit_lent(self->pool, &request, &attempt->task, err)
                               : fa_pool_submit(self->pool, &request, &attempt->task, err);
    if (!attempt->lent)
        attempt->fd = -1;
    fa_buf_fini(&buf);
    return result;
}

static void blocking_flush(struct fa_strategy *self)
{
    (void)self; /* the pool starts tasks as they arrive */
}

static void blocking_cancel(struct fa_strategy *self, struct fa_attempt *attempt)
{
    fa_pool_cancel(self->pool, attempt->task);
}

static void blocking_tune(struct fa_strategy *self, struct fa_attempt *attempt, uint64_t rate)
{
    attempt->rate = rate; /* the worker has a copy of the attempt */
    fa_pool_tune(self->pool, attempt->task, rate);
}

/* Active tasks are dropped with the pool, and with them the calls of done(). */
static void blocking_free(struct fa_strategy *self)
{
    if (!self)
        return;
    fa_pool_free(self->pool);
    free(self);
}

const struct fa_strategy_ops fa_strategy_thread = {
    .name = "thread",
    .descriptors = 4,
    .jobs = 64,
    .new = thread_new,
    .submit = blocking_submit,
    .flush = blocking_flush,
    .cancel = blocking_cancel,
    .tune = blocking_tune,
    .free = blocking_free,
};

const struct fa_strategy_ops fa_strategy_process = {
    .name = "process",
    .descriptors = 4, /* A worker costs a socket and a pidfd. */
    .jobs = 64,
    .needs_nursery = true,
    .new = process_new,
    .submit = blocking_submit,
    .flush = blocking_flush,
    .cancel = blocking_cancel,
    .tune = blocking_tune,
    .free = blocking_free,
};
