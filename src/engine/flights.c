/*
 * A job has one attempt of its own at a time, which is embedded in it; the strategy gets only the
 * attempt.  A hedge (engine/hedge.h) and segments (engine/split.h) are others, with copies of their
 * texts: they can outlive the job.
 */
#include "engine/flights.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* The attempt is a member of its job, so it needs no pointer back. */
static struct fa_job *attempt_job(struct fa_attempt *attempt)
{
    return (struct fa_job *)(void *)((char *)attempt - offsetof(struct fa_job, attempt));
}

void fa_flights_move_hedge(struct fa_flights *flights, struct fa_hedge *hedge,
                           enum fa_hedge_state state)
{
    TAILQ_REMOVE(&flights->hedges[hedge->state], hedge, same);
    hedge->state = state;
    TAILQ_INSERT_TAIL(&flights->hedges[state], hedge, same);
}

/* The outcome is kept for the turn, as for jobs: see fa_flights_take(). */
static void hedge_done(struct fa_flights *flights, struct fa_hedge *hedge,
                       const struct fa_outcome *outcome)
{
    hedge->outcome = *outcome;
    fa_flights_move_hedge(flights, hedge, FA_HEDGE_ENDED);
    flights->wake(flights->ctx);
}

static void segment_done(struct fa_flights *flights, struct fa_segment *segment,
                         const struct fa_outcome *outcome)
{
    segment->outcome = *outcome;
    segment->ended = true;
    TAILQ_REMOVE(&flights->segments, segment, flight);
    TAILQ_INSERT_TAIL(&flights->ended_segments, segment, flight);
    flights->wake(flights->ctx);
}

/* Outcomes are only queued here: the strategy is still at work on its own lists, so nothing may be
 * decided that starts or cancels another attempt. */
static void flights_done(void *ctx, struct fa_attempt *attempt, struct fa_outcome *outcome)
{
    struct fa_flights *flights = ctx;
    if (attempt->segment) {
        segment_done(flights, attempt->segment, outcome);
        return;
    }
    if (attempt->owner) {
        hedge_done(flights, attempt->owner, outcome);
        return;
    }
    struct fa_job *job = attempt_job(attempt);
    job->outcome = *outcome;
    job->ended = true;
    fa_job_queue_push(&flights->ended, job);
    flights->wake(flights->ctx);
}

/* Only attempts of jobs announce it. */
static void flights_headed(void *ctx, struct fa_attempt *attempt)
{
    struct fa_flights *flights = ctx;
    flights->headed(flights->ctx, attempt_job(attempt));
}

int fa_flights_init(struct fa_flights *flights, struct fa_strategy_env *env, struct fa_error *err)
{
    env->done = flights_done;
    env->headed = flights_headed;
    env->ctx = flights;
    TAILQ_INIT(&flights->active);
    fa_job_queue_init(&flights->ended);
    for (int state = 0; state < FA_HEDGE_STATES; ++state)
        TAILQ_INIT(&flights->hedges[state]);
    TAILQ_INIT(&flights->segments);
    TAILQ_INIT(&flights->ended_segments);
    LIST_INIT(&flights->splits);
    flights->strategy = flights->ops->new (env, err);
    return flights->strategy ? 0 : -1;
}

void fa_flights_free_segment(struct fa_segment *segment)
{
    if (segment->job) {
        LIST_REMOVE(segment, sibling);
        --segment->job->part.split->n_segments;
    }
    free(segment->texts);
    fa_outcome_fini(&segment->outcome);
    free(segment);
}

static void segments_free(struct fa_segment_list *list)
{
    struct fa_segment *segment;
    while ((segment = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, segment, flight);
        fa_flights_free_segment(segment);
    }
}

/* Freeing the strategy ends its attempts without a callback. */
void fa_flights_fini(struct fa_flights *flights)
{
    if (!flights->strategy)
        return;
    flights->ops->free(flights->strategy);
    flights->strategy = NULL;
    struct fa_hedge *hedge;
    for (int state = 0; state < FA_HEDGE_STATES; ++state)
        while ((hedge = TAILQ_FIRST(&flights->hedges[state])))
            fa_flights_release_hedge(flights, hedge);
    segments_free(&flights->segments);
    segments_free(&flights->ended_segments);
}

