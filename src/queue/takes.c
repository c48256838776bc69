/*
 * Entries are taken in batches, one from each lease in turn, until the window is full.
 *
 * A worker that dies has taken thousands of entries, and has begun as many as it has transfers: it
 * tells the queue which, some times a second, and at once if a dead worker had the entry.
 *
 * Two deaths make an entry a suspect.  Most suspects are innocent, as they only began together with
 * another one.  So few of them are downloaded at once, the fewer the more deaths, and in the end
 * one at a time without any other entry at hand; and each when the queue knows that it begins.
 */
#include "queue/takes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Deaths that make an entry a suspect. */
#define SUSPECT 2
/* Seconds between messages of what begins: one that comes after a while is sent at once. */
#define TELL_EVERY 0.05

static void item_enter(struct fa_feeder *feeder, struct fa_item *item)
{
    TAILQ_INSERT_TAIL(&feeder->running, item, next);
    ++feeder->n_running;
}

static void item_add(struct fa_feeder *feeder, struct fa_item *item)
{
    struct fa_error err;
    int result = fa_session_add_packed(feeder->setup.session, item->packed, item->path, item->line,
                                       item, &err);
    free(item->packed);
    free(item->path);
    item->packed = item->path = NULL;
    if (result)
        fa_hold_fail(feeder, &err);
}

void fa_takes_begin(struct fa_feeder *feeder, struct fa_item *item)
{
    if (item->begin != FA_ITEM_TAKEN)
        return;
    item->begin = FA_ITEM_BEGINS;
    TAILQ_INSERT_TAIL(&feeder->beginning, item, beginning);
    double wait = feeder->told + TELL_EVERY - fa_clock_now();
    struct timeval after = {.tv_usec = (suseconds_t)(wait * 1e6)};
    if (wait <= 0 || item->inherited)
        event_active(feeder->telling, EV_TIMEOUT, 0);
    else if (!event_pending(feeder->telling, EV_TIMEOUT, NULL))
        event_add(feeder->telling, &after);
}

static void feeder_tell(struct fa_feeder *feeder, const struct fa_queue_begun *begun, size_t n)
{
    struct fa_call *call = fa_call_new(feeder, NULL, 0);
    if (call)
        feeder->ops->begin(feeder->queue, begun, n, fa_call_on_plain, call);
}

void fa_takes_tell(struct fa_feeder *feeder)
{
    struct fa_queue_begun begun[FA_QUEUE_BATCH];
    struct fa_item *item;
    size_t n = 0;
    feeder->told = fa_clock_now();
    while ((item = TAILQ_FIRST(&feeder->beginning))) {
        TAILQ_REMOVE(&feeder->beginning, item, beginning);
        item->begin = FA_ITEM_BEGUN;
        begun[n++] = (struct fa_queue_begun){item->slot, item->id};
        if (n < FA_QUEUE_BATCH && !TAILQ_EMPTY(&feeder->beginning))
            continue;
        feeder_tell(feeder, begun, n);
        n = 0;
    }
}

/* Of how many suspects one may be downloaded at once: 64, 8, or alone. */
static unsigned suspect_group(unsigned deaths)
{
    unsigned more = deaths - SUSPECT;
    return more > 1 ? 1 : 64U >> 3 * more;
}

/* Those that wait longest for their sentence come last. */
static void feeder_put_suspect(struct fa_feeder *feeder, struct fa_item *item, unsigned deaths)
{
    item->group = suspect_group(deaths);
    if (item->group > 1)
        TAILQ_INSERT_HEAD(&feeder->suspects, item, next);
    else
        TAILQ_INSERT_TAIL(&feeder->suspects, item, next);
}

static bool feeder_may_add(const struct fa_feeder *feeder, const struct fa_item *item)
{
    if (!item || feeder->lost || feeder->failed || feeder->alone)
        return false;
    if (item->group > 1)
        return feeder->n_suspects < item->group;
    return feeder->n_running == 0 && feeder->coming == 0 && TAILQ_EMPTY(&feeder->ended);
}

static void on_suspect_begun(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    fa_call_end(call, answer, &good);
    if (good && !feeder->lost && !feeder->failed && !feeder->finishing)
        item_add(feeder, call->item);
    free(call);
}

