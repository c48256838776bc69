/**
 * Attempts in progress: jobs become attempts, which the strategy carries out.
 */
#ifndef FA_ENGINE_FLIGHTS_H
#define FA_ENGINE_FLIGHTS_H

#include "engine/bucket.h"
#include "engine/emit.h"
#include "engine/hedge.h"
#include "engine/host_rules.h"
#include "engine/job.h"
#include "engine/store.h"
#include "strategy/strategy.h"
#include "transfer/jar.h"

/** Recently seen single-use origins that are remembered. */
#define FA_SINGLE_USE 256
/** The first single-use origins keep their connections: the list may be slower than the
 * transfers. */
#define FA_SINGLE_USE_KEPT 64

/** Bytes of a robots.txt that are fetched, of which FA_ROBOTS_MAX are parsed. */
#define FA_FLIGHTS_ROBOTS_MAX ((uint64_t)4 << 20)

struct fa_flights {
    const struct fa_config *config; /**< Borrowed, like store and emitter. */
    const struct fa_host_rules *rules;
    const struct fa_jar *jar; /**< Cookies that all transfers share; NULL: they do not. */
    double epoch;             /**< Seconds since 1970 at time 0, for the jar. */
    struct fa_store *store;
    const struct fa_emitter *emitter;
    const struct fa_strategy_ops *ops;
    struct fa_strategy *strategy; /**< Owned. */
    struct fa_job_list active;    /**< In the order of their starts. */
    struct fa_job_queue ended;    /**< For fa_flights_take(). */
    struct fa_hedge_list hedges[FA_HEDGE_STATES];
    struct fa_segment_list segments;       /**< In progress. */
    struct fa_segment_list ended_segments; /**< For fa_flights_take_segment(). */
    LIST_HEAD(, fa_split) splits;          /**< Of jobs that have started in this run. */
    uint64_t single_use[FA_SINGLE_USE];    /**< Hashes of origins whose last file was requested. */
    uint64_t n_single_use;
    void (*wake)(void *ctx); /**< Called when an attempt has ended. */
    void *ctx;
};

/** config, rules, store, emitter, ops, wake and ctx are set.  @env  done and ctx are filled in
 * here. */
int fa_flights_init(struct fa_flights *flights, struct fa_strategy_env *env, struct fa_error *err);
/** Attempts in progress are dropped; the jobs remain their owner's. */
void fa_flights_fini(struct fa_flights *flights);

/**
 * Begin an attempt of a job in state ACTIVE, or its next request after a redirect.  From now on it
 * is in progress, and ends with fa_flights_take(): start it, or let it fail.
 *
 * @return Whether it is the first request of the attempt.
 */
bool fa_flights_begin(struct fa_flights *flights, struct fa_job *job, double now);

/**
 * Send the request.
 *
 * @first  What fa_flights_begin() returned.
 * @rate   Bytes a second; 0: no limit.
 * @return 0; or -1 with the error of an attempt that did not reach the strategy.
 */
int fa_flights_start(struct fa_flights *flights, struct fa_job *job, bool first, uint64_t rate,
                     struct fa_error *err);

/** End an attempt that did not reach the strategy. */
void fa_flights_fail(struct fa_flights *flights, struct fa_job *job, const struct fa_error *error,
                     enum fa_retryability retryable);

/**
 * Prepare a second request for the file of an active job.  Sets job->hedge.
 *
 * @origin  Of the mirror; or that of the job's present target, which is requested again then.
 * @return  NULL: no memory.
 */
struct fa_hedge *fa_flights_hedge(struct fa_flights *flights, struct fa_job *job,
                                  struct fa_origin *origin, unsigned mirror);

/** Send the request of a hedge in state WAITS, whose origin has an address.  @rate  Bytes a second;
 * 0: no limit.  If that is not possible, the hedge ends. */
void fa_flights_start_hedge(struct fa_flights *flights, struct fa_hedge *hedge, uint64_t rate);

/** End a hedge: cancel it, or settle it without a request. */
void fa_flights_end_hedge(struct fa_flights *flights, struct fa_hedge *hedge);

/** The job does not wait for its hedge any more: end it, without a job. */
void fa_flights_drop_hedge(struct fa_flights *flights, struct fa_job *job);

/** A hedge that has ended has the file: keep it until the job's own attempt, which is cancelled,
 * has ended. */
void fa_flights_keep_hedge(struct fa_flights *flights, struct fa_hedge *hedge);

/** @return a hedge that has ended, with its outcome, which must be kept or released; or NULL. */
struct fa_hedge *fa_flights_ended_hedge(struct fa_flights *flights);

/** Free a hedge that has ended, and remove its part if it still has one. */
void fa_flights_release_hedge(struct fa_flights *flights, struct fa_hedge *hedge);

/** Split the part of an active job whose answer has begun.  @return 0, or -1: it cannot be. */
int fa_flights_split(struct fa_flights *flights, struct fa_job *job);

/** Turn a complete part into a split one, of which only these bytes are there.  @return 0, or -1 */
int fa_flights_mend(struct fa_flights *flights, struct fa_job *job, const struct fa_extents *good);

/** Discard a split part, and cancel the segments of the job, which nobody waits for any more. */
void fa_flights_discard_split(struct fa_flights *flights, struct fa_job *job);

/**
 * Start a segment of a split job, with the cookies of now.
 *
 * @rate    Bytes a second; 0: no limit.
 * @return  0, or -1: it did not start.
 */
int fa_flights_start_segment(struct fa_flights *flights, struct fa_job *job,
                             const struct fa_extent *range, uint64_t rate, double now,
                             struct fa_error *err);

/** End a segment early. */
void fa_flights_stop_segment(struct fa_flights *flights, struct fa_segment *segment);

/** End a job's own attempt early. */
void fa_flights_stop(struct fa_flights *flights, struct fa_job *job);

/** @return the next segment that has ended, with its outcome; or NULL. */
struct fa_segment *fa_flights_take_segment(struct fa_flights *flights);

/** Free a segment that was taken. */
void fa_flights_free_segment(struct fa_segment *segment);

/** Start the attempts that the strategy has batched. */
void fa_flights_flush(struct fa_flights *flights);

/** @return the next job whose attempt has ended, with its outcome; or NULL. */
struct fa_job *fa_flights_take(struct fa_flights *flights);

/** Cancel all attempts; they still end one by one. */
void fa_flights_cancel(struct fa_flights *flights);

/** How late event loops of the strategy were since the last call, at most, in seconds; 0: has
 * none. */
double fa_flights_delay(const struct fa_flights *flights);

/** Charge received bytes to the bucket, and divide the rate among the active attempts.
 * @bytes  Of ended attempts. */
void fa_flights_share(struct fa_flights *flights, struct fa_bucket *bucket, uint64_t bytes,
                      unsigned active, double now);

#endif
