/**
 * The inside of a session: its parts, and what only the turn may do with them.
 *
 *     intake     entries of the lists
 *     claims     which name belongs to which URL
 *     scheduler  which job starts next, and when
 *     flights    attempts in progress
 *     settle     what an outcome means for its job
 *     finish     the CPU stage, and the names of files
 *     hooks      commands for complete files
 *     refresh    commands for new URLs
 *     robots     what robots.txt files say
 *     pack       archives of files
 *     ledger     what is recorded in the state
 *     pause      a full disk
 *
 * A part owns its data and returns verdicts; it includes neither another part nor this header.  The
 * turn carries the verdicts out: turn.c, and its helpers apply.c, admit.c,
 * hedging.c, hooking.c, refreshing.c, obeying.c, packing.c, repeats.c, recheck.c, spill.c, ending.c
 * and snapshot.c.
 *
 * Callbacks (of the strategy, the stage, the resolver, libevent) only record an event, and request
 * a turn.
 */
#ifndef FA_ENGINE_ENGINE_H
#define FA_ENGINE_ENGINE_H

#include "engine/backlog.h"
#include "engine/claims.h"
#include "engine/counts.h"
#include "engine/env.h"
#include "engine/emit.h"
#include "engine/finish.h"
#include "engine/flights.h"
#include "engine/hooks.h"
#include "engine/host_rules.h"
#include "engine/intake.h"
#include "engine/ledger.h"
#include "engine/pack.h"
#include "engine/pause.h"
#include "engine/refresh.h"
#include "engine/robots.h"
#include "engine/scheduler.h"
#include "engine/stragglers.h"
#include "engine/unknown.h"

#include <fetchall/session.h>

#include <stdatomic.h>

/** Seconds between two progress snapshots. */
#define FA_TICK 0.1
/** Maximum seconds to wait for cancelled attempts after a stop. */
#define FA_DRAIN 4.0

/** The end of the run. */
struct fa_run_end {
    struct fa_wake *stop_wake;
    _Atomic int stop_wanted; /**< enum fa_stop; 0: none. */
    bool draining;           /**< No new attempts; those in progress are cancelled. */
    double drain_until;
    enum fa_end end;
    struct fa_error error; /**< With FA_END_LOCAL. */
    bool running;          /**< fa_session_run() has not returned. */
    bool over;
};

/** Events that start a turn. */
struct fa_alarms {
    struct event *turn;
    struct event *alarm; /**< The next timer. */
    struct event *tick;  /**< Progress. */
    double alarm_at, tick_at;
    bool turning; /**< A turn is in progress. */
};

/** Entries of a URL and path that an earlier entry has: see engine/repeats.h. */
struct fa_repeats {
    struct fa_job_queue jobs;        /**< The first of them. */
    struct fa_backlog_queue spilled; /**< Those behind them, in the backlog. */
};

struct fa_session {
    struct fa_config config;
    struct fa_settings settings;
    struct fa_jar jar; /**< With config.cookies. */
    struct fa_host_rules rules;
    struct fa_settings *rule_settings;  /**< Owned, one for each rule. */
    struct fa_host_limits *rule_limits; /**< Owned, likewise. */
    struct fa_clock clock;
    struct fa_jitter random;
    struct fa_emitter emitter;
    struct event_base *base;
    struct fa_nursery *nursery;
    struct fa_keeper *keeper; /**< NULL: there are no commands. */
    const struct fa_resolver_ops *lookups;
    struct fa_resolver *resolver; /**< NULL: the proxy looks up names. */
    struct fa_store *store;
    struct fa_backlog *backlog;
    struct fa_intake intake;
    struct fa_claims claims;
    struct fa_scheduler scheduler;
    struct fa_flights flights;
    struct fa_finish finish;
    struct fa_hooks hooks;
    struct fa_pack pack;
    struct fa_refresh refresh;
    struct fa_robots_cache robots;
    struct fa_ledger ledger;
    struct fa_pause pause;
    struct fa_repeats repeats;
    LIST_HEAD(, fa_job) jobs; /**< All jobs in memory. */
    struct fa_counts counts;
    struct fa_stragglers stragglers;
    struct fa_run_end ending;
    struct fa_alarms alarms;
    double segments_at; /**< When split jobs are reviewed again. */
    unsigned n_jobs;    /**< config.jobs, or fewer because of the limit of open files. */
    struct fa_unknown unknown;
    struct fa_shard shard; /**< Entries of others are only named. */
    struct fa_slice slice; /**< A Range among the headers of the config: for entries without one. */
};

/** The time on the session's clock. */
double fa_engine_now(const struct fa_session *s);

/** Request a turn. */
void fa_engine_wake(void *session);

/**
 * Stop the run: start nothing new, cancel attempts in progress.  The first reason counts.
 *
 * @error  With FA_END_LOCAL.
 */
void fa_engine_stop(struct fa_session *s, enum fa_end end, const struct fa_error *error);

/** Stop the run: no memory. */
void fa_engine_no_memory(struct fa_session *s);

/**
 * Pause the run if the error is a full disk.
 *
 * @need   Bytes that the file still needs; 0: unknown.
 * @return whether it is paused; else the error is a failure.
 */
bool fa_engine_pause(struct fa_session *s, const struct fa_error *error, uint64_t need, double now);

/** Commit the state.  @return whether that succeeded; else the run is paused or stopped. */
bool fa_engine_commit(struct fa_session *s, double now);

/** Send FA_EVENT_SAVED if entries have ended since the last one, and all records are committed. */
void fa_engine_report_saved(struct fa_session *s);

/** Set the slice of a job, which has its entry. */
void fa_engine_set_slice(const struct fa_session *s, struct fa_job *job);

/** Create a job for an entry.  @entry  Taken, also on failure.  @return NULL: no memory. */
struct fa_job *fa_engine_job(struct fa_session *s, struct fa_entry *entry, double now);

/** Free a job without reporting it. */
void fa_engine_forget(struct fa_job *job);

#endif
