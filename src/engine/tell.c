#include "engine/session.h"

#include <fetchall/redact.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void tell(struct fa_session *s, const struct fa_event *event)
{
    if (s->handler)
        s->handler(s->handler_ctx, event);
}

/* libcurl's texts name what they are about, and ours what stands in a list. */
static struct fa_error redacted(const struct fa_session *s, const struct fa_error *error)
{
    struct fa_error copy = *error;
    char *text = fa_redact_text(error->msg, s->config.secret_keys);
    snprintf(copy.msg, sizeof(copy.msg), "%s", text ? text : "?");
    free(text);
    return copy;
}

void fa_tell_started(struct fa_session *s, const struct fa_job *job)
{
    struct fa_event event = {.type = FA_EVENT_STARTED};
    event.started.list = job->entry->list;
    event.started.line = job->entry->line;
    event.started.url = job->effective_url;
    event.started.attempt = job->attempts;
    tell(s, &event);
}

void fa_tell_retry(struct fa_session *s, const struct fa_job *job, double wait)
{
    struct fa_event event = {.type = FA_EVENT_RETRY};
    struct fa_error error = redacted(s, &job->outcome.error);
    event.retry.list = job->entry->list;
    event.retry.line = job->entry->line;
    event.retry.url = job->effective_url;
    event.retry.attempt = job->attempts;
    event.retry.wait = wait;
    event.retry.error = &error;
    tell(s, &event);
}

/* Seconds until an origin that is down is given up; none if its last probe is under way. */
static double down_left(const struct fa_session *s, const struct fa_origin *origin, double now)
{
    return fmax(0, origin->breaker.since + s->config.host_wait - now);
}

void fa_tell_host(struct fa_session *s, const struct fa_origin *origin, enum fa_host_change change,
                  double wait)
{
    struct fa_event event = {.type = FA_EVENT_HOST};
    struct fa_error error = redacted(s, &origin->last_error);
    event.host.origin = origin->name;
    event.host.change = change;
    event.host.wait = wait;
    event.host.left = change == FA_HOST_BROKEN ? down_left(s, origin, fa_session_now(s)) : 0;
    event.host.entries = fa_origin_waiting(origin);
    event.host.error = &error;
    event.host.again = change == FA_HOST_BROKEN && origin->was_broken;
    tell(s, &event);
}

void fa_tell_notice(struct fa_session *s, const struct fa_entry *entry, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct fa_event event = {.type = FA_EVENT_NOTICE};
    char *printed = fa_redact_text(text, s->config.secret_keys);
    event.notice.text = printed ? printed : "?";
    if (entry) {
        event.notice.list = entry->list;
        event.notice.line = entry->line;
    }
    tell(s, &event);
    free(printed);
}

void fa_tell_detail(struct fa_session *s, const char *text)
{
    struct fa_event event = {.type = FA_EVENT_NOTICE};
    event.notice.text = text;
    event.notice.detail = true;
    tell(s, &event);
}

/* A transfer under way: what it has of the file, and the file's size as far as it is known. */
static struct fa_active describe(const struct fa_job *job, double now)
{
    const struct fa_attempt *attempt = &job->attempt;
    struct fa_active active = {
        .url = job->effective_url ? job->effective_url : "?",
        .bytes = attempt->received,
        .size = job->entry->size,
        .seconds = now - job->started_at,
    };
    if (attempt->has_head) {
        active.bytes += attempt->head.kept;
        active.size = attempt->head.rep.total >= 0 ? attempt->head.rep.total : active.size;
    }
    return active;
}

/* What is waited for. */
static void describe_down(const struct fa_session *s, struct fa_progress *progress, double now)
{
    for (const struct fa_origin *origin = s->hosts.down; origin; origin = origin->next_down) {
        double left = down_left(s, origin, now);
        if (!origin->outage_told || fa_origin_waiting(origin) + origin->active == 0)
            continue;
        ++progress->down;
        if (progress->down_origin && left <= progress->down_left)
            continue;
        progress->down_origin = origin->name;
        progress->down_left = left;
    }
}

void fa_tell_progress(struct fa_session *s)
{
    double now = fa_session_now(s);
    struct fa_event event = {.type = FA_EVENT_PROGRESS};
    struct fa_progress *progress = &event.progress;
    *progress = (struct fa_progress){
        .entries = s->entries,
        .entries_final = fa_admit_is_over(s),
        .done = s->done,
        .failed = s->failed,
        .bytes = s->bytes,
        .expected = s->bytes,
        .active = s->active,
        .waiting = s->waiting,
        .hashing = s->staged,
        .seconds = now - s->began,
    };
    describe_down(s, progress, now);
    for (const struct fa_job *job = s->oldest; job; job = job->newer) {
        struct fa_active active = describe(job, now);
        uint64_t received = job->attempt.received;
        progress->bytes += received;
        progress->expected += received;
        if (active.size > (int64_t)active.bytes)
            progress->expected += (uint64_t)active.size - active.bytes;
        if (progress->n_oldest < FA_ACTIVE_MAX)
            progress->oldest[progress->n_oldest++] = active;
    }
    tell(s, &event);
}

