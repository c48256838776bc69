/*
 * The session of the owner finds out what an origin bears: a pause, an outage, the best number of
 * transfers.  That is sent to the queue as soon as the session reports a pause or an outage, and
 * else with each beat, so that a crash forgets little.  The next owner's session gets it before
 * its first entry.
 */
#include "queue/notes.h"

#include <fetchall/entries.h>

void fa_notes_send(struct fa_feeder *feeder, const struct fa_held *held)
{
    struct fa_queue_origin changed[FA_QUEUE_BATCH];
    size_t n;
    while ((n = fa_origins_take_changed(&feeder->origins, held->lease.slot % feeder->partitions,
                                        changed, FA_QUEUE_BATCH)) > 0) {
        struct fa_call *call = fa_call_new(feeder, &held->lease, 0);
        if (!call)
            return;
        feeder->ops->block(feeder->queue, &held->lease, changed, n, fa_call_on_plain, call);
    }
}

/* @return the record of an origin of a held partition, or NULL */
struct fa_origin_record *fa_notes_get(struct fa_feeder *feeder, const char *name)
{
    uint64_t key = fa_origin_key(name);
    unsigned partition = fa_queue_partition(key, feeder->partitions);
    if (!fa_hold_of(feeder, partition, NULL))
        return NULL;
    struct fa_origin_record *record = fa_origins_get(&feeder->origins, name, key, partition);
    if (!record) {
        fa_hold_no_memory(feeder);
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
struct fa_origin_record *fa_notes_put(struct fa_feeder *feeder,
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
        fa_hold_no_memory(feeder);
        return NULL;
    }
    return record;
}

/* With another seat of the partition, the records are there, and count for both. */
void fa_notes_put_gain(struct fa_feeder *feeder, const struct fa_queue_gain *gain)
{
    unsigned seats;
    fa_hold_of(feeder, gain->lease.slot % feeder->partitions, &seats);
    for (size_t i = 0; i < gain->n_origins; ++i) {
        struct fa_origin_record *record = fa_notes_put(feeder, &gain->origins[i]);
        if (!record)
            return;
        if (seats > 1)
            continue;
        const char *name = record->at.name;
        record->at = gain->origins[i];
        record->at.name = name;
    }
}
