/*
 * All changes to the session happen in a turn, in one order and with one value of the time.
 * Callbacks only queue what happened, so no function has to expect that a job or an origin
 * disappears while it calls into the strategy or the stage.
 *
 * A turn is bounded by TURN_STEPS; if there is more to do, it requests the next one, so that
 * sockets and signals are served in between.
 *
 * Entries are read on demand: as long as there are free slots that no origin at hand can use, and
 * at most LOOKAHEAD entries ahead.  This keeps a list of millions out of memory, and still finds
 * the one fast host after a thousand entries of a slow one.
 */
#include "engine/turn.h"
#include "engine/finishing.h"
#include "engine/flights_start.h"

#include "base/loop.h"
#include "engine/admit.h"
#include "engine/apply.h"
#include "engine/hedging.h"
#include "engine/hooking.h"
#include "engine/obeying.h"
#include "engine/packing.h"
#include "engine/recheck.h"
#include "engine/refreshing.h"
#include "engine/segments.h"
#include "engine/settling.h"
#include "engine/snapshot.h"
#include "engine/spill.h"

#include <errno.h>
#include <math.h>

/** Maximum steps of one kind in a turn, so that the loop stays responsive. */
#define TURN_STEPS 512
/** Maximum entries read ahead in search of an origin that can start. */
#define LOOKAHEAD 1000000
/** Seconds after which a transfer gets a part, if its file has no name yet. */
#define PART_AFTER 1.0

static void turn_check_stop(struct fa_session *s)
{
    int how = atomic_load(&s->ending.stop_wanted);
    if (how == FA_STOP_NOW) {
        s->ending.end = FA_END_STOPPED;
        s->ending.over = true;
    } else if (how == FA_STOP_DRAIN) {
        fa_engine_stop(s, FA_END_STOPPED, NULL);
    }
}

static void turn_settle(struct fa_session *s, double now)
{
    struct fa_job *job;
    struct fa_hedge *hedge;
    struct fa_origin *origin;
    while ((job = fa_flights_take(&s->flights)))
        fa_apply_outcome(s, job, now);
    while ((hedge = fa_flights_ended_hedge(&s->flights)))
        fa_apply_hedge(s, hedge, now);
    while ((job = fa_segments_settle(s, &origin, now))) {
        fa_apply_joined(s, job, now);
        fa_scheduler_review(&s->scheduler, origin, now);
    }
}

/* Out of descriptors: continue with fewer transfers for a while.  Without another transfer in
 * progress, nothing would free a descriptor, and the attempt fails. */
static bool turn_lower_slots(struct fa_session *s, const struct fa_job *job,
                             const struct fa_error *error, double now)
{
    struct fa_scheduler *scheduler = &s->scheduler;
    bool files =
        error->domain == FA_DOMAIN_SYSTEM && (error->code == EMFILE || error->code == ENFILE);
    if (!files || scheduler->active < 2)
        return false;
    if (fa_slots_lower(&scheduler->slots, scheduler->active, now))
        fa_emit_notice(&s->emitter, job->entry,
                       "out of open files (ulimit -n): at most %u at once for now",
                       scheduler->slots.now);
    return true;
}

static void turn_start_job(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    bool first = fa_flights_begin(&s->flights, job, now);
    fa_finish_follow(&s->finish, job);
    if (fa_ledger_withdraw(&s->ledger, job, &s->counts, &err) == 0 &&
        fa_flights_start(&s->flights, job, first, fa_scheduler_share(&s->scheduler), &err) == 0)
        return;
    bool fewer = turn_lower_slots(s, job, &err, now);
    fa_flights_fail(&s->flights, job, &err, fewer ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER);
}

/* A lookup that cannot be started, for example without a thread, counts as failed. */
static void turn_look_up(struct fa_session *s, double now)
{
    struct fa_error err;
    struct fa_origin *origin;
    while ((origin = fa_scheduler_lookup(&s->scheduler)))
        if (s->lookups->ask(s->resolver, origin->host, s->config.connect_timeout, origin, &err))
            fa_scheduler_unresolved(&s->scheduler, origin, &err, false, now);
}

