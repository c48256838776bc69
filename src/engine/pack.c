/*
 * One job at a time is appended, or compared, in steps of STEP bytes: members of an archive cannot
 * be written side by side, and the loop must not stall for a file of gigabytes.
 */
#include "engine/pack.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a step. */
#define STEP  (8 << 20)
#define CHUNK (64 << 10)

int fa_pack_init(struct fa_pack *pack, struct fa_error *err)
{
    pack->source = pack->object = pack->writer.fd = -1;
    fa_job_queue_init(&pack->waiting);
    if (fa_sink_parse(pack->writer.config->output, &pack->sink, err))
        return -1;
    return fa_volume_writer_init(&pack->writer, &pack->sink, err);
}

static void pack_end_job(struct fa_pack *pack)
{
    if (pack->source >= 0 && !pack->job->part.unnamed)
        close(pack->source);
    if (pack->object >= 0)
        close(pack->object);
    pack->source = pack->object = -1;
    pack->job = NULL;
}

void fa_pack_fini(struct fa_pack *pack)
{
    if (!pack->writer.config) /* not initialized */
        return;
    pack_end_job(pack);
    fa_volume_writer_fini(&pack->writer);
    free(pack->packed);
    pack->packed = NULL;
    pack->n_packed = pack->packed_room = 0;
}

bool fa_pack_is_on(const struct fa_pack *pack)
{
    return pack->sink.kind != FA_SINK_FILES;
}

bool fa_pack_hides_files(const struct fa_pack *pack)
{
    return pack->sink.kind == FA_SINK_TAR || pack->sink.kind == FA_SINK_WARC;
}

void fa_pack_put(struct fa_pack *pack, struct fa_job *job)
{
    fa_job_set_state(job, FA_JOB_PACKING);
    fa_job_queue_push(&pack->waiting, job);
}

/* An unnamed part is read through the descriptor that wrote it: there is no name to open. */
static int pack_open_source(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    pack->compared = 0;
    pack->source = job->part.unnamed ? job->attempt.fd
                                     : fa_store_part_open(pack->writer.store, job->place.key,
                                                          &job->part.inode, err);
    return pack->source < 0 ? -1 : 0;
}

/* @return 1; 0: the volume is full; or -1 */
static int pack_begin(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    int result = fa_volume_writer_begin(&pack->writer, job, err);
    if (result != 1 || job->failed)
        return result;
    return pack_open_source(pack, err) ? -1 : 1;
}

/* The part stays until the record of its member is committed: after a crash in between, the next
 * run appends it again. */
static int pack_remember(struct fa_pack *pack, uint64_t key, struct fa_error *err)
{
    if (pack->n_packed == pack->packed_room) {
        size_t room = pack->packed_room ? 2 * pack->packed_room : 64;
        uint64_t *packed = reallocarray(pack->packed, room, sizeof(*packed));
        if (!packed) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add a file to an archive");
            return -1;
        }
        pack->packed = packed;
        pack->packed_room = room;
    }
    pack->packed[pack->n_packed++] = key;
    return 0;
}

/* The part of a job without a name goes with its descriptor. */
static int pack_finish(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    struct fa_member member = {0};
    bool named = !job->part.unnamed && !job->failed;
    if (named && pack_remember(pack, job->place.key, err))
        return -1;
    if (fa_volume_writer_finish(&pack->writer, &member, err)) {
        pack->n_packed -= named;
        return -1;
    }
    job->place.archive = member.archive;
    job->place.offset = member.offset;
    return 0;
}

/* Nothing of a member that failed stays. */
static enum fa_packed pack_give_up(struct fa_pack *pack)
{
    if (fa_pack_hides_files(pack))
        fa_volume_writer_cancel(&pack->writer);
    pack_end_job(pack);
    return FA_PACKED_FAILED;
}

int fa_pack_object(const struct fa_pack *pack, const struct fa_job *job, char ret[FA_OBJECT_PATH],
                   struct fa_error *err)
{
    for (size_t i = 0; job->hashed && i < job->hashed->n_digests; ++i)
        if (job->hashed->digests[i].hash == FA_HASH_SHA256) {
            fa_object_path(pack->sink.name, &job->hashed->digests[i], ret);
            return 0;
        }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "'%s' has no digest", job->place.path);
    return -1;
}

