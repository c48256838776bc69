/*
 * The async strategy: curl multi's socket interface on libevent loops (multi.c).
 *
 * With one loop, the engine's own is used.  With several, each has a thread, and one wake-up
 * announces many attempts or many outcomes.
 */
#include "strategy/multi.h"
#include "strategy/strategy.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct fa_strategy {
    struct fa_multi_shared shared;
    struct fa_multi *loops;
    unsigned n_loops;
};

/* The queues are moved under the lock and delivered without it: done() may submit the next
 * attempt. */
static void async_deliver(void *arg)
{
    struct fa_strategy *self = arg;
    struct fa_done_queue headed = STAILQ_HEAD_INITIALIZER(headed);
    struct fa_done_queue ended = STAILQ_HEAD_INITIALIZER(ended);
    struct fa_done *head;
    fa_outbox_take(&self->shared.outbox, &headed, &ended);
    STAILQ_FOREACH (head, &headed, headed)
        self->shared.env.headed(self->shared.env.ctx, head->attempt);
    while (!STAILQ_EMPTY(&ended)) {
        struct fa_done *done = STAILQ_FIRST(&ended);
        STAILQ_REMOVE_HEAD(&ended, link);
        --self->loops[done->attempt->task].load;
        self->shared.env.done(self->shared.env.ctx, done->attempt, &done->outcome);
        free(done);
    }
}

static void async_free(struct fa_strategy *self)
{
    if (!self)
        return;
    for (unsigned i = 0; i < self->n_loops; ++i)
        fa_multi_fini(&self->loops[i]);
    fa_outbox_fini(&self->shared.outbox);
    fa_watchdog_free(self->shared.watchdog);
    fa_trust_free(self->shared.trust);
    free(self->loops);
    free(self);
}

/* @return 0, or -1 with what exists for async_free() */
static int async_init(struct fa_strategy *self, const struct fa_strategy_env *env,
                      struct fa_error *err)
{
    struct fa_multi_shared *shared = &self->shared;
    shared->env = *env;
    fa_outbox_init(&shared->outbox);
    shared->trust = fa_trust_new(env->settings->cacert, err);
    shared->watchdog = shared->trust ? fa_watchdog_new(err) : NULL;
    if (shared->watchdog)
        shared->outbox.wake = fa_wake_new(env->base, async_deliver, self, err);
    if (!shared->outbox.wake)
        return -1;
    while (self->n_loops < env->loops)
        if (fa_multi_init(&self->loops[self->n_loops++], shared, err))
            return -1;
    return 0;
}

static struct fa_strategy *async_new(const struct fa_strategy_env *env, struct fa_error *err)
{
    struct fa_strategy *self = calloc(1, sizeof(*self));
    struct fa_multi *loops = calloc(env->loops, sizeof(*loops));
    if (!self || !loops) {
        free(self);
        free(loops);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
        return NULL;
    }
    self->loops = loops;
    if (async_init(self, env, err) == 0)
        return self;
    async_free(self);
    return NULL;
}

/* Keep an origin on its loop, for its connections, unless that loop is much busier. */
static unsigned async_choose_loop(const struct fa_strategy *self, uint64_t origin)
{
    unsigned home = (unsigned)(origin % self->n_loops);
    unsigned least = 0;
    for (unsigned i = 1; i < self->n_loops; ++i)
        if (self->loops[i].load < self->loops[least].load)
            least = i;
    unsigned low = self->loops[least].load;
    return self->loops[home].load > low + (low / 2 < FA_MULTI_UNEVEN ? low / 2 : FA_MULTI_UNEVEN)
               ? least
               : home;
}

/* load and woken need no lock: only the engine's thread uses them. */
static int async_submit(struct fa_strategy *self, struct fa_attempt *attempt, struct fa_error *err)
{
    unsigned at = async_choose_loop(self, attempt->origin);
    struct fa_multi *loop = &self->loops[at];
    attempt->task = at;
    if (fa_multi_put(loop, attempt, err))
        return -1;
    ++loop->load;
    loop->woken = true;
    return 0;
}

/* One wake-up for all attempts since the last flush: each one costs a write(2) and a context
 * switch. */
static void async_flush(struct fa_strategy *self)
{
    for (unsigned i = 0; i < self->n_loops; ++i)
        if (self->loops[i].woken) {
            self->loops[i].woken = false;
            fa_multi_wake(&self->loops[i]);
        }
}

static void async_cancel(struct fa_strategy *self, struct fa_attempt *attempt)
{
    (void)self;
    attempt->cancelled = true; /* noticed by the sweep */
}

static void async_tune(struct fa_strategy *self, struct fa_attempt *attempt, uint64_t rate)
{
    (void)self;
    attempt->rate = rate; /* noticed by the sweep */
}

static double async_delay(struct fa_strategy *self)
{
    double longest = 0;
    for (unsigned i = 0; i < self->n_loops; ++i) {
        double delay = atomic_exchange(&self->loops[i].delay, 0);
        if (delay > longest)
            longest = delay;
    }
    return longest;
}

const struct fa_strategy_ops fa_strategy_async = {
    .name = "async",
    .descriptors = 3,
    .jobs = 256,
    .has_loops = true,
    .follows = true,
    .new = async_new,
    .submit = async_submit,
    .flush = async_flush,
    .cancel = async_cancel,
    .tune = async_tune,
    .delay = async_delay,
    .free = async_free,
};
