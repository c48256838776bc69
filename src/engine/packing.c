#include "engine/packing.h"

/* Seconds of a turn for the archive, so that transfers on the same loop do not stall. */
#define SLICE 0.02

int fa_packing_open(struct fa_session *s, struct fa_error *err)
{
    s->pack = (struct fa_pack){
        .writer = {.config = &s->config,
                   .emitter = &s->emitter,
                   .store = s->store,
                   .volumes = &s->ledger.volumes},
    };
    return fa_pack_init(&s->pack, err);
}

enum fa_presence fa_packing_look(struct fa_session *s, const struct fa_job *job,
                                 const struct fa_recalled *record, bool again, int64_t *ret_size,
                                 struct fa_error *err)
{
    struct fa_folder *folder = fa_store_folder(s->store);
    if (!fa_pack_is_on(&s->pack))
        return again ? fa_folder_look_again(folder, job->place.path, ret_size, err)
                     : fa_folder_look(folder, job->place.path, ret_size, err);
    bool done = record->standing == FA_STANDING_DONE || record->replaces;
    struct fa_volume *volume =
        record->found && done ? fa_volumes_find(&s->ledger.volumes, record->archive) : NULL;
    int64_t size = record->rep.total;
    if (!volume || size < 0 || !fa_volume_has(volume, s->store, record->offset + (uint64_t)size))
        return FA_THERE_NOTHING;
    *ret_size = size;
    return FA_THERE_FILE;
}

void fa_packing_record(struct fa_session *s, const struct fa_job *job)
{
    fa_ledger_put_volume(&s->ledger, fa_volumes_find(&s->ledger.volumes, job->place.archive));
}

/* @return 0; 1: the commit has to be repeated after the pause; or -1 */
static int packing_close(struct fa_session *s, struct fa_error *err, double now)
{
    const struct fa_volume *volume;
    if (!fa_engine_commit(s, now))
        return 1;
    if (fa_volume_writer_close(&s->pack.writer, &volume, err))
        return -1;
    if (volume)
        fa_ledger_put_volume(&s->ledger, volume);
    return 0;
}

/* A volume that cannot get its name stops the run: every other member would have to wait. */
static bool packing_go_on(struct fa_session *s, double now)
{
    struct fa_error err;
    int result = packing_close(s, &err, now);
    if (result < 0 && !fa_engine_pause(s, &err, 0, now))
        fa_engine_stop(s, FA_END_LOCAL, &err);
    return result == 0;
}

enum fa_packed fa_packing_take(struct fa_session *s, struct fa_job **ret, struct fa_error *err,
                               double now)
{
    while (!s->pause.full && !s->ending.draining) {
        if (fa_engine_now(s) > now + SLICE) {
            fa_engine_wake(s);
            return FA_PACKED_NONE;
        }
        enum fa_packed packed = fa_pack_step(&s->pack, ret, err);
        if (packed == FA_PACKED_FULL && !packing_go_on(s, now))
            return FA_PACKED_NONE;
        if (packed != FA_PACKED_MORE && packed != FA_PACKED_FULL)
            return packed;
    }
    return FA_PACKED_NONE;
}

int fa_packing_end(struct fa_session *s, struct fa_error *err)
{
    if (!fa_pack_is_on(&s->pack) || s->config.plan)
        return 0;
    return fa_volume_writer_reopen(&s->pack.writer, err) ||
                   packing_close(s, err, fa_engine_now(s)) < 0
               ? -1
               : 0;
}
