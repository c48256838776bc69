/*
 * The feeder holds leases of partitions, renews them with each beat, and takes entries as its
 * session can use them.  An entry that has ended is reported as done once its record is in the state
 * (FA_EVENT_SAVED), so that a crash in between repeats it and loses nothing.
 *
 * The window, the number of entries at hand, grows while there are idle slots: then the origins at
 * hand are full, pause or are down.
 *
 * A lease that is not renewed in time may belong to another feeder, whose requests would add to
 * those of this one.  So if a beat is late, or says that a lease is lost, the session is stopped
 * before the lease ends, and the program begins with a new one: parts are kept.
 *
 * Two workers that died with an entry make it a suspect.  Most suspects are innocent: a worker holds
 * thousands of entries.  So few of them are downloaded at once, the fewer the more deaths, and in the
 * end one at a time without any other entry at hand.
 */
#include "queue/feeder.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <fetchall/entries.h>

#include "base/clock.h"
#include "queue/origins.h"

#define TICK        0.1
#define WINDOW_MOST 16384
#define LEASES_MOST 4096
/* Seconds between beats of a worker that has nothing to do. */
#define IDLE_BEAT 0.5
/* Deaths that make an entry a suspect. */
#define SUSPECT 2
/* Seconds for the last messages. */
#define FINISH_WAIT 0.9

struct item {
    TAILQ_ENTRY(item) next;
    struct fa_feeder *feeder;
    unsigned partition;
    unsigned group;           /* suspects: how many of them at once */
    char *id, *packed, *path; /* the entry: packed and path only until it is added */
    uint64_t line;
    const char *status, *error; /* the result */
    uint64_t bytes;
    char *text;
};
TAILQ_HEAD(items, item);

struct held {
    struct fa_queue_lease lease;
    unsigned running; /* entries in the session, or suspects */
    unsigned ended;   /* entries whose result was not answered yet */
    bool taking;      /* a take was not answered yet */
    bool dry;         /* the last take returned less than it asked for */
    bool leaving;     /* take no more, and give it back */
};

struct fa_feeder {
    struct fa_feeder_setup setup;
    const struct fa_queue_ops *ops;
    struct fa_queue *queue;
    struct event_base *base;
    struct event *timer;
    struct fa_origins origins;
    struct held *leases[LEASES_MOST]; /* by partition; NULL: not held */
    unsigned partitions;
    unsigned n_leases, next; /* next: where the next take begins */
    double lease;            /* seconds; 0: not opened yet */
    double beat_at, renewed; /* the next beat; when the last answered one was sent */
    bool beating, finishing, complete;
    bool lost, failed;
    struct fa_error error;
    struct items running, ended, suspects;
    size_t n_running, window, coming; /* coming: asked for in takes */
    unsigned n_suspects;              /* running, but for the one that is alone */
    bool alone;                       /* a suspect is running, and nothing else */
    unsigned active;
    LIST_HEAD(, call) calls; /* without an answer */
    uint64_t done, n_failed, bytes;
    uint64_t left; /* of the last beat */
    double began;
};

/* What an answer is about. */
struct call {
    LIST_ENTRY(call) next;
    struct fa_feeder *feeder;
    struct fa_queue_lease lease;
    unsigned count;
    double sent;
};

static void item_free(struct item *item)
{
    if (!item)
        return;
    free(item->id);
    free(item->packed);
    free(item->path);
    free(item->text);
    free(item);
}

static void feeder_fail(struct fa_feeder *feeder, const struct fa_error *error)
{
    if (feeder->failed)
        return;
    feeder->failed = true;
    feeder->error = *error;
    fa_session_stop(feeder->setup.session, FA_STOP_DRAIN);
}

