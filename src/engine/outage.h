/**
 * What an outcome says about its host, as opposed to its file.  Pure.
 */
#ifndef FA_ENGINE_OUTAGE_H
#define FA_ENGINE_OUTAGE_H

#include "engine/hosts.h"
#include "engine/job.h"

struct fa_outage_policy {
    unsigned retries;  /**< fa_config.retries */
    double retry_wait; /**< fa_config.retry_wait */
    double host_wait;  /**< fa_config.host_wait */
};

/** Whether the server, or a gateway before it, is overloaded. */
bool fa_outage_is_overload(const struct fa_outcome *outcome);

/** Whether HTTP/2 may be the cause: some versions of libcurl fail where HTTP/1.1 works, and a
 * stream that ended with an error may have broken the connection for others. */
bool fa_outage_is_http2(const struct fa_job *job);

/** Whether no connection was established, so that the file cannot be the cause. */
bool fa_outage_is_unconnected(const struct fa_outcome *outcome);

enum fa_evidence {
    FA_EVIDENCE_NONE,    /**< The outcome says nothing about the host. */
    FA_EVIDENCE_SUCCESS, /**< The host answers. */
    FA_EVIDENCE_FAILURE,
};

/** What the outcome of a job says about its origin. */
enum fa_evidence fa_outage_evidence(const struct fa_job *job);

/** Failed probes of different URLs after which a host that says overload is given up. */
#define FA_OVERLOAD_PROBES 256
/** Maximum seconds between them; they start at a quarter. */
#define FA_OVERLOAD_WAIT 0.25

/** The failure of a job's attempt, for the breaker of its origin.
 * @probe    Whether the attempt was a probe.
 * @untried  Whether some URLs of the origin were never requested. */
struct fa_breaker_failure fa_outage_of_job(const struct fa_outage_policy *policy,
                                           const struct fa_job *job, bool probe, bool untried,
                                           double now);

/**
 * A failed lookup, for the breaker.
 *
 * @final  The name does not exist.
 * @probe  Whether the lookup was a probe.
 */
struct fa_breaker_failure fa_outage_of_lookup(const struct fa_outage_policy *policy,
                                              const struct fa_error *error, bool final, bool probe,
                                              double now);

#endif
