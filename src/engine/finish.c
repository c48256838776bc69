/*
 * A file that one attempt wrote from its start to its end was hashed as it was written, buffer by
 * buffer: reading 1 MiB back takes half as long as its SHA-256.  The bytes are those that write(2)
 * has taken, and not those of the socket.  Read back are a resumed part, as its first bytes may be
 * those of an earlier run, and one that several attempts wrote to.  It is still in the page cache
 * by then, unless the stage falls far behind; FA_FINISH_MAX bounds that.
 *
 * With fewer loops than by default, the other cores have time to read back, and the loops have
 * none.
 *
 * A small file without a name is hashed at once, by the descriptor that it was written with:
 * nobody else has it.  It never becomes a part then.
 *
 * All hashes that anybody asked for are computed in one pass: those of the config, that of the
 * list, and that of the state for an existing file.
 */
#include "engine/finish.h"

#include "engine/repair.h"
#include "engine/retry.h"
#include "engine/store_publish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void job_set_hashed(struct fa_job *job, const struct fa_stage_result *result)
{
    free(job->hashed); /* of the file before it was fetched again */
    job->hashed = malloc(sizeof(*job->hashed));
    if (job->hashed)
        *job->hashed = *result;
}

/* A failed submit ends here too, so that there is one way back from the stage. */
static void finish_done(void *ctx, void *tag, const struct fa_stage_result *result)
{
    struct fa_finish *finish = ctx;
    struct fa_job *job = tag;
    if (job->repair)
        job->repair->result = *result;
    else
        job_set_hashed(job, result);
    fa_job_queue_push(&finish->hashed, job);
    finish->wake(finish->ctx);
}

int fa_finish_init(struct fa_finish *finish, struct fa_stage_env *env, struct fa_error *err)
{
    env->done = finish_done;
    env->ctx = finish;
    fa_job_queue_init(&finish->fetched);
    fa_job_queue_init(&finish->hashed);
    finish->stage = fa_stage_new(env, err);
    return finish->stage ? 0 : -1;
}

void fa_finish_fini(struct fa_finish *finish)
{
    fa_stage_free(finish->stage);
    finish->stage = NULL;
}

/* Whether a digest that the server declares counts: the list knows better. */
static bool job_heeds_server(const struct fa_finish *finish, const struct fa_job *job)
{
    return finish->http_digest && !job->place.existing && !job->entry->hash && !job->slice.set;
}

const struct fa_digest *fa_finish_declared(const struct fa_finish *finish, const struct fa_job *job)
{
    const struct fa_digest *digest = &job->part.rep.digest;
    return digest->hash && job_heeds_server(finish, job) ? digest : NULL;
}

static unsigned job_hashes(const struct fa_finish *finish, const struct fa_job *job)
{
    const struct fa_known *known = job->place.existing ? job->place.known : NULL;
    const struct fa_digest *declared = fa_finish_declared(finish, job);
    unsigned pieces = job->entry->pieces && !job->entry->hash ? FA_HASH_SHA256 : 0;
    return finish->hash | job->entry->hash | pieces | (known ? known->digest.hash : 0) |
           (declared ? declared->hash : 0);
}

bool fa_finish_needs_hash(const struct fa_finish *finish, const struct fa_job *job)
{
    return job_hashes(finish, job) != 0;
}

/* Pieces are read back in any case. */
void fa_finish_follow(const struct fa_finish *finish, struct fa_job *job)
{
    unsigned hashes = job_hashes(finish, job);
    bool heeds = job_heeds_server(finish, job);
    job->followed = false;
    if (!finish->follows || job->entry->pieces || (!hashes && !heeds))
        return;
    if (!job->running)
        job->running = fa_stage_running_get(finish->stage);
    if (!job->running)
        return;
    fa_running_digest_begin(job->running, hashes, heeds);
    job->followed = true;
}

void fa_finish_put(struct fa_finish *finish, struct fa_job *job, double now)
{
    fa_job_set_state(job, FA_JOB_FETCHED);
    job->timing.staged = now;
    fa_job_queue_push(&finish->fetched, job);
    ++finish->staged;
}

