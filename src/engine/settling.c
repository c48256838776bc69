/*
 * Settle decides, and this file does: it reports, records, removes parts, and moves the job to its
 * next queue.  Everything that a verdict can do is here, so that no decision has an effect of its
 * own somewhere else.
 */
#include "engine/settling.h"

#include "engine/admit.h"
#include "engine/ending.h"
#include "engine/obeying.h"
#include "engine/packing.h"
#include "engine/settle.h"

static struct fa_settle_case job_describe_case(struct fa_session *s, const struct fa_job *job,
                                               bool paused, double now)
{
    return (struct fa_settle_case){
        .policy = s->scheduler.policy.outage,
        .has_state = s->ledger.state && !job->robots,
        .stopped = s->ending.draining,
        .paused = paused,
        .refreshes = s->refresh.commands.keeper && !job->robots,
        .next_mirror = fa_scheduler_next_mirror(&s->scheduler, job, now),
        .failing_mirror = fa_scheduler_failing_mirror(&s->scheduler, job, now),
        .host_pauses = fa_scheduler_pauses(&s->scheduler, job, now),
        .random = fa_jitter_next(&s->random),
    };
}

/* A copy, as ending the job frees its outcome. */
void fa_settling_give_up(struct fa_session *s, struct fa_job *job, bool transient)
{
    struct fa_error error = job->outcome.error;
    if (job->robots)
        fa_obeying_failed(s, job, fa_engine_now(s));
    else
        fa_ending_job(s, job, FA_STATUS_FAILED, &error, transient);
}

void fa_settling_retry(struct fa_session *s, struct fa_job *job, unsigned mirror, double wait,
                       double now)
{
    fa_emit_retry(&s->emitter, job, wait);
    if (fa_job_target_from(job, mirror) || fa_scheduler_put_at(&s->scheduler, job, now + wait))
        fa_settling_give_up(s, job, true);
}

void fa_settling_request_mirror(struct fa_session *s, struct fa_job *job, unsigned mirror,
                                double now)
{
    if (fa_job_target_from(job, mirror) == 0)
        fa_admit_put(s, job, true, now);
    else
        fa_settling_give_up(s, job, true);
}

/* The effects of a verdict besides moving the job. */
static void settled_apply_effects(struct fa_session *s, struct fa_job *job,
                                  const struct fa_settled *settled, double now)
{
    if (settled->http2_failed && fa_scheduler_http2_failed(job, now))
        fa_emit_notice(&s->emitter, job->entry, "%s fails with HTTP/2: HTTP/1.1 from now on",
                       job->target.origin->name);
    if (settled->stops_run)
        fa_engine_stop(s, FA_END_LOCAL, &job->outcome.error);
    if (settled->record_part)
        fa_ledger_put_part(&s->ledger, job, &s->counts);
    if (settled->drop_part)
        fa_store_part_remove(s->store, job->place.key);
}

static void settled_apply(struct fa_session *s, struct fa_job *job,
                          const struct fa_settled *settled, double now)
{
    settled_apply_effects(s, job, settled, now);
    switch (settled->what) {
    case FA_SETTLED_REQUEST:
        fa_admit_put(s, job, true, now);
        break;
    case FA_SETTLED_MIRROR:
        if (settled->retry)
            fa_emit_retry(&s->emitter, job, 0);
        fa_settling_request_mirror(s, job, settled->mirror, now);
        break;
    case FA_SETTLED_RETRY:
        fa_settling_retry(s, job, settled->mirror, settled->wait, now);
        break;
    case FA_SETTLED_REFRESH:
        fa_refresh_put(&s->refresh, job, now);
        break;
    case FA_SETTLED_FAILED:
        if (!fa_packing_put_failure(s, job, settled->transient))
            fa_settling_give_up(s, job, settled->transient);
        break;
    }
}

/* A full disk is first offered to the pause: then the failure is not one of the job. */
void fa_settling_failure(struct fa_session *s, struct fa_job *job, double now)
{
    bool paused = fa_engine_pause(s, &job->outcome.error, fa_settle_need(job), now);
    struct fa_settle_case with = job_describe_case(s, job, paused, now);
    struct fa_settled settled = fa_settle_failure(job, &with);
    settled_apply(s, job, &settled, now);
}
