/*
 * The async strategy: curl multi's socket interface on libevent loops.
 *
 * With one loop, the engine's own is used.  With several, each has a thread: attempts reach it
 * through an inbox, outcomes return through an outbox, and one wake-up announces many of either.
 *
 * libcurl must not be called from its own callbacks: on_socket() and on_timer() only note what to
 * watch. Handles are added a few at a time, because the first time-out of a multi handle
 * works through all new handles.
 *
 * An attempt belongs to the thread of its loop from the inbox to the outbox, except for its atomic
 * fields: the engine reads `received` and the header, and sets `cancelled` and `rate`, which a
 * sweep over all transfers applies a few times per second.
 *
 * An attempt is a `flight` while it is in a multi handle.  Its slot for the outcome (`done`) is
 * allocated when it is submitted, so that its end cannot fail for lack of memory.
 */
#include "strategy/strategy.h"

#include "base/clock.h"
#include "base/loop.h"
#include "strategy/scout.h"
#include "strategy/watch.h"
#include "transfer/connections.h"
#include "transfer/exchange.h"
#include "transfer/transfer.h"
#include "transfer/watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define START_AT_ONCE 64
#define SWEEP_EVERY   0.2
/* An origin moves to another loop when its own has this many more attempts than the emptiest,
 * or half as many again if that is less: with few transfers, each may be large and keep a core
 * busy. */
#define UNEVEN 8

/* The slot for an attempt's outcome. */
struct done {
    struct fa_attempt *attempt;
    struct flight *flight;
    struct fa_outcome outcome;
    STAILQ_ENTRY(done) link;
};

STAILQ_HEAD(done_queue, done);

/* A transfer in use, or kept for a later attempt. */
struct flight {
    struct fa_transfer *transfer;
    LIST_ENTRY(flight) link; /* among those in use, or those parked */
    int unwatched;           /* errno if its socket could not be watched; else 0 */
};

LIST_HEAD(flight_list, flight);

struct loop {
    struct fa_strategy *strategy;
    struct event_base *base;
    struct event *start; /* the inbox is not empty */
    struct event *timer; /* of the multi */
    struct event *sweep;
    struct event *back; /* an attempt has ended */
    CURLM *multi;
    struct fa_connections *connections;
    struct fa_watches watches;
    struct flight_list flying;
    struct flight_list parked;
    struct fa_attempt_queue ready;    /* taken from the inbox */
    struct fa_attempt_queue released; /* have waited for a scout */
    struct fa_scouts scouts;
    struct done_queue ended; /* not yet in the outbox */
    bool sweeping;
    double sweep_due;     /* when libevent should call on_sweep() */
    _Atomic double delay; /* the longest of on_sweep() since the engine asked */

    pthread_t thread;
    bool has_thread;
    struct fa_wake *wake; /* of the thread */
    unsigned load;        /* used by the engine's thread: attempts that are not done */
    bool woken;           /* used by the engine's thread: flush() must wake the loop */

    pthread_mutex_t lock; /* guards inbox and stop */
    struct fa_attempt_queue inbox;
    bool stop;
};

struct fa_strategy {
    struct fa_strategy_env env;
    struct fa_trust *trust;
    struct fa_watchdog *watchdog;
    struct loop *loops;
    unsigned n_loops;
    struct fa_wake *wake; /* the outbox is not empty */
    pthread_mutex_t lock; /* guards outbox */
    struct done_queue outbox;
};

static void attempt_close_part(struct fa_attempt *attempt)
{
    if (attempt->lent)
        return;
    if (attempt->fd >= 0)
        close(attempt->fd);
    attempt->fd = -1;
}

static struct fa_attempt *attempt_queue_pop(struct fa_attempt_queue *queue)
{
    struct fa_attempt *attempt = STAILQ_FIRST(queue);
    if (attempt)
        STAILQ_REMOVE_HEAD(queue, link);
    return attempt;
}

