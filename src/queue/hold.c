/*
 * Errors and lost leases end the session in order, by FA_STOP_DRAIN: parts of what is running are
 * kept.
 */
#include "queue/hold.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

void fa_item_free(struct fa_item *item)
{
    if (!item)
        return;
    free(item->id);
    free(item->packed);
    free(item->path);
    free(item->text);
    free(item);
}

void fa_hold_fail(struct fa_feeder *feeder, const struct fa_error *error)
{
    if (feeder->failed)
        return;
    feeder->failed = true;
    feeder->error = *error;
    fa_session_stop(feeder->setup.session, FA_STOP_DRAIN);
}

void fa_hold_no_memory(struct fa_feeder *feeder)
{
    struct fa_error error;
    fa_error_system(&error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take entries from the queue");
    fa_hold_fail(feeder, &error);
}

/* Another worker may request from these origins now. */
void fa_hold_lose(struct fa_feeder *feeder)
{
    if (feeder->lost)
        return;
    feeder->lost = true;
    if (feeder->setup.queue.notice)
        feeder->setup.queue.notice(feeder->setup.queue.ctx,
                                   "the lease of entries has ended: stopping their transfers");
    fa_session_stop(feeder->setup.session, FA_STOP_DRAIN);
}

/* The slots of a partition are partition, partition + partitions, and so on. */
struct fa_held *fa_hold_of(const struct fa_feeder *feeder, unsigned partition, unsigned *ret_n)
{
    struct fa_held *held = NULL;
    unsigned n = 0;
    for (unsigned slot = partition; slot < feeder->slots; slot += feeder->partitions)
        if (feeder->leases[slot]) {
            held = held ? held : feeder->leases[slot];
            ++n;
        }
    if (ret_n)
        *ret_n = n;
    return held;
}

/* Calls are in a list so that the feeder can free them: an answer may never come. */
struct fa_call *fa_call_new(struct fa_feeder *feeder, const struct fa_queue_lease *lease,
                            unsigned count)
{
    struct fa_call *call = calloc(1, sizeof(*call));
    if (!call) {
        fa_hold_no_memory(feeder);
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
struct fa_held *fa_call_end(struct fa_call *call, const struct fa_queue_answer *answer,
                            bool *ret_good)
{
    struct fa_feeder *feeder = call->feeder;
    struct fa_held *held =
        call->lease.slot < feeder->slots ? feeder->leases[call->lease.slot] : NULL;
    LIST_REMOVE(call, next);
    *ret_good = answer->error.class == FA_CLASS_NONE;
    if (answer->stale)
        fa_hold_lose(feeder);
    else if (!*ret_good)
        fa_hold_fail(feeder, &answer->error);
    return held && held->lease.token == call->lease.token ? held : NULL;
}

void fa_call_on_plain(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_call *call = ctx;
    bool good;
    fa_call_end(call, answer, &good);
    free(call);
}
