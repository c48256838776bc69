#include "engine/job.h"

#include <stdlib.h>

struct fa_job *fa_job_new(struct fa_entry *entry)
{
    struct fa_job *job = calloc(1, sizeof(*job));
    if (!job) {
        fa_entry_free(entry);
        return NULL;
    }
    job->entry = entry;
    job->size = -1;
    job->attempt.fd = -1;
    fa_url_init(&job->target);
    return job;
}

void fa_job_free(struct fa_job *job)
{
    if (!job)
        return;
    fa_entry_free(job->entry);
    fa_url_fini(&job->target);
    fa_outcome_fini(&job->outcome);
    free(job->hashed);
    free(job->known);
    free(job->headers);
    free(job->effective_url);
    free(job->path);
    free(job);
}

#define TO(state) (1u << FA_JOB_##state)

void fa_job_set_state(struct fa_job *job, enum fa_job_state state)
{
    static const unsigned allowed[] = {
        [FA_JOB_NEW] = TO(QUEUED) | TO(FETCHED) | TO(FINAL),
        [FA_JOB_QUEUED] = TO(ACTIVE) | TO(QUEUED) | TO(FINAL),
        [FA_JOB_ACTIVE] = TO(QUEUED) | TO(WAITING) | TO(FETCHED) | TO(FINAL),
        [FA_JOB_WAITING] = TO(QUEUED) | TO(FINAL),
        [FA_JOB_FETCHED] = TO(HASHING) | TO(FINAL) | TO(QUEUED),
        [FA_JOB_HASHING] = TO(FETCHED) | TO(QUEUED) | TO(WAITING) | TO(FINAL),
        [FA_JOB_FINAL] = 0,
    };
    if (!(allowed[job->state] & (1u << state)))
        abort();
    job->state = state;
}

void fa_job_queue_init(struct fa_job_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
    queue->count = 0;
}

void fa_job_queue_push(struct fa_job_queue *queue, struct fa_job *job)
{
    job->next = NULL;
    *queue->last = job;
    queue->last = &job->next;
    ++queue->count;
}

void fa_job_queue_push_front(struct fa_job_queue *queue, struct fa_job *job)
{
    job->next = queue->first;
    queue->first = job;
    if (!job->next)
        queue->last = &job->next;
    ++queue->count;
}

struct fa_job *fa_job_queue_pop(struct fa_job_queue *queue)
{
    struct fa_job *job = queue->first;
    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->last = &queue->first;
    --queue->count;
    return job;
}

struct fa_job *fa_job_queue_pop_last(struct fa_job_queue *queue)
{
    struct fa_job **at = &queue->first;
    while (*at && (*at)->next)
        at = &(*at)->next;
    struct fa_job *job = *at;
    if (!job)
        return NULL;
    *at = NULL;
    queue->last = at;
    --queue->count;
    return job;
}