/* Called from the loop between turns: it changes the origin only, and requests a turn. */
void fa_turn_resolved(void *ctx, void *tag, const struct fa_resolution *resolution)
{
    struct fa_session *s = ctx;
    struct fa_origin *origin = tag;
    double now = fa_engine_now(s);
    if (resolution->addresses)
        fa_scheduler_resolved(&s->scheduler, origin, resolution->addresses, resolution->seconds,
                              now);
    else
        fa_scheduler_unresolved(&s->scheduler, origin, &resolution->error, resolution->final, now);
    fa_engine_wake(s);
}

/* @return Whether there may be more to do now */
static bool turn_dispatch_one(struct fa_session *s, double now)
{
    struct fa_job *job = NULL;
    struct fa_origin *origin = NULL;
    switch (fa_scheduler_next(&s->scheduler, now, &job, &origin)) {
    case FA_NEXT_NONE:
        return false;
    case FA_NEXT_AGAIN:
        return true;
    case FA_NEXT_START:
        if (fa_obeying_starts(s, &job, now))
            turn_start_job(s, job, now);
        return true;
    case FA_NEXT_MOVED:
        fa_scheduler_end_login(&s->scheduler, job, false, now);
        fa_admit_queue(s, job, now);
        return true;
    case FA_NEXT_BACK:
        fa_apply_hold(s, job, now);
        fa_scheduler_review(&s->scheduler, origin, now);
        return true;
    case FA_NEXT_REJECT:
        if (!s->ledger.state || job->part.bytes == 0)
            fa_store_part_remove(s->store, job->place.key);
        fa_settling_give_up(s, job, job->outcome.retryable != FA_RETRYABLE_NEVER);
        return true;
    case FA_NEXT_REFILL:
        fa_spill_refill(s, origin, now);
        return true;
    }
    return false;
}

/* Whether files that are complete wait for digests or commands, or refused ones for new URLs, so
 * that no more are fetched. */
static bool turn_is_held(const struct fa_session *s)
{
    return s->finish.staged >= FA_FINISH_MAX || fa_commands_are_full(&s->hooks.commands) ||
           fa_commands_are_full(&s->refresh.commands) || fa_pack_is_full(&s->pack);
}

/* Start jobs.  @return Whether there are free slots left */
static bool turn_dispatch(struct fa_session *s, double now)
{
    const struct fa_scheduler *scheduler = &s->scheduler;
    for (int i = 0; i < TURN_STEPS; ++i) {
        turn_look_up(s, now);
        if (s->pause.full || s->ending.draining || turn_is_held(s))
            return false;
        if (!turn_dispatch_one(s, now))
            break;
    }
    return scheduler->active < scheduler->slots.now &&
           fa_bucket_allows(&scheduler->bucket, scheduler->active);
}

/* Read on while there are slots that no origin at hand can use, and a little ahead. */
static bool turn_wants_entries(const struct fa_session *s, bool slots_left)
{
    const struct fa_scheduler *scheduler = &s->scheduler;
    if (s->config.plan)
        return true;
    if (turn_is_held(s) || s->pause.full)
        return false;
    return scheduler->queued - scheduler->stuck < scheduler->slots.now ||
           (slots_left && fa_backlog_count(s->backlog) < LOOKAHEAD);
}

static void turn_admit_and_dispatch(struct fa_session *s, double now)
{
    bool slots_left = turn_dispatch(s, now);
    int steps = 0;
    while (!s->ending.over && turn_wants_entries(s, slots_left) && fa_admit_next(s, now)) {
        if (fa_scheduler_is_ready(&s->scheduler))
            slots_left = turn_dispatch(s, now);
        if (++steps == TURN_STEPS)
            break;
    }
    turn_look_up(s, now);
    if (steps == TURN_STEPS || (slots_left && fa_scheduler_is_ready(&s->scheduler)))
        fa_engine_wake(s);
}

