/*
 * A limiter must not be requested before its time, so 429 is believed unless the URL is refused
 * again between answers for others.  If a URL that was refused is served later, it was a limiter,
 * and from then on all of its answers are of the host.
 */
#include "engine/scope.h"

#define TOO_MANY_REQUESTS 429

static uint64_t job_scope_key(const struct fa_job *job)
{
    return job->target.mirrors[job->target.mirror].key ^ job->target.origin_key;
}

static bool outcome_is_limit(const struct fa_outcome *outcome)
{
    return outcome->http == TOO_MANY_REQUESTS || outcome->limited;
}

void fa_scope_note(struct fa_job *job, double now)
{
    struct fa_tries *tries = &job->tries;
    uint64_t key = job_scope_key(job);
    if (tries->failed_key != key) {
        tries->failed_key = key;
        tries->failed_at = now;
        tries->asked_at = 0;
        tries->limited = false;
    }
    if (job->outcome.retry_after <= 0)
        return;
    tries->limited |= outcome_is_limit(&job->outcome);
    if (tries->asked_at <= 0)
        tries->asked_at = now;
}

void fa_scope_paused(struct fa_scope *scope, double until)
{
    scope->paused = until;
}

void fa_scope_served(struct fa_scope *scope, const struct fa_job *job)
{
    if (job->outcome.http == 0)
        return; /* a rejected certificate shows that the origin is up, and no more */
    if (job->timing.started > scope->served_at)
        scope->served_at = job->timing.started;
    scope->row = 0;
    scope->recovered |= scope->paused > 0 && job->timing.started >= scope->paused;
    scope->limits |= job->tries.limited && job->tries.failed_key == job_scope_key(job);
}

bool fa_scope_is_url(struct fa_scope *scope, const struct fa_job *job, bool closed)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool again = scope->served_at > job->tries.asked_at;
    bool row = scope->row < FA_SCOPE_ROW;
    bool alone = again;
    scope->asked = true;
    if (outcome_is_limit(outcome))
        alone = again && scope->row == 0 && !scope->limits;
    else if (!again && outcome->http >= 502 && outcome->http <= 504)
        alone = scope->recovered && row && closed;
    else if (!again)
        alone = scope->served_at > 0 && row;
    scope->row += alone;
    return alone;
}

bool fa_scope_fails_alone(const struct fa_scope *scope, const struct fa_job *job)
{
    return job->tries.failed_at > 0 && scope->served_at > job->tries.failed_at;
}
