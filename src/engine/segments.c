/*
 * A segment that fails is no failure of its entry, and says nothing about the host: with an answer
 * that is of no use the file gets no further segments, and after a refusal (429, 503, no
 * connection) it goes on with those that the server allows.  Only a pause that the server asks for
 * holds for its host; the connections that there are go on.
 *
 * A job without an own attempt in progress waits in the state SPLIT for its segments.  When the
 * last of them has ended, its outcome is settled: the file is complete, or the job requests the
 * first range that is missing, or the failure of its own attempt counts now.
 */
#include "engine/segments.h"
#include "engine/flights_segment.h"
#include "transfer/tcp.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

/* With `auto`, a file is split if it takes at least that many seconds, and as long again. */
#define AUTO_SECONDS 1.5
/* A segment that fails with fewer bytes counts as refused. */
#define PROGRESS_LEAST (64 * 1024)

bool fa_segments_are_due(const struct fa_session *s, double now)
{
    return now >= s->segments_at && (s->config.segments > 1 || !LIST_EMPTY(&s->flights.splits));
}

/* A fixed number is started as soon as the file is known to be large; `auto` has time. */
double fa_segments_alarm(const struct fa_session *s)
{
    bool soon = s->config.segments > 1 && s->config.segments != FA_SEGMENTS_AUTO &&
                s->scheduler.active > 0 && s->scheduler.active < s->scheduler.slots.now &&
                !fa_scheduler_is_ready(&s->scheduler);
    return soon || !LIST_EMPTY(&s->flights.splits) ? s->segments_at : INFINITY;
}

/* Whether the connection was told to fetch no more than it has. */
static bool stretch_has_reached(const struct fa_stretch *stretch)
{
    return stretch->limit < stretch->end && stretch->got >= stretch->limit;
}

static void split_stop_all(struct fa_session *s, struct fa_split *split)
{
    struct fa_segment *segment;
    LIST_FOREACH (segment, &split->segments, sibling)
        fa_flights_stop_segment(&s->flights, segment);
    if (split->job->state == FA_JOB_ACTIVE && !split->stopped) {
        split->stopped = true;
        fa_flights_stop(&s->flights, split->job);
    }
}

/* A later run continues with the map, so none is needed without a record. */
static void split_save(struct fa_session *s, struct fa_split *split, double now)
{
    if (s->ledger.state && !split->job->place.known)
        fa_split_save(split, now);
}

/* The newest first: those that did not pay. */
static void split_drop(struct fa_session *s, struct fa_split *split, unsigned fewer)
{
    struct fa_segment *segment;
    LIST_FOREACH (segment, &split->segments, sibling) {
        if (fewer-- == 0)
            break;
        fa_flights_stop_segment(&s->flights, segment);
    }
}

/* Stopping the first connection that was tried would cost another request, for its rest. */
static bool split_only_tries(const struct fa_split *split)
{
    const struct fa_segment *segment = LIST_FIRST(&split->segments);
    return split->n_segments == 1 && segment->trial;
}

static void split_review(struct fa_session *s, struct fa_split *split, double now)
{
    struct fa_job *job = split->job;
    struct fa_segment *segment;
    if (job->state == FA_JOB_ACTIVE && !job->ended) {
        split->active = split->active || job->attempt.has_head;
        fa_split_note(split, &split->own, &job->attempt);
    }
    split->proven |= split->active && split->own.first > 0;
    LIST_FOREACH (segment, &split->segments, sibling) {
        split->proven |= segment->attempt.has_head;
        fa_split_note(split, &segment->stretch, &segment->attempt);
        if (stretch_has_reached(&segment->stretch))
            fa_flights_stop_segment(&s->flights, segment);
    }
    if (split->active && !split->stopped && stretch_has_reached(&split->own)) {
        split->stopped = true;
        fa_flights_stop(&s->flights, job);
    }
    job->part.bytes = fa_split_bytes(split);
    if (fa_split_is_whole(split))
        split_stop_all(s, split);
    else if (fa_scheduler_is_short(&s->scheduler, job->target.origin))
        split_drop(s, split, 1);
    if (fa_split_is_due(split, now))
        split_save(s, split, now);
}

/* Whether the origin of a job may get another connection. */
static bool job_may_connect(const struct fa_session *s, const struct fa_job *job, double now)
{
    bool given = s->config.segments != FA_SEGMENTS_AUTO;
    return fa_scheduler_has_slot(&s->scheduler, job->target.origin, given, now);
}

/* Whether any connection may be added now: other work comes first. */
static bool segments_may_start(const struct fa_session *s)
{
    return s->config.segments > 1 && !s->ending.draining && !s->pause.full &&
           s->finish.staged < FA_FINISH_MAX && !fa_scheduler_is_ready(&s->scheduler);
}