static void turn_pack(struct fa_session *s, double now)
{
    struct fa_job *job = NULL;
    struct fa_error err = {0};
    enum fa_packed packed;
    bool full = fa_pack_is_full(&s->pack);
    while ((packed = fa_packing_take(s, &job, &err, now)) != FA_PACKED_NONE)
        fa_finishing_packed(s, job, packed, &err, now);
    if (full && !fa_pack_is_full(&s->pack))
        fa_engine_wake(s);
}

static void turn_finish(struct fa_session *s, double now)
{
    struct fa_job *job = NULL;
    enum fa_hashed hashed;
    size_t queued = s->scheduler.queued;
    while ((hashed = fa_finish_take(&s->finish, &job, now)) != FA_HASHED_NONE)
        fa_finishing_hashed(s, job, hashed, now);
    if (s->scheduler.queued > queued)
        fa_engine_wake(s); /* jobs that were queued start in the next turn */
    fa_finish_flush(&s->finish, s->scheduler.active);
    turn_pack(s, now);
    fa_hooking_review(s);
    fa_refreshing_review(s, now);
}

static void turn_end_pause_if_space(struct fa_session *s, double now)
{
    /* The state may be on another disk, so make a commit as well. */
    bool space = fa_store_has_space(s->store, s->pause.need) && fa_engine_commit(s, now);
    switch (fa_pause_check(&s->pause, space, now)) {
    case FA_PAUSE_WAIT:
        break;
    case FA_PAUSE_RESUME:
        if (s->pause.reported)
            fa_emit_notice(&s->emitter, NULL, "files can be written again: the run continues");
        fa_engine_wake(s);
        break;
    case FA_PAUSE_GIVE_UP:
        fa_engine_stop(s, FA_END_LOCAL, &s->pause.error);
        break;
    }
}

/* Checking for space can end the pause, or the run. */
static double turn_pause_alarm(struct fa_session *s, double now)
{
    if (s->ending.draining)
        return INFINITY;
    if (now >= fa_pause_alarm(&s->pause))
        turn_end_pause_if_space(s, now);
    return s->ending.draining ? INFINITY : fa_pause_alarm(&s->pause);
}

/* Set the alarm to the earliest time that something waits for, plus a millisecond, so that it is
 * really due in that turn. */
static void turn_set_alarm(struct fa_session *s, double now)
{
    struct fa_alarms *alarms = &s->alarms;
    double at = s->ending.draining ? s->ending.drain_until : INFINITY;
    at = fmin(at, fa_scheduler_alarm(&s->scheduler, now));
    at = fmin(at, fa_intake_wake_at(&s->intake));
    at = fmin(at, turn_pause_alarm(s, now));
    at = fmin(at, fa_segments_alarm(s));
    at = fmin(at, s->ending.draining ? INFINITY : fa_refresh_alarm(&s->refresh));
    alarms->alarm_at = fmax(at, now) + 0.001;
    if (isinf(at) || s->clock.wait) {
        event_del(alarms->alarm);
        return;
    }
    struct timeval wait = fa_loop_time(alarms->alarm_at - now);
    event_add(alarms->alarm, &wait);
}

/* The run is over when nothing is in progress and nothing waits, and the last commit succeeded: on
 * a full disk it waits for space instead. */
static void turn_check_end(struct fa_session *s, double now)
{
    const struct fa_scheduler *scheduler = &s->scheduler;
    struct fa_run_end *ending = &s->ending;
    bool busy = scheduler->active > 0 || s->finish.staged > 0 ||
                fa_commands_are_busy(&s->hooks.commands) ||
                fa_commands_are_busy(&s->refresh.commands) ||
                (fa_pack_is_busy(&s->pack) && !ending->draining);
    if (s->ledger.failure.class != FA_CLASS_NONE)
        fa_engine_stop(s, FA_END_LOCAL, &s->ledger.failure);
    if (ending->draining)
        ending->over |= !busy || now >= ending->drain_until;
    else if (fa_intake_over(&s->intake))
        ending->over |= !busy && scheduler->queued == 0 && scheduler->waiting == 0 &&
                        s->repeats.jobs.count == 0 && fa_backlog_count(s->backlog) == 0 &&
                        fa_engine_commit(s, now);
    if (ending->over)
        event_base_loopbreak(s->base);
}