static void feeder_no_memory(struct fa_feeder *feeder)
{
    struct fa_error error;
    fa_error_system(&error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take entries from the queue");
    feeder_fail(feeder, &error);
}

/* Another worker may request from these origins now. */
static void feeder_lose(struct fa_feeder *feeder)
{
    if (feeder->lost)
        return;
    feeder->lost = true;
    if (feeder->setup.queue.notice)
        feeder->setup.queue.notice(feeder->setup.queue.ctx,
                                   "the lease of entries has ended: stopping their transfers");
    fa_session_stop(feeder->setup.session, FA_STOP_DRAIN);
}

static struct call *call_new(struct fa_feeder *feeder, const struct fa_queue_lease *lease,
                             unsigned count)
{
    struct call *call = calloc(1, sizeof(*call));
    if (!call) {
        feeder_no_memory(feeder);
        return NULL;
    }
    call->feeder = feeder;
    if (lease)
        call->lease = *lease;
    call->count = count;
    call->sent = fa_clock_now();
    LIST_INSERT_HEAD(&feeder->calls, call, next);
    return call;
}

/* @return the lease that an answer is about, if it is still the same one; *ret_good: no error */
static struct held *call_end(struct call *call, const struct fa_queue_answer *answer,
                             bool *ret_good)
{
    struct fa_feeder *feeder = call->feeder;
    struct held *held = feeder->leases[call->lease.partition];
    LIST_REMOVE(call, next);
    *ret_good = answer->error.class == FA_CLASS_NONE;
    if (answer->stale)
        feeder_lose(feeder);
    else if (!*ret_good)
        feeder_fail(feeder, &answer->error);
    return held && held->lease.token == call->lease.token ? held : NULL;
}

static void on_plain(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    bool good;
    call_end(call, answer, &good);
    free(call);
}

/* Origins. */

static void feeder_send_origins(struct fa_feeder *feeder, const struct held *held)
{
    struct fa_queue_origin changed[FA_QUEUE_BATCH];
    size_t n;
    while ((n = fa_origins_take_changed(&feeder->origins, held->lease.partition, changed,
                                        FA_QUEUE_BATCH)) > 0) {
        struct call *call = call_new(feeder, &held->lease, 0);
        if (!call)
            return;
        feeder->ops->block(feeder->queue, &held->lease, changed, n, on_plain, call);
    }
}

/* @return the record of an origin of a held partition, or NULL */
static struct fa_origin_record *feeder_origin(struct fa_feeder *feeder, const char *name)
{
    uint64_t key = fa_origin_key(name);
    unsigned partition = fa_queue_partition(key, feeder->partitions);
    if (!feeder->leases[partition])
        return NULL;
    struct fa_origin_record *record = fa_origins_get(&feeder->origins, name, key, partition);
    if (!record) {
        feeder_no_memory(feeder);
        return NULL;
    }
    struct fa_origin_note note = {.size = sizeof(note)};
    fa_session_get_origin(feeder->setup.session, name, &note);
    record->at.not_before = note.not_before;
    record->at.down = note.down;
    record->at.limit = note.limit;
    record->changed = true;
    return record;
}

/* Tell the session what another worker knows. */
static struct fa_origin_record *feeder_add_origin(struct fa_feeder *feeder,
                                                  const struct fa_queue_origin *origin)
{
    const struct fa_origin_note note = {
        .size = sizeof(note),
        .not_before = origin->not_before,
        .down = origin->down,
        .limit = origin->limit,
    };
    struct fa_error err;
    uint64_t key = fa_origin_key(origin->name);
    struct fa_origin_record *record = fa_origins_get(&feeder->origins, origin->name, key,
                                                     fa_queue_partition(key, feeder->partitions));
    if (!record || fa_session_put_origin(feeder->setup.session, origin->name, &note, &err)) {
        feeder_no_memory(feeder);
        return NULL;
    }
    return record;
}

static void feeder_add_origins(struct fa_feeder *feeder, const struct fa_queue_gain *gain)
{
    for (size_t i = 0; i < gain->n_origins; ++i) {
        struct fa_origin_record *record = feeder_add_origin(feeder, &gain->origins[i]);
        if (!record)
            return;
        const char *name = record->at.name;
        record->at = gain->origins[i];
        record->at.name = name;
    }
}

/* Entries. */

static int item_add(struct fa_feeder *feeder, struct item *item)
{
    struct fa_error err;
    int result = fa_session_add_packed(feeder->setup.session, item->packed, item->path, item->line,
                                       item, &err);
    free(item->packed);
    free(item->path);
    item->packed = item->path = NULL;
    if (result) {
        feeder_fail(feeder, &err);
        return -1;
    }
    TAILQ_INSERT_TAIL(&feeder->running, item, next);
    ++feeder->n_running;
    return 0;
}

/* Of how many suspects one may be downloaded at once: 64, 8, or alone. */
static unsigned suspect_group(unsigned deaths)
{
    unsigned more = deaths - SUSPECT;
    return more > 1 ? 1 : 64U >> 3 * more;
}

/* Those that wait longest for their sentence come last. */
static void feeder_put_suspect(struct fa_feeder *feeder, struct item *item, unsigned deaths)
{
    item->group = suspect_group(deaths);
    if (item->group > 1)
        TAILQ_INSERT_HEAD(&feeder->suspects, item, next);
    else
        TAILQ_INSERT_TAIL(&feeder->suspects, item, next);
}

static bool feeder_may_add(const struct fa_feeder *feeder, const struct item *item)
{
    if (!item || feeder->lost || feeder->failed || feeder->alone)
        return false;
    if (item->group > 1)
        return feeder->n_suspects < item->group;
    return feeder->n_running == 0 && feeder->coming == 0 && TAILQ_EMPTY(&feeder->ended);
}

static void feeder_add_suspects(struct fa_feeder *feeder)
{
    struct item *item;
    while (feeder_may_add(feeder, item = TAILQ_FIRST(&feeder->suspects))) {
        TAILQ_REMOVE(&feeder->suspects, item, next);
        bool alone = item->group == 1;
        if (item_add(feeder, item)) {
            item_free(item);
            return;
        }
        feeder->alone = alone;
        feeder->n_suspects += !alone;
    }
}

static void feeder_take_in(struct fa_feeder *feeder, struct held *held,
                           const struct fa_queue_taken *taken)
{
    struct item *item = calloc(1, sizeof(*item));
    if (item) {
        item->feeder = feeder;
        item->partition = held->lease.partition;
        item->line = taken->line;
        item->id = strdup(taken->id);
        item->packed = strdup(taken->packed);
        item->path = strdup(taken->path);
    }
    if (!item || !item->id || !item->packed || !item->path) {
        item_free(item);
        feeder_no_memory(feeder);
        return;
    }
    ++held->running;
    if (taken->deaths >= SUSPECT)
        feeder_put_suspect(feeder, item, taken->deaths);
    else if (item_add(feeder, item))
        item_free(item);
}

/* After an answer was lost, it repeats entries that are at hand. */
static bool items_have(const struct items *items, unsigned partition, const char *id)
{
    const struct item *item;
    TAILQ_FOREACH (item, items, next)
        if (item->partition == partition && strcmp(item->id, id) == 0)
            return true;
    return false;
}

static void on_taken(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    struct held *held = call_end(call, answer, &good);
    feeder->coming -= call->count;
    if (held && good && !feeder->lost && !feeder->failed) {
        held->taking = false;
        held->dry = call->count > 0 && answer->n_taken < call->count;
        for (size_t i = 0; i < answer->n_taken; ++i) {
            const struct fa_queue_taken *taken = &answer->taken[i];
            if (held->running + held->ended > 0 &&
                (items_have(&feeder->running, held->lease.partition, taken->id) ||
                 items_have(&feeder->ended, held->lease.partition, taken->id) ||
                 items_have(&feeder->suspects, held->lease.partition, taken->id)))
                continue;
            feeder_take_in(feeder, held, taken);
        }
        feeder_add_suspects(feeder);
    }
    free(call);
}

static void feeder_take(struct fa_feeder *feeder, struct held *held, unsigned count, bool again)
{
    struct call *call = call_new(feeder, &held->lease, again ? 0 : count);
    if (!call)
        return;
    held->taking = true;
    feeder->coming += call->count;
    feeder->ops->take(feeder->queue, &held->lease, count, again, on_taken, call);
}

static bool held_can_take(const struct held *held)
{
    return held && !held->taking && !held->dry && !held->leaving;
}

/* Whether a suspect runs alone, or is going to. */
static bool feeder_isolates(const struct fa_feeder *feeder)
{
    const struct item *first = TAILQ_FIRST(&feeder->suspects);
    return feeder->alone || (first && first->group == 1);
}

static void feeder_fill(struct fa_feeder *feeder)
{
    size_t used = feeder->n_running + feeder->coming;
    unsigned able = 0;
    if (feeder->lost || feeder->failed || feeder->finishing || feeder_isolates(feeder))
        return;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        able += held_can_take(feeder->leases[p]);
    size_t room = feeder->window > used ? feeder->window - used : 0;
    if (able == 0 || room < feeder->window / 8 + 1)
        return;
    size_t each = room / able;
    each = each < 8 ? 8 : each > FA_QUEUE_BATCH ? FA_QUEUE_BATCH : each;
    for (unsigned n = 0; n < feeder->partitions && room >= each; ++n) {
        struct held *held = feeder->leases[(feeder->next + n) % feeder->partitions];
        if (!held_can_take(held))
            continue;
        feeder_take(feeder, held, (unsigned)each, false);
        room -= each;
        feeder->next = held->lease.partition + 1;
    }
}

/* Results. */

static void on_counted(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    bool good;
    struct held *held = call_end(call, answer, &good);
    if (held)
        held->ended -= call->count;
    free(call);
}

/* Send the results of one partition, whose entries are moved out of the list. */
static void feeder_send_results(struct fa_feeder *feeder, struct held *held)
{
    struct fa_queue_result results[FA_QUEUE_BATCH];
    struct item *item, *after, *sent[FA_QUEUE_BATCH];
    size_t n = 0;
    for (item = TAILQ_FIRST(&feeder->ended); item && n < FA_QUEUE_BATCH; item = after) {
        after = TAILQ_NEXT(item, next);
        if (item->partition != held->lease.partition)
            continue;
        TAILQ_REMOVE(&feeder->ended, item, next);
        sent[n] = item;
        results[n++] = (struct fa_queue_result){item->id, item->status, item->error, item->bytes,
                                                item->text ? item->text : ""};
    }
    struct call *call = call_new(feeder, &held->lease, (unsigned)n);
    if (call)
        feeder->ops->done(feeder->queue, &held->lease, results, n, on_counted, call);
    while (n > 0)
        item_free(sent[--n]);
}

static bool held_has_results(const struct fa_feeder *feeder, const struct held *held)
{
    const struct item *item;
    TAILQ_FOREACH (item, &feeder->ended, next)
        if (item->partition == held->lease.partition)
            return true;
    return false;
}

static void on_saved(struct fa_feeder *feeder)
{
    for (unsigned p = 0; p < feeder->partitions; ++p) {
        struct held *held = feeder->leases[p];
        while (held && held_has_results(feeder, held))
            feeder_send_results(feeder, held);
    }
    feeder_add_suspects(feeder);
    feeder_fill(feeder);
}

/* An entry that was cancelled is given back. */
static void on_done(struct fa_feeder *feeder, const struct fa_result *result)
{
    struct item *item = result->tag;
    struct held *held = feeder->leases[item->partition];
    TAILQ_REMOVE(&feeder->running, item, next);
    --feeder->n_running;
    --held->running;
    if (item->group == 1)
        feeder->alone = false;
    feeder->n_suspects -= item->group > 1;
    if (result->error.class == FA_CLASS_CANCELLED) {
        item_free(item);
        return;
    }
    bool failed = fa_status_is_failure(result->status);
    item->status = fa_status_name(result->status);
    item->error = failed ? fa_class_name(result->error.class) : "";
    item->bytes = result->bytes;
    item->text = feeder->setup.text ? feeder->setup.text(result) : NULL;
    TAILQ_INSERT_TAIL(&feeder->ended, item, next);
    ++held->ended;
    ++feeder->done;
    feeder->n_failed += failed;
    feeder->bytes += result->bytes;
    struct fa_origin_record *record = result->origin ? feeder_origin(feeder, result->origin) : NULL;
    if (!record)
        return;
    record->at.done += !failed;
    record->at.failed += failed;
    record->at.seconds += result->time.total;
    record->at.bytes += result->bytes;
}

/* Leases. */

static void feeder_drop(struct fa_feeder *feeder, struct held *held)
{
    struct call *call;
    feeder_send_origins(feeder, held);
    call = call_new(feeder, &held->lease, 0);
    if (call)
        feeder->ops->defer(feeder->queue, &held->lease, on_plain, call);
    fa_origins_remove(&feeder->origins, held->lease.partition);
    feeder->leases[held->lease.partition] = NULL;
    --feeder->n_leases;
    free(held);
}

static bool held_is_idle(const struct held *held)
{
    return held && !held->taking && held->running == 0 && held->ended == 0;
}

static void feeder_gain(struct fa_feeder *feeder, const struct fa_queue_gain *gain)
{
    unsigned partition = gain->lease.partition;
    struct held *held = feeder->leases[partition];
    if (held || partition >= feeder->partitions)
        return;
    held = calloc(1, sizeof(*held));
    if (!held) {
        feeder_no_memory(feeder);
        return;
    }
    held->lease = gain->lease;
    feeder->leases[partition] = held;
    ++feeder->n_leases;
    feeder_add_origins(feeder, gain);
    feeder_take(feeder, held, 0, true);
}

/* Give back what others should have: first what is not in use. */
static void feeder_share(struct fa_feeder *feeder, unsigned over)
{
    for (int idle = 1; idle >= 0; --idle)
        for (unsigned p = 0; over > 0 && p < feeder->partitions; ++p) {
            struct held *held = feeder->leases[p];
            if (held && !held->leaving && held_is_idle(held) == (idle == 1)) {
                held->leaving = true;
                --over;
            }
        }
}

static void on_left(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    call_end(call, answer, &good);
    free(call);
    fa_session_hold(feeder->setup.session, false);
}

static void feeder_leave(struct fa_feeder *feeder)
{
    if (feeder->finishing)
        return;
    feeder->finishing = true;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p])
            feeder_drop(feeder, feeder->leases[p]);
    struct call *call = call_new(feeder, NULL, 0);
    if (call)
        feeder->ops->leave(feeder->queue, on_left, call);
}