static const char *const restarts[FA_RESTARTS] = {
    [FA_RESTART_CHANGED] = "the server has another version now",
    [FA_RESTART_IGNORED] = "the server sent the whole file",
    [FA_RESTART_REFUSED] = "the server did not go on where the part ends",
    [FA_RESTART_DENIED] = "the server answered a range with an error",
    [FA_RESTART_DISPUTED] = "the server declared another length for the same version",
};

static void fill_attempt(const struct fa_job *job, struct fa_result *result)
{
    const struct fa_outcome *outcome = &job->outcome;
    result->http = outcome->http;
    result->bytes = job->bytes;
    result->resumed = outcome->head.kept;
    result->restarted = job->restart ? restarts[job->restart] : NULL;
    result->attempts = job->attempts;
    result->effective_url = job->effective_url;
    result->ip = outcome->ip[0] ? outcome->ip : NULL;
    result->http_version = outcome->version[0] ? outcome->version : NULL;
    result->time = outcome->time;
    result->time.queue = job->earlier.queue;
    result->time.dns = job->earlier.dns + (job->dns > 0 ? job->dns : outcome->time.dns);
    result->time.connect += job->earlier.connect;
    result->time.tls += job->earlier.tls;
    result->time.ttfb += job->earlier.total;
    result->time.total += job->earlier.total;
}

/* --halt: a share means little before some entries have ended. */
static void check_halt(struct fa_session *s)
{
    uint64_t limit = s->config.halt;
    if (!limit || s->draining)
        return;
    bool reached = s->config.halt_percent ? s->done >= 10 && s->failed * 100 >= limit * s->done
                                          : s->failed >= limit;
    if (reached)
        fa_session_end(s, FA_END_HALTED, NULL);
}

/* The job is final from here on. */
static void report(struct fa_session *s, struct fa_job *job, struct fa_result *result)
{
    char *url = fa_redact_url(job->entry->urls[0], s->config.secret_keys);
    char *origin = job->target.origin;
    struct fa_event event = {.type = FA_EVENT_DONE};
    fill_attempt(job, result);
    result->list = job->entry->list;
    result->line = job->entry->line;
    result->url = url ? url : "?";
    result->path = job->path;
    result->origin = origin;
    result->size = result->status == FA_STATUS_FAILED ? -1 : job->size;
    result->mode = s->config.mode;
    if (result->error.class != FA_CLASS_NONE)
        result->error = redacted(s, &result->error);
    event.done = *result;
    fa_record_end(s, job, result);
    ++s->done;
    s->failed += result->status == FA_STATUS_FAILED;
    s->cancelled += result->error.class == FA_CLASS_CANCELLED;
    tell(s, &event);
    free(url);
    fa_job_set_state(job, FA_JOB_FINAL);
}

static void end(struct fa_session *s, struct fa_job *job, struct fa_result *result)
{
    report(s, job, result);
    *job->all_back = job->all_next;
    if (job->all_next)
        job->all_next->all_back = job->all_back;
    fa_job_free(job);
    check_halt(s);
}

void fa_tell_end(struct fa_session *s, struct fa_job *job, enum fa_status status,
                 const struct fa_error *error, bool may_pass)
{
    struct fa_result result = {.status = status, .may_pass = may_pass};
    if (error)
        result.error = *error;
    end(s, job, &result);
}

void fa_tell_end_hashed(struct fa_session *s, struct fa_job *job, enum fa_status status,
                        const struct fa_digest *digests, size_t n_digests)
{
    struct fa_result result = {.status = status, .digests = digests, .n_digests = n_digests};
    end(s, job, &result);
}

static void set_left(struct fa_result *result, bool begun)
{
    result->status = FA_STATUS_FAILED;
    result->may_pass = true;
    fa_error_set(&result->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED,
                 "the run ended before %s", begun ? "it was done" : "it began");
}

void fa_tell_unbegun(struct fa_session *s, struct fa_result *result)
{
    struct fa_event event = {.type = FA_EVENT_DONE};
    set_left(result, false);
    result->size = -1;
    result->mode = s->config.mode;
    event.done = *result;
    ++s->done;
    ++s->failed;
    ++s->cancelled;
    tell(s, &event);
}

void fa_tell_left(struct fa_session *s, struct fa_job *job)
{
    struct fa_result result = {0};
    set_left(&result, job->attempts > 0);
    report(s, job, &result);
}
