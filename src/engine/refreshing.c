/*
 * A new URL replaces the refused one of its entry for the rest of the run; what the list says
 * remains the entry's, in the report and in the state.
 *
 * Bytes of the old URL are resumed from the new one if --match says that both are the same file, or
 * if the list has a checksum that would reveal other bytes; in both cases with a condition
 * (If-Range).  Else the file is fetched from byte 0.
 */
#include "engine/refreshing.h"

#include "engine/admit.h"
#include "engine/identity.h"
#include "engine/settling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void job_fail_refresh(struct fa_session *s, struct fa_job *job, const char *why, double now)
{
    if (why)
        fa_refresh_explain(job, why);
    job->tries.unrefreshed = true;
    fa_settling_failure(s, job, now);
}

static bool job_is_same_file(const struct fa_session *s, const struct fa_job *job, const char *url)
{
    enum fa_hash hash = job->entry->hash;
    return (hash && !(hash & FA_HASHES_WEAK)) ||
           fa_identity_is_same(s->config.match, job->entry->urls[job->target.mirror], url);
}

/* The server has refused the old URL with the words that are still in the outcome. */
static void job_use_url(struct fa_session *s, struct fa_job *job, const char *text, double now)
{
    struct fa_url url;
    struct fa_error why = {0};
    char message[FA_MESSAGE_MAX];
    const struct fa_mirror *mirror = &job->target.mirrors[job->target.mirror];
    if (fa_url_parse(&url, text, NULL, &why)) {
        snprintf(message, sizeof(message), "what it printed is invalid: %.150s", why.msg);
        job_fail_refresh(s, job, message, now);
        return;
    }
    if (strcmp(url.whole, mirror->url.whole) == 0) {
        fa_url_fini(&url);
        job_fail_refresh(s, job, "the command printed the same URL again", now);
        return;
    }
    fa_emit_retry(&s->emitter, job, 0);
    fa_job_renew(job, &url, job_is_same_file(s, job, text));
    fa_admit_put(s, job, true, now);
}

/* During a stop the job is left as one that was interrupted. */
static void job_refreshed(struct fa_session *s, struct fa_job *job, double now)
{
    char *text = job->renewed;
    job->renewed = NULL;
    if (!s->ending.draining && text)
        job_use_url(s, job, text, now);
    else if (!s->ending.draining)
        job_fail_refresh(s, job, NULL, now);
    free(text);
}

void fa_refreshing_review(struct fa_session *s, double now)
{
    struct fa_job *job;
    bool full = fa_commands_are_full(&s->refresh.commands);
    size_t queued = s->scheduler.queued;
    while ((job = fa_job_queue_pop(&s->refresh.commands.ended)))
        job_refreshed(s, job, now);
    bool idle = s->scheduler.active == 0 && !fa_scheduler_is_ready(&s->scheduler);
    fa_refresh_flush(&s->refresh, idle, now);
    if ((full && !fa_commands_are_full(&s->refresh.commands)) || s->scheduler.queued > queued)
        fa_engine_wake(s);
}
