/*
 * The file of a hedge gets the name of the job's part.  It is marked as stale as long as the state
 * has a record of the bytes that it replaces.
 */
#include "engine/hedging.h"
#include "engine/flights_hedge.h"

#include <stdlib.h>

void fa_hedging_note(struct fa_session *s, const struct fa_job *job, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    uint64_t kept = outcome->head.kept, size = outcome->size;
    if (job->tries.hedged)
        return; /* which of both requests it was is not known here */
    fa_stragglers_add(&s->stragglers, size > kept ? size - kept : 0, now - job->timing.started,
                      &job->target.origin->slowness);
}

static bool job_is_straggler(const struct fa_session *s, const struct fa_job *job, double now)
{
    const struct fa_attempt *attempt = &job->attempt;
    struct fa_straggler_case transfer = {
        .seconds = now - job->timing.started,
        .received = attempt->received,
        .size = job->entry->size,
        .slowness = job->target.origin->slowness,
    };
    if (attempt->has_head && attempt->head.rep.total >= 0)
        transfer.size = attempt->head.rep.total;
    transfer.bytes = transfer.size;
    if (attempt->has_head && transfer.size >= 0)
        transfer.bytes -= (int64_t)attempt->head.kept;
    return fa_stragglers_has(&s->stragglers, &transfer);
}

/* Two copies need twice the space. */
static bool job_has_space(const struct fa_session *s, const struct fa_job *job)
{
    int64_t total = job->attempt.has_head ? job->attempt.head.rep.total : job->entry->size;
    return fa_store_has_space(s->store, total > 0 ? (uint64_t)total : 0);
}

static void hedging_begin(struct fa_session *s, struct fa_job *job, double now)
{
    unsigned mirror;
    struct fa_origin *origin = fa_scheduler_hedge(&s->scheduler, job, now, &mirror);
    if (!origin)
        return;
    job->tries.hedged = true;
    if (!job_has_space(s, job) || !fa_flights_hedge(&s->flights, job, origin, mirror)) {
        fa_scheduler_hedge_ended(&s->scheduler, origin, &fa_outcome_none, now);
        fa_scheduler_review(&s->scheduler, origin, now);
        return;
    }
    ++s->counts.hedges;
    fa_emit_entry_detail(&s->emitter, job->entry,
                         "far slower than other files: requested again, %s",
                         mirror == job->target.mirror ? "on another connection" : "at a mirror");
}

static bool hedging_is_on(const struct fa_session *s)
{
    const struct fa_counts *counts = &s->counts;
    return !s->config.no_hedge && s->config.robots != FA_ROBOTS_OBEY && counts->lists_final &&
           !s->ending.draining && !s->pause.full &&
           counts->hedges < fa_stragglers_budget(counts->entries) &&
           fa_stragglers_at_end(counts->entries, counts->done);
}

/* Those whose lookup has ended.  One that fails is settled in the next turn. */
static void hedging_start(struct fa_session *s)
{
    struct fa_hedge *hedge, *next;
    for (hedge = TAILQ_FIRST(&s->flights.hedges[FA_HEDGE_WAITS]); hedge; hedge = next) {
        bool failed;
        next = TAILQ_NEXT(hedge, same);
        if (!fa_scheduler_hedge_is_ready(hedge->origin, &failed))
            continue;
        if (failed)
            fa_flights_end_hedge(&s->flights, hedge);
        else
            fa_flights_start_hedge(&s->flights, hedge, fa_scheduler_share(&s->scheduler));
    }
    fa_engine_wake(s);
}

/* The oldest first. */
void fa_hedging_review(struct fa_session *s, double now)
{
    struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active) {
        if (!hedging_is_on(s))
            break;
        if (!job->ended && !job->tries.hedged && !job->part.split && job_is_straggler(s, job, now))
            hedging_begin(s, job, now);
    }
    if (!TAILQ_EMPTY(&s->flights.hedges[FA_HEDGE_WAITS]))
        hedging_start(s);
}

/* The file of the hedge becomes that of the job.  Where parts cannot be marked as stale, the record
 * of the previous bytes is withdrawn before. */
static int job_adopt_part(struct fa_session *s, struct fa_job *job, const struct fa_hedge *hedge,
                          struct fa_error *err)
{
    struct fa_part *part = &job->part;
    if (fa_ledger_withdraw(&s->ledger, job, &s->counts, err) ||
        fa_store_hedge_adopt(s->store, hedge->key, &hedge->inode, err))
        return -1;
    part->inode = hedge->inode;
    part->bytes = 0;
    part->head_recorded = false;
    part->stale = part->recorded;
    if (!part->recorded)
        fa_store_part_know(s->store, job->place.key, &part->inode);
    return 0;
}

/* What the report says is where the file came from. */
static void job_adopt_target(struct fa_job *job, struct fa_hedge *hedge)
{
    if (hedge->mirror != job->target.mirror)
        fa_job_target(job, hedge->mirror);
    job->target.origin = hedge->origin;
    job->attempt.http1 = hedge->attempt.http1;
    free(job->effective_url);
    job->effective_url = hedge->printed;
    hedge->printed = NULL;
}

void fa_hedging_adopt(struct fa_session *s, struct fa_job *job)
{
    struct fa_hedge *hedge = job->hedge;
    struct fa_outcome *outcome = &job->outcome;
    struct fa_error err = {0};

    job->followed = false;
    int result = hedge->outcome.unchanged ? 0 : job_adopt_part(s, job, hedge, &err);
    fa_outcome_fini(outcome);
    *outcome = hedge->outcome;
    hedge->outcome = fa_outcome_none;
    job_adopt_target(job, hedge);
    job->hedge = NULL;
    hedge->job = NULL;
    if (result) {
        outcome->error = err;
        outcome->retryable = FA_RETRYABLE_NOW;
        outcome->size = 0;
    }
}

void fa_hedging_end(struct fa_session *s, struct fa_hedge *hedge, double now)
{
    fa_scheduler_hedge_ended(&s->scheduler, hedge->origin, &hedge->outcome, now);
    fa_flights_release_hedge(&s->flights, hedge);
}
