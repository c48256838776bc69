/**
 * Decides which job starts next, and when to look again.  Pure: no I/O, no libcurl, and every call
 * gets the time as an argument.
 *
 * Jobs wait in the queues of their origins (engine/hosts.h), or for the time of their retry.  A
 * job is held back by limits: of all transfers (slots), of those of one origin, of the rates, by a
 * pause that the server asked for, by the breaker of a host that is down, and by the lookup of a
 * name.  An origin that cannot start anything now is in no ring, and costs nothing.
 *
 * Up to a window of jobs of each origin is in memory; the owner keeps the others in a backlog, and
 * is asked to read some back when the window is empty.
 *
 * Hosts that are down: a job whose attempt failed with its host returns to the queue, and the
 * attempt does not count.  During an outage each queued job is examined once after every failure
 * of the host: it moves to a mirror that is not down, or is held.
 *
 * Redirects: a redirector may choose another host each time.  So a job whose redirect leads to a
 * host that is down, or that pauses, returns to the URL of the list after a back-off, FA_DRAWS_MAX
 * times; then it waits for the host.  Limits, pauses and failures are those of the host that was
 * requested, never of the one that redirected.
 */
#ifndef FA_ENGINE_SCHEDULER_H
#define FA_ENGINE_SCHEDULER_H

#include "base/jitter.h"
#include "engine/bucket.h"
#include "engine/emit.h"
#include "engine/host_rules.h"
#include "engine/hosts.h"
#include "engine/job.h"
#include "engine/learned.h"
#include "engine/outage.h"
#include "engine/slots.h"
#include "engine/timers.h"

/** Maximum waiting jobs in memory, of one origin and of all; the others are in the backlog. */
#define FA_WINDOW_ORIGIN 4096
#define FA_WINDOW        8192
/** Seconds after which a job that failed with its host is no longer behind the others. */
#define FA_FAILED_WAIT 10.0
/** Redirects in a row to hosts that are down or pause, after which a job waits for such a host. */
#define FA_DRAWS_MAX 10

struct fa_schedule_policy {
    struct fa_host_limits limits;             /**< Of hosts without a rule. */
    const struct fa_host_rules *rules;        /**< Borrowed; NULL: none. */
    const struct fa_host_limits *rule_limits; /**< Of the hosts of each rule. */
    const char *const *resolve;               /**< fa_config.resolve, n_resolve of them. */
    size_t n_resolve;
    struct fa_outage_policy outage;
    double epoch; /**< Seconds since 1970 at time 0, for the limits of origins. */
};

struct fa_scheduler {
    struct fa_schedule_policy policy;
    const struct fa_emitter *emitter; /**< Borrowed; for events of hosts. */
    struct fa_jitter *random;         /**< Borrowed. */
    struct fa_hosts hosts;
    struct fa_learned learned;    /**< Limits of origins that are not in hosts. */
    struct fa_timers job_timers;  /**< Of jobs that wait for a retry. */
    struct fa_timers host_timers; /**< Of breakers. */
    struct fa_slots slots;
    struct fa_bucket bucket;
    unsigned active;
    unsigned waiting; /**< Jobs that wait for a retry. */
    unsigned probes;  /**< Active jobs that are probes. */
    size_t queued;    /**< Queued jobs in memory. */
    size_t stuck;     /**< Queued jobs at origins that are down. */
    bool stopped;
};

/** emitter and random are borrowed until fini(). */
int fa_scheduler_init(struct fa_scheduler *scheduler, const struct fa_schedule_policy *policy,
                      const struct fa_emitter *emitter, struct fa_jitter *random,
                      struct fa_error *err);
/** Does not free the jobs. */
void fa_scheduler_fini(struct fa_scheduler *scheduler);

/** Start no more jobs. */
void fa_scheduler_stop(struct fa_scheduler *scheduler);

/**
 * Find or create the origin of a job's target; sets job->target.origin.
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

/** Queue a job that was read from the origin's backlog. */
void fa_scheduler_put_back(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           struct fa_job *job);

enum fa_next {
    FA_NEXT_NONE,   /**< Nothing can start now: see fa_scheduler_alarm(). */
    FA_NEXT_AGAIN,  /**< Call again. */
    FA_NEXT_START,  /**< Start the job; it counts as active. */
    FA_NEXT_MOVED,  /**< The job targets another mirror now: queue it there. */
    FA_NEXT_BACK,   /**< The host behind its redirect is down: go back to the URL of the list. */
    FA_NEXT_REJECT, /**< Its last host was given up: fail the job with the error of its outcome. */
    FA_NEXT_REFILL, /**< Put back jobs from the backlog of the origin, then review it. */
};

/**
 * Decide what to do next.
 *
 * @ret_job     For START, MOVED, BACK and REJECT.
 * @ret_origin  For REFILL; and BACK: review it then.
 */
enum fa_next fa_scheduler_next(struct fa_scheduler *scheduler, double now, struct fa_job **ret_job,
                               struct fa_origin **ret_origin);

/**
 * Choose where the file of an active job may be requested a second time: at a mirror whose host
 * works, or where it is requested now.
 *
 * @ret_mirror  Of the job.
 * @return      its origin, which counts the request as active now, and is looked up if it has to be;
 *              NULL: nowhere.
 */
struct fa_origin *fa_scheduler_hedge(struct fa_scheduler *scheduler, const struct fa_job *job,
                                     double now, unsigned *ret_mirror);

