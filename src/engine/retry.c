/*
 * The decision looks at what failed before how often: an error that cannot change by itself is
 * final at the first attempt, however many retries are left.
 *
 * Full jitter, a random time between 0 and the maximum, spreads clients that failed together
 * better than a fixed share of it does.
 */
#include "engine/retry.h"

#include <math.h>

/* A double holds 53 bits: use the top 53 of the random ones. */
double fa_retry_back_off(double base, unsigned failures, uint64_t random)
{
    unsigned doublings = failures > 0 ? failures - 1 : 0;
    double most = fmin(FA_RETRY_WAIT_MAX, ldexp(base, doublings < 64 ? (int)doublings : 64));
    double fraction = ldexp((double)(random >> 11), -53);
    return most * fraction;
}

/* Crashes have a limit of their own, and are therefore not counted as failures. */
struct fa_retry_verdict fa_retry_decide(const struct fa_retry_policy *policy,
                                        const struct fa_retry_case *failed)
{
    struct fa_retry_verdict verdict = {.again = false};
    unsigned failures = failed->attempts - failed->crashes;
    switch (failed->class) {
    case FA_CLASS_NONE:
    case FA_CLASS_CANCELLED:
        return verdict;
    case FA_CLASS_WORKER_CRASHED:
        verdict.again = failed->crashes < FA_RETRY_CRASHES_MAX;
        return verdict;
    case FA_CLASS_INTEGRITY:
        verdict.again = verdict.restart = failed->integrity < FA_RETRY_INTEGRITY_MAX;
        return verdict;
    /* All other classes depend on what the transfer found out about the error. */
    default:
        break;
    }
    if (!fa_retryable_is_now(failed->retryable) || failures > policy->retries)
        return verdict;
    if (failed->retryable == FA_RETRYABLE_ONCE && failed->once >= FA_RETRY_ONCE_MAX)
        return verdict;
    /* The representation has changed, so its first bytes are worthless. */
    verdict.again = true;
    verdict.restart = failed->class == FA_CLASS_CHANGED;
    verdict.wait = fa_retry_back_off(policy->wait, failures, failed->random);
    verdict.wait = fmax(verdict.wait, fmin(failed->retry_after, FA_RETRY_AFTER_CAP));
    return verdict;
}
