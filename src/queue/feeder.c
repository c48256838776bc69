/*
 * The feeder holds leases of partitions, renews them with each beat, and takes entries as its
 * session can use them.  An entry that has ended is reported as done once its record is in the
 * state (FA_EVENT_SAVED), so that a crash in between repeats it and loses nothing.
 *
 *    queue ──leases──▶ leases ──▶ takes ──entries──▶ session
 *      ▲                              results ◀──events──┘ │
 *      └────────── results, notes about origins ◀──────────┘
 *
 * The window, the number of entries at hand, grows while there are idle slots: then the origins at
 * hand are full, pause or are down.
 */
#include "queue/feeder.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "queue/hold.h"
#include "queue/leases.h"
#include "queue/notes.h"
#include "queue/results.h"
#include "queue/takes.h"

#define TICK        0.1
#define WINDOW_MOST 16384
/* Seconds for the last messages. */
#define FINISH_WAIT 0.9

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_feeder *feeder = arg;
    if (feeder->setup.alive)
        feeder->setup.alive(feeder->setup.ctx);
    if (!(feeder->lease > 0) || feeder->finishing || feeder->lost || feeder->failed)
        return;
    fa_leases_tick(feeder);
    fa_takes_fill(feeder);
}

static void on_telling(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    fa_takes_tell(arg);
}

/* Idle slots with a full window: its origins cannot use them. */
static void feeder_adapt(struct fa_feeder *feeder, const struct fa_progress *progress)
{
    size_t least = 2 * (size_t)feeder->setup.jobs;
    feeder->active = progress->active;
    if (progress->active < feeder->setup.jobs && feeder->n_running >= feeder->window / 4 * 3)
        feeder->window = feeder->window * 2 < WINDOW_MOST ? feeder->window * 2 : WINDOW_MOST;
    else if (progress->active >= feeder->setup.jobs)
        feeder->window -= (feeder->window - least) / 16;
}

void fa_feeder_handle(struct fa_feeder *feeder, const struct fa_event *event)
{
    struct fa_origin_record *record;
    if (event->type == FA_EVENT_STARTED && event->started.tag) {
        fa_takes_begin(feeder, event->started.tag);
    } else if (event->type == FA_EVENT_DONE && event->done.tag) {
        fa_results_add(feeder, &event->done);
    } else if (event->type == FA_EVENT_SAVED) {
        fa_results_send(feeder);
    } else if (event->type == FA_EVENT_PROGRESS) {
        feeder_adapt(feeder, &event->progress);
    } else if (event->type == FA_EVENT_HOST && feeder->partitions > 0) {
        record = fa_notes_get(feeder, event->host.origin);
        if (record)
            fa_notes_send(feeder, fa_hold_of(feeder, record->partition, NULL));
    }
}

/* A session that is being stopped repeats no attempt, so its failures are not those of an entry
 * that has had all of its attempts. */
bool fa_feeder_gives_back(const struct fa_feeder *feeder, const struct fa_result *result)
{
    bool stops = feeder->lost || feeder->failed ||
                 (feeder->setup.stopping && feeder->setup.stopping(feeder->setup.ctx));
    return result->error.class == FA_CLASS_CANCELLED ||
           (stops && fa_status_is_failure(result->status) && result->transient);
}

void fa_feeder_get_figures(const struct fa_feeder *feeder, struct fa_feeder_figures *ret)
{
    const struct fa_item *item;
    *ret = (struct fa_feeder_figures){feeder->n_leases, feeder->n_running, feeder->left};
    TAILQ_FOREACH (item, &feeder->suspects, next)
        ++ret->held;
}

static void on_opened(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    fa_call_end(call, answer, &good);
    free(call);
    if (!good)
        return;
    feeder->leases = calloc((size_t)answer->partitions * FA_QUEUE_SEATS, sizeof(struct fa_held *));
    feeder->shares = calloc(answer->partitions, sizeof(*feeder->shares));
    if (!feeder->leases || !feeder->shares) {
        fa_hold_no_memory(feeder);
        return;
    }
    feeder->partitions = answer->partitions;
    feeder->slots = answer->partitions * FA_QUEUE_SEATS;
    feeder->lease = answer->lease;
    feeder->renewed = fa_clock_now();
    fa_leases_beat(feeder);
}

