/*
 * libcurl must not be called from its own callbacks: on_socket() and on_timer() only note what to
 * watch. Handles are added a few at a time, because the first time-out of a multi handle
 * works through all new handles.
 *
 * An attempt belongs to the thread of its loop from the inbox to the outbox, except for its atomic
 * fields: the engine reads `received` and the header, and sets `cancelled` and `rate`, which a
 * sweep over all transfers applies a few times per second.
 *
 * An attempt is a `flight` while it is in a multi handle.
 */
#include "strategy/multi.h"

#include "base/clock.h"
#include "base/thread.h"
#include "transfer/exchange.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_AT_ONCE 64
#define SWEEP_EVERY   0.2

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
static void multi_release(struct fa_attempt *attempt, void *arg)
{
    struct fa_multi *m = arg;
    fa_scouts_end(&m->scouts, attempt, &m->released);
    if (!STAILQ_EMPTY(&m->released))
        event_active(m->start, EV_TIMEOUT, 0);
}

static void multi_end_attempt(struct fa_multi *m, struct fa_attempt *attempt,
                              struct fa_outcome *outcome)
{
    struct fa_done *done = attempt->slot;
    multi_release(attempt, m);
    attempt_close_part(attempt);
    done->outcome = *outcome;
    STAILQ_INSERT_TAIL(&m->ended, done, link);
    event_active(m->back, EV_TIMEOUT, 0);
}

/* Return headers and outcomes of all sockets that were ready together in one batch. */
static void multi_on_back(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_multi *m = arg;
    if (!STAILQ_EMPTY(&m->headed) || !STAILQ_EMPTY(&m->ended))
        fa_outbox_put(&m->shared->outbox, &m->headed, &m->ended);
}

static void multi_announce_head(struct fa_attempt *attempt, void *arg)
{
    struct fa_multi *m = arg;
    struct fa_done *done = attempt->slot;
    if (!attempt->announce)
        return;
    STAILQ_INSERT_TAIL(&m->headed, done, headed);
    event_active(m->back, EV_TIMEOUT, 0);
}

/* Transfers are used again, because each one keeps a buffer of up to 256 KiB (body.c). */
static struct fa_flight *multi_take_flight(struct fa_multi *m, struct fa_error *err)
{
    struct fa_flight *flight = LIST_FIRST(&m->parked);
    if (flight) {
        LIST_REMOVE(flight, link);
    } else {
        flight = calloc(1, sizeof(*flight));
        if (flight)
            flight->transfer =
                fa_transfer_new(m->shared->env.settings, m->shared->trust, m->connections, err);
        if (!flight || !flight->transfer) {
            free(flight);
            return NULL;
        }
        fa_transfer_watch(flight->transfer, multi_release, multi_announce_head, m);
    }
    flight->unwatched = 0;
    LIST_INSERT_HEAD(&m->flying, flight, link);
    return flight;
}

static void multi_park(struct fa_multi *m, struct fa_flight *flight)
{
    LIST_REMOVE(flight, link);
    LIST_INSERT_HEAD(&m->parked, flight, link);
}

/* A libcurl function that sets no error of ours has run out of memory. */
static void multi_fail_start(struct fa_multi *m, struct fa_attempt *attempt,
                             const struct fa_error *err)
{
    struct fa_outcome outcome = fa_outcome_none;
    outcome.error = *err;
    if (outcome.error.class == FA_CLASS_NONE)
        fa_error_system(&outcome.error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
    multi_end_attempt(m, attempt, &outcome);
}

/* The handle is removed before the transfer is finished: libcurl must not call back for an attempt
 * that has ended. */
static void multi_end_flight(struct fa_multi *m, struct fa_flight *flight, CURLcode code)
{
    struct fa_attempt *attempt = fa_transfer_attempt(flight->transfer);
    struct fa_outcome outcome;
    curl_multi_remove_handle(m->multi, fa_transfer_easy(flight->transfer));
    fa_transfer_finish(flight->transfer, code, &outcome);
    multi_park(m, flight);
    multi_end_attempt(m, attempt, &outcome);
}

static void multi_start_flight(struct fa_multi *m, struct fa_attempt *attempt)
{
    struct fa_error err = {0};
    struct fa_flight *flight = multi_take_flight(m, &err);
    if (!flight) {
        multi_fail_start(m, attempt, &err);
        return;
    }
    ((struct fa_done *)attempt->slot)->flight = flight;
    if (fa_transfer_start(flight->transfer, attempt, &err) ||
        curl_multi_add_handle(m->multi, fa_transfer_easy(flight->transfer)) != CURLM_OK) {
        multi_park(m, flight);
        multi_fail_start(m, attempt, &err);
    }
}

/* Collect ended handles.  A message is invalid once its handle is removed. */
static void multi_reap(struct fa_multi *m)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(m->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct fa_attempt *attempt = fa_transfer_attempt(fa_transfer_of(message->easy_handle));
        CURLcode code = message->data.result;
        fa_connections_forget(m->connections, message->easy_handle);
        multi_end_flight(m, ((struct fa_done *)attempt->slot)->flight, code);
    }
}