/* A scout is connected or has ended: start the attempts that waited for it. */
static void loop_release(struct fa_attempt *attempt, void *arg)
{
    struct loop *loop = arg;
    fa_scouts_end(&loop->scouts, attempt, &loop->released);
    if (!STAILQ_EMPTY(&loop->released))
        event_active(loop->start, EV_TIMEOUT, 0);
}

static void loop_end_attempt(struct loop *loop, struct fa_attempt *attempt,
                             struct fa_outcome *outcome)
{
    struct done *done = attempt->slot;
    loop_release(attempt, loop);
    attempt_close_part(attempt);
    done->outcome = *outcome;
    STAILQ_INSERT_TAIL(&loop->ended, done, link);
    event_active(loop->back, EV_TIMEOUT, 0);
}

/* Return the outcomes of all sockets that were ready together in one batch. */
static void loop_on_back(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct loop *loop = arg;
    struct fa_strategy *self = loop->strategy;
    if (STAILQ_EMPTY(&loop->ended))
        return;
    pthread_mutex_lock(&self->lock);
    STAILQ_CONCAT(&self->outbox, &loop->ended);
    pthread_mutex_unlock(&self->lock);
    fa_wake_post(self->wake);
}

/* Transfers are used again, because each one keeps a buffer of up to 256 KiB (body.c). */
static struct flight *loop_take_flight(struct loop *loop, struct fa_error *err)
{
    struct flight *flight = LIST_FIRST(&loop->parked);
    if (flight) {
        LIST_REMOVE(flight, link);
    } else {
        flight = calloc(1, sizeof(*flight));
        if (flight)
            flight->transfer = fa_transfer_new(loop->strategy->env.settings, loop->strategy->trust,
                                               loop->connections, err);
        if (!flight || !flight->transfer) {
            free(flight);
            return NULL;
        }
        fa_transfer_watch(flight->transfer, loop_release, loop);
    }
    flight->unwatched = 0;
    LIST_INSERT_HEAD(&loop->flying, flight, link);
    return flight;
}

static void loop_park(struct loop *loop, struct flight *flight)
{
    LIST_REMOVE(flight, link);
    LIST_INSERT_HEAD(&loop->parked, flight, link);
}

/* A libcurl function that sets no error of ours has run out of memory. */
static void loop_fail_start(struct loop *loop, struct fa_attempt *attempt,
                            const struct fa_error *err)
{
    struct fa_outcome outcome = fa_outcome_none;
    outcome.error = *err;
    if (outcome.error.class == FA_CLASS_NONE)
        fa_error_system(&outcome.error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
    loop_end_attempt(loop, attempt, &outcome);
}

/* The handle is removed before the transfer is finished: libcurl must not call back for an attempt
 * that has ended. */
static void loop_end_flight(struct loop *loop, struct flight *flight, CURLcode code)
{
    struct fa_attempt *attempt = fa_transfer_attempt(flight->transfer);
    struct fa_outcome outcome;
    curl_multi_remove_handle(loop->multi, fa_transfer_easy(flight->transfer));
    fa_transfer_finish(flight->transfer, code, &outcome);
    loop_park(loop, flight);
    loop_end_attempt(loop, attempt, &outcome);
}

static void loop_start_flight(struct loop *loop, struct fa_attempt *attempt)
{
    struct fa_error err = {0};
    struct flight *flight = loop_take_flight(loop, &err);
    if (!flight) {
        loop_fail_start(loop, attempt, &err);
        return;
    }
    ((struct done *)attempt->slot)->flight = flight;
    if (fa_transfer_start(flight->transfer, attempt, &err) ||
        curl_multi_add_handle(loop->multi, fa_transfer_easy(flight->transfer)) != CURLM_OK) {
        loop_park(loop, flight);
        loop_fail_start(loop, attempt, &err);
    }
}

/* Collect ended handles.  A message is invalid once its handle is removed. */
static void loop_reap(struct loop *loop)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct fa_attempt *attempt = fa_transfer_attempt(fa_transfer_of(message->easy_handle));
        CURLcode code = message->data.result;
        fa_connections_forget(loop->connections, message->easy_handle);
        loop_end_flight(loop, ((struct done *)attempt->slot)->flight, code);
    }
}