/* A split that goes on after a retry keeps its growth: what was learned about the number of
 * segments is as true as before. */
void fa_flights_begin_split(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    split->active = split->stopped = split->host_failed = false;
    job->followed = false;
    if (split->job)
        return;
    unsigned segments = flights->env.config->segments;
    split->job = job;
    split->syncs = flights->env.config->fsync != FA_FSYNC_NONE;
    fa_growth_init(&split->growth, segments == FA_SEGMENTS_AUTO ? 0 : segments > 1 ? segments : 1);
    LIST_INSERT_HEAD(&flights->splits, split, all);
}

/* An attempt that could not start takes the same way as all others, so that it is counted and
 * settled in one place. */
void fa_flights_fail(struct fa_flights *flights, struct fa_job *job, const struct fa_error *error,
                     enum fa_retryability retryable)
{
    struct fa_outcome outcome = {.error = *error, .retryable = retryable, .retry_after = -1};
    flights_done(flights, &job->attempt, &outcome);
}

void fa_flights_flush(struct fa_flights *flights)
{
    flights->ops->flush(flights->strategy);
}

/* Bytes of a failed attempt may be resumed by the next one.  A worker that crashed cannot say how
 * many there are: see fa_settle_crashed(). */
static void part_end_attempt(struct fa_flights *flights, struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool failed = outcome->error.class != FA_CLASS_NONE;
    bool crashed = outcome->error.class == FA_CLASS_WORKER_CRASHED && job->attempt.has_head;
    if (job->part.unnamed && !failed && !outcome->location && !outcome->unchanged)
        return;
    if (job->part.unnamed && failed && (outcome->size > 0 || crashed))
        fa_job_name_part(job, flights->env.store, NULL);
    fa_job_close_part(job);
}

/* Ended attempts are taken in the turn, and not in the callback: settling one may start another,
 * which must not happen inside of the strategy. */
struct fa_job *fa_flights_take(struct fa_flights *flights)
{
    struct fa_job *job = fa_job_queue_pop(&flights->ended);
    if (job) {
        TAILQ_REMOVE(&flights->active, job, active);
        part_end_attempt(flights, job);
    }
    return job;
}

/* Each attempt still ends with an outcome, which is awaited: only then its part is at rest. */
void fa_flights_cancel(struct fa_flights *flights)
{
    struct fa_job *job;
    struct fa_hedge *hedge;
    struct fa_segment *segment;
    TAILQ_FOREACH (job, &flights->active, active)
        if (!job->part.split || !job->part.split->stopped)
            fa_flights_stop(flights, job);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        fa_flights_stop_segment(flights, segment);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        flights->ops->cancel(flights->strategy, &hedge->attempt);
    while ((hedge = TAILQ_FIRST(&flights->hedges[FA_HEDGE_WAITS])))
        fa_flights_end_hedge(flights, hedge);
}

void fa_flights_stop(struct fa_flights *flights, struct fa_job *job)
{
    if (!job->ended)
        flights->ops->cancel(flights->strategy, &job->attempt);
}

/* Once: a cancelled attempt may take a while to end, and a second request would be a second message
 * to its worker. */
void fa_flights_stop_segment(struct fa_flights *flights, struct fa_segment *segment)
{
    if (!segment->ended && !segment->stopped)
        flights->ops->cancel(flights->strategy, &segment->attempt);
    segment->stopped = true;
}

struct fa_segment *fa_flights_take_segment(struct fa_flights *flights)
{
    struct fa_segment *segment = TAILQ_FIRST(&flights->ended_segments);
    if (segment)
        TAILQ_REMOVE(&flights->ended_segments, segment, flight);
    return segment;
}

/* The name of the part is gone at once, so that the next attempt writes to another file than the
 * segments that have not ended yet. */