/* Whether an attempt waits for the connection of a scout. */
static bool multi_is_scouted(struct fa_multi *m, struct fa_attempt *attempt)
{
    return fa_settings_of(m->shared->env.settings, (unsigned)attempt->rule)->http2 &&
           !attempt->http1 && !attempt->close && !attempt->fresh &&
           strncmp(attempt->url, "https:", 6) == 0 && fa_scouts_wait(&m->scouts, attempt);
}

static bool multi_has_ready(const struct fa_multi *m)
{
    return !STAILQ_EMPTY(&m->ready) || !STAILQ_EMPTY(&m->released);
}

/* What a scout has released starts first, and without a scout of its own. */
static void multi_start_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_multi *m = arg;
    pthread_mutex_lock(&m->lock);
    STAILQ_CONCAT(&m->ready, &m->inbox);
    pthread_mutex_unlock(&m->lock);
    for (int i = 0; i < START_AT_ONCE && multi_has_ready(m); ++i) {
        struct fa_attempt *attempt = attempt_queue_pop(&m->released);
        if (!attempt && multi_is_scouted(m, attempt = attempt_queue_pop(&m->ready)))
            continue;
        multi_start_flight(m, attempt);
    }
    if (multi_has_ready(m))
        event_active(m->start, EV_TIMEOUT, 0);
    if (!LIST_EMPTY(&m->flying) && !m->sweeping) {
        struct timeval every = fa_loop_time(SWEEP_EVERY);
        event_add(m->sweep, &every);
        m->sweep_due = fa_clock_now() + SWEEP_EVERY;
        m->sweeping = true;
    }
}

/* Without a watched socket the transfer would never continue.  The cause (libevent or the
 * kernel ran out of something) may be transient. */
static void multi_end_unwatched(struct fa_multi *m, struct fa_flight *flight)
{
    struct fa_attempt *attempt = fa_transfer_attempt(flight->transfer);
    struct fa_outcome outcome;
    curl_multi_remove_handle(m->multi, fa_transfer_easy(flight->transfer));
    fa_transfer_finish(flight->transfer, CURLE_ABORTED_BY_CALLBACK, &outcome);
    multi_park(m, flight);
    if (outcome.error.class != FA_CLASS_NONE) {
        fa_error_set(&outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot watch a connection: %s", strerror(flight->unwatched));
        outcome.retryable = FA_RETRYABLE_NOW;
    }
    multi_end_attempt(m, attempt, &outcome);
}

static bool multi_check_flight(struct fa_multi *m, const struct fa_flight *flight, double now)
{
    fa_connections_enter(m->connections, -1);
    bool good = fa_transfer_check(flight->transfer, now);
    fa_connections_leave(m->connections);
    return good;
}

/* A socket that is ready may wait as long as the timer is late.  libevent adds the interval to the
 * time when the timer was due, as it is done here, or to that of a call for another reason. */
static void multi_note_delay(struct fa_multi *m, short what, double now)
{
    double delay = now - m->sweep_due;
    bool timely = (what & EV_TIMEOUT) && delay > 0 && delay < SWEEP_EVERY;
    if ((what & EV_TIMEOUT) && delay > m->delay)
        m->delay = delay;
    m->sweep_due = (timely ? m->sweep_due : now) + SWEEP_EVERY;
}

/* Check stalls, cancellations and rate changes, which libcurl does not know of. */
static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct fa_multi *m = arg;
    double now = fa_clock_now();
    struct fa_flight *next;
    multi_note_delay(m, what, now);
    for (struct fa_flight *flight = LIST_FIRST(&m->flying); flight; flight = next) {
        next = LIST_NEXT(flight, link);
        if (flight->unwatched)
            multi_end_unwatched(m, flight);
        else if (!multi_check_flight(m, flight, now))
            multi_end_flight(m, flight, CURLE_ABORTED_BY_CALLBACK);
    }
    if (LIST_EMPTY(&m->flying)) {
        event_del(m->sweep);
        m->sweeping = false;
    }
}

