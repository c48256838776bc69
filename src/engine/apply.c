/*
 * The pure parts decide, and this file does: it reports, records, removes parts, and moves the job
 * to its next queue.  Everything that a verdict can do is here, so that no decision has an effect
 * of its own somewhere else.
 */
#include "engine/apply.h"
#include "engine/recall.h"
#include "engine/flights_segment.h"

#include "engine/admit.h"
#include "engine/ending.h"
#include "engine/hedging.h"
#include "engine/hooking.h"
#include "engine/naming.h"
#include "engine/obeying.h"
#include "engine/packing.h"
#include "engine/recheck.h"
#include "engine/repair.h"
#include "engine/segments.h"
#include "engine/secrecy.h"
#include "engine/settle.h"
#include "engine/store_publish.h"
#include "transfer/tcp.h"

#include <stdlib.h>

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
void fa_apply_failure(struct fa_session *s, struct fa_job *job, bool transient)
{
    struct fa_error error = job->outcome.error;
    if (job->robots)
        fa_obeying_failed(s, job, fa_engine_now(s));
    else
        fa_ending_job(s, job, FA_STATUS_FAILED, &error, transient);
}

/* Retry after `wait` seconds, from that mirror on. */
static void job_retry(struct fa_session *s, struct fa_job *job, unsigned mirror, double wait,
                      double now)
{
    fa_emit_retry(&s->emitter, job, wait);
    if (fa_job_target_from(job, mirror) || fa_scheduler_put_at(&s->scheduler, job, now + wait))
        fa_apply_failure(s, job, true);
}

static void job_request_mirror(struct fa_session *s, struct fa_job *job, unsigned mirror,
                               double now)
{
    if (fa_job_target_from(job, mirror) == 0)
        fa_admit_put(s, job, true, now);
    else
        fa_apply_failure(s, job, true);
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
        job_request_mirror(s, job, settled->mirror, now);
        break;
    case FA_SETTLED_RETRY:
        job_retry(s, job, settled->mirror, settled->wait, now);
        break;
    case FA_SETTLED_REFRESH:
        fa_refresh_put(&s->refresh, job, now);
        break;
    case FA_SETTLED_FAILED:
        if (!fa_packing_put_failure(s, job, settled->transient))
            fa_apply_failure(s, job, settled->transient);
        break;
    }
}

/* A full disk is first offered to the pause: then the failure is not one of the job. */
void fa_apply_retry_or_fail(struct fa_session *s, struct fa_job *job, double now)
{
    bool paused = fa_engine_pause(s, &job->outcome.error, fa_settle_need(job), now);
    struct fa_settle_case with = job_describe_case(s, job, paused, now);
    struct fa_settled settled = fa_settle_failure(job, &with);
    settled_apply(s, job, &settled, now);
}

static void job_fail_locally(struct fa_session *s, struct fa_job *job, const struct fa_error *err,
                             bool folder_closed, double now)
{
    job->outcome.error = *err;
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    job->place.folder_closed = folder_closed;
    fa_apply_retry_or_fail(s, job, now);
}

/* The record of a file that it replaces is withdrawn first: a crash in between must not leave a
 * record of the old file with the new bytes. */
static int job_give_name(struct fa_session *s, struct fa_job *job, struct fa_error *err)
{
    bool sync = s->config.fsync == FA_FSYNC_EACH;
    const struct fa_place *place = &job->place;
    if (fa_hooking_prepare(s, job, err))
        return -1;
    return fa_pack_is_on(&s->pack)
               ? fa_packing_publish(s, job, sync, err)
               : fa_finish_publish(&s->finish, job, place->path, place->replace, sync, err);
}

/* A name from the server was free a moment ago, but a run of another shard may have the folder,
 * too: then the file gets the next name. */
static void job_publish_now(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    int result = job_give_name(s, job, &err);
    while (result == -1 && err.class == FA_CLASS_REFUSED &&
           fa_naming_serve_other(s, job, &err) == 0)
        result = job_give_name(s, job, &err);
    if (result && job->part.unnamed)
        fa_job_name_part(job, s->store, NULL); /* a later run may publish it */
    fa_job_close_part(job);
    if (result == 0)
        fa_hooking_end(s, job, FA_STATUS_OK);
    else
        job_fail_locally(s, job, &err, result == FA_STORE_FOLDER_CLOSED, now);
}

static void job_publish(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    if (fa_naming_serve(s, job, &err)) {
        if (job->part.unnamed)
            fa_job_name_part(job, s->store, NULL);
        fa_job_close_part(job);
        job_fail_locally(s, job, &err, false, now);
    } else if (fa_pack_is_on(&s->pack)) {
        fa_pack_put(&s->pack, job);
    } else {
        job_publish_now(s, job, now);
    }
}

/* The stage opens a larger part by its name: a worker must not get a descriptor that can write. */
static void job_hash(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_error err = {0};
    enum fa_hashed hashed = fa_finish_now(&s->finish, job, now);
    if (hashed != FA_HASHED_NONE) {
        if (hashed != FA_HASHED_GOOD || !job->part.unnamed)
            fa_job_close_part(job);
        fa_apply_hashed(s, job, hashed, now);
        return;
    }
    int result = job->part.unnamed ? fa_job_name_part(job, s->store, &err) : 0;
    fa_job_close_part(job);
    if (result == 0)
        fa_finish_put(&s->finish, job, now);
    else
        job_fail_locally(s, job, &err, false, now);
}

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
    if (fa_finish_needs_hash(&s->finish, job))
        job_hash(s, job, now);
    else
        job_publish(s, job, now);
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
        job_request_mirror(s, job, (unsigned)hold.mirror, now);
        return;
    }
    if (hold.rejected && !hold.queue) {
        fa_apply_retry_or_fail(s, job, now);
        return;
    }
    job->tries.again = true;
    if (hold.queue) {
        if (!hold.rejected)
            fa_emit_retry(&s->emitter, job, hold.wait);
        fa_admit_put(s, job, false, now);
    } else {
        job_retry(s, job, job->target.mirror, hold.wait, now);
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
    else if (fa_settle_redirect(job, &s->config) == 0)
        job_follow(s, job, now);
    else
        fa_apply_retry_or_fail(s, job, now);
}