struct fa_feeder *fa_feeder_new(const struct fa_feeder_setup *setup, struct fa_error *err)
{
    struct timeval tick = {.tv_usec = (suseconds_t)(TICK * 1e6)};
    struct fa_feeder *feeder = calloc(1, sizeof(*feeder));
    struct fa_call *call = NULL;
    if (feeder) {
        TAILQ_INIT(&feeder->running);
        TAILQ_INIT(&feeder->ended);
        TAILQ_INIT(&feeder->suspects);
        TAILQ_INIT(&feeder->beginning);
        feeder->setup = *setup;
        feeder->ops = setup->ops;
        feeder->window = 2 * (size_t)setup->jobs;
        feeder->began = fa_clock_now();
        feeder->base = fa_session_loop(setup->session);
        feeder->setup.queue.base = feeder->base;
        feeder->timer = event_new(feeder->base, -1, EV_PERSIST, on_tick, feeder);
        feeder->telling = event_new(feeder->base, -1, 0, on_telling, feeder);
        call = fa_call_new(feeder, NULL, 0);
    }
    if (!feeder || !feeder->timer || !feeder->telling || !call || event_add(feeder->timer, &tick)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot work on the queue");
        goto failed;
    }
    feeder->queue = feeder->ops->open(&feeder->setup.queue, on_opened, call, err);
    if (!feeder->queue)
        goto failed;
    fa_session_hold(setup->session, true);
    return feeder;

failed:
    fa_feeder_free(feeder);
    return NULL;
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    bool *late = arg;
    *late = true;
}

/* The results that are saved were sent with the last event of the session.  Without its leases a
 * worker has nothing else to do than to tell of the pauses that it has heard of. */
enum fa_feeder_end fa_feeder_finish(struct fa_feeder *feeder, struct fa_error *err)
{
    bool late = false;
    struct timeval wait = {.tv_usec = (suseconds_t)(FINISH_WAIT * 1e6)};
    struct event *timer = evtimer_new(feeder->base, on_late, &late);
    if (timer && event_add(timer, &wait) == 0 && !feeder->failed && feeder->lease > 0) {
        fa_leases_leave(feeder);
        while ((!late || feeder->lost) && !LIST_EMPTY(&feeder->calls) &&
               event_base_loop(feeder->base, EVLOOP_ONCE) == 0)
            continue;
    }
    if (timer)
        event_free(timer);
    if (feeder->failed)
        *err = feeder->error;
    return feeder->failed     ? FA_FEEDER_FAILED
           : feeder->lost     ? FA_FEEDER_LOST
           : feeder->complete ? FA_FEEDER_FINISHED
                              : FA_FEEDER_STOPPED;
}

static void items_free(struct fa_items *items)
{
    struct fa_item *item;
    while ((item = TAILQ_FIRST(items))) {
        TAILQ_REMOVE(items, item, next);
        fa_item_free(item);
    }
}

void fa_feeder_free(struct fa_feeder *feeder)
{
    struct fa_call *call;
    if (!feeder)
        return;
    if (feeder->queue)
        feeder->ops->free(feeder->queue);
    if (feeder->timer)
        event_free(feeder->timer);
    if (feeder->telling)
        event_free(feeder->telling);
    items_free(&feeder->running);
    items_free(&feeder->ended);
    items_free(&feeder->suspects);
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        free(feeder->leases[slot]);
    free(feeder->leases);
    free(feeder->shares);
    while ((call = LIST_FIRST(&feeder->calls))) {
        LIST_REMOVE(call, next);
        free(call);
    }
    fa_origins_fini(&feeder->origins);
    free(feeder);
}