/* @return 1: there is an object to compare the file with; 0: there is none; or -1 */
static int pack_find_object(struct fa_pack *pack, struct fa_error *err)
{
    char path[FA_OBJECT_PATH];
    struct fa_job *job = pack->job;
    int64_t size;
    if (fa_pack_object(pack, job, path, err))
        return -1;
    pack->object = fa_object_open(pack->writer.store, path, (uint64_t)job->place.size);
    if (pack->object >= 0)
        return pack_open_source(pack, err) ? -1 : 1;
    struct fa_folder *folder = fa_store_folder(pack->writer.store);
    bool there = fa_folder_look_again(folder, path, &size, NULL) == FA_THERE_FILE;
    job->place.twin = there ? FA_TWIN_DAMAGED : FA_TWIN_NONE;
    return 0;
}

/* @return 1: equal so far; 0: different; or -1 */
/* The object has the digest in its name, but it may have been damaged on the disk since. */
static int pack_compare_some(const struct fa_pack *pack, size_t len, struct fa_error *err)
{
    char one[CHUNK], other[CHUNK];
    if (fa_io_pread(pack->source, one, len, len, pack->compared) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s' back",
                        pack->job->place.path);
        return -1;
    }
    return fa_io_pread(pack->object, other, len, len, pack->compared) >= 0 &&
           memcmp(one, other, len) == 0;
}

static enum fa_packed pack_compare(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    uint64_t size = (uint64_t)job->place.size;
    uint64_t until = size - pack->compared > STEP ? pack->compared + STEP : size;
    int equal = 1;
    while (equal == 1 && pack->compared < until) {
        size_t len = until - pack->compared < CHUNK ? (size_t)(until - pack->compared) : CHUNK;
        equal = pack_compare_some(pack, len, err);
        pack->compared += len;
    }
    if (equal < 0)
        return pack_give_up(pack);
    if (equal == 1 && pack->compared < size)
        return FA_PACKED_MORE;
    job->place.twin = equal == 1 ? FA_TWIN_SAME : FA_TWIN_DAMAGED;
    pack_end_job(pack);
    return FA_PACKED_DONE;
}

static enum fa_packed pack_step_object(struct fa_pack *pack, struct fa_error *err)
{
    int found = pack->source < 0 ? pack_find_object(pack, err) : 1;
    if (found < 0)
        return pack_give_up(pack);
    if (found == 1)
        return pack_compare(pack, err);
    pack_end_job(pack);
    return FA_PACKED_DONE;
}

enum fa_packed fa_pack_step(struct fa_pack *pack, struct fa_job **ret, struct fa_error *err)
{
    int result;
    if (!pack->job) {
        pack->job = fa_job_queue_pop(&pack->waiting);
        if (!pack->job)
            return FA_PACKED_NONE;
    }
    *ret = pack->job;
    if (!fa_pack_hides_files(pack))
        return pack_step_object(pack, err);
    if (pack->source < 0 && (result = pack_begin(pack, err)) != 1)
        return result == 0 ? FA_PACKED_FULL : pack_give_up(pack);
    result = fa_volume_writer_copy(&pack->writer, pack->source, STEP, err);
    if (result == 0)
        return FA_PACKED_MORE;
    if (result < 0 || pack_finish(pack, err))
        return pack_give_up(pack);
    pack_end_job(pack);
    return FA_PACKED_DONE;
}

void fa_pack_committed(struct fa_pack *pack)
{
    for (size_t i = 0; i < pack->n_packed; ++i)
        fa_store_part_remove(pack->writer.store, pack->packed[i]);
    pack->n_packed = 0;
}

bool fa_pack_is_full(const struct fa_pack *pack)
{
    return pack->waiting.count >= FA_PACK_MAX;
}

bool fa_pack_is_busy(const struct fa_pack *pack)
{
    return pack->job || pack->waiting.count > 0;
}
