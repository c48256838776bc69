/*
 * What all files of the turn need from a session: its clock, a further turn, the end of the run, a
 * pause, a commit, and the list of all jobs.
 *
 * A stop is two steps.  Draining begins at once: nothing new starts, and attempts are cancelled.
 * The run is over when the last of them has ended, or when the time for that is over; so a worker
 * that hangs cannot hold up the end.
 */
#include "engine/engine.h"

#include <errno.h>

double fa_engine_now(const struct fa_session *s)
{
    return s->clock.now(s->clock.ctx);
}

void fa_engine_wake(void *session)
{
    struct fa_session *s = session;
    /* libevent would run an event that its own callback activates before it polls for others. */
    const struct timeval soon = {0};
    if (s->alarms.turning)
        event_add(s->alarms.turn, &soon);
    else
        event_active(s->alarms.turn, EV_TIMEOUT, 0);
}

/* Draining lets cancelled attempts end in an orderly way, but not longer than FA_DRAIN seconds. */
void fa_engine_stop(struct fa_session *s, enum fa_end end, const struct fa_error *error)
{
    struct fa_run_end *ending = &s->ending;
    if (ending->draining)
        return;
    ending->draining = true;
    ending->drain_until = fa_engine_now(s) + FA_DRAIN;
    ending->end = end;
    if (error)
        ending->error = *error;
    fa_scheduler_stop(&s->scheduler);
    fa_commands_stop(&s->hooks.commands);
    fa_commands_stop(&s->refresh.commands);
    /* A session that could not be opened has no strategy yet. */
    if (s->flights.strategy)
        fa_flights_cancel(&s->flights);
    fa_engine_wake(s);
}

/* Without memory for an entry the run stops: to skip it would lose it without a report. */
void fa_engine_no_memory(struct fa_session *s)
{
    struct fa_error err;
    fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take in an entry");
    fa_engine_stop(s, FA_END_LOCAL, &err);
}

/* During draining there is nothing to wait for: the error is the one of the job then. */
bool fa_engine_pause(struct fa_session *s, const struct fa_error *error, uint64_t need, double now)
{
    if (s->ending.draining)
        return false;
    switch (fa_pause_begin(&s->pause, error, need, s->counts.done, now)) {
    case FA_PAUSE_NONE:
        return false;
    case FA_PAUSE_SAME:
        break;
    case FA_PAUSE_BEGINS:
        fa_emit_notice(&s->emitter, NULL,
                       "%s: waiting %.3g seconds until files can be written (see --disk-wait)",
                       error->msg, s->config.disk_wait);
        break;
    }
    fa_engine_wake(s); /* so that the alarm is set */
    return true;
}

/* A commit that fails on a full disk leaves its changes pending, so it is repeated after the pause.
 * Any other error stops the run, because "done" would be promised without a record. */
bool fa_engine_commit(struct fa_session *s, double now)
{
    struct fa_error err = {0};
    if (fa_ledger_commit(&s->ledger, &s->counts, now, &err) == 0) {
        fa_pack_committed(&s->pack);
        return true;
    }
    if (!fa_engine_pause(s, &err, 0, now))
        fa_engine_stop(s, FA_END_LOCAL, &err);
    return false;
}

void fa_engine_report_saved(struct fa_session *s)
{
    if (s->counts.done == s->counts.saved || !fa_ledger_is_saved(&s->ledger))
        return;
    s->counts.saved = s->counts.done;
    fa_emit_send(&s->emitter, &(struct fa_event){.type = FA_EVENT_SAVED});
}

/* All jobs are in one list, so that the end of a run reports and frees each of them, wherever it
 * waits. */
void fa_engine_set_slice(const struct fa_session *s, struct fa_job *job)
{
    job->slice = job->entry->slice.set ? job->entry->slice : s->slice;
    fa_slice_print(&job->slice, job->range);
}

struct fa_job *fa_engine_job(struct fa_session *s, struct fa_entry *entry, double now)
{
    struct fa_job *job = fa_job_new(entry);
    if (!job)
        return NULL;
    job->timing.read = now;
    LIST_INSERT_HEAD(&s->jobs, job, all);
    return job;
}

void fa_engine_forget(struct fa_job *job)
{
    LIST_REMOVE(job, all);
    fa_job_free(job);
}
