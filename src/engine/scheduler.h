/**
 * Which job starts next, and when to look again.  Pure: no I/O, no libcurl, and every call is told
 * the time.
 *
 * Jobs wait in the queues of their origins (engine/hosts.h), or for the time of their retry.  Limits
 * hold a job back: of transfers in all (slots), of transfers of one origin, the rate, a pause that
 * the server asked for, the breaker of a host that is down, and the lookup of a name.  An origin that
 * cannot start anything now is in no ring, and costs nothing.
 *
 * An origin keeps a window of its jobs in memory; the owner keeps the others in a backlog, and is
 * asked to bring some back when the window is empty.
 *
 * Hosts that are down: a job whose attempt failed with its host returns to the queue, and the attempt
 * does not count.  During an outage each queued job is looked at once after every failure of the
 * host: it moves to a mirror that is not down, or is held.
 */
#ifndef FA_ENGINE_SCHEDULER_H
#define FA_ENGINE_SCHEDULER_H

#include "base/jitter.h"
#include "engine/bucket.h"
#include "engine/emit.h"
#include "engine/hosts.h"
#include "engine/job.h"
#include "engine/outage.h"
#include "engine/slots.h"
#include "engine/timers.h"

/** Jobs in memory that wait for one origin, and for all.  The others are in the backlog. */
#define FA_WINDOW_ORIGIN 4096
#define FA_WINDOW        8192

struct fa_schedule_policy {
    unsigned per_host;          /**< fa_config.per_host */
    bool lookups;               /**< Names are looked up before a job starts. */
    const char *const *resolve; /**< fa_config.resolve, n_resolve of them. */
    size_t n_resolve;
    struct fa_outage_policy outage;
};

struct fa_scheduler {
    struct fa_schedule_policy policy;
    const struct fa_emitter *emitter; /**< Borrowed: for what becomes of hosts. */
    struct fa_jitter *random;         /**< Borrowed. */
    struct fa_hosts hosts;
    struct fa_timers job_timers;  /**< Of jobs that wait for their retry. */
    struct fa_timers host_timers; /**< Of breakers. */
    struct fa_slots slots;
    struct fa_bucket bucket;
    unsigned active;
    unsigned waiting; /**< For the time of their retry. */
    unsigned probes;  /**< Of the active. */
    size_t queued;    /**< In memory. */
    size_t stuck;     /**< Of these, at origins that are down. */
    bool stopped;
};

/** emitter and random are borrowed until fini(). */
int fa_scheduler_init(struct fa_scheduler *scheduler, const struct fa_schedule_policy *policy,
                      const struct fa_emitter *emitter, struct fa_jitter *random,
                      struct fa_error *err);
/** The jobs remain their owner's. */
void fa_scheduler_fini(struct fa_scheduler *scheduler);

/** Start nothing any more. */
void fa_scheduler_stop(struct fa_scheduler *scheduler);

/**
 * The origin of a job's target; sets job->target.origin.
 *
 * @return NULL: no memory.
 */
struct fa_origin *fa_scheduler_origin(struct fa_scheduler *scheduler, struct fa_job *job);

/** Whether a job that was never started may wait in memory. */
bool fa_scheduler_has_window(const struct fa_scheduler *scheduler, const struct fa_origin *origin);

/** Queue a job at its target's origin.  @front  Before the others.  @return 0, or -1: no memory. */
int fa_scheduler_put(struct fa_scheduler *scheduler, struct fa_job *job, bool front, double now);

/** Queue a job at that time, before the others.  @return 0, or -1: no memory. */
int fa_scheduler_put_at(struct fa_scheduler *scheduler, struct fa_job *job, double at);

/** A job that came from the origin's backlog. */
void fa_scheduler_put_back(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           struct fa_job *job);

enum fa_next {
    FA_NEXT_NONE,   /**< Nothing can start now: see fa_scheduler_alarm(). */
    FA_NEXT_AGAIN,  /**< Call again. */
    FA_NEXT_START,  /**< Start the job; it counts as active. */
    FA_NEXT_MOVED,  /**< The job has another mirror as its target now, and is to be queued there. */
    FA_NEXT_REJECT, /**< Its last host was given up: it fails with its outcome's error. */
    FA_NEXT_REFILL, /**< Put jobs of the origin's backlog back, then review it. */
};

/**
 * The next thing to do.
 *
 * @ret_job     For START, MOVED and REJECT.
 * @ret_origin  For REFILL.
 */
enum fa_next fa_scheduler_next(struct fa_scheduler *scheduler, double now, struct fa_job **ret_job,
                               struct fa_origin **ret_origin);

/** Something about an origin has changed: see whether it can start something.  May free it. */
void fa_scheduler_review(struct fa_scheduler *scheduler, struct fa_origin *origin, double now);

/** The next origin whose name must be looked up, or NULL; each is given once. */
struct fa_origin *fa_scheduler_lookup(struct fa_scheduler *scheduler);

/** Its addresses are known.  @addresses  Copied.  @seconds  The lookup took. */
void fa_scheduler_resolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           const char *addresses, double seconds, double now);

/** They are not.  @final  The name does not exist. */
void fa_scheduler_unresolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now);

/**
 * An attempt has ended; job->outcome says how.  Review its origin when the job has its next state.
 *
 * @return whether the failure is the host's, and does not count against the job.
 */
bool fa_scheduler_ended(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** What to do with a job whose attempt failed with its host. */
struct fa_hold {
    int mirror;    /**< Go to that mirror at once; -1: to none. */
    bool rejected; /**< The host was given up: queue the job, it will be rejected. */
    bool queue;    /**< Wait in the queue of the origin; else until the time is over. */
    double wait;   /**< Seconds. */
};
struct fa_hold fa_scheduler_hold(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** The next mirror of this round whose host is not down; -1: the last one has had its turn. */
int fa_scheduler_next_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                             double now);

/** A mirror whose host only fails, but has not been given up; -1: there is none. */
int fa_scheduler_failing_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now);

/** HTTP/2 has failed a job of that origin.  @return whether it is not used there any more, from now
 * on. */
bool fa_scheduler_http2_failed(const struct fa_job *job, double now);

/** HTTP/2 has brought a file of that job's origin. */
void fa_scheduler_http2_succeeded(const struct fa_job *job);

/** Move what is due: retries to the queues, breakers to their probes. */
void fa_scheduler_advance(struct fa_scheduler *scheduler, double now);

/** Whether fa_scheduler_next() has something to do, as far as slots and rate allow. */
bool fa_scheduler_is_ready(const struct fa_scheduler *scheduler);

/** When to call fa_scheduler_advance() and fa_scheduler_next() again; may be infinite. */
double fa_scheduler_alarm(const struct fa_scheduler *scheduler, double now);

/** Bytes a second for each transfer, counting those that will start in a moment; 0: no limit. */
uint64_t fa_scheduler_share(const struct fa_scheduler *scheduler);

/** Seconds until an origin that is down is given up. */
double fa_scheduler_left(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                         double now);

#endif
