/*
 * A failure counts against the host unless the cause is certainly elsewhere: on our side, in
 * HTTP/2, or in the one file (any other HTTP status).  An answer proves that the host is up, but
 * only if it arrived after the failures began: transfers that were already in progress end late.
 */
#include "engine/outage.h"

#include <math.h>

bool fa_outage_is_overload(const struct fa_outcome *outcome)
{
    int status = outcome->http;
    bool busy = status == 429 || (status >= 502 && status <= 504);
    return outcome->error.class == FA_CLASS_HTTP && outcome->retryable == FA_RETRYABLE_NOW &&
           (busy || outcome->retry_after > 0);
}

/* The class comes first: what fails after its transfer, as a checksum, has no origin any more. */
bool fa_outage_is_http2(const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    bool http =
        class == FA_CLASS_PROTOCOL || class == FA_CLASS_TRUNCATED || class == FA_CLASS_STALLED;
    return http && job->target.origin && job->target.origin->limits.http2 && !job->attempt.http1;
}

bool fa_outage_is_unconnected(const struct fa_outcome *outcome)
{
    enum fa_class class = outcome->error.class;
    return outcome->http == 0 && !outcome->ip[0] &&
           (class == FA_CLASS_CONNECT || class == FA_CLASS_TIMEOUT || class == FA_CLASS_DNS);
}

/* Whether the cause of the failure is on our side. */
static bool failure_is_local(const struct fa_job *job)
{
    enum fa_class class = job->outcome.error.class;
    return class == FA_CLASS_LOCAL_IO || class == FA_CLASS_CANCELLED ||
           class == FA_CLASS_WORKER_CRASHED || fa_outage_is_http2(job);
}

/* Whether the origin has answered since it began to fail.  A rejected certificate is an answer; a
 * body that breaks off proves only that its head arrived. */
static bool outcome_is_sign_of_life(const struct fa_job *job)
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

enum fa_evidence fa_outage_evidence(const struct fa_job *job)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool ours = failure_is_local(job);
    if (fa_outage_is_overload(outcome) ||
        (outcome->http == 0 && !ours && outcome->retryable != FA_RETRYABLE_NEVER))
        return FA_EVIDENCE_FAILURE;
    return !ours && outcome_is_sign_of_life(job) ? FA_EVIDENCE_SUCCESS : FA_EVIDENCE_NONE;
}

struct fa_breaker_failure fa_outage_of_job(const struct fa_outage_policy *policy,
                                           const struct fa_job *job, bool probe, bool untried,
                                           double now)
{
    const struct fa_outcome *outcome = &job->outcome;
    bool patient = policy->host_wait > 0;
    bool nameless = outcome->error.class == FA_CLASS_DNS; /* the host name of the proxy */
    bool alone = fa_outage_is_unconnected(outcome) && patient && job->target.origin->active == 0;
    /* A host that answers gets at least as many attempts as a file. */
    unsigned probes = !patient && (outcome->http != 0 || nameless) ? policy->retries : 0;
    /* While some of its URLs were never requested, "overloaded" may be what is wrong with the
     * others only.  So they are probed quickly, and enough of them before the host is given up. */
    bool quick = untried && fa_outage_is_overload(outcome);
    if (quick && probes < FA_OVERLOAD_PROBES)
        probes = FA_OVERLOAD_PROBES;
    return (struct fa_breaker_failure){
        .now = now,
        .probe = probe,
        .retry_after = outcome->retry_after,
        /* With nothing else in progress, no success can be expected. */
        .failures = nameless || alone ? 1 : FA_BREAKER_FAILURES,
        .pauses = policy->retries,
        .patience = policy->host_wait,
        .probes = probes,
        .wait = quick ? fmin(policy->retry_wait, FA_OVERLOAD_WAIT / 4) : policy->retry_wait,
        .wait_most = quick ? FA_OVERLOAD_WAIT : FA_BREAKER_PROBE_WAIT,
    };
}

struct fa_breaker_failure fa_outage_of_lookup(const struct fa_outage_policy *policy,
                                              const struct fa_error *error, bool final, bool probe,
                                              double now)
{
    /* Waiting for the host does not help against a local error. */
    bool waits = !final && error->class != FA_CLASS_LOCAL_IO && policy->host_wait > 0;
    return (struct fa_breaker_failure){
        .now = now,
        .probe = probe,
        .retry_after = -1,
        .failures = 1,
        .pauses = policy->retries,
        .patience = waits ? policy->host_wait : 0,
        /* Jobs that never start do not count their own retries. */
        .probes = final || waits ? 0 : policy->retries,
        .wait = policy->retry_wait,
        .wait_most = FA_BREAKER_PROBE_WAIT,
    };
}
