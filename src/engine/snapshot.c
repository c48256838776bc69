/*
 * A snapshot is computed from scratch, ten times a second, and visits all active transfers.  That
 * is cheaper than keeping sums up to date that change with every chunk received.
 */
#include "engine/snapshot.h"

/* A transfer in progress: the bytes of the file so far, and its size if it is known. */
static struct fa_active snapshot_describe_job(const struct fa_job *job, double now)
{
    const struct fa_attempt *attempt = &job->attempt;
    struct fa_active active = {
        .url = job->effective_url ? job->effective_url : "?",
        .bytes = attempt->received,
        .size = job->entry->size,
        .seconds = now - job->timing.started,
    };
    if (job->part.split) {
        active.bytes = job->part.bytes;
        active.size = (int64_t)job->part.split->map.size;
    } else if (attempt->has_head) {
        active.bytes += attempt->head.kept;
        active.size = attempt->head.rep.total >= 0 ? attempt->head.rep.total : active.size;
    }
    return active;
}

/* Count an origin, and keep the one that is waited for longest. */
static void snapshot_count_origin(const struct fa_origin *origin, double left, unsigned *count,
                                  const char **longest, double *longest_left)
{
    ++*count;
    if (*longest && left <= *longest_left)
        return;
    *longest = origin->name;
    *longest_left = left;
}

/* The origins that are down, and those that asked for a pause: their numbers, and of each kind the
 * one that is waited for longest. */
static void snapshot_describe_waited(const struct fa_session *s, struct fa_progress *progress,
                                     double now)
{
    const struct fa_origin *origin;
    LIST_FOREACH (origin, &s->scheduler.hosts.waited, in_waited) {
        bool has_entries = fa_origin_waiting(origin) + origin->active > 0;
        if (origin->outage_reported && origin->down && has_entries)
            snapshot_count_origin(origin, fa_scheduler_left(&s->scheduler, origin, now),
                                  &progress->down, &progress->down_origin, &progress->down_left);
        else if (!origin->down && origin->breaker.until > now && has_entries)
            snapshot_count_origin(origin, origin->breaker.until - now, &progress->paused,
                                  &progress->paused_origin, &progress->paused_left);
    }
}

/* Active jobs are in the order of their starts, so the first ones are the oldest.  What they will
 * still receive is added to the expected bytes, so that a progress bar can be drawn. */
static void snapshot_describe_active(const struct fa_session *s, struct fa_progress *progress,
                                     double now)
{
    const struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active) {
        struct fa_active active = snapshot_describe_job(job, now);
        uint64_t received = job->attempt.received;
        progress->bytes += received;
        progress->expected += received;
        if (active.size > (int64_t)active.bytes)
            progress->expected += (uint64_t)active.size - active.bytes;
        if (progress->n_oldest < FA_ACTIVE_MAX)
            progress->oldest[progress->n_oldest++] = active;
    }
    const struct fa_hedge *hedge;
    TAILQ_FOREACH (hedge, &s->flights.hedges[FA_HEDGE_ACTIVE], same) {
        progress->bytes += hedge->attempt.received;
        progress->expected += hedge->attempt.received;
    }
}

/* Bytes that segments have received, and what files that only have segments will still receive. */
static void snapshot_describe_segments(const struct fa_session *s, struct fa_progress *progress)
{
    const struct fa_segment *segment;
    const struct fa_split *split;
    TAILQ_FOREACH (segment, &s->flights.segments, flight) {
        progress->bytes += segment->attempt.received;
        progress->expected += segment->attempt.received;
    }
    LIST_FOREACH (split, &s->flights.splits, all)
        if (split->job->state == FA_JOB_SPLIT)
            progress->expected += split->map.size - fa_split_bytes(split);
}

void fa_snapshot_send(const struct fa_session *s)
{
    const struct fa_counts *counts = &s->counts;
    double now = fa_engine_now(s);
    struct fa_event event = {.type = FA_EVENT_PROGRESS};
    event.progress = (struct fa_progress){
        .entries = counts->entries,
        .entries_final = counts->lists_final,
        .done = counts->done,
        .failed = counts->failed,
        .bytes = counts->bytes,
        .expected = counts->bytes,
        .active = s->scheduler.active,
        .waiting = s->scheduler.waiting,
        .hashing = s->finish.staged,
        .seconds = now - s->counts.began,
    };
    event.progress.loop_delay = fa_flights_delay(&s->flights);
    snapshot_describe_waited(s, &event.progress, now);
    snapshot_describe_active(s, &event.progress, now);
    snapshot_describe_segments(s, &event.progress);
    fa_emit_send(&s->emitter, &event);
}
