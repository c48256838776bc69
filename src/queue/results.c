/*
 * A result is sent only when the state has its record: a worker that dies in between has its
 * entries downloaded again, which costs bytes, while the other order could lose a file.
 */
#include "queue/results.h"

#include <stdlib.h>

#include "queue/notes.h"
#include "queue/takes.h"

/* Until then the lease must not be given back. */
static void on_counted(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    bool good;
    struct fa_held *held = fa_call_end(call, answer, &good);
    if (held)
        held->ended -= call->count;
    free(call);
}

/* Send the results of one partition, whose entries are moved out of the list. */
static void feeder_send_results(struct fa_feeder *feeder, struct fa_held *held)
{
    struct fa_queue_result results[FA_QUEUE_BATCH];
    struct fa_item *item, *after, *sent[FA_QUEUE_BATCH];
    size_t n = 0;
    for (item = TAILQ_FIRST(&feeder->ended); item && n < FA_QUEUE_BATCH; item = after) {
        after = TAILQ_NEXT(item, next);
        if (item->slot != held->lease.slot)
            continue;
        TAILQ_REMOVE(&feeder->ended, item, next);
        sent[n] = item;
        results[n++] = (struct fa_queue_result){item->id, item->status, item->error, item->bytes,
                                                item->text ? item->text : ""};
    }
    struct fa_call *call = fa_call_new(feeder, &held->lease, (unsigned)n);
    if (call)
        feeder->ops->done(feeder->queue, &held->lease, results, n, on_counted, call);
    while (n > 0)
        fa_item_free(sent[--n]);
}

static bool held_has_results(const struct fa_feeder *feeder, const struct fa_held *held)
{
    const struct fa_item *item;
    TAILQ_FOREACH (item, &feeder->ended, next)
        if (item->slot == held->lease.slot)
            return true;
    return false;
}

/* A message is about one lease, since the queue checks its token. */
void fa_results_send(struct fa_feeder *feeder)
{
    for (unsigned slot = 0; slot < feeder->slots; ++slot) {
        struct fa_held *held = feeder->leases[slot];
        while (held && held_has_results(feeder, held))
            feeder_send_results(feeder, held);
    }
    fa_takes_add_suspects(feeder);
    fa_takes_fill(feeder);
}

void fa_results_add(struct fa_feeder *feeder, const struct fa_result *result)
{
    struct fa_item *item = result->tag;
    struct fa_held *held = feeder->leases[item->slot];
    TAILQ_REMOVE(&feeder->running, item, next);
    if (item->begin == FA_ITEM_BEGINS)
        TAILQ_REMOVE(&feeder->beginning, item, beginning);
    --feeder->n_running;
    --held->running;
    if (item->group == 1)
        feeder->alone = false;
    feeder->n_suspects -= item->group > 1;
    if (fa_feeder_gives_back(feeder, result)) {
        fa_item_free(item);
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
    struct fa_origin_record *record = result->origin ? fa_notes_get(feeder, result->origin) : NULL;
    if (!record)
        return;
    record->at.done += !failed;
    record->at.failed += failed;
    record->at.seconds += result->time.total;
    record->at.bytes += result->bytes;
}
