#include "engine/session.h"

#include "base/clock.h"
#include "engine/retry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned hashes_of(const struct fa_session *s, const struct fa_job *job)
{
    return s->config.hash | job->entry->hash |
           (job->existing && job->known ? job->known->digest.hash : 0);
}

static int give_name(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    if ((job->replace && fa_record_disown(s, job, err)) ||
        fa_store_publish(s->store, job->key, &job->inode, job->path, job->replace, err))
        return -1;
    return s->config.fsync == FA_FSYNC_EACH
               ? fa_folder_sync(fa_store_folder(s->store), job->path, err)
               : 0;
}

static void publish(struct fa_session *s, struct fa_job *job, const struct fa_digest *digests,
                    size_t n_digests, double now)
{
    struct fa_error err = {0};
    if (job->existing) {
        fa_tell_end_hashed(s, job, job->unchanged ? FA_STATUS_UNCHANGED : FA_STATUS_EXISTS, digests,
                           n_digests);
    } else if (give_name(s, job, &err) == 0) {
        fa_tell_end_hashed(s, job, FA_STATUS_OK, digests, n_digests);
    } else {
        job->outcome.error = err;
        job->outcome.retryable = FA_RETRYABLE_NEVER;
        fa_settle_failure(s, job, now);
    }
}

void fa_staging_take(struct fa_session *s, struct fa_job *job, double now)
{
    if (!hashes_of(s, job)) {
        publish(s, job, NULL, 0, now);
        return;
    }
    fa_job_set_state(job, FA_JOB_FETCHED);
    job->staged_at = now;
    fa_job_queue_push(&s->fetched, job);
    ++s->staged;
}

void fa_staging_done(void *ctx, void *tag, const struct fa_stage_result *result)
{
    struct fa_session *s = ctx;
    struct fa_job *job = tag;
    job->hashed = malloc(sizeof(*job->hashed));
    if (job->hashed)
        *job->hashed = *result;
    fa_job_queue_push(&s->hashed, job);
    fa_session_wake(s);
}

static bool has(const struct fa_stage_result *result, enum fa_hash hash, const unsigned char *bytes)
{
    for (size_t i = 0; hash && i < result->n_digests; ++i)
        if (result->digests[i].hash == hash)
            return memcmp(result->digests[i].bytes, bytes, fa_hash_size(hash)) == 0;
    return hash == 0;
}

static bool matches(const struct fa_job *job, const struct fa_stage_result *result)
{
    const struct fa_known *known = job->existing ? job->known : NULL;
    if (known && !has(result, known->digest.hash, known->digest.bytes))
        return false;
    return has(result, job->entry->hash, job->entry->hash_bytes);
}

static void mismatch(struct fa_session *s, struct fa_job *job, double now)
{
    if (job->existing) {
        job->existing = false;
        job->conditional = false;
        job->replace = true;
        job->size = -1;
        fa_dispatch_queue(s, job, false);
        return;
    }
    job->part.bytes = 0;
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                 "the %s of the file is not the one in the list", fa_hash_name(job->entry->hash));
    fa_settle_failure(s, job, now);
}

static void not_hashed(struct fa_session *s, struct fa_job *job, const struct fa_error *error,
                       bool lost, double now)
{
    if (lost && ++job->crashes < FA_RETRY_CRASHES_MAX && !s->draining) {
        fa_job_set_state(job, FA_JOB_FETCHED);
        fa_job_queue_push(&s->fetched, job);
        ++s->staged;
        return;
    }
    struct fa_error copy = *error;
    if (!job->existing)
        fa_store_part_remove(s->store, job->key);
    fa_tell_end(s, job, FA_STATUS_FAILED, &copy, lost);
    (void)now;
}

static void take_back(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_stage_result *result = job->hashed;
    job->hashed = NULL;
    --s->staged;
    if (!result) {
        struct fa_error err;
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take a digest");
        not_hashed(s, job, &err, false, now);
    } else if (result->error.class != FA_CLASS_NONE) {
        not_hashed(s, job, &result->error, result->lost, now);
    } else {
        job->outcome.time.hash = now - job->staged_at;
        if (matches(job, result))
            publish(s, job, result->digests, result->n_digests, now);
        else
            mismatch(s, job, now);
    }
    free(result);
}

/* Out of descriptors, a file waits as long as something may give one back. */
static bool must_wait(const struct fa_session *s, const struct fa_error *err)
{
    return err->domain == FA_DOMAIN_SYSTEM && (err->code == EMFILE || err->code == ENFILE) &&
           (s->active > 0 || s->staged > s->fetched.count + 1);
}

/* @return whether the stage may take more. */
static bool give(struct fa_session *s, struct fa_job *job)
{
    struct fa_error err = {0};
    int fd = job->existing ? fa_folder_file(fa_store_folder(s->store), job->path, &err)
                           : fa_store_part_open(s->store, job->key, &job->inode, &err);
    if (fd < 0 && must_wait(s, &err)) {
        fa_job_queue_push_front(&s->fetched, job);
        return false;
    }
    fa_job_set_state(job, FA_JOB_HASHING);
    if (fd < 0 || fa_stage_submit(s->stage, fd, (uint64_t)job->size, hashes_of(s, job),
                                  job->crashes > 0, job, &err)) {
        struct fa_stage_result failed = {.error = err};
        fa_staging_done(s, job, &failed);
    }
    return true;
}

void fa_staging(struct fa_session *s, double now)
{
    struct fa_job *job;
    size_t queued = s->queued;
    while ((job = fa_job_queue_pop(&s->hashed)))
        take_back(s, job, now);
    if (s->queued > queued)
        fa_session_wake(s); /* dispatching comes before this in a turn */
    while (s->fetched.first && !fa_stage_full(s->stage) && give(s, fa_job_queue_pop(&s->fetched)))
        continue;
    fa_stage_flush(s->stage);
}