/* The watchdog gets the descriptor that libcurl is called for: it is the one to shut down if
 * libcurl does not return. */
static void on_ready_socket(evutil_socket_t fd, short what, void *arg)
{
    struct fa_multi *m = arg;
    int running;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    fa_connections_enter(m->connections, fd);
    curl_multi_socket_action(m->multi, fd, flags, &running);
    fa_exchange_skip_refused(m->connections);
    fa_connections_leave(m->connections);
    multi_reap(m);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_multi *m = arg;
    int running;
    fa_connections_enter(m->connections, -1);
    curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    fa_exchange_skip_refused(m->connections);
    fa_connections_leave(m->connections);
    multi_reap(m);
}

/* Returning -1 from on_socket() would fail every transfer of the multi handle. */
static void multi_fail_watch(struct fa_multi *m, CURL *easy, int code)
{
    struct fa_transfer *transfer = fa_transfer_of(easy);
    struct fa_attempt *attempt = transfer ? fa_transfer_attempt(transfer) : NULL;
    if (!attempt)
        return;
    ((struct fa_done *)attempt->slot)->flight->unwatched = code ? code : ENOMEM;
    event_active(m->sweep, EV_READ, 0); /* not EV_TIMEOUT: see multi_note_delay() */
}

static int on_socket(CURL *easy, curl_socket_t sock, int what, void *arg, void *watch)
{
    (void)watch;
    struct fa_multi *m = arg;
    short flags =
        (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    if (what == CURL_POLL_REMOVE)
        fa_watches_rest(&m->watches, sock);
    else if (fa_watches_set(&m->watches, sock, flags))
        multi_fail_watch(m, easy, errno);
    return 0;
}

static void on_socket_open(void *arg, int sock, bool open)
{
    struct fa_multi *m = arg;
    if (open)
        fa_watches_open(&m->watches, sock);
    else
        fa_watches_close(&m->watches, sock);
}

/* 0 means as soon as possible, but not from here: the time-out has to come from the loop. */
static int on_timer(CURLM *multi, long milliseconds, void *arg)
{
    (void)multi;
    struct fa_multi *m = arg;
    if (milliseconds < 0) {
        event_del(m->timer);
        return 0;
    }
    struct timeval wait = fa_loop_time((double)milliseconds / 1000);
    event_add(m->timer, &wait);
    return 0;
}

static void on_wake(void *arg)
{
    struct fa_multi *m = arg;
    pthread_mutex_lock(&m->lock);
    bool stop = m->stop;
    pthread_mutex_unlock(&m->lock);
    if (stop)
        event_base_loopbreak(m->base);
    else
        multi_start_ready(-1, 0, m);
}

static void *multi_main(void *arg)
{
    struct fa_multi *m = arg;
    event_base_dispatch(m->base);
    return NULL;
}

static int multi_start_thread(struct fa_multi *m)
{
    m->has_thread = fa_thread_start(&m->thread, NULL, multi_main, m) == 0;
    return m->has_thread ? 0 : -1;
}

/* After a failure fa_multi_fini() frees what exists, so it accepts a multi with any part
 * missing. */
int fa_multi_init(struct fa_multi *m, struct fa_multi_shared *shared, struct fa_error *err)
{
    bool own = shared->env.loops > 1;
    m->shared = shared;
    pthread_mutex_init(&m->lock, NULL);
    STAILQ_INIT(&m->inbox);
    STAILQ_INIT(&m->ready);
    STAILQ_INIT(&m->released);
    STAILQ_INIT(&m->headed);
    STAILQ_INIT(&m->ended);
    m->base = own ? fa_loop_new(err) : shared->env.base;
    m->multi = curl_multi_init();
    m->connections = fa_connections_new(shared->watchdog, err);
    if (!m->base || !m->multi || !m->connections)
        goto fail;
    m->watches = (struct fa_watches){.base = m->base, .ready = on_ready_socket, .arg = m};
    fa_connections_observe(m->connections, on_socket_open, m);
    m->start = event_new(m->base, -1, 0, multi_start_ready, m);
    m->timer = event_new(m->base, -1, 0, on_timeout, m);
    m->sweep = event_new(m->base, -1, EV_PERSIST, on_sweep, m);
    m->back = event_new(m->base, -1, 0, multi_on_back, m);
    if (!m->start || !m->timer || !m->sweep || !m->back)
        goto fail;
    event_priority_set(m->back, FA_LOOP_LATER);
    curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m);
    curl_multi_setopt(m->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(m->multi, CURLMOPT_TIMERDATA, m);
    curl_multi_setopt(m->multi, CURLMOPT_PIPELINING,
                      (long)(fa_settings_any_http2(shared->env.settings) ? CURLPIPE_MULTIPLEX
                                                                         : CURLPIPE_NOTHING));
    /* Left alone, the cache shrinks whenever fewer handles are added for a moment.  Loops may be
     * uneven, within what the descriptors allow. */
    unsigned even = shared->env.jobs / shared->env.loops;
    curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS,
                      (long)(even + (even < FA_MULTI_UNEVEN ? even : FA_MULTI_UNEVEN) + 1));
    if (!own)
        return 0;
    m->wake = fa_wake_new(m->base, on_wake, m, err);
    if (m->wake && multi_start_thread(m) == 0)
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
static void multi_drop_flights(struct fa_multi *m)
{
    while (!LIST_EMPTY(&m->flying)) {
        struct fa_flight *flight = LIST_FIRST(&m->flying);
        attempt_drop(fa_transfer_attempt(flight->transfer));
        curl_multi_remove_handle(m->multi, fa_transfer_easy(flight->transfer));
        multi_park(m, flight);
    }
}

static void flight_list_free(struct fa_multi *m)
{
    while (!LIST_EMPTY(&m->parked)) {
        struct fa_flight *flight = LIST_FIRST(&m->parked);
        LIST_REMOVE(flight, link);
        fa_transfer_free(flight->transfer);
        free(flight);
    }
}

/* First the thread ends; after that everything of the loop belongs to the caller.  The multi handle
 * goes before the transfers and connections, which its callbacks use. */
void fa_multi_fini(struct fa_multi *m)
{
    if (m->has_thread) {
        pthread_mutex_lock(&m->lock);
        m->stop = true;
        pthread_mutex_unlock(&m->lock);
        fa_wake_post(m->wake);
        pthread_join(m->thread, NULL);
    }
    fa_scouts_drain(&m->scouts, &m->released);
    attempt_queue_drop(&m->inbox);
    attempt_queue_drop(&m->ready);
    attempt_queue_drop(&m->released);
    multi_drop_flights(m);
    fa_done_queue_free(&m->ended);
    if (m->multi)
        curl_multi_cleanup(m->multi); /* calls on_socket() to stop watching each socket */
    flight_list_free(m);
    fa_connections_free(m->connections);
    fa_watches_fini(&m->watches);
    struct event *events[] = {m->start, m->timer, m->sweep, m->back};
    for (size_t i = 0; i < sizeof(events) / sizeof(*events); ++i)
        if (events[i])
            event_free(events[i]);
    fa_wake_free(m->wake);
    if (m->base && m->base != m->shared->env.base)
        event_base_free(m->base);
    pthread_mutex_destroy(&m->lock);
}

int fa_multi_put(struct fa_multi *m, struct fa_attempt *attempt, struct fa_error *err)
{
    struct fa_done *done = malloc(sizeof(*done));
    if (!done) {
        attempt_close_part(attempt);
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a transfer");
        return -1;
    }
    done->attempt = attempt;
    done->flight = NULL;
    attempt->slot = done;
    pthread_mutex_lock(&m->lock);
    STAILQ_INSERT_TAIL(&m->inbox, attempt, link);
    pthread_mutex_unlock(&m->lock);
    return 0;
}

void fa_multi_wake(struct fa_multi *m)
{
    if (m->wake)
        fa_wake_post(m->wake);
    else
        event_active(m->start, EV_TIMEOUT, 0);
}