void fa_flights_discard_split(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    struct fa_segment *segment;
    while ((segment = LIST_FIRST(&split->segments))) {
        LIST_REMOVE(segment, sibling);
        --split->n_segments;
        segment->job = NULL;
        fa_flights_stop_segment(flights, segment);
    }
    fa_store_part_remove(flights->env.store, job->place.key);
    fa_split_free(split);
    job->part.split = NULL;
    job->part.bytes = 0;
    job->part.inode.number = 0;
    job->tries.unsplit = true;
}

/* A hedge that waits is not known to the strategy, so its outcome is made here: then all hedges end
 * in the same way. */
void fa_flights_end_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    if (hedge->state == FA_HEDGE_ACTIVE) {
        flights->ops->cancel(flights->strategy, &hedge->attempt);
    } else if (hedge->state == FA_HEDGE_WAITS) {
        struct fa_outcome outcome = fa_outcome_none;
        outcome.error.class = FA_CLASS_CANCELLED;
        hedge_done(flights, hedge, &outcome);
    }
}

/* What it has received so far is reported with the job, which may end before it.  That of a hedge
 * which was kept is counted already. */
void fa_flights_drop_hedge(struct fa_flights *flights, struct fa_job *job)
{
    struct fa_hedge *hedge = job->hedge;
    job->hedge = NULL;
    hedge->job = NULL;
    if (hedge->state == FA_HEDGE_WON)
        fa_flights_move_hedge(flights, hedge, FA_HEDGE_ENDED);
    else
        job->bytes += hedge->attempt.received;
    fa_flights_end_hedge(flights, hedge);
}

/* The attempt of the job may still write to its own part, which that of the hedge replaces: so it
 * has to end first. */
void fa_flights_keep_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    fa_flights_move_hedge(flights, hedge, FA_HEDGE_WON);
    if (!hedge->job->ended)
        flights->ops->cancel(flights->strategy, &hedge->job->attempt);
}

struct fa_hedge *fa_flights_ended_hedge(struct fa_flights *flights)
{
    return TAILQ_FIRST(&flights->hedges[FA_HEDGE_ENDED]);
}

void fa_flights_release_hedge(struct fa_flights *flights, struct fa_hedge *hedge)
{
    TAILQ_REMOVE(&flights->hedges[hedge->state], hedge, same);
    fa_store_hedge_remove(flights->env.store, hedge->key);
    fa_hedge_free(hedge);
}

/* Changing a rate costs a message to the worker, so only changes of more than a tenth are sent. */
static void flights_tune(struct fa_flights *flights, struct fa_attempt *attempt, uint64_t share)
{
    uint64_t rate = attempt->rate;
    if (share > rate + rate / 10 || share < rate - rate / 10)
        flights->ops->tune(flights->strategy, attempt, share);
}

double fa_flights_delay(const struct fa_flights *flights)
{
    return flights->strategy && flights->ops->delay ? flights->ops->delay(flights->strategy) : 0;
}

void fa_flights_share(struct fa_flights *flights, struct fa_bucket *bucket, uint64_t bytes,
                      unsigned active, double now)
{
    const struct fa_job *job;
    struct fa_job *tuned;
    struct fa_hedge *hedge;
    struct fa_segment *segment;
    double seen = (double)bytes;
    TAILQ_FOREACH (job, &flights->active, active)
        seen += fmax((double)job->attempt.received, FA_BUCKET_FIRST);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        seen += fmax((double)hedge->attempt.received, FA_BUCKET_FIRST);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        seen += fmax((double)segment->attempt.received, FA_BUCKET_FIRST);
    fa_bucket_update(bucket, now, seen);
    uint64_t share = fa_bucket_share(bucket, active);
    TAILQ_FOREACH (tuned, &flights->active, active)
        if (!tuned->ended)
            flights_tune(flights, &tuned->attempt, share);
    TAILQ_FOREACH (hedge, &flights->hedges[FA_HEDGE_ACTIVE], same)
        flights_tune(flights, &hedge->attempt, share);
    TAILQ_FOREACH (segment, &flights->segments, flight)
        flights_tune(flights, &segment->attempt, share);
}