/** Whether the lookup for such a request has ended.  @ret_failed  Without an address. */
bool fa_scheduler_hedge_is_ready(const struct fa_origin *origin, bool *ret_failed);

/** Such a request has ended.  Review its origin then. */
void fa_scheduler_hedge_ended(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now);

/**
 * Whether an origin may get a connection that no job waits for.
 *
 * @given  The user gave the number of connections.
 */
bool fa_scheduler_has_slot(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                           bool given, double now);

/** Whether a job waits only because of the connections that there are. */
bool fa_scheduler_is_short(const struct fa_scheduler *scheduler, const struct fa_origin *origin);

/** A connection to an origin is opened for a job that has one already; or it has ended.  Review the
 * origin after the end. */
void fa_scheduler_add_segment(struct fa_scheduler *scheduler, struct fa_origin *origin, double now);
void fa_scheduler_end_segment(struct fa_scheduler *scheduler, struct fa_origin *origin,
                              const struct fa_outcome *outcome, double now);

/** Something about an origin has changed: update its ring.  May free the origin. */
void fa_scheduler_review(struct fa_scheduler *scheduler, struct fa_origin *origin, double now);

/** The next origin whose name must be looked up, or NULL; each is given once. */
struct fa_origin *fa_scheduler_lookup(struct fa_scheduler *scheduler);

/** A lookup succeeded.  @addresses  Copied.  @seconds  Duration of the lookup. */
void fa_scheduler_resolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           const char *addresses, double seconds, double now);

/** A lookup failed.  @final  The name does not exist. */
void fa_scheduler_unresolved(struct fa_scheduler *scheduler, struct fa_origin *origin,
                             const struct fa_error *error, bool final, double now);

/**
 * An attempt has ended with job->outcome.  Review its origin once the job has its next state.
 *
 * @return whether the host failed, so that the failure does not count against the job.
 */
bool fa_scheduler_ended(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/**
 * A response redirects a job, whose target is still that of the request.  With shared cookies only.
 *
 * @to  The target of the redirect.
 * @return whether the job has to wait for the login of another one: request the URL of the list
 *         again.
 */
bool fa_scheduler_redirected(struct fa_job *job, const struct fa_url *to, double now);

/** If the job logs in for others, its chain has ended.  Review the origin of its target then.
 * @good  With a file. */
void fa_scheduler_end_login(struct fa_scheduler *scheduler, struct fa_job *job, bool good,
                            double now);

/** Count the bytes that an active job has received since the last call. */
void fa_scheduler_received(struct fa_job *job);

/** Look, after fa_scheduler_received() for all active jobs, whether the origin of this one gets
 * another limit. */
void fa_scheduler_check_limit(struct fa_scheduler *scheduler, const struct fa_job *job, double now);

/** Keep the limits of all origins in `learned`. */
void fa_scheduler_learn(struct fa_scheduler *scheduler, double now);

/** Set the outcome of a job whose redirect leads to a host that cannot be requested now. */
void fa_scheduler_fail_redirected(const struct fa_origin *origin, struct fa_job *job);

/** Whether the host of a job's target pauses because it asked to. */
bool fa_scheduler_pauses(const struct fa_scheduler *scheduler, const struct fa_job *job,
                         double now);

/**
 * Another session found that an origin must not be requested before a time.  An origin that has
 * failures of its own is left alone.
 *
 * @asked  The server asked for it; else the origin only fails.
 * @return 0, or -1: no memory.
 */
int fa_scheduler_pause(struct fa_scheduler *scheduler, const struct fa_url *url, uint64_t key,
                       double until, bool asked, double now, struct fa_error *err);

/** What to do with a job whose attempt failed with its host. */
struct fa_hold {
    int mirror;    /**< Request that mirror at once; -1: none. */
    bool rejected; /**< The host was given up: queue the job, so that it is rejected;
                        or, without `queue`, settle a failure. */
    bool queue;    /**< Wait in the queue of the origin; else for `wait` seconds. */
    double wait;   /**< Seconds. */
};
struct fa_hold fa_scheduler_hold(struct fa_scheduler *scheduler, struct fa_job *job, double now);

/** The next mirror of this round whose host is not down; -1: the round is over. */
int fa_scheduler_next_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                             double now);

/** A mirror whose host fails, but was not given up; -1: none. */
int fa_scheduler_failing_mirror(const struct fa_scheduler *scheduler, const struct fa_job *job,
                                double now);

/** An attempt may have failed because of HTTP/2.  @return whether this makes the origin fall back
 * to HTTP/1.1. */
bool fa_scheduler_http2_failed(const struct fa_job *job, double now);

/** A file of the origin was fetched; if with HTTP/2, reset its failures. */
void fa_scheduler_http2_succeeded(const struct fa_job *job);

/** Handle timers that are due: queue retries, and let breakers probe. */
void fa_scheduler_advance(struct fa_scheduler *scheduler, double now);

/** Whether fa_scheduler_next() has something to do, if slots and rate allow it. */
bool fa_scheduler_is_ready(const struct fa_scheduler *scheduler);

/** When to call fa_scheduler_advance() and fa_scheduler_next() again; may be infinite. */
double fa_scheduler_alarm(const struct fa_scheduler *scheduler, double now);

/** Bytes a second for each transfer, including those that will start soon; 0: no limit. */
uint64_t fa_scheduler_share(const struct fa_scheduler *scheduler);

/** Seconds until an origin that is down is given up. */
double fa_scheduler_left(const struct fa_scheduler *scheduler, const struct fa_origin *origin,
                         double now);

#endif
