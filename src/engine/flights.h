/**
 * Attempts in progress, which the strategy carries out: the own ones of jobs, their hedges and
 * their segments.  They are started by flights_start.h, flights_hedge.h and flights_segment.h.
 */
#ifndef FA_ENGINE_FLIGHTS_H
#define FA_ENGINE_FLIGHTS_H

#include "engine/bucket.h"
#include "engine/emit.h"
#include "engine/hedge.h"
#include "engine/job.h"
#include "engine/compose.h"
#include "strategy/strategy.h"

/** Recently seen single-use origins that are remembered. */
#define FA_SINGLE_USE 256
/** The first single-use origins keep their connections: the list may be slower than the
 * transfers. */
#define FA_SINGLE_USE_KEPT 64

struct fa_flights {
    struct fa_compose_env env;
    const struct fa_emitter *emitter; /**< Borrowed. */
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
    void (*wake)(void *ctx);                       /**< Called when an attempt has ended. */
    void (*headed)(void *ctx, struct fa_job *job); /**< As in fa_strategy_env. */
    void *ctx;
};

/** The env of requests, emitter, ops, wake, headed and ctx are set.
 *
 * @env  done, headed and ctx are filled in here. */
int fa_flights_init(struct fa_flights *flights, struct fa_strategy_env *env, struct fa_error *err);
/** Attempts in progress are dropped; the jobs remain their owner's. */
void fa_flights_fini(struct fa_flights *flights);

/** End an attempt that did not reach the strategy. */
void fa_flights_fail(struct fa_flights *flights, struct fa_job *job, const struct fa_error *error,
                     enum fa_retryability retryable);

/** For flights_hedge.c: a hedge is in another state now. */
void fa_flights_move_hedge(struct fa_flights *flights, struct fa_hedge *hedge,
                           enum fa_hedge_state state);

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

/** The job of a split part starts, or is split now. */
void fa_flights_begin_split(struct fa_flights *flights, struct fa_job *job);

/** Discard a split part, and cancel the segments of the job, which nobody waits for any more. */
void fa_flights_discard_split(struct fa_flights *flights, struct fa_job *job);

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
