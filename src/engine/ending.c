/*
 * Every entry that was read gets exactly one result, also when the run is stopped: then jobs in
 * memory and records of the backlog are reported as cancelled.  The record is put before the event
 * is sent, so that the next commit contains every result that the observer has seen.
 *
 * The times of a result are the sum over the redirects of the last attempt: those of earlier
 * requests are in job->timing.earlier.
 */
#include "engine/ending.h"

#include <fetchall/redact.h>

#include "base/http_field.h"
#include "engine/spill.h"

#include <stdlib.h>

static const char *const restarts[FA_RESTARTS] = {
    [FA_RESTART_CHANGED] = "the server has another version now",
    [FA_RESTART_IGNORED] = "the server sent the whole file",
    [FA_RESTART_REFUSED] = "the server did not go on where the part ends",
    [FA_RESTART_DENIED] = "the server answered a range with an error",
    [FA_RESTART_DISPUTED] = "the server declared another length for the same version",
    [FA_RESTART_UNPROVEN] = "the server sent a range without its ETag",
};

static void result_fill_attempt(const struct fa_job *job, struct fa_result *result)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_timing *timing = &job->timing;
    result->http = outcome->http;
    result->bytes = job->bytes;
    result->resumed = outcome->head.kept;
    result->restarted = job->tries.restart ? restarts[job->tries.restart] : NULL;
    result->attempts = job->tries.attempts;
    result->effective_url = job->effective_url;
    result->ip = outcome->ip[0] ? outcome->ip : NULL;
    result->encoding = outcome->head.rep.coding[0] ? outcome->head.rep.coding : NULL;
    result->http_version = outcome->version[0] ? outcome->version : NULL;
    result->cache = outcome->cached.cache;
    result->age = outcome->cached.age;
    result->tcp = job->tcp;
    result->time = outcome->time;
    result->time.queue = timing->earlier.queue;
    result->time.dns = timing->earlier.dns + (timing->dns > 0 ? timing->dns : outcome->time.dns);
    result->time.connect += timing->earlier.connect;
    result->time.tls += timing->earlier.tls;
    result->time.ttfb += timing->earlier.total;
    result->time.total += timing->earlier.total;
}

/* --halt: a percentage is checked only after ten entries have ended. */
static void ending_check_halt(struct fa_session *s)
{
    const struct fa_counts *counts = &s->counts;
    uint64_t limit = s->config.halt;
    if (!limit || s->ending.draining)
        return;
    bool reached = s->config.halt_percent
                       ? counts->done >= 10 && counts->failed * 100 >= limit * counts->done
                       : counts->failed >= limit;
    if (reached)
        fa_engine_stop(s, FA_END_HALTED, NULL);
}

/* Count and report an entry that has ended, be it a job or a record of the backlog. */
static void result_send(struct fa_session *s, const struct fa_result *result)
{
    struct fa_event event = {.type = FA_EVENT_DONE, .done = *result};
    event.done.mode = s->config.mode;
    ++s->counts.done;
    s->counts.failed += fa_status_is_failure(result->status);
    s->counts.cancelled += result->error.class == FA_CLASS_CANCELLED;
    fa_emit_send(&s->emitter, &event);
}

static bool job_asked_for_coding(const struct fa_job *job)
{
    for (size_t i = 0; i < job->attempt.n_headers; ++i)
        if (fa_http_line_is(job->attempt.headers[i], "Accept-Encoding"))
            return true;
    return false;
}

/* Nobody asked for a coding, and what is stored is not what the name of the file promises. */
static void ending_report_encoding(struct fa_session *s, const struct fa_job *job,
                                   const struct fa_result *result)
{
    if (result->encoding && result->status == FA_STATUS_OK && !job_asked_for_coding(job) &&
        s->counts.encoded++ == 0)
        fa_emit_notice(&s->emitter, job->entry,
                       "the server sent '%s' with Content-Encoding %s, and it is stored like that; "
                       "see \"encoding\" in the report for all such files",
                       job->place.path, result->encoding);
}

/* The job must not change after this. */
/* Without memory for all of them there are none. */
static void result_set_columns(struct fa_session *s, const struct fa_entry *entry,
                               struct fa_result *result)
{
    size_t n = s->config.keep_columns ? entry->n_columns : 0;
    struct fa_list_column *columns = n > 0 ? calloc(n, sizeof(*columns)) : NULL;
    for (size_t i = 0; columns && i < n; ++i) {
        columns[i].name = entry->columns[i].name;
        columns[i].value = fa_emit_redact_column(&s->emitter, &entry->columns[i]);
    }
    result->columns = columns;
    result->n_columns = columns ? n : 0;
}

static void result_free_columns(struct fa_result *result)
{
    for (size_t i = 0; i < result->n_columns; ++i)
        free((char *)result->columns[i].value);
    free((struct fa_list_column *)result->columns);
}

