/*
 * An attempt has ended: who has to know of it (the host, its login, the cookies, other attempts for
 * the same file), and where the job goes.  A success goes on to finishing, a failure to settling.
 */
#include "engine/apply.h"

#include "engine/admit.h"
#include "engine/finishing.h"
#include "engine/flights_segment.h"
#include "engine/hedging.h"
#include "engine/hooking.h"
#include "engine/naming.h"
#include "engine/obeying.h"
#include "engine/recall.h"
#include "engine/redirect.h"
#include "engine/secrecy.h"
#include "engine/segments.h"
#include "engine/settle.h"
#include "engine/settling.h"
#include "transfer/tcp.h"

static void job_settle_fetched(struct fa_session *s, struct fa_job *job, double now)
{
    fa_scheduler_http2_succeeded(job);
    if (job->robots) {
        fa_obeying_fetched(s, job, now);
        return;
    }
    fa_hedging_note(s, job, now);
    fa_naming_take(job);
    if (fa_settle_complete(job))
        fa_ledger_put_part(&s->ledger, job, &s->counts);
    fa_finishing_put(s, job, now);
}

/* The existing file is current; its digest may still be needed. */
static void job_settle_unchanged(struct fa_session *s, struct fa_job *job, double now)
{
    fa_store_part_remove(s->store, job->place.key);
    bool unproven = fa_settle_unchanged(job);
    if ((unproven || fa_recall_wants_digest(&s->ledger, job)) &&
        fa_finish_needs_hash(&s->finish, job))
        fa_finish_put(&s->finish, job, now);
    else
        fa_hooking_end(s, job, FA_STATUS_UNCHANGED);
}

/* Behind a redirect, the failure of a host that was given up is one of the job: the URL of the
 * list may lead to another host the next time. */
void fa_apply_hold(struct fa_session *s, struct fa_job *job, double now)
{
    fa_scheduler_end_login(&s->scheduler, job, false, now);
    struct fa_hold hold = fa_scheduler_hold(&s->scheduler, job, now);
    if (hold.mirror >= 0) {
        fa_emit_retry(&s->emitter, job, 0);
        fa_settling_request_mirror(s, job, (unsigned)hold.mirror, now);
        return;
    }
    if (hold.rejected && !hold.queue) {
        fa_settling_failure(s, job, now);
        return;
    }
    job->tries.again = true;
    if (hold.queue) {
        if (!hold.rejected)
            fa_emit_retry(&s->emitter, job, hold.wait);
        fa_admit_put(s, job, false, now);
    } else {
        fa_settling_retry(s, job, job->target.mirror, hold.wait, now);
    }
}

/* A host that pauses would make the job wait, and the next redirect may lead elsewhere. */
static void job_follow(struct fa_session *s, struct fa_job *job, double now)
{
    if (!fa_scheduler_pauses(&s->scheduler, job, now) || !fa_scheduler_origin(&s->scheduler, job)) {
        fa_admit_put(s, job, true, now);
        return;
    }
    fa_scheduler_fail_redirected(job->target.origin, job);
    fa_apply_hold(s, job, now);
}

/* What the server set counts for the requests that start from now on. */
static void job_share_cookies(struct fa_session *s, const struct fa_job *job)
{
    if (s->config.cookies && job->outcome.http > 0 && job->target.secrecy != FA_SECRECY_DOWNGRADED)
        fa_jar_merge(&s->jar, job->target.url, job->attempt.cookies, job->outcome.cookies);
}

/* Whether the job has to wait for the login of another one; then it does, which is no attempt.  The
 * cookies of its response are not shared: they may have the state of a login of its own, and would
 * replace that of the one that is in progress. */
static bool job_waits_for_login(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_url to;
    fa_url_init(&to);
    bool waits = s->config.cookies && !s->ending.draining && !job->robots &&
                 fa_url_parse(&to, job->outcome.location, NULL, NULL) == 0 &&
                 fa_scheduler_redirected(job, &to, now) &&
                 fa_job_target(job, job->target.mirror) == 0;
    fa_url_fini(&to);
    if (!waits) {
        job_share_cookies(s, job);
        return false;
    }
    job->tries.again = false;
    fa_admit_put(s, job, false, now);
    return true;
}

static void job_settle_success(struct fa_session *s, struct fa_job *job, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    if (outcome->unchanged)
        job_settle_unchanged(s, job, now);
    else if (!outcome->location)
        job_settle_fetched(s, job, now);
    else if (job_waits_for_login(s, job, now))
        return;
    else if (fa_redirect_follow(job, &s->config) == 0)
        job_follow(s, job, now);
    else
        fa_settling_failure(s, job, now);
}

static void job_settle(struct fa_session *s, struct fa_job *job, bool host_failed, double now)
{
    if (job->outcome.error.class == FA_CLASS_NONE)
        job_settle_success(s, job, now);
    else if (host_failed && !s->ending.draining)
        fa_apply_hold(s, job, now);
    else
        fa_settling_failure(s, job, now);
}

/* The job is settled before its hedge ends, which counts as active until then: its origin is that
 * of the job now. */
