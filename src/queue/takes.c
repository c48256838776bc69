/*
 * Entries are taken in batches, one from each lease in turn, until the window is full.
 *
 * Two workers that died with an entry make it a suspect.  Most suspects are innocent: a worker
 * holds thousands of entries.  So few of them are downloaded at once, the fewer the more deaths,
 * and in the end one at a time without any other entry at hand.
 */
#include "queue/takes.h"

#include <stdlib.h>
#include <string.h>

/* Deaths that make an entry a suspect. */
#define SUSPECT 2

static int item_add(struct fa_feeder *feeder, struct fa_item *item)
{
    struct fa_error err;
    int result = fa_session_add_packed(feeder->setup.session, item->packed, item->path, item->line,
                                       item, &err);
    free(item->packed);
    free(item->path);
    item->packed = item->path = NULL;
    if (result) {
        fa_hold_fail(feeder, &err);
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

void fa_takes_add_suspects(struct fa_feeder *feeder)
{
    struct fa_item *item;
    while (feeder_may_add(feeder, item = TAILQ_FIRST(&feeder->suspects))) {
        TAILQ_REMOVE(&feeder->suspects, item, next);
        bool alone = item->group == 1;
        if (item_add(feeder, item)) {
            fa_item_free(item);
            return;
        }
        feeder->alone = alone;
        feeder->n_suspects += !alone;
    }
}

static void feeder_take_in(struct fa_feeder *feeder, struct fa_held *held,
                           const struct fa_queue_taken *taken)
{
    struct fa_item *item = calloc(1, sizeof(*item));
    if (item) {
        item->feeder = feeder;
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
    if (taken->deaths >= SUSPECT)
        feeder_put_suspect(feeder, item, taken->deaths);
    else if (item_add(feeder, item))
        fa_item_free(item);
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
            feeder_take_in(feeder, held, taken);
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