static void job_settle(struct fa_session *s, struct fa_job *job, bool host_failed, double now)
{
    if (job->outcome.error.class == FA_CLASS_NONE)
        job_settle_success(s, job, now);
    else if (host_failed && !s->ending.draining)
        fa_apply_hold(s, job, now);
    else
        fa_apply_retry_or_fail(s, job, now);
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

static void report_bad_pieces(struct fa_session *s, const struct fa_job *job)
{
    const struct fa_repair *repair = job->repair;
    uint64_t first = repair->first_bad * repair->pieces.length;
    fa_emit_notice(&s->emitter, job->entry,
                   "%zu of %zu pieces do not match, the first at byte %llu: fetched again",
                   repair->n_bad, repair->pieces.count, (unsigned long long)first);
}

/* Fetch only the pieces that do not match.  @return whether that has begun */
static bool job_mend(struct fa_session *s, struct fa_job *job, double now)
{
    const struct fa_repair *repair = job->repair;
    if (!repair || !fa_repair_is_useful(repair) || job->tries.repairs >= FA_REPAIRS_MAX ||
        s->ending.draining || fa_flights_mend(&s->flights, job, &repair->good))
        return false;
    ++job->tries.repairs;
    report_bad_pieces(s, job);
    if (s->ledger.state && !job->place.known)
        fa_split_save(job->part.split, now);
    fa_admit_put(s, job, true, now);
    return true;
}

/* The file does not match its checksum.  An existing file is fetched then. */
static void job_mismatch(struct fa_session *s, struct fa_job *job, double now)
{
    struct fa_place *place = &job->place;
    if (place->shared) {
        fa_recheck_mismatch(s, job);
        return;
    }
    if (place->existing && place->archive) {
        fa_admit_refuse_packed(s, job);
        return;
    }
    if (place->existing) {
        place->existing = false;
        place->conditional = false;
        place->replace = true;
        place->size = -1;
        fa_admit_put(s, job, false, now);
        return;
    }
    bool mends = job_mend(s, job, now);
    free(job->repair);
    job->repair = NULL;
    if (mends)
        return;
    const struct fa_digest *declared = fa_finish_declared(&s->finish, job);
    job->part.bytes = 0;
    job->outcome.retryable = FA_RETRYABLE_NEVER;
    if (declared)
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "the %s of the file is not the one that the server declares (see "
                     "--http-digest)",
                     fa_hash_name(declared->hash));
    else if (!job->entry->hash)
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "pieces of the file do not match their digests in the list");
    else
        fa_error_set(&job->outcome.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_INTEGRITY,
                     "the %s of the file is not the one in the list",
                     fa_hash_name(job->entry->hash));
    fa_apply_retry_or_fail(s, job, now);
}

static void job_not_hashed(struct fa_session *s, struct fa_job *job)
{
    struct fa_error err;
    bool lost = job->hashed && job->hashed->lost;
    if (job->hashed)
        err = job->hashed->error;
    else
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take a digest");
    if (!job->place.existing)
        fa_store_part_remove(s->store, job->place.key);
    fa_ending_job(s, job, FA_STATUS_FAILED, &err, lost);
}

/* The command of --exec is about files that an entry brings: that of an earlier entry had its
 * own. */
static void job_end_existing(struct fa_session *s, struct fa_job *job)
{
    if (job->place.shared)
        fa_ending_hashed(s, job, FA_STATUS_DUPLICATE);
    else
        fa_hooking_end(s, job, job->place.unchanged ? FA_STATUS_UNCHANGED : FA_STATUS_EXISTS);
}

void fa_apply_hashed(struct fa_session *s, struct fa_job *job, enum fa_hashed hashed, double now)
{
    struct fa_place *place = &job->place;
    if (hashed == FA_HASHED_AGAIN && s->ending.draining)
        hashed = job->repair ? FA_HASHED_MISMATCH : FA_HASHED_FAILED;
    switch (hashed) {
    case FA_HASHED_NONE:
        break;
    case FA_HASHED_GOOD:
        free(job->repair);
        job->repair = NULL;
        if (place->existing)
            job_end_existing(s, job);
        else
            job_publish(s, job, now);
        break;
    case FA_HASHED_MISMATCH:
        job_mismatch(s, job, now);
        break;
    case FA_HASHED_AGAIN:
        fa_finish_put(&s->finish, job, now);
        break;
    case FA_HASHED_FAILED:
        job_not_hashed(s, job);
        break;
    }
}

void fa_apply_packed(struct fa_session *s, struct fa_job *job, enum fa_packed packed,
                     const struct fa_error *err, double now)
{
    if (packed == FA_PACKED_DONE && !fa_pack_hides_files(&s->pack)) {
        job_publish_now(s, job, now);
        return;
    }
    bool failed = job->failed;
    if (packed == FA_PACKED_FAILED && job->part.unnamed)
        fa_job_name_part(job, s->store, NULL); /* a later run may append it */
    fa_job_close_part(job);
    job->failed = false;
    if (packed == FA_PACKED_FAILED) {
        job_fail_locally(s, job, err, false, now);
        return;
    }
    fa_packing_record(s);
    if (failed)
        fa_apply_failure(s, job, job->transient);
    else
        fa_ending_hashed(s, job, FA_STATUS_OK);
}
