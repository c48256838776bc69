#include "engine/outage.h"

bool fa_outage_is_overload(const struct fa_outcome *outcome)
{
    int status = outcome->http;
    bool busy = status == 429 || (status >= 502 && status <= 504);
    return outcome->error.class == FA_CLASS_HTTP && outcome->retryable == FA_RETRYABLE_NOW &&
           (busy || outcome->retry_after > 0);
}

bool fa_outage_is_http2(const struct fa_outage_policy *policy, const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return policy->http2 && !job->attempt.http1 &&
           (class == FA_CLASS_PROTOCOL || class == FA_CLASS_TRUNCATED || class == FA_CLASS_STALLED);
}

bool fa_outage_is_unconnected(const struct fa_outcome *outcome)
{
    enum fa_class class = outcome->error.class;
    return outcome->http == 0 && !outcome->ip[0] &&
           (class == FA_CLASS_CONNECT || class == FA_CLASS_TIMEOUT || class == FA_CLASS_DNS);
}

/* Whether the attempt ended for a reason on our side. */
static bool is_ours(const struct fa_outage_policy *policy, const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return class == FA_CLASS_LOCAL_IO || class == FA_CLASS_CANCELLED ||
           class == FA_CLASS_WORKER_CRASHED || fa_outage_is_http2(policy, job);
}

/* Whether the origin answered after it had begun to fail, if it has.  A refused certificate is an
 * answer too; a body that breaks off proves no more than its head did. */
static bool is_sign_of_life(const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    const struct fa_breaker *breaker = &job->target.origin->breaker;
    if (outcome->http == 0)
        return outcome->error.class == FA_CLASS_TLS && outcome->retryable == FA_RETRYABLE_NEVER;
    bool broken = outcome->error.class == FA_CLASS_STALLED ||
                  outcome->error.class == FA_CLASS_TIMEOUT ||
                  outcome->error.class == FA_CLASS_TRUNCATED;
    return !broken || breaker->failures == 0 ||
           job->timing.started + outcome->time.ttfb > breaker->since;
}

enum fa_evidence fa_outage_evidence(const struct fa_outage_policy *policy, const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool ours = is_ours(policy, job);
    if (fa_outage_is_overload(outcome) ||
        (outcome->http == 0 && !ours && outcome->retryable != FA_RETRYABLE_NEVER))
        return FA_EVIDENCE_FAILURE;
    return !ours && is_sign_of_life(job) ? FA_EVIDENCE_SUCCESS : FA_EVIDENCE_NONE;
}

struct fa_breaker_failure fa_outage_of_job(const struct fa_outage_policy *policy,
                                           const struct fa_job *job, bool probe, double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool patient = policy->host_wait > 0;
    bool nameless = outcome->error.class == FA_CLASS_DNS; /* the name of the proxy */
    bool alone = fa_outage_is_unconnected(outcome) && patient && job->target.origin->active == 0;
    return (struct fa_breaker_failure){
        .now = now,
        .probe = probe,
        .retry_after = outcome->retry_after,
        /* Nothing else is in progress that could prove the opposite. */
        .failures = nameless || alone ? 1 : FA_BREAKER_FAILURES,
        .pauses = policy->retries,
        .patience = policy->host_wait,
        /* A host that answers gets as many attempts as one file, at least. */
        .probes = !patient && (outcome->http != 0 || nameless) ? policy->retries : 0,
        .wait = policy->retry_wait,
    };
}

struct fa_breaker_failure fa_outage_of_lookup(const struct fa_outage_policy *policy,
                                              const struct fa_error *error, bool final, bool probe,
                                              double now)
{
    /* A local cause does not go away by waiting for the host. */
    bool waits = !final && error->class != FA_CLASS_LOCAL_IO && policy->host_wait > 0;
    return (struct fa_breaker_failure){
        .now = now,
        .probe = probe,
        .retry_after = -1,
        .failures = 1,
        .pauses = policy->retries,
        .patience = waits ? policy->host_wait : 0,
        /* Jobs that never start cannot retry themselves. */
        .probes = final || waits ? 0 : policy->retries,
        .wait = policy->retry_wait,
    };
}