static void job_take_hedge(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_hedge *hedge = job->hedge;
    fa_hedging_adopt(s, job);
    job_settle(s, job, false, now);
    fa_hedging_end(s, hedge, now);
}

/*
 * A hedge and the job's own attempt end in any order, and the one that is cancelled still ends.  So
 * the job is settled at one of three moments: here, if its own attempt has the file; here, if it
 * was cancelled because the hedge has the file; or in fa_apply_hedge(), if it failed before.
 */
static void job_settle_own(struct fa_session *s, struct fa_job *job, bool host_failed, double now)
{
    struct fa_hedge *hedge = job->hedge;
    bool failed = job->outcome.error.class != FA_CLASS_NONE;
    if (hedge && !failed)
        fa_flights_drop_hedge(&s->flights, job);
    if (!hedge || !failed) {
        job_settle(s, job, host_failed, now);
    } else if (hedge->state == FA_HEDGE_WON) {
        job_take_hedge(s, job, now);
    } else {
        hedge->alone = true;
        hedge->host_failed = host_failed;
    }
}

/* A failure counts only after the last segment has ended: it may have fetched what was missing. */
static void job_join(struct fa_session *s, struct fa_job *job, bool host_failed, double now)
{
    job->part.split->host_failed = host_failed;
    switch (fa_segments_join(s, job, now)) {
    case FA_JOINED_WAIT:
        break;
    case FA_JOINED_REQUEST:
        fa_admit_put(s, job, true, now);
        break;
    case FA_JOINED_FILE:
        job_settle_success(s, job, now);
        break;
    case FA_JOINED_OUTCOME:
        job_settle(s, job, host_failed, now);
        break;
    }
}

/* The order matters: the scheduler counts the attempt before the job gets its next state, and
 * reviews the origin after it, because reviewing may free the origin. */
void fa_apply_outcome(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_origin *origin = job->target.origin;
    struct fa_origin *other = job->hedge ? job->hedge->origin : origin;
    const struct fa_outcome *outcome = &job->outcome;
    job->bytes += outcome->received;
    fa_tcp_add(&job->tcp, &outcome->tcp);
    s->counts.bytes += outcome->received;
    if (job->part.split)
        fa_segments_take_own(s, job);
    job->attempt.received = 0;
    bool host_failed = fa_scheduler_ended(&s->scheduler, job, now);
    if (!outcome->location) {
        job_share_cookies(s, job);
        fa_scheduler_end_login(&s->scheduler, job, outcome->error.class == FA_CLASS_NONE, now);
    }
    fa_naming_take(job);
    fa_settle_attempt(job);
    fa_secrecy_explain(job, fa_host_rules_config(&s->rules, origin->rule));
    if (outcome->error.class == FA_CLASS_WORKER_CRASHED)
        fa_settle_crashed(job, fa_store_part_size(s->store, job->place.key));
    if (job->part.split)
        job_join(s, job, host_failed, now);
    else
        job_settle_own(s, job, host_failed, now);
    if (other != origin)
        fa_scheduler_review(&s->scheduler, other, now);
    fa_scheduler_review(&s->scheduler, origin, now);
}

void fa_apply_header(void *session, struct fa_job *job)
{
    struct fa_session *s = session;
    fa_scheduler_headed(&s->scheduler, job, fa_engine_now(s));
    if (fa_scheduler_is_ready(&s->scheduler))
        fa_engine_wake(s);
}

/* The origin of a job without an active attempt may have been forgotten.
 * @other  The origin of the hedge, which the caller reviews. */
static void job_settle_alone(struct fa_session *s, struct fa_job *job, bool host_failed,
                             const struct fa_origin *other, double now)
{
    struct fa_origin *origin = fa_scheduler_origin(&s->scheduler, job);
    if (!origin) {
        fa_engine_no_memory(s);
        return;
    }
    job_settle(s, job, host_failed, now);
    if (origin != other)
        fa_scheduler_review(&s->scheduler, origin, now);
}

void fa_apply_hedge(struct fa_session *s, struct fa_hedge *hedge, double now)
{
    struct fa_job *job = hedge->job;
    struct fa_origin *origin = hedge->origin;
    bool alone = hedge->alone, host_failed = hedge->host_failed;
    s->counts.bytes += hedge->outcome.received;
    hedge->attempt.received = 0;
    if (job) {
        job->bytes += hedge->outcome.received;
        fa_tcp_add(&job->tcp, &hedge->outcome.tcp);
    }
    if (job && fa_hedge_is_good(hedge) && !alone) {
        fa_flights_keep_hedge(&s->flights, hedge);
        return;
    }
    if (job && fa_hedge_is_good(hedge)) {
        job_take_hedge(s, job, now);
    } else {
        fa_hedging_end(s, hedge, now);
        if (job && alone)
            job_settle_alone(s, job, host_failed, origin, now);
    }
    fa_scheduler_review(&s->scheduler, origin, now);
}

void fa_apply_joined(struct fa_session *s, struct fa_job *job, double now)
{
    job_join(s, job, job->part.split->host_failed, now);
}
