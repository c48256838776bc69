/*
 * Only the first of the line is looked at.  Its path gets free when a job ends that waits for none
 * of the line, so the line always moves on.  Few jobs are in memory, and the others in the backlog.
 */
#include "engine/repeats.h"

#include "engine/spill.h"

/** Jobs that wait in memory. */
#define IN_MEMORY 64

/* Without space for the backlog they stay in memory. */
void fa_repeats_put(struct fa_session *s, struct fa_job *job)
{
    struct fa_repeats *repeats = &s->repeats;
    bool few = repeats->jobs.count < IN_MEMORY && repeats->spilled.count == 0;
    job->place.repeat = true;
    if (few || !fa_spill_put(s, job, &repeats->spilled))
        fa_job_queue_push(&repeats->jobs, job);
}

struct fa_job *fa_repeats_take(struct fa_session *s, double now)
{
    struct fa_repeats *repeats = &s->repeats;
    struct fa_job *job;
    if (repeats->jobs.count == 0 && repeats->spilled.count > 0 &&
        (job = fa_spill_take(s, &repeats->spilled, now)))
        fa_job_queue_push(&repeats->jobs, job);
    job = TAILQ_FIRST(&repeats->jobs.jobs);
    return job && !fa_claims_is_held(&s->claims, job) ? fa_job_queue_pop(&repeats->jobs) : NULL;
}
