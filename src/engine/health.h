/**
 * What the ends of attempts and lookups say about their host: outages, pauses that it asks for, its
 * limit of concurrent transfers, and whether HTTP/2 works.
 *
 * A job whose attempt failed with its host returns to the queue, and the attempt does not count.
 */
#ifndef FA_ENGINE_HEALTH_H
#define FA_ENGINE_HEALTH_H

#include "engine/queues.h"

/**
 * An attempt has ended with job->outcome.  Review its origin once the job has its next state.
 *
 * @return whether the host failed, so that the failure does not count against the job.
 */
bool fa_scheduler_ended(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** An attempt that announces its header has it.  It may raise the limit of the origin. */
void fa_scheduler_headed(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** Count the bytes that an active job has received since the last call. */
void fa_scheduler_received(struct fa_job *job);

/** Look, after fa_scheduler_received() for all active jobs, whether the origin of this one gets
 * another limit. */
void fa_scheduler_check_limit(struct fa_scheduler *scheduler, const struct fa_job *job, double now);

/** A lookup succeeded.  @addresses  Copied.  @seconds  Duration of the lookup. */
void fa_scheduler_resolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           const char *addresses, double seconds, double now);

/** A lookup failed.  @final  The name does not exist. */
void fa_scheduler_unresolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now);

/**
 * Another session found that an origin must not be requested before a time.  An origin that has
 * failures of its own is left alone.
 *
 * @asked  The server asked for it; else the origin only fails.
 * @return 0, or -1: no memory.
 */
int fa_scheduler_pause(struct fa_scheduler *scheduler, const struct fa_url *url, uint64_t key,
                       double until, bool asked, double now, struct fa_error *err);

/** Another request for the file of a job has ended.  It says nothing about the health of its host,
 * but a pause that the host asks for is kept. */
void fa_scheduler_keep_pause(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_outcome *outcome, double now);

/** Report an outage once it is more than a few failures. */
void fa_scheduler_report_outage(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                double now);

/** Seconds until an origin that is down is given up. */
double fa_scheduler_left(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                         double now);

/** Whether the host of a job's target pauses because it asked to. */
bool fa_scheduler_pauses(const struct fa_scheduler *scheduler, const struct fa_job *job,
                         double now);

/** An attempt may have failed because of HTTP/2.  @return whether this makes the origin fall back
 * to HTTP/1.1. */
bool fa_scheduler_http2_failed(const struct fa_job *job, double now);

/** A file of the origin was fetched; if with HTTP/2, reset its failures. */
void fa_scheduler_http2_succeeded(const struct fa_job *job);

#endif