static bool split_add(struct fa_session *s, struct fa_split *split, unsigned more, double now)
{
    struct fa_job *job = split->job;
    struct fa_scheduler *scheduler = &s->scheduler;
    struct fa_extent range;
    struct fa_error err = {0};
    uint64_t trial = split->tried ? 0 : fa_growth_trial(&split->growth);
    if (!job_may_connect(s, job, now) || !fa_split_take(split, more, trial, &range))
        return false;
    if (fa_flights_start_segment(&s->flights, job, &range, fa_scheduler_share(scheduler), now,
                                 &err)) {
        fa_growth_refused(&split->growth, fa_split_live(split), now);
        return false;
    }
    LIST_FIRST(&split->segments)->trial = trial > 0;
    split->tried |= trial > 0;
    fa_scheduler_count_request(scheduler, job->target.origin, now);
    return true;
}

static void split_grow(struct fa_session *s, struct fa_split *split, double now)
{
    unsigned live = fa_split_live(split);
    if (live == 0 || split->stopped || fa_split_is_whole(split))
        return;
    unsigned wanted = fa_growth_wanted(&split->growth, live, fa_split_bytes(split), now);
    /* One request finds out whether the server answers ranges. */
    unsigned most = !split->proven && wanted > 2 ? 2 : wanted;
    for (; live < most && split_add(s, split, wanted - live, now); ++live)
        continue;
    if (live > wanted && split_only_tries(split))
        fa_split_run_on(split); /* it need not wait for the other one, which may be slow */
    else if (live > wanted)
        split_drop(s, split, live - wanted);
}

static bool job_may_split(const struct fa_session *s, const struct fa_job *job, double now)
{
    const struct fa_attempt *attempt = &job->attempt;
    if (job->part.split || job->hedge || job->ended || job->tries.unsplit || !attempt->has_head ||
        attempt->head.rep.total <= 0)
        return false;
    uint64_t got = attempt->head.kept + attempt->received;
    uint64_t total = (uint64_t)attempt->head.rep.total, left = total > got ? total - got : 0;
    if (left < 2 * FA_SPLIT_LEAST || !job_may_connect(s, job, now))
        return false;
    double seconds = now - job->timing.started;
    return s->config.segments != FA_SEGMENTS_AUTO ||
           (seconds >= AUTO_SECONDS && (double)left >= (double)attempt->received);
}

/* The record of the answer comes first, so that a later run can use the map. */
static bool job_is_recorded(struct fa_session *s, struct fa_job *job)
{
    fa_ledger_put_head(&s->ledger, job, &s->counts);
    return !s->ledger.state || job->part.head_recorded;
}

static void segments_split_more(struct fa_session *s, double now)
{
    struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active) {
        if (s->scheduler.active >= s->scheduler.slots.now)
            return;
        if (!job_may_split(s, job, now) || !job_is_recorded(s, job))
            continue;
        job->tries.unsplit = fa_flights_split(&s->flights, job) != 0;
        if (job->tries.unsplit)
            continue;
        split_save(s, job->part.split, now);
        split_grow(s, job->part.split, now);
    }
}

void fa_segments_review(struct fa_session *s, double now)
{
    struct fa_split *split;
    s->segments_at = now + FA_SEGMENTS_EVERY;
    if (s->ending.draining)
        return;
    LIST_FOREACH (split, &s->flights.splits, all)
        if (split->job->state == FA_JOB_ACTIVE || split->job->state == FA_JOB_SPLIT)
            split_review(s, split, now);
    if (!segments_may_start(s))
        return;
    LIST_FOREACH (split, &s->flights.splits, all)
        if (split->job->state == FA_JOB_ACTIVE || split->job->state == FA_JOB_SPLIT)
            split_grow(s, split, now);
    segments_split_more(s, now);
}

/* Whether the answer contradicts what is known, so that none of its bytes count. */
static bool outcome_is_useless(const struct fa_outcome *outcome)
{
    return outcome->restart != FA_RESTART_NONE || outcome->doubtful ||
           outcome->error.class == FA_CLASS_INTEGRITY || outcome->error.class == FA_CLASS_TOO_LARGE;
}

/* The outcome of a worker that crashed says nothing; what it had reported counts. */
void fa_segments_take_own(struct fa_session *s, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    struct fa_outcome *outcome = &job->outcome;
    if (outcome_is_useless(outcome)) {
        fa_flights_discard_split(&s->flights, job);
        return;
    }
    fa_split_note(split, &split->own, &job->attempt);
    fa_split_note_end(split, &split->own, outcome);
    split->active = false;
    if (split->stopped && outcome->error.class == FA_CLASS_CANCELLED && !s->ending.draining)
        outcome->error.class = FA_CLASS_NONE; /* it has fetched what was its own */
    job->part.bytes = fa_split_bytes(split);
}