static void job_report(struct fa_session *s, struct fa_job *job, struct fa_result *result)
{
    char *url = fa_redact_url(job->entry->urls[0], s->config.secret_keys);
    result_fill_attempt(job, result);
    result->list = job->entry->list;
    result->line = job->entry->line;
    result->tag = job->entry->tag;
    result->url = url ? url : "?";
    const struct fa_volume *volume = fa_volumes_find(&s->ledger.volumes, job->place.archive);
    result->archive = volume ? volume->state.name : NULL;
    result->path = job->place.path;
    result->origin = job->target.url ? job->target.url->origin : NULL;
    result->unverified =
        result->status == FA_STATUS_EXISTS && !job->place.known && !job->entry->hash;
    result->size = fa_status_is_failure(result->status) ? -1 : job->place.size;
    if (result->error.class != FA_CLASS_NONE)
        result->error = fa_emit_redact(&s->emitter, &result->error);
    ending_report_encoding(s, job, result);
    fa_ledger_put_end(&s->ledger, job, result);
    result_set_columns(s, job->entry, result);
    result_send(s, result);
    result_free_columns(result);
    free(url);
    fa_job_set_state(job, FA_JOB_FINAL);
}

/* Without its table of names, the run could write two files to one path. */
static void ending_free_path(struct fa_session *s, struct fa_job *job, bool good)
{
    struct fa_error err;
    if (fa_claims_end(&s->claims, job, good, &err))
        fa_engine_stop(s, FA_END_LOCAL, &err);
}

static void job_end(struct fa_session *s, struct fa_job *job, struct fa_result *result)
{
    fa_scheduler_end_login(&s->scheduler, job, false, fa_engine_now(s));
    job_report(s, job, result);
    ending_free_path(s, job, !fa_status_is_failure(result->status));
    fa_engine_forget(job);
    ending_check_halt(s);
}

void fa_ending_job(struct fa_session *s, struct fa_job *job, enum fa_status status,
                   const struct fa_error *error, bool transient)
{
    struct fa_result result = {.status = status, .transient = transient};
    if (error)
        result.error = *error;
    job_end(s, job, &result);
}

void fa_ending_hashed(struct fa_session *s, struct fa_job *job, enum fa_status status)
{
    struct fa_result result = {.status = status};
    if (job->hashed) {
        result.digests = job->hashed->digests;
        result.n_digests = job->hashed->n_digests;
    }
    job_end(s, job, &result);
}

/* Its response was to be added to an archive. */
static void result_set_failed(struct fa_result *result, const struct fa_job *job)
{
    result->status = FA_STATUS_FAILED;
    result->transient = job->transient;
    result->error = job->outcome.error;
}

static void result_set_left(struct fa_result *result, bool begun)
{
    result->status = FA_STATUS_FAILED;
    result->transient = true;
    fa_error_set(&result->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED,
                 "the run ended before %s", begun ? "it was done" : "it began");
}

/* Keep the part of an interrupted download only if the state can describe it: an active
 * attempt may have written more than its outcome says, and a part without a record would never
 * be resumed. */
static void job_leave(struct fa_session *s, struct fa_job *job)
{
    struct fa_result result = {0};
    bool active = job->state == FA_JOB_ACTIVE || job->state == FA_JOB_SPLIT;
    bool whole = !active && job->part.rep.validator.strong && !job->place.known;
    if (fa_job_has_part(job) && whole && s->ledger.state)
        fa_ledger_put_part(&s->ledger, job, &s->counts);
    else if (fa_job_has_part(job) && !job->part.recorded)
        fa_store_part_remove(s->store, job->place.key);
    if (job->failed)
        result_set_failed(&result, job);
    else
        result_set_left(&result, job->tries.attempts > 0);
    job_report(s, job, &result);
}

/* There may be a million of these and only seconds to report them, so no job is created.  They
 * never started, so what the state knows about them is still valid. */
static void spilled_leave(void *ctx, const struct fa_entry *entry, const char *path,
                          const char *origin)
{
    struct fa_session *s = ctx;
    struct fa_result result = {.size = -1, .path = path, .origin = origin};
    char *url = entry ? fa_redact_url(entry->urls[0], s->config.secret_keys) : NULL;
    result_set_left(&result, false);
    if (entry) {
        result.list = entry->list;
        result.line = entry->line;
        result.tag = entry->tag;
    }
    result.url = url ? url : "?";
    if (entry)
        result_set_columns(s, entry, &result);
    result_send(s, &result);
    result_free_columns(&result);
    free(url);
}

void fa_ending_left(struct fa_session *s)
{
    struct fa_job *job;
    const struct fa_hosts *hosts = &s->scheduler.hosts;
    LIST_FOREACH (job, &s->jobs, all)
        if (job->state != FA_JOB_FINAL && !job->robots)
            job_leave(s, job);
    for (size_t i = 0; i < hosts->n_buckets; ++i)
        for (struct fa_origin *at = hosts->buckets[i]; at; at = at->next_same)
            fa_spill_drain(s, &at->backlog, at->name, spilled_leave, s);
    fa_spill_drain(s, &s->repeats.spilled, NULL, spilled_leave, s);
}