/* Whether an attempt waits for the connection of a scout. */
static bool loop_is_scouted(struct loop *loop, struct fa_attempt *attempt)
{
    return fa_settings_of(loop->strategy->env.settings, (unsigned)attempt->rule)->http2 &&
           !attempt->http1 && !attempt->close && !attempt->fresh &&
           strncmp(attempt->url, "https:", 6) == 0 && fa_scouts_wait(&loop->scouts, attempt);
}

static bool loop_has_ready(const struct loop *loop)
{
    return !STAILQ_EMPTY(&loop->ready) || !STAILQ_EMPTY(&loop->released);
}

/* What a scout has released starts first, and without a scout of its own. */
static void loop_start_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct loop *loop = arg;
    pthread_mutex_lock(&loop->lock);
    STAILQ_CONCAT(&loop->ready, &loop->inbox);
    pthread_mutex_unlock(&loop->lock);
    for (int i = 0; i < START_AT_ONCE && loop_has_ready(loop); ++i) {
        struct fa_attempt *attempt = attempt_queue_pop(&loop->released);
        if (!attempt && loop_is_scouted(loop, attempt = attempt_queue_pop(&loop->ready)))
            continue;
        loop_start_flight(loop, attempt);
    }
    if (loop_has_ready(loop))
        event_active(loop->start, EV_TIMEOUT, 0);
    if (!LIST_EMPTY(&loop->flying) && !loop->sweeping) {
        struct timeval every = fa_loop_time(SWEEP_EVERY);
        event_add(loop->sweep, &every);
        loop->sweep_due = fa_clock_now() + SWEEP_EVERY;
        loop->sweeping = true;
    }
}

/* Without a watched socket the transfer would never continue.  The cause (libevent or the
 * kernel ran out of something) may be transient. */
static void loop_end_unwatched(struct loop *loop, struct flight *flight)
{
    struct fa_attempt *attempt = fa_transfer_attempt(flight->transfer);
    struct fa_outcome outcome;
    curl_multi_remove_handle(loop->multi, fa_transfer_easy(flight->transfer));
    fa_transfer_finish(flight->transfer, CURLE_ABORTED_BY_CALLBACK, &outcome);
    loop_park(loop, flight);
    if (outcome.error.class != FA_CLASS_NONE) {
        fa_error_set(&outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot watch a connection: %s", strerror(flight->unwatched));
        outcome.retryable = FA_RETRYABLE_NOW;
    }
    loop_end_attempt(loop, attempt, &outcome);
}

static bool loop_check_flight(struct loop *loop, const struct flight *flight, double now)
{
    fa_connections_enter(loop->connections, -1);
    bool good = fa_transfer_check(flight->transfer, now);
    fa_connections_leave(loop->connections);
    return good;
}

/* A socket that is ready may wait as long as the timer is late.  libevent adds the interval to the
 * time when the timer was due, as it is done here, or to that of a call for another reason. */
static void loop_note_delay(struct loop *loop, short what, double now)
{
    double delay = now - loop->sweep_due;
    bool timely = (what & EV_TIMEOUT) && delay > 0 && delay < SWEEP_EVERY;
    if ((what & EV_TIMEOUT) && delay > loop->delay)
        loop->delay = delay;
    loop->sweep_due = (timely ? loop->sweep_due : now) + SWEEP_EVERY;
}

/* Check stalls, cancellations and rate changes, which libcurl does not know of. */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct loop *loop = arg;
    double now = fa_clock_now();
    struct flight *next;
    loop_note_delay(loop, what, now);
    for (struct flight *flight = LIST_FIRST(&loop->flying); flight; flight = next) {
        next = LIST_NEXT(flight, link);
        if (flight->unwatched)
            loop_end_unwatched(loop, flight);
        else if (!loop_check_flight(loop, flight, now))
            loop_end_flight(loop, flight, CURLE_ABORTED_BY_CALLBACK);
    }
    if (LIST_EMPTY(&loop->flying)) {
        event_del(loop->sweep);
        loop->sweeping = false;
    }
}

