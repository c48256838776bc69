/**
 * Redirects: which of them are followed, and with which login.  Pure.
 */
#ifndef FA_ENGINE_REDIRECT_H
#define FA_ENGINE_REDIRECT_H

#include <fetchall/config.h>

#include "engine/job.h"

/** Redirects that are followed. */
#define FA_HOPS_MAX        10
#define FA_ROBOTS_HOPS_MAX 5 /**< Those of a robots.txt (RFC 9309, 2.3.1.2). */

/** Follow the redirect in the outcome: the job then requests its target.  @return 0; or -1 with
 * job->outcome.error: then call fa_settle_failure(). */
int fa_redirect_follow(struct fa_job *job, const struct fa_config *config);

#endif
