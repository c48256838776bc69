/**
 * The queues of the scheduler: jobs wait in those of their origins (engine/hosts.h), or for the
 * time of their retry.
 *
 * Up to a window of jobs of each origin is in memory; the owner keeps the others in a backlog,
 * and is asked to read some back when the window is empty.
 */
#ifndef FA_ENGINE_QUEUES_H
#define FA_ENGINE_QUEUES_H

#include "base/jitter.h"
#include "engine/bucket.h"
#include "engine/emit.h"
#include "engine/host_rules.h"
#include "engine/hosts.h"
#include "engine/job.h"
#include "engine/learned.h"
#include "engine/outage.h"
#include "engine/shares.h"
#include "engine/slots.h"
#include "engine/timers.h"

/** Maximum waiting jobs in memory, of one origin and of all; the others are in the backlog. */
#define FA_WINDOW_ORIGIN 4096
#define FA_WINDOW        8192

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
    struct fa_shares shares;      /**< Of the limits. */
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

/** Find or make the origin of a URL, with its limits and fixed addresses.  @key  fa_key_str() of
 * url->origin.  @return NULL: no memory. */
struct fa_origin *fa_scheduler_find(struct fa_scheduler *scheduler, const struct fa_url *url,
                                    uint64_t key);

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

/** Queue a job again that has no usable mirror in this outage. */
void fa_scheduler_put_held(struct fa_scheduler *scheduler, struct fa_origin *origin,
                           struct fa_job *job);

/** Remove the first job of a line.  @return NULL: it is empty, or the line is FA_LINES. */
struct fa_job *fa_scheduler_take(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                 enum fa_line line);

/** A line with jobs that have not been examined yet in this outage; FA_LINES: none. */
enum fa_line fa_origin_unexamined_line(const struct fa_origin *origin);

/** The robots.txt of an origin was fetched, or cannot be.  The next turn reviews it. */
void fa_scheduler_open(struct fa_scheduler *scheduler, struct fa_origin *origin, double now);

/** The host was given up: queue its jobs that wait for a retry, so that they are rejected. */
void fa_scheduler_recall(struct fa_scheduler *scheduler, const struct fa_origin *origin,
                         double now);

/** Something about an origin has changed: update its ring.  May free the origin. */
void fa_scheduler_review(struct fa_scheduler *scheduler, struct fa_origin *origin, double now);

/** Set the limits of an origin whose rule is known. */
void fa_scheduler_set_limits(const struct fa_scheduler *scheduler, struct fa_origin *origin);

/** The next origin whose name must be looked up, or NULL; each is given once. */
struct fa_origin *fa_scheduler_lookup(struct fa_scheduler *scheduler);

/** Whether slots and rate allow another request. */
bool fa_scheduler_is_free(const struct fa_scheduler *scheduler);

/** A request to an origin starts.  Subtract it from both counts `active` when it ends. */
void fa_scheduler_count_request(struct fa_scheduler *scheduler, struct fa_origin *origin,
                                double now);

/** Keep the limits of all origins in `learned`. */
void fa_scheduler_learn(struct fa_scheduler *scheduler, double now);

/** Handle timers that are due: queue retries, and let breakers probe. */
void fa_scheduler_advance(struct fa_scheduler *scheduler, double now);

/** Whether fa_scheduler_next() has something to do, if slots and rate allow it. */
bool fa_scheduler_is_ready(const struct fa_scheduler *scheduler);

/** When to call fa_scheduler_advance() and fa_scheduler_next() again; may be infinite. */
double fa_scheduler_alarm(const struct fa_scheduler *scheduler, double now);

/** Bytes a second for each transfer, including those that will start soon; 0: no limit. */
uint64_t fa_scheduler_share(const struct fa_scheduler *scheduler);

#endif