/* The watchdog gets the descriptor that libcurl is called for: it is the one to shut down if
 * libcurl does not return. */
static void on_ready_socket(evutil_socket_t fd, short what, void *arg)
{
    struct loop *loop = arg;
    int running;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    fa_connections_enter(loop->connections, fd);
    curl_multi_socket_action(loop->multi, fd, flags, &running);
    fa_exchange_skip_refused(loop->connections);
    fa_connections_leave(loop->connections);
    loop_reap(loop);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct loop *loop = arg;
    int running;
    fa_connections_enter(loop->connections, -1);
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    fa_exchange_skip_refused(loop->connections);
    fa_connections_leave(loop->connections);
    loop_reap(loop);
}

/* Returning -1 from on_socket() would fail every transfer of the multi handle. */
static void loop_fail_watch(struct loop *loop, CURL *easy, int code)
{
    struct fa_transfer *transfer = fa_transfer_of(easy);
    struct fa_attempt *attempt = transfer ? fa_transfer_attempt(transfer) : NULL;
    if (!attempt)
        return;
    ((struct done *)attempt->slot)->flight->unwatched = code ? code : ENOMEM;
    event_active(loop->sweep, EV_READ, 0); /* not EV_TIMEOUT: see loop_note_delay() */
}

static int on_socket(CURL *easy, curl_socket_t sock, int what, void *arg, void *watch)
{
    (void)watch;
    struct loop *loop = arg;
    short flags =
        (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    if (what == CURL_POLL_REMOVE)
        fa_watches_rest(&loop->watches, sock);
    else if (fa_watches_set(&loop->watches, sock, flags))
        loop_fail_watch(loop, easy, errno);
    return 0;
}

static void on_socket_open(void *arg, int sock, bool open)
{
    struct loop *loop = arg;
    if (open)
        fa_watches_open(&loop->watches, sock);
    else
        fa_watches_close(&loop->watches, sock);
}

/* 0 means as soon as possible, but not from here: the time-out has to come from the loop. */
static int on_timer(CURLM *multi, long milliseconds, void *arg)
{
    (void)multi;
    struct loop *loop = arg;
    if (milliseconds < 0) {
        event_del(loop->timer);
        return 0;
    }
    struct timeval wait = fa_loop_time((double)milliseconds / 1000);
    event_add(loop->timer, &wait);
    return 0;
}

static void on_wake(void *arg)
{
    struct loop *loop = arg;
    pthread_mutex_lock(&loop->lock);
    bool stop = loop->stop;
    pthread_mutex_unlock(&loop->lock);
    if (stop)
        event_base_loopbreak(loop->base);
    else
        loop_start_ready(-1, 0, loop);
}

static void *loop_main(void *arg)
{
    struct loop *loop = arg;
    event_base_dispatch(loop->base);
    return NULL;
}

/* Block all signals: they are for the threads of the surrounding program. */
static int loop_start_thread(struct loop *loop)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&loop->thread, NULL, loop_main, loop);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->has_thread = code == 0;
    return code ? -1 : 0;
}

