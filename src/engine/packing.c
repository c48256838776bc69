#include "engine/packing.h"
#include "engine/recall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Seconds of a turn for the archive, so that transfers on the same loop do not stall. */
#define SLICE 0.02

/* The state knows the folder of objects, so that they are no unknown files for verify. */
static int packing_open_objects(struct fa_session *s, struct fa_error *err)
{
    char name[FA_OBJECT_PATH];
    snprintf(name, sizeof(name), "%s/", s->pack.sink.name);
    if (!s->ledger.state || fa_volumes_have_file(&s->ledger.volumes, name))
        return 0;
    struct fa_volume *volume = fa_volumes_add(&s->ledger.volumes, name);
    if (!volume) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make the archive '%s'", name);
        return -1;
    }
    volume->state.open = false;
    fa_ledger_put_volume(&s->ledger, volume);
    return 0;
}

int fa_packing_open(struct fa_session *s, struct fa_error *err)
{
    s->pack = (struct fa_pack){
        .writer = {.config = &s->config,
                   .emitter = &s->emitter,
                   .store = s->store,
                   .volumes = &s->ledger.volumes},
    };
    if (fa_pack_init(&s->pack, err))
        return -1;
    return s->pack.sink.kind == FA_SINK_CAS && !s->config.plan ? packing_open_objects(s, err) : 0;
}

/* An entry must not write into the folder of objects: its file would count as an object,
 * unhashed. */
static bool packing_is_object(const struct fa_session *s, const char *path)
{
    size_t len = strlen(s->pack.sink.name);
    return strncmp(path, s->pack.sink.name, len) == 0 && (path[len] == '/' || !path[len]);
}

/* What the thread of the state has seen needs no other look.  A folder that was empty has only files
 * of this run. */
static enum fa_presence packing_look_at(struct fa_folder *folder, const char *path, int64_t seen,
                                        int64_t *ret_size, struct fa_error *err)
{
    if (seen < 0 || folder->empty)
        return fa_folder_look(folder, path, ret_size, err);
    *ret_size = seen;
    return FA_THERE_FILE;
}

enum fa_presence fa_packing_look(struct fa_session *s, const struct fa_job *job,
                                 const struct fa_recalled *record, bool again, int64_t *ret_size,
                                 struct fa_error *err)
{
    struct fa_folder *folder = fa_store_folder(s->store);
    if (s->pack.sink.kind == FA_SINK_CAS && packing_is_object(s, job->place.path)) {
        fa_folder_refuse(err, job->place.path, "is in the folder of objects");
        return FA_THERE_REFUSED;
    }
    if (!fa_pack_hides_files(&s->pack))
        return again ? fa_folder_look_again(folder, job->place.path, ret_size, err)
                     : packing_look_at(folder, job->place.path, record->seen, ret_size, err);
    bool done = record->standing == FA_STANDING_DONE || record->replaces;
    struct fa_volume *volume =
        record->found && done ? fa_volumes_find(&s->ledger.volumes, record->archive) : NULL;
    int64_t size = record->rep.total;
    if (!volume || size < 0 || !fa_volume_has(volume, s->store, record->offset, (uint64_t)size))
        return FA_THERE_NOTHING;
    *ret_size = size;
    return FA_THERE_FILE;
}

/* A run that ends has no time for it. */
bool fa_packing_put_failure(struct fa_session *s, struct fa_job *job, bool transient)
{
    if (s->pack.sink.kind != FA_SINK_WARC || s->ending.draining || !job->outcome.capture ||
        job->outcome.error.class != FA_CLASS_HTTP)
        return false;
    job->failed = true;
    job->transient = transient;
    fa_pack_put(&s->pack, job);
    return true;
}

void fa_packing_record(struct fa_session *s)
{
    fa_ledger_put_volume(&s->ledger, s->pack.writer.volume);
}

/* A part that has become an object is none any more. */
static int packing_publish_object(struct fa_session *s, struct fa_job *job, const char *object,
                                  bool sync, struct fa_error *err)
{
    bool damaged = job->place.twin == FA_TWIN_DAMAGED;
    if (damaged && job->part.unnamed && fa_job_name_part(job, s->store, err))
        return -1;
    int result = fa_finish_publish(&s->finish, job, object, damaged, sync, err);
    if (result)
        return result;
    job->part.bytes = 0;
    job->part.unnamed = false;
    return 0;
}

int fa_packing_publish(struct fa_session *s, struct fa_job *job, bool sync, struct fa_error *err)
{
    char object[FA_OBJECT_PATH];
    struct fa_place *place = &job->place;
    bool same = place->twin == FA_TWIN_SAME;
    int result = fa_pack_object(&s->pack, job, object, err);
    if (result == 0 && !same)
        result = packing_publish_object(s, job, object, sync, err);
    if (result)
        return result;
    if (fa_object_seal(s->store, object, err))
        return -1;
    result = fa_object_link(s->store, object, place->path, place->replace, err);
    if (result == 1 && same) /* no more links: a file of its own */
        return fa_finish_publish(&s->finish, job, place->path, place->replace, sync, err);
    if (result)
        return -1;
    if (same && !job->part.unnamed)
        fa_store_part_remove(s->store, place->key);
    return sync ? fa_folder_sync(fa_store_folder(s->store), place->path, err) : 0;
}

/* The records of all members are committed before the archive gets its name, so that no archive has
 * members that the state does not know.
 * @return 0; 1: the commit has to be repeated after the pause; or -1 */
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

/* The archive that the last run left open is closed too if this one has added nothing to it. */
int fa_packing_end(struct fa_session *s, struct fa_error *err)
{
    if (!fa_pack_hides_files(&s->pack) || s->config.plan)
        return 0;
    return fa_volume_writer_reopen(&s->pack.writer, err) ||
                   packing_close(s, err, fa_engine_now(s)) < 0
               ? -1
               : 0;
}