static void on_beat(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    double sent = call->sent;
    bool good;
    call_end(call, answer, &good);
    free(call);
    feeder->beating = false;
    if (!good || feeder->lost || feeder->finishing)
        return;
    feeder->renewed = sent;
    feeder->left = answer->left;
    for (size_t i = 0; i < answer->n_lost; ++i)
        if (feeder->leases[answer->lost[i]])
            feeder_lose(feeder);
    for (size_t i = 0; i < answer->n_gained; ++i)
        feeder_gain(feeder, &answer->gained[i]);
    for (size_t i = 0; i < answer->n_late; ++i)
        (void)feeder_add_origin(feeder, &answer->late[i]);
    for (size_t i = 0; i < answer->n_empty; ++i)
        if (answer->empty[i] < feeder->partitions && feeder->leases[answer->empty[i]])
            feeder->leases[answer->empty[i]]->leaving = true;
    feeder_share(feeder, answer->over);
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p])
            feeder->leases[p]->dry = false;
    if (fa_clock_now() - sent > feeder->lease / 3)
        feeder->beat_at = 0; /* it had to be repeated */
    feeder->complete = answer->left == 0 && answer->producers == 0 && !feeder->setup.wait;
    if (feeder->complete)
        feeder_leave(feeder);
    else
        feeder_fill(feeder);
}