/* After a failure loop_fini() releases what exists, so it accepts a loop with any part missing. */
static int loop_init(struct loop *loop, struct fa_strategy *self, struct fa_error *err)
{
    bool own = self->env.loops > 1;
    loop->strategy = self;
    pthread_mutex_init(&loop->lock, NULL);
    STAILQ_INIT(&loop->inbox);
    STAILQ_INIT(&loop->ready);
    STAILQ_INIT(&loop->released);
    STAILQ_INIT(&loop->ended);
    loop->base = own ? fa_loop_new(err) : self->env.base;
    loop->multi = curl_multi_init();
    loop->connections = fa_connections_new(self->watchdog, err);
    if (!loop->base || !loop->multi || !loop->connections)
        goto fail;
    loop->watches = (struct fa_watches){.base = loop->base, .ready = on_ready_socket, .arg = loop};
    fa_connections_observe(loop->connections, on_socket_open, loop);
    loop->start = event_new(loop->base, -1, 0, loop_start_ready, loop);
    loop->timer = event_new(loop->base, -1, 0, on_timeout, loop);
    loop->sweep = event_new(loop->base, -1, EV_PERSIST, on_sweep, loop);
    loop->back = event_new(loop->base, -1, 0, loop_on_back, loop);
    if (!loop->start || !loop->timer || !loop->sweep || !loop->back)
        goto fail;
    event_priority_set(loop->back, FA_LOOP_LATER);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    curl_multi_setopt(
        loop->multi, CURLMOPT_PIPELINING,
        (long)(fa_settings_any_http2(self->env.settings) ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING));
    /* Left alone, the cache shrinks whenever fewer handles are added for a moment.  Loops may be
     * uneven, within what the descriptors allow. */
    unsigned even = self->env.jobs / self->env.loops;
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS,
                      (long)(even + (even < UNEVEN ? even : UNEVEN) + 1));
    if (!own)
        return 0;
    loop->wake = fa_wake_new(loop->base, on_wake, loop, err);
    if (loop->wake && loop_start_thread(loop) == 0)
        return 0;

fail:
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot create an event loop");
    return -1;
}

/* An attempt that will never end. */
static void attempt_drop(struct fa_attempt *attempt)
{
    attempt_close_part(attempt);
    free(attempt->slot);
}

static void attempt_queue_drop(struct fa_attempt_queue *queue)
{
    for (struct fa_attempt *attempt; (attempt = attempt_queue_pop(queue));)
        attempt_drop(attempt);
}

/* Nobody waits for these outcomes: the part files are closed as they are, and a later run resumes
 * from what the state has recorded. */
static void loop_drop_flights(struct loop *loop)
{
    while (!LIST_EMPTY(&loop->flying)) {
        struct flight *flight = LIST_FIRST(&loop->flying);
        attempt_drop(fa_transfer_attempt(flight->transfer));
        curl_multi_remove_handle(loop->multi, fa_transfer_easy(flight->transfer));
        loop_park(loop, flight);
    }
}

static void flight_list_free(struct loop *loop)
{
    while (!LIST_EMPTY(&loop->parked)) {
        struct flight *flight = LIST_FIRST(&loop->parked);
        LIST_REMOVE(flight, link);
        fa_transfer_free(flight->transfer);
        free(flight);
    }
}

static void done_queue_free(struct done_queue *queue)
{
    while (!STAILQ_EMPTY(queue)) {
        struct done *done = STAILQ_FIRST(queue);
        STAILQ_REMOVE_HEAD(queue, link);
        fa_outcome_fini(&done->outcome);
        free(done);
    }
}

/* First the thread ends; after that everything of the loop belongs to the caller.  The multi handle
 * goes before the transfers and connections, which its callbacks use. */
static void loop_fini(struct loop *loop)
{
    if (loop->has_thread) {
        pthread_mutex_lock(&loop->lock);
        loop->stop = true;
        pthread_mutex_unlock(&loop->lock);
        fa_wake_post(loop->wake);
        pthread_join(loop->thread, NULL);
    }
    fa_scouts_drain(&loop->scouts, &loop->released);
    attempt_queue_drop(&loop->inbox);
    attempt_queue_drop(&loop->ready);
    attempt_queue_drop(&loop->released);
    loop_drop_flights(loop);
    done_queue_free(&loop->ended);
    if (loop->multi)
        curl_multi_cleanup(loop->multi); /* calls on_socket() to stop watching each socket */
    flight_list_free(loop);
    fa_connections_free(loop->connections);
    fa_watches_fini(&loop->watches);
    struct event *events[] = {loop->start, loop->timer, loop->sweep, loop->back};
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); ++i)
        if (events[i])
            event_free(events[i]);
    fa_wake_free(loop->wake);
    if (loop->base && loop->base != loop->strategy->env.base)
        event_base_free(loop->base);
    pthread_mutex_destroy(&loop->lock);
}