/* Out of descriptors: wait as long as something is in progress that will free one. */
static bool finish_must_wait(const struct fa_finish *finish, const struct fa_error *err,
                             unsigned active)
{
    return err->domain == FA_DOMAIN_SYSTEM && (err->code == EMFILE || err->code == ENFILE) &&
           (active > 0 || finish->staged > finish->fetched.count + 1);
}

static int finish_open(const struct fa_finish *finish, const struct fa_job *job,
                       struct fa_error *err)
{
    const struct fa_place *place = &job->place;
    if (!place->existing)
        return fa_store_part_open(finish->store, place->key, &job->part.inode, err);
    if (place->archive)
        return fa_volume_open(fa_volumes_find(finish->volumes, place->archive), finish->store, err);
    return fa_folder_file(fa_store_folder(finish->store), place->path, err);
}

/* Send the file to the stage, or the current piece of it, or the member of an archive. */
static int finish_send(struct fa_finish *finish, struct fa_job *job, int fd, enum fa_stage_how how,
                       struct fa_error *err)
{
    const struct fa_repair *repair = job->repair;
    const struct fa_place *place = &job->place;
    if (repair) {
        struct fa_extent range = fa_repair_range(repair);
        struct fa_digest_range piece = {.from = range.first, .size = range.end - range.first};
        return fa_stage_submit_member(finish->stage, fd, &piece, repair->pieces.hash, how, job,
                                      err);
    }
    struct fa_digest_range range = {.from = FA_STAGE_WHOLE, .size = (uint64_t)place->size};
    if (place->existing && place->archive)
        range = fa_volume_range(fa_volumes_find(finish->volumes, place->archive), place->offset,
                                range.size);
    return fa_stage_submit_member(finish->stage, fd, &range, job_hashes(finish, job), how, job,
                                  err);
}

/*
 * A file whose worker crashed is hashed in a worker of its own, so that it can crash no others.
 * @return Whether the stage may take more
 */
static bool finish_submit(struct fa_finish *finish, struct fa_job *job, unsigned active)
{
    struct fa_error err = {0};
    int fd = finish_open(finish, job, &err);
    if (fd < 0 && finish_must_wait(finish, &err, active)) {
        fa_job_queue_push_front(&finish->fetched, job);
        return false;
    }
    fa_job_set_state(job, FA_JOB_HASHING);
    enum fa_stage_how how = job->tries.crashes > 0 ? FA_STAGE_ALONE
                            : job->place.existing  ? FA_STAGE_BATCH
                                                   : FA_STAGE_CACHED;
    if (fd < 0 || finish_send(finish, job, fd, how, &err)) {
        struct fa_stage_result failed = {.error = err};
        finish_done(finish, job, &failed);
    }
    return true;
}

void fa_finish_flush(struct fa_finish *finish, unsigned active)
{
    while (finish->fetched.count > 0 && !fa_stage_full(finish->stage) &&
           finish_submit(finish, fa_job_queue_pop(&finish->fetched), active))
        continue;
    fa_stage_flush(finish->stage);
}

static bool result_has_digest(const struct fa_stage_result *result, enum fa_hash hash,
                              const unsigned char *bytes)
{
    for (size_t i = 0; hash && i < result->n_digests; ++i)
        if (result->digests[i].hash == hash)
            return memcmp(result->digests[i].bytes, bytes, fa_hash_size(hash)) == 0;
    return hash == 0;
}

static bool job_digests_match(const struct fa_finish *finish, const struct fa_job *job)
{
    const struct fa_digest *declared = fa_finish_declared(finish, job);
    if (declared && !result_has_digest(job->hashed, declared->hash, declared->bytes))
        return false;
    const struct fa_known *known = job->place.existing ? job->place.known : NULL;
    if (known && !result_has_digest(job->hashed, known->digest.hash, known->digest.bytes))
        return false;
    return result_has_digest(job->hashed, job->entry->hash, job->entry->hash_bytes);
}

/* Without a digest of the file, those of its pieces decide; else they say what is wrong with it. */
static bool job_needs_pieces(const struct fa_job *job, bool match)
{
    return job->entry->pieces && !job->place.existing && !job->slice.set &&
           match == !job->entry->hash;
}