static void feeder_beat(struct fa_feeder *feeder)
{
    struct fa_queue_lease leases[LEASES_MOST];
    size_t n = 0;
    char info[160];
    struct call *call = call_new(feeder, NULL, 0);
    if (!call)
        return;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p]) {
            feeder_send_origins(feeder, feeder->leases[p]);
            leases[n++] = feeder->leases[p]->lease;
        }
    snprintf(info, sizeof(info), "%llu %llu %llu %.1f %u", (unsigned long long)feeder->done,
             (unsigned long long)feeder->n_failed, (unsigned long long)feeder->bytes,
             fa_clock_now() - feeder->began, feeder->active);
    feeder->beating = true;
    feeder->ops->beat(feeder->queue, leases, n, feeder->partitions, info, on_beat, call);
    feeder->beat_at = fa_clock_now() + feeder->lease / 3;
}

/* The next beat comes early if there is nothing to do until then. */
static bool feeder_is_idle(const struct fa_feeder *feeder)
{
    if (feeder->n_running + feeder->coming >= feeder->setup.jobs)
        return false;
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (held_can_take(feeder->leases[p]))
            return false;
    return true;
}

static void feeder_check_lease(struct fa_feeder *feeder, double now)
{
    double margin = fmin(5, feeder->lease / 4);
    if (feeder->n_leases > 0 && now > feeder->renewed + feeder->lease - margin)
        feeder_lose(feeder);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct fa_feeder *feeder = arg;
    double now = fa_clock_now();
    if (feeder->setup.alive)
        feeder->setup.alive(feeder->setup.ctx);
    if (!(feeder->lease > 0) || feeder->finishing || feeder->lost || feeder->failed)
        return;
    feeder_check_lease(feeder, now);
    for (unsigned p = 0; p < feeder->partitions; ++p)
        if (feeder->leases[p] && feeder->leases[p]->leaving && held_is_idle(feeder->leases[p]))
            feeder_drop(feeder, feeder->leases[p]);
    double early = feeder->beat_at - feeder->lease / 3 + IDLE_BEAT;
    if (!feeder->beating && (now >= feeder->beat_at || (now >= early && feeder_is_idle(feeder))))
        feeder_beat(feeder);
    feeder_fill(feeder);
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
    if (event->type == FA_EVENT_DONE && event->done.tag) {
        on_done(feeder, &event->done);
    } else if (event->type == FA_EVENT_SAVED) {
        on_saved(feeder);
    } else if (event->type == FA_EVENT_PROGRESS) {
        feeder_adapt(feeder, &event->progress);
    } else if (event->type == FA_EVENT_HOST && feeder->partitions > 0) {
        record = feeder_origin(feeder, event->host.origin);
        if (record)
            feeder_send_origins(feeder, feeder->leases[record->partition]);
    }
}