/* The queue is moved under the lock and delivered without it: done() may submit the next
 * attempt. */
static void async_deliver(void *arg)
{
    struct fa_strategy *self = arg;
    struct done_queue ended = STAILQ_HEAD_INITIALIZER(ended);
    pthread_mutex_lock(&self->lock);
    STAILQ_CONCAT(&ended, &self->outbox);
    pthread_mutex_unlock(&self->lock);
    while (!STAILQ_EMPTY(&ended)) {
        struct done *done = STAILQ_FIRST(&ended);
        STAILQ_REMOVE_HEAD(&ended, link);
        --self->loops[done->attempt->task].load;
        self->env.done(self->env.ctx, done->attempt, &done->outcome);
        free(done);
    }
}

static void async_free(struct fa_strategy *self)
{
    if (!self)
        return;
    for (unsigned i = 0; i < self->n_loops; ++i)
        loop_fini(&self->loops[i]);
    done_queue_free(&self->outbox);
    fa_wake_free(self->wake);
    fa_watchdog_free(self->watchdog);
    fa_trust_free(self->trust);
    pthread_mutex_destroy(&self->lock);
    free(self->loops);
    free(self);
}

static struct fa_strategy *async_new(const struct fa_strategy_env *env, struct fa_error *err)
{
    struct fa_strategy *self = calloc(1, sizeof(*self));
    struct loop *loops = calloc(env->loops, sizeof(*loops));
    if (!self || !loops) {
        free(self);
        free(loops);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
        return NULL;
    }
    self->env = *env;
    self->loops = loops;
    pthread_mutex_init(&self->lock, NULL);
    STAILQ_INIT(&self->outbox);
    self->trust = fa_trust_new(env->settings->cacert, err);
    self->watchdog = self->trust ? fa_watchdog_new(err) : NULL;
    self->wake = self->watchdog ? fa_wake_new(env->base, async_deliver, self, err) : NULL;
    if (!self->wake)
        goto fail;
    for (unsigned i = 0; i < env->loops; ++i) {
        ++self->n_loops;
        if (loop_init(&loops[i], self, err))
            goto fail;
    }
    return self;

fail:
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
    return self->loops[home].load > low + (low / 2 < UNEVEN ? low / 2 : UNEVEN) ? least : home;
}

/* load and woken need no lock: only the engine's thread uses them. */
static int async_submit(struct fa_strategy *self, struct fa_attempt *attempt, struct fa_error *err)
{
    struct done *done = malloc(sizeof(*done));
    if (!done) {
        attempt_close_part(attempt);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
        return -1;
    }
    done->attempt = attempt;
    done->flight = NULL;
    attempt->slot = done;
    unsigned at = async_choose_loop(self, attempt->origin);
    struct loop *loop = &self->loops[at];
    attempt->task = at;
    ++loop->load;
    loop->woken = true;
    pthread_mutex_lock(&loop->lock);
    STAILQ_INSERT_TAIL(&loop->inbox, attempt, link);
    pthread_mutex_unlock(&loop->lock);
    return 0;
}

/* One wake-up for all attempts since the last flush: each one costs a write(2) and a context
 * switch. */
static void async_flush(struct fa_strategy *self)
{
    for (unsigned i = 0; i < self->n_loops; ++i) {
        struct loop *loop = &self->loops[i];
        if (!loop->woken)
            continue;
        loop->woken = false;
        if (loop->wake)
            fa_wake_post(loop->wake);
        else
            event_active(loop->start, EV_TIMEOUT, 0);
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
    .borrows = true,
    .new = async_new,
    .submit = async_submit,
    .flush = async_flush,
    .cancel = async_cancel,
    .tune = async_tune,
    .delay = async_delay,
    .free = async_free,
};
