/**
 * The request of an attempt: URL, header fields, cookies and limits.  It is the same for the own
 * attempt of a job, for its hedge and for its segments.
 */
#ifndef FA_ENGINE_COMPOSE_H
#define FA_ENGINE_COMPOSE_H

#include "engine/host_rules.h"
#include "engine/job.h"
#include "engine/store.h"
#include "transfer/jar.h"

#include <fetchall/config.h>

/** What requests are made from.  All of it is borrowed. */
struct fa_compose_env {
    const struct fa_config *config;
    const struct fa_host_rules *rules;
    const struct fa_jar *jar; /**< Cookies that all transfers share; NULL: they do not. */
    double epoch;             /**< Seconds since 1970 at time 0, for the jar. */
    struct fa_store *store;
};

/**
 * Set the header lines of an attempt, and the URL that is printed for it.
 *
 * @headers  Array of the attempt's, made if NULL; its lines are borrowed from the options and the
 *           entry.  To be freed.
 * @printed  Replaced.
 * @return   0, or -1: no memory.
 */
int fa_compose_texts(const struct fa_compose_env *env, const struct fa_job *job,
                     const struct fa_target *target, struct fa_attempt *attempt,
                     const char ***headers, char **printed);

/** Set what depends on the target and the options.  @rate  Bytes a second; 0: no limit. */
void fa_compose_target(const struct fa_compose_env *env, const struct fa_job *job,
                       const struct fa_target *target, uint64_t rate, struct fa_attempt *attempt);

/** The shared cookies for a target.  @ret  To be freed; NULL: none.  @return 0, or -1: no
 * memory. */
int fa_compose_cookies(const struct fa_compose_env *env, const struct fa_target *target,
                       double started, char **ret);

/** Whether an archive needs what is sent and received. */
bool fa_compose_captures(const struct fa_compose_env *env, const struct fa_job *job);

/** Whether the header fields of the user allow ranges of ours. */
bool fa_compose_allows_ranges(const struct fa_attempt *attempt);

#endif
