/*
 * One job at a time is appended, or compared, in steps of STEP bytes.
 */
#include "engine/pack.h"

#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes of a step. */
#define STEP (8 << 20)

int fa_pack_init(struct fa_pack *pack, struct fa_error *err)
{
    pack->source = -1;
    fa_job_queue_init(&pack->waiting);
    fa_volume_writer_init(&pack->writer);
    if (fa_sink_parse(pack->writer.config->output, &pack->sink, err))
        return -1;
    pack->writer.prefix = pack->sink.name;
    return 0;
}

static void pack_end_job(struct fa_pack *pack)
{
    if (pack->source >= 0 && !pack->job->part.unnamed)
        close(pack->source);
    pack->source = -1;
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
    return pack->sink.kind == FA_SINK_TAR;
}

void fa_pack_put(struct fa_pack *pack, struct fa_job *job)
{
    fa_job_set_state(job, FA_JOB_PACKING);
    fa_job_queue_push(&pack->waiting, job);
}

/* @return 1; 0: the volume is full; or -1 */
static int pack_begin(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    int result = fa_volume_writer_begin(&pack->writer, job, err);
    if (result != 1)
        return result;
    pack->copied = 0;
    pack->source = job->part.unnamed ? job->attempt.fd
                                     : fa_store_part_open(pack->writer.store, job->place.key,
                                                          &job->part.inode, err);
    return pack->source < 0 ? -1 : 1;
}

/* @return 1: all is copied; 0: not yet; -1: error */
static int pack_copy(struct fa_pack *pack, struct fa_error *err)
{
    uint64_t size = (uint64_t)pack->job->place.size;
    uint64_t until = size - pack->copied > STEP ? pack->copied + STEP : size;
    if (fa_volume_writer_copy(&pack->writer, pack->source, pack->copied, until, err))
        return -1;
    pack->copied = until;
    return until == size;
}

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
    if (!job->part.unnamed && pack_remember(pack, job->place.key, err))
        return -1;
    if (fa_volume_writer_finish(&pack->writer, &job->place.offset, err)) {
        pack->n_packed -= !job->part.unnamed;
        return -1;
    }
    job->place.archive = pack->writer.volume->state.id;
    return 0;
}

/* Nothing of a member that failed stays. */
static enum fa_packed pack_give_up(struct fa_pack *pack)
{
    fa_volume_writer_cancel(&pack->writer);
    pack_end_job(pack);
    return FA_PACKED_FAILED;
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
    if (pack->source < 0 && (result = pack_begin(pack, err)) != 1)
        return result == 0 ? FA_PACKED_FULL : pack_give_up(pack);
    result = pack_copy(pack, err);
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