/* A worker that died may be the victim of another file: the piece is hashed again. */
static enum fa_hashed job_judge_piece(const struct fa_finish *finish, struct fa_job *job)
{
    struct fa_repair *repair = job->repair;
    if (repair->result.lost && ++job->tries.crashes < FA_RETRY_CRASHES_MAX)
        return FA_HASHED_AGAIN;
    fa_repair_take(repair);
    if (!fa_repair_is_done(repair))
        return FA_HASHED_AGAIN;
    bool good = !repair->failed && repair->n_bad == 0 && job_digests_match(finish, job);
    return good ? FA_HASHED_GOOD : FA_HASHED_MISMATCH;
}

static enum fa_hashed job_judge(const struct fa_finish *finish, struct fa_job *job, double now)
{
    if (job->repair)
        return job_judge_piece(finish, job);
    if (!job->hashed)
        return FA_HASHED_FAILED;
    if (job->hashed->error.class != FA_CLASS_NONE)
        return job->hashed->lost && ++job->tries.crashes < FA_RETRY_CRASHES_MAX ? FA_HASHED_AGAIN
                                                                                : FA_HASHED_FAILED;
    job->outcome.time.hash = now - job->timing.staged;
    bool match = job_digests_match(finish, job);
    if (job_needs_pieces(job, match)) {
        job->repair = fa_repair_new(job->entry, (uint64_t)job->place.size);
        match &= job->repair != NULL; /* pieces of another size */
    }
    return job->repair ? FA_HASHED_AGAIN : match ? FA_HASHED_GOOD : FA_HASHED_MISMATCH;
}

enum fa_hashed fa_finish_take(struct fa_finish *finish, struct fa_job **ret, double now)
{
    struct fa_job *job = fa_job_queue_pop(&finish->hashed);
    if (!job)
        return FA_HASHED_NONE;
    *ret = job;
    --finish->staged;
    return job_judge(finish, job, now);
}

static bool job_hash_now(const struct fa_finish *finish, struct fa_job *job,
                         struct fa_stage_result *ret)
{
    uint64_t size = (uint64_t)job->place.size;
    unsigned hashes = job_hashes(finish, job);
    *ret = (struct fa_stage_result){0};
    int n = job->followed ? fa_running_digest_end(job->running, size, hashes, ret->digests) : -1;
    fa_stage_running_put(finish->stage, job->running);
    job->running = NULL;
    job->followed = false;
    if (n < 0)
        return job->part.unnamed &&
               fa_stage_hash_now(finish->stage, job->attempt.fd, size, hashes, ret);
    ret->n_digests = (size_t)n;
    return true;
}

enum fa_hashed fa_finish_now(struct fa_finish *finish, struct fa_job *job, double now)
{
    struct fa_stage_result result;
    if (!job_hash_now(finish, job, &result))
        return FA_HASHED_NONE;
    fa_job_set_state(job, FA_JOB_FETCHED);
    fa_job_set_state(job, FA_JOB_HASHING);
    job->timing.staged = now;
    job_set_hashed(job, &result);
    return job_judge(finish, job, now);
}

/* Before the file gets its name, so that no program sees another time.  A time in the future is a
 * wrong one, and would hide later changes from programs that compare times, such as make(1). */
static void finish_set_time(struct fa_finish *finish, struct fa_job *job)
{
    int64_t modified = job->part.rep.validator.modified;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)modified}};
    if (!finish->remote_time || modified < 0 || modified > (int64_t)time(NULL))
        return;
    int fd = job->part.unnamed
                 ? job->attempt.fd
                 : fa_store_part_open(finish->store, job->place.key, &job->part.inode, NULL);
    if (fd >= 0)
        (void)!futimens(fd, times); /* some file systems keep no times */
    if (fd >= 0 && !job->part.unnamed)
        close(fd);
}

int fa_finish_publish(struct fa_finish *finish, struct fa_job *job, const char *path, bool replace,
                      bool sync, struct fa_error *err)
{
    finish_set_time(finish, job);
    int result =
        job->part.unnamed
            ? fa_store_publish_unnamed(finish->store, job->attempt.fd, path, err)
            : fa_store_publish(finish->store, job->place.key, &job->part.inode, path, replace, err);
    if (result)
        return result;
    return sync ? fa_folder_sync(fa_store_folder(finish->store), path, err) : 0;
}