void fa_feeder_get_figures(const struct fa_feeder *feeder, struct fa_feeder_figures *ret)
{
    const struct item *item;
    *ret = (struct fa_feeder_figures){feeder->n_leases, feeder->n_running, feeder->left};
    TAILQ_FOREACH (item, &feeder->suspects, next)
        ++ret->held;
}

static void on_opened(void *ctx, const struct fa_queue_answer *answer)
{
    struct call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    call_end(call, answer, &good);
    free(call);
    if (!good)
        return;
    feeder->partitions = answer->partitions < LEASES_MOST ? answer->partitions : LEASES_MOST;
    feeder->lease = answer->lease;
    feeder->renewed = fa_clock_now();
    feeder_beat(feeder);
}

struct fa_feeder *fa_feeder_new(const struct fa_feeder_setup *setup, struct fa_error *err)
{
    struct timeval tick = {.tv_usec = (suseconds_t)(TICK * 1e6)};
    struct fa_feeder *feeder = calloc(1, sizeof(*feeder));
    struct call *call = NULL;
    if (feeder) {
        TAILQ_INIT(&feeder->running);
        TAILQ_INIT(&feeder->ended);
        TAILQ_INIT(&feeder->suspects);
        feeder->setup = *setup;
        feeder->ops = setup->ops;
        feeder->window = 2 * (size_t)setup->jobs;
        feeder->began = fa_clock_now();
        feeder->base = fa_session_loop(setup->session);
        feeder->setup.queue.base = feeder->base;
        feeder->timer = event_new(feeder->base, -1, EV_PERSIST, on_tick, feeder);
        call = call_new(feeder, NULL, 0);
    }
    if (!feeder || !feeder->timer || !call || event_add(feeder->timer, &tick)) {
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
        feeder_leave(feeder);
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

static void items_free(struct items *items)
{
    struct item *item;
    while ((item = TAILQ_FIRST(items))) {
        TAILQ_REMOVE(items, item, next);
        item_free(item);
    }
}

void fa_feeder_free(struct fa_feeder *feeder)
{
    struct call *call;
    if (!feeder)
        return;
    if (feeder->queue)
        feeder->ops->free(feeder->queue);
    if (feeder->timer)
        event_free(feeder->timer);
    items_free(&feeder->running);
    items_free(&feeder->ended);
    items_free(&feeder->suspects);
    for (unsigned p = 0; p < LEASES_MOST; ++p)
        free(feeder->leases[p]);
    while ((call = LIST_FIRST(&feeder->calls))) {
        LIST_REMOVE(call, next);
        free(call);
    }
    fa_origins_fini(&feeder->origins);
    free(feeder);
}