static void turn_commit_if_due(struct fa_session *s, double now)
{
    if (!s->pause.full && fa_ledger_is_due(&s->ledger, now))
        fa_engine_commit(s, now);
    fa_engine_report_saved(s);
}

void fa_turn(evutil_socket_t fd, short what, void *session)
{
    (void)fd;
    struct fa_session *s = session;
    double now = fa_engine_now(s);
    s->alarms.turning = true;
    if (what & EV_READ)
        fa_intake_readable(&s->intake);
    turn_check_stop(s);
    if (!s->config.plan) {
        turn_settle(s, now);
        fa_scheduler_advance(&s->scheduler, now);
        if (s->config.rate)
            fa_flights_share(&s->flights, &s->scheduler.bucket, s->counts.bytes,
                             s->scheduler.active, now);
    }
    turn_admit_and_dispatch(s, now);
    if (!s->config.plan) {
        if (fa_segments_are_due(s, now))
            fa_segments_review(s, now);
        turn_finish(s, now);
        fa_recheck_review(s, now);
        fa_flights_flush(&s->flights);
        turn_commit_if_due(s, now);
    }
    turn_check_end(s, now);
    turn_set_alarm(s, now);
    s->alarms.turning = false;
}

/* Parts of long transfers are named and recorded while they are in progress, so that a crash loses
 * little, and so that they can be seen.  One without a byte has nothing to lose.  A part that
 * cannot be named now is named later. */
static void turn_record_heads(struct fa_session *s, double now)
{
    struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active) {
        if (job->part.unnamed && job->attempt.received > 0 &&
            now - job->timing.started > PART_AFTER)
            fa_job_name_part(job, s->store, NULL);
        fa_ledger_put_head(&s->ledger, job, &s->counts);
    }
}

/* A file arrives, so the chain that led to it is over, and the others need not wait for its end. */
static void turn_end_logins(struct fa_session *s, double now)
{
    struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active) {
        const struct fa_origin *leads = job->tries.leads;
        if (job->ended || !leads || !job->attempt.has_head)
            continue;
        fa_scheduler_end_login(&s->scheduler, job, true, now);
        if (leads == job->target.origin)
            fa_scheduler_review(&s->scheduler, job->target.origin, now);
    }
}

/* Large files end rarely, so the throughput of origins is measured while they arrive.  An attempt
 * that has ended is counted by the next turn. */
static void turn_check_limits(struct fa_session *s, double now)
{
    struct fa_job *job;
    TAILQ_FOREACH (job, &s->flights.active, active)
        if (!job->ended)
            fa_scheduler_received(job);
    TAILQ_FOREACH (job, &s->flights.active, active)
        if (!job->ended)
            fa_scheduler_check_limit(&s->scheduler, job, now);
    if (fa_scheduler_is_ready(&s->scheduler))
        fa_engine_wake(s);
}

void fa_turn_tick(evutil_socket_t fd, short what, void *session)
{
    (void)fd, (void)what;
    struct fa_session *s = session;
    double now = fa_engine_now(s);
    if (s->config.rate)
        fa_flights_share(&s->flights, &s->scheduler.bucket, s->counts.bytes, s->scheduler.active,
                         now);
    turn_record_heads(s, now);
    turn_end_logins(s, now);
    turn_check_limits(s, now);
    fa_hedging_review(s, now);
    if (fa_slots_grow(&s->scheduler.slots, now) || fa_segments_are_due(s, now))
        fa_engine_wake(s);
    turn_commit_if_due(s, now);
    fa_snapshot_send(s);
}