/* What the end of a segment means for further ones. */
static void split_judge_segment(struct fa_session *s, struct fa_split *split,
                                const struct fa_segment *segment, double now)
{
    const struct fa_outcome *outcome = &segment->outcome;
    enum fa_class class = outcome->error.class;
    bool ranges = outcome->http == 206;
    if (class == FA_CLASS_CANCELLED || (class == FA_CLASS_NONE && ranges))
        return;
    if (outcome->restart == FA_RESTART_CHANGED) {
        fa_split_forget_segments(split);
        split_drop(s, split, split->n_segments);
    }
    if (outcome->retryable != FA_RETRYABLE_NOW || outcome->restart != FA_RESTART_NONE ||
        outcome->retry_after > 0) {
        fa_growth_stop(&split->growth);
        fa_split_run_on(split);
    } else if (segment->stretch.at - segment->stretch.first < PROGRESS_LEAST) {
        fa_growth_refused(&split->growth, fa_split_live(split) - 1, now);
    }
}

/* Bytes of an answer that contradicts what is known do not count, also those noted before. */
static void split_take_segment(struct fa_session *s, struct fa_split *split,
                               struct fa_segment *segment, double now)
{
    struct fa_stretch *stretch = &segment->stretch;
    if (outcome_is_useless(&segment->outcome)) {
        fa_extents_remove(&split->map.extents, stretch->first, stretch->at);
        stretch->at = stretch->first;
    } else {
        fa_split_note(split, stretch, &segment->attempt);
        fa_split_note_end(split, stretch, &segment->outcome);
    }
    split->proven |= segment->outcome.http == 206 && stretch->at > stretch->first;
    split_judge_segment(s, split, segment, now);
    split->job->part.bytes = fa_split_bytes(split);
}

static struct fa_job *segment_settle(struct fa_session *s, struct fa_segment *segment, double now)
{
    struct fa_job *job = segment->job;
    bool failed = segment->outcome.error.class != FA_CLASS_NONE && !segment->stopped;
    fa_scheduler_end_segment(&s->scheduler, segment->origin, &segment->outcome, now);
    s->counts.bytes += segment->outcome.received;
    if (job) {
        job->bytes += segment->outcome.received;
        fa_tcp_add(&job->tcp, &segment->outcome.tcp);
        split_take_segment(s, job->part.split, segment, now);
    }
    fa_flights_free_segment(segment);
    if (job && failed)
        fa_split_give_back(job->part.split);
    bool last = job && job->state == FA_JOB_SPLIT && job->part.split->n_segments == 0;
    return last ? job : NULL;
}

struct fa_job *fa_segments_settle(struct fa_session *s, struct fa_origin **ret_origin, double now)
{
    struct fa_segment *segment;
    while ((segment = fa_flights_take_segment(&s->flights))) {
        *ret_origin = segment->origin;
        struct fa_job *job = segment_settle(s, segment, now);
        if (job)
            return job;
        fa_scheduler_review(&s->scheduler, *ret_origin, now);
    }
    return NULL;
}

/* All bytes are there: from now on the part is like that of any other job. */
static enum fa_joined split_unite(struct fa_session *s, struct fa_job *job)
{
    struct fa_split *split = job->part.split;
    struct fa_outcome *outcome = &job->outcome;
    bool sync = s->config.fsync == FA_FSYNC_EACH;
    outcome->error = (struct fa_error){0};
    outcome->retryable = FA_RETRYABLE_NEVER;
    if (fa_store_part_unite(s->store, split->fd, split->map.size, job->place.known != NULL,
                            &outcome->error))
        return FA_JOINED_OUTCOME;
    if (sync && fdatasync(split->fd)) {
        fa_error_system(&outcome->error, FA_CLASS_LOCAL_IO, errno, "cannot sync the part file");
        fa_flights_discard_split(&s->flights, job);
        return FA_JOINED_OUTCOME;
    }
    outcome->size = split->map.size;
    outcome->head = (struct fa_head){.rep = job->part.rep, .kept = split->kept};
    fa_split_free(split);
    job->part.split = NULL;
    return FA_JOINED_FILE;
}

/* Without a byte of what was requested, the next request would bring no more. */
static void split_check_progress(const struct fa_split *split, struct fa_outcome *outcome)
{
    if (split->own.at > split->own.first)
        return;
    fa_error_set(&outcome->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_TRUNCATED,
                 "the server sent nothing of the range");
    outcome->retryable = FA_RETRYABLE_NOW;
}

enum fa_joined fa_segments_join(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_split *split = job->part.split;
    bool failed = job->outcome.error.class != FA_CLASS_NONE;
    if (!failed && job->outcome.location)
        return FA_JOINED_OUTCOME; /* of a request without an answer, so it is alone */
    if (split->n_segments > 0) {
        if (fa_split_is_whole(split))
            split_stop_all(s, split);
        if (job->state != FA_JOB_SPLIT)
            fa_job_set_state(job, FA_JOB_SPLIT);
        return FA_JOINED_WAIT;
    }
    if (fa_split_is_whole(split))
        return split_unite(s, job);
    split_save(s, split, now);
    if (!failed)
        split_check_progress(split, &job->outcome);
    return job->outcome.error.class != FA_CLASS_NONE ? FA_JOINED_OUTCOME : FA_JOINED_REQUEST;
}