void fa_takes_add_suspects(struct fa_feeder *feeder)
{
    struct fa_item *item;
    while (feeder_may_add(feeder, item = TAILQ_FIRST(&feeder->suspects))) {
        struct fa_call *call = fa_call_new(feeder, NULL, 0);
        if (!call)
            return;
        TAILQ_REMOVE(&feeder->suspects, item, next);
        item_enter(feeder, item);
        feeder->alone = item->group == 1;
        feeder->n_suspects += item->group > 1;
        item->begin = FA_ITEM_BEGUN;
        call->item = item;
        const struct fa_queue_begun begun = {item->slot, item->id};
        feeder->ops->begin(feeder->queue, &begun, 1, on_suspect_begun, call);
    }
}

static void feeder_take_in(struct fa_feeder *feeder, struct fa_held *held,
                           const struct fa_queue_taken *taken, bool inherited)
{
    struct fa_item *item = calloc(1, sizeof(*item));
    if (item) {
        item->feeder = feeder;
        item->inherited = inherited;
        item->slot = held->lease.slot;
        item->line = taken->line;
        item->id = strdup(taken->id);
        item->packed = strdup(taken->packed);
        item->path = strdup(taken->path);
    }
    if (!item || !item->id || !item->packed || !item->path) {
        fa_item_free(item);
        fa_hold_no_memory(feeder);
        return;
    }
    ++held->running;
    if (taken->deaths >= SUSPECT) {
        feeder_put_suspect(feeder, item, taken->deaths);
    } else {
        item_enter(feeder, item);
        item_add(feeder, item);
    }
}

/* After an answer was lost, it repeats entries that are at hand. */
static bool items_have(const struct fa_items *items, unsigned slot, const char *id)
{
    const struct fa_item *item;
    TAILQ_FOREACH (item, items, next)
        if (item->slot == slot && strcmp(item->id, id) == 0)
            return true;
    return false;
}

static void on_taken(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    struct fa_feeder *feeder = call->feeder;
    bool good;
    struct fa_held *held = fa_call_end(call, answer, &good);
    feeder->coming -= call->count;
    if (held && good && !feeder->lost && !feeder->failed) {
        held->taking = false;
        held->dry = call->count > 0 && answer->n_taken < call->count;
        for (size_t i = 0; i < answer->n_taken; ++i) {
            const struct fa_queue_taken *taken = &answer->taken[i];
            if (held->running + held->ended > 0 &&
                (items_have(&feeder->running, held->lease.slot, taken->id) ||
                 items_have(&feeder->ended, held->lease.slot, taken->id) ||
                 items_have(&feeder->suspects, held->lease.slot, taken->id)))
                continue;
            feeder_take_in(feeder, held, taken, call->count == 0);
        }
        fa_takes_add_suspects(feeder);
    }
    free(call);
}

static void feeder_take(struct fa_feeder *feeder, struct fa_held *held, unsigned count, bool again)
{
    struct fa_call *call = fa_call_new(feeder, &held->lease, again ? 0 : count);
    if (!call)
        return;
    held->taking = true;
    feeder->coming += call->count;
    feeder->ops->take(feeder->queue, &held->lease, count, again, on_taken, call);
}

void fa_takes_held(struct fa_feeder *feeder, struct fa_held *held)
{
    feeder_take(feeder, held, 0, true);
}

bool fa_held_can_take(const struct fa_held *held)
{
    return held && !held->taking && !held->dry && !held->leaving;
}

/* Whether a suspect runs alone, or is going to. */
static bool feeder_isolates(const struct fa_feeder *feeder)
{
    const struct fa_item *first = TAILQ_FIRST(&feeder->suspects);
    return feeder->alone || (first && first->group == 1);
}

void fa_takes_fill(struct fa_feeder *feeder)
{
    size_t used = feeder->n_running + feeder->coming;
    unsigned able = 0;
    if (feeder->lost || feeder->failed || feeder->finishing || feeder_isolates(feeder))
        return;
    for (unsigned slot = 0; slot < feeder->slots; ++slot)
        able += fa_held_can_take(feeder->leases[slot]);
    size_t room = feeder->window > used ? feeder->window - used : 0;
    if (able == 0 || room < feeder->window / 8 + 1)
        return;
    size_t each = room / able;
    each = each < 8 ? 8 : each > FA_QUEUE_BATCH ? FA_QUEUE_BATCH : each;
    each = each < room ? each : room; /* with few jobs, the window is smaller than a batch */
    for (unsigned n = 0; n < feeder->slots && room >= each; ++n) {
        struct fa_held *held = feeder->leases[(feeder->next + n) % feeder->slots];
        if (!fa_held_can_take(held))
            continue;
        feeder_take(feeder, held, (unsigned)each, false);
        room -= each;
        feeder->next = held->lease.slot + 1;
    }
}
